import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from lading.assemble.isolated import MOUNT_POINTS, run_isolated
from lading.errors import Unavailable
from lading.proc import Completed, Runner

SHELL = "/bin/sh"


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A root with nothing but this machine's shell and `cat`, and the libraries that they are linked with."""
    folder = tmp_path_factory.mktemp("isolated") / "root"
    for name in (*MOUNT_POINTS, "out", "bin"):
        (folder / name).mkdir(parents=True)
    for program in (SHELL, shutil.which("cat") or "/bin/cat", shutil.which("id") or "/usr/bin/id"):
        shutil.copy(Path(program).resolve(), folder / "bin" / Path(program).name)
        told = subprocess.run(["ldd", program], capture_output=True, text=True, check=True).stdout
        for library in re.findall(r"(/\S+) \(0x", told):
            target = folder / library.lstrip("/")
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(library, target)
    return folder


def isolated(
    root: Path,
    script: str,
    out: Path | None = None,
    *,
    readable: Mapping[str, Path] | None = None,
    network: bool = False,
) -> Completed:
    """Run a script of the shell; skips where the machine has no namespaces for it."""
    try:
        return run_isolated(
            (SHELL, "-c", script),
            root=root,
            writable={"/out": out} if out else {},
            environment={"PATH": "/bin", "WORD": "given"},
            folder="/",
            runner=Runner(),
            readable=readable,
            network=network,
        )
    except Unavailable as error:
        pytest.skip(str(error))


def test_it_sees_its_root_and_what_it_was_given_and_nothing_else(root: Path) -> None:
    done = isolated(root, 'echo /*; echo "$WORD$HOME"; read line; echo "read:$line"')
    assert done.code == 0, done.err
    entries, said, read = done.out.splitlines()
    assert set(entries.split()) >= {"/bin", "/dev", "/out", "/proc", "/tmp"}
    assert not any(name in entries for name in ("/home", "/root", "/srv", "/usr/share"))
    assert (said, read) == ("given", "read:")


def test_it_can_write_where_it_may_and_nowhere_else(root: Path, tmp_path: Path) -> None:
    done = isolated(root, "echo kept > /out/x; echo gone > /tmp/y; echo z > /bin/z; echo nothing > /dev/null", tmp_path)
    assert "Read-only file system" in done.err
    assert (tmp_path / "x").read_text() == "kept\n"
    assert (tmp_path / "x").stat().st_uid in (os.geteuid(), 65534)
    assert not (root / "tmp/y").exists()
    assert not (root / "bin/z").exists()


def test_it_sees_what_it_may_only_look_at_and_cannot_change_it(root: Path, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder/inside").write_text("seen\n")
    (tmp_path / "file").write_text("too\n")
    script = "cat /given/folder/inside /given/file; echo x > /given/folder/inside; echo y > /given/file"
    given = {"/given/folder": tmp_path / "folder", "/given/file": tmp_path / "file"}
    done = isolated(root, script, readable=given)
    assert done.out == "seen\ntoo\n"
    assert done.err.count("Read-only file system") == 2
    assert (tmp_path / "folder/inside").read_text() == "seen\n"


def test_it_may_be_given_the_network_of_this_machine(root: Path) -> None:
    done = isolated(root, "cat /proc/net/dev", network=True)
    assert _interfaces(done.out) == _interfaces(Path("/proc/net/dev").read_text())


def test_it_has_no_network_and_sees_no_other_process(root: Path) -> None:
    done = isolated(root, "cat /proc/net/dev; echo $$; echo /proc/[0-9]*")
    assert _interfaces(done.out) == ["lo"]
    pid, processes = done.out.splitlines()[-2:]
    assert (pid, processes) == ("1", "/proc/1")


def test_it_has_no_capabilities_and_can_win_none(root: Path) -> None:
    done = isolated(root, "cat /proc/self/status")
    told = dict(line.split(":\t", 1) for line in done.out.splitlines() if ":\t" in line)
    assert {int(told[f"Cap{kind}"], 16) for kind in ("Inh", "Prm", "Eff", "Bnd", "Amb")} == {0}
    assert told["NoNewPrivs"] == "1"


def test_its_exit_code_and_words_are_passed_on(root: Path) -> None:
    done = isolated(root, "echo out; echo err >&2; exit 7")
    assert (done.code, done.out, done.err) == (7, "out\n", "err\n")
    assert isolated(root, "kill -9 $$; exit 3").code == 3, "the first process of a namespace cannot kill itself"


def test_what_cannot_be_isolated_is_told(tmp_path: Path) -> None:
    (tmp_path / "root").mkdir()
    with pytest.raises(Unavailable, match="isolate a build") as caught:
        run_isolated(("x",), root=tmp_path / "root", writable={}, environment={}, folder="/", runner=Runner())
    assert "--engine buildkit" in caught.value.fix


def _interfaces(told: str) -> list[str]:
    return re.findall(r"^\s*([^:\s]+):", told, re.MULTILINE)

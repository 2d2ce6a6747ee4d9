"""The loops that start services again, run as they are: by the shell with a `go` that only copies, and by node."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from lading.render.loops import GO_LOOP, NODE_LOOP

GO = """\
#!/bin/sh
while [ $# -gt 2 ]; do shift; done   # build … -o MADE PACKAGE
! grep -q broken "$2/program" || { echo "does not compile" >&2; exit 1; }
cp "$2/program" "$1" && chmod +x "$1"
"""
PROGRAM = """\
#!/bin/sh
trap 'echo "WORD ends"; exit 7' TERM
echo "WORD $*"
[ "$1" != serve ] || while :; do sleep 0.1; done
"""


@contextmanager
def running(words: list[str | Path], folder: Path, **env: str) -> Iterator["subprocess.Popen[bytes]"]:
    """A loop that writes to `folder/log`, until it is asked to end."""
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(words, env={**os.environ, **env}, stdout=log, stderr=log, cwd=folder)
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            assert process.wait() == 0


def wait_for(words: str, folder: Path, process: "subprocess.Popen[bytes]") -> None:
    while words not in (folder / "log").read_text():
        assert process.poll() is None, (folder / "log").read_text()
        time.sleep(0.05)


def save(folder: Path, path: Path, text: str) -> None:
    """Write a file as editors do, so that nobody sees half of it."""
    beside = folder / "unsaved"
    beside.write_text(text)
    beside.replace(path)


@pytest.fixture
def go(tmp_path: Path) -> dict[str, str]:
    """The variables of the loop for Go: a module with one program, and that `go`."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/go").write_text(GO)
    (tmp_path / "bin/go").chmod(0o755)
    (tmp_path / "source").mkdir()
    (tmp_path / "source/program").write_text(PROGRAM.replace("WORD", "first"))
    (tmp_path / "reload").write_text(GO_LOOP)
    return {"PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}", "LADING_SOURCE": str(tmp_path / "source")}


def test_go_is_built_again_and_what_does_not_compile_changes_nothing(go: dict[str, str], tmp_path: Path) -> None:
    source = tmp_path / "source/program"
    with running(["sh", tmp_path / "reload", tmp_path / "source", ".", "serve", "a b"], tmp_path, **go) as loop:
        wait_for("first serve a b", tmp_path, loop)
        save(tmp_path, source, "broken")
        wait_for("does not compile", tmp_path, loop)
        assert "first ends" not in (tmp_path / "log").read_text()
        save(tmp_path, source, PROGRAM.replace("WORD", "second"))
        wait_for("second serve a b", tmp_path, loop)
        assert "first ends" in (tmp_path / "log").read_text()
    assert (tmp_path / "log").read_text().endswith("second ends\n")


def test_go_is_built_once_where_it_is_to_end(go: dict[str, str], tmp_path: Path) -> None:
    def done(*words: str | Path) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(["sh", tmp_path / "reload", *words], env=go, capture_output=True, text=True, check=False)

    assert done("--once", tmp_path / "source", ".", "job").stdout == "first job\n"
    assert done("echo", "as", "it is").stdout == "as it is\n"
    (tmp_path / "source/program").write_text("broken")
    assert done("--once", tmp_path / "source", ".").returncode == 1


@pytest.mark.skipif(shutil.which("node") is None, reason="there is no node on this machine to run the loop")
def test_node_runs_from_a_copy_that_follows_the_source(tmp_path: Path) -> None:
    (tmp_path / "reload.cjs").write_text(NODE_LOOP)
    for name in ("source/src", "source/node_modules", "copy"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "source/node_modules/other").touch()
    (tmp_path / "source/src/word.js").write_text("module.exports = 'first';")
    (tmp_path / "source/main.js").write_text(
        "console.log(require('./src/word.js')); setInterval(() => {}, 1000);\n"
        "process.on('SIGTERM', () => { console.log('ends'); process.exit(); });\n"
    )
    env = {"LADING_SOURCE": str(tmp_path / "source"), "LADING_COPY": str(tmp_path / "copy")}
    with running(["node", "reload.cjs", "--", "node", "copy/main.js"], tmp_path, **env) as loop:
        wait_for("first", tmp_path, loop)
        (tmp_path / "source/unused.js").touch()
        save(tmp_path, tmp_path / "source/src/word.js", "module.exports = 'second';")
        wait_for("second", tmp_path, loop)
        assert not (tmp_path / "copy/node_modules").exists()
        (tmp_path / "source/unused.js").unlink()
        save(tmp_path, tmp_path / "source/src/word.js", "module.exports = 'third';")
        wait_for("third", tmp_path, loop)
        assert not (tmp_path / "copy/unused.js").exists()
    told = (tmp_path / "log").read_text().split()
    assert set(told[1::2]) == {"ends"}  # never two of them at once
    assert list(dict.fromkeys(told[::2])) == ["first", "second", "third"]
    once: list[str | Path] = ["node", tmp_path / "reload.cjs", "--once", "--", "node", "-e", "process.exit(5)"]
    assert subprocess.run(once, env={**os.environ, **env}, check=False).returncode == 5

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.checking import origin, scene

from lading.check.model.entry import Binary, Entry, Owner, Script
from lading.check.model.scene import Scene
from lading.check.model.state import Account


def test_links_lead_where_the_kernel_follows_them() -> None:
    now = scene()
    now.folder("/usr/bin")
    now.link("/bin", "usr/bin")
    now.write("/usr/bin/dash", mode=0o755)
    now.link("/bin/sh", "dash")

    found = now.look("/bin/sh")

    assert found.present
    assert found.path == "/usr/bin/dash"
    assert found.links == ("/bin", "/usr/bin/sh")
    assert now.look("/bin/sh", follow=False).entry == now.now.files.look("/usr/bin/sh", follow=False).entry
    assert now.look("/usr/bin/../../bin/dash").present


def test_a_link_to_nothing_is_absent_where_it_leads() -> None:
    now = scene()
    now.link("/opt/venv/bin/python", "/usr/local/bin/python3")

    found = now.look("/opt/venv/bin/python")

    assert found.absent
    assert found.path == "/usr/local/bin/python3"
    assert found.links == ("/opt/venv/bin/python",)


def test_links_in_a_circle_are_absent() -> None:
    now = scene()
    now.link("/a", "b")
    now.link("/b", "a")

    assert now.look("/a/c").absent


def test_what_removed_a_path_is_known() -> None:
    now = scene("debian:trixie-slim")
    before = now.now.files
    now.remove("/bin/sh")

    assert now.look("/usr/bin/sh").origin.text == "RUN it"
    assert now.which("sh").origin.text == "RUN it"
    assert now.which("curl").origin.text == "debian:trixie-slim"
    assert before.which("sh", now.now.path).present, "a state is what it was"


def test_a_command_that_nobody_knows_may_have_made_anything_and_removed_what_no_base_brought() -> None:
    now = scene("debian:trixie-slim")
    now.write("/srv/app.py")
    now.blur_all()

    assert now.look("/srv/app.py").presence == "unknown"
    assert now.look("/usr/bin/curl").presence == "unknown"
    assert now.look("/usr/bin/bash").present
    assert now.which("bash").present
    assert not now.now.accounts.closed


def test_what_may_have_been_done_is_unknown_and_all_else_is_as_it_was() -> None:
    now = scene("debian:trixie-slim")
    with now.perhaps():
        now.write("/srv/app.py")
        now.remove("/usr/bin/bash")
        now.set_env("CI", "1")
        now.add_user(Account(name="app", uid=1000, gid=1000, origin=now.origin))

    assert now.look("/srv/app.py").presence == "unknown"
    assert now.look("/srv/other").absent
    assert now.look("/usr/bin/bash").presence == "unknown"
    assert now.look("/usr/bin/dash").present
    assert now.now.env.get("CI") is None
    assert now.now.accounts.has_user("app") == "unknown"


def test_a_path_that_is_not_known_may_be_any() -> None:
    now = scene()
    now.write("/app")
    now.change_dir(None)
    now.write("here")

    assert now.look("/app").presence == "unknown"
    assert now.look("/any").presence == "unknown"


def test_who_changed_a_mode_is_known() -> None:
    now = scene()
    now.write("/app/run.sh", b"#!/bin/sh\n", mode=0o755)
    now.chmod("/app", lambda old, is_folder: old if is_folder else 0o644, deep=True)

    entry = entry_of(now, "/app/run.sh")
    assert entry.mode == 0o644
    assert entry.moded is now.origin
    assert entry_of(now, "/app").mode == 0o755


def test_writing_to_a_file_keeps_its_mode_and_owner() -> None:
    now = scene()
    now.write("/etc/passwd", b"a\n", mode=0o600, owner=Owner(1, 2))
    now.append("/etc/passwd", b"b\n")

    entry = entry_of(now, "/etc/passwd")
    assert (entry.text, entry.mode, entry.owner) == ("a\nb\n", 0o600, Owner(1, 2))


def test_what_a_program_is_shows_in_its_first_bytes() -> None:
    now = scene()
    now.write("/dos.sh", b"#!/bin/sh\r\necho\r\n")
    now.write("/env.py", b"#!/usr/bin/env -S python3 -u\n")
    now.write("/elf", b"\x7fELF\x01\x01")
    now.write("/text", b"plain")

    assert entry_of(now, "/dos.sh").program == Script(words=("/bin/sh\r",))
    assert entry_of(now, "/env.py").program == Script(words=("/usr/bin/env", "-S python3 -u"))
    assert isinstance(entry_of(now, "/elf").program, Binary)
    assert entry_of(now, "/text").program is None


def test_a_thousand_edits_of_the_same_folder_exhaust_nothing() -> None:
    now = scene()
    now.write("/app/a")
    for number in range(2_000):
        now.origin = origin(f"RUN {number}")
        now.grow("/app")
        now.chmod("/app", 0o700, deep=True)

    assert now.look("/app/a").presence in ("present", "unknown")
    assert now.look("/app").present


def test_what_may_have_been_done_many_times_is_looked_up_as_fast() -> None:
    now = scene()
    now.write("/app/a")
    for number in range(40):
        with now.perhaps():
            now.write(f"/app/{number}")
            now.chmod("/app", 0o700, deep=True)

    assert now.look("/app/7").presence == "unknown"
    assert now.look("/app/none/below").absent
    assert now.now.files.is_closed("/app")


def entry_of(now: Scene, path: str) -> Entry:
    entry = now.look(path).entry
    assert entry is not None
    return entry


NAMES = st.sampled_from(["a", "b", "c"])
PATHS = st.lists(NAMES, min_size=1, max_size=3).map(lambda parts: "/" + "/".join(parts))
DEEP = st.lists(NAMES, min_size=2, max_size=3).map(lambda parts: "/" + "/".join(parts))
DEEDS = st.one_of(
    st.tuples(st.sampled_from(["write", "folder", "remove", "chmod"]), PATHS),
    st.tuples(st.just("link"), PATHS, st.one_of(NAMES, st.builds("{}/{}".format, NAMES, NAMES))),
    st.tuples(st.just("link"), DEEP, st.builds("../{}".format, NAMES)),
    st.tuples(st.sampled_from(["move", "blur", "grow"]), PATHS, PATHS),
)
"""Things that commands do, and where. `blur` and `grow` are commands that nobody knows, and make or remove the second
path below the first."""


@settings(max_examples=70, deadline=None)
@given(st.lists(st.tuples(DEEDS, st.sampled_from(["done", "done", "perhaps done", "perhaps not done"])), max_size=12))
def test_no_claim_is_wrong_whatever_is_done(deeds: list[tuple[tuple[str, ...], str]]) -> None:
    now = scene()
    with TemporaryDirectory() as name:
        root = Path(name) / "0"
        root.mkdir()
        for number, (deed, how) in enumerate(deeds, 1):
            after = Path(name) / str(number)
            shutil.copytree(root, after, symlinks=True)
            try:
                REAL[deed[0]](after, *deed[1:])
            except OSError:  # such a step fails, and with it the build
                continue
            if how == "done":
                MODELLED[deed[0]](now, *deed[1:])
            else:
                with now.perhaps():
                    MODELLED[deed[0]](now, *deed[1:])
            root = root if how == "perhaps not done" else after
            check(now, root)


def check(now: Scene, root: Path) -> None:
    """Hold what the scene claims against the folder, for every path of up to three names."""
    for path in [f"/{a}{b}{c}" for a in "abc" for b in ("", "/a", "/b", "/c") for c in ("", "/a", "/b", "/c")]:
        found, real = now.look(path, follow=False), root / path[1:]
        is_there = os.path.lexists(real)
        assert not (found.present and not is_there), f"{path} is not there"
        assert not (found.absent and is_there), f"{path} is there"
        if found.entry is not None and found.entry.kind is not None:
            kind = "link" if real.is_symlink() else "folder" if real.is_dir() else "file"
            assert found.entry.kind == kind, path


def really_write(root: Path, path: str) -> None:
    real = root / path[1:]
    real.parent.mkdir(parents=True, exist_ok=True)
    real.write_text("")


def really_remove(root: Path, path: str) -> None:
    real = root / path[1:]
    if real.is_dir() and not real.is_symlink():
        shutil.rmtree(real)
    else:
        real.unlink(missing_ok=True)


def really_link(root: Path, path: str, target: str) -> None:
    real = root / path[1:]
    real.parent.mkdir(parents=True, exist_ok=True)
    real.unlink(missing_ok=True)
    real.symlink_to(target)


def really_move(root: Path, path: str, target: str) -> None:
    real = root / target[1:]
    real.parent.mkdir(parents=True, exist_ok=True)
    if os.path.lexists(real):
        raise FileExistsError
    (root / path[1:]).rename(real)


def really_stir(root: Path, path: str, below: str) -> None:
    stay_below(root, path, below)
    real = root / (path + below)[1:]
    if os.path.lexists(real):
        really_remove(root, path + below)
    else:
        really_write(root, path + below)


def stay_below(root: Path, path: str, below: str) -> None:
    """Such commands do not follow links that lead elsewhere."""
    top, parent = os.path.realpath(root / path[1:]), os.path.realpath((root / (path + below)[1:]).parent)
    if not f"{parent}/".startswith(f"{top}/"):
        raise PermissionError


def really_grow(root: Path, path: str, below: str) -> None:
    stay_below(root, path, below)
    if not os.path.lexists(root / (path + below)[1:]):
        really_write(root, path + below)


REAL: dict[str, Callable[..., None]] = {
    "write": really_write,
    "folder": lambda root, path: (root / path[1:]).mkdir(parents=True, exist_ok=True),
    "remove": really_remove,
    "chmod": lambda root, path: (root / path[1:]).chmod(0o755),
    "link": really_link,
    "move": really_move,
    "blur": really_stir,
    "grow": really_grow,
}
MODELLED: dict[str, Callable[..., None]] = {
    "write": Scene.write,
    "folder": Scene.folder,
    "remove": Scene.remove,
    "chmod": lambda now, path: now.chmod(path, 0o755, deep=True),
    "link": Scene.link,
    "move": Scene.move,
    "blur": lambda now, path, _below: now.blur(path),
    "grow": lambda now, path, _below: now.grow(path),
}

"""Projects that cannot be built, or not yet: one clear error each, with what to do, and nothing half-made."""

import io
import os
import socket
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.support.world import World


def refused(world: World, *words: str, code: int = 2, told: tuple[str, ...]) -> None:
    text = world.refused("build", *words, "--output", world.root / "out", code=code)
    assert all(part in text for part in told), text
    assert world.images() == []
    assert world.temporary() == []
    assert not (world.root / "out").exists()


# lading.lock


def test_a_missing_lock_with_locked_says_the_command(world: World) -> None:
    refused(world, "--locked", told=("there is no lock", "lading.lock", "do: lading lock"))
    assert not (world.project / "lading.lock").exists()
    assert world.lading("lock").code == 0
    world.build("--locked")


def test_a_stale_lock_says_what_and_the_command(world: World) -> None:
    assert world.lading("lock").code == 0
    before = (world.project / "lading.lock").read_bytes()
    world.write("lading.toml", 'packages = ["libpq5"]\n')
    for words in ((), ("--locked",)):
        refused(world, *words, told=("the lock is stale", "+ libpq5", "do: lading lock"))
    assert (world.project / "lading.lock").read_bytes() == before, "a build never changes a lock"


def test_every_problem_of_a_damaged_lock_is_told(world: World) -> None:
    assert world.lading("lock").code == 0
    path = world.project / "lading.lock"
    text = path.read_text()
    broken = (
        text.replace("lock 1\n", "lock 1\nrpm x\n").replace(" 2.36-1 ", " ../2.36 ").replace(" pool/main/n", " ../n")
    )
    path.write_text(broken)
    refused(
        world, told=("'rpm'", "'../2.36' is not a Debian version", "../n", "lading lock --upgrade", "lading.lock:4")
    )
    path.write_text(text)
    world.build()


@pytest.mark.parametrize("data", [b"", b"\xff\xfe", b"lock 9\n", b"<<<<<<< HEAD\n"])
def test_a_lock_that_is_none_is_told(world: World, data: bytes) -> None:
    (world.project / "lading.lock").write_bytes(data)
    refused(world, told=("lading.lock", "lading lock --upgrade"))
    assert (world.project / "lading.lock").read_bytes() == data


# The project's own lock


def test_two_locks_are_an_error_that_names_both(world: World) -> None:
    world.write("poetry.lock", "# Poetry\n")
    refused(world, told=("uv.lock and poetry.lock", "delete"))


def test_no_lock_says_how_to_make_one(world: World) -> None:
    (world.project / "uv.lock").unlink()
    refused(world, told=("there is no lock file", "do: uv lock"))


@pytest.mark.parametrize(
    ("names", "told"),
    [
        (("fastapi", "uvicorn", "greet", "extra"), "extra was added"),
        (("fastapi", "uvicorn"), "greet was removed"),
        (("fastapi", "uvicorn", "greet>=0.5"), "greet any version → >=0.5"),
    ],
)
def test_a_lock_that_is_older_than_the_project_is_told(world: World, names: tuple[str, ...], told: str) -> None:
    first = world.build()
    world.wheel("extra")
    world.declare(*names)
    text = world.refused("build", code=2)
    assert "uv.lock is stale" in text
    assert told in text
    assert "do: uv lock" in text
    world.depend(*names)
    changed = world.build() != first
    assert changed == (told != "greet any version → >=0.5")


def test_a_broken_lock_is_told(world: World) -> None:
    world.write("uv.lock", "version = 1\n[[package]\n")
    refused(world, told=("uv.lock cannot be read", "do: uv lock"))


def test_a_package_without_a_wheel_for_the_platform_is_named(world: World) -> None:
    world.wheel("elsewhere", tag="cp311-cp311-macosx_11_0_arm64")
    world.depend("fastapi", "uvicorn", "elsewhere")
    told = ("elsewhere 1.0 has no wheel for Python", "linux/amd64, and no source distribution", "leave linux/amd64 out")
    refused(world, code=3, told=told)
    world.depend("fastapi", "uvicorn")
    world.build()


# The source


def test_what_is_no_file_is_left_out_of_an_image(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    digest = world.build()
    os.mkfifo(world.project / "app/pipe")
    monkeypatch.chdir(world.project / "app")  # the path of a socket has at most 107 bytes
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("socket")
        assert world.build() == digest


@pytest.mark.parametrize("target", ["/etc/passwd", "../../outside", "../" * 30 + "etc/passwd"])
@pytest.mark.parametrize("name", ["app/link", "app/link.py", "link"])
def test_a_link_out_of_the_project_is_refused(world: World, name: str, target: str) -> None:
    (world.root / "outside").write_text("secret")
    (world.project / name).symlink_to(target)
    refused(world, told=(name, "leads out of it"))


def test_links_inside_are_shipped_as_they_are(world: World) -> None:
    for name, target in {"loop": "loop", "nowhere": "missing.txt", "up": "..", "other.py": "main.py"}.items():
        (world.project / "app" / name).symlink_to(target)
    digest = world.build()
    assert layer_names(world, digest) >= {"app/app/loop", "app/app/nowhere", "app/app/up", "app/app/other.py"}
    world.assert_valid(digest)


def test_odd_names_are_shipped_as_they_are(world: World) -> None:
    odd = {"quo'te\".py", "tab\t.txt", "x" * 255, " blank ", "$(x).py", "-rf", "ü€.py", "\x1b[31m.txt"}
    long = "/".join(["d" * 200, "e" * 200, "f" * 100, "g.py"])
    for name in (*odd, long):
        world.write(f"app/{name}", "A = 1\n")
    digest = world.build()
    assert {f"app/app/{name}" for name in (*odd, long)} <= layer_names(world, digest)
    world.assert_valid(digest)
    assert world.build("--explain") == digest
    world.write("app/quo'te\".py", "A = 2\n")
    done = world.lading("build", "--explain")
    assert done.code == 0
    assert "\x1b" not in done.out + done.err


def test_names_that_are_not_utf8_are_refused_unless_they_are_excluded(world: World) -> None:
    folder = os.fsencode(world.project) + b"/app/"
    for name in (b"latin\xe9.py", b"\xff.json", b"new\nline.json"):
        Path(os.fsdecode(folder + name)).write_bytes(b"A = 1\n")
    refused(world, told=("app/latin\\xe9.py", "app/\\xff.json", "app/new\\nline.json", "rename it, or exclude it"))
    world.write("lading.toml", 'exclude = ["app/latin*", "app/*.json"]\n')
    digest = world.build()
    world.assert_valid(digest)
    for command in ("survey", "plan"):
        assert world.lading(command).code == 0
        assert world.lading(command, "--format", "json").code == 0


def layer_names(world: World, digest: str) -> set[str]:
    target = world.root / "image.tar"
    assert world.build("--output", target) == digest
    names: set[str] = set()
    with tarfile.open(target) as archive:
        for member in archive:
            file = archive.extractfile(member)
            data = file.read() if file else b""
            if data[:2] == b"\x1f\x8b":
                with tarfile.open(fileobj=io.BytesIO(data)) as layer:
                    names |= set(layer.getnames())
    return names


# lading.toml


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('budgt = "1MB"\n', ("lading.toml › budgt", "did you mean `budget`?")),
        ('port = "80"\n', ("lading.toml › port", "'80' is not a port number")),
        ('port = 0\nuser = "root"\n', ("lading.toml › port", "lading.toml › user", "numeric")),
        ('[env]\n"A=B" = "x"\n', ("lading.toml › env.A=B", "not the name of an environment variable")),
        ('[env]\nA = "x\\ny"\n', ("lading.toml › env.A", "one line")),
        ('[services."$(x)"]\nport = 1\n', ("lading.toml › services.$(x)", "not the name of a service")),
        ('[services.svc]\nimage = "a\\nRUN x"\n', ("lading.toml › services.svc.image",)),
        ('[services.svc]\nimage = "../../etc"\n', ("lading.toml › services.svc.image", "not an image name")),
        ('[services.svc.health]\npath = "x y"\n', ("lading.toml › services.svc.health.path", "starts with `/`")),
        ("[services.nope]\nport = 1\n", ("lading.toml › services.nope", "there is no service 'nope'")),
        ('base = "-v /:/host"\n', ("lading.toml › base",)),
        ('platforms = ["windows/amd64"]\n', ("lading.toml › platforms[0]", "linux/amd64")),
        ('packages = ["a; rm -rf /"]\n', ("lading.toml › packages[0]", "Debian package")),
        ("= 1\n", ("lading.toml:1", "not valid TOML")),
        ("port = 1\nport = 2\n", ("lading.toml:2", "not valid TOML")),
        ("a = " + "[" * 3000, ("lading.toml", "not valid TOML")),
        (b"\xff", ("lading.toml", "not valid TOML")),
    ],
)
def test_mistakes_in_the_strategy_are_named(world: World, text: str | bytes, told: tuple[str, ...]) -> None:
    world.write("lading.toml", text)
    for command in ("build", "plan", "lock"):
        found = world.refused(command, code=2)
        assert all(part in found for part in told), found
    assert not world.store.exists() or world.images() == []
    assert not (world.project / "lading.lock").exists()


# The disk


@contextmanager
def as_a_user_may(world: World) -> Iterator[list[str]]:
    """Words before a command that take root's power to pass by modes away."""
    if os.geteuid() != 0:
        yield []
    else:
        if not Path("/usr/bin/setpriv").exists():
            pytest.skip("root without setpriv(1) may read and write everything")
        yield ["setpriv", "--bounding-set=-all", "--inh-caps=-all", "--no-new-privs", "--"]


def test_a_file_that_cannot_be_read_is_named(world: World) -> None:
    file = world.write("app/secret.txt", "x")
    file.chmod(0)
    with as_a_user_may(world) as before:
        text = world.refused("build", code=2, before=before)
    assert "app/secret.txt" in text
    assert "Permission denied" in text
    file.chmod(0o600)
    world.build()


def test_a_store_that_cannot_be_written_to_is_told_and_serves_what_it_has(world: World) -> None:
    digest = world.build()
    folders = [world.store, *(path for path in world.store.rglob("*") if path.is_dir())]
    with as_a_user_may(world) as before:
        for folder in folders:
            folder.chmod(0o555)
        try:
            assert world.build(before=before) == digest
            world.write("app/new.py", "N = 1\n")
            text = world.refused("build", code=3, before=before)
        finally:
            for folder in folders:
                folder.chmod(0o755)
    assert text.count("error: ") == 1
    assert "cannot write to the store: Permission denied" in text
    assert str(world.store) in text
    world.assert_whole()
    assert world.build() != digest


def may_mount() -> bool:
    return os.geteuid() == 0 and os.system("unshare --mount true 2>/dev/null") == 0


@pytest.mark.skipif(not may_mount(), reason="only root may mount a small disk")
@pytest.mark.parametrize("kilobytes", [64, 256, 1024, 2048])
def test_a_full_disk_is_told_and_does_no_harm(world: World, kilobytes: int) -> None:
    assert world.lading("lock").code == 0
    world.write("app/big.bin", os.urandom(1_500_000))
    world.wheel("big", files={"big/data.bin": os.urandom(1_500_000)})
    world.depend("fastapi", "uvicorn", "greet", "big")
    disk = world.root / "disk"
    disk.mkdir()
    # The mount goes with its namespace; what is left on the disk is copied out of it first.
    mount = f'mount -t tmpfs -o size={kilobytes}k none "{disk}"'
    script = f'{mount}; "$@"; code=$?; cp -r "{disk}/." "{world.store}"; exit $code'
    (world.root / "store").rename(world.root / "full-store")
    before = ["unshare", "--mount", "sh", "-c", script, "sh"]
    text = world.refused("build", code=3, before=before, env={"LADING_STORE": str(disk)})
    assert "No space left on device" in text
    assert "free space" in text
    assert text.count("error: ") <= 3, text
    world.assert_whole()
    assert world.temporary() == []
    assert world.images() == []
    world.assert_valid(world.build())

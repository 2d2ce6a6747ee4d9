"""Hostile and broken input from outside: one clear error each, nothing half-written, and a store that is whole."""

import hashlib
import json
import socket
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.support.debmirror import Deb, build_tar, signing_key
from tests.support.httpd import Answer, Request, serve
from tests.support.wheels import build_wheel
from tests.support.world import World

from lading.digest import Digest
from lading.store import Store


def flip(path: Path, at: int = -5) -> None:
    """Change one bit of a file."""
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)


def assert_nothing_made(world: World) -> None:
    assert world.images() == []
    assert world.temporary() == []
    world.assert_whole()


# The mirror


def test_a_tampered_package_is_refused_by_name(world: World) -> None:
    assert world.lading("lock").code == 0
    (path,) = world.mirror.root.rglob("libc6_*_amd64.deb")
    whole = path.read_bytes()
    flip(path)
    text = world.refused("build", "--output", world.root / "out", code=5)
    assert text.startswith(f"error: {path.name} is not what was promised")
    assert "sha256:" in text
    assert "LADING_DEBIAN_MIRROR" in text
    assert_nothing_made(world)
    assert not (world.root / "out").exists()
    path.write_bytes(whole)
    world.assert_valid(world.build())


def test_a_longer_package_is_refused(world: World) -> None:
    assert world.lading("lock").code == 0
    (path,) = world.mirror.root.rglob("libc6_*_amd64.deb")
    path.write_bytes(path.read_bytes() + b"more")
    assert "libc6" in world.refused("build", code=5)
    assert_nothing_made(world)


def tampered_packages(world: World) -> None:
    for path in world.mirror.packages_files("release"):
        flip(path)


def tampered_release(world: World) -> None:
    path = world.mirror.folder("release") / "InRelease"
    path.write_bytes(path.read_bytes().replace(b"Origin: Tests", b"Origin: Tasts"))


def expired(world: World) -> None:
    world.mirror.publish(date=world.now - 30 * 86400)


def unsigned(world: World) -> None:
    (world.mirror.folder("security") / "InRelease").write_bytes(b"Origin: Tests\nCodename: x\n")


def of_another_key(world: World) -> None:
    world.mirror.key = signing_key("Somebody else")
    world.mirror.publish()


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (tampered_packages, ("main/binary-amd64", "is not what was promised")),
        (tampered_release, ("InRelease", "signature")),
        (expired, ("InRelease", "expired", "clock")),
        (unsigned, ("security/InRelease", "not a signed release file")),
        (of_another_key, ("InRelease", "signature")),
    ],
    ids=["packages", "release", "expired", "unsigned", "key"],
)
def test_an_archive_that_does_not_verify_makes_no_lock(
    world: World, damage: Callable[[World], None], words: tuple[str, ...]
) -> None:
    damage(world)
    text = world.refused("build", code=5)
    assert all(word in text for word in words), text
    assert not (world.project / "lading.lock").exists()
    assert_nothing_made(world)
    world.mirror.key = signing_key()
    world.mirror.publish()
    world.assert_valid(world.build())


def test_no_network_is_one_clear_line(world: World) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        env = {"LADING_DEBIAN_MIRROR": f"http://127.0.0.1:{closed.getsockname()[1]}/debian"}
        text = world.refused("build", code=4, env=env)
        assert text.count("error: ") == 1
        assert "refused" in text
        assert not (world.project / "lading.lock").exists()
        first = world.build()
        assert world.build(env=env) == first, "what is there needs no network"


def header(name: str, kind: bytes = b"0", *, size: int | bytes = 0, link: str = "") -> bytes:
    """A tar header that no honest tool writes (POSIX ustar; a size of bytes is taken as it is)."""
    told = size if isinstance(size, bytes) else f"{size:011o}\0".encode()
    block = bytearray(
        struct.pack(
            "100s8s8s8s12s12s8s1s100s8s32s32s8s8s155s12s",
            name.encode(), b"0000644\0", b"0000000\0", b"0000000\0", told, b"00000000000\0", b" " * 8, kind,
            link.encode(), b"ustar\x0000", b"", b"", b"0000000\0", b"0000000\0", b"", b"",
        )
    )  # fmt: skip
    block[148:156] = f"{sum(block):06o}\0 ".encode()
    return bytes(block)


END = bytes(1024)
HUGE = b"\x80" + (10 << 40).to_bytes(11, "big")


@pytest.mark.parametrize(
    "archive",
    [
        header("/etc/evil") + END,
        header("./../../evil") + END,
        header("./usr/../../evil") + END,
        header("./out", b"2", link="../../..") + header("./out/evil") + END,
        header("./abs", b"2", link="/tmp") + header("./abs/evil") + END,
        header("./hard", b"1", link="../../etc/passwd") + END,
        header("./dev/null", b"3") + END,
        header("./dev/disk", b"4") + END,
        header("./pipe", b"6") + END,
        header("./huge", size=HUGE) + END,
        header("./cut", size=4096) + b"short",
        header("./negative", size=b"\xff" * 12) + END,
        build_tar({"usr/lib/x": b"1" * 2000}, {})[: 4 * 512 + 700],
    ],
    ids=[
        "absolute", "parent", "through", "link", "absolute-link", "hardlink", "character", "block", "pipe", "10TB",
        "short", "negative", "cut",
    ],
)  # fmt: skip
def test_an_unsafe_archive_in_a_package_is_refused_by_name(world: World, archive: bytes) -> None:
    world.mirror.add(Deb(name="netbase", version="9.9", architecture="all", data_tar=archive))
    world.mirror.publish()
    text = world.refused("build", "--output", world.root / "out", code=5)
    assert "netbase 9.9" in text, text
    assert_nothing_made(world)
    assert not list(Path("/tmp").glob("evil"))
    assert not (world.root / "out").exists()
    world.mirror.add(Deb(name="netbase", version="10.0", architecture="all", files={"etc/services": b""}))
    world.mirror.publish()
    assert world.lading("lock", "--upgrade").code == 0
    world.assert_valid(world.build())


# The package index


@contextmanager
def package_index(folder: Path) -> Iterator[str]:
    """A package index (PEP 503) of the wheels in a folder; hashes are those of the files as they were first."""
    known: dict[str, str] = {}

    def answer(request: Request) -> Answer:
        words = request.path.strip("/").split("/")
        if words[0] == "simple" and len(words) == 2:
            links = ""
            for path in sorted(folder.glob(f"{words[1].replace('-', '_')}-*")):
                known.setdefault(path.name, hashlib.sha256(path.read_bytes()).hexdigest())
                links += f'<a href="/files/{path.name}#sha256={known[path.name]}">{path.name}</a>\n'
            page = f"<!DOCTYPE html><html><body>{links}</body></html>"
            return Answer(headers={"Content-Type": "text/html"}, body=page.encode())
        path = folder / words[-1]
        return Answer(body=path.read_bytes()) if words[0] == "files" and path.is_file() else Answer(404)

    with serve(answer) as site:
        yield f"{site.base}/simple"


def test_a_tampered_wheel_is_refused_by_name(world: World) -> None:
    with package_index(world.project / "vendor") as url:
        online: dict[str, str | None] = {"UV_OFFLINE": None, "UV_DEFAULT_INDEX": None}
        text = (world.project / "pyproject.toml").read_text().partition("[tool.uv]")[0]
        world.write("pyproject.toml", f'{text}[[tool.uv.index]]\nurl = "{url}"\ndefault = true\n')
        world.lock_dependencies(online)
        assert world.lading("lock", env=online).code == 0
        (path,) = (world.project / "vendor").glob("greet-*")
        whole = path.read_bytes()
        build_wheel(world.project / "vendor", "greet", files={"greet/evil.py": b"import os\n"})
        told = world.refused("build", code=5, env=online)
        assert "greet" in told
        assert "a wheel is not the one that was locked" in told
        assert_nothing_made(world)
        path.write_bytes(whole)
        world.build(env=online)
        world.assert_whole()


# The store


@pytest.mark.parametrize("which", ["manifest", "configuration", "layer"])
def test_a_blob_that_was_changed_is_made_anew(world: World, which: str) -> None:
    digest = world.build()
    manifest = json.loads(blob(world, digest).read_bytes())
    segment = max(
        (path for path in (world.store / "blobs").rglob("*") if is_gzip(path)), key=lambda path: path.stat().st_size
    )
    damaged = {
        "manifest": blob(world, digest),
        "configuration": blob(world, manifest["config"]["digest"]),
        "layer": segment,
    }[which]
    flip(damaged)
    told = world.refused("validate", "svc", code=5)
    assert f"a blob of the store was changed or damaged: sha256:{damaged.name}" in told
    world.build("--output", world.root / "again")
    flip(damaged)
    done = world.lading("build", "--output", world.root / "out")
    assert done.code in (0, 5), done.err
    if done.code:
        assert f"a blob of the store was changed or damaged: sha256:{damaged.name}" in done.err
        assert not (world.root / "out" / "index.json").exists()
    world.assert_valid(digest)
    world.assert_whole()


def blob(world: World, digest: str) -> Path:
    return Store(world.store).blob(Digest(digest))


def is_gzip(path: Path) -> bool:
    return path.is_file() and path.read_bytes()[:2] == b"\x1f\x8b"


def test_a_store_of_nonsense_is_made_anew(world: World) -> None:
    digest = world.build()
    for folder in ("actions", "state", "images"):
        for path in (world.store / folder).rglob("*"):
            if path.is_file():
                path.write_bytes(b"\xff\x00{nonsense")
    assert world.build() == digest
    world.assert_valid(digest)

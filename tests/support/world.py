"""A small world for the whole command line: a mirror, a package index, a service, a store, and nothing else.

    with World(tmp_path) as world:
        first = world.lading("build")
        assert first.code == 0, first.err

Every command is a process of its own (`python -m lading`) with an environment made from nothing, as a user starts it.
The service brings its wheels along in `vendor/`, so a copy of its folder is a clone that builds anywhere.
"""

import gzip
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

import zstandard
from tests.support.debmirror import Deb, DebMirror, Hardlink, Link
from tests.support.wheels import build_wheel

from lading.digest import digest_of
from lading.plan.bases import SUITES
from lading.store.trees import remove_tree
from lading.toolchain.uv import own_uv

PYTHON = next((name for name in SUITES if name == f"{sys.version_info.major}.{sys.version_info.minor}"), "3.13")
"""The service's Python: that of the tests, which then compiles its bytecode, where Debian has a base for it."""
SUITE = SUITES[PYTHON]

MAIN = """\
from fastapi import FastAPI

app = FastAPI()


@app.get("/health")
def health():
    return {"status": "ok"}
"""


Contents = dict[str, bytes | Link | Hardlink]


class Result(NamedTuple):
    """What a command left: its exit code and what it printed."""

    code: int
    out: str
    err: str

    @property
    def digest(self) -> str:
        """The digest of the one image that a text result tells."""
        (found,) = {word for word in self.out.split() if word.startswith("sha256:")}
        return found


def base_packages(architecture: str = "amd64") -> Iterator[Deb]:
    """The packages of a distroless base for `PYTHON`, each with next to nothing in it."""
    shared: dict[str, Contents] = {
        "base-files": {
            "usr/lib/os-release": b'ID=debian\nPRETTY_NAME="Debian of tests"\n',
            "etc/debian_version": b"0\n",
        },
        "ca-certificates": {"usr/share/ca-certificates/mozilla/One.crt": _CERTIFICATE},
        "netbase": {"etc/services": b"http 80/tcp\n"},
        "tzdata": {"usr/share/zoneinfo/Etc/UTC": b"TZif2", "usr/share/zoneinfo/UTC": Link(target="Etc/UTC")},
    }
    for name, files in shared.items():
        yield Deb(name=name, architecture="all", files=files)
    own: dict[str, Contents] = {
        "libc6": {"usr/lib/libc.so.6": b"libc " + architecture.encode()},
        "libgcc-s1": {"usr/lib/libgcc_s.so.1": b"libgcc"},
        "libstdc++6": {
            "usr/lib/libstdc++.so.6.0.1": b"cxx",
            "usr/lib/libstdc++.so.6": Link(target="libstdc++.so.6.0.1"),
        },
        f"libpython{PYTHON}-stdlib": {
            f"usr/lib/python{PYTHON}/{name}.py": f"NAME = {name!r}\n".encode() for name in ("os", "json", "this")
        },
        f"python{PYTHON}-minimal": {f"usr/bin/python{PYTHON}": b"python " + architecture.encode()},
    }
    for name, contents in own.items():
        version = "2.36-1" if name == "libc6" else f"{PYTHON}.5-1" if PYTHON in name else "1.0-1"
        depends = "" if name == "libc6" else "libc6 (>= 2.30)"
        modes = {f"usr/bin/python{PYTHON}": 0o755}
        yield Deb(name=name, version=version, architecture=architecture, files=contents, depends=depends, modes=modes)


class World:
    """All of it below one folder. A context manager: the mirror is served inside."""

    def __init__(self, root: Path, *, architectures: Sequence[str] = ("amd64", "arm64")) -> None:
        self.root = root
        self.project = root / "project"
        self.store = root / "store"
        self.home = root / "home"
        self.now = time.time()
        self.mirror = DebMirror(root / "mirror", suite=SUITE, architectures=architectures, now=self.now)
        self.executable = sys.executable
        self._architectures = architectures
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        self.home.mkdir()
        self._stack.enter_context(self.mirror)
        (self.root / "keys.pgp").write_bytes(self.mirror.keys[0])
        for number, architecture in enumerate(self._architectures):
            for deb in base_packages(architecture):
                if number == 0 or deb.architecture != "all":
                    self.mirror.add(deb)
        self.mirror.publish()
        self.write_service()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()
        for folder in (self.store, self.root / "uv-cache"):
            if folder.is_dir():
                remove_tree(folder)

    # The service

    def write_service(self) -> None:
        """A FastAPI service with two dependencies of its own."""
        self.wheel("fastapi", files={"fastapi/routing.py": b"def route():\n    return 1\n"})
        self.wheel("uvicorn", scripts={"uvicorn": "uvicorn:main"})
        self.wheel("greet", files={"greet/deep/__init__.py": b"", "greet/deep/data.json": b"{}"})
        # What `lading lock` pins as the tool: no build here takes it, since Lading brings uv along.
        for machine in ("x86_64", "aarch64"):
            self.wheel("uv", "99.0", tag=f"py3-none-manylinux_2_17_{machine}")
        self.write("app/__init__.py", "")
        self.write("app/main.py", MAIN)
        self.write("app/text/words.txt", "one\ntwo\n")
        self.write("notes.md", "# Notes\n")
        self.write(".python-version", f"{PYTHON}\n")
        self.write(".dockerignore", "vendor\n")
        self.depend("fastapi", "uvicorn", "greet")

    def wheel(self, name: str, version: str = "1.0", **more: object) -> Path:
        """Add a wheel to what the service can depend on."""
        folder = self.project / "vendor"
        folder.mkdir(parents=True, exist_ok=True)
        return build_wheel(folder, name, version, **more)  # type: ignore[arg-type]

    def write(self, path: str, text: str | bytes) -> Path:
        """Write a file of the service."""
        file = self.project / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        return file

    def declare(self, *names: str) -> None:
        """Let the service's pyproject.toml depend on these, without locking them."""
        listed = ", ".join(f'"{name}"' for name in names)
        self.write(
            "pyproject.toml",
            f'[project]\nname = "svc"\nversion = "1.2.3"\nrequires-python = ">=3.11"\ndependencies = [{listed}]\n'
            '[tool.uv]\nno-index = true\nfind-links = ["vendor"]\n',
        )

    def depend(self, *names: str) -> None:
        """Let the service depend on these, and lock them."""
        self.declare(*names)
        self.lock_dependencies()

    def lock_dependencies(self, env: Mapping[str, str | None] | None = None) -> None:
        """`uv lock`."""
        tool = own_uv()
        assert tool is not None
        command: list[str | Path] = [tool, "lock", "--quiet", "--python", sys.executable]
        subprocess.run(command, cwd=self.project, env=self.environment(env), check=True)

    def clone(self, folder: Path) -> Path:
        """A copy of the service, written in another order."""
        for path in sorted(self.project.rglob("*"), reverse=True):
            if path.is_file():
                target = folder / path.relative_to(self.project)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, target)
        return folder

    # The command line

    def environment(self, more: Mapping[str, str | None] | None = None) -> dict[str, str]:
        """The environment of every command; `more` adds to it, and takes out what it maps to nothing."""
        own: dict[str, str | None] = {
            "PATH": "/usr/bin:/bin",
            "HOME": str(self.home),
            "LC_ALL": "C.UTF-8",
            "LADING_STORE": str(self.store),
            "LADING_DEBIAN_MIRROR": f"{self.mirror.url}/debian",
            "LADING_DEBIAN_KEYS": str(self.root / "keys.pgp"),
            "UV_CACHE_DIR": str(self.root / "uv-cache"),
            "UV_OFFLINE": "1",
            "UV_PYTHON_DOWNLOADS": "never",
            **(more or {}),
        }
        return {name: value for name, value in own.items() if value is not None}

    def start(
        self,
        *words: str | Path,
        env: Mapping[str, str | None] | None = None,
        cwd: Path | None = None,
        user: int | None = None,
        umask: int = -1,
        before: Sequence[str] = (),
    ) -> "subprocess.Popen[str]":
        """Start a command in a process group of its own. `before` are words in front of it (`unshare -m …`)."""
        return subprocess.Popen(
            [*before, self.executable, "-m", "lading", *words],
            cwd=cwd or self.project,
            env=self.environment(env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            errors="surrogateescape",
            user=user,
            group=user,
            extra_groups=[] if user is not None else None,
            umask=umask,
            start_new_session=True,
        )

    def lading(
        self,
        *words: str | Path,
        env: Mapping[str, str | None] | None = None,
        cwd: Path | None = None,
        user: int | None = None,
        umask: int = -1,
        before: Sequence[str] = (),
    ) -> Result:
        """Run a command to its end."""
        process = self.start(*words, env=env, cwd=cwd, user=user, umask=umask, before=before)
        out, err = process.communicate()
        return Result(process.returncode, out, err)

    def build(self, *words: str | Path, **more: object) -> str:
        """`lading build`, which must work; the image's digest."""
        done = self.lading("build", *words, **more)  # type: ignore[arg-type]
        assert done.code == 0, done.err
        return done.digest

    def refused(self, *words: str | Path, code: int, **more: object) -> str:
        """A command that must fail with that exit code and one clear error; the error's text."""
        done = self.lading(*words, **more)  # type: ignore[arg-type]
        assert done.code == code, (done.code, done.out, done.err)
        assert "Traceback" not in done.err, done.err
        at = done.err.index("error: ")
        assert done.out == "" or "sha256:" not in done.out, done.out
        return done.err[at:]

    # What it left

    def images(self) -> list[str]:
        """The names of the images in the store."""
        folder = self.store / "images"
        return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []

    def temporary(self) -> list[str]:
        """What lies in the store's `tmp/`."""
        folder = self.store / "tmp"
        return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []

    def assert_whole(self) -> None:
        """Every blob of the store is what its name says, and nothing lies where it does not belong."""
        for path in (self.store / "blobs").rglob("*"):
            if path.is_file():
                assert digest_of(path.read_bytes()) == f"sha256:{path.name}", path
        assert {path.name for path in self.store.iterdir()} <= FOLDERS

    def assert_valid(self, digest: str) -> None:
        """The image of the service, written as a layout, has that digest; every blob and layer in it is right, and
        `lading validate` finds so too."""
        folder = self.root / f"layout-{len(list(self.root.glob('layout-*')))}"
        self.build("--output", folder)
        index = json.loads((folder / "index.json").read_text())
        assert [found["digest"] for found in index["manifests"]] == [digest]
        for found in index["manifests"]:
            _check(folder, found)
        done = self.lading("validate", "svc")
        assert done.code == 0, done.out + done.err


FOLDERS = {"actions", "blobs", "caches", "images", "roots", "state", "tmp"}
"""What a store consists of."""


def _check(folder: Path, descriptor: Mapping[str, Any]) -> None:
    data = _blob(folder, descriptor)
    found = json.loads(data)
    for child in found.get("manifests", ()):
        _check(folder, child)
    if "config" in found:
        config = json.loads(_blob(folder, found["config"]))
        layers = [_blob(folder, layer) for layer in found["layers"]]
        plain = [
            gzip.decompress(data) if layer["mediaType"].endswith("+gzip") else _unzstd(data)
            for layer, data in zip(found["layers"], layers, strict=True)
        ]
        assert [digest_of(layer) for layer in plain] == config["rootfs"]["diff_ids"]
        for layer in plain:
            with tarfile.open(fileobj=io.BytesIO(layer)) as archive:
                names = archive.getnames()
            assert len(names) == len(set(names))


def _blob(folder: Path, descriptor: Mapping[str, Any]) -> bytes:
    name = str(descriptor["digest"]).removeprefix("sha256:")
    data = (folder / "blobs/sha256" / name).read_bytes()
    assert (digest_of(data), len(data)) == (descriptor["digest"], descriptor["size"])
    return data


def _unzstd(data: bytes) -> bytes:
    pieces: list[bytes] = []
    with zstandard.ZstdDecompressor().stream_reader(io.BytesIO(data), read_across_frames=True) as plain:
        while piece := plain.read(1 << 20):
            pieces.append(piece)
    return b"".join(pieces)


def end_group(process: "subprocess.Popen[str]", number: int = signal.SIGKILL) -> None:
    """Send a signal to a command that `World.start` started, and to all that it started itself."""
    os.killpg(process.pid, number)


_CERTIFICATE = b"""-----BEGIN CERTIFICATE-----
MIIBszCCAVmgAwIBAgIUd3b0b2s=
-----END CERTIFICATE-----
"""

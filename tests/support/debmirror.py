"""A small Debian mirror for tests: packages made by hand, signed by a fresh key, served on loopback.

    with DebMirror(tmp_path / "mirror") as mirror:
        mirror.add(Deb(name="libfoo1", files={"usr/lib/libfoo.so.1": b"..."}))
        mirror.add(Deb(name="foo", depends="libfoo1 (>= 1.0)"), suite="security")
        mirror.publish()
        index = load_index("trixie", "amd64", mirrors=mirror.mirrors, keys=mirror.keys, now=mirror.now, …)

Nothing is cached between `publish` calls: what is in the folder is what is served, so a test may damage any file.
`asked` lists what was asked for (`GET /debian/…`).
"""

import bz2
import gzip
import hashlib
import io
import lzma
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from email.utils import formatdate
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Literal, Self
from urllib.parse import unquote

import pysequoia
import zstandard
from tests.support.httpd import Answer, Request, serve

from lading.debian.mirrors import Archive, Mirrors

NOW = 1_790_000_000.0
"""The moment at which a mirror is made, in seconds since 1970, unless a test says otherwise."""

Compression = Literal["", ".gz", ".xz", ".zst", ".bz2"]
Suite = Literal["release", "updates", "security"]

_SUITES: Mapping[Suite, tuple[Archive, str]] = {
    "release": ("debian", ""),
    "updates": ("debian", "-updates"),
    "security": ("debian-security", "-security"),
}


@dataclass(frozen=True, kw_only=True)
class Link:
    """A symbolic link in a package."""

    target: str


@dataclass(frozen=True, kw_only=True)
class Hardlink:
    """A hard link in a package, to the path of another of its files."""

    target: str


@dataclass(frozen=True, kw_only=True)
class Deb:
    """A package to be made. `files` maps relative paths to content; `modes` overrides 0644 (0755 for folders).

    `data_tar` takes the place of the archive of `files` (for archives that no honest tool writes); `fields` adds to
    or replaces fields of the control file.
    """

    name: str
    version: str = "1.0-1"
    architecture: str = "amd64"
    depends: str = ""
    pre_depends: str = ""
    provides: str = ""
    source: str = ""
    multi_arch: str = ""
    priority: str = "optional"
    files: Mapping[str, bytes | Link | Hardlink] = field(default_factory=dict)
    modes: Mapping[str, int] = field(default_factory=dict)
    conffiles: Sequence[str] = ()
    fields: Mapping[str, str] = field(default_factory=dict)
    compression: Compression = ".xz"
    data_tar: bytes | None = None

    @property
    def control(self) -> dict[str, str]:
        """The control file's fields."""
        fields = {
            "Package": self.name,
            "Source": self.source,
            "Version": self.version,
            "Architecture": self.architecture,
            "Maintainer": "Nobody <nobody@example.org>",
            "Installed-Size": str(
                sum(-(-len(data) // 1024) for data in self.files.values() if isinstance(data, bytes))
            ),
            "Pre-Depends": self.pre_depends,
            "Depends": self.depends,
            "Provides": self.provides,
            "Multi-Arch": self.multi_arch,
            "Priority": self.priority,
            "Description": f"{self.name} for tests\n It has a second line.",
            **self.fields,
        }
        return {name: value for name, value in fields.items() if value}

    @property
    def filename(self) -> str:
        """The .deb's name: no epoch in it."""
        return f"{self.name}_{self.version.rpartition(':')[2]}_{self.architecture}.deb"


def build_deb(deb: Deb) -> bytes:
    """The .deb, the same bytes each time."""
    contents = {path: data for path, data in deb.files.items() if isinstance(data, bytes)}
    control = {"control": stanza(deb.control).encode()}
    control["md5sums"] = "".join(
        f"{hashlib.md5(data, usedforsecurity=False).hexdigest()}  {path}\n" for path, data in sorted(contents.items())
    ).encode()
    if deb.conffiles:
        control["conffiles"] = "".join(f"/{path}\n" for path in deb.conffiles).encode()
    data_tar = build_tar(deb.files, deb.modes) if deb.data_tar is None else deb.data_tar
    return build_ar(
        {
            "debian-binary": b"2.0\n",
            f"control.tar{deb.compression}": compress(build_tar(control, {}), deb.compression),
            f"data.tar{deb.compression}": compress(data_tar, deb.compression),
        }
    )


def build_ar(members: Mapping[str, bytes]) -> bytes:
    """An `ar` archive, as dpkg-deb writes it."""
    out = [b"!<arch>\n"]
    for name, data in members.items():
        out.append(f"{name:<16}{0:<12}{0:<6}{0:<6}{'100644':<8}{len(data):<10}`\n".encode())
        out.append(data + b"\n" * (len(data) % 2))
    return b"".join(out)


def build_tar(files: Mapping[str, bytes | Link | Hardlink], modes: Mapping[str, int]) -> bytes:
    """A tar archive in GNU's format with `./` before each name and every folder listed, as dpkg-deb writes it."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for path in ["", *folders_of(files)]:
            info = tarfile.TarInfo(f"./{path}")
            info.type, info.mode = tarfile.DIRTYPE, modes.get(path, 0o755)
            archive.addfile(info)
        for path, data in files.items():
            info = tarfile.TarInfo(f"./{path}")
            info.mode = modes.get(path, 0o777 if isinstance(data, Link) else 0o644)
            match data:
                case Link():
                    info.type, info.linkname = tarfile.SYMTYPE, data.target
                    archive.addfile(info)
                case Hardlink():
                    info.type, info.linkname = tarfile.LNKTYPE, f"./{data.target}"
                    archive.addfile(info)
                case bytes():
                    info.size = len(data)
                    archive.addfile(info, io.BytesIO(data))
    return stream.getvalue()


def folders_of(paths: Mapping[str, object]) -> list[str]:
    """Every folder above the paths, sorted."""
    return sorted({str(folder) for path in paths for folder in Path(path).parents if str(folder) != "."})


def compress(data: bytes, compression: Compression) -> bytes:
    """Data as a compressor of that suffix leaves it."""
    match compression:
        case "":
            return data
        case ".gz":
            return gzip.compress(data, mtime=0)
        case ".xz":
            return lzma.compress(data)
        case ".zst":
            return zstandard.ZstdCompressor().compress(data)
        case ".bz2":
            return bz2.compress(data)


def stanza(fields: Mapping[str, str]) -> str:
    """Fields as a stanza of a control file."""
    return "".join(f"{name}: {value}\n" for name, value in fields.items())


@cache
def signing_key(name: str = "Archive of tests") -> pysequoia.Tsk:
    """A key pair, made once a name for each run of the tests."""
    return pysequoia.Tsk.generate(f"{name} <archive@example.org>")


def public_key(key: pysequoia.Tsk) -> bytes:
    """The certificate of a key pair, as `verify_release` takes it."""
    return bytes(key.extract_certificate())


def sign(text: str, key: pysequoia.Tsk) -> bytes:
    """A cleartext signature around a text: an InRelease file."""
    return pysequoia.sign(key.signer(), text.encode(), mode=pysequoia.SignatureMode.CLEAR)


class DebMirror:
    """A mirror in a folder. As a context manager it is served on loopback: `url` and `mirrors` are good inside.

    `by_hash` says whether Packages files lie under their hash as well, and the release file tells so.
    """

    def __init__(
        self,
        root: Path,
        *,
        suite: str = "trixie",
        architectures: Sequence[str] = ("amd64", "arm64"),
        by_hash: bool = True,
        key: pysequoia.Tsk | None = None,
        now: float = NOW,
    ) -> None:
        self.root = root
        self.suite = suite
        self.architectures = tuple(architectures)
        self.by_hash = by_hash
        self.key = key or signing_key()
        self.now = now
        self.asked: list[str] = []
        self.url = ""
        self._stanzas: dict[Suite, list[tuple[str, str]]] = {which: [] for which in _SUITES}

    @property
    def keys(self) -> tuple[bytes, ...]:
        """What `load_index` and `verify_release` take as keys."""
        return (public_key(self.key),)

    @property
    def mirrors(self) -> Mirrors:
        """Where the mirror is served."""
        return Mirrors(f"{self.url}/debian", f"{self.url}/debian-security")

    def add(self, deb: Deb, *, suite: Suite = "release", stanza_fields: Mapping[str, str] | None = None) -> Path:
        """Put a package into the pool and, with the next `publish`, into a suite's index; the path of its file.

        `stanza_fields` adds to or replaces fields of its stanza in the index (for one that lies).
        """
        archive, _ = _SUITES[suite]
        data = build_deb(deb)
        path = f"pool/main/{deb.name[0]}/{deb.name}/{deb.filename}"
        file = self.root / archive / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
        fields = {
            **deb.control,
            "Filename": path,
            "Size": str(len(data)),
            "SHA256": hashlib.sha256(data).hexdigest(),
            **(stanza_fields or {}),
        }
        self._stanzas[suite].append((deb.architecture, stanza(fields)))
        return file

    def publish(self, *, date: float | None = None, valid_for: float | None = 7 * 86400.0) -> None:
        """Write Packages.xz and InRelease of the three suites. `date` defaults to `now`; `valid_for` is in seconds."""
        for which in _SUITES:
            self.publish_suite(which, date=date, valid_for=valid_for)

    def publish_suite(
        self,
        which: Suite,
        *,
        date: float | None = None,
        valid_for: float | None = None,
        fields: Mapping[str, str] | None = None,
    ) -> None:
        """Write Packages.xz and InRelease of one suite; `fields` adds to or replaces fields of the release file."""
        folder = self.folder(which)
        lines = []
        for architecture in self.architectures:
            stanzas = [text for made_for, text in self._stanzas[which] if made_for in (architecture, "all")]
            text = "\n".join(stanzas).encode()
            packed = lzma.compress(text)
            path = f"main/binary-{architecture}/Packages"
            lines += [_release_line(text, path), _release_line(packed, f"{path}.xz")]
            self._write(folder / f"{path}.xz", packed)
            if self.by_hash:
                self._write((folder / path).parent / "by-hash" / "SHA256" / hashlib.sha256(packed).hexdigest(), packed)
        moment = self.now if date is None else date
        codename = f"{self.suite}{_SUITES[which][1]}"
        release = {
            "Origin": "Tests",
            "Suite": f"stable{_SUITES[which][1]}",
            "Codename": codename,
            "Date": formatdate(moment, usegmt=False).replace("-0000", "UTC"),
            "Valid-Until": "" if valid_for is None else formatdate(moment + valid_for).replace("-0000", "UTC"),
            "Acquire-By-Hash": "yes" if self.by_hash else "no",
            "Architectures": " ".join(self.architectures),
            "Components": "main",
            "SHA256": "".join(f"\n {line}" for line in lines),
            **(fields or {}),
        }
        told = stanza({name: value for name, value in release.items() if value})
        self._write(folder / "InRelease", sign(told, self.key))

    def folder(self, which: Suite) -> Path:
        """The folder of a suite's indexes."""
        archive, suffix = _SUITES[which]
        return self.root / archive / "dists" / f"{self.suite}{suffix}"

    def packages_files(self, which: Suite, architecture: str = "amd64") -> Iterator[Path]:
        """Every file that serves a suite's Packages.xz: the plain one, and those under their hash."""
        folder = self.folder(which) / "main" / f"binary-{architecture}"
        yield folder / "Packages.xz"
        yield from sorted((folder / "by-hash" / "SHA256").glob("*"))

    def __enter__(self) -> Self:
        self.root.mkdir(parents=True, exist_ok=True)
        self._serving = serve(self._answer)
        site = self._serving.__enter__()
        self.url, self.asked = site.base, site.asked
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._serving.__exit__(kind, error, trace)

    def _answer(self, request: Request) -> Answer:
        file = self.root / unquote(request.path).lstrip("/")
        return Answer(body=file.read_bytes()) if file.is_file() else Answer(404, body=b"no such file")

    def _write(self, path: Path, data: bytes) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def _release_line(data: bytes, path: str) -> str:
    return f"{hashlib.sha256(data).hexdigest()} {len(data)} {path}"

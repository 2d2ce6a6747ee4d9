"""The base layer of a Debian base: one segment a package, and one for what belongs to no package."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from lading.assemble.actions import key_of
from lading.assemble.compress import NAMES, Compression
from lading.assemble.debian_files import (
    ALIASES,
    FILTER_VERSION,
    canonical,
    effects,
    folder_mode,
    is_certificate,
    is_compiled,
    mode_of,
    ships,
    ships_in_static,
)
from lading.assemble.packages import Packages, where_is
from lading.assemble.python.bytecode import Compiler, PycQueue
from lading.assemble.segment import Segment, SegmentWriter
from lading.assemble.smallfiles import SmallFiles
from lading.digest import Digest, digest_of
from lading.errors import VerificationFailed
from lading.lock.model import DebianPin
from lading.plan.bases import static_base
from lading.plan.model import DebianBase
from lading.store import Store

if TYPE_CHECKING:
    from lading.debian.deb import Deb, DebEntry

STATUS_FOLDER = "var/lib/dpkg/status.d"
"""Where scanners look for the packages of an image without dpkg: distroless' convention, read by Trivy, Grype, Syft."""


class PackageSegment(msgspec.Struct, frozen=True, kw_only=True):
    """A package, packed. `control` is its control paragraph, which the dpkg database of `slim` is made of."""

    segment: Segment
    control: str


class PackagePacker:
    """Turns the packages of one base into segments."""

    def __init__(
        self,
        store: Store,
        base: DebianBase,
        *,
        compression: Compression,
        mtime: int,
        compiler: Compiler | None,
        bytecode: str,
    ) -> None:
        self._store = store
        self._base = base
        self._compression: Compression = compression
        self._mtime = mtime
        self._compiler = compiler
        self._bytecode = bytecode
        # A base with further packages keeps what those may name or read.
        self._plain_static = base == static_base()
        self._ships = ships_in_static if self._plain_static else ships

    def known(self, pin: DebianPin) -> PackageSegment | None:
        """The segment of a package that was packed before, if it is whole."""
        found = self._store.get_action(self._key(pin), PackageSegment)
        if found and self._store.has(found.segment.digest, found.segment.size):
            return found
        return None

    def pack(self, pin: DebianPin, packages: Packages) -> PackageSegment:
        """Pack a package; `VerificationFailed` if it is not what its pin says."""
        where = where_is(pin)
        with packages.open(pin) as deb, SegmentWriter(self._store, self._compression, self._mtime) as writer:
            told = (deb.control.get("Package"), deb.control.get("Version"), deb.control.get("Architecture"))
            if told != (pin.name, pin.version, pin.architecture):
                raise VerificationFailed(
                    f"the package says it is {' '.join(filter(None, told))}", where=where, fix="lading lock --upgrade"
                )
            shipped = self._write_files(deb, writer, where)
            control = paragraph(deb)
            self._write_database(deb, pin, control, shipped, writer)
            packed = PackageSegment(segment=writer.finish(), control=control)
        self._store.put_action(self._key(pin), packed)
        return packed

    def _key(self, pin: DebianPin) -> Digest:
        return key_of(
            "package",
            {
                "package": pin.digest,
                "base": f"{self._base.name}{' alone' if self._plain_static else ''}",
                "filter": FILTER_VERSION,
                "bytecode": self._bytecode,
                "compression": NAMES[self._compression],
                "time": str(self._mtime),
            },
        )

    def _write_files(self, deb: "Deb", writer: SegmentWriter, where: str) -> set[str]:
        pycs = PycQueue(self._compiler)
        certificates: dict[str, bytes] = {}
        shipped: set[str] = set()
        for entry in deb.entries():
            path = canonical(entry.path)
            if is_certificate(path):
                certificates[path] = b"".join(entry.chunks())
            if not self._ships(path) or path in ALIASES:
                continue
            _write_entry(entry, path, shipped, writer=writer, pycs=pycs, where=where)
            for name, data in pycs.ready():
                writer.file(name, data)
        for name, data in pycs.rest():
            writer.file(name, data)
        for extra in effects(deb.control["Package"], certificates):
            if extra.target:
                writer.link(extra.path, extra.target)
            else:
                writer.file(extra.path, extra.data)
        return shipped

    def _write_database(
        self, deb: "Deb", pin: DebianPin, control: str, shipped: set[str], writer: SegmentWriter
    ) -> None:
        sums = "".join(
            f"{deb.md5sums[path]}  {path}\n" for path in sorted(deb.md5sums) if canonical(path) in shipped
        ).encode()
        if self._base.name != "slim":
            writer.file(f"{STATUS_FOLDER}/{pin.name}", control.encode())
            writer.file(f"{STATUS_FOLDER}/{pin.name}.md5sums", sums)
            return
        same = deb.control.get("Multi-Arch") == "same"
        stem = f"var/lib/dpkg/info/{pin.name}{':' + pin.architecture if same else ''}"
        listed = "".join(f"/{path}\n" for path in sorted(shipped))
        writer.file(f"{stem}.list", ("/.\n" + listed).encode())
        writer.file(f"{stem}.md5sums", sums)


def pack_root_files(
    store: Store,
    base: DebianBase,
    packages: Sequence[PackageSegment],
    files: SmallFiles,
    *,
    compression: Compression,
    mtime: int,
) -> Segment:
    """What belongs to no package: the links of merged-/usr, accounts, files of the plan, and `slim`'s dpkg database."""
    with SegmentWriter(store, compression, mtime) as writer:
        for alias in ("bin", "lib", "lib64", "sbin"):
            writer.link(alias, f"usr/{alias}")
            writer.folder(f"usr/{alias}")
        if base.name == "slim":
            status = "\n".join(_installed(package.control) for package in packages)
            writer.file("var/lib/dpkg/status", status.encode())
        for path in ("tmp", "var/tmp"):
            writer.folder(path, mode=0o1777)
        for path in ("dev", "proc", "run", "sys", "root"):
            writer.folder(path, mode=0o700 if path == "root" else 0o755)
        files.write(writer)
        return writer.finish()


def unpack_packages(pins: Iterable[DebianPin], packages: Packages, folder: Path, wanted: Callable[[str], bool]) -> None:
    """Unpack what is `wanted` of some packages below `folder`, as the plain user who runs this, for running programs.

    Links are made as they are and never written through: `VerificationFailed` where a package tries.
    """
    links: set[str] = set()
    folder.mkdir(parents=True)
    for pin in pins:
        with packages.open(pin) as deb:
            for entry in deb.entries():
                name = canonical(entry.path)
                if entry.kind != "folder" and wanted(name):
                    _refuse_links_above(name, links, where_is(pin))
                    _unpack_entry(entry, name, folder, links)


def _unpack_entry(entry: "DebEntry", name: str, folder: Path, links: set[str]) -> None:
    target = folder / name
    target.parent.mkdir(parents=True, exist_ok=True)
    match entry.kind:
        case "link":
            target.symlink_to(entry.target)
            links.add(name)
        case "hardlink":
            target.hardlink_to(folder / canonical(entry.target))
        case _:
            with target.open("xb") as file:
                for chunk in entry.chunks():
                    file.write(chunk)
            target.chmod(mode_of(entry.mode) | 0o200)


def _refuse_links_above(name: str, links: set[str], where: str) -> None:
    parent = name
    while (cut := parent.rfind("/")) > 0:
        parent = parent[:cut]
        if parent in links:
            raise VerificationFailed(f"{name} would be written through the link {parent}", where=where)


def _write_entry(
    entry: "DebEntry", path: str, shipped: set[str], *, writer: SegmentWriter, pycs: PycQueue, where: str
) -> None:
    match entry.kind:
        case "folder":
            if folder_mode(entry.mode) != 0o755:
                writer.folder(path, mode=folder_mode(entry.mode))
            elif path in ("dev", "proc", "run", "sys", "home", "mnt", "srv", "opt"):
                writer.folder(path)
            return
        case "link":
            writer.link(path, entry.target)
        case "hardlink":
            target = canonical(entry.target)
            if target not in shipped:
                raise VerificationFailed(f"{path} is a hard link to {target}, which does not ship", where=where)
            writer.hardlink(path, target, mode=mode_of(entry.mode))
        case _:
            if pycs.wants(path, entry.size) and is_compiled(path):
                source = b"".join(entry.chunks())
                writer.file(path, source, mode=mode_of(entry.mode))
                pycs.add(path, source)
            else:
                writer.stream(path, entry.chunks(), size=entry.size, mode=mode_of(entry.mode))
    shipped.add(path)


def paragraph(deb: "Deb") -> str:
    """The control paragraph, as `dpkg -s` would print it."""
    return "".join(f"{name}: {value}\n" for name, value in deb.control.items())


def _installed(control: str) -> str:
    """The paragraph with the status that dpkg's own database has (dpkg(1), package states)."""
    first, _, rest = control.partition("\n")
    return f"{first}\nStatus: install ok installed\n{rest}"


def python_files(path: str) -> bool:
    """What an interpreter needs to start and compile: programs, libraries, its standard library."""
    return path.startswith(("usr/bin/python", "usr/lib/")) and ships(path)


def root_key(pins: Iterable[DebianPin]) -> Digest:
    """The key of an unpacked interpreter."""
    return digest_of("\0".join(["root", FILTER_VERSION, *(pin.digest for pin in pins)]).encode())

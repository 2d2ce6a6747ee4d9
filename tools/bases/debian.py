"""The images of a Debian release: its packages' files as the archive has them, and what their scripts add."""

import io
import re
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from tools.bases.listing import Entry
from tools.engine.packages import AptRoot

MERGED = ("bin", "lib", "lib64", "sbin")
"""What leads to `/usr` since Debian 12 (https://wiki.debian.org/UsrMerge)."""
_ALTERNATIVE = re.compile(r"update-alternatives\s[^;&|]*?--install\s+(\S+)\s+(\S+)\s+(\S+)", re.DOTALL)
_SLAVE = re.compile(r"--slave\s+(\S+)\s+(\S+)\s+(\S+)")
_LOCAL = ("bin", "etc", "games", "include", "lib", "sbin", "share", "src")
_MADE = (
    *(Entry(f"/{name}", "folder", 0o755) for name in ("media", "mnt", "opt", "srv", "usr/local")),
    *(Entry(f"/usr/local/{name}", "folder", 0o755) for name in _LOCAL),
    *(Entry(f"/var/{name}", "folder", 0o755) for name in ("local", "opt", "mail")),
    Entry("/usr/local/man", "link", 0o777, "share/man"), Entry("/var/run", "link", 0o777, "/run"),
    Entry("/var/lock", "link", 0o777, "/run/lock"),
    Entry("/etc/passwd", "file", 0o644), Entry("/etc/group", "file", 0o644),
    Entry("/etc/shadow", "file", 0o640), Entry("/root/.bashrc", "file", 0o644), Entry("/root/.profile", "file", 0o644),
)  # fmt: skip
"""What the scripts of base-files and base-passwd make."""


def read_debian(apt: AptRoot, packages: list[str], *, merged: bool) -> Iterator[Entry]:
    """The entries of packages, which are fetched, and of what their maintainer scripts make: `sh`, alternatives."""
    archives = apt.folder / "cache/archives"
    apt.run("apt-get", "download", *packages, cwd=archives)
    for path in sorted(archives.glob("*.deb")):
        yield from _files(path, merged=merged)
        yield from _alternatives(path)
        path.unlink()
    yield from _MADE
    yield Entry("/usr/bin/sh" if merged else "/bin/sh", "link", 0o777, "dash")
    if merged:
        yield from (Entry(f"/{name}", "link", 0o777, f"usr/{name}") for name in MERGED)


def _files(deb: Path, *, merged: bool) -> Iterator[Entry]:
    data = subprocess.run(["dpkg-deb", "--fsys-tarfile", deb], check=True, capture_output=True).stdout
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        for member in archive:
            path = "/" + str(PurePosixPath(member.name)).lstrip("./")
            if merged and path.split("/")[1] in MERGED:
                path = f"/usr{path}"
            entry = _entry(path, member, archive)
            if entry is not None and path != "/":
                yield entry


def _entry(path: str, member: tarfile.TarInfo, archive: tarfile.TarFile) -> Entry | None:
    if member.isdir():
        return Entry(path, "folder", member.mode)
    if member.issym():
        return Entry(path, "link", 0o777, member.linkname)
    file = archive.extractfile(member)
    return Entry(path, "file", member.mode, head=file.read(1 << 12)) if file is not None else None


def _alternatives(deb: Path) -> Iterator[Entry]:
    """The links that `update-alternatives` makes in a package's `postinst`."""
    data = subprocess.run(["dpkg-deb", "--ctrl-tarfile", deb], check=True, capture_output=True).stdout
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        script = archive.extractfile("./postinst") if "./postinst" in archive.getnames() else None
        text = "" if script is None else script.read().decode(errors="replace")
    for link, name, target in (*_ALTERNATIVE.findall(text), *_SLAVE.findall(text)):
        if link.startswith(("/usr/bin/", "/usr/sbin/")):
            yield Entry(link, "link", 0o777, f"/etc/alternatives/{name}")
            yield Entry(f"/etc/alternatives/{name}", "link", 0o777, target)

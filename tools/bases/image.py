"""An image's file system as a tar archive: what `docker export` writes, and what Alpine's makers publish."""

import tarfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from tools.bases.listing import Entry


def read_archive(archive: Path) -> Iterator[Entry]:
    """The entries of a tar archive, which may be compressed."""
    with tarfile.open(archive) as files:
        for member in files:
            path = "/" + str(PurePosixPath(member.name)).removeprefix("./").lstrip("/")
            if path == "/.":
                continue
            if member.isdir():
                yield Entry(path, "folder", member.mode)
            elif member.issym():
                yield Entry(path, "link", 0o777, member.linkname)
            elif (file := files.extractfile(member)) is not None:
                yield Entry(path, "file", member.mode, head=file.read(1 << 12))

"""Archives that ADD unpacks: which there are, and what is in them.

https://docs.docker.com/reference/dockerfile/#adding-local-tar-archives: a local file that is a tar archive by its
content, packed by gzip, bzip2, xz (or zstd, with newer BuildKits) or not at all.
"""

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

from lading.check.model.entry import ROOT, Content, Entry, Origin, Owner
from lading.check.model.files import Files
from lading.check.model.nodes import Node, folder, present, with_below
from lading.errors import VerificationFailed

if TYPE_CHECKING:
    from lading.archive import Compression, TarEntry

LARGEST_ARCHIVE = 16 << 20
"""Bytes of an archive that is looked into."""
LARGEST_CONTENT = 256 << 20
MOST_ENTRIES = 20_000
_PACKED: "Mapping[bytes, Compression | None]" = {
    b"\x1f\x8b": "gzip", b"\xfd7zXZ\x00": "xz", b"\x28\xb5\x2f\xfd": "zstd", b"BZh": None,
}  # fmt: skip
"""How packed data starts, and what unpacks it here: nothing for bzip2."""


def is_archive(entry: Entry) -> bool:
    """Whether ADD may unpack a file; also where its content is not known."""
    if entry.kind != "file":
        return False
    head = b"" if entry.content is None else entry.content.head(262)
    return entry.content is None or head.startswith(tuple(_PACKED)) or head[257:262] == b"ustar"


def unpacked(content: Content | None, origin: Origin) -> Node | None:
    """The folder that comes of an archive; nothing where it is too large to be looked into, or cannot be read."""
    head = b"" if content is None else content.head(8)
    packed: Compression | None = next((how for start, how in _PACKED.items() if head.startswith(start)), "plain")
    if content is None or content.size > LARGEST_ARCHIVE or packed is None:
        return None
    from io import BytesIO

    from lading.archive import TarLimits, inflate, read_tar

    top = Entry(kind="folder", origin=origin, mode=0o755, owner=ROOT)
    files = Files(folder(top))
    try:
        stream = inflate(BytesIO(content.head(LARGEST_ARCHIVE)), packed, where=origin.text, limit=LARGEST_CONTENT)
        for one in read_tar(stream, where=origin.text, limits=TarLimits(entries=MOST_ENTRIES, total=LARGEST_CONTENT)):
            files = files.edit(one.path, partial(_unpacked, one, origin), parent=top, follow=False)
    except VerificationFailed:
        return None
    return files.root


def _unpacked(one: "TarEntry", origin: Origin, there: Node) -> Node:
    """What an entry of an archive becomes; a folder that comes again keeps what is in it."""
    owner = Owner(one.uid, one.gid)
    match one.kind:
        case "folder":
            made = folder(Entry(kind="folder", origin=origin, mode=one.mode, owner=owner))
            return made if there.below is None else with_below(made, there.below)
        case "link":
            return present(Entry(kind="link", origin=origin, mode=0o777, owner=owner, target=one.target))
    return present(Entry(kind="file", origin=origin, mode=one.mode, owner=owner))

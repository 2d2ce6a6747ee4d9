"""Tar entries as bytes: POSIX ustar headers, with PAX records only where ustar cannot say it.

Pure functions, a few microseconds each: `tarfile` spends 0.39 s on an image of 1,461 files, these spend a tenth of it.
Owner and group are numbers, 0 but for folders that belong to a service's user, and have no names, so that the same
entry has the same bytes whoever builds it.
Format: https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html (ustar and pax interchange formats).
"""

import struct

BLOCK = 512
TRAILER = bytes(2 * BLOCK)
"""Two blocks of zeros end an archive."""

_HEADER = struct.Struct("100s8s8s8s12s12s8s1s100s6s2s32s32s8s8s155s12x")
_LARGEST = 8**11 - 1
"""Bytes. What eleven octal digits hold; a larger file says its size in a PAX record."""
_ID = b"0000000\0"
_LARGEST_ID = 8**7 - 1
"""What seven octal digits hold; a larger user or group number is in a PAX record."""


def file_entry(path: str, *, size: int, mode: int, mtime: int) -> bytes:
    """The header of a regular file. `size` bytes and `padding(size)` follow."""
    return _entry(path, b"0", mode=mode, size=size, mtime=mtime, target="")


def folder_entry(path: str, *, mode: int, mtime: int, owner: tuple[int, int] = (0, 0)) -> bytes:
    """A folder; its name is written with a final `/`, as readers older than POSIX expect. `owner` is its user and
    group."""
    return _entry(path + "/", b"5", mode=mode, size=0, mtime=mtime, target="", owner=owner)


def link_entry(path: str, target: str, *, mtime: int) -> bytes:
    """A symbolic link. Its mode is 0777, which is what a kernel reports for one."""
    return _entry(path, b"2", mode=0o777, size=0, mtime=mtime, target=target)


def hardlink_entry(path: str, target: str, *, mode: int, mtime: int) -> bytes:
    """A hard link to a file that is already in the same archive."""
    return _entry(path, b"1", mode=mode, size=0, mtime=mtime, target=target)


def padding(size: int) -> bytes:
    """The zeros that fill a file's last block."""
    return bytes(-size % BLOCK)


def _entry(
    path: str, kind: bytes, *, mode: int, size: int, mtime: int, target: str, owner: tuple[int, int] = (0, 0)
) -> bytes:
    name, link = path.encode(), target.encode()
    records = b""
    if len(name) > 100 or not path.isascii():
        records += _record("path", name)
    if len(link) > 100 or not target.isascii():
        records += _record("linkpath", link)
    if size > _LARGEST:
        records += _record("size", str(size).encode())
    if max(owner) > _LARGEST_ID:
        records += _record("uid", b"%d" % owner[0]) + _record("gid", b"%d" % owner[1])
    size = size if size <= _LARGEST else 0
    header = _header(name[:100], kind, mode=mode, size=size, mtime=mtime, link=link[:100], owner=owner)
    if not records:
        return header
    # The name of the extended header itself is for people who open it with a tool from before PAX.
    extended = _header(
        b"PaxHeaders/" + name.rstrip(b"/")[-80:], b"x", mode=0o644, size=len(records), mtime=mtime, link=b""
    )
    return extended + records + padding(len(records)) + header


def _header(
    name: bytes, kind: bytes, *, mode: int, size: int, mtime: int, link: bytes, owner: tuple[int, int] = (0, 0)
) -> bytes:
    uid, gid = (b"%07o\0" % number if 0 < number <= _LARGEST_ID else _ID for number in owner)
    fields = [
        name, b"%07o\0" % mode, uid, gid, b"%011o\0" % size, b"%011o\0" % mtime, b"        ", kind, link,
        b"ustar\0", b"00", b"", b"", _ID, _ID, b"",
    ]  # fmt: skip
    fields[6] = b"%06o\0 " % sum(_HEADER.pack(*fields))
    return _HEADER.pack(*fields)


def _record(key: str, value: bytes) -> bytes:
    """One `length key=value` line, whose length counts its own digits."""
    body = b" " + key.encode() + b"=" + value + b"\n"
    length = len(body) + len(str(len(body)))
    if len(str(length)) + len(body) != length:
        length += 1
    return str(length).encode() + body

"""The fields of tar headers: numbers, names, kinds, extended records. Pure; what does not hold is `Unsafe`.

Formats: POSIX.1-2024 pax (https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html, "ustar Interchange
Format" and "pax Header Block") and https://www.gnu.org/software/tar/manual/html_node/Standard.html.
"""

from collections.abc import Mapping
from typing import Literal

Kind = Literal["file", "link", "hardlink", "folder"]

BLOCK = 512


class Unsafe(Exception):
    """What is wrong with an archive, and the name of the entry where it is known."""

    def __init__(self, what: str, name: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.name = name


def check_sum(header: bytes) -> None:
    """Hold a header against its checksum: the sum of its bytes, with the checksum's own field as blanks."""
    if number(header, 148, 8) != sum(header) - sum(header[148:156]) + 8 * ord(" "):
        raise Unsafe("a header's checksum is wrong")


def number(header: bytes, offset: int, width: int, *, signed: bool = False) -> int:
    """An octal field, or GNU's base-256 for numbers that do not fit."""
    field = header[offset : offset + width]
    if field[0] & 0x80:
        value = (
            int.from_bytes(field, signed=True) if field[0] == 0xFF else int.from_bytes(field) & (1 << 8 * width - 1) - 1
        )
        if value < 0 and not signed:
            raise Unsafe("a number is negative")
        return value
    digits = field.split(b"\0", 1)[0].strip()
    if digits.translate(None, b"01234567"):
        raise Unsafe("a number in a header is damaged")
    return int(digits or b"0", 8)


def decimal(value: bytes, what: str, name: str) -> int:
    """A decimal number of an extended record."""
    if not value.isdigit() or len(value) > 19:
        raise Unsafe(f"{what} that is no number", name)
    return int(value)


def seconds(value: bytes, name: str) -> int:
    """A time of an extended record, in whole seconds: `-12.75` gives -12."""
    whole = value.partition(b".")[0]
    return -decimal(whole[1:], "a time", name) if whole.startswith(b"-") else decimal(whole, "a time", name)


def text(raw: bytes) -> str:
    """A name as text."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        raise Unsafe("a name is not UTF-8", repr(raw[:80])) from None


def records(data: bytes) -> dict[str, bytes]:
    """The records of an extended header: `<length> <key>=<value>`; the length counts itself and the line's end."""
    found: dict[str, bytes] = {}
    position = 0
    while position < len(data):
        space = data.find(b" ", position, position + 12)
        digits = data[position:space] if space > 0 else b""
        end = position + int(digits) if digits.isdigit() else 0
        key, equals, value = data[space + 1 : end - 1].partition(b"=")
        if not position < space < end <= len(data) or data[end - 1 : end] != b"\n" or not equals:
            raise Unsafe("an extended header is damaged")
        found[text(key)] = value
        position = end
    return found


def raw_name(header: bytes, extended: Mapping[str, bytes], longest: int) -> str:
    """An entry's name as the archive writes it."""
    name = extended.get("path")
    if name is None:
        name = header[:100].split(b"\0", 1)[0]
        if header[257:263] == b"ustar\0" and header[345]:  # GNU's own magic keeps other things in this field
            name = header[345:500].split(b"\0", 1)[0] + b"/" + name
    if len(name) > longest:
        raise Unsafe(f"a path is longer than {longest} bytes", name[:80].decode(errors="replace"))
    return text(name)


def clean_path(name: str) -> str:
    """`name` relative to the archive's root, in its one spelling; empty for the root itself."""
    if name.startswith("/"):
        raise Unsafe("an absolute path", name)
    if "\0" in name or "\n" in name:
        raise Unsafe("a name holds NUL or newline", name)
    path = name.removeprefix("./").rstrip("/")
    if "." in path or "//" in path:  # few names have either, and most of those are plain
        parts = path.split("/")
        if ".." in parts:
            raise Unsafe("a path leads out of the archive (`..`)", name)
        path = "/".join(part for part in parts if part not in ("", "."))
    return path


def kind_of(flag: bytes, name: str) -> Kind:
    """The kind of an entry."""
    match flag:
        case b"0" | b"\0" | b"7":
            # A file's name never ends so: the tar of Seventh Edition Unix wrote folders this way.
            return "folder" if name.endswith("/") else "file"
        case b"5":
            return "folder"
        case b"2":
            return "link"
        case b"1":
            return "hardlink"
        case b"3" | b"4":
            raise Unsafe("a device node", name)
        case b"6":
            raise Unsafe("a named pipe", name)
        case b"S":
            raise Unsafe("a sparse file", name)
        case _:
            raise Unsafe(f"an entry of an unknown kind ({flag!r})", name)


def target_of(kind: Kind, raw: bytes, path: str, longest: int) -> str:
    """Where a link leads: what a symbolic link says, the clean path that a hard link names; else empty."""
    if kind not in ("link", "hardlink"):
        return ""
    if not raw or len(raw) > longest:
        raise Unsafe("a link without a usable target", path)
    target = text(raw)
    if "\0" in target or "\n" in target:
        raise Unsafe("a link's target holds NUL or newline", path)
    return target if kind == "link" else clean_path(target)

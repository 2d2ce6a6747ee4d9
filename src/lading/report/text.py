"""Text for a terminal or a log: colours when asked for, and nothing that could steer the reader's terminal."""

TYPE_CHECKING = False  # without the import of `typing`: this module is on the way of every command
if TYPE_CHECKING:
    from typing import Literal

    Colour = Literal["red", "green", "yellow", "blue", "bold", "dim"]

_CODES: "dict[Colour, str]" = {"red": "31", "green": "32", "yellow": "33", "blue": "34", "bold": "1", "dim": "2"}

# C0 but for tab and line feed, DEL, C1, and the marks that reorder text (CVE-2021-42574): names that come from
# archives, registries and lock files are printed, and must not move the cursor or hide what stands beside them.
_CONTROL = (*(code for code in range(0x20) if code not in (0x09, 0x0A)), *range(0x7F, 0xA0))
_REORDERING = (*range(0x202A, 0x202F), *range(0x2066, 0x206A))
_UNPRINTABLE = {code: f"\\x{code:02x}" for code in _CONTROL} | {code: f"\\u{code:04x}" for code in _REORDERING}
_ASCII = {"─": "-", "│": "|", "├": "|", "└": "`", "›": ">", "━": "=", "…": "~", "→": "->", "·": "-", "≥": ">="}


def paint(text: str, colour: "Colour", wanted: bool) -> str:
    """`text` in a colour of the terminal's own palette, or as it is when no colour is wanted."""
    return f"\x1b[{_CODES[colour]}m{text}\x1b[0m" if wanted and text else text


def printable(text: str) -> str:
    """`text` with control characters and direction marks shown as escapes; tabs and line ends stay."""
    return text.translate(_UNPRINTABLE)


def encodable(error: UnicodeError) -> tuple[str, int]:
    """What a stream writes for characters that its encoding lacks: a plain stand-in, or an escape.

    A handler for `codecs.register_error`.
    """
    if not isinstance(error, UnicodeEncodeError):
        raise error
    missing = error.object[error.start : error.end]
    return "".join(_ASCII.get(char) or char.encode("ascii", "backslashreplace").decode() for char in missing), error.end


def size(count: int, *, short: bool = False) -> str:
    """Bytes in decimal units, as registries and Docker count: `38.4 MB`; `short` leaves out `.0` (`200 MB`).

    >>> size(999), size(38_400_000), size(200_000_000, short=True)
    ('999 B', '38.4 MB', '200 MB')
    """
    if count < 1000:
        return f"{count} B"
    value = float(count)
    for unit in ("kB", "MB", "GB", "TB"):
        value /= 1000
        if value < 999.95 or unit == "TB":  # 999.95 would round to 1000.0 of the smaller unit
            break
    number = f"{value:.1f}"
    return f"{number.removesuffix('.0') if short else number} {unit}"


def duration(seconds: float) -> str:
    """Seconds as a person says them.

    >>> duration(0.084), duration(4.13), duration(72), duration(3720)
    ('0.08 s', '4.1 s', '1 min 12 s', '1 h 2 min')
    """
    if seconds < 0.995:
        return f"{max(0.0, seconds):.2f} s"
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"


def count(number: int, noun: str) -> str:
    """A number and its noun: `1 file`, `1,204 files`, `2 libraries`."""
    if number == 1:
        return f"1 {noun}"
    return f"{number:,} {noun[:-1] + 'ies' if noun.endswith('ry') else noun + 's'}"

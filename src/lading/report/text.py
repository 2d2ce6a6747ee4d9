"""Text for a terminal or a log: colours when asked for, and nothing that could steer the reader's terminal."""

from typing import Literal

Colour = Literal["red", "green", "yellow", "blue", "bold", "dim"]
_CODES: dict[Colour, str] = {"red": "31", "green": "32", "yellow": "33", "blue": "34", "bold": "1", "dim": "2"}

# C0 but for tab and line feed, DEL, C1, and the marks that reorder text (CVE-2021-42574): names that come from
# archives, registries and lock files are printed, and must not move the cursor or hide what stands beside them.
_CONTROL = (*(code for code in range(0x20) if code not in (0x09, 0x0A)), *range(0x7F, 0xA0))
_REORDERING = (*range(0x202A, 0x202F), *range(0x2066, 0x206A))
_UNPRINTABLE = {code: f"\\x{code:02x}" for code in _CONTROL} | {code: f"\\u{code:04x}" for code in _REORDERING}


def paint(text: str, colour: Colour, wanted: bool) -> str:
    """`text` in a colour of the terminal's own palette, or as it is when no colour is wanted."""
    return f"\x1b[{_CODES[colour]}m{text}\x1b[0m" if wanted and text else text


def printable(text: str) -> str:
    """`text` with control characters and direction marks shown as escapes; tabs and line ends stay."""
    return text.translate(_UNPRINTABLE)

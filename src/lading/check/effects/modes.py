"""Modes as chmod(1) and install(1) are given them."""

import re
from collections.abc import Callable

Change = Callable[[int | None, bool | None], int | None]
"""The new mode of the old one and whether it is a folder; none stands for what is not known, in and out."""

_CLAUSE = re.compile(r"([ugoa]*)((?:[-+=](?:[rwxXst]*|[ugo]))+)\Z")
_PART = re.compile(r"([-+=])([rwxXstugo]*)")
_BITS = {"r": 0o444, "w": 0o222, "x": 0o111}
_WHO = {"u": 0o4700, "g": 0o2070, "o": 0o1007, "a": 0o7777}
_UMASK = 0o022
"""What a shell of an image has unless somebody says otherwise."""


def mode_of(text: str | None) -> int | Change | None:
    """A mode as octal digits or in letters (`u+x,go=`); nothing for what is neither."""
    if text is None:
        return None
    if re.fullmatch(r"[0-7]{1,5}", text):
        return int(text, 8) & 0o7777
    clauses = [_CLAUSE.match(one) for one in text.split(",")]
    if not text or any(clause is None for clause in clauses):
        return None
    steps = [(clause[1], _PART.findall(clause[2])) for clause in clauses if clause]

    def change(old: int | None, folder: bool | None) -> int | None:
        mode = old
        for who, parts in steps:
            for sign, letters in parts:
                mode = _applied(mode, folder, who, sign, letters)
        return mode

    return change


def number(text: str | None, default: int | None) -> int | None:
    """A mode in octal digits, for a new file or folder; `default` where none is given."""
    found = mode_of(text)
    return default if text == "" else (found if isinstance(found, int) else None)


def _applied(mode: int | None, folder: bool | None, who: str, sign: str, letters: str) -> int | None:
    meant = 0
    for letter in who or "a":
        meant |= _WHO[letter]
    if sign == "=" and who in ("", "a", "ugo") and not set(letters) - set("rwx"):
        mode = 0  # whatever it was
    if mode is None or set(letters) & set("ugo") or ("X" in letters and folder is None):
        return None
    bits = 0
    for letter in letters:
        bits |= _bits(letter, mode, folder)
    bits &= meant if who else meant & ~_UMASK
    if sign == "-":
        return mode & ~bits
    return mode | bits if sign == "+" else (mode & ~(meant & 0o777)) | bits


def _bits(letter: str, mode: int, folder: bool | None) -> int:
    if letter == "X":
        return 0o111 if folder or mode & 0o111 else 0
    return {"s": 0o6000, "t": 0o1000}.get(letter) or _BITS[letter]

"""Debian version numbers: how they compare.

Debian policy 5.6.12, https://www.debian.org/doc/debian-policy/ch-controlfields.html#version; deb-version(7).
"""

import re
from functools import lru_cache

VERSION = re.compile(r"(?:[0-9]{1,9}:)?[A-Za-z0-9.+~:-]{1,255}\Z")
"""What a version may look like (policy 5.6.12), with a bound on its length."""

RELATIONS = frozenset({"<<", "<=", "=", ">=", ">>"})

Key = tuple[object, ...]
_PARTS = re.compile(r"([^0-9]*)([0-9]*)")


@lru_cache(maxsize=4096)
def version_key(version: str) -> Key:
    """A value that sorts as the version does.

    >>> sorted(["1.0", "1.0~rc1", "1:0.1", "1.0+deb12u1"], key=version_key)
    ['1.0~rc1', '1.0', '1.0+deb12u1', '1:0.1']
    """
    epoch, colon, rest = version.partition(":")
    if not colon:
        epoch, rest = "", version
    upstream, _, revision = rest.rpartition("-") if "-" in rest else (rest, "", "")
    return (_number(epoch), _parts(upstream), _parts(revision))


def compare(left: str, right: str) -> int:
    """-1, 0 or 1: whether `left` is older than, the same as, or newer than `right`."""
    first, second = version_key(left), version_key(right)
    return (first > second) - (first < second)


def satisfies(version: str, relation: str, wanted: str) -> bool:
    """Whether `version` stands in `relation` (`<<`, `<=`, `=`, `>=`, `>>`; empty for any) to `wanted`."""
    order = compare(version, wanted) if relation else 0
    match relation:
        case "<<":
            return order < 0
        case "<=":
            return order <= 0
        case ">=":
            return order >= 0
        case ">>":
            return order > 0
        case _:
            return order == 0


def _parts(text: str) -> Key:
    """Letters and numbers in turn, closed by an empty letter part: so `1~` sorts before `1`, and `1` before `1.0`."""
    out: list[object] = []
    for letters, digits in _PARTS.findall(text or "0"):
        if letters or digits:
            out += ((*map(_weight, letters), 0), _number(digits))
    out.append((0,))
    return tuple(out)


def _weight(character: str) -> int:
    """`~` before the end of a part (0), letters before everything else."""
    if character == "~":
        return -1
    return ord(character) if character.isalpha() else ord(character) + 256


def _number(digits: str) -> tuple[int, str]:
    """A number of any length, as a value that sorts as it does; nothing counts as 0."""
    significant = digits.lstrip("0")
    return (len(significant), significant)

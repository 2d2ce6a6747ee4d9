"""Patterns of COPY and ADD (https://pkg.go.dev/path/filepath#Match), looked up in what is known of files."""

import re
from collections.abc import Iterator
from functools import cache

from lading.check.model.files import Files
from lading.tree.patterns import letters

MAGIC = frozenset("*?[\\")


def has_magic(path: str) -> bool:
    """Whether a source is a pattern."""
    return not MAGIC.isdisjoint(path)


def find_all(files: Files, pattern: str) -> tuple[tuple[str, ...], bool]:
    """The paths that match an absolute pattern and are certainly there, and whether these are all."""
    parts = [part for part in pattern.split("/") if part]
    complete = [True]
    return tuple(_below(files, "", parts, complete)), complete[0]


def _below(files: Files, at: str, parts: list[str], complete: list[bool]) -> Iterator[str]:
    name, *rest = parts
    if not has_magic(name):
        yield from _reached(files, f"{at}/{name}", rest, complete)
        return
    expression = _expression(name)
    node = files.node(at or "/")
    complete[0] &= node.rest.presence == "absent"
    for one in sorted(node.names()):
        if expression.match(one):
            yield from _reached(files, f"{at}/{one}", rest, complete)


def _reached(files: Files, path: str, rest: list[str], complete: list[bool]) -> Iterator[str]:
    found = files.look(path)
    complete[0] &= found.presence != "unknown"
    if found.present:
        yield from _below(files, path, rest, complete) if rest else (path,)


@cache
def _expression(name: str) -> re.Pattern[str]:
    """What stands between stars is looked for from left to right, and never again: any other way takes for ever for
    `a*a*a*a*a*b`."""
    first, *others = _pieces(name)
    middle = "".join(f"(?>.*?{piece})" for piece in others[:-1])
    last = f".*{others[-1]}" if others else ""
    try:
        return re.compile(rf"{first}{middle}{last}\Z", re.DOTALL)
    except re.error:  # `[b-a]`, which matches nothing
        return re.compile(r"(?!)")


def _pieces(name: str) -> list[str]:
    """The expressions of what stands between the stars."""
    pieces = [""]
    i = 0
    while i < len(name):
        if name[i] == "\\" and i + 1 < len(name):
            pieces[-1] += re.escape(name[i + 1])
            i += 2
        elif name[i] == "[" and "]" in name[i + 2 :]:
            end = name.index("]", i + 2)
            pieces[-1] += letters(name[i + 1 : end], "^")
            i = end + 1
        elif name[i] == "*":
            pieces.append("")
            i += 1
        else:
            pieces[-1] += "." if name[i] == "?" else re.escape(name[i])
            i += 1
    return pieces

"""What a command writes to its output, where that can be told: what `echo … >> /etc/passwd` puts there."""

import re
from collections.abc import Mapping

from lading.check.effects.asked import Arguments, Asked
from lading.check.model.scene import Scene

LONGEST = 1 << 16
"""Bytes of output that are kept; a longer one is not known."""

_ESCAPES: Mapping[str, str] = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\", "a": "\a", "b": "\b", '"': '"', "'": "'"}
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)


def output(asked: Asked, scene: Scene) -> bytes | None:
    """The output of a command; nothing where it is not known. Escapes of `echo` are read as dash and BusyBox do."""
    match asked.program:
        case "echo":
            found = _echo(asked)
        case "printf":
            found = _printf(asked)
        case "cat" | "tee":
            found = _cat(asked, scene)
        case "true" | ":" | "":
            found = b""
        case _:
            found = None
    return found if found is None or len(found) <= LONGEST else None


def _echo(asked: Asked) -> bytes | None:
    words = [word.plain for word in asked.words]
    ends = "\n"
    while words and words[0] and re.fullmatch(r"-[neE]+", words[0]):
        ends = "" if "n" in (words.pop(0) or "") else ends
    known = [word for word in words if word is not None]
    if len(known) < len(words):
        return None
    return (_unescaped(" ".join(known)) + ends).encode(errors="replace")


def _printf(asked: Asked) -> bytes | None:
    """Formats of text and `%s` only: each is used again until no word is left (printf(1))."""
    words = [word.plain for word in asked.words]
    known = [word for word in words if word is not None]
    if not known or len(known) < len(words):
        return None
    form, values = _unescaped(known[0]), known[1:]
    pieces = re.split(r"(%[%s])", form)
    if any("%" in piece for piece in pieces[::2]):
        return None
    takes = pieces.count("%s")
    made = []
    while True:
        given = [*values[:takes], *[""] * (takes - len(values[:takes]))]
        values = values[takes:]
        made.append("".join({"%%": "%"}.get(one) or (given.pop(0) if one == "%s" else one) for one in pieces))
        if not values or not takes or len(made) > LONGEST:
            return "".join(made).encode(errors="replace")


def _cat(asked: Asked, scene: Scene) -> bytes | None:
    args = Arguments(asked.words)
    if asked.program == "tee" or not args.operands:
        return asked.input
    parts = []
    for path in args.plain:
        entry = scene.look(path).entry
        data = asked.input if path == "-" else (entry.content.read() if entry and entry.content else None)
        if data is None:
            return None
        parts.append(data)
    return b"".join(parts)


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(lambda found: _ESCAPES.get(found[1], found[0]), text)

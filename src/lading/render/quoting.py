r"""Text as BuildKit reads it back: words of ENV, LABEL and WORKDIR, JSON arrays, paths of COPY, words of a shell.

BuildKit reads a Dockerfile line by line (frontend/dockerfile/parser), and then expands words much as a shell does
(frontend/dockerfile/shell): quotes are taken off, `\` escapes, `$` names a variable. What cannot be said in that
language is refused here, never bent. https://docs.docker.com/reference/dockerfile/
"""

import json
import re
import shlex
from collections.abc import Iterable, Iterator

from lading.errors import UsageError

_PLAIN = re.compile(r"[A-Za-z0-9_./:@%+,=][A-Za-z0-9_./:@%+,=-]*\Z")
"""What means itself everywhere."""
_NAME = re.compile(r"[A-Za-z0-9_./][A-Za-z0-9_./-]*\Z")
_OPTION = re.compile(r"[A-Za-z0-9_./:@+${}][A-Za-z0-9_./:@+${}-]*\Z")
_BROKEN = re.compile("[\0\r\n\ud800-\udfff]")
"""What one line of UTF-8 cannot hold. (A line break inside quotes ends the instruction all the same.)"""


def quoted(text: str) -> str:
    r"""A word of ENV, LABEL or WORKDIR that is read back as `text`; `UsageError` for line breaks, NUL and what is not
    UTF-8.

    >>> print(quoted("8080"), quoted('say "$HOME" \\ #'), quoted(""))
    8080 "say \"\$HOME\" \\ #" ""
    """
    _require_one_line(text)
    return text if _PLAIN.match(text) else f'"{_escaped(text)}"'


def assigned(name: str, value: str) -> str:
    """`NAME=value`. A name that would need quotes is refused: BuildKit looks for the `=` before it takes them off."""
    if not _NAME.match(name):
        raise UsageError(
            "a Dockerfile cannot say this name", where=repr(name), fix="use letters, digits, `.`, `_`, `-`"
        )
    return f"{name}={quoted(value)}"


def prefixed(name: str, text: str) -> str:
    """`NAME="text:$NAME"`: in front of what the base has."""
    _require_one_line(text)
    return f'{name}="{_escaped(text)}:${name}"'


def json_words(words: Iterable[str]) -> str:
    """The exec form of a command: a JSON array, in which BuildKit expands nothing.

    Anything but NUL and lone surrogates can be said. (BuildKit takes what is no JSON for a shell's command, without a
    word.)
    """
    found = list(words)
    for word in found:
        if "\0" in word or not _is_utf8(word):
            raise _inexpressible(word)
    return json.dumps(found, ensure_ascii=False)


def copied(*paths: str) -> str:
    r"""The paths of a COPY, the destination last: sources mean themselves, whatever pattern they look like.

    Paths that are not plain go into a JSON array. BuildKit expands those too, and matches sources as patterns (Go's
    `filepath.Match`), so both are escaped.

    >>> print(copied("src", "/app/"), copied("a [1]$x", "/app"))
    src /app/ ["a \\\\[1]\\$x", "/app"]
    """
    for path in paths:
        _require_one_line(path)
    if all(_PLAIN.match(path) for path in paths):
        return " ".join(paths)
    sources = [re.sub(r"[*?\[\\]", r"\\\g<0>", path) for path in paths[:-1]]
    return json.dumps([_word(path) for path in (*sources, paths[-1])], ensure_ascii=False)


def option(text: str) -> str:
    """The value of a flag (`--mount=…`, `--from=…`); `UsageError` for anything that would have to be quoted there."""
    if not _OPTION.match(text):
        raise UsageError("a flag of a Dockerfile cannot say this", where=repr(text), fix="rename it")
    return text


def command(*words: str) -> str:
    """Words as a shell takes them, on one line."""
    for word in words:
        _require_one_line(word)
    return shlex.join(words)


def folded(text: str, width: int) -> list[str]:
    """A shell command as lines of about that width, to be joined by continuations: broken between words, never within
    quotes, and never before a `#`, which would start a comment at the start of a line."""
    lines, start, space = [], 0, 0
    for at in _breaks(text):
        if at - start > width and space > start:
            lines.append(text[start:space])
            start = space + 1
        space = at
    if len(text) - start > width and space > start:
        lines.append(text[start:space])
        start = space + 1
    return [*lines, text[start:]]


def _breaks(text: str) -> Iterator[int]:
    """Where a shell command has a blank between two words."""
    quote, escaped = "", False
    for at, letter in enumerate(text):
        if escaped:
            escaped = False
        elif letter == "\\" and quote != "'":
            escaped = True
        elif letter in "'\"" and quote in ("", letter):
            quote = "" if quote else letter
        elif letter == " " and not quote and text[at + 1 : at + 2] not in ("", " ", "#"):
            yield at


def _escaped(text: str) -> str:
    return re.sub(r'["$\\]', r"\\\g<0>", text)


def _word(text: str) -> str:
    return re.sub(r"""["'$\\]""", r"\\\g<0>", text)


def _require_one_line(text: str) -> None:
    if _BROKEN.search(text):
        raise _inexpressible(text)


def _inexpressible(text: str) -> UsageError:
    return UsageError(
        "a Dockerfile cannot say a line break, NUL or what is not UTF-8 here",
        where=repr(text if len(text) < 200 else f"{text[:200]}…"),
        fix="change it where the plan has it from: lading plan --why",
    )


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True

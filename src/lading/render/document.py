"""YAML with comments above its blocks, whose every text reads back as it is: in YAML 1.1, in 1.2, and in Go's mixture.

Values are mappings, lists, strings, numbers, booleans and nothing. Three kinds say how they are written beside that:
`Noted`, `OneLine` and `Shared`.
"""

import math
import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from lading.errors import UsageError

if TYPE_CHECKING:
    import yaml

WIDTH = 110
"""Columns of comments."""

_INDENT = "  "
_SAFE = re.compile(r"(?:(?:\.{0,2}/|[A-Za-z_$])[^\r\n\x85\u2028\u2029]*|[0-9]+(?:ms|[smhMG]))\Z")
"""Text that no version of YAML takes for a number, a date or a sign. What else must be quoted, the library knows."""
_WORDS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})
"""What some version of YAML takes for a boolean or nothing, in any case (https://yaml.org/type/bool.html)."""


class Noted(NamedTuple):
    """A value with a comment above its key."""

    why: str
    value: object


class OneLine(tuple[str, ...]):
    """A list that is written on one line, as commands are."""

    __slots__ = ()


class Shared(NamedTuple):
    """A mapping under a name (an anchor), so that others can take it over."""

    name: str
    value: Mapping[str, object]


class Taken(NamedTuple):
    """What a mapping takes over from a `Shared` one (YAML's merge key)."""

    name: str


MERGE = "<<"


def written(document: Mapping[str, object], head: Sequence[str] = ()) -> str:
    """A document as text; `head` are the paragraphs of its first comment.

    A comment that would stand there a second time is left out. A blank line stands between the parts of the outermost
    mapping, and of those in it that have only mappings. Raises `UsageError` for text that no YAML can hold.
    """
    lines = [*comment(head), *([""] if head else []), *_Writer().mapping(document, 0)]
    return "\n".join(lines) + "\n"


def comment(paragraphs: Sequence[str], indent: str = "") -> Iterator[str]:
    """Lines of a comment, folded. What cannot be printed on a line is shown as a question mark."""
    for paragraph in paragraphs:
        text = "".join(letter if letter.isprintable() else "?" for letter in " ".join(paragraph.split()))
        room = WIDTH - len(f"{indent}# ")
        for line in textwrap.wrap(text, room, break_on_hyphens=False, break_long_words=False) or [""]:
            yield f"{indent}# {line}".rstrip()


class _Writer:
    def __init__(self) -> None:
        self._told: set[str] = set()

    def mapping(self, mapping: Mapping[str, object], depth: int) -> Iterator[str]:
        """The lines of a mapping, `depth` levels in."""
        bare = [given.value if isinstance(given, Noted) else given for given in mapping.values()]
        spaced = depth == 0 or (depth == 1 and all(isinstance(value, Mapping) for value in bare))
        for position, (key, given) in enumerate(mapping.items()):
            if position and spaced:
                yield ""
            if isinstance(given, Noted) and given.why not in self._told:
                self._told.add(given.why)
                yield from comment([given.why], _INDENT * depth)
            yield from self._value(key, bare[position], depth)

    def _value(self, key: str, value: object, depth: int) -> Iterator[str]:
        indent = _INDENT * depth
        match value:
            case Shared(name=name, value=inner):
                yield f"{indent}{_scalar(key)}: &{name}"
                yield from self.mapping(inner, depth + 1)
            case Taken(name=name):
                yield f"{indent}{MERGE}: *{name}"
            case dict() if value:
                yield f"{indent}{_scalar(key)}:"
                yield from self.mapping(value, depth + 1)
            case list() if any(isinstance(item, Mapping) for item in value):
                yield f"{indent}{_scalar(key)}:"
                for item in value:
                    yield from self._entry(item, depth)
            case _:
                yield from textwrap.indent(_dumped({key: value}), indent).splitlines()

    def _entry(self, item: Mapping[str, object], depth: int) -> Iterator[str]:
        """A mapping in a list; its comments stand before the dash."""
        lines = list(self.mapping(item, depth + 2))
        while lines[0].lstrip().startswith("#"):
            yield lines.pop(0).removeprefix(_INDENT)
        yield f"{_INDENT * depth}{_INDENT}- {lines[0].lstrip()}"
        yield from lines[1:]


def _scalar(text: str) -> str:
    return _dumped(text).splitlines()[0]


def _dumped(value: object) -> str:
    import yaml

    return yaml.dump(
        value, Dumper=_dumper(), width=math.inf, allow_unicode=True, sort_keys=False, default_flow_style=False
    )


@cache
def _dumper() -> "type[yaml.SafeDumper]":
    """The library's writer, with our own rules for strings and lists."""
    import yaml

    class Dumper(yaml.SafeDumper):
        def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002
            super().increase_indent(flow, False)  # lists stand further in than their key

        def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002
            return True

    def text(dumper: yaml.SafeDumper, value: str) -> "yaml.ScalarNode":
        _require_utf8(value)
        plain = _SAFE.match(value) and value.lower() not in _WORDS
        return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=None if plain else '"')

    def row(dumper: yaml.SafeDumper, value: OneLine) -> "yaml.SequenceNode":
        return dumper.represent_sequence("tag:yaml.org,2002:seq", list(map(_Quoted, value)), flow_style=True)

    def quoted(dumper: yaml.SafeDumper, value: str) -> "yaml.ScalarNode":
        _require_utf8(value)
        return dumper.represent_scalar("tag:yaml.org,2002:str", value, style='"')

    def nothing(dumper: yaml.SafeDumper, _value: None) -> "yaml.ScalarNode":
        return dumper.represent_scalar("tag:yaml.org,2002:null", "")

    Dumper.add_representer(str, text)
    Dumper.add_multi_representer(str, text)
    Dumper.add_representer(_Quoted, quoted)
    Dumper.add_representer(OneLine, row)
    Dumper.add_representer(type(None), nothing)
    return Dumper


class _Quoted(str):
    """A string that is quoted whatever it is: in a row of words all look alike."""

    __slots__ = ()


def _require_utf8(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise UsageError(
            "a YAML file cannot hold what is not UTF-8",
            where=ascii(text[:200]),
            fix="change it where the plan has it from: lading plan --why",
        ) from None

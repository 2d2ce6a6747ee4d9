"""Words of a shell script as a command gets them: quotes removed, variables replaced, split where the shell splits.

Expansion: https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html#tag_19_06.
"""

import re
from collections.abc import Callable, Iterator
from itertools import islice, product, takewhile

import msgspec

from lading.check.dockerfile.patterns import Token, substituted, trimmed
from lading.check.dockerfile.positions import Passage
from lading.check.dockerfile.words import UNKNOWN, Lookup, Variable
from lading.check.shell.model import Value
from lading.check.shell.syntax import Inner, Text

_SIMPLE = re.compile(r"[^'\"\\$`~*?\[{<>]*")
_PLAIN = re.compile(r"[^'\"\\$`]+")
_PARAMETER = re.compile(
    r"\$\{(?P<before>[#!]?)(?P<name>[A-Za-z_]\w*|[0-9]+|[@*#?$!\-])(?P<index>\[[^\]]*\])?"
    r"(?:(?P<operator>:?[-+=?]|##?|%%?|//?)(?P<operand>.*))?\}",
    re.DOTALL,
)
_BRACES = re.compile(r"\{([^{}\s]*(?:,|\.\.)[^{}\s]*)\}")
_QUOTED = re.compile(r"'[^']*'|\"(?:[^\"\\]|\\.)*+\"|\\.|\$\{[^}]*\}", re.DOTALL)
_SPECIAL = re.compile(r"['\"\\$`]|\.\.")
_HOME = re.compile(r"~[\w.\-]*(?=/|$)")
_SPACE = re.compile(r"[ \t\n]+")
_SINGLE = re.compile(r"'([^']*)'")
_ANSI = re.compile(r"\$'((?:[^'\\]|\\.)*+)'", re.DOTALL)
_ANSI_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_ANSI_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\", "'": "'", '"': '"'}
_PATTERN = re.compile(r"[*?\[]")
_MOST_BRACES = 64


class _Piece(msgspec.Struct, frozen=True):
    """A part of a word: None is unknown. Quoted ones are neither split nor patterns; a break ends the word."""

    text: str | None
    quoted: bool = False
    splits: bool = False
    is_break: bool = False


_BREAK = _Piece("", is_break=True)


class Expander:
    """Expands words of a passage. `positional` are the script's own arguments, if they are known."""

    def __init__(
        self,
        passage: Passage,
        lookup: Lookup,
        assign: Callable[[str, Variable], None],
        *,
        positional: tuple[str, ...] | None,
        has_braces: bool,
    ) -> None:
        self._passage = passage
        self._text = passage.text
        self._lookup = lookup
        self._assign = assign
        self._positional = positional
        self._has_braces = has_braces

    def words(self, word: Text) -> Iterator[Value]:
        """The words that a word becomes: often one, none for an unquoted empty variable."""
        written = self._text[word.start : word.end]
        if _SIMPLE.fullmatch(written):
            span = self._passage.span(word.start, word.end)
            yield Value(text=written, prefix=written, written=written, span=span)
            return
        if self._has_braces and _has_braces(written):
            yield from (self._value(word, [piece]) for piece in _from_braces(written))
            return
        for pieces in _fields(self._pieces(word)):
            yield self._value(word, pieces)

    def value(self, word: Text) -> Value:
        """The word as the value of an assignment: neither split nor a pattern."""
        if self._text.startswith("(", word.start) and word.end > word.start:
            return self._value(word, [_Piece(None, quoted=True)])
        pieces = [msgspec.structs.replace(one, quoted=True, splits=False) for one in self._pieces(word)]
        return self._value(word, pieces)

    def document(self, word: Text) -> str | None:
        """A heredoc's content with its variables replaced; None where that is not known."""
        return _text(self._pieces(word, in_document=True))

    def _value(self, word: Text, pieces: list[_Piece]) -> Value:
        known = _prefix(pieces)
        return Value(
            text=_text(pieces),
            prefix=known,
            is_pattern=any(one.text and not one.quoted and _PATTERN.search(one.text) for one in pieces),
            is_many=any(one.text is None and one.splits for one in pieces),
            written=self._text[word.start : word.end],
            span=self._passage.span(word.start, word.end),
        )

    def _pieces(self, word: Text, *, quoted: bool = False, in_document: bool = False) -> list[_Piece]:
        """The parts of a word, which may stand between double quotes; in a document, quotes mean nothing."""
        pieces: list[_Piece] = []
        inner = {one.start: one for one in word.inner}
        at, quoted = word.start, quoted or in_document
        if self._text.startswith("~", at):
            at = self._home(word, pieces)
        while at < word.end:
            character = self._text[at]
            if at in inner:
                pieces += self._construct(inner[at], word, quoted=quoted)
                at = inner[at].end
            elif match := _PLAIN.match(self._text, at, word.end):
                pieces.append(_Piece(match[0], quoted=quoted))
                at = match.end()
            elif character == '"' and not in_document:
                quoted = not quoted
                pieces.append(_Piece("", quoted=True))
                at += 1
            elif character == "\\":
                pieces.append(_Piece(_escaped(self._text[at : at + 2], quoted=quoted, keeps=in_document), quoted=True))
                at += 2
            elif character == "'" and not quoted and (match := _SINGLE.match(self._text, at, word.end)):
                pieces.append(_Piece(match[1], quoted=True))
                at = match.end()
            elif character == "$" and not quoted and (match := _ANSI.match(self._text, at, word.end)):
                pieces.append(_Piece(_ansi(match[1]), quoted=True))
                at = match.end()
            else:
                pieces.append(_Piece(character, quoted=quoted))
                at += 1
        return pieces

    def _home(self, word: Text, pieces: list[_Piece]) -> int:
        """Read a `~` at the start of a word; another user's home is not known."""
        match = _HOME.match(self._text, word.start, word.end)
        end = match.end() if match else word.start
        if match:
            home = self._lookup("HOME") if match[0] == "~" else UNKNOWN
            pieces.append(_Piece(home if isinstance(home, str) else None, quoted=True))
        return end

    def _construct(self, inner: Inner, word: Text, *, quoted: bool) -> list[_Piece]:
        if inner.kind != "parameter":
            return [_Piece(None, quoted=quoted, splits=not quoted and inner.kind == "command")]
        written = self._text[inner.start : inner.end]
        if not written.startswith("${"):
            return self._parameter(written[1:], quoted=quoted)
        match = _PARAMETER.fullmatch(written)
        if match is None or match["before"] or match["index"]:
            return [_Piece(None, quoted=quoted, splits=not quoted)]
        if match["operator"] is None:
            return self._parameter(match["name"], quoted=quoted)
        return self._operated(match, inner, word, quoted=quoted)

    def _parameter(self, name: str, *, quoted: bool) -> list[_Piece]:
        if name not in {"@", "*"}:
            return [_piece(self._named(name), quoted=quoted)]
        if self._positional is None:
            return [_Piece(None, quoted=quoted, splits=True)]
        pieces: list[_Piece] = []
        for one in self._positional:
            pieces += [_BREAK, _Piece(one, quoted=quoted, splits=not quoted)]
        return pieces[1:]

    def _named(self, name: str) -> Variable:
        if name.isdigit() and name != "0":
            if self._positional is None:
                return UNKNOWN
            return self._positional[int(name) - 1] if int(name) <= len(self._positional) else None
        if not name[0].isalpha() and name[0] != "_":
            return UNKNOWN
        return self._lookup(name)

    def _operated(self, match: re.Match[str], inner: Inner, word: Text, *, quoted: bool) -> list[_Piece]:
        """`${name:-word}` and its like."""
        name, operator = match["name"], match["operator"]
        value = self._named(name) if name not in {"@", "*"} else UNKNOWN
        start = inner.start + match.start("operand")
        operand = Text(start, inner.end - 1, tuple(one for one in word.inner if start <= one.start < inner.end))
        if value is UNKNOWN:
            return [_piece(UNKNOWN, quoted=quoted)]
        missing = value is None or (operator.startswith(":") and not value)
        match operator[-1]:
            case "-" if missing:
                return self._operand(operand, quoted=quoted)
            case "=" if missing:
                text = _text(self._pieces(operand))
                self._assign(name, UNKNOWN if text is None else text)
                return self._operand(operand, quoted=quoted)
            case "+":
                return [] if missing else self._operand(operand, quoted=quoted)
            case "-" | "=" | "?":
                return [_piece(value, quoted=quoted)]
        return [_piece(self._edited(value or "", operator, operand), quoted=quoted)]

    def _operand(self, operand: Text, *, quoted: bool) -> list[_Piece]:
        pieces = self._pieces(operand, quoted=quoted)
        return [msgspec.structs.replace(one, splits=not quoted and not one.quoted) for one in pieces]

    def _edited(self, value: str, operator: str, operand: Text) -> Variable:
        """`${name#pattern}`, `${name%pattern}`, `${name/pattern/word}`."""
        pattern = _text(self._pieces(operand))
        if pattern is None or "[" in pattern or "\\" in self._text[operand.start : operand.end]:
            return UNKNOWN
        if operator[0] == "/":
            pattern, _, word = pattern.partition("/")
            if not pattern or pattern[0] in "#%":
                return UNKNOWN
            result = substituted(value, tokens(pattern), word, everywhere=operator == "//")
        else:
            result = trimmed(value, tokens(pattern), at_end=operator[0] == "%", greedy=len(operator) == 2)
        return UNKNOWN if result is None else result


def tokens(pattern: str) -> list[Token]:
    """A shell pattern without brackets or escapes."""
    return [{"*": None, "?": ""}.get(one, one) for one in pattern]


def _piece(value: Variable, *, quoted: bool) -> _Piece:
    return _Piece(None if value is UNKNOWN else value or "", quoted=quoted, splits=not quoted)


def _text(pieces: list[_Piece]) -> str | None:
    known = [one.text for one in pieces if one.text is not None]
    return "".join(known) if len(known) == len(pieces) else None


def _prefix(pieces: list[_Piece]) -> str:
    known = takewhile(lambda one: one.text is not None, pieces)
    return "".join(one.text or "" for one in known)


def _fields(pieces: list[_Piece]) -> Iterator[list[_Piece]]:
    """The words that pieces make: unquoted variables are split at blanks."""
    current: list[_Piece] = []
    for piece in pieces:
        if piece.is_break:
            if current:
                yield current
            current = []
        elif not piece.splits or piece.text is None:
            current.append(piece)
        else:
            *whole, last = _SPACE.split(piece.text)
            for text in whole:
                current += [_Piece(text)] if text else []
                if current:
                    yield current
                current = []
            current += [_Piece(last)] if last else []
    if current:
        yield current


def _has_braces(written: str) -> bool:
    """Whether bash would make several words of an unquoted `{a,b}` or `{1..3}` in it."""
    return "{" in written and _BRACES.search(_QUOTED.sub("", written)) is not None


def _from_braces(written: str) -> list[_Piece]:
    """What bash makes of `a{b,c}`; not known with variables, quotes or `{1..3}` in it."""
    if _SPECIAL.search(written):
        return [_Piece(None, splits=True)]
    parts = [part.split(",") if index % 2 else [part] for index, part in enumerate(_BRACES.split(written))]
    found = ["".join(one) for one in islice(product(*parts), _MOST_BRACES + 1)]
    return [_Piece(one) for one in found] if len(found) <= _MOST_BRACES else [_Piece(None, splits=True)]


def _escaped(pair: str, *, quoted: bool, keeps: bool) -> str:
    """What a backslash and the next character come to."""
    following = pair[1:]
    if following == "\n":
        return ""
    if quoted and following not in ("$", "`", "\\", *([] if keeps else ['"'])):
        return pair
    return following or pair


def _ansi(text: str) -> str | None:
    """The text of `$'…'`, with the usual escapes; others are not known."""
    found = _ANSI_ESCAPE.sub(lambda match: _ANSI_ESCAPES.get(match[1], "\0"), text)
    return None if "\0" in found else found

"""Quotes, escapes and variables of Dockerfile words, as BuildKit's shell lexer treats them.

Rules: https://docs.docker.com/reference/dockerfile/#environment-replacement, and BuildKit's
`frontend/dockerfile/shell`.
"""

import enum
import re
from collections.abc import Callable
from functools import cache

import msgspec

from lading.check.dockerfile.patterns import Token, substituted, trimmed


class Unknown(enum.Enum):
    """What stands for a variable whose value cannot be told before the build."""

    UNKNOWN = "unknown"


UNKNOWN = Unknown.UNKNOWN

Variable = str | Unknown | None
"""A variable's value; None where it is not set."""

Lookup = Callable[[str], Variable]


class Expansion(msgspec.Struct, frozen=True, kw_only=True):
    """What a word comes to.

    `text` is None where it depends on an unknown variable; `prefix` is what it certainly begins with. `unset` are the
    variables that were asked for and are not set. `error` says why BuildKit would refuse the word; `text` is None then.
    """

    text: str | None
    prefix: str
    unset: tuple[str, ...] = ()
    error: str = ""


DEEPEST = 50
"""Substitutions inside substitutions; nobody writes so many."""

_PLAIN = re.compile(r"[^$'\"\\`]*")
_NAME = re.compile(r"\d+|[@*#?\-$!]|\w*")


def expand(text: str, lookup: Lookup, escape: str = "\\", *, quotes: bool = True) -> Expansion:
    """A word with its variables replaced, and its quotes and escapes removed (quotes stay where `quotes` is false)."""
    if _PLAIN.fullmatch(text):
        return Expansion(text=text, prefix=text)
    lexer = _Lexer(text, lookup, escape, quotes=quotes)
    try:
        chunks = lexer.until("")
    except _Malformed as malformed:
        return Expansion(text=None, prefix="", unset=tuple(lexer.unset), error=str(malformed))
    return Expansion(text=_whole(chunks), prefix=_prefix(chunks), unset=tuple(lexer.unset))


def syntax_error(text: str, escape: str = "\\") -> str:
    """Why BuildKit's lexer would refuse a text whatever the variables are, else empty."""
    return expand(text, lambda _: UNKNOWN, escape).error


_Chunks = list[str | Unknown]


class _Malformed(Exception):
    """The word is none; BuildKit's words for it."""


class _Lexer:
    """Reads a word from `at` on."""

    def __init__(self, text: str, lookup: Lookup, escape: str, *, quotes: bool) -> None:
        self.unset: dict[str, None] = {}
        self._text = text
        self._at = 0
        self._lookup = lookup
        self._escape = escape
        self._quotes = quotes
        self._depth = 0

    def until(self, stop: str, *, raw: bool = False) -> _Chunks:
        """What comes before an unquoted `stop`, which is read over; `raw` keeps the escapes (for patterns)."""
        chunks: _Chunks = []
        plain = _run_of_plain(stop, self._escape, quotes=self._quotes)
        while self._at < len(self._text):
            if match := plain.match(self._text, self._at):
                chunks.append(match[0])
                self._at = match.end()
                continue
            character = self._take()
            if character == stop:
                return chunks
            chunks += self._special(character, raw=raw)
        if stop:
            raise _Malformed(f"syntax error: missing {stop!r}")
        return chunks

    def _special(self, character: str, *, raw: bool) -> _Chunks:
        match character:
            case "$":
                return self._dollar()
            case "'" if self._quotes:
                return [self._single()]
            case '"' if self._quotes:
                return self._double(raw=raw)
            case self._escape:
                return [(character if raw and self._at < len(self._text) else "") + self._take()]
        return [character]

    def _take(self) -> str:
        character = self._text[self._at : self._at + 1]
        self._at += 1
        return character

    def _peek(self) -> str:
        return self._text[self._at : self._at + 1]

    def _single(self) -> str:
        end = self._text.find("'", self._at)
        if end < 0:
            raise _Malformed("unexpected end of statement while looking for matching single-quote")
        quoted = self._text[self._at : end]
        self._at = end + 1
        return quoted

    def _double(self, *, raw: bool) -> _Chunks:
        chunks: _Chunks = []
        plain = _run_of_plain('"', self._escape, quotes=False)
        while self._at < len(self._text):
            if match := plain.match(self._text, self._at):
                chunks.append(match[0])
                self._at = match.end()
                continue
            character = self._take()
            if character == '"':
                return chunks
            chunks += self._dollar() if character == "$" else [self._escaped(raw=raw)]
        raise _Malformed("unexpected end of statement while looking for matching double-quote")

    def _escaped(self, *, raw: bool) -> str:
        """What an escape inside double quotes comes to: it escapes only quotes, dollars and itself."""
        following = self._peek()
        if following and following in f'"${self._escape}':
            self._at += 1
            return (self._escape if raw else "") + following
        return self._escape if following else ""

    def _dollar(self) -> _Chunks:
        if self._peek() != "{":
            name = self._name()
            return [self._value(name) or ""] if name else ["$"]
        self._at += 1
        self._depth += 1
        if self._depth > DEEPEST:
            raise _Malformed("substitutions are nested too deeply")
        chunks = self._braces()
        self._depth -= 1
        return chunks

    def _name(self) -> str:
        match = _NAME.match(self._text, self._at)
        name = match[0] if match else ""
        self._at += len(name)
        return name

    def _value(self, name: str) -> Variable:
        value = self._lookup(name)
        if value is None:
            self.unset[name] = None
        return value

    def _braces(self) -> _Chunks:
        if not self._peek():
            raise _Malformed("syntax error: missing '}'")
        if self._peek() in "{}:":
            raise _Malformed("syntax error: bad substitution")
        name = self._name()
        operator = self._take()
        if operator == "}":
            return [self._value(name) or ""]
        if operator == "/":
            return [self._replaced(name)]
        null_is_unset = operator == ":"
        if null_is_unset:
            operator = self._take()
        if not operator or operator not in ("-+?" if null_is_unset else "-+?#%"):
            raise _Malformed(f"unsupported modifier ({':' * null_is_unset}{operator}) in substitution")
        word = self.until("}", raw=operator in "#%")
        if operator in "#%":
            return [_trimmed(self._value(name), operator, _whole(word))]
        return self._chosen(name, operator, word, null_is_unset=null_is_unset)

    def _chosen(self, name: str, operator: str, word: _Chunks, *, null_is_unset: bool) -> _Chunks:
        """`${name-word}`, `${name+word}`, `${name?word}`; with `:`, an empty value is as none."""
        value = self._value(name)
        if value is UNKNOWN:
            return [UNKNOWN]
        missing = value is None or (null_is_unset and not value)
        match operator:
            case "-":
                return word if missing else [value or ""]
            case "+":
                return [] if missing else word
        if missing:
            fallback = f"is not allowed to be {'unset' if value is None else 'empty'}"
            raise _Malformed(f"{name}: {_whole(word) or fallback}")
        return [value or ""]

    def _replaced(self, name: str) -> str | Unknown:
        """`${name/pattern/word}`, and `${name//pattern/word}` for all of them."""
        everywhere = self._peek() == "/"
        self._at += everywhere
        pattern = _whole(self.until("/", raw=True))
        word = _whole(self.until("}", raw=True))
        value = self._value(name)
        if value is UNKNOWN or pattern is None or word is None:
            return UNKNOWN
        result = substituted(value or "", _tokens(pattern), word, everywhere=everywhere)
        return UNKNOWN if result is None else result


@cache
def _run_of_plain(stop: str, escape: str, *, quotes: bool) -> re.Pattern[str]:
    special = "$" + escape + stop + ("'\"" if quotes else "")
    return re.compile(f"[^{re.escape(special)}]+")


def _whole(chunks: _Chunks) -> str | None:
    known = [chunk for chunk in chunks if chunk is not UNKNOWN]
    return "".join(known) if len(known) == len(chunks) else None


def _prefix(chunks: _Chunks) -> str:
    known = []
    for chunk in chunks:
        if chunk is UNKNOWN:
            break
        known.append(chunk)
    return "".join(known)


def _tokens(pattern: str) -> list[Token]:
    """A pattern with `*` and `?`; brackets mean nothing."""
    tokens: list[Token] = []
    characters = iter(pattern)
    for character in characters:
        if character == "\\":
            following = next(characters, "")
            if not following or following not in "*?\\}/":
                raise _Malformed(f"invalid pattern ({pattern}) in substitution: invalid escape '\\{following}'")
            tokens.append(following)
        else:
            tokens.append({"*": None, "?": ""}.get(character, character))
    return tokens


def _trimmed(value: Variable, operator: str, pattern: str | None) -> str | Unknown:
    """`${name#pattern}` and `${name%pattern}`; doubled, the longest match goes."""
    if value is UNKNOWN or pattern is None:
        return UNKNOWN
    greedy = pattern.startswith(operator)
    tokens = _tokens(pattern[1:] if greedy else pattern)
    result = trimmed(value or "", tokens, at_end=operator == "%", greedy=greedy)
    return UNKNOWN if result is None else result

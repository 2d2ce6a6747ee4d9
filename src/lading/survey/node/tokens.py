"""JavaScript and TypeScript as tokens: enough to tell strings from comments, and code from both. Pure.

No parser: what a survey looks for (a route, a variable, a port) are short runs of tokens. Text between the tags of JSX
is read as code; a quote in it that nobody closes ends with its line.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

_TOKEN = re.compile(
    r"""
      (?P<blank>[ \t\r\f\v]+)
    | (?P<line>\n)
    | (?P<comment>//[^\n]*|/\*.*?(?:\*/|\Z)|\#![^\n]*)
    | (?P<name>[A-Za-z_$][\w$]*)
    | (?P<number>(?:0[xXoObB][0-9A-Fa-f_]+|[0-9][0-9_]*(?:\.[0-9_]+)?(?:[eE][+-]?[0-9]+)?)n?)
    | (?P<text>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')
    | (?P<template>`(?:[^`\\]|\\.)*`)
    | (?P<mark>\?\?=?|\|\|=?|&&=?|===?|!==?|=>|\?\.|\.\.\.|.)
    """,
    re.VERBOSE | re.DOTALL,
)
_REGULAR = re.compile(r"/(?![*/])(?:[^/\\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+/[a-z]*")
_BEFORE_REGULAR = frozenset("(,=:[!&|?{};+-*%~^<>") | {"=>", "&&", "||", "??", "===", "!==", "==", "!=", ""}
_WORDS_BEFORE_REGULAR = frozenset({"return", "typeof", "case", "in", "of", "delete", "void", "throw", "new"})
_ESCAPE = re.compile(r"\\(?:u\{([0-9a-fA-F]{1,6})\}|u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(\n|.))", re.DOTALL)
_LETTERS = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "0": "\0", "\n": ""}


class Token(NamedTuple):
    """A `name`, `number`, `text` (a string, its value), `template` (its source) or `mark`, and its line from 1."""

    kind: str
    value: str
    line: int


def tokens(source: str) -> Iterator[Token]:
    """The tokens of a module, comments and regular expressions left out."""
    line, position, before = 1, 0, Token("mark", "", 0)
    while position < len(source):
        found = _TOKEN.match(source, position)
        if source[position] == "/" and _may_be_regular(before):
            found = _REGULAR.match(source, position) or found
        if found is None:
            return
        kind, value = found.lastgroup or "regular", found[0]
        position = found.end()
        if kind in ("name", "number", "text", "template", "mark"):
            before = Token(kind, _unquoted(value) if kind == "text" else value, line)
            yield before
        elif kind == "regular":
            before = Token("text", "", line)
        line += value.count("\n")


def _may_be_regular(before: Token) -> bool:
    if before.kind == "mark":
        return before.value in _BEFORE_REGULAR
    return before.kind == "name" and before.value in _WORDS_BEFORE_REGULAR


def _unquoted(text: str) -> str:
    """The value of a string's source (ECMA-262, "String Literals")."""
    inner = text[1:-1]
    return _ESCAPE.sub(_character, inner) if "\\" in inner else inner


def _character(found: "re.Match[str]") -> str:
    number = found[1] or found[2] or found[3]
    if number:
        code = int(number, 16)
        return chr(code) if code < 0x110000 and not 0xD800 <= code < 0xE000 else ""
    return _LETTERS.get(found[4], found[4])

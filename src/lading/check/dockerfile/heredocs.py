"""Heredocs of RUN, COPY and ADD: which words of a line announce them, and what follows.

Rules: https://docs.docker.com/reference/dockerfile/#here-documents. BuildKit finds the words by its own lexer, not the
shell's: `cat<<EOF` announces nothing, since the whole word must be `<<EOF`.
"""

import re
from collections.abc import Sequence

import msgspec

from lading.check.dockerfile.lines import SPACE, Reader
from lading.check.dockerfile.model import Heredoc
from lading.check.dockerfile.positions import Passage, Piece, joined
from lading.check.dockerfile.statement import Statement
from lading.check.dockerfile.words import expand, syntax_error
from lading.finding import Span

_WORD = re.compile(rf"""(?>'[^']*'|"(?:[^"\\]|\\.)*+"|\\.|<<[ \t\r]*+|[^{SPACE}'"\\])+""", re.DOTALL)
_MARK = re.compile(r"\d*<<(-?)\s*([^<]*)")


class Mark(msgspec.Struct, frozen=True):
    """`<<EOF` in a line: the heredoc's word without quotes, and what it asks for."""

    name: str
    strips_tabs: bool
    expands: bool


def mark(word: str) -> Mark | None:
    """What a whole word of a line announces, if anything."""
    match = _MARK.fullmatch(word)
    if match is None or not _WORD.fullmatch(match[2]) or syntax_error(match[2]):
        return None
    name = expand(match[2], _as_written).text or ""
    return Mark(name, bool(match[1]), _quotes(name) == _quotes(match[2]))


def take_heredocs(statement: Statement, reader: Reader) -> None:
    """Read the heredocs that a RUN, COPY or ADD announces from the lines behind it."""
    text = statement.passage.text
    if syntax_error(text):
        return
    for match in _WORD.finditer(text):
        found = mark(match[0])
        if found is None:
            continue
        lines = reader.heredoc(found.name, strips_tabs=found.strips_tabs)
        if lines is None:
            reader.skip_rest()
            statement.refuse(f"unterminated heredoc {found.name}", statement.passage.span(*match.span()))
            return
        _add(statement, found, statement.passage.span(*match.span()), lines)


def script(statement: Statement) -> Passage:
    """What a shell gets of a RUN with heredocs: the content where one is all there is, else line and heredocs."""
    first, *_ = statement.documents
    if found := mark(statement.arguments):
        *lines, (_, last, column) = first
        # Of an empty one nothing has a place but its end.
        return joined((_without_tabs(lines) if found.strips_tabs else lines) or [("", last, column)])
    pieces = list(statement.passage.pieces(statement.start, statement.end))
    for document in statement.documents:
        text, line, column = pieces[-1]
        pieces += [("\n", line, column + len(text)), *document]
    return joined(pieces)


def _add(statement: Statement, found: Mark, where: Span, lines: tuple[Piece, ...]) -> None:
    *content, (_, last, column) = lines
    used = _without_tabs(content) if found.strips_tabs else content
    begin = (content[0][1], 1) if content else (last, 1)
    heredoc = Heredoc(
        name=found.name,
        content="".join(text for text, _, _ in used),
        expands=found.expands,
        mark=where,
        span=Span(*begin, last, 1),
    )
    statement.heredocs += (heredoc,)
    statement.documents += (lines,)
    statement.span = Span(statement.span.line, statement.span.column, last, column + len(found.name))


def _without_tabs(pieces: Sequence[Piece]) -> list[Piece]:
    widths = [len(text) - len(text.lstrip("\t")) for text, _, _ in pieces]
    return [(text[width:], line, column + width) for (text, line, column), width in zip(pieces, widths, strict=True)]


def _quotes(text: str) -> int:
    return text.count("'") + text.count('"')


def _as_written(name: str) -> str:
    return f"${name}"

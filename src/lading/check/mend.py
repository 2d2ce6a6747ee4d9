"""Fixes put into texts: every edit where it belongs, and all else as it was."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from lading.finding import Edit, Finding, Span


class Mended(NamedTuple):
    """The texts that changed, by path, and the findings whose fixes are in them.

    A fix that touches what an earlier one has changed waits for the next round.
    """

    texts: dict[str, str]
    findings: list[Finding]


def mend(findings: Iterable[Finding], sources: Mapping[str, str]) -> Mended:
    """Apply the fixes of findings, the first ones first.

    Two findings that ask for the same edits are both mended by it. A fix is applied whole or not at all; one that names
    a text that is not there, or a place that is not in it, is not applied.
    """
    taken: dict[str, list[tuple[int, int, str]]] = {}
    mended: list[Finding] = []
    for finding in findings:
        if finding.fix is None:
            continue
        pieces = _pieces(finding.fix.edits, sources)
        if pieces is None:
            continue
        new = [(path, piece) for path, piece in pieces if piece not in taken.get(path, ())]
        if any(_meet(piece, other) for path, piece in new for other in taken.get(path, ())):
            continue
        for path, piece in new:
            taken.setdefault(path, []).append(piece)
        mended.append(finding)
    texts = {path: _applied(sources[path], pieces) for path, pieces in taken.items()}
    return Mended({path: text for path, text in texts.items() if text != sources[path]}, mended)


def _pieces(edits: Iterable[Edit], sources: Mapping[str, str]) -> list[tuple[str, tuple[int, int, str]]] | None:
    pieces = []
    for edit in edits:
        source = sources.get(edit.path)
        where = None if source is None else offsets(source, edit.span)
        if where is None:
            return None
        pieces.append((edit.path, (*where, edit.text)))
    return pieces


def offsets(text: str, span: Span) -> tuple[int, int] | None:
    """Where a span begins and ends in a text, in characters from 0; nothing when it is not in it."""
    start, end = _offset(text, span.line, span.column), _offset(text, span.end_line, span.end_column)
    return None if start is None or end is None or end < start else (start, end)


def _offset(text: str, line: int, column: int) -> int | None:
    start = 0
    for _ in range(line - 1):
        start = text.find("\n", start) + 1
        if start == 0:
            return None
    end = text.find("\n", start)
    offset = start + column - 1
    return offset if start <= offset <= (len(text) if end < 0 else end) else None


def _meet(piece: tuple[int, int, str], other: tuple[int, int, str]) -> bool:
    """Whether both change the same characters, or meet at a place (in which order would be anybody's guess)."""
    if piece[0] == piece[1] or other[0] == other[1]:
        return piece[0] <= other[1] and other[0] <= piece[1]
    return piece[0] < other[1] and other[0] < piece[1]


def _applied(text: str, pieces: Iterable[tuple[int, int, str]]) -> str:
    for start, end, new in sorted(pieces, reverse=True):
        text = text[:start] + new + text[end:]
    return text

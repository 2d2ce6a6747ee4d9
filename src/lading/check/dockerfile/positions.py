"""Where the characters of a text stand that was put together from pieces of a file: joined lines, heredocs."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator

import msgspec

from lading.finding import Span


class Positions(msgspec.Struct, frozen=True):
    """Places in a file of the characters of a text.

    From offset `starts[i]` on, the text stands at `lines[i]`, `columns[i]` (both from 1) until the next piece starts.
    `starts` is sorted, begins with 0, and is as long as the other two.
    """

    starts: tuple[int, ...]
    lines: tuple[int, ...]
    columns: tuple[int, ...]

    def at(self, offset: int) -> tuple[int, int]:
        """Line and column of the character at an offset of the text."""
        index = bisect_right(self.starts, offset) - 1
        return self.lines[index], self.columns[index] + offset - self.starts[index]

    def span(self, start: int, end: int) -> Span:
        """The span of `text[start:end]`; an empty one stands before the character at `start`."""
        index = bisect_right(self.starts, start) - 1
        line, column = self.lines[index], self.columns[index] + start - self.starts[index]
        if end <= start:
            return Span(line, column, line, column)
        if index + 1 == len(self.starts) or end <= self.starts[index + 1]:
            return Span(line, column, line, column + end - start)
        end_line, end_column = self.at(end - 1)
        return Span(line, column, end_line, end_column + 1)

    def since(self, start: int) -> "Positions":
        """Those of `text[start:]`."""
        if not start:
            return self
        first = bisect_right(self.starts, start) - 1
        line, column = self.at(start)
        return Positions(
            (0, *(one - start for one in self.starts[first + 1 :])),
            (line, *self.lines[first + 1 :]),
            (column, *self.columns[first + 1 :]),
        )


Piece = tuple[str, int, int]
"""A text without line breaks but at its end, and the line and column of its first character."""


class Passage(msgspec.Struct, frozen=True):
    """A text put together from pieces of a file, with the places of its characters."""

    text: str
    positions: Positions

    def span(self, start: int, end: int) -> Span:
        """The span of `text[start:end]` in the file."""
        return self.positions.span(start, end)

    def pieces(self, start: int, end: int) -> Iterator[Piece]:
        """What `text[start:end]` is put together from."""
        positions = self.positions
        for index in range(bisect_right(positions.starts, start) - 1, bisect_left(positions.starts, end)):
            begin = positions.starts[index]
            stop = positions.starts[index + 1] if index + 1 < len(positions.starts) else end
            first = max(begin, start)
            yield self.text[first : min(stop, end)], positions.lines[index], positions.columns[index] + first - begin


def joined(pieces: Iterable[Piece]) -> Passage:
    """One text of pieces."""
    texts, starts, lines, columns = [], [], [], []
    offset = 0
    for text, line, column in pieces:
        texts.append(text)
        starts.append(offset)
        lines.append(line)
        columns.append(column)
        offset += len(text)
    return Passage("".join(texts), Positions(tuple(starts), tuple(lines), tuple(columns)))

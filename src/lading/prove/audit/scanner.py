"""Secrets by content, found in a stream of any length in a window of half a megabyte.

What is looked for first is fast to find; where it is, the pattern around it decides (`tokens`).
"""

from lading.prove.audit.tokens import ANCHORS, LONGEST, LOOK_BACK, token_at

WINDOW = 1 << 19
"""Bytes that are looked through at a time."""
MOST_OF_A_FILE = 100
"""Secrets told of one file: what has more is a list of something."""


class Scanner:
    """Looks through one stream after the other: `feed` its pieces, then `finish`."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._size = 0
        self._from = 0
        self._found: list[str] = []

    def feed(self, piece: bytes) -> None:
        """The next bytes of the stream."""
        self._pieces.append(piece)
        self._size += len(piece)
        if self._size >= WINDOW:
            self._look(final=False)

    def finish(self) -> tuple[str, ...]:
        """The names of what was found, each as often as it was; the next piece begins another stream."""
        if self._pieces:
            self._look(final=True)
        found = tuple(self._found)
        self._pieces, self._size, self._from, self._found = [], 0, 0, []
        return found

    def _look(self, *, final: bool) -> None:
        data = self._pieces[0] if len(self._pieces) == 1 else b"".join(self._pieces)
        until = len(data) if final else len(data) - LONGEST
        for anchor in ANCHORS:
            for match in anchor.pattern.finditer(data, self._from):
                if match.start() >= until:
                    break
                if data.endswith(anchor.beginnings, 0, match.end()):
                    self._take(data, match.end(), anchor.beginnings)
        rest = data[max(0, until - LOOK_BACK) :]
        self._from = min(LOOK_BACK, until)
        self._pieces, self._size = [rest], len(rest)

    def _take(self, data: bytes, end: int, beginnings: tuple[bytes, ...]) -> None:
        for beginning in beginnings:
            if data.endswith(beginning, 0, end):
                found = token_at(data, end - len(beginning), beginning)
                if found and len(self._found) < MOST_OF_A_FILE:
                    self._found.append(found)


def secrets_in(text: str) -> tuple[str, ...]:
    """The names of the secrets in a text."""
    scanner = Scanner()
    scanner.feed(text.encode(errors="replace"))
    return scanner.finish()

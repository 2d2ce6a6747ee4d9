"""What buildx says of a build (`--progress=rawjson`), read line by line.

Every message is a JSON object of BuildKit's `SolveStatus`
(https://github.com/moby/buildkit/blob/v0.13.0/client/graph.go). buildx 0.13 writes it over several lines, later
versions on one; what stands between them are buildx's own words, an error among them.
"""

from collections import deque
from datetime import datetime

import msgspec

MOST_WORDS = 60
"""Lines of buildx's own words that are kept: its error comes last."""


class Vertex(msgspec.Struct, frozen=True, kw_only=True):
    """A step of BuildKit's graph. It is told anew whenever something of it changes."""

    digest: str
    name: str = ""
    started: datetime | None = None
    completed: datetime | None = None
    cached: bool = False
    error: str = ""


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """How far a part of a step is, in bytes where there is a total."""

    id: str
    vertex: str
    current: int = 0
    total: int = 0


class Log(msgspec.Struct, frozen=True, kw_only=True):
    """What a step wrote. `data` is base64 in JSON."""

    vertex: str
    data: bytes = b""


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """One message."""

    vertexes: tuple[Vertex, ...] = ()
    statuses: tuple[Status, ...] = ()
    logs: tuple[Log, ...] = ()


class Reader:
    """Puts lines together. `words` are the latest lines that belong to no message."""

    def __init__(self) -> None:
        self.words: deque[str] = deque(maxlen=MOST_WORDS)
        self._open: list[str] = []

    def read(self, line: str) -> Message | None:
        """The message that ends with this line, if one does."""
        if not self._open and not line.startswith("{"):
            self.words.append(line)
            return None
        self._open.append(line)
        if not line.startswith("}") and (line == "{" or len(self._open) > 1):
            return None
        whole, self._open = self._open, []
        try:
            return msgspec.json.decode("\n".join(whole), type=Message)
        except (msgspec.DecodeError, UnicodeEncodeError):
            self.words.extend(whole)
            return None

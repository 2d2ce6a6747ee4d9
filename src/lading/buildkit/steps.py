"""BuildKit's graph in our words: steps with a platform and a title, told as the events that every view shows."""

import re
from collections import deque
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Literal, NamedTuple

from lading.assemble.result import Listener, StepBegan, StepEnded, StepMoved, StepReport
from lading.buildkit.messages import Log, Message, Status, Vertex
from lading.buildkit.secrets import Secrets
from lading.proc import LAST_LINES

WIDTH = 60
"""Characters of a title. Whole commands can be longer than any screen."""
LONGEST_LINE = 2_000

_NAME = re.compile(
    r"\[(?:(?P<platform>[a-z0-9]+/[^\s\]>]+?)(?:->[^\s\]]+)? )?(?P<stage>[^\]]*)\] (?P<what>.*)", re.DOTALL
)
_NUMBERED = re.compile(r"(?:.* )?\d+/\d+")
_FLAG = re.compile(
    r"(?<= )--(?:mount|network|security|link|chown|chmod|from|parents|exclude)\b(?:=(?:\"[^\"]*\"|\S)*)?\s+"
)
_CANCELED = re.compile(r"\bcontext canceled\b|\bcode = Canceled\b")
_NEVER = datetime.max.replace(tzinfo=UTC)


class Name(NamedTuple):
    """What a vertex's name says. `stage` is `build 2/5` for a step of the Dockerfile, else `internal` or nothing."""

    platform: str
    stage: str
    what: str

    @property
    def is_instruction(self) -> bool:
        """Whether the Dockerfile asks for it."""
        return _NUMBERED.fullmatch(self.stage) is not None

    @property
    def is_shown(self) -> bool:
        """Whether it is worth a line: instructions, and what costs time around them."""
        return self.is_instruction or self.what.startswith(("exporting", "importing", "pushing"))

    @property
    def title(self) -> str:
        """It on one short line, without the flags of an instruction."""
        text = _FLAG.sub("", " ".join(self.what.split())) if self.is_instruction else " ".join(self.what.split())
        whole = f"{self.stage} {text}" if self.is_instruction else text
        return whole if len(whole) <= WIDTH else f"{whole[: WIDTH - 1]}…"


def parse_name(text: str) -> Name:
    """The parts of a vertex's name.

    https://github.com/moby/buildkit/blob/v0.13.0/frontend/dockerfile/dockerfile2llb/convert.go (`prefixCommand`)

    >>> parse_name("[linux/arm64 build 2/5] RUN make")
    Name(platform='linux/arm64', stage='build 2/5', what='RUN make')
    """
    match = _NAME.match(text)
    if match is None:
        return Name("", "", text)
    return Name(match["platform"] or "", match["stage"], match["what"])


class Steps:
    """Hears the messages of one build, tells its listener, and remembers what a report or an error needs."""

    def __init__(self, listener: Listener, secrets: Secrets, platforms: Iterable[str]) -> None:
        self._listener = listener
        self._secrets = secrets
        only = tuple(platforms)
        self._platform = only[0] if len(only) == 1 else ""
        self._known: dict[str, Vertex] = {}
        self._ended: set[str] = set()
        self._moved: dict[str, dict[str, Status]] = {}
        self._logs: dict[str, deque[bytes]] = {}
        self._seconds: dict[str, float] = {}

    def hear(self, message: Message) -> None:
        """Take one message in."""
        for vertex in message.vertexes:
            self._vertex(vertex)
        for status in message.statuses:
            self._status(status)
        for log in message.logs:
            self._log(log)

    def reports(self) -> tuple[StepReport, ...]:
        """The Dockerfile's steps, in the order in which they ran."""
        return tuple(self._reports())

    def failed(self) -> Vertex | None:
        """The step that failed, not one that was given up because another had."""
        broken = [vertex for vertex in self._known.values() if vertex.error and not _CANCELED.search(vertex.error)]
        own = [vertex for vertex in broken if not parse_name(vertex.name).what.startswith("importing cache")]
        return own[-1] if own else None

    def last_words(self, vertex: Vertex) -> list[str]:
        """The last lines that a step wrote, without secrets."""
        lines = b"".join(self._logs.get(vertex.digest, ())).decode(errors="replace").splitlines()
        return [self._secrets.hide(line[:LONGEST_LINE]) for line in lines if line.strip()][-LAST_LINES:]

    def _reports(self) -> Iterator[StepReport]:
        for vertex in sorted(self._known.values(), key=lambda vertex: vertex.started or _NEVER):
            name = parse_name(vertex.name)
            if name.is_instruction and not name.what.startswith("FROM "):
                yield StepReport(
                    step=name.title,
                    platform=name.platform or self._platform,
                    reused=vertex.cached,
                    seconds=self._seconds.get(vertex.digest, 0.0),
                    made=0,
                    kept=0,
                    reasons=None,
                )

    def _vertex(self, vertex: Vertex) -> None:
        before = self._known.get(vertex.digest)
        if before and before.error and not vertex.error:
            return
        self._known[vertex.digest] = vertex
        name = parse_name(vertex.name)
        if not name.is_shown or vertex.digest in self._ended:
            return
        step, platform = name.title, name.platform or self._platform
        if vertex.started and not (before and before.started):
            self._listener(StepBegan(step=step, platform=platform))
        if vertex.started and vertex.completed:
            self._ended.add(vertex.digest)
            seconds = max(0.0, (vertex.completed - vertex.started).total_seconds())
            self._seconds[vertex.digest] = seconds
            self._listener(StepEnded(step=step, platform=platform, reused=vertex.cached, seconds=seconds))

    def _status(self, status: Status) -> None:
        vertex = self._known.get(status.vertex)
        name = parse_name(vertex.name) if vertex else None
        if name is None or not name.is_shown or status.total <= 0 or status.vertex in self._ended:
            return
        parts = self._moved.setdefault(status.vertex, {})
        parts[status.id] = status
        done, total = (sum(getattr(part, key) for part in parts.values()) for key in ("current", "total"))
        self._listener(
            StepMoved(
                step=name.title,
                platform=name.platform or self._platform,
                doing=_doing(name),
                done=done,
                total=total if done < total else 0,  # more parts may follow: it is complete when the step is
                unit="bytes",
            )
        )

    def _log(self, log: Log) -> None:
        kept = self._logs.setdefault(log.vertex, deque(maxlen=50 * LAST_LINES))
        kept.append(log.data)


def _doing(name: Name) -> Literal["fetch", "push", "write"]:
    if name.is_instruction or name.what.startswith("importing"):
        return "fetch"
    return "push" if "registry" in name.what or name.what.startswith("pushing") else "write"

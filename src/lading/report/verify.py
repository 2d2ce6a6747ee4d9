"""What was seen of an image while it ran, as text and as JSON."""

from collections.abc import Iterator, Sequence

import msgspec

from lading.prove.requirement import Requirement
from lading.prove.verify import Trial, Verification
from lading.report.requirements import counted, table
from lading.report.table import Column, render
from lading.report.text import duration, paint, printable, size

_NETWORKS = {
    "own": "its own network",
    "isolated": "a network with nothing else in it",
    "host": "this machine's network",
}
_KINDS = {"own": "", "anyone": "any user", "writable": "writable root", "process": ""}


def render_text(found: Verification, rows: Sequence[Requirement], *, colour: bool = False, width: int = 80) -> str:
    """The trials with their times, then what they show. No line end at the end."""
    name = paint(printable(found.name), "bold", colour)
    head = [f"{name}  {found.platform}  {found.runtime}, {_NETWORKS[found.network]}", str(found.manifest)]
    parts = [head, _trials(found, colour, width), table(rows, colour=colour, width=width), [counted(rows)]]
    return "\n\n".join("\n".join(lines) for lines in parts)


def render_json(found: Verification, rows: Sequence[Requirement]) -> str:
    """The requirements, and the evidence with the fields of `Verification`: seconds, bytes, numbers of users."""
    evidence = msgspec.to_builtins(found)
    told = {"image": found.name, "requirements": list(rows), "evidence": evidence}
    return msgspec.json.format(msgspec.json.encode(told), indent=2).decode()


def _trials(found: Verification, colour: bool, width: int) -> list[str]:
    columns = (
        Column("process", cut=True),
        Column("as"),
        Column("", cut=True),
        Column("start", right=True),
        Column("healthy", right=True),
        Column("memory", right=True),
        Column("stop", right=True),
        Column("code", right=True),
    )
    return render(columns, [tuple(_row(trial)) for trial in found.trials], width=width, colour=colour)


def _row(trial: Trial) -> Iterator[str]:
    yield trial.process
    yield trial.user or "root"
    yield _KINDS[trial.kind]
    yield "" if trial.start is None else duration(trial.start)
    yield "" if trial.healthy is None else duration(trial.healthy)
    yield "" if trial.memory is None else size(trial.memory.peak)
    yield "" if trial.stop is None else duration(trial.stop.seconds)
    code = trial.ended if trial.stop is None else trial.stop.code
    yield "" if code is None else str(code)

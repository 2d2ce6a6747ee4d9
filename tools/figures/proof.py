"""What `lading prove` says of a system, as its decision record has it: requirement, status, implementation."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from tools.figures.systems import System

_MARKS = {"met": "✅", "not met": "❌", "not looked at": "❔"}


class Row(NamedTuple):
    """One requirement and what became of it."""

    title: str
    status: str
    said: str


Proofs = Mapping[str, tuple[Row, ...]]
"""The requirements of each service that was proven."""
Attempt = Callable[..., str]
"""Runs `lading` with words in the example's folder, whatever comes of it; what it prints."""


def prove(system: System, attempt: Attempt) -> dict[str, tuple[Row, ...]]:
    """Prove each service that the system starts, with the variables that it wants."""
    return {service: _rows(service, variables, attempt) for service, variables in system.starts.items()}


def proof_section(system: System, proofs: Proofs) -> list[str]:
    """The lines of a system: how many requirements are met; the whole table where the record has one."""
    lines = [f"`lading prove {service}`: {_counted(rows)}." for service, rows in proofs.items()]
    lines = [line for one in lines for line in (one, "")][:-1]
    if system.table:
        lines += ["", *_table(system.table, proofs[next(iter(proofs))])]
    return lines


def _rows(service: str, variables: Mapping[str, str], attempt: Attempt) -> tuple[Row, ...]:
    words = [word for name, value in variables.items() for word in ("--env", f"{name}={value}")]
    (proof,) = json.loads(attempt("prove", service, "--format", "json", *words))["proofs"]
    return tuple(
        Row(row["title"], row["status"], "; ".join(part for part in (row["implementation"], row["evidence"]) if part))
        for row in proof["requirements"]
    )


def _counted(rows: Sequence[Row]) -> str:
    counts = ((status, [row for row in rows if row.status == status]) for status in _MARKS)
    return ", ".join(_told(status, found) for status, found in counts if found)


def _told(status: str, rows: Sequence[Row]) -> str:
    """How many; what is not met by name."""
    names = f" ({', '.join(row.title for row in rows)})" if status != "met" else ""
    return f"{len(rows)} {status}{names}"


def _table(said: Mapping[str, str], rows: Sequence[Row]) -> Iterator[str]:
    """What the record has of a requirement stands beside what was proven."""
    yield "| Requirement | the record | Status | Implementation |"
    yield "|---|---|---|---|"
    for row in rows:
        cells = (row.title, said.get(row.title) or "–", f"{_MARKS[row.status]} {row.status}", row.said)
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"

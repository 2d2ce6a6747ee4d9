"""Dockerfiles: text to instructions, by BuildKit's rules and with every piece's place.

Rules: https://docs.docker.com/reference/dockerfile/, and BuildKit's `frontend/dockerfile/parser`.
"""

from lading.check.dockerfile.heredocs import take_heredocs
from lading.check.dockerfile.instructions import instruction, refuse_words, takes_heredocs
from lading.check.dockerfile.lines import Logical, Reader
from lading.check.dockerfile.model import AnyInstruction, Arg, Dockerfile, From, Problem, Stage
from lading.check.dockerfile.statement import Statement, statement
from lading.finding import Span


def parse(text: str, path: str) -> Dockerfile:
    """A Dockerfile from any text; never raises. What BuildKit would refuse is in `problems`, in their order.

    BuildKit stops at the first problem. Here the rest is read as well as it can be, so that all are told at once.
    """
    reader = Reader(text)
    gathered = _Gathered()
    for line in reader.logical():
        one = _statement(line, reader)
        found = instruction(one)
        if found is not None:
            refuse_words(found, one)
            gathered.add(found, one)
        reader.problems += one.problems
    problems = reader.problems or gathered.lacking()
    return Dockerfile(
        path=path,
        text=text,
        escape=reader.escape,
        directives=tuple(reader.directives),
        arguments=tuple(gathered.arguments),
        stages=gathered.stages(),
        comments=tuple(reader.comments),
        problems=tuple(sorted(problems, key=lambda one: one.span)),
    )


def _statement(line: Logical, reader: Reader) -> Statement:
    """The statement of a line, with its heredocs taken from the lines behind it."""
    end = line.passage.positions.columns[-1] + len(line.passage.text) - line.passage.positions.starts[-1]
    first = line.passage.positions.columns[0]
    one = statement(line.passage, 0, reader.escape, Span(line.first, first, line.last, end))
    one.comments = line.comments
    if takes_heredocs(one.inside() if one.name == "ONBUILD" else one):
        take_heredocs(one, reader)
    return one


class _Gathered:
    """What has been read so far."""

    def __init__(self) -> None:
        self.arguments: list[Arg] = []
        self._stages: list[tuple[From, list[AnyInstruction]]] = []

    def add(self, found: AnyInstruction, one: Statement) -> None:
        """Put an instruction where it belongs: a new stage, the last one, or above them all."""
        if isinstance(found, From):
            self._stages.append((found, []))
        elif self._stages:
            self._stages[-1][1].append(found)
        elif isinstance(found, Arg):
            self.arguments.append(found)
        else:
            one.refuse("no build stage in current context", found.keyword.span)

    def stages(self) -> tuple[Stage, ...]:
        """The stages in their order."""
        return tuple(
            Stage(
                index=index,
                name=start.name.text.lower() if start.name else "",
                start=start,
                instructions=tuple(instructions),
            )
            for index, (start, instructions) in enumerate(self._stages)
        )

    def lacking(self) -> list[Problem]:
        """That there is nothing to build, if so."""
        return [] if self._stages else [Problem("dockerfile contains no stages to build", Span(1, 1, 1, 1))]

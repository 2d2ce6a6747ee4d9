"""What rules look at, and how they tell what they have found."""

from collections.abc import Callable, Iterator

import msgspec

from lading.check.compose import Service
from lading.check.model.step import Model, StageModel, Step
from lading.check.rules.starting import Started, started
from lading.finding import Because, Finding, Fix, Place, Rule, Severity, Span


class Decided(msgspec.Struct, frozen=True, kw_only=True):
    """What the team has decided about the images of a Dockerfile, as far as one can be held to it. `bases` are names of
    images, a `*` at the end for whatever follows; empty lets in any. `user` is empty where none is decided."""

    bases: tuple[str, ...] = ()
    user: str = ""
    allow_root: bool = False
    health: bool | None = None
    labels: tuple[str, ...] = ()


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """A Dockerfile as it is built, the services of compose files that run its image, and what the team has decided."""

    model: Model
    services: tuple[Service, ...] = ()
    decided: Decided | None = None
    starts: tuple[Started, ...] = ()
    """All commands that a container runs."""

    @property
    def path(self) -> str:
        """The Dockerfile, as the reader names it."""
        return self.model.dockerfile.path

    @property
    def ships(self) -> StageModel:
        """The stage that ships."""
        return self.model.ships

    def used(self) -> Iterator[StageModel]:
        """The stages that are built."""
        return (stage for stage in self.model.stages if stage.stage.index in self.model.used)

    def steps(self) -> Iterator[Step]:
        """The steps of the stages that are built, as they stand in the file: none that a base brings along."""
        return (step for stage in self.used() for step in stage.steps if not step.from_base)

    def shipped_steps(self) -> Iterator[tuple[StageModel, Step]]:
        """The steps whose layers ship: of the stage that ships, and of those that it builds on."""
        for stage in self.shipped_stages():
            for step in stage.steps:
                if not step.from_base:
                    yield stage, step

    def shipped_stages(self) -> tuple[StageModel, ...]:
        """The stage that ships with those that it builds on, the first one first."""
        found = [self.ships]
        while (base := found[0].base) is not None:
            found.insert(0, self.model.stages[base])
        return tuple(found)

    def before(self, step: Step) -> tuple[Step, ...]:
        """The steps of the same stage that stand in front of one, those of its base not among them."""
        for stage in self.model.stages:
            for at, one in enumerate(stage.steps):
                if one is step:
                    return tuple(earlier for earlier in stage.steps[:at] if not earlier.from_base)
        return ()

    def stage_of(self, step: Step) -> StageModel:
        """The stage that a step is of."""
        return self.model.stages[step.origin.stage]

    def place(self, span: Span) -> Place:
        """A place in the Dockerfile."""
        return Place(path=self.path, span=span)


FindRule = Callable[[Subject], Iterator[Finding]]


def tell(
    rule: Rule,
    place: Place,
    message: str,
    *because: Because,
    help: str = "",  # noqa: A002  # the finding's own word
    fix: Fix | None = None,
    severity: Severity | None = None,
) -> Finding:
    """A finding of a rule."""
    return Finding(
        rule=rule.id, severity=severity or rule.severity, message=message, place=place, because=because, help=help,
        fix=fix,
    )  # fmt: skip


def subject_of(model: Model, services: tuple[Service, ...] = (), decided: Decided | None = None) -> Subject:
    """A Dockerfile for the rules."""
    starts = tuple(started(model.ships.end, services))
    return Subject(model=model, services=services, decided=decided, starts=starts)

"""All that an image depends on, in words, and which images differ between two states of a repository."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import msgspec

from lading.assemble.actions import Inputs, explain
from lading.assemble.result import Reason
from lading.assemble.work import Work
from lading.assemble.workshop import Workshop
from lading.lock.model import Pins
from lading.plan.model import Plan
from lading.tree import SubTree, Tree

_REVISION = "org.opencontainers.image.revision"


class Subject(NamedTuple):
    """A service, its folder and its image's name."""

    service: str
    folder: str
    image: str


class Affected(msgspec.Struct, frozen=True, kw_only=True):
    """One service whose image is not what it was: `reasons` are the inputs that differ. Without one it is `new`, or
    could not be built then, which `refused` tells."""

    service: str
    folder: str
    image: str
    new: bool = False
    refused: str = ""
    reasons: tuple[Reason, ...] = ()


class Changes(msgspec.Struct, frozen=True, kw_only=True):
    """What has changed since a commit (its hash): the services that are affected, and the names of the others. `gone`
    are those that could be built then and are no service now, or cannot be built."""

    since: str
    affected: tuple[Affected, ...]
    unaffected: tuple[str, ...]
    gone: tuple[str, ...] = ()


class Then(msgspec.Struct, frozen=True, kw_only=True):
    """The inputs of every service at a commit, by name, and why others could not be built."""

    inputs: dict[str, dict[str, str]]
    refused: dict[str, str]


def compare(subjects: Sequence[Subject], then: Then, now: Mapping[str, Inputs], *, since: str) -> Changes:
    """Which of these services' images differ from `then`, by what they depend on `now` (by the service's name)."""
    found = [one for subject in subjects for one in _affected(subject, then, now[subject.service])]
    named = {one.service for one in found}
    rest = tuple(subject.service for subject in subjects if subject.service not in named)
    return Changes(since=since, affected=tuple(found), unaffected=rest)


def _affected(subject: Subject, then: Then, now: Inputs) -> Iterator[Affected]:
    one = Affected(service=subject.service, folder=subject.folder, image=subject.image)
    before = then.inputs.get(subject.service)
    if before is None:
        refused = then.refused.get(subject.service, "")
        yield msgspec.structs.replace(one, new=not refused, refused=refused)
    elif reasons := explain(before, now):
        yield msgspec.structs.replace(one, reasons=reasons)


def inputs_of(workshop: Workshop, plan: Plan, pins: Pins) -> dict[str, str]:
    """All that the image of a plan depends on: the inputs of its steps, and what of the plan is in no step.

    Nothing is built; tools are asked only for what no earlier build has asked them. Raises `UsageError` when the lock
    lacks what the plan stands on.
    """
    named = _of_plan(plan)
    for platform in plan.platforms:
        prefix = "" if len(plan.platforms) == 1 else f"{platform}: "
        for step in Work(workshop, plan, pins, platform).steps:
            named |= {f"{prefix}{name}": value for name, value in step.inputs().items()}
    return named


def _of_plan(plan: Plan) -> dict[str, str]:
    """The image's configuration, but for the revision, which moves with every commit, and how it is started."""
    labels = tuple((name, value) for name, value in plan.config.labels if name != _REVISION)
    told = msgspec.structs.asdict(msgspec.structs.replace(plan.config, labels=labels))
    told |= {"platforms": plan.platforms, "compression": plan.compression}
    told |= {f"process {one.name}": one.command for one in plan.processes if one.command != plan.config.command}
    return {f"plan: {name}": msgspec.json.encode(value).decode() for name, value in told.items()}


def inputs_of_folder(tree: Tree, folder: str) -> dict[str, str]:
    """All that an image depends on whose team keeps its own Dockerfile: every file of its folder."""
    below = SubTree(tree, folder)
    return {file.path: below.digest(file.path) if file.link is None else f"→ {file.link}" for file in below.files()}

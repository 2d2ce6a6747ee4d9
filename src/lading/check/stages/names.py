"""What the names of images mean: an earlier stage, a context that the build was given, or a public base."""

from collections.abc import Mapping, Sequence

from lading.check.context import Context
from lading.check.model.step import StageModel


def stage_of(name: str, stages: Sequence[StageModel], *, by_number: bool) -> StageModel | None:
    """The stage above that a name or a number means. FROM takes names only; of two stages with a name the later counts
    (https://docs.docker.com/build/building/multi-stage/)."""
    if by_number and name.isascii() and name.isdigit():
        return stages[int(name)] if int(name) < len(stages) else None
    return next((one for one in reversed(stages) if one.stage.name and one.stage.name == name.lower()), None)


def context_of(name: str, contexts: Mapping[str, Context]) -> Context | None:
    """The named context that stands for a stage or an image, whose name may leave its library and tag away."""
    short = name.lower().removeprefix("docker.io/library/").removeprefix("docker.io/")
    return contexts.get(name) or contexts.get(short) or contexts.get(short.removesuffix(":latest"))

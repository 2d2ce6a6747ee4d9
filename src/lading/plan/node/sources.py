"""Which files a build sees, and which source ships: patterns relative to the folder with the lock. Pure."""

from collections.abc import Iterator

from lading.plan.excludes import escaped
from lading.strategy.model import ServiceStrategy
from lading.survey.model import NodeService
from lading.survey.node.conclude import BESIDE
from lading.survey.node.leftout import DEVELOPMENT, OUTPUT, UNREAD
from lading.survey.patterns import SECRETS


def build_excludes(facts: NodeService, strategy: ServiceStrategy) -> tuple[str, ...]:
    """The patterns of what a build does not see. The last that matches counts."""
    made = tuple(escaped(f"{_prefix(facts)}{one}") for one in _made(facts))
    return (*_only(facts), *facts.ignored, *UNREAD, *OUTPUT, *made, *_rest(facts, strategy))


def source_excludes(facts: NodeService, strategy: ServiceStrategy) -> tuple[str, ...]:
    """The patterns of what of the source does not ship, where the source is what runs."""
    return (*_only(facts), *facts.ignored, *DEVELOPMENT, *OUTPUT, *_rest(facts, strategy))


def _rest(facts: NodeService, strategy: ServiceStrategy) -> Iterator[str]:
    yield from strategy.exclude
    yield from (escaped(f"{_prefix(facts)}{one}") for one in facts.nested)
    yield from SECRETS
    yield from (f"!{pattern}" for pattern in strategy.include)


def _only(facts: NodeService) -> Iterator[str]:
    """In a workspace: the member and the local packages that it is made of, and the files at the root."""
    if facts.packages.member != ".":
        yield "*/**"
        for folder in (facts.packages.member, *facts.packages.local):
            yield f"!{escaped(folder)}"


def _made(facts: NodeService) -> Iterator[str]:
    """What a build makes: what an earlier one left in the source is not looked at."""
    for output in facts.outputs:
        top = output.source.split("/")[0]
        beside = output.source in BESIDE or "." in top.removeprefix(".")
        if facts.script and not output.optional and output.source != "." and not beside:
            yield output.source


def _prefix(facts: NodeService) -> str:
    return "" if facts.packages.member == "." else f"{facts.packages.member}/"

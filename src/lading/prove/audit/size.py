"""Bytes: the budget, and what later layers hide of earlier ones."""

from collections.abc import Iterator

from lading.finding import Because, Finding, Place, Rule
from lading.prove.audit.found import found, weight
from lading.prove.audit.inside import Inside

BUDGET = Rule(
    id="over-budget",
    severity="error",
    title="the image is larger than its budget",
    why="The team has set a limit of bytes on disk, so that growth is a decision and no accident.",
)
WASTE = Rule(
    id="wasted-bytes",
    severity="warning",
    title="a layer hides files of another",
    why="What a later layer removes or writes anew is still in the earlier one, and part of every pull.",
)
RULES = (BUDGET, WASTE)
SMALL = 1_000_000
"""Bytes of waste that are worth knowing, and no more: every package manager rewrites some lists."""


def look(inside: Inside) -> Iterator[Finding]:
    """The budget, then waste by the layer that makes it."""
    budget, size = inside.expected.budget, inside.size.unpacked
    if budget is not None and size > budget:
        largest = inside.size.packages[0]
        message = (
            f"{weight(size)} on disk, {weight(budget)} allowed; the largest part is {largest.name} "
            f"({weight(largest.size)})"
        )
        yield found(BUDGET, message, Place(path="image"), help="lading size IMAGE")
    for hiding in sorted({hider for hider, _ in inside.waste}):
        yield from _waste(inside, hiding)


def wasted(inside: Inside) -> int:
    """Bytes that later layers hide. Each is counted once, where it lies (dive counts those of a rewritten file twice:
    its issue 684)."""
    return sum(waste.size for waste in inside.waste.values())


def _waste(inside: Inside, hiding: int) -> Iterator[Finding]:
    """What one layer hides. It is the doing of whoever made that layer, whosesoever the bytes are."""
    parts = {layer: waste for (hider, layer), waste in inside.waste.items() if hider == hiding}
    size = sum(waste.size for waste in parts.values())
    if not size:
        return
    files = sum(waste.files for waste in parts.values())
    largest = max(parts.values(), key=lambda waste: waste.largest_size)
    whose = inside.whose(hiding)
    message = (
        f"{weight(size)} in {files} {'file' if files == 1 else 'files'} of other layers are hidden by the layer "
        f"“{inside.titles[hiding]}”{f' ({whose})' if whose else ''}; the largest is /{largest.largest} "
        f"({weight(largest.largest_size)})"
    )
    yield found(
        WASTE,
        message,
        Place(path=f"/{largest.largest}", layer=inside.titles[hiding]),
        because=[
            Because(
                place=Place(path=f"/{waste.largest}", layer=inside.titles[layer]),
                text=f"holds {weight(waste.size)} of them",
            )
            for layer, waste in sorted(parts.items())
        ],
        severity="info" if size < SMALL or hiding < inside.origin.layers else None,
        help="remove files in the RUN that makes them, and copy with the owner and mode that they are to have",
    )

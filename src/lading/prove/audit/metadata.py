"""What an image says of itself: labels, and whether it could be built again to the same bytes."""

from collections.abc import Iterator
from datetime import UTC, datetime

from lading.finding import Finding, Place, Rule
from lading.prove.audit.found import found
from lading.prove.audit.inside import Inside
from lading.prove.audit.origin import HISTORY

LABELS = Rule(
    id="label-missing",
    severity="info",
    title="the image does not say what it is",
    why="Source, revision, version and base tell whoever finds the image in production where it comes from, and "
    "scanners and updaters what it stands on.",
)
TIME = Rule(
    id="time-of-build",
    severity="info",
    title="the image holds the time of its build",
    why="The same source built again gives other bytes: nobody can check by building, and every build is sent and "
    "pulled anew. `SOURCE_DATE_EPOCH` (https://reproducible-builds.org/specs/source-date-epoch/) sets one time.",
)
RULES = (LABELS, TIME)

WANTED = ("source", "revision", "version", "base.name", "base.digest")
_PREFIX = "org.opencontainers.image."
"""https://github.com/opencontainers/image-spec/blob/v1.1.1/annotations.md"""


def look(inside: Inside) -> Iterator[Finding]:
    """Labels and times."""
    lacking = missing_labels(inside)
    if lacking:
        message = f"labels are missing: {', '.join(_PREFIX + name for name in lacking)}"
        ours = "set source and labels in lading.toml, and LADING_REVISION in CI"
        help_ = ours if inside.origin.known_by == HISTORY else f"LABEL {_PREFIX}{lacking[0]}=…"
        yield found(LABELS, message, Place(path="configuration › Labels"), help=help_)
    yield from _times(inside)


def missing_labels(inside: Inside) -> tuple[str, ...]:
    """Which of `WANTED` an image does not have, or only empty. A base that Lading has assembled is no image, and has
    neither name nor digest."""
    labels = inside.run.labels or {}
    lacking = [name for name in WANTED if not labels.get(_PREFIX + name)]
    return tuple(name for name in lacking if not (name.startswith("base.") and inside.origin.known_by == HISTORY))


def created_at(inside: Inside) -> int | None:
    """When the image says that it was made, in seconds since 1970; nothing where it does not say."""
    try:
        return int(datetime.fromisoformat(inside.config.created).timestamp())
    except (ValueError, OverflowError):
        return None


def _times(inside: Inside) -> Iterator[Finding]:
    """An image without a time of its own is one whose files are no younger than the image says it is, and that says the
    time which was asked for, or that of 1970."""
    created, wanted = created_at(inside), inside.expected.epoch or 0
    if created is not None and created != wanted:
        message = f"it was made at {inside.config.created}"
        yield found(
            TIME,
            message,
            Place(path="configuration › created"),
            help="set SOURCE_DATE_EPOCH and build with rewritten times",
        )
        return
    own = range(inside.origin.layers, len(inside.latest))
    young = [layer for layer in own if inside.latest[layer] > wanted]
    if young:
        when = datetime.fromtimestamp(min(inside.latest[young[0]], 2**33), UTC).isoformat()
        message = f"files of the layer “{inside.titles[young[0]]}” have times up to {when}, later than the image itself"
        yield found(
            TIME,
            message,
            Place(path="layer", layer=inside.titles[young[0]]),
            help="build with rewritten times (rewrite-timestamp=true)",
        )

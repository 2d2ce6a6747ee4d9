"""A decision record of what was measured, in the form of MADR 4 (https://adr.github.io/madr/).

Only what was measured stands in it: an option that nobody built has no figures, and is left to the reader to add.
"""

from collections.abc import Iterator, Sequence

from lading.prove.compliance import Compliance, Evidence
from lading.prove.requirement import Requirement
from lading.prove.verify import Trial
from lading.report.compliance import reduction_markdown, requirements_markdown, sizes_markdown
from lading.report.findings.markdown import plain
from lading.report.requirements import counted, said
from lading.report.text import duration, size

_DRIVERS = ("budget", "non-root", "no-shell", "health-check", "healthy-in-time", "read-only-root", "any-user", "pinned")
"""Requirements that decide about a base and a way to build; what the strategy says of them drives the decision."""


def render_adr(proofs: Sequence[tuple[Compliance, Evidence]], *, today: str) -> str:
    """One record for all images that were proven. `today` is a date as `2026-02-14`. No line end at the end."""
    accepted = not any(found.unmet for found, _ in proofs)
    names = ", ".join(found.name for found, _ in proofs)
    parts = [
        f'---\nstatus: "{"accepted" if accepted else "proposed"}"\ndate: {today}\n---',
        f"# Production images of {plain(names)}",
        "## Context and Problem Statement",
        "How are these services put into images for production, and how does anybody know that the images are what was "
        "decided? The figures below were measured by `lading prove`, on the images that are named by their digests.",
        *(part for found, evidence in proofs for part in _image(found, evidence, alone=len(proofs) == 1)),
    ]
    return "\n\n".join(parts)


def _image(found: Compliance, evidence: Evidence, *, alone: bool) -> Iterator[str]:
    mark = "##" if alone else "###"
    if not alone:
        yield f"## {plain(found.name)}"
    yield f"`{found.manifest}`, {found.platform}"
    yield f"{mark} Decision Drivers"
    yield "\n".join(f"* {_driver(row)}" for row in found.requirements if row.id in _DRIVERS)
    yield f"{mark} Considered Options"
    yield "\n".join(f"* {option}" for option in _options(found))
    yield f"{mark} Decision Outcome"
    yield f"Chosen option: {plain(_chosen(found))}, because {_because(found)}."
    yield sizes_markdown(found)
    if found.comparison:
        yield f"Beside {plain(found.against)}:"
        yield reduction_markdown(found.comparison)
    yield f"{mark}# Consequences"
    yield "\n".join(f"* {line}" for line in _consequences(found))
    yield f"{mark}# Confirmation"
    yield f"`lading prove {plain(found.name)}`: {counted(found.requirements)}. {_run(evidence)}"
    yield requirements_markdown(found)


def _driver(row: Requirement) -> str:
    return f"{plain(row.title)}: {plain(row.implementation or row.evidence)}"


def _options(found: Compliance) -> Iterator[str]:
    yield f"{plain(_chosen(found))}: {size(sum(part.unpacked for part in found.parts))} on disk"
    if found.comparison:
        yield f"{plain(found.against)}: {size(found.comparison.unpacked.other)} on disk"


def _chosen(found: Compliance) -> str:
    """The base and the way to build, as the requirements name them."""
    rows = {row.id: row.implementation for row in found.requirements}
    stages = rows.get("multi-stage", "")
    base = rows.get("base") or "its base"
    return f"{base}, built in stages ({stages})" if stages else base


def _because(found: Compliance) -> str:
    if found.unmet:
        return f"it comes nearest, though {len(found.unmet)} of what was asked for is not met"
    comparison = found.comparison
    if comparison and comparison.unpacked.saved > 0:
        return (
            f"it meets what was asked for and takes {round(100 * comparison.unpacked.reduction)}% less than the other"
        )
    return "it meets what was asked for"


def _consequences(found: Compliance) -> Iterator[str]:
    """Good is what is met beside the drivers, bad what is not, and open what nobody has looked at."""
    for row in found.requirements:
        if row.status == "met" and row.id not in _DRIVERS:
            yield f"Good, because {plain(row.evidence or row.implementation)} ({plain(row.title)})"
    for row in found.unmet:
        yield f"Bad, because {plain(said(row))} ({plain(row.title)})"
    for row in found.requirements:
        if row.status == "not looked at":
            yield f"Neutral, because nobody has looked: {plain(row.evidence)} ({plain(row.title)})"
    for one in found.waived:
        yield f"Neutral, because it is waived: {plain(one.reason)} ({plain(one.requirement.title)})"


def _run(evidence: Evidence) -> str:
    verification = evidence.verification
    own = verification.trial("own") if verification else None
    if verification is None or own is None:
        return f"It was not run: {plain(evidence.unseen)}."
    figures = ", ".join(_figures(own))
    return f"Run with {verification.runtime}: {figures or 'without figures'}."


def _figures(trial: Trial) -> Iterator[str]:
    if trial.healthy is not None:
        yield f"healthy {duration(trial.healthy)} after its process began"
    if trial.memory:
        yield f"{size(trial.memory.peak)} of memory at most"
    if trial.stop:
        yield f"stopped {duration(trial.stop.seconds)} after {trial.stop.signal} with exit code {trial.stop.code}"

"""Measurements as tables in Markdown, in a fixed layout. Pure."""

from collections.abc import Iterator, Sequence

from tools.figures.measure import Image, Measured
from tools.figures.systems import System

MANY = 5
"""With more images than this, the largest stands for all."""

Row = tuple[str, str, str]


def section(system: System, found: Measured) -> list[str]:
    """The lines of one system: a heading, and a table of what its record says and what was measured."""
    rows = [
        *_sizes(system, found.images),
        *_single(system, found),
        *_contents(found.images),
        *_decisions(system, found.images),
    ]
    rows += list(_times(system, found))
    lines = ["| | the record | measured |", "|---|---|---|"]
    lines += [f"| {what} | {said or '–'} | {measured} |" for what, said, measured in rows]
    return [f"## [{system.folder}]({system.folder}/README.md)", "", f"*{system.record}*", "", *lines]


def _sizes(system: System, images: Sequence[Image]) -> Iterator[Row]:
    shown = images if len(images) <= MANY else [max(images, key=lambda image: image.unpacked)]
    for image in shown:
        of = "" if len(images) == 1 else f" of {image.service}"
        largest = f", the largest of {len(images)}" if len(images) > MANY else ""
        said = system.sizes.get(image.service) or system.sizes.get("", "")
        yield f"image{of} on disk{largest}", said, _megabytes(image.unpacked)
        if image.programs:
            yield f"image{of} beside its own programs", "", _megabytes(image.unpacked - image.programs)
        yield f"image{of} compressed", "", _megabytes(image.size)
    if len(images) > 1:
        yield f"all {len(images)} images on disk", "", _megabytes(sum(image.unpacked for image in images))


def _single(system: System, found: Measured) -> Iterator[Row]:
    for service, stage in system.single.items():
        saved = found.single.get(service)
        size = _megabytes(saved.unpacked) if saved else "not measured: no builder was there"
        yield f"single-stage image of {service} on disk, on a stand-in base", stage.size, size
        yield f"saved of it by {service}", stage.reduction, f"{round(100 * saved.reduction)}%" if saved else ""


def _contents(images: Sequence[Image]) -> Iterator[Row]:
    packages, files = ([getattr(image, name) for image in images] for name in ("packages", "files"))
    yield "packages in it", "", _range(packages)
    yield "files in it", "", _range(files)


def _decisions(system: System, images: Sequence[Image]) -> Iterator[Row]:
    yield "base", system.base, ", ".join(sorted({image.base for image in images}))
    yield "user", system.user, ", ".join(sorted({image.user for image in images}))


def _times(system: System, found: Measured) -> Iterator[Row]:
    of = "" if len(found.images) == 1 else f" of all {len(found.images)}"
    yield f"first build{of}", system.first, _seconds(found.first)
    yield f"build{of} after a changed line", system.changed, _seconds(found.changed)
    yield f"build{of} with nothing changed", "", _seconds(found.nothing)
    started = [f"{_seconds(seconds)}" + (f" ({name})" if len(found.healthy) > 1 else "")
               for name, seconds in found.healthy.items()]  # fmt: skip
    yield "healthy after", "", ", ".join(started) or "not started: no container runtime was there"


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.1f} MB"


def _seconds(seconds: float) -> str:
    return f"{seconds:.2f} s" if seconds < 1 else f"{seconds:.1f} s"


def _range(numbers: Sequence[int]) -> str:
    low, high = min(numbers), max(numbers)
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"

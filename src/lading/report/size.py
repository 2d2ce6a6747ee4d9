"""Where an image's bytes are, as text and as JSON."""

from collections.abc import Sequence

import msgspec

from lading.prove.size import ImageSize, Kind, PackageSize
from lading.report.table import RULE, Column, render
from lading.report.text import count, paint, printable, size

KINDS: dict[Kind, str] = {
    "debian": "Debian",
    "python": "Python",
    "node": "Node",
    "application": "",
    "other": "",
    "hidden": "",
}
"""What a kind of package is called; what is no package is not called anything."""
_ALWAYS = ("application", "hidden")


def render_text(name: str, image: ImageSize, *, top: int = 15, colour: bool = False, width: int = 80) -> str:
    """The layers, then the `top` largest packages and what all others have together. No line end at the end."""
    parts = [
        [f"{paint(printable(name), 'bold', colour)}  {image.platform}", str(image.manifest)],
        _layers(image, colour, width),
        _packages(image, top, colour, width),
    ]
    return "\n\n".join("\n".join(lines) for lines in parts)


def render_json(name: str, image: ImageSize) -> str:
    """All layers and packages; sizes in bytes."""
    return msgspec.json.format(msgspec.json.encode({"image": name, **msgspec.to_builtins(image)}), indent=2).decode()


def _layers(image: ImageSize, colour: bool, width: int) -> list[str]:
    columns = (
        Column("layer", cut=True),
        Column("compressed", right=True),
        Column("unpacked", right=True),
        Column("files", right=True),
    )
    rows: list[Sequence[str]] = [
        (layer.title, size(layer.size), size(layer.unpacked), f"{layer.files:,}") for layer in image.layers
    ]
    files = sum(layer.files for layer in image.layers)
    rows += [RULE, ("total", size(image.size), size(image.unpacked), f"{files:,}")]
    return render(columns, rows, width=width, colour=colour)


def _packages(image: ImageSize, top: int, colour: bool, width: int) -> list[str]:
    columns = (
        Column("package", cut=True),
        Column("version", cut=True),
        Column("kind"),
        Column("unpacked", right=True),
        Column("", right=True),
        Column("files", right=True),
    )
    # What is no package is told whatever its size: it is what people look for.
    told = {id(package) for at, package in enumerate(image.packages) if at < top or package.kind in _ALWAYS}
    shown = [package for package in image.packages if id(package) in told]
    rest = [package for package in image.packages if id(package) not in told]
    rows: list[Sequence[str]] = [_row(package, image.unpacked) for package in shown]
    if rest:
        together = PackageSize(
            kind="other",
            name=count(len(rest), "smaller one"),
            version="",
            size=sum(package.size for package in rest),
            files=sum(package.files for package in rest),
        )
        rows += [RULE, _row(together, image.unpacked)]
    return render(columns, rows, width=width, colour=colour)


def _row(package: PackageSize, whole: int) -> Sequence[str]:
    share = f"{100 * package.size / whole:.0f}%" if whole else ""
    kind = KINDS[package.kind]
    return package.name, package.version, kind, size(package.size), share, f"{package.files:,}"

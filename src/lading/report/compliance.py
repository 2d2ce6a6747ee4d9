"""A proof as text, Markdown and JSON: the table of requirements, and what the image takes."""

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from lading.prove.comparison import Comparison, Pair
from lading.prove.compliance import Compliance, Evidence
from lading.prove.requirement import Status
from lading.report.findings.markdown import plain
from lading.report.requirements import counted, said, table
from lading.report.table import RULE, Column, render
from lading.report.text import paint, printable, size

MARKS: Mapping[Status, str] = {"met": "✅", "not met": "❌", "not looked at": "❔"}


def render_text(found: Compliance, *, colour: bool = False, width: int = 80) -> str:
    """The requirements, what is waived, and the sizes. No line end at the end."""
    head = [f"{paint(printable(found.name), 'bold', colour)}  {found.platform}", str(found.manifest)]
    parts = [head, table(found.requirements, colour=colour, width=width), _waived(found), _sizes(found, colour, width)]
    if found.comparison:
        parts.append(_reduction(found.against, found.comparison, colour, width))
    parts.append([counted(found.requirements)])
    return "\n\n".join("\n".join(lines) for lines in parts if lines)


def render_markdown(found: Compliance, *, level: int = 2) -> str:
    """The same as Markdown, for a pull request or a decision record. `level` is that of its first heading."""
    mark = "#" * level
    verdict = f"`{found.manifest}`, {found.platform}: {counted(found.requirements)}."
    parts = [f"{mark} Compliance: {plain(found.name)}", verdict]
    parts.append(requirements_markdown(found))
    if found.waived:
        rows = (f"- **{plain(one.requirement.title)}** is not asked for: {plain(one.reason)}" for one in found.waived)
        parts.append("\n".join(rows))
    parts += [f"{mark}# Size", sizes_markdown(found)]
    if found.comparison:
        parts += [f"{mark}# Against {plain(found.against)}", reduction_markdown(found.comparison)]
    return "\n\n".join(parts)


def requirements_markdown(found: Compliance) -> str:
    """Requirement, status and implementation, as teams write it in their records."""
    rows = (
        f"| {plain(row.title)} | {MARKS[row.status]} {row.status} | {plain(said(row))} |" for row in found.requirements
    )
    return "\n".join(["| Requirement | Status | Implementation |", "| --- | --- | --- |", *rows])


def sizes_markdown(found: Compliance) -> str:
    """What each part takes."""
    rows = (f"| {plain(name)} | {unpacked} | {compressed} |" for name, unpacked, compressed in size_rows(found))
    return "\n".join(["| Part | On disk | Compressed |", "| --- | ---: | ---: |", *rows])


def reduction_markdown(comparison: Comparison) -> str:
    """What the image takes beside the other one."""
    rows = (f"| {name} | {other} | {own} | {less} |" for name, other, own, less in reduction_rows(comparison))
    return "\n".join(["| | The other | This | Reduction |", "| --- | ---: | ---: | ---: |", *rows])


def render_json(proofs: Sequence[tuple[Compliance, Evidence]]) -> str:
    """The proofs with all their evidence; `docs/compliance.md` has the fields. Sizes are in bytes, times in seconds."""
    document = {"proofs": [_document(found, evidence) for found, evidence in proofs]}
    return msgspec.json.format(msgspec.json.encode(document), indent=2).decode()


def _document(found: Compliance, evidence: Evidence) -> dict[str, object]:
    return {
        "image": found.name,
        "manifest": found.manifest,
        "platform": found.platform,
        "met": not found.unmet,
        "requirements": found.requirements,
        "waived": found.waived,
        "size": {"unpacked": _total(found)[0], "compressed": _total(found)[1], "parts": found.parts},
        "comparison": _comparison(found),
        "audit": {"findings": evidence.audit.findings, "accepted": evidence.audit.accepted},
        "verification": evidence.verification,
    }


def size_rows(found: Compliance) -> Iterator[tuple[str, str, str]]:
    """Each part and the whole: name, on disk, compressed."""
    for part in found.parts:
        yield part.name, size(part.unpacked), size(part.size)
    unpacked, compressed = _total(found)
    yield "total", size(unpacked), size(compressed)


def reduction_rows(comparison: Comparison) -> Iterator[tuple[str, str, str, str]]:
    """Each measure: name, of the other image, of this one, and how much less that is."""
    for name, pair in (("on disk", comparison.unpacked), ("compressed", comparison.size)):
        yield name, size(pair.other), size(pair.image), _percent(pair)
    for name, pair in (("files", comparison.files), ("packages", comparison.packages)):
        yield name, f"{pair.other:,}", f"{pair.image:,}", _percent(pair)


def _waived(found: Compliance) -> list[str]:
    return [f"waived: {printable(one.requirement.title)}: {printable(one.reason)}" for one in found.waived]


def _sizes(found: Compliance, colour: bool, width: int) -> list[str]:
    columns = (Column("size", cut=True), Column("on disk", right=True), Column("compressed", right=True))
    *parts, total = size_rows(found)
    rows: list[Sequence[str]] = [*parts, RULE, total]
    return render(columns, rows, width=width, colour=colour)


def _reduction(against: str, comparison: Comparison, colour: bool, width: int) -> list[str]:
    columns = (
        Column(f"against {against}", cut=True),
        Column("the other", right=True),
        Column("this", right=True),
        Column("reduction", right=True),
    )
    return render(columns, list(reduction_rows(comparison)), width=width, colour=colour)


def _comparison(found: Compliance) -> dict[str, object] | None:
    if found.comparison is None:
        return None
    pairs = {name: getattr(found.comparison, name) for name in ("unpacked", "size", "files", "packages", "layers")}
    measures = {
        name: {"image": pair.image, "other": pair.other, "reduction": round(pair.reduction, 4)}
        for name, pair in pairs.items()
    }
    return {"other": found.against, **measures}


def _total(found: Compliance) -> tuple[int, int]:
    return sum(part.unpacked for part in found.parts), sum(part.size for part in found.parts)


def _percent(pair: Pair) -> str:
    return f"{round(100 * pair.reduction)}%" if pair.other else ""

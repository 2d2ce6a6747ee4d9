"""Findings as a Markdown table, for pull requests and job summaries."""

from lading.finding import Finding, rule_name
from lading.report.findings.model import Findings, sentence
from lading.report.text import count, printable

_SPECIAL = str.maketrans({char: f"\\{char}" for char in "\\`*_{}[]<>#|~"})


def render_markdown(found: Findings) -> str:
    """A table with a row for each finding, below a line that counts them."""
    failing = len(found.failing)
    head = (
        f"**{count(len(found.findings), 'finding')}** in {count(len(found.looked_at), found.noun)}, {failing} failing"
    )
    if not found.findings:
        return head
    rows = "\n".join(_row(one) for one in found.findings)
    return f"{head}\n\n| | Where | What | Rule |\n| --- | --- | --- | --- |\n{rows}"


def _row(finding: Finding) -> str:
    cells = finding.severity, finding.place.written, sentence(finding), rule_name(finding)
    return f"| {' | '.join(plain(cell) for cell in cells)} |"


def plain(text: str) -> str:
    """Text that Markdown shows as it is, in a cell of a table: nothing in it is markup, and lines become breaks."""
    return printable(text).translate(_SPECIAL).replace("\n", "<br>")

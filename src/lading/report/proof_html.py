"""A proof as one page of HTML that needs nothing else: no script, no font, no picture from elsewhere."""

from collections.abc import Iterable, Iterator, Sequence
from html import escape

from lading.prove.compliance import Compliance, Evidence
from lading.prove.requirement import Requirement
from lading.prove.verify import Trial, Verification
from lading.report.compliance import reduction_rows, size_rows
from lading.report.requirements import counted
from lading.report.text import duration, printable, size

_STYLE = """
:root { color-scheme: light dark; --line: #d0d7de; --soft: #59636e; --good: #1a7f37; --bad: #cf222e; --open: #9a6700; }
@media (prefers-color-scheme: dark) {
  :root { --line: #3d444d; --soft: #9198a1; --good: #3fb950; --bad: #f85149; --open: #d29922; }
}
body { font: 15px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; margin-bottom: 0; } h2 { font-size: 1.15rem; margin-top: 2.2rem; }
table { border-collapse: collapse; width: 100%; } .narrow { width: auto; }
th, td { text-align: left; vertical-align: top; padding: .4rem .9rem .4rem 0; border-bottom: 1px solid var(--line); }
th { color: var(--soft); font-weight: 600; } .number { text-align: right; white-space: nowrap; }
.status { white-space: nowrap; font-weight: 600; } .met { color: var(--good); } .not-met { color: var(--bad); }
.not-looked-at { color: var(--open); } .soft, code { color: var(--soft); } code { overflow-wrap: anywhere; }
.total td { font-weight: 600; } .wide { overflow-x: auto; }
""".strip()
_MARKS = {"met": "✓ met", "not met": "✗ not met", "not looked at": "– not looked at"}


def render_html(proofs: Sequence[tuple[Compliance, Evidence]]) -> str:
    """One page for all images that were proven."""
    body = "\n".join(line for compliance, evidence in proofs for line in _proof(compliance, evidence))
    title = ", ".join(compliance.name for compliance, _ in proofs)
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{_text(title)}: proof</title>\n<style>\n{_STYLE}\n</style>\n</head>\n<body>\n{body}\n</body>\n</html>"
    )


def _proof(found: Compliance, evidence: Evidence) -> Iterator[str]:
    verdict = "not-met" if found.unmet else "met"
    yield f"<h1>{_text(found.name)}</h1>"
    yield f"<p><code>{_text(str(found.manifest))}</code> · {_text(found.platform)}</p>"
    yield f'<p class="status {verdict}">{_text(counted(found.requirements))}</p>'
    yield "<h2>Requirements</h2>"
    yield from _table(("Requirement", "Status", "Implementation", "Evidence"), map(_requirement, found.requirements))
    if found.waived:
        yield "<h2>Waived</h2>"
        waived = ((_cell(one.requirement.title), _cell(one.reason)) for one in found.waived)
        yield from _table(("Requirement", "Reason"), waived)
    yield "<h2>Size</h2>"
    yield from _table(("Part", "On disk", "Compressed"), map(_figures, size_rows(found)), kind="narrow")
    if found.comparison:
        yield f"<h2>Against {_text(found.against)}</h2>"
        rows = map(_figures, reduction_rows(found.comparison))
        yield from _table(("", "The other", "This", "Reduction"), rows, kind="narrow")
    if evidence.verification:
        yield from _trials(evidence.verification)
    if evidence.audit.findings:
        yield "<h2>Findings of the audit</h2>"
        cells = ((_cell(one.severity), _cell(one.message), _cell(one.rule)) for one in evidence.audit.findings)
        yield from _table(("Severity", "Finding", "Rule"), cells)


def _requirement(row: Requirement) -> tuple[str, ...]:
    status = f'<td class="status {row.status.replace(" ", "-")}">{_MARKS[row.status]}</td>'
    return _cell(row.title), status, _cell(row.implementation), _cell(row.evidence)


def _trials(found: Verification) -> Iterator[str]:
    yield f"<h2>Run with {_text(found.runtime)}</h2>"
    titles = ("Process", "User", "Root", "Start", "Healthy", "Memory", "Stop", "Exit code")
    yield from _table(titles, map(_trial, found.trials))


def _trial(trial: Trial) -> tuple[str, ...]:
    stop = trial.stop
    code = trial.ended if stop is None else stop.code
    figures = (
        _seconds(trial.start),
        _seconds(trial.healthy),
        size(trial.memory.peak) if trial.memory else "",
        duration(stop.seconds) if stop else "",
        "" if code is None else str(code),
    )
    root = "writable" if trial.kind == "writable" else "read-only"
    return _cell(trial.process), _cell(trial.user or "root"), _cell(root), *map(_number, figures)


def _table(titles: Sequence[str], rows: Iterable[Sequence[str]], *, kind: str = "") -> Iterator[str]:
    yield f'<div class="wide"><table class="{kind}">'
    yield "<tr>" + "".join(f"<th>{_text(title)}</th>" for title in titles) + "</tr>"
    for row in rows:
        total = ' class="total"' if row[0] == _cell("total") else ""
        yield f"<tr{total}>{''.join(row)}</tr>"
    yield "</table></div>"


def _figures(row: Sequence[str]) -> tuple[str, ...]:
    return _cell(row[0]), *map(_number, row[1:])


def _seconds(value: float | None) -> str:
    return "" if value is None else duration(value)


def _cell(text: str) -> str:
    return f"<td>{_text(text)}</td>"


def _number(text: str) -> str:
    return f'<td class="number">{_text(text)}</td>'


def _text(text: str) -> str:
    return escape(printable(text))

"""An audit as text and as JSON: what the image is, then what is wrong with it."""

from collections.abc import Iterator

import msgspec

from lading.prove.audit import Facts
from lading.report.findings.json import document
from lading.report.findings.model import Findings
from lading.report.findings.text import render_text as render_findings
from lading.report.table import Column, render
from lading.report.text import count, paint, printable, size

_MOST = 4
"""Names that one line of facts tells."""


def render_text(name: str, facts: Facts, found: Findings, *, colour: bool = False, width: int = 80) -> str:
    """The facts as a table, then the findings. No line end at the end."""
    head = f"{paint(printable(name), 'bold', colour)}  {facts.size.platform}"
    columns = (Column(""), Column("", cut=True))
    table = render(columns, list(_facts(facts)), width=width, indent=2, colour=colour)
    return "\n".join(
        [head, str(facts.size.manifest), "", *table, "", render_findings(found, colour=colour, width=width)]
    )


def render_json(name: str, facts: Facts, found: Findings) -> str:
    """`{"image": …, "facts": {…}, "findings": […], …}`: the facts as `lading.prove.audit.Facts` has them, the rest as
    every command with findings tells it."""
    told = {"image": name, "facts": msgspec.to_builtins(facts), **document(found)}
    return msgspec.json.format(msgspec.json.encode(told), indent=2).decode()


def _facts(facts: Facts) -> Iterator[tuple[str, str]]:
    yield "size", _size(facts)
    yield "base", f"{count(facts.base_layers, 'layer')}, by {facts.base_known_by}" if facts.base_layers else "not known"
    yield "user", _user(facts)
    yield "starts", _started(facts.command, facts.program) or "nothing"
    yield "health", _started(facts.health, facts.health_program) or "no check"
    yield "programs", _programs(facts)
    yield "linking", _linking(facts)
    if facts.modules.sources:
        yield "modules", f"{facts.modules.ready:,} of {count(facts.modules.sources, 'module')} with valid bytecode"
    yield "secrets", "none found" if not facts.secrets else f"{facts.secrets} found"


def _size(facts: Facts) -> str:
    wasted = f"{size(facts.wasted)} of it hidden" if facts.wasted else "none of it hidden"
    layers = count(len(facts.size.layers), "layer")
    return f"{size(facts.size.unpacked)} on disk, {wasted}; {size(facts.size.size)} compressed, {layers}"


def _user(facts: Facts) -> str:
    user = facts.user
    numbers = f"{user.uid}:{user.gid}"
    return numbers if user.said == numbers else f"{user.said or 'none named'} ({numbers})"


def _started(words: tuple[str, ...], program: str) -> str:
    if not words:
        return ""
    real = f" (is {program})" if program and program != words[0] else ""
    return f"{words[0]}{real}{' …' if len(words) > 1 else ''}"


def _programs(facts: Facts) -> str:
    kinds = (("shell", facts.shells), ("package manager", facts.managers), ("tool", facts.tools))
    told = [f"{count(len(paths), kind)} ({_names(paths)})" for kind, paths in kinds if paths]
    return ", ".join(told) or "no shell, no package manager, no tool"


def _names(paths: tuple[str, ...]) -> str:
    names = list(dict.fromkeys(path.rpartition("/")[2] for path in paths))
    return ", ".join(names[:_MOST]) + (", …" if len(names) > _MOST else "")


def _linking(facts: Facts) -> str:
    linking = facts.linking
    if not linking.files:
        return "no program or library"
    unmet = f"{linking.unmet} not met" if linking.unmet else "all met"
    files = "1 program or library" if linking.files == 1 else f"{linking.files:,} programs and libraries"
    return f"{files} with {count(linking.needs, 'need')}, {unmet}" if linking.needs else f"{files} without any need"

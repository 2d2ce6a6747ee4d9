"""Edits of Dockerfiles that several rules make."""

import json
import posixpath
import re

from lading.check.context import Context
from lading.check.dockerfile.model import Healthcheck
from lading.check.rules.python import PYTHON, python_code
from lading.check.rules.starting import Started
from lading.check.rules.subject import Subject
from lading.finding import Edit, Fix, Span

_OPTIONS = """
    -f --fail -s -S -sf -fs -fsS -sS -sSf -fsSL -L --silent --show-error -q --quiet --spider -O- -O - -qO- --tries=1
    --no-verbose -o /dev/null
"""
_PLAIN = frozenset(_OPTIONS.split())
"""Options of curl and wget that change nothing of what is asked."""
_ADDRESS = re.compile(r"https?://[^\s'\"()$`\\\\]+")


def insert_before(path: str, span: Span, text: str) -> Edit:
    """New lines above an instruction; `text` ends with a line break."""
    return Edit(path=path, span=Span(span.line, 1, span.line, 1), text=text)


def replace(path: str, span: Span, text: str) -> Edit:
    """Another text in place of this one."""
    return Edit(path=path, span=span, text=text)


def removed(path: str, span: Span, text: str) -> Edit:
    """An instruction, with its lines, is gone, and of two empty lines around it the second. It is not the last one of
    the file; `text` is the file's."""
    lines = ["", *text.split("\n"), ""]  # counted from 1
    end = span.end_line + 1
    if not lines[span.line - 1].strip() and not lines[end].strip() and end < len(lines) - 2:
        end += 1
    return Edit(path=path, span=Span(span.line, 1, end, 1), text="")


def health_by_python(subject: Subject, one: Started) -> Fix | None:
    """The same address asked by the Python that the image has, with no more than its standard library.

    Only where the whole check does nothing but ask one address; what redirects or has a body is left alone.
    """
    address, python, span = asked_address(one), python_of(one), command_span(subject, one)
    if address is None or python is None or span is None or not one.alone:
        return None
    words = [python, "-c", f"import urllib.request; urllib.request.urlopen('{address}')"]
    text = json.dumps(["CMD", *words] if one.service is not None else words)
    return Fix(title="ask with the image's own Python", edits=(Edit(path=one.place.path, span=span, text=text),))


def command_span(subject: Subject, one: Started) -> Span | None:
    """Where the command of a health check stands: behind `CMD`, or a service's list on one line."""
    span = one.place.span
    if one.service is not None:
        return span if span is not None and span.line == span.end_line else None
    for _, step in subject.shipped_steps():
        if isinstance(step.instruction, Healthcheck) and step.origin.place == one.place:
            return step.instruction.command.span if step.instruction.command is not None else None
    return None


def asked_address(one: Started) -> str | None:
    """The one address that a command asks with GET."""
    words = tuple(word or "" for word in one.words)
    code = python_code(words)
    if code is not None:
        found = _ADDRESS.findall(code)
        simple = re.fullmatch(r"import requests\s*;\s*requests\.get\(['\"][^'\"]+['\"]\)\s*", code)
        return str(found[0]) if simple and len(found) == 1 else None
    if one.name not in ("curl", "wget"):
        return None
    found = [word for word in words if _ADDRESS.fullmatch(word)]
    if len(found) != 1 or any(word not in _PLAIN and word != found[0] for word in words[1:]):
        return None
    return str(found[0])


def python_of(one: Started) -> str | None:
    """A Python that the image has on its PATH, as it is called."""
    if PYTHON.match(one.name):
        return one.program
    found = (name for name in ("python", "python3") if one.state.files.which(name, one.state.path).present)
    return next(found, None)


def taken_back(context: Context, source: str) -> tuple[Edit, ...]:
    """A line at the end of the ignore file that takes a path back which it hides; none where it hides nothing."""
    if not context.hidden_by(source):
        return ()
    entry = context.everything.look(f"/{context.ignore_file}").entry
    text = entry.text if entry is not None else None
    if text is None:
        return ()
    lines = text.split("\n")
    end = Span(len(lines), len(lines[-1]) + 1, len(lines), len(lines[-1]) + 1)
    path = posixpath.join(context.name, context.ignore_file) if context.name != "." else context.ignore_file
    return (Edit(path=path, span=end, text=f"!{source}\n" if not lines[-1] else f"\n!{source}\n"),)

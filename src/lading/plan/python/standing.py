"""What an image stands on: its Python and its base. Pure."""

import re
from collections.abc import Collection
from typing import Literal

from lading.plan.bases import SUITES, debian_base, is_musl, python_of_image, system_libraries
from lading.plan.model import DebianBase, ImageBase, PythonBase
from lading.plan.python.notebook import PythonNotebook
from lading.survey.model import Fact


def choose_python(book: PythonNotebook) -> str:
    """The Python (`major.minor`): the strategy's, else what the project says, unless an image base decides."""
    said, requires = book.facts.python.version, book.facts.python.requires
    of_image = python_of_image(book.strategy.base)
    if book.strategy.python:
        fact = book.said("python", book.strategy.python)
    elif of_image and said.certainty != "declared":
        fact = Fact(value=of_image, source=book.origin("base"), certainty="found")
    else:
        fact = said
    if of_image and fact.value != of_image:
        book.problem(
            f"{book.name} wants Python {fact.value}, and {book.strategy.base} has {of_image}",
            where=fact.source,
            fix=f'take an image with Python {fact.value}, or set `python = "{of_image}"` in lading.toml',
        )
    elif not book.facts.python.allows(fact.value):
        book.problem(
            f"{book.name} needs Python {requires}, and {fact.value} is asked for",
            where=f"{fact.source}, {book.facts.at(book.facts.python.source)}",
            fix="make the two agree",
        )
    book.reason("base", "Python", fact)
    return fact.value


def choose_base(book: PythonNotebook, python: str, packages: Collection[str]) -> PythonBase:
    """The base: Debian's packages for that Python and for the installed Python packages, or an image."""
    name = book.strategy.base
    book.add("base", "base", name, book.origin("base"))
    if name in ("distroless", "slim"):
        return _debian(book, "slim" if name == "slim" else "distroless", python, packages)
    if name in ("static", "scratch"):
        book.problem(
            f"{name} is for programs that are linked with nothing: it has no Python",
            where=book.origin("base"),
            fix=f"take `distroless` or `slim`: services.{book.name}.base in lading.toml",
        )
        return _debian(book, "distroless", python, packages)
    if is_musl(name):
        book.problem(
            f"{name} has no glibc, and bases without it are not supported yet",
            where=book.origin("base"),
            fix="take a Debian or Ubuntu image, or `distroless`",
        )
    interpreter = book.strategy.interpreter or (f"/usr/local/bin/python{python}" if python_of_image(name) else "")
    if not interpreter:
        book.problem(
            f"it is not known where the Python of {name} is",
            where=book.origin("base"),
            fix='say it beside the base: interpreter = "/usr/bin/python3"',
        )
    if book.strategy.packages:
        book.problem(
            f"Debian packages cannot be added to {name}",
            where=book.origin("packages"),
            fix="add them to that image, or take the base `distroless` or `slim`",
        )
    return ImageBase(reference=name, interpreter=interpreter)


def _debian(
    book: PythonNotebook, name: Literal["distroless", "slim"], python: str, packages: Collection[str]
) -> DebianBase:
    if python not in SUITES:
        book.problem(
            f"{book.name} wants Python {python}, and the base {name} has {' and '.join(SUITES)}",
            where=book.facts.python.version.source if not book.strategy.python else book.origin("python"),
            fix=_way_out(book, python),
        )
        python = next(iter(SUITES))
    suite = SUITES[python]
    libraries = system_libraries(packages, suite)
    for package, needed in libraries.items():
        listed = ", ".join(needed)
        book.add("base", f"for {package}", listed, f"{book.facts.lock} › {package}", "found")
        book.note(f"{package} loads system libraries: the base has {listed} for it")
    if book.strategy.packages:
        book.add("base", "packages", ", ".join(book.strategy.packages), book.origin("packages"))
    extra = [*book.strategy.packages, *(one for needed in libraries.values() for one in needed)]
    return debian_base(name, python, extra)


def _way_out(book: PythonNotebook, python: str) -> str:
    if not re.match(r"3\.\d{1,2}\Z", python):
        return "name a plain version such as 3.13"
    image = f'take an image base: base = "python:{python}-slim"'
    allowed = [one for one in SUITES if book.facts.python.allows(one)]
    return f'{image}, or set python = "{allowed[0]}" in lading.toml' if allowed else image

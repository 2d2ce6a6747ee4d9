"""What is decided for one service, each decision with its source: the reasons behind a plan. Pure."""

import re

import msgspec

from lading.errors import raise_all
from lading.plan.model import Process, PythonBase
from lading.plan.python.notebook import PythonNotebook
from lading.plan.python.standing import choose_base, choose_python
from lading.plan.python.starting import Start, choose_processes, choose_start, serves
from lading.plan.reasons import Decision
from lading.plan.running import choose_health, choose_port, tell_rest
from lading.strategy.model import ServiceStrategy
from lading.survey.model import App, PythonService
from lading.survey.python.managers import COMMANDS


class Decisions(msgspec.Struct, frozen=True, kw_only=True):
    """All that a plan is made of. `command` is words for the image's Python; `copy_source` says that the source ships
    as it is; `roots` are folders of it that must be on the module path; `packages` are the names of all packages that
    are installed."""

    packages: frozenset[str]
    python: str
    base: PythonBase
    command: tuple[str, ...]
    port: int | None
    health_path: str | None
    processes: tuple[Process, ...]
    copy_source: bool
    roots: tuple[str, ...]
    reasons: tuple[Decision, ...]
    notes: tuple[str, ...]


def decide(facts: PythonService, strategy: ServiceStrategy) -> Decisions:
    """Decide everything, or raise every problem that stands against it (`UsageError` or `Problems`)."""
    book = PythonNotebook(facts, strategy)
    packages = _packages(book)
    python = choose_python(book)
    base = choose_base(book, python, packages)
    port = choose_port(book, serves=serves(book))
    start = choose_start(book, packages, port)
    processes = choose_processes(book, start, packages, port)
    copy_source = _copies_source(book, start.app, processes)
    health_path = choose_health(book, port)
    tell_rest(book)
    raise_all(book.problems)
    return Decisions(
        packages=packages,
        python=python,
        base=base,
        command=start.command,
        port=port,
        health_path=health_path,
        processes=processes,
        copy_source=copy_source,
        roots=_roots(book, start) if copy_source and not _in_wheel(book, start.app) else (),
        reasons=tuple(book.reasons),
        notes=tuple(dict.fromkeys(book.notes)),
    )


def _packages(book: PythonNotebook) -> frozenset[str]:
    """The names of the packages that are installed: the project's own, those of the groups and extras asked for."""
    asked = {"group": book.strategy.groups, "extra": book.strategy.extras}
    known = {"group": book.facts.groups, "extra": book.facts.extras}
    for kind, names in asked.items():
        for name in names:
            if name not in known[kind]:
                from difflib import get_close_matches

                near = get_close_matches(name, known[kind], n=1)
                listed = f"it has {', '.join(known[kind]) or 'none'}"
                book.problem(
                    f"{book.name} has no {kind} {name!r}",
                    where=book.origin(f"{kind}s"),
                    fix=f"did you mean `{near[0]}`?" if near else listed,
                )
    ways = {"", *(f"{kind}:{name}" for kind, names in asked.items() for name in names)}
    found = frozenset(one.name for one in book.facts.packages if ways.intersection(one.ways))
    named = [f"{kind} {name}" for kind, names in asked.items() for name in names]
    also = f", with {', '.join(named)}" if named else ""
    book.add("dependencies", "packages", f"{len(found)}, none for development{also}", book.facts.lock)
    book.add("dependencies", "manager", COMMANDS[book.facts.manager].title, book.facts.lock, "found")
    for kind, names in asked.items():
        for name in names:
            book.add("dependencies", f"{kind} {name}", "installed", book.origin(f"{kind}s"))
    _tell_list(book)
    return found


def _tell_list(book: PythonNotebook) -> None:
    """Say it where there is no lock, but only a list of what is wanted."""
    unhashed, lock = book.facts.unhashed, book.facts.lock
    if unhashed:
        named = ", ".join(unhashed[:3]) + (f" and {len(unhashed) - 3} more" if len(unhashed) > 3 else "")
        book.note(
            f"{lock} is no lock: it has no hashes for {named}, so whatever the index offers under these names is "
            f"installed (`uv pip compile --generate-hashes` makes a lock of it)"
        )


def _copies_source(book: PythonNotebook, app: App | None, processes: tuple[Process, ...]) -> bool:
    """Whether the source ships as it is. A package's wheel has what it is sure to have; all else is copied."""
    package = book.facts.package
    if not package.value:
        book.add("application", "source", "copied as it is", package.source, package.certainty)
        return True
    book.add("application", "wheel", "built and installed", package.source, package.certainty)
    outside = [one.name for one in processes if _reads_source(one.command)]
    if outside:
        book.note(f"the source is copied beside the wheel: {', '.join(outside)} needs files outside of it")
    elif app and not _in_wheel(book, app):
        book.note(f"the source is copied beside the wheel, which may not have {app.target.partition(':')[0]}")
    else:
        return False
    return True


def _in_wheel(book: PythonNotebook, app: App | None) -> bool:
    """Whether the project's wheel is sure to have the app's module."""
    return app is not None and re.split(r"[.:]", app.target)[0] in book.facts.wheel_modules


def _reads_source(command: tuple[str, ...]) -> bool:
    """Whether a command reads files of the source: a script, or Alembic's configuration."""
    return bool(command) and (command[0].endswith(".py") or command[:2] == ("-m", "alembic"))


def _roots(book: PythonNotebook, start: Start) -> tuple[str, ...]:
    """Folders that must be on the module path: the app's first. The working folder is on it anyway."""
    roots = [start.app.root] if start.app else []
    roots += [fact.value.root for fact in book.facts.processes]
    return tuple(dict.fromkeys(root for root in roots if root != "."))

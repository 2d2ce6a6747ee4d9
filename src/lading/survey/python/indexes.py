"""Where a project's packages come from, as its own files say it: package indexes. Pure."""

from typing import Any

import msgspec

from lading.survey.python.manager import Manager
from lading.survey.python.pins import Index
from lading.survey.python.requirementslist import Read, pip_indexes
from lading.survey.python.tables import parsed, table, tables, text


class Indexes(msgspec.Struct, frozen=True, kw_only=True):
    """The indexes of a project: `main` is asked instead of the usual one, `more` beside it. `none`: no index is asked
    at all. Addresses are as the files have them: with names of environment variables, maybe."""

    main: Index | None = None
    more: tuple[Index, ...] = ()
    none: bool = False


def read_indexes(manager: Manager, lock: str, read: Read) -> Indexes:
    """The indexes that a project names in files that uv does not read for itself."""
    match manager:
        case "poetry":
            return Indexes(more=_sources(read, "poetry"))
        case "pdm":
            found = _sources(read, "pdm")
            main = next((one for one in found if one.name == "pypi"), None)
            return Indexes(main=main, more=tuple(one for one in found if one != main))
        case "pipenv":
            from lading.survey.python.pipfile import pipenv_indexes

            found = pipenv_indexes(read(lock) or b"")
            return Indexes(main=found[0] if found else None, more=found[1:])
        case "pip":
            own, more, none = pip_indexes(lock, read)
            return Indexes(main=own[0] if own else None, more=more, none=none)
        case "uv" | "pylock":
            return Indexes()


def _sources(read: Read, manager: str) -> tuple[Index, ...]:
    whole, _ = parsed(read("pyproject.toml") or b"")
    own: dict[str, Any] = table(table(whole, "tool"), manager)
    return tuple(
        Index(name=text(one, "name"), url=text(one, "url")) for one in tables(own.get("source")) if text(one, "url")
    )

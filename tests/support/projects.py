"""Small Python projects in memory, as a repository would have them."""

from collections.abc import Mapping, Sequence

from lading.survey.model import PythonService, Survey
from lading.survey.survey import survey
from lading.tree import MemoryTree

FASTAPI_APP = """
from fastapi import FastAPI

app = FastAPI()


@app.get("/health")
def health():
    return {}
"""


def pyproject(name: str = "api", *, requires: str = ">=3.11", more: str = "") -> str:
    """A `pyproject.toml`; `more` is appended."""
    said = f'requires-python = "{requires}"\n' if requires else ""
    return f'[project]\nname = "{name}"\nversion = "1.2.3"\n{said}dependencies = []\n{more}'


def uv_lock(
    *packages: str,
    name: str = "api",
    package: bool = False,
    groups: Mapping[str, Sequence[str]] | None = None,
    extras: Mapping[str, Sequence[str]] | None = None,
    more: str = "",
) -> str:
    """A `uv.lock` whose project depends on `packages`, each optionally with a marker behind `;`.

    Packages of `groups` and `extras` are locked too. `more` is appended.
    """
    lines = ["version = 1", "revision = 3", 'requires-python = ">=3.11"', ""]
    lines += ["[[package]]", f'name = "{name}"', 'version = "1.2.3"']
    lines += [f'source = {{ {"editable" if package else "virtual"} = "." }}', f"dependencies = {_edges(packages)}"]
    if extras:
        lines += ["[package.optional-dependencies]", *(f"{key} = {_edges(value)}" for key, value in extras.items())]
    if groups:
        lines += ["[package.dev-dependencies]", *(f"{key} = {_edges(value)}" for key, value in groups.items())]
    every = {*packages, *(one for table in (groups or {}, extras or {}) for value in table.values() for one in value)}
    for one in sorted({each.partition(";")[0].strip() for each in every}):
        lines += ["", "[[package]]", f'name = "{one}"', 'version = "1.0"']
        lines += ['source = { registry = "https://packages.example/simple" }']
    return "\n".join(lines) + "\n" + more


def _edges(packages: Sequence[str]) -> str:
    entries = []
    for one in packages:
        name, _, marker = (part.strip() for part in one.partition(";"))
        entries.append(f'{{ name = "{name}"{f", marker = {marker!r}" if marker else ""} }}')
    return f"[{', '.join(entries)}]"


def tree_of(
    files: Mapping[str, str], *packages: str, name: str = "api", more: str = "", requires: str = ">=3.11"
) -> MemoryTree:
    """A project with `files`, a `pyproject.toml` that ends with `more`, and a lock with `packages`."""
    own = {
        "pyproject.toml": pyproject(name, more=more, requires=requires),
        "uv.lock": uv_lock(*(packages or ("fastapi", "uvicorn")), name=name, package="build-system" in more),
    }
    return MemoryTree({**own, **files})


def facts_of(tree: MemoryTree) -> PythonService:
    """The facts of the only service in a tree."""
    found: Survey = survey(tree)
    assert not found.unsupported, found.unsupported
    assert len(found.services) == 1, [one.name.value for one in found.services]
    (service,) = found.services
    assert isinstance(service, PythonService)
    return service

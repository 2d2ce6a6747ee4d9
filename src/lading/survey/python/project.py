"""What a `pyproject.toml` says. Pure; parsed once for each content."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from lading.survey.python.requirements import declared
from lading.survey.python.tables import normalised, parsed, table, text, texts

LEGACY_BUILD_REQUIRES = ("setuptools>=40.8.0",)
"""What builds a package whose project names no build system (PEP 517, "Source trees")."""

_SOURCE_LABELS = ("source", "source code", "sourcecode", "source-code", "repository", "github", "gitlab", "code")
_URL = re.compile(r"(https?://)(?:[^/@\s]*@)?([A-Za-z0-9.\[\]:_-]+(?:/[^\s\x00-\x1f\x7f\"'<>\\]*)?)\Z")
_VERSION = re.compile(r"[0-9A-Za-z][0-9A-Za-z.!+_-]{0,127}\Z")
_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?\Z")
_PLACEHOLDER = "Add your description here"
"""What `uv init` writes for a description: nobody has said it."""
_ENTRY = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_][\w.]*\Z")


class ProjectFacts(msgspec.Struct, frozen=True, omit_defaults=True):
    """One `pyproject.toml`. `broken` says why it cannot be read, or nothing; `project` whether it has that table.

    `name` is normalised (PEP 503), and empty when it is none; `table` is where it and what describes the project stand.
    `packaged` is what `package_key` says of whether it is a package, if anything does. `members` and `not_members` are
    the folders of a workspace of uv. `requires` is what `lading.survey.python.requirements` reads of it.
    `wheel_packages` are the packages that the build backend is told to install.
    """

    broken: str = ""
    project: bool = False
    table: str = "project"
    name: str = ""
    version: str = ""
    description: str = ""
    licence: str = ""
    source: str = ""
    source_key: str = ""
    readme: str = ""
    requires_python: str = ""
    requires_key: str = "project.requires-python"
    scripts: dict[str, str] = {}
    extras: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    build_system: bool = False
    build_requires: tuple[str, ...] = ()
    backend: str = ""
    packaged: bool | None = None
    package_key: str = ""
    workspace: bool = False
    members: tuple[str, ...] = ()
    not_members: tuple[str, ...] = ()
    wheel_packages: tuple[str, ...] = ()
    entrypoint: str = ""
    alembic: bool = False
    lading: bool = False
    manager: str = ""
    requires: tuple[tuple[str, str], ...] | None = None

    @property
    def is_package(self) -> bool:
        """Whether the project itself is installed: it names a build system, or says so."""
        return self.build_system if self.packaged is None else self.packaged

    @property
    def requires_to_build(self) -> tuple[str, ...]:
        """What building the project's wheel needs."""
        return self.build_requires if self.build_system else LEGACY_BUILD_REQUIRES


def read_project(data: bytes, *, requirements: bool = True) -> ProjectFacts:
    """The facts of one `pyproject.toml`; one that is no TOML gives facts that say so. Reading its `requirements` takes
    longer than all else; without, `requires` is nothing."""
    whole, broken = parsed(data)
    if broken:
        return ProjectFacts(broken=broken)
    project, tool = table(whole, "project"), table(whole, "tool")
    manager = next((name for name in ("poetry", "pdm") if name in tool), "")
    build = table(whole, "build-system")
    workspace = table(table(tool, "uv"), "workspace")
    package_key, packaged = _packaged(tool)
    facts = ProjectFacts(
        project="project" in whole,
        extras=tuple(sorted(map(normalised, table(project, "optional-dependencies")))),
        groups=tuple(sorted(map(normalised, table(whole, "dependency-groups")))),
        build_system="build-system" in whole,
        build_requires=texts(build.get("requires")),
        backend=text(build, "build-backend"),
        packaged=packaged,
        package_key=package_key,
        workspace="workspace" in table(tool, "uv"),
        members=texts(workspace.get("members")),
        not_members=texts(workspace.get("exclude")),
        wheel_packages=tuple(sorted(set(_wheel_packages(tool)))),
        entrypoint=_matching(_ENTRY, text(table(tool, "fastapi"), "entrypoint")),
        alembic="alembic" in tool,
        lading="lading" in tool,
        requires=declared(project) if requirements else None,
        manager=manager,
        **described(project),
    )
    if manager == "poetry":
        from lading.survey.python.poetryproject import with_poetry

        return with_poetry(facts, whole)
    return facts


def described(project: Mapping[str, Any]) -> dict[str, Any]:
    """What a `[project]` table says of a project in words, by the names of `ProjectFacts`."""
    source_key, source = _source(table(project, "urls"))
    return {
        "name": normalised(text(project, "name")),
        "version": _matching(_VERSION, text(project, "version")),
        "description": on_one_line(text(project, "description").replace(_PLACEHOLDER, "")),
        "licence": _licence(project.get("license")),
        "source": source,
        "source_key": f"urls.{source_key}" if source_key else "",
        "readme": _readme(project.get("readme")),
        "requires_python": text(project, "requires-python"),
        "scripts": dict(_scripts(table(project, "scripts"))),
    }


_SAYS_PACKAGE = (("uv", "package"), ("poetry", "package-mode"), ("pdm", "distribution"))
"""Where a project says whether it is a package."""


def _packaged(tool: Mapping[str, Any]) -> tuple[str, bool | None]:
    for manager, key in _SAYS_PACKAGE:
        said = table(tool, manager).get(key)
        if isinstance(said, bool):
            return f"tool.{manager}.{key}", said
    return "", None


def on_one_line(said: str) -> str:
    r"""Text for a label: one line, no control characters, at most 1,000 characters.

    >>> on_one_line(" a\n  b\x07 ")
    'a b'
    """
    printable = "".join(letter if letter.isprintable() or letter.isspace() else " " for letter in said)
    return " ".join(printable.split())[:1000]


def _matching(pattern: "re.Pattern[str]", said: str) -> str:
    return said if pattern.match(said) else ""


def _source(urls: Mapping[str, Any]) -> tuple[str, str]:
    """The key and address of the project's source. A user name or token in it is left out."""
    for wanted in _SOURCE_LABELS:
        for key, address in urls.items():
            match = _URL.match(address) if isinstance(address, str) and key.lower() == wanted else None
            if match:
                return key, match[1] + match[2]
    return "", ""


def _licence(value: object) -> str:
    if isinstance(value, dict):  # the table of PEP 621; its text may be a whole licence
        value = value.get("text")
    return on_one_line(value) if isinstance(value, str) and len(value) < 100 else ""


def _readme(value: object) -> str:
    if isinstance(value, dict):
        value = value.get("file")
    return value if isinstance(value, str) else ""


def _scripts(said: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, target in sorted(said.items()):
        if _NAME.match(name) and isinstance(target, str):
            yield name, target


def _wheel_packages(tool: Mapping[str, Any]) -> Iterator[str]:
    """Packages that a build backend is told to install: hatchling, setuptools, uv's own, Poetry's."""
    wheel = table(table(table(table(tool, "hatch"), "build"), "targets"), "wheel")
    for path in (*texts(wheel.get("packages")), *texts(wheel.get("only-include"))):
        yield path.rstrip("/").rpartition("/")[2]
    setuptools = table(tool, "setuptools")
    for name in (*texts(setuptools.get("packages")), *texts(setuptools.get("py-modules"))):
        yield name.partition(".")[0]
    own = table(table(tool, "uv"), "build-backend").get("module-name")
    for name in (own,) if isinstance(own, str) else texts(own):
        yield name.partition(".")[0]
    included = table(tool, "poetry").get("packages")
    for one in included if isinstance(included, list) else ():
        if isinstance(one, dict) and isinstance(one.get("include"), str):
            yield one["include"].partition("/")[0]

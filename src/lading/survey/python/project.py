"""What a `pyproject.toml` says. Pure; parsed once for each content."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from lading.survey.python.requirements import declared

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

    `name` is normalised (PEP 503), and empty when it is none. `locals` are `[tool.uv.sources]` that lie in the
    repository, each as `name: kind`. `requires` is what `lading.survey.python.requirements` reads of it.
    `wheel_packages` are the packages that the build backend is told to install.
    """

    broken: str = ""
    project: bool = False
    name: str = ""
    version: str = ""
    description: str = ""
    licence: str = ""
    source: str = ""
    source_key: str = ""
    readme: str = ""
    requires_python: str = ""
    scripts: dict[str, str] = {}
    extras: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    build_system: bool = False
    build_requires: tuple[str, ...] = ()
    backend: str = ""
    uv_package: bool | None = None
    workspace: bool = False
    locals: tuple[str, ...] = ()
    wheel_packages: tuple[str, ...] = ()
    entrypoint: str = ""
    alembic: bool = False
    lading: bool = False
    manager: str = ""
    requires: tuple[tuple[str, str], ...] | None = None

    @property
    def is_package(self) -> bool:
        """Whether uv installs the project itself: it names a build system, or says so (uv's `tool.uv.package`)."""
        return self.build_system if self.uv_package is None else self.uv_package

    @property
    def requires_to_build(self) -> tuple[str, ...]:
        """What building the project's wheel needs."""
        return self.build_requires if self.build_system else LEGACY_BUILD_REQUIRES


def read_project(data: bytes) -> ProjectFacts:
    """The facts of one `pyproject.toml`; one that is no TOML gives facts that say so."""
    import tomli

    try:
        whole = tomli.loads(data.decode())
    except (tomli.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        return ProjectFacts(broken=str(error) or "it is nested too deeply")
    project, tool = _table(whole, "project"), _table(whole, "tool")
    uv = _table(tool, "uv")
    build = _table(whole, "build-system")
    source_key, source = _source(_table(project, "urls"))
    package = uv.get("package")
    return ProjectFacts(
        project="project" in whole,
        name=normalised(_text(project, "name")),
        version=_matching(_VERSION, _text(project, "version")),
        description=on_one_line(_text(project, "description").replace(_PLACEHOLDER, "")),
        licence=_licence(project.get("license")),
        source=source,
        source_key=source_key,
        readme=_readme(project.get("readme")),
        requires_python=_text(project, "requires-python"),
        scripts=dict(_scripts(_table(project, "scripts"))),
        extras=tuple(sorted(map(normalised, _table(project, "optional-dependencies")))),
        groups=tuple(sorted(map(normalised, _table(whole, "dependency-groups")))),
        build_system="build-system" in whole,
        build_requires=_texts(build.get("requires")),
        backend=_text(build, "build-backend"),
        uv_package=package if isinstance(package, bool) else None,
        workspace="workspace" in uv,
        locals=tuple(_locals(_table(uv, "sources"))),
        wheel_packages=tuple(sorted(set(_wheel_packages(tool)))),
        entrypoint=_matching(_ENTRY, _text(_table(tool, "fastapi"), "entrypoint")),
        alembic="alembic" in tool,
        lading="lading" in tool,
        requires=declared(project),
        manager=next((name for name in ("poetry", "pdm") if name in tool), ""),
    )


def normalised(name: str) -> str:
    """A project's or package's name as indexes compare it (PEP 503), or nothing when it is no name.

    >>> normalised("Risk_Shield.API"), normalised("../etc")
    ('risk-shield-api', '')
    """
    return re.sub(r"[-_.]+", "-", name).lower() if _NAME.match(name) else ""


def on_one_line(text: str) -> str:
    r"""Text for a label: one line, no control characters, at most 1,000 characters.

    >>> on_one_line(" a\n  b\x07 ")
    'a b'
    """
    printable = "".join(letter if letter.isprintable() or letter.isspace() else " " for letter in text)
    return " ".join(printable.split())[:1000]


def _table(table: Mapping[str, Any], key: str) -> dict[str, Any]:
    found = table.get(key)
    return found if isinstance(found, dict) else {}


def _text(table: Mapping[str, Any], key: str) -> str:
    found = table.get(key)
    return found if isinstance(found, str) else ""


def _texts(value: object) -> tuple[str, ...]:
    return tuple(one for one in value if isinstance(one, str)) if isinstance(value, list) else ()


def _matching(pattern: "re.Pattern[str]", text: str) -> str:
    return text if pattern.match(text) else ""


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


def _scripts(table: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, target in sorted(table.items()):
        if _NAME.match(name) and isinstance(target, str):
            yield name, target


def _locals(sources: Mapping[str, Any]) -> Iterator[str]:
    for name, given in sorted(sources.items()):
        for one in given if isinstance(given, list) else [given]:
            for kind in ("workspace", "path"):
                if isinstance(one, dict) and one.get(kind):
                    yield f"{name}: {kind}"


def _wheel_packages(tool: Mapping[str, Any]) -> Iterator[str]:
    """Packages that a build backend is told to install: hatchling, setuptools, uv's own, Poetry's."""
    wheel = _table(_table(_table(_table(tool, "hatch"), "build"), "targets"), "wheel")
    for path in (*_texts(wheel.get("packages")), *_texts(wheel.get("only-include"))):
        yield path.rstrip("/").rpartition("/")[2]
    setuptools = _table(tool, "setuptools")
    for name in (*_texts(setuptools.get("packages")), *_texts(setuptools.get("py-modules"))):
        yield name.partition(".")[0]
    own = _table(_table(tool, "uv"), "build-backend").get("module-name")
    for name in (own,) if isinstance(own, str) else _texts(own):
        yield name.partition(".")[0]
    included = _table(tool, "poetry").get("packages")
    for one in included if isinstance(included, list) else ():
        if isinstance(one, dict) and isinstance(one.get("include"), str):
            yield one["include"].partition("/")[0]

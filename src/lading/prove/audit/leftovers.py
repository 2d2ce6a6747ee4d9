"""What a build leaves behind: lists and caches of package managers, repositories, logs, tests."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from lading.finding import Finding, Rule, Severity
from lading.prove.audit.found import found, weight
from lading.prove.audit.inside import Inside

CACHE = Rule(
    id="cache-in-image",
    severity="warning",
    title="lists or caches of a package manager",
    why="They were of use to the build and are weight in every pull. Removing them in a later layer does not help: the "
    "layer that made them keeps them.",
)
LEFTOVER = Rule(
    id="leftover-in-image",
    severity="warning",
    title="files of development",
    why="A repository's history, local settings and editor files tell more than was meant to be told, and have nothing "
    "to do in production.",
)
SUPERFLUOUS = Rule(
    id="superfluous-files",
    severity="info",
    title="files that nothing needs at run time",
    why="Tests of packages, static libraries and logs do no harm, and cost space and attention.",
)
RULES = (CACHE, LEFTOVER, SUPERFLUOUS)
SMALL = 100_000
"""Bytes. A cache below that is worth knowing, and no more."""


class _Kind(NamedTuple):
    rule: Rule
    name: str
    help: str
    pattern: str


_HOME = r"(?:root|home/[^/]+|nonexistent)"
_THEIRS = r"(?!usr/|.*/(?:site-packages|node_modules)/)"
"""Not in what packages bring along."""
_SAMPLE = "example|sample|template|dist"
_MOUNT = "RUN --mount=type=cache,target=%s keeps it out of the image"
_IGNORE = "name it in .dockerignore"
_KINDS = (
    _Kind(CACHE, "apt's lists", _MOUNT % "/var/lib/apt", r"var/lib/apt/lists/(?!lock$|partial)[^/]+"),
    _Kind(CACHE, "apt's cache", _MOUNT % "/var/cache/apt", r"var/cache/apt/(?:archives/.+\.deb|.+\.bin)$"),
    _Kind(CACHE, "dnf's cache", "dnf clean all, in the same RUN", r"var/cache/(?:dnf|yum|libdnf5)/."),
    _Kind(CACHE, "apk's cache", "apk add --no-cache", r"(?:var/cache|etc)/apk/(?:cache/)?.+(?:\.apk|\.tar\.gz)$"),
    _Kind(CACHE, "pip's cache", "pip install --no-cache-dir", rf"{_HOME}/\.cache/pip/."),
    _Kind(CACHE, "uv's cache", _MOUNT % "/root/.cache/uv", rf"{_HOME}/\.cache/uv/."),
    _Kind(CACHE, "poetry's cache", _MOUNT % "/root/.cache/pypoetry", rf"{_HOME}/\.cache/pypoetry/."),
    _Kind(CACHE, "npm's cache", _MOUNT % "/root/.npm", r"(?:.*/)?\.npm/_cacache/."),
    _Kind(CACHE, "yarn's cache", _MOUNT % "/root/.yarn", rf"{_HOME}/\.(?:cache/yarn|yarn/berry/cache)/."),
    _Kind(CACHE, "pnpm's store", _MOUNT % "/root/.local/share/pnpm/store", rf"{_HOME}/\.local/share/pnpm/store/."),
    _Kind(CACHE, "Go's cache", _MOUNT % "/root/.cache/go-build", rf"{_HOME}/\.cache/go-build/."),
    _Kind(CACHE, "Go's modules", "copy the program out of a stage of its own", rf"(?:go|{_HOME}/go)/pkg/mod/."),
    _Kind(CACHE, "a cache of build tools", "leave node_modules/.cache out", r"(?:.*/)?node_modules/\.cache/."),
    _Kind(CACHE, "a cache of checkers", _IGNORE, r"(?:.*/)?\.(?:mypy|pytest|ruff)_cache/."),
    _Kind(LEFTOVER, "a git repository", _IGNORE, r"(?:.*/)?\.git/(?:HEAD|objects/.+|config|index|packed-refs)$"),
    _Kind(LEFTOVER, "local settings", _IGNORE, rf"{_THEIRS}(?:.*/)?\.env(?:\.(?!{_SAMPLE})[a-z]+)?$"),
    _Kind(LEFTOVER, "an editor's files", _IGNORE, rf"{_THEIRS}(?:.*/)?(?:\.DS_Store|[^/]+\.swp|\.(?:idea|vscode)/.+)$"),
    _Kind(LEFTOVER, "temporary files", "remove them in the RUN that makes them", r"(?:var/)?tmp/."),
    _Kind(SUPERFLUOUS, "tests of Python packages", "", r"(?:.*/)?(?:site|dist)-packages/(?:.*/)?tests?/."),
    _Kind(SUPERFLUOUS, "static libraries", "they are for linking only", r"(?:.*/)?[^/]+\.a$"),
    _Kind(SUPERFLUOUS, "logs", "remove them where they are written", r"(?:var/log/.+|(?:.*/)?[^/]+\.log(?:\.\d+)?)$"),
)  # fmt: skip
_ANY = re.compile("|".join(f"(?P<k{number}>{kind.pattern})" for number, kind in enumerate(_KINDS)))


def look(inside: Inside) -> Iterator[Finding]:
    """One finding a kind of leftover; what is hidden is waste, and told there."""
    for kind, paths in _sorted(inside).items():
        size = sum(inside.files[path].size for path in paths)
        own = sum(not inside.of_base(path) for path in paths)
        share = f", {own} of them the team's" if inside.origin.layers and own != len(paths) else ""
        files = "1 file" if len(paths) == 1 else f"{len(paths):,} files"
        severity: Severity | None = "info" if kind.rule is CACHE and size < SMALL else None
        message = f"{kind.name}: {files}{share}, {weight(size)}"
        yield found(kind.rule, message, inside.place(paths[0]), help=kind.help, severity=severity)


def _sorted(inside: Inside) -> dict[_Kind, list[str]]:
    """The files of each kind that hold anything; a file is of one kind only."""
    sorted_: dict[_Kind, list[str]] = {}
    for path, file in inside.files.items():
        match = _ANY.match(path) if file.kind == "file" and file.size else None
        if match and match.lastgroup:
            sorted_.setdefault(_KINDS[int(match.lastgroup[1:])], []).append(path)
    return sorted_

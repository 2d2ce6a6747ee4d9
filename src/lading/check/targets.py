"""Which files are Dockerfiles and compose files, and which folder a Dockerfile is built in."""

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from lading.errors import UsageError
from lading.tree import Patterns

DOCKERFILE = re.compile(
    r"(?:(?:Dockerfile|Containerfile)(?:[._-].+)?|.+\.(?:Dockerfile|Containerfile))\Z", re.IGNORECASE
)
"""Names of Dockerfiles: Docker's and Podman's own, and the forms that editors and hadolint take for them."""
NO_DOCKERFILE = re.compile(
    r".*\.(?:dockerignore|containerignore|md|rst|txt|tmpl|tpl|template|j2|jinja2?|erb|in|swp|bak|orig|py)\Z",
    re.IGNORECASE,
)
"""Names that look alike: ignore files, and texts that only become Dockerfiles."""
SOURCE = re.compile(
    r"(?:dockerfile|containerfile|.+[_-]).*"
    r"\.(?:c|cc|cpp|cs|css|go|h|html|java|js|json|kt|lua|mjs|php|rb|rs|sh|toml|ts|tsx|ya?ml)\Z"
)
"""Names of programs about Dockerfiles (`dockerfile_test.go`). `Dockerfile.go` is one for a service in Go."""
COMPOSE = re.compile(r"(?:docker-)?compose(?:[._-][\w.-]+)?\.ya?ml\Z", re.IGNORECASE)
"""Names of compose files: https://docs.docker.com/compose/intro/compose-application-model/#the-compose-file."""

SKIPPED = frozenset({".git", ".hg", ".svn", "node_modules", ".venv", "venv", "vendor", "__pycache__", ".tox", ".nox"})
"""Folders that hold nothing of the team's own."""


def find_files(paths: Sequence[Path], *, root: Path, exclude: Patterns) -> tuple[tuple[Path, ...], tuple[Path, ...]]:
    """The Dockerfiles and the compose files that `paths` mean, each once, sorted in every folder.

    A file that is named is looked at whatever it is called, and whatever `exclude` (patterns of paths relative to
    `root`) says; a folder is searched. `UsageError` for a path that is not there, and for a folder that cannot be read.
    """
    dockerfiles: dict[Path, None] = {}
    compose: dict[Path, None] = {}
    for path in paths:
        if path.is_dir():
            for found in _below(path, root, exclude):
                (compose if COMPOSE.match(found.name) else dockerfiles)[found] = None
        elif path.exists():
            (compose if COMPOSE.match(path.name) else dockerfiles)[path] = None
        else:
            raise UsageError("there is no such file or folder", where=str(path))
    return tuple(dockerfiles), tuple(compose)


def _below(folder: Path, root: Path, exclude: Patterns) -> Iterator[Path]:
    def refuse(error: OSError) -> None:
        raise UsageError(f"cannot read a folder: {error.strerror}", where=str(error.filename))

    for here, folders, files in os.walk(folder, onerror=refuse):
        folders[:] = sorted(name for name in folders if name not in SKIPPED and not _matches(exclude, root, here, name))
        for name in sorted(files):
            if _looks(name) and not _matches(exclude, root, here, name):
                yield Path(here, name)


def _looks(name: str) -> bool:
    is_dockerfile = DOCKERFILE.match(name) and not (NO_DOCKERFILE.match(name) or SOURCE.match(name))
    return bool(COMPOSE.match(name) or is_dockerfile)


def _matches(exclude: Patterns, root: Path, here: str, name: str) -> bool:
    return bool(exclude.lines) and exclude.matches(os.path.relpath(os.path.join(here, name), root))  # noqa: PTH118


def likely_contexts(dockerfile: Path, sources: Iterable[str], root: Path) -> list[Path]:
    """The folders that a Dockerfile may be built in, the likeliest first.

    They are its own folder and those above it up to `root`. A likely one has more of what the Dockerfile copies from
    its context (`sources`, as they are written); of equals the nearest goes first.

    Where somebody says which it is (a flag, a compose file) nobody has to guess.
    """
    wanted = [source.strip("/") for source in sources if source.strip("/.")]
    candidates = list(_above(dockerfile.parent, root))
    return sorted(candidates, key=lambda folder: -sum(_there(folder, source) for source in wanted))


def is_likely(folder: Path, sources: Iterable[str]) -> bool:
    """Whether a folder has at least half of what a Dockerfile copies from its context. One with less is hardly it:
    what is missing there tells nothing."""
    wanted = {source.strip("/") for source in sources if source.strip("/.")}
    return 2 * sum(_there(folder, source) for source in wanted) >= len(wanted)


def _above(folder: Path, root: Path) -> Iterator[Path]:
    yield folder
    if folder != root and folder.is_relative_to(root):
        yield from _above(folder.parent, root)


def _there(folder: Path, source: str) -> bool:
    if any(char in source for char in "*?["):
        try:
            return next(iter(folder.glob(source)), None) is not None
        except (ValueError, NotImplementedError, OSError):  # no pattern for pathlib
            return False
    try:
        return (folder / source).exists()
    except (ValueError, OSError):  # no name for a file
        return False

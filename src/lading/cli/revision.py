"""The revision that an image's label may claim.

The rule: what somebody says (`LADING_REVISION`, `revision` in lading.toml) is believed. Else it is what the CI says
that it has checked out, unless the repository's own HEAD is another commit. Outside of CI there is none: only a
comparison of the whole tree with the commit could tell that nothing was changed, and a label that lies is worse than
none. So the same source gives the same image on every developer's machine.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from lading.errors import UsageError

SAID = "LADING_REVISION"
CI_VARIABLES = (
    "GITHUB_SHA",
    "CI_COMMIT_SHA",
    "BUILD_SOURCEVERSION",
    "BITBUCKET_COMMIT",
    "CIRCLE_SHA1",
    "BUILDKITE_COMMIT",
    "DRONE_COMMIT_SHA",
    "TRAVIS_COMMIT",
    "CODEBUILD_RESOLVED_SOURCE_VERSION",
    "GIT_COMMIT",
)
"""Where CI systems name the commit that they have checked out: GitHub, GitLab, Azure, Bitbucket, CircleCI, Buildkite,
Drone, Travis, CodeBuild, Jenkins."""

_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?\Z")
_SAID = re.compile(r"[0-9A-Za-z][0-9A-Za-z._/-]{0,127}\Z")


def revision_of(env: Mapping[str, str], root: Path) -> str:
    """The revision, or nothing where it is not known for sure. `UsageError` for a `LADING_REVISION` that is none."""
    said = env.get(SAID, "")
    if said:
        if not _SAID.match(said):
            raise UsageError("this is no revision", where=f"{SAID}={said[:60]}", fix="give a commit's hash")
        return said
    told = next((env[name] for name in CI_VARIABLES if _COMMIT.match(env.get(name, ""))), "")
    if told and head_of(root) in ("", told):
        return told
    return ""


def watched(env: Mapping[str, str], root: Path) -> tuple[Path, ...]:
    """The files of git that tell when `revision_of` could give something else; none where git is not asked."""
    if env.get(SAID) or not any(env.get(name) for name in CI_VARIABLES):
        return ()
    git = _git(root)
    return tuple(folder / name for folder in _folders(git) for name in ("HEAD", "logs/HEAD")) if git else ()


def head_of(root: Path) -> str:
    """The commit that is checked out in the repository at or above `root`, or nothing where that cannot be told.

    Read from the files of git (gitrepository-layout(5)): HEAD, the ref that it names, or packed-refs; also in a
    worktree, whose `.git` is a file.
    """
    git = _git(root)
    folders = list(_folders(git)) if git else []
    head = next((text for folder in folders[:1] if (text := _read(folder / "HEAD"))), "")
    if not head.startswith("ref:"):
        return head if _COMMIT.match(head) else ""
    ref = head.removeprefix("ref:").strip()
    for folder in folders:
        loose = _read(folder / ref) if ".." not in ref else ""
        if _COMMIT.match(loose):
            return loose
        for line in _read(folder / "packed-refs").splitlines():
            commit, _, name = line.partition(" ")
            if name == ref and _COMMIT.match(commit):
                return commit
    return ""


def _git(root: Path) -> Path | None:
    return next((one for one in (root / ".git", *(up / ".git" for up in root.parents)) if one.exists()), None)


def _folders(git: Path) -> Iterator[Path]:
    """The folder of this worktree, then the one that all worktrees share."""
    if git.is_file():
        target = _read(git).removeprefix("gitdir:").strip()
        git = git.parent / target
    yield git
    common = _read(git / "commondir")
    if common:
        yield git / common


def _read(path: Path) -> str:
    try:
        return path.read_text(errors="replace").strip()
    except OSError:
        return ""

"""Workspaces: which folders are members, and what each is made of. Pure.

npm and Yarn: https://docs.npmjs.com/cli/using-npm/workspaces; pnpm: https://pnpm.io/pnpm-workspace_yaml
"""

import posixpath
import re
from collections.abc import Iterable, Mapping, Sequence

from lading.survey.node.package import PackageFacts

_ITEM = re.compile(r"\s*-\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s#'\"][^#]*?))\s*(?:#.*)?\Z")


def pnpm_patterns(text: str) -> tuple[str, ...]:
    r"""The patterns below `packages:` in a pnpm-workspace.yaml: a plain list of texts, so no whole YAML is read.

    >>> pnpm_patterns("packages:\n  - 'apps/*'\n  - packages/ui # the buttons\ncatalog:\n  - x\n")
    ('apps/*', 'packages/ui')
    """
    found: list[str] = []
    inside = False
    for line in text.splitlines():
        if re.match(r"[^\s#-]", line):
            inside = line.startswith("packages:")
        elif inside and (item := _ITEM.match(line)):
            found.append(next(group for group in item.groups() if group is not None))
    return tuple(found)


def members(patterns: Sequence[str], folders: Iterable[str]) -> tuple[str, ...]:
    """The folders (relative to the workspace's own, and not that one) that are members, sorted. The last pattern that
    matches counts; one with `!` in front leaves out."""
    found = []
    for folder in folders:
        inside = False
        for pattern in patterns:
            positive = pattern.removeprefix("!")
            if _matches(posixpath.normpath(positive).split("/"), folder.split("/")):
                inside = positive == pattern
        if inside:
            found.append(folder)
    return tuple(sorted(found))


def closure(member: str, packages: Mapping[str, PackageFacts]) -> tuple[str, ...]:
    """The folders of all local packages that a member is made of, each behind those that it is made of itself, and the
    member at the end. `packages` are those of the whole workspace, by folder."""
    folders = {facts.name: folder for folder, facts in packages.items() if facts.name}
    done: list[str] = []
    waiting: list[tuple[str, bool]] = [(member, False)]
    seen: set[str] = set()
    while waiting:
        folder, ready = waiting.pop()
        if ready:
            done.append(folder)
        elif folder not in seen:
            seen.add(folder)
            waiting.append((folder, True))
            needs = sorted(folders[name] for name in packages[folder].every if name in folders)
            waiting += [(one, False) for one in reversed(needs)]
    return tuple(done)


def _matches(pattern: Sequence[str], folder: Sequence[str]) -> bool:
    from fnmatch import fnmatchcase

    if not pattern:
        return not folder
    if pattern[0] == "**":
        return any(_matches(pattern[1:], folder[cut:]) for cut in range(len(folder) + 1))
    return bool(folder) and fnmatchcase(folder[0], pattern[0]) and _matches(pattern[1:], folder[1:])

"""Paths that a command is given: patterns replaced by what matches, and what a last operand means (a folder or not)."""

import posixpath
from collections.abc import Iterable, Iterator, Sequence
from fnmatch import fnmatchcase
from typing import NamedTuple

from lading.check.effects.asked import Word
from lading.check.model.entry import Entry
from lading.check.model.nodes import Listed, present, unknown
from lading.check.model.scene import Scene

MOST_MATCHES = 2_000
"""Paths that a pattern is replaced by; what matches more often is taken as not known."""


class Paths(NamedTuple):
    """Paths that are meant for certain. `whole` says that there are no others."""

    known: tuple[str, ...]
    whole: bool


def paths(words: Iterable[Word], scene: Scene) -> Paths:
    """What words mean as paths."""
    known: list[str] = []
    whole = True
    for word in words:
        found = Paths((), False) if word.text is None else _one(word.text, word.pattern, scene)
        known += found.known
        whole = whole and found.whole
    return Paths(tuple(known), whole)


def has_signs(path: str) -> bool:
    """Whether a path has signs of a pattern in it."""
    return any(sign in path for sign in "*?[")


def inside(scene: Scene, target: str, source: str) -> str:
    """Where `source` comes to when it is copied, moved or linked to `target`: into a folder that is there, by its own
    name."""
    found = scene.look(target)
    is_folder = found.present and found.entry is not None and found.entry.kind == "folder"
    name = posixpath.basename(source.rstrip("/"))
    return posixpath.join(target, name) if name and (is_folder or target.endswith("/")) else target


def is_vague(scene: Scene, target: str) -> bool:
    """Whether it is not known if a target is a folder."""
    found = scene.look(target)
    if target.endswith("/"):
        return False
    return found.presence == "unknown" or (found.entry is not None and found.entry.kind is None)


def put_either(scene: Scene, target: str) -> None:
    """Something has come to a target that is a folder or not: it is there now, with anything in it."""
    if scene.look(target).present:
        scene.grow(target)
    else:
        scene.put(target, present(Entry(kind=None, origin=scene.origin), Listed({}, unknown(scene.origin))))


def _one(text: str, pattern: bool, scene: Scene) -> Paths:
    if not pattern:
        return Paths((text,), True)
    at = scene.absolute(text)
    if at is None:
        return Paths((), False)
    return _expanded(at.strip("/").split("/"), scene)


def _expanded(parts: Sequence[str], scene: Scene) -> Paths:
    """What matches a pattern, part by part (https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html,
    2.14.3): names with a leading dot only where the pattern has it."""
    found = [""]
    whole = True
    for part in parts:
        if not has_signs(part):
            found = [f"{one}/{part}" for one in found]
            continue
        whole = whole and all(scene.now.files.is_closed(one or "/") for one in found)
        found = [f"{one}/{name}" for one in found for name in _matching(scene, one or "/", part)]
        if len(found) > MOST_MATCHES:
            return Paths((), False)
    return Paths(tuple(one for one in found if scene.look(one, follow=False).present), whole)


def _matching(scene: Scene, folder: str, part: str) -> Iterator[str]:
    hidden = part.startswith(".")
    return (
        name for name in scene.now.files.names(folder) if fnmatchcase(name, part) and name.startswith(".") == hidden
    )

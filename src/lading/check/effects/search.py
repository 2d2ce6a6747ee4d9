"""`find … -exec`, `find … -delete`, and `xargs`."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from itertools import islice
from typing import Literal, NamedTuple

from lading.check.effects.asked import Asked, Word
from lading.check.effects.effect import Effect
from lading.check.effects.modes import mode_of
from lading.check.effects.paths import has_signs
from lading.check.model.files import Found
from lading.check.model.scene import Scene

MOST = 3_000
"""Paths that are looked through; where there are more, what is meant is not known."""

_VALUED = ("-newer", "-size", "-mtime", "-perm", "-user", "-group", "-maxdepth", "-mindepth", "-printf", "-regextype")


class Search(NamedTuple):
    """What is searched for: folders, the kind of path, patterns of names of which one must match, and whether there are
    conditions besides. `acts` is what is done to what is found, as the words of a command."""

    roots: tuple[str | None, ...]
    kind: Literal["", "f", "d", "l"]
    names: tuple[str, ...]
    vague: bool
    acts: tuple[tuple[str | None, ...], ...]


def find(asked: Asked, scene: Scene) -> None:
    """`find folder… -type f -name pattern -exec command {} +`, and `-delete`."""
    search = read_search(asked.words)
    for root in search.roots:
        if root is not None and not has_signs(root):
            scene.need(root, "`find` looks through it")
    for act in search.acts:
        for root in search.roots:
            _act(act, root, search, scene)


def xargs(asked: Asked, scene: Scene) -> None:
    """A command is run on paths that nobody knows: as a rule they are to be removed, or only looked at."""
    words = [word.plain for word in asked.words]
    names = [word for word in words if word and not word.startswith("-")]
    if not names or names[0] in ("rm", "echo", "grep", "cat", "ls", "kill", "strip", "apt-mark", "head", "sha256sum"):
        return
    if names[0] in ("chmod", "chown"):
        scene.chmod("/", None, deep=True)
        return
    scene.blur_all()


def read_search(words: Sequence[Word]) -> Search:
    """The words of `find` as a search (find(1)). Conditions joined by `-o` or turned round are taken as not known,
    except that one of several names matches."""
    waiting = list(reversed([word.text for word in words]))
    roots: list[str | None] = []
    while waiting and not ((waiting[-1] or "").startswith(("-", "(", "!")) and waiting[-1] is not None):
        roots.append(waiting.pop())
    kind: Literal["", "f", "d", "l"] = ""
    names: list[str] = []
    acts: list[tuple[str | None, ...]] = []
    vague = False
    while waiting:
        match waiting.pop():
            case "-type" if waiting:
                said = waiting.pop()
                vague = vague or kind not in ("", said) or said not in ("f", "d", "l")
                kind = said if said in ("f", "d", "l") else kind  # type: ignore[assignment]
            case "-name" if waiting:
                said = waiting.pop()
                vague = vague or said is None
                names.append(said or "*")
            case "-delete":
                acts.append(("rm", "-rf"))
            case "-exec" | "-execdir" | "-ok" | "-okdir":
                acts.append(tuple(_until_end(waiting)))
            case "-print" | "-print0" | "-depth" | "-xdev" | "-mount" | "-a" | "-and" | "(" | ")" | "-o" | "-or":
                pass
            case str() as condition if condition in _VALUED and waiting:
                waiting.pop()
                vague = True
            case _:
                vague = True
    return Search(tuple(roots) or (".",), kind, tuple(names), vague, tuple(acts))


def _until_end(waiting: list[str | None]) -> Iterator[str | None]:
    """The words of a command up to `;` or `+`, without `{}`."""
    while waiting:
        word = waiting.pop()
        if word in (";", "+", "\\;"):
            return
        if word != "{}":
            yield word


def _act(act: Sequence[str | None], root: str | None, search: Search, scene: Scene) -> None:
    match act:
        case ["rm" | "rmdir" | "unlink", *_]:
            _each(root, search, scene, lambda found: scene.remove(found.path))
        case ["chmod", *options, mode]:
            _chmod(mode_of(mode), root, search, scene, deep="-R" in options)
        case ["chown" | "chgrp", *_]:
            pass  # owners are not looked at below a search
        case ["echo" | "ls" | "grep" | "cat" | "strip" | "touch" | "sha256sum" | "ldd" | "test", *_]:
            pass
        case _:
            scene.blur_all()


def _chmod(mode: object, root: str | None, search: Search, scene: Scene, *, deep: bool) -> None:
    if root is None:
        scene.chmod("/", None, deep=True)
        return
    of = mode if callable(mode) else (lambda _old, _folder: mode if isinstance(mode, int) else None)

    def changed(old: int | None, folder: bool | None) -> int | None:
        if search.kind and (folder is None or search.kind == "l"):
            return None
        if search.kind and folder != (search.kind == "d"):
            return old
        made: int | None = of(old, folder)
        return None if search.vague and made != old else made

    if search.names:
        _each(root, search, scene, lambda found: scene.chmod(found.path, changed, deep=deep))
    else:
        scene.chmod(root, changed, deep=True)


def _each(root: str | None, search: Search, scene: Scene, do: Callable[[Found], None]) -> None:
    """Do it to all that is found; to what a base brought nothing is done."""
    if root is None or search.vague:
        return
    at = scene.absolute(root)
    if at is None:
        return
    for found in list(islice(scene.now.files.below(at), MOST)):
        if found.present and not found.origin.sturdy and _is_meant(found, search):
            do(found)


def _is_meant(found: Found, search: Search) -> bool:
    kinds = {"f": "file", "d": "folder", "l": "link"}
    if search.kind and (found.entry is None or found.entry.kind != kinds[search.kind]):
        return False
    name = found.path.rpartition("/")[2]
    return not search.names or any(fnmatchcase(name, pattern) for pattern in search.names)


EFFECTS: Mapping[str, Effect] = {"find": find, "xargs": xargs}

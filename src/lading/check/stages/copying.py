"""COPY and ADD: what comes where, by BuildKit's rules (https://docs.docker.com/reference/dockerfile/#copy)."""

import posixpath
import re

import msgspec

from lading.check.context import Context
from lading.check.dockerfile.model import Copy, Heredoc, Word
from lading.check.model.changes import Copied
from lading.check.model.entry import ROOT, Bytes, Entry, Owner, Presence
from lading.check.model.files import Files, Found
from lading.check.model.nodes import Listed, Node, merge, present, unknown, with_below
from lading.check.model.scene import Scene
from lading.check.model.state import Accounts
from lading.check.model.step import Copying
from lading.check.stages.glob import find_all, has_magic
from lading.check.stages.scope import Scope
from lading.check.stages.unpacking import is_archive, unpacked

_REMOTE = re.compile(r"https?://|git@|git://|ssh://")
_GIT = re.compile(r"git@|git://|ssh://|https?://[^#]*\.git(?:#|\Z)")
"""https://docs.docker.com/reference/dockerfile/#adding-private-git-repositories: what is in it comes to the target."""


class Sources(msgspec.Struct, frozen=True, kw_only=True):
    """Where a COPY looks: the files of the context, of a stage or of an image."""

    files: Files
    context: Context | None = None
    stage: int | None = None
    image: str = ""


def copy_all(copy: Copy, sources: Sources, scene: Scene, scope: Scope) -> tuple[Copying, ...]:
    """Do a COPY or ADD, and say what came of each of its sources."""
    return _Copier(copy, sources, scene, scope).run()


def owner_of(text: str, accounts: Accounts) -> Owner:
    """What `--chown=user:group` means; a number without a group is the group's, too
    (https://docs.docker.com/reference/dockerfile/#copy---chown---chmod)."""
    user, colon, group = text.partition(":")
    account = accounts.user(user)
    uid = int(user) if user.isascii() and user.isdigit() else (account.uid if account is not None else None)
    if not colon:
        return Owner(uid, uid if user.isascii() and user.isdigit() else (account.gid if account is not None else None))
    found = accounts.group(group)
    return Owner(uid, int(group) if group.isascii() and group.isdigit() else (found.gid if found is not None else None))


class _Copier:
    def __init__(self, copy: Copy, sources: Sources, scene: Scene, scope: Scope) -> None:
        self._copy = copy
        self._sources = sources
        self._scene = scene
        self._scope = scope
        self._owner = self._chown()
        scene.parents = self._owner or ROOT
        self._mode, self._mode_known = self._chmod()

    def run(self) -> tuple[Copying, ...]:
        destination = self._scope.text(self._copy.destination)
        at = None if destination is None else self._scene.absolute(destination)
        into = len(self._copy.sources) > 1 or (destination is not None and _says_folder(destination))
        if into and at is not None:
            self._scene.folder(at, owner=self._owner or ROOT)
        return tuple(self._one(source, at, into) for source in self._copy.sources)

    def _one(self, source: Word | Heredoc, at: str | None, into: bool) -> Copying:
        if isinstance(source, Heredoc):
            return self._heredoc(source, at, into)
        path = self._scope.text(source)
        if path is None or at is None:
            self._something(at, into)
            return self._said(source, "unknown", path)
        if self._copy.adds and _REMOTE.match(path):
            is_file = into and not _GIT.match(path)
            self._something(f"{at}/{posixpath.basename(path)}" if is_file else at, into=not is_file and into)
            return self._said(source, "present", path)
        return self._paths(source, path, at, into)

    def _paths(self, source: Word, path: str, at: str, into: bool) -> Copying:
        clean = posixpath.normpath(f"/{path.lstrip('/')}")
        kept = path.partition("/./")[2] or clean.lstrip("/")
        if not has_magic(clean):
            one = self._sources.files.look(clean)
            if not one.present:  # the build goes on only where it is there
                self._something(at, into)  # of a folder, what is in it
            landed = (self._land(clean, kept, at, into),) if one.present else ()
            return self._said(source, one.presence, clean, (one,), landed)
        matches, complete = find_all(self._sources.files, clean)
        if not complete:
            self._something(at, into)
        targets = tuple(self._land(match, None, at, into) for match in matches)
        presence: Presence = "present" if matches else ("absent" if complete else "unknown")
        return self._said(source, presence, clean, tuple(map(self._sources.files.look, matches)), targets)

    def _land(self, path: str, kept: str | None, at: str, into: bool) -> str | None:
        """A source that is there comes into the stage. Where it does, if that is known. `kept` is the path that
        `--parents` keeps."""
        node = self._sources.files.node(path)
        origin = self._scene.origin
        made: Node | None = node
        target: str | None = at
        if self._copy.adds and node.entry is not None and is_archive(node.entry):
            made = unpacked(node.entry.content, node.origin)
        else:
            target = self._target(node, path, kept, at, into)
        if target is None or made is None:
            self._something(at, into)
            return None
        copied = Copied(origin, self._owner, self._mode)(made)
        if _kind(made) == "folder":
            if self._copy.flag("exclude") is not None:
                copied = with_below(copied, Listed({}, unknown(origin)))
            self._scene.folder(target, owner=self._owner or ROOT)
            self._scene.change(target, lambda under: _onto(under, copied))
        else:
            self._scene.change(target, lambda _: copied)
        if not self._mode_known:
            self._scene.chmod(target, None, deep=True)
        if self._copy.flag("link") is not None:
            self._replace_parents(target)
        return target

    def _replace_parents(self, path: str) -> None:
        """With `--link` the folders on the way are made anew, and lie upon those that are there."""
        made = Entry(kind="folder", origin=self._scene.origin, mode=0o755, owner=self._owner or ROOT)
        while (path := posixpath.dirname(path)) != "/":
            self._scene.change(path, lambda node: Node("present", node.origin, made, node.below))

    def _target(self, node: Node, path: str, kept: str | None, at: str, into: bool) -> str | None:
        """Where a source comes to; nothing where that is not known. What is in a folder comes to the destination
        itself."""
        kind = _kind(node)
        if self._copy.flag("parents") is not None:
            return None if kept is None else posixpath.normpath(f"{at}/{kept}")
        if kind == "folder":
            return at
        if kind is None:
            return None
        there = self._scene.look(at)
        if into or (there.entry is not None and there.entry.kind == "folder"):
            return f"{at.rstrip('/')}/{posixpath.basename(path)}"
        return at if there.absent or (there.entry is not None and there.entry.kind == "file") else None

    def _something(self, at: str | None, into: bool) -> None:
        """Nobody knows what comes to the destination, or into it."""
        if at is None:
            self._scene.grow("/")
        elif into:
            self._scene.grow(at)
        else:
            something = present(Entry(kind=None, origin=self._scene.origin))
            self._scene.change(at, lambda under: merge(under, something))

    def _heredoc(self, source: Heredoc, at: str | None, into: bool) -> Copying:
        if at is not None and (into or _kind(self._scene.now.files.node(at)) == "folder"):
            at = f"{at}/{source.name}"
        text = self._scope.raw(source.content) if source.expands else source.content
        content = None if text is None else Bytes(text.encode(errors="surrogateescape"))
        mode = self._mode if self._mode is not None or not self._mode_known else 0o644
        entry = Entry(
            kind="file", origin=self._scene.origin, mode=mode, owner=self._owner or ROOT, content=content
        )  # fmt: skip
        self._scene.put(at, present(entry))
        return self._said(source, "present", None, targets=() if at is None else (at,))

    def _said(
        self,
        source: Word | Heredoc,
        presence: Presence,
        path: str | None,
        found: tuple[Found, ...] = (),
        targets: tuple[str | None, ...] = (),
    ) -> Copying:
        context = self._sources.context
        hidden = presence == "absent" and context is not None and path is not None and not has_magic(path)
        return Copying(
            source=source,
            presence=presence,
            path=path,
            stage=self._sources.stage,
            image=self._sources.image,
            found=found,
            is_pattern=path is not None and has_magic(path),
            targets=tuple(target for target in targets if target is not None),
            ignored=_hidden_by(context, path) if hidden and context is not None and path is not None else "",
        )

    def _chown(self) -> Owner | None:
        flag = self._copy.flag("chown")
        if flag is None or flag.value is None:
            return None
        text = self._scope.text(flag.value)
        return Owner(None, None) if text is None else owner_of(text, self._scene.now.accounts)

    def _chmod(self) -> tuple[int | None, bool]:
        """The mode, and whether it is known; without the flag, none."""
        flag = self._copy.flag("chmod")
        if flag is None or flag.value is None:
            return None, True
        text = self._scope.text(flag.value) or ""
        return (int(text, 8), True) if re.fullmatch(r"[0-7]{1,5}", text) else (None, False)


def _says_folder(destination: str) -> bool:
    return destination.endswith("/") or posixpath.basename(destination) in (".", "..")


def _kind(node: Node) -> str | None:
    return node.entry.kind if node.entry is not None else None


def _onto(under: Node, over: Node) -> Node:
    """A folder's content comes into a folder, which keeps its own mode and owner where it is there already."""
    merged = merge(under, over)
    if under.entry is None or under.entry.kind != "folder" or merged.entry is None:
        return merged
    return Node("present", under.origin, under.entry, merged.below)


def _hidden_by(context: Context, path: str) -> str:
    return context.hidden_by(path) if context.everything.look(path).present else ""

"""A stage while one of its instructions works on it: what effects of commands are written with.

    def effect(call, scene):                     # `mkdir -p build && ln -s build out`
        scene.folder(scene.absolute("build"))
        scene.link(scene.absolute("out"), "build")

Every method takes paths as a command would (from the working folder, links followed) and makes the folders on the way
to what it writes. A path of none is one that is not known: whatever is done to it, may be done to any. Nothing raises.
"""

import posixpath
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from msgspec.structs import replace

from lading.check.model.changes import Copied, Grown, Hazed, Moded, Owned
from lading.check.model.entry import ROOT, Bytes, Content, Entry, Nature, Origin, Owner
from lading.check.model.files import Files, Found
from lading.check.model.join import join_states
from lading.check.model.nodes import Change, Listed, Node, absent, change_below, folder, join, merge, present, unknown
from lading.check.model.state import Account, Group, Package, State
from lading.check.model.step import Need


class Scene:
    """A state that changes. `now` is what it has become, `origin` the instruction at work, `needs` what it needed.
    `parents` own the folders that are made on the way to what is written; without, who commands run as."""

    def __init__(self, state: State, origin: Origin) -> None:
        self.now = state
        self.origin = origin
        self.needs: list[Need] = []
        self.parents: Owner | None = None

    def absolute(self, path: str) -> str | None:
        """A path from the working folder; nothing where that is not known."""
        if path.startswith("/"):
            return posixpath.normpath(f"/{path.lstrip('/')}")  # which would keep two slashes
        return None if self.now.workdir is None else posixpath.normpath(posixpath.join(self.now.workdir, path))

    def look(self, path: str | None, *, follow: bool = True) -> Found:
        """What is known of a path."""
        at = None if path is None else self.absolute(path)
        if at is None:
            return Found(path=path or "", presence="unknown", origin=self.origin)
        return self.now.files.look(at, follow=follow)

    def which(self, program: str) -> Found:
        """The file that a program's name means, by PATH and working folder."""
        return self.look(program) if "/" in program else self.now.files.which(program, self.now.path)

    def write(
        self,
        path: str | None,
        content: Content | bytes | None = None,
        *,
        mode: int | None = 0o644,
        owner: Owner | None = None,
        nature: Nature | None = None,
    ) -> None:
        """A file is written. What was there keeps its mode and owner. No `content`: not known."""
        made = Bytes(content) if isinstance(content, bytes) else content
        who = owner or self.owner()

        def change(node: Node) -> Node:
            old = node.entry if node.entry is not None and node.entry.kind == "file" else None
            if node.entry is not None and node.entry.kind == "folder":
                return node  # a program says that it is a folder, and the step fails
            entry = Entry(kind="file", origin=self.origin, mode=mode, owner=who, content=made, nature=nature)
            if old is not None:
                entry = replace(entry, mode=old.mode, owner=old.owner, moded=old.moded, owned=old.owned)
            elif node.presence == "unknown":
                entry = replace(entry, mode=None, owner=None)
            if node.entry is not None and node.entry.kind is None and node.entry.target:
                entry = replace(entry, kind=None, target=node.entry.target)
            return present(entry)

        self._edit(path, change, makes=True)

    def append(self, path: str | None, text: bytes | None) -> None:
        """Something is written behind what a file holds, which is made where it is missing."""
        old = self.look(path)
        before = b"" if old.absent else (old.entry.content.read() if old.entry and old.entry.content else None)
        self.write(path, None if before is None or text is None else before + text)

    def folder(self, path: str | None, *, mode: int | None = 0o755, owner: Owner | None = None) -> None:
        """A folder is made, with those above it (`mkdir -p`). One that is there stays as it is."""
        entry = Entry(kind="folder", origin=self.origin, mode=mode, owner=owner or self.owner())

        def change(node: Node) -> Node:
            if node.entry is not None and node.entry.kind == "folder":
                return node
            if node.presence == "absent":
                return folder(entry)
            target = node.entry.target if node.entry is not None else ""
            made = Entry(kind=None if target else "folder", origin=self.origin, target=target)  # a link to one, perhaps
            return Node("present", self.origin, made, node.below or Listed({}, unknown(self.origin)))

        self._edit(path, change, makes=True)

    def link(self, path: str | None, target: str) -> None:
        """A symbolic link is made in place of what is there (`ln -s x folder` is the caller's to see through)."""
        entry = Entry(kind="link", origin=self.origin, mode=0o777, owner=self.owner(), target=target)
        self._edit(path, lambda _: present(entry), makes=True, follow=False)

    def put(self, path: str | None, node: Node) -> None:
        """A path becomes this, with all below it."""
        self._edit(path, lambda _: node, makes=True, follow=False)

    def change(self, path: str | None, change: Change) -> None:
        """A path becomes something else by what was there; folders on the way are made."""
        self._edit(path, change, makes=True)

    def remove(self, path: str | None) -> None:
        """A path is removed with all below it; a link, and not what it leads to. Nobody removes the root."""
        if path is not None and self.absolute(path) == "/":
            return
        self._edit(path, lambda node: node if node.presence == "absent" else absent(self.origin), follow=False)

    def empty(self, path: str | None) -> None:
        """All that is in a folder is removed (`rm -rf folder/*`, hidden files with it)."""

        def change(node: Node) -> Node:
            return folder(node.entry) if node.entry is not None and node.entry.kind == "folder" else node

        self._edit(path, change)

    def graft(
        self,
        path: str | None,
        files: Files,
        source: str,
        *,
        owner: Owner | None = None,
        mode: int | None = None,
        follow: bool = True,
    ) -> None:
        """What is at `source` of other files (or of these, for `cp -a`) is copied to exactly this path; a folder is
        merged with what is there. `owner` and `mode` are for all of it; without, they stay. `follow` is about a link at
        the source."""
        copied = Copied(self.origin, owner, mode)(files.node(source, follow=follow))
        self._edit(path, lambda node: merge(node, copied), makes=True)

    def move(self, source: str, path: str | None) -> None:
        """`mv`: what is at `source` comes to exactly this path."""
        at = self.absolute(source)
        self.put(path, unknown(self.origin) if at is None else self.now.files.node(at, follow=False))
        self.remove(source)

    def chmod(
        self,
        path: str | None,
        mode: int | Callable[[int | None, bool | None], int | None] | None,
        *,
        deep: bool = False,
    ) -> None:
        """Another mode: a number, none where it is not known, or a function of the old mode and whether it is a
        folder. `deep` is `-R`."""
        of = mode if callable(mode) else lambda _old, _folder: mode
        self._edit(path, Moded(self.origin, of, deep))

    def chown(
        self, path: str | None, owner: Owner, *, user: bool = True, group: bool = True, deep: bool = False
    ) -> None:
        """Another owner; `user` and `group` say which of both is set. `deep` is `-R`."""
        self._edit(path, Owned(self.origin, owner, user, group, deep))

    def blur(self, path: str | None) -> None:
        """A path and all below may have been written, added or removed. A folder that is there stays, and what a base
        brought."""
        hazed = Hazed(self.origin)

        def change(node: Node) -> Node:
            is_folder = node.entry is not None and node.entry.kind == "folder"
            return change_below(node, hazed) if is_folder else hazed(node)

        self._edit_perhaps(path, change)

    def grow(self, path: str | None) -> None:
        """Things may have been added at a path and below, none removed: what was absent is unknown."""
        self._edit_perhaps(path, Grown(self.origin))

    def blur_all(self) -> None:
        """A command that nobody knows has run: any file may have been written, added or removed but those of the base,
        and users and packages may have been added."""
        self.blur("/")
        accounts, packages = self.now.accounts, self.now.packages
        self.now = replace(
            self.now,
            accounts=replace(accounts, closed=False, origin=self.origin),
            packages=replace(packages, closed=False, lists="unknown"),
        )

    @contextmanager
    def perhaps(self) -> Iterator[None]:
        """What is done inside may have been done or not."""
        before = self.now
        yield
        self.now = join_states(before, self.now)

    def need(self, path: str | None, why: str) -> Found:
        """Something that a command cannot do without; `why` is a part of a sentence ("`pip install -r` reads it")."""
        found = self.look(path)
        self.needs.append(Need(found=found, why=why))
        return found

    def set_env(self, name: str, value: str | None) -> None:
        """A variable has another value; none is one that is not known."""
        self.now = replace(self.now, env=self.now.env.but({name: value}))

    def change_dir(self, path: str | None) -> None:
        """The working folder is another."""
        self.now = replace(self.now, workdir=None if path is None else self.absolute(path))

    def add_user(self, account: Account) -> None:
        """There is another user."""
        accounts = self.now.accounts
        users = {**accounts.users, account.name: account}
        self.now = replace(self.now, accounts=replace(accounts, users=users))

    def add_group(self, group: Group) -> None:
        """There is another group."""
        accounts = self.now.accounts
        groups = {**accounts.groups, group.name: group}
        self.now = replace(self.now, accounts=replace(accounts, groups=groups))

    def remove_user(self, name: str) -> None:
        """A user is gone."""
        accounts = self.now.accounts
        users = {one: account for one, account in accounts.users.items() if one != name}
        self.now = replace(self.now, accounts=replace(accounts, users=users))

    def add_package(self, package: Package) -> None:
        """A package of the distribution is installed."""
        packages = self.now.packages
        installed = {**packages.installed, package.name: package}
        self.now = replace(self.now, packages=replace(packages, installed=installed))

    def remove_package(self, name: str) -> None:
        """A package of the distribution is gone."""
        packages = self.now.packages
        installed = {one: package for one, package in packages.installed.items() if one != name}
        self.now = replace(self.now, packages=replace(packages, installed=installed))

    def owner(self) -> Owner:
        """Who owns what a command writes."""
        if self.now.is_root:
            return ROOT
        user = (self.now.user or "").partition(":")[0]
        account = self.now.accounts.user(user)
        if account is None:
            return Owner(int(user) if user.isascii() and user.isdigit() else None, None)
        return Owner(account.uid, account.gid)

    def _edit(self, path: str | None, change: Change, *, makes: bool = False, follow: bool = True) -> None:
        at = None if path is None else self.absolute(path)
        if at is None:
            self.blur_all()
            return
        made = Entry(kind="folder", origin=self.origin, mode=0o755, owner=self.parents or self.owner())
        files = self.now.files.edit(at, change, parent=made if makes else None, follow=follow)
        self.now = replace(self.now, files=files)

    def _edit_perhaps(self, path: str | None, change: Change) -> None:
        """Change what is at a path, where folders on the way to it may be made."""
        at = None if path is None else self.absolute(path)
        before = self.now.files
        self._edit(path, change, makes=True)
        if at is not None and before.look(posixpath.dirname(at)).presence != "present":
            self.now = replace(self.now, files=Files(join(before.root, self.now.files.root)))

"""How far a command reaches whose doing is not known in full: what it may have touched, and what not."""

from collections.abc import Iterable, Iterator, Mapping

from lading.check.model.changes import Grown
from lading.check.model.entry import ROOT, Entry, Nature
from lading.check.model.nodes import Below, Listed, Node, Overlaid, present, unknown, with_below
from lading.check.model.scene import Scene

SYSTEM_FOLDERS = frozenset(("bin", "boot", "dev", "etc", "lib", "lib32", "lib64", "proc", "sbin", "sys", "usr"))
"""Where only package managers and installers write."""

_PROGRAMS = """
    adduser addgroup apk apt apt-cache apt-get aptitude ash awk bash cargo cat cc chmod chown cp curl dash dig dnf
    dpkg env false find g++ gcc git go gosu grep groupadd gzip host java ls make microdnf mongo mongosh mvn mysql
    mysqladmin nc ncat netcat netstat nslookup openssl pg_dump pg_isready pgrep php ping pkill printf ps psql
    redis-cli rm ruby rustc sed sh sleep ss ssh su su-exec sudo tar telnet test true unzip useradd wget xargs yum
    zsh
"""
SYSTEM_PROGRAMS = frozenset(_PROGRAMS.split())
"""Programs that come with a distribution's packages, and with no package of PyPI, npm or the like."""

_SPECIAL_NAMES = """
    at chage chfn chsh crontab expiry fusermount fusermount3 gpasswd mount newgrp passwd ping pkexec screen
    ssh-agent su sudo umount wall write
"""
_SPECIAL = frozenset(_SPECIAL_NAMES.split())
"""Programs that have the rights of another user or group, as a rule."""


def roam(scene: Scene) -> None:
    """A program of the project's own has run (a build script, `manage.py`): it may have added anything anywhere but in
    the system's folders, and removes nothing that anybody relies on."""
    _spread(scene, "/", SYSTEM_FOLDERS)


def spread_programs(scene: Scene, folder: str, *, missing: Iterable[str] = ()) -> None:
    """Packages of a language have been installed, which may have brought any programs to a folder: none of the
    system's, and none of `missing`."""
    _spread(scene, folder, SYSTEM_PROGRAMS.union(missing))


def spread(scene: Scene, folder: str, *, missing: Iterable[str] = ()) -> None:
    """Anything may have been added to a folder but these names."""
    _spread(scene, folder, frozenset(missing))


def put_files(scene: Scene, folder: str, names: Mapping[str, Nature | None], *, mode: int | None = 0o755) -> None:
    """Files of contents that are not known are in a folder now."""
    owner = scene.owner()
    over = {
        name: present(Entry(kind="file", origin=scene.origin, mode=mode, owner=owner, nature=nature))
        for name, nature in names.items()
    }
    _lay(scene, folder, over)


def put_packaged(scene: Scene, folder: str, names: Iterable[str], *, mode: int | None = 0o755) -> None:
    """Files of a distribution's packages, or links to such, are in a folder now."""
    over = {
        name: present(Entry(kind=None, origin=scene.origin, mode=None if name in _SPECIAL else mode, owner=ROOT))
        for name in names
    }
    _lay(scene, folder, over)


def perhaps_files(scene: Scene, folder: str, names: Iterable[str]) -> None:
    """Files may have been added to a folder by these names."""
    node, grown = scene.now.files.node(folder), Grown(scene.origin)
    _lay(scene, folder, {name: grown(node.child(name)) for name in names})


def by_folder(paths: Iterable[str]) -> Iterator[tuple[str, list[str]]]:
    """The names in each folder of some files."""
    found: dict[str, list[str]] = {}
    for path in sorted(paths):
        folder, _, name = path.rpartition("/")
        found.setdefault(folder, []).append(name)
    yield from found.items()


def put_folders(scene: Scene, folder: str, names: Iterable[str]) -> None:
    """Folders with anything in them are in a folder now."""
    entry = Entry(kind="folder", origin=scene.origin, mode=0o755, owner=scene.owner())
    filled = present(entry, Listed({}, unknown(scene.origin)))
    _lay(scene, folder, dict.fromkeys(names, filled))


class _Spread(Below):
    """Children to which things may have been added, and to theirs; but none of some names, and none of the system's
    programs where a folder is one of programs."""

    __slots__ = ("_grown", "_kept", "_under")

    def __init__(self, under: Below, grown: Grown, kept: frozenset[str]) -> None:
        self.depth = under.depth + 1
        self._under = under
        self._grown = grown
        self._kept = kept

    def get(self, name: str) -> Node:
        """See `Below.get`."""
        found = self._under.get(name)
        if name in self._kept:
            return found
        kept = SYSTEM_PROGRAMS if name == "bin" else frozenset[str]()
        if found.presence == "absent":
            below = _Spread(Listed({}, found), self._grown, kept)
            return Node("unknown", self._grown.origin, None, below)
        return found if found.below is None else with_below(found, _Spread(found.below, self._grown, kept))

    def rest(self) -> Node:
        """See `Below.rest`."""
        return self._grown(self._under.rest())

    def names(self) -> Iterable[str]:
        """See `Below.names`: of those that were spared it is known that nothing has come."""
        return dict.fromkeys((*self._under.names(), *self._kept))


def _spread(scene: Scene, folder: str, kept: frozenset[str]) -> None:
    scene.folder(folder)
    at = scene.look(folder).path
    node = scene.now.files.node(at)
    if node.below is not None:
        scene.put(at, with_below(node, _Spread(node.below, Grown(scene.origin), kept)))


def _lay(scene: Scene, folder: str, over: Mapping[str, Node]) -> None:
    """A folder has some other children now; it is made where it is missing."""
    scene.folder(folder)
    at = scene.look(folder).path
    node = scene.now.files.node(at)
    if over and node.below is not None:
        scene.put(at, with_below(node, Overlaid(node.below, over)))

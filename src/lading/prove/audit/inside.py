"""An image from the inside: its files as a container sees them, who runs it, and what belongs to whom."""

import posixpath
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import NamedTuple

from lading.archive.tarheader import Kind
from lading.finding import Place
from lading.oci.documents import ImageConfig, RunConfig
from lading.prove.audit.model import Expectations, User
from lading.prove.audit.watch import Seen
from lading.prove.packages import Owner, Owners
from lading.prove.size import ImageSize

MOST_LINKS = 40
"""Links that one path may lead through (path_resolution(7))."""
DEFAULT_PATH = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")
"""Where engines look for programs of an image that does not say (moby, `oci.DefaultPathEnv`)."""
LARGEST_ID = 2**32 - 2


class File(NamedTuple):
    """An entry of the image. `layer` counts from 0; `capability` is the extended attribute `security.capability`, or
    empty; `target` is what a symbolic link says. A hard link is the file that it names."""

    kind: Kind
    mode: int
    uid: int
    gid: int
    size: int
    mtime: int
    target: str
    layer: int
    capability: bytes
    seen: Seen


class Waste(NamedTuple):
    """What one layer hides of another: bytes, and how many files, with the largest of them."""

    size: int
    files: int
    largest: str
    largest_size: int


class Secret(NamedTuple):
    """A secret in a file of a layer: whatever the layers above do with it."""

    path: str
    layer: int
    kind: str


class Origin(NamedTuple):
    """How many of the first layers are those of the base, and how that is known; 0 and empty where nothing tells."""

    layers: int
    known_by: str


class Inside:
    """Everything that the rules ask. Paths are relative to the image's root (`usr/bin/env`); a `/` in front is fine."""

    def __init__(
        self,
        *,
        config: ImageConfig,
        titles: Sequence[str],
        files: Mapping[str, File],
        size: ImageSize,
        owners: Owners,
        waste: Mapping[tuple[int, int], Waste],
        secrets: Sequence[Secret],
        origin: Origin,
        latest: Sequence[int],
        expected: Expectations,
    ) -> None:
        self.config = config
        self.titles = titles
        self.files = files
        self.size = size
        self.owners = owners
        self.waste = waste
        self.secrets = secrets
        self.origin = origin
        self.latest = latest
        self.expected = expected
        self._real: dict[str, str | None] = {}

    @cached_property
    def run(self) -> RunConfig:
        """How a container of it runs."""
        return self.config.config or RunConfig()

    @cached_property
    def env(self) -> Mapping[str, str]:
        """The image's variables."""
        return dict(line.partition("=")[::2] for line in self.run.env or ())

    @cached_property
    def search_path(self) -> tuple[str, ...]:
        """The folders where programs are looked for, absolute."""
        said = self.env.get("PATH", "")
        return tuple(folder for folder in said.split(":") if folder.startswith("/")) if said else DEFAULT_PATH

    @property
    def command(self) -> tuple[str, ...]:
        """The words that a container starts."""
        return (*(self.run.entrypoint or ()), *(self.run.cmd or ()))

    # Paths

    def real(self, path: str) -> str | None:
        """Where a path leads when all links are followed inside the image; nothing where there is nothing.

        `..` stops at the root, as it does in a container.
        """
        if path not in self._real:
            self._real[path] = self._follow(path)
        return self._real[path]

    def file(self, path: str) -> File | None:
        """The file that a path leads to; nothing for a folder, and where there is nothing."""
        real = self.real(path)
        found = self.files.get(real) if real else None
        return found if found and found.kind == "file" else None

    def is_folder(self, path: str) -> bool:
        """Whether a path leads to a folder, also to one that is only there because something is in it."""
        real = self.real(path)
        return real is not None and (real == "" or real in self._implied or self.files[real].kind == "folder")

    def place(self, path: str) -> Place:
        """Where a file is, for people."""
        found = self.files.get(path)
        return Place(path=f"/{path}", layer=self.titles[found.layer] if found else "")

    def whose(self, layer: int) -> str:
        """`the base's` or `the team's`; empty where nothing tells which layers are the base's."""
        if not self.origin.layers:
            return ""
        return "the base's" if layer < self.origin.layers else "the team's"

    def of_base(self, path: str) -> bool:
        """Whether a path is in the image because the base has it."""
        return path in self.files and self.files[path].layer < self.origin.layers

    def owner(self, path: str) -> Owner | None:
        """The package that a file belongs to."""
        return self.owners.of(path)

    @cached_property
    def _implied(self) -> frozenset[str]:
        """Folders that are there because something is in them, and that no layer has an entry for."""
        found: set[str] = set()
        for path in self.files:
            while (path := path.rpartition("/")[0]) and path not in found and path not in self.files:
                found.add(path)
        return frozenset(found)

    def _follow(self, path: str) -> str | None:
        here, links = "", 0
        parts = path.split("/")[::-1]
        while parts:
            part = parts.pop()
            if part == "..":
                here = here.rpartition("/")[0]
            elif part not in ("", "."):
                there = f"{here}/{part}" if here else part
                found = self.files.get(there)
                if found is None and there not in self._implied:
                    return None
                if found is None or found.kind != "link":
                    if found and found.kind != "folder" and any(part not in ("", ".") for part in parts):
                        return None
                    here = there
                    continue
                links += 1
                if links > MOST_LINKS:
                    return None
                here = "" if found.target.startswith("/") else here
                parts += found.target.split("/")[::-1]
        return here

    # People

    @cached_property
    def user(self) -> User:
        """Whom it runs as."""
        said = self.run.user
        name, _, group = said.partition(":")
        row = self._account("etc/passwd", name or "0")
        uid = _number(name or "0", row)
        own = _number(row[3], None) if row else 0
        gid = _number(group, self._account("etc/group", group)) if group else own
        return User(said=said, uid=uid, gid=gid if uid is not None or group else None)

    @cached_property
    def groups(self) -> frozenset[int]:
        """The groups of the user, by number: its own, and those that `/etc/group` names it in."""
        name = self.run.user.partition(":")[0] or "root"
        row = self._account("etc/passwd", name)
        name = row[0] if row else name
        further = (one for one in self.rows("etc/group") if name in one[3].split(",") and one[2].isdecimal())
        own = () if self.user.gid is None else (self.user.gid,)
        return frozenset((*own, *(int(one[2]) for one in further)))

    def may(self, path: str, bit: int) -> bool:
        """Whether the user may read (4), write (2) or execute (1) what is at a real path, by its permission bits, and
        reach it through the folders above."""
        above = path
        while above := above.rpartition("/")[0]:
            if not self._has(above, 1):
                return False
        return self._has(path, bit)

    def rows(self, path: str) -> Iterator[list[str]]:
        """The rows of passwd or group: four fields at least."""
        found = self.file(path)
        text = (found.seen.text or b"").decode(errors="replace") if found else ""
        return (row for row in (line.split(":") for line in text.splitlines()) if len(row) >= 4)

    def _has(self, path: str, bit: int) -> bool:
        found = self.files.get(path)
        if found is None:
            return bit != 2 or self.user.uid == 0
        if self.user.uid == 0:
            return bit != 1 or found.kind == "folder" or bool(found.mode & 0o111)
        if found.uid == self.user.uid:
            return bool(found.mode >> 6 & bit)
        return bool(found.mode >> (3 if found.gid in self.groups else 0) & bit)

    def _account(self, path: str, name: str) -> list[str] | None:
        """The row of a name, else of a number."""
        rows = list(self.rows(path))
        by_name = next((row for row in rows if row[0] == name), None)
        return by_name or next((row for row in rows if row[2] == name), None)

    # Programs

    def program(self, word: str) -> str | None:
        """The real path of what a word starts, as execvpe would find it: with a `/` relative to the working directory,
        else in the folders of PATH, where only an executable file counts. Nothing where there is none."""
        if "/" in word:
            whole = word if word.startswith("/") else posixpath.join(self.run.working_dir or "/", word)
            return self.real(whole) if self.file(whole) else None
        for folder in self.search_path:
            found = self.file(f"{folder}/{word}")
            if found and found.mode & 0o111:
                return self.real(f"{folder}/{word}")
        return None


def _number(name: str, row: Sequence[str] | None) -> int | None:
    """The number of an account: of its row, else what it says itself."""
    text = row[2] if row else name
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 10 and int(text) <= LARGEST_ID else None

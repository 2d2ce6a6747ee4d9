"""A repository as the commands see it: its root, files, strategy, survey and plans.

Everything is computed on first use and remembered in the store by the digest of what it depends on, so that a command
with nothing new to learn reads stamps and one remembered result, and parses nothing.
"""

import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from lading.digest import Digest
from lading.errors import LadingError, StepFailed, UsageError, raise_all
from lading.plan.model import Plan
from lading.survey.fingerprint import fingerprint
from lading.tree.tree import FolderTree, Stamp

if TYPE_CHECKING:
    from lading.cli.context import Context
    from lading.plan.reasons import Planned
    from lading.strategy.model import Read, ServiceStrategy, Strategy
    from lading.survey.model import Service, Survey, Unsupported

SETTINGS = "lading.toml"
PROJECT = "pyproject.toml"

FileStamp = tuple[int, int, int, int]
"""Size in bytes, times of change of content and inode in nanoseconds, and the inode's number."""


class _Remembered(msgspec.Struct, frozen=True):
    """Plans, and what is to be told beside them."""

    plans: tuple[Plan, ...]
    notes: tuple[str, ...]


class Project:
    """A repository. `root` is its folder, `here` the folder (relative to it) that the command is about.

    With `foreign` there may be anything in `here`: nothing of it is going to be planned.
    """

    def __init__(self, context: "Context", root: Path, here: str, *, foreign: bool = False) -> None:
        self.root = root
        self.here = here
        self._foreign = {here} if foreign else set()
        self._context = context
        self._state = f"stamps-{hashlib.sha256(os.fsencode(root)).hexdigest()[:32]}"
        self._old = context.store.get_state(self._state, dict[str, Stamp]) or {}
        self.tree = FolderTree(root, self._old)

    @cached_property
    def read(self) -> "Read":
        """The strategy, and the file that it is in. Raises `UsageError` or `Problems`."""
        from lading.strategy.read import read_strategy

        own = self.tree.read(SETTINGS) if self.tree.exists(SETTINGS) else None
        project = self.tree.read(PROJECT) if self.tree.exists(PROJECT) else None
        return read_strategy(own, project)

    @property
    def strategy(self) -> "Strategy":
        """What the team has decided."""
        return self.read.strategy

    @cached_property
    def survey(self) -> "Survey":
        """What the repository says of itself."""
        from lading.strategy.resolve import normal_folder
        from lading.survey.survey import survey

        asked = {self.here} - {"."}
        asked |= {normal_folder(one.path) for one in self.strategy.services.values() if one.path}
        return survey(self.tree, memo=self._context.store.memo, asked=sorted(asked))

    def surveyed(self) -> "Survey":
        """The survey of what is at or below `here` (or of the service around it), services by their names in
        lading.toml."""
        from lading.survey.model import Survey

        return self._context.store.memo(self._key("surveyed", self.here), Survey, self._surveyed)

    def _surveyed(self) -> "Survey":
        from lading.survey.model import Survey

        named = {name: facts for name, (facts, _) in self.services.items()}
        below = [name for name, facts in named.items() if _within(facts.folder, self.here)]
        around = [name for name, facts in named.items() if self._around(name, facts.folder)]
        unsupported = [one for one in self.survey.unsupported if _within(one.folder, self.here)]
        return Survey(
            services=tuple(_renamed(named[name], name) for name in (below or ([] if unsupported else around[-1:]))),
            unsupported=tuple(unsupported),
        )

    @cached_property
    def services(self) -> "Mapping[str, tuple[Service, ServiceStrategy]]":
        """Every service by the name that lading.toml gives it, else its own, with what holds for it; sorted.

        Raises `UsageError` (or `Problems`) when lading.toml names a service that is not there.
        """
        from lading.strategy.resolve import resolve

        images = self._images()
        named: dict[str, Service] = {}
        problems: list[LadingError] = []
        for one in self.survey.services:
            name = self._name_of(one)
            if name in named:
                problems.append(_same_name(name, named[name], one))
            if name in images:
                problems.append(_taken(name, one, f"{self.read.origin} › images.{name}"))
            named[name] = one
        raise_all(problems)
        self._check_named(named)
        found: dict[str, tuple[Service, ServiceStrategy]] = {}
        for name, facts in sorted(named.items()):
            try:
                found[name] = facts, resolve(self.read, name, facts.folder)
            except UsageError as error:
                problems.append(error)
        raise_all(problems)
        return dict(sorted({**found, **images}.items()))

    def _name_of(self, one: "Service") -> str:
        """The name that lading.toml gives a service, else its own. One that nothing in its folder names has the only
        name in lading.toml that is no other's."""
        from lading.strategy.resolve import own_settings

        name = own_settings(self.read, one.name.value, one.folder)[0]
        if one.name.certainty != "assumed" or name in self.strategy.services:
            return name
        others = {other.name.value for other in self.survey.services}
        free = [key for key, said in self.strategy.services.items() if not said.path and key not in others]
        return free[0] if len(free) == 1 else name

    def _images(self) -> "dict[str, tuple[Service, ServiceStrategy]]":
        """The images of packages that lading.toml describes, by name."""
        if not self.strategy.images:
            return {}
        from lading.plan.packages.make import packages_facts
        from lading.strategy.resolve import resolve_image

        resolved = {name: resolve_image(self.read, name) for name in self.strategy.images}
        return {name: (packages_facts(strategy), strategy) for name, strategy in resolved.items()}

    def plans(self, names: Sequence[str] = ()) -> tuple[Plan, ...]:
        """The plans of the named services, in that order; without names, of all at or below `here`, sorted.

        Raises `UsageError` or `Problems`: for a name that no service has, for a project that cannot be built, and for
        everything that stands against a plan.
        """
        from lading.cli.revision import revision_of

        revision = revision_of(self._context.env, self.root)
        words = ("plans", self.here, revision, *names)

        def compute() -> _Remembered:
            from lading.survey.shape import shape

            memo = self._context.store.memo
            key = shape(self.tree, memo, [self._settings(), *words])
            return memo(key, _Remembered, lambda: self._plans(names, revision))

        found = self._context.store.memo(self._key(*words), _Remembered, compute)
        for note in found.notes:
            self._context.note(note)
        return found.plans

    def planned(self, names: Sequence[str] = ()) -> "tuple[Planned, ...]":
        """As `plans`, each with the decisions behind it."""
        from lading.cli.revision import revision_of

        return self._planned(self._chosen(names), revision_of(self._context.env, self.root))

    @cached_property
    def apart(self) -> Mapping[str, str]:
        """The services at or below `here` (or around it) whose teams keep their own Dockerfiles, by name, with their
        folders: nothing is planned for them."""
        from lading.strategy.resolve import normal_folder

        named = {name: one for name, one in self.strategy.services.items() if one.dockerfile}
        if not named:
            return {}
        folders = {one.name: one.folder for one in self.survey.unsupported}
        folders |= {name: facts.folder for name, (facts, _) in self.services.items()}
        found = {name: normal_folder(one.path) if one.path else folders[name] for name, one in sorted(named.items())}
        below = {name: folder for name, folder in found.items() if _within(folder, self.here)}
        return below or {name: folder for name, folder in found.items() if _within(self.here, folder)}

    def plannable(self) -> tuple[str, ...]:
        """The services at or below `here` (or the one around it) that have something to start, by name."""
        from lading.plan.make import starts

        folders = {name: facts.folder for name, (facts, _) in self.services.items() if name not in self.apart}
        below = [name for name, folder in folders.items() if _within(folder, self.here)]
        here = below or [name for name, folder in folders.items() if self._around(name, folder)][-1:]
        chosen = tuple(name for name in here if starts(*self.services[name]))
        return chosen or tuple(here[:1] if len(here) == 1 else ())

    def _around(self, name: str, folder: str) -> bool:
        """Whether `here` is inside a service. Nothing is inside an image of packages, which has no folder."""
        return _within(self.here, folder) and name not in self.strategy.images

    def mentions(self, *words: bytes) -> bool:
        """Whether one of these words stands anywhere in the settings: a quick look that parses nothing."""
        return any(
            word in data
            for data in (self.tree.read(name) for name in (SETTINGS, PROJECT) if self.tree.exists(name))
            for word in words
        )

    def stamps(self) -> dict[str, FileStamp | None]:
        """Every file and folder that was looked at, by absolute path, with its stamp; nothing for what was not there.

        While none of them differs, everything here is the same.
        """
        found = {path: _stamp_of(info) for path, info in self.tree.watched().items()}
        return {**dict(_looked_for(self.root, self._context.env)), **found}

    @property
    def looked_at(self) -> int:
        """When the folder was walked, in nanoseconds since 1970."""
        self.tree.files()
        return self.tree.looked_at

    def keep(self) -> None:
        """Keep what was learned of the files, so that they need not be read again."""
        if self.tree.changed():
            kept = {path: stamp for path, stamp in self._old.items() if self.tree.exists(path)}
            with suppress(StepFailed):  # costs time at the next command, and nothing else
                self._context.store.put_state(self._state, {**kept, **self.tree.stamps()})

    def _plans(self, names: Sequence[str], revision: str) -> _Remembered:
        chosen = self._chosen(names)
        planned = self._planned(chosen, revision)
        notes = () if names else tuple(self._left_out())
        return _Remembered(tuple(one.plan for one in planned), notes)

    def _planned(self, chosen: Sequence[str], revision: str) -> "tuple[Planned, ...]":
        from lading.errors import Problems
        from lading.plan.make import make_plan

        found: list[Planned] = []
        problems: list[LadingError] = []
        for name in chosen:
            facts, strategy = self.services[name]
            try:
                found.append(make_plan(facts, strategy, revision=revision))
            except Problems as error:
                problems += error.problems
            except UsageError as error:
                problems.append(error)
        raise_all(problems)
        return tuple(found)

    def _chosen(self, names: Sequence[str]) -> tuple[str, ...]:
        """The services that are meant, by name; without names all here that can be planned."""
        if names:
            raise_all(self._unusable(names))
            return tuple(dict.fromkeys(names))
        chosen = self.plannable()
        if not chosen:
            raise_all(_own_dockerfile(name) for name in self.apart)
            raise_all([_refusal(one) for one in self.survey.unsupported if _within(one.folder, self.here)])
            raise UsageError(
                "there is no service here",
                where=str(self.root / self.here),
                fix="name the folder of one with -C, or services.NAME.command in lading.toml",
            )
        return chosen

    def _unusable(self, names: Sequence[str]) -> Iterator[LadingError]:
        from difflib import get_close_matches

        refused = {one.name: one for one in self.survey.unsupported}
        for name in names:
            if name in self.apart:
                yield _own_dockerfile(name)
                continue
            if name in self.services:
                continue
            if name in refused:
                yield _refusal(refused[name])
                continue
            known = [*self.services, *refused]
            near = get_close_matches(name, known, n=1, cutoff=0.5)
            listed = f"there are {', '.join(known)}" if known else "lading survey shows what there is"
            yield UsageError(
                f"there is no service {name!r}",
                where=str(self.root),
                fix=f"did you mean `{near[0]}`?" if near else listed,
            )

    def _left_out(self) -> Iterator[str]:
        for one in self.survey.unsupported:
            if _within(one.folder, self.here) and one.folder not in self.apart.values():
                yield f"left out: {one.name} ({one.folder}): {one.what}"

    def _check_named(self, found: "Mapping[str, Service]") -> None:
        from difflib import get_close_matches

        from lading.strategy.resolve import normal_folder

        folders = {one.folder for one in self.survey.unsupported} | {one.folder for one in found.values()}
        known = [*found, *(one.name for one in self.survey.unsupported)]
        problems = []
        for name, settings in self.strategy.services.items():
            if settings.path and (settings.dockerfile or normal_folder(settings.path) in self._foreign):
                continue  # it may be written in anything
            where = f"{self.read.origin} › services.{name}"
            if settings.path and normal_folder(settings.path) not in folders:
                problems.append(UsageError(f"there is no project in {settings.path}", where=f"{where}.path"))
            elif not settings.path and name not in known:
                near = get_close_matches(name, known, n=1, cutoff=0.5)
                fix = f"did you mean `{near[0]}`?" if near else "`path` says where it is"
                problems.append(UsageError(f"there is no service {name!r}", where=where, fix=fix))
        raise_all(problems)

    def _key(self, *words: str) -> Digest:
        return fingerprint(self.tree, [self._settings(), *words])

    def _settings(self) -> str:
        return self.tree.digest(SETTINGS) if self.tree.exists(SETTINGS) else ""


def load_project(context: "Context", path: str | None = None, *, foreign: bool = False) -> Project:
    """The repository around a folder (here by default); for `foreign` see `Project`.

    Its root is the nearest folder upwards with a `lading.toml` (or `[tool.lading]` in its `pyproject.toml`), not
    looking further than the repository of git that the folder is in; else that repository; else the folder itself.
    Raises `UsageError` when there is no such folder.
    """
    start = context.cwd / (path or "")
    if not start.is_dir():
        raise UsageError("there is no such folder", where=str(start))
    start = start.resolve()
    root = find_root(start)
    return Project(context, root, start.relative_to(root).as_posix(), foreign=foreign)


def find_root(start: Path) -> Path:
    """The root of the repository that an absolute folder is in; see `load_project`."""
    for folder in (start, *start.parents):
        if (folder / SETTINGS).is_file() or _has_table(folder / PROJECT):
            return folder
        if (folder / ".git").exists():
            return folder
    return start


def _has_table(path: Path) -> bool:
    try:
        return b"[tool.lading" in path.read_bytes()
    except OSError:
        return False


def _looked_for(root: Path, env: Mapping[str, str]) -> Iterator[tuple[str, FileStamp | None]]:
    """What decided where the root is and what its revision is, and lies outside of the tree."""
    from lading.cli.revision import watched

    paths = list(watched(env, root))
    if not ((root / SETTINGS).exists() or (root / ".git").exists() or _has_table(root / PROJECT)):
        paths += [folder / name for folder in root.parents for name in (SETTINGS, PROJECT, ".git")]
    for path in paths:
        try:
            yield str(path), _stamp_of(path.lstat())
        except OSError:
            yield str(path), None


def _stamp_of(info: os.stat_result) -> FileStamp:
    return info.st_size, info.st_mtime_ns, info.st_ctime_ns, info.st_ino


def _renamed(facts: "Service", name: str) -> "Service":
    from lading.survey.model import Fact

    if facts.name.value == name:
        return facts
    return msgspec.structs.replace(facts, name=Fact(value=name, source=f"{SETTINGS} › services.{name}.path"))


def _same_name(name: str, one: "Service", other: "Service") -> UsageError:
    return UsageError(
        f"two services are called {name}",
        where=f"{one.folder}, {other.folder}",
        fix=f'name one of them in {SETTINGS}: [services.NAME] with path = "{other.folder}"',
    )


def _taken(name: str, one: "Service", where: str) -> UsageError:
    return UsageError(
        f"a service and an image of packages are called {name}",
        where=f"{one.folder}, {where}",
        fix="give the image another name",
    )


def _own_dockerfile(name: str) -> UsageError:
    return UsageError(
        f"{name} has a Dockerfile of its own: there is no plan of it",
        where=f"{SETTINGS} › services.{name}.dockerfile",
        fix=f"lading build {name}",
    )


def _within(folder: str, other: str) -> bool:
    return other in (".", folder) or folder.startswith(f"{other}/")


def _refusal(one: "Unsupported") -> UsageError:
    return UsageError(f"{one.name}: {one.what}", where=one.file, fix=one.fix)

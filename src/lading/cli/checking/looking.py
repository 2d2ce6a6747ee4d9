"""The files that one command looks at, and all that is found in each."""

import argparse
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path

from msgspec import UNSET

from lading.check.builds import Build, Builds, compose_files_around, read_builds
from lading.check.look import Looked, Surroundings, look, read_text, shown_from
from lading.check.rules.subject import Decided
from lading.check.targets import find_files
from lading.cli.context import Context
from lading.errors import UsageError
from lading.strategy.model import Read, Strategy
from lading.tree import Patterns

STANDARD_INPUT = "<standard input>"


class Looker:
    """`texts` stand for files, by path: what fixes would make of them. `given` is a Dockerfile that came from standard
    input."""

    def __init__(
        self, args: argparse.Namespace, context: Context, *, root: Path, read: Read, given: str | None
    ) -> None:
        self._args = args
        self._cwd = context.cwd.resolve()
        self._root = root
        self._strategy = read.strategy
        self._given = given
        self.texts: dict[Path, str] = {}
        decided = decided_by(read.strategy) if read.origin else None
        self._around = Surroundings(root, shown_from(self._cwd), decided)

    @cached_property
    def _files(self) -> tuple[tuple[Path, ...], tuple[Path, ...]]:
        """The Dockerfiles and compose files that were asked for."""
        exclude = Patterns(self._strategy.check.exclude if self._strategy.check.exclude is not UNSET else ())
        named = [Path(self._cwd / path) for path in self._args.paths] or [self._cwd]
        found = [path.resolve() if path.exists() else path for path in named]
        return find_files(found, root=self._root, exclude=exclude)

    def builds(self) -> Builds:
        """What compose files say: those that were asked for, and those around Dockerfiles that were."""
        dockerfiles, compose = self._files
        around = compose_files_around(dockerfiles, self._root)
        return read_builds(dict.fromkeys((*compose, *around)), read=self.text_of, shown=self._around.shown)

    def looked(self, builds: Builds) -> Iterator[Looked]:
        """Every Dockerfile, with its findings. `UsageError` where there is none."""
        if self._given is not None:
            yield look(Path("-"), self._given, shown=STANDARD_INPUT, builds=[self._build()], around=self._around)
            return
        dockerfiles, compose = self._files
        # A compose file that is named stands for what it builds.
        meant = [path for path in builds.of if path.is_file()] if compose and not dockerfiles else []
        if not dockerfiles and not meant:
            raise UsageError("there is no Dockerfile", where=" ".join(self._args.paths) or str(self._cwd))
        for path in dockerfiles or meant:
            ways = self._ways(builds.of.get(path, ()))
            shown = self._around.shown(path)
            yield look(path, self.text_of(path), shown=shown, builds=ways, around=self._around)

    def text_of(self, path: Path) -> str:
        """The text of a file, or what stands for it. `UsageError` when it cannot be read."""
        text = self.texts.get(path)
        return read_text(path) if text is None else text

    def _ways(self, said: tuple[Build, ...]) -> list[Build]:
        """The builds of a Dockerfile: as compose files say, but for what the command line says."""
        own = self._build()
        if not said:
            return [own]
        return [
            one._replace(
                context=own.context or one.context,
                target=own.target or one.target,
                arguments={**one.arguments, **own.arguments},
            )
            for one in said
        ]

    def _build(self) -> Build:
        folder = self._cwd / self._args.context if self._args.context else None
        if folder is not None and not folder.is_dir():
            raise UsageError("there is no such folder", where=f"--context {self._args.context}")
        return Build(folder.resolve() if folder else None, self._args.target, _arguments(self._args.build_arg))


def _arguments(said: list[str]) -> Mapping[str, str]:
    pairs = [one.partition("=") for one in said]
    wrong = next((name for name, equals, _ in pairs if not name or not equals), None)
    if wrong is not None:
        raise UsageError("--build-arg takes NAME=VALUE", where=f"--build-arg {wrong}")
    return {name: value for name, _, value in pairs}


def decided_by(strategy: Strategy) -> Decided:
    """What the strategy of a repository asks of a Dockerfile."""
    check = strategy.check
    return Decided(
        bases=tuple(check.bases) if check.bases is not UNSET else (),
        user=strategy.user if strategy.user is not UNSET else "",
        allow_root=strategy.allow_root is True,
        health=None if strategy.health is UNSET else strategy.health is not False,
        labels=tuple(strategy.labels) if strategy.labels is not UNSET else (),
    )

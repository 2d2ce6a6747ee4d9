"""Small repositories in Go, and what builds their programs: the real go command with a cache of its own."""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest

from lading.assemble.go.command import GoCommand
from lading.assemble.go.steps import BinariesStep
from lading.assemble.result import Event
from lading.assemble.sources import OutsideSources
from lading.assemble.workshop import Workshop
from lading.debian.mirrors import Mirrors
from lading.http import Http
from lading.lock.model import Pins
from lading.oci.registry import Registry
from lading.plan.make import make_plan
from lading.plan.model import GoBinaries, Plan
from lading.proc import Runner
from lading.store import Store
from lading.strategy.model import Read, Strategy
from lading.strategy.resolve import resolve
from lading.survey.survey import survey
from lading.tree.tree import FolderTree

needs_go = pytest.mark.skipif(shutil.which("go") is None, reason="there is no go on PATH")

GO_MOD = "module example.test/shop\n\ngo 1.24\n"


def program(says: str, *imports: str) -> str:
    """A program that prints something, and imports packages of the module `example.test/shop`."""
    lines = "".join(f'\t_ "example.test/shop/{path}"\n' for path in imports)
    return f'package main\n\nimport (\n{lines})\n\nfunc main() {{ println("{says}") }}\n'


def write(folder: Path, files: Mapping[str, str]) -> None:
    """Write files below a folder."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def plans_of(folder: Path, strategy: Strategy | None = None) -> dict[str, Plan]:
    """The plans of all services in a folder, by name."""
    read = Read(strategy=strategy or Strategy(), origin="lading.toml")
    found = survey(FolderTree(folder))
    assert not found.unsupported
    return {one.name.value: make_plan(one, resolve(read, one.name.value, one.folder)).plan for one in found.services}


class Counted(Runner):
    """Runs commands, and keeps what was run."""

    def __init__(self) -> None:
        self.commands: list[str] = []
        super().__init__(self.commands.append)


class Bench:
    """Builds programs of the repository in `folder`, each time with a new workshop on the same store.

    `cache` is Go's own, which tests share; `env` is the caller's environment beside it.
    """

    def __init__(self, folder: Path, store: Path, cache: Path, env: Mapping[str, str] | None = None) -> None:
        self.folder = folder
        self.store = Store(store)
        self.runner = Counted()
        self.events: list[Event] = []
        self._env = {"PATH": os.environ["PATH"], "HOME": str(store), "GOCACHE": str(cache), **(env or {})}

    def workshop(self, plans: Mapping[str, Plan]) -> Workshop:
        """A workshop for one build of these plans."""
        return Workshop(
            store=self.store,
            sources=OutsideSources(
                store=self.store,
                http=Http,
                runner=lambda: self.runner,
                mirrors=lambda: Mirrors(debian="", security=""),
                registry=lambda: Registry(Http(), {}, self.runner),
                env=self._env,
            ),
            tree=FolderTree(self.folder),
            folder=self.folder,
            listener=self.events.append,
            plans=tuple(plans.values()),
        )

    def steps(self, workshop: Workshop, plans: Mapping[str, Plan], platform: str) -> dict[str, BinariesStep]:
        """The layers of programs, by service."""
        return {
            name: BinariesStep(workshop, plan, step=binaries_of(plan), pins=Pins(), platform=platform)
            for name, plan in plans.items()
        }

    def command(self) -> GoCommand:
        """The go command that builds."""
        with self.workshop({}) as workshop:
            return workshop.sources.go("1.24", Pins())


def binaries_of(plan: Plan) -> GoBinaries:
    """The step of a plan that builds its programs."""
    return next(step for stage in plan.stages for step in stage.steps if isinstance(step, GoBinaries))

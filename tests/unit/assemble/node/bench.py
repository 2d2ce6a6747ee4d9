"""Node projects in a folder, built for real: node from its wheel, packages from the registry."""

import gzip
import io
import json
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from lading.assemble.result import Event, Noted
from lading.assemble.segment import Segment
from lading.assemble.sources import OutsideSources
from lading.assemble.steps import Made
from lading.assemble.workshop import Workshop
from lading.lock.model import Pins
from lading.plan.make import make_plan
from lading.plan.model import Plan
from lading.proc import Runner
from lading.store import Store
from lading.strategy.read import read_strategy
from lading.strategy.resolve import resolve
from lading.survey.survey import survey
from lading.tree import FolderTree


def nowhere() -> object:
    """What no step of Node's asks for."""
    raise AssertionError("nothing of Debian's or of a registry's images is needed")


class Bench:
    """A folder with one project, and what builds it. `ran` are the commands that were run, `told` are the notes."""

    def __init__(self, folder: Path, store: Store, pins: Pins, env: Mapping[str, str]) -> None:
        self.folder = folder
        self.store = store
        self.pins = pins
        self.env = env
        self.ran: list[str] = []
        self.told: list[str] = []
        folder.mkdir(parents=True)

    def _listen(self, event: Event) -> None:
        if isinstance(event, Noted):
            self.told.append(event.text)

    def write(self, files: Mapping[str, str]) -> None:
        """Write files of the project."""
        for path, text in files.items():
            place = self.folder / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text)

    def package(self, **more: object) -> None:
        """Write a `package.json`."""
        self.write({"package.json": json.dumps({"name": "bench", "version": "1.0.0", **more})})

    def plan(self, settings: str = "", name: str = "") -> Plan:
        """The plan of the only service, or of the one of that name."""
        found = survey(FolderTree(self.folder))
        assert not found.unsupported, found.unsupported
        (facts,) = [one for one in found.services if name in ("", one.name.value)]
        return make_plan(facts, resolve(read_strategy(settings.encode(), None), facts.name.value, facts.folder)).plan

    @contextmanager
    def workshop(self) -> Iterator[Workshop]:
        """Everything that a step is made with."""
        sources = OutsideSources(
            store=self.store,
            http=nowhere,  # type: ignore[arg-type]
            runner=lambda: Runner(self.ran.append),
            mirrors=nowhere,  # type: ignore[arg-type]
            registry=nowhere,  # type: ignore[arg-type]
            env=self.env,
        )
        with Workshop(
            store=self.store,
            sources=sources,
            tree=FolderTree(self.folder),
            folder=self.folder,
            listener=self._listen,
            jobs=2,
        ) as workshop:
            yield workshop

    def files(self, made: Made) -> dict[str, tuple[tarfile.TarInfo, bytes]]:
        """What a step's segments hold, by path."""
        return contents(self.store, made.segments)


def contents(store: Store, segments: Sequence[Segment]) -> dict[str, tuple[tarfile.TarInfo, bytes]]:
    """The entries of some segments, each with its bytes."""
    found: dict[str, tuple[tarfile.TarInfo, bytes]] = {}
    for segment in segments:
        data = gzip.decompress(store.read(segment.digest)) + bytes(1024)
        with tarfile.open(fileobj=io.BytesIO(data)) as archive:
            for entry in archive:
                assert entry.name not in found
                file = archive.extractfile(entry) if entry.isreg() else None
                found[entry.name] = entry, file.read() if file else b""
    return found

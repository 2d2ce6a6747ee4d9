"""Public images of rendered Dockerfiles in the lock: asked for once, kept without a registry from then on."""

import io
from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest
from tests.support.golden import PROJECTS, pins_for, planned
from tests.unit.lock.archive import MemorySources

from lading.cli import lockfile
from lading.cli.context import Context
from lading.cli.project import load_project
from lading.cli.public_images import with_public_images
from lading.digest import Digest
from lading.errors import RemoteFailed
from lading.lock.model import BasePin, Pins
from lading.render.dockerfile import dockerfile, images

PLAN = planned(PROJECTS["riskshield"](), "slim").plan
LOCKED = pins_for(PLAN)
UV = "ghcr.io/astral-sh/uv:0.13.6"
PYTHON = "python:3.13-slim-trixie"


class Registries(MemorySources):
    """Registries with both images, as long as they can be reached."""

    def __init__(self, *, reached: bool = True) -> None:
        super().__init__()
        self.images = {UV: "uv", PYTHON: "python", UV.replace("0.13.6", "0.14.0"): "newer"}
        self._reached = reached

    def image(self, reference: str, platforms: tuple[str, ...], digest: Digest | None) -> tuple[BasePin, ...]:
        if not self._reached:
            raise RemoteFailed("no such host", where=reference)
        return super().image(reference, platforms, digest)


class Desk:
    """A project on a machine with some registries."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.err = io.StringIO()
        self.context = Context(env={"LADING_STORE": str(folder / "store")}, cwd=folder, err=self.err)
        self.sources = Registries()
        monkeypatch.setattr(lockfile, "pin_sources", lambda *_: self.sources)

    def locked(
        self, before: Pins = LOCKED, after: Pins = LOCKED, *, asked: bool = False, upgrade: bool = False
    ) -> Pins:
        project = load_project(self.context)
        flags = {"asked": asked, "upgrade": upgrade}
        return with_public_images(project, self.context, [PLAN], after, before=before, **flags)


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    return Desk(tmp_path, monkeypatch)


def references(pins: Pins) -> Sequence[str]:
    return [pin.reference for pin in pins.bases]


def test_all_images_of_a_dockerfile_are_known() -> None:
    assert images(PLAN, pins=LOCKED) == (UV, PYTHON)


def test_who_asks_gets_every_from_line_with_its_digest(desk: Desk) -> None:
    pins = desk.locked(asked=True)
    assert references(pins) == [UV, PYTHON]
    lines = [line for line in dockerfile(PLAN, pins=pins).splitlines() if line.startswith("FROM ")]
    assert len(lines) == 3
    assert all("@sha256:" in line for line in lines)
    assert images(PLAN, pins=pins) == (UV, PYTHON)


def test_who_never_asked_needs_no_registry(desk: Desk) -> None:
    desk.sources = Registries(reached=False)
    assert desk.locked() == LOCKED


def test_what_was_asked_for_stays_and_needs_no_registry(desk: Desk) -> None:
    before = desk.locked(asked=True)
    desk.sources = Registries(reached=False)
    assert desk.locked(before) == before


def test_an_upgrade_moves_what_is_asked_for(desk: Desk) -> None:
    before = desk.locked(asked=True)
    desk.sources.images[PYTHON] = "python with a fix"
    assert desk.locked(before, upgrade=True) == desk.locked(before, asked=True) == before
    after = desk.locked(before, asked=True, upgrade=True)
    assert after.bases[0] == before.bases[0]
    assert after.bases[1] != before.bases[1]


def test_a_moved_tag_is_pinned_anew_or_told_of(desk: Desk) -> None:
    before = desk.locked(asked=True)
    (uv,) = LOCKED.tools
    after = msgspec.structs.replace(LOCKED, tools=(msgspec.structs.replace(uv, version="0.14.0"),))
    assert references(desk.locked(before, after)) == [UV.replace("0.13.6", "0.14.0"), PYTHON]
    desk.sources = Registries(reached=False)
    assert references(desk.locked(before, after)) == [PYTHON]
    assert "uv:0.14.0 is not pinned any more: no such host" in desk.err.getvalue()
    with pytest.raises(RemoteFailed):
        desk.locked(before, after, asked=True)

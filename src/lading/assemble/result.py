"""What the engine says while it works (events) and when it is done (the result), as values that the report shows."""

from collections.abc import Callable
from typing import Literal

import msgspec

from lading.digest import Digest


class StepBegan(msgspec.Struct, frozen=True, kw_only=True):
    """A step starts. `step` is its name in the plan's words (`base`, `dependencies`, `application`, `push` …)."""

    step: str
    platform: str


class StepMoved(msgspec.Struct, frozen=True, kw_only=True):
    """A step got on: it is doing `doing`, `done` of `total` things (files, packages or bytes: `unit`)."""

    step: str
    platform: str
    doing: Literal["fetch", "install", "compile", "pack", "push", "load", "write"]
    done: int
    total: int
    unit: Literal["packages", "files", "bytes", "layers"]


class StepEnded(msgspec.Struct, frozen=True, kw_only=True):
    """A step is done, in `seconds`; `reused` when nothing had to be made."""

    step: str
    platform: str
    reused: bool
    seconds: float


class Noted(msgspec.Struct, frozen=True, kw_only=True):
    """Something that a person should know and that is no error."""

    text: str


Event = StepBegan | StepMoved | StepEnded | Noted
Listener = Callable[[Event], None]
"""Called from several threads at once; it must not raise."""


class Reason(msgspec.Struct, frozen=True, kw_only=True):
    """One input of a step that is not what it was: `uv.lock: httpx`, `0.28.1`, `0.28.2`. Empty means absent."""

    input: str
    before: str
    after: str


class StepReport(msgspec.Struct, frozen=True, kw_only=True):
    """One step, looked back on. `reasons` say why it was not reused (empty when it was, or on a first build; nothing
    where the engine does not say).

    `made` and `kept` count its segments.
    """

    step: str
    platform: str
    reused: bool
    seconds: float
    made: int
    kept: int
    reasons: tuple[Reason, ...] | None = ()
    first: bool = False


class LayerReport(msgspec.Struct, frozen=True, kw_only=True):
    """One layer: its title (`base`, `dependencies`, `application`), its bytes, compressed and as files.

    `unpacked` and `files` are -1 for layers that are not opened: those of an image base, and what a builder has pushed.
    `reused` is nothing where the engine does not say.
    """

    title: str
    digest: Digest
    size: int
    unpacked: int
    files: int
    reused: bool | None


class PlatformReport(msgspec.Struct, frozen=True, kw_only=True):
    """The image of one platform. `size` and `unpacked` are totals over its layers, in bytes; `unpacked` is -1 where no
    layer was opened."""

    platform: str
    manifest: Digest
    layers: tuple[LayerReport, ...]
    size: int
    unpacked: int


class Unmet(msgspec.Struct, frozen=True, kw_only=True):
    """A library that is missing, by its file name, and the packages that are linked with it."""

    library: str
    needed_by: tuple[str, ...]

    def told(self) -> str:
        """It in words."""
        return f"{', '.join(self.needed_by)} needs {self.library}, which is not in the image"

    def advice(self, package: str) -> str:
        """What to do about it. `package` is what Debian usually calls the package that has it, or empty."""
        likely = f" ({package}, by its name)" if package else ""
        return (
            f"lading lock, which adds Debian's package that has it{likely}; where it comes with the host: "
            f'missing-libraries = ["{self.library}"] in lading.toml'
        )


class BuildReport(msgspec.Struct, frozen=True, kw_only=True):
    """One service, built. `digest` is the index's, or the manifest's where there is one platform.

    `version` is the project's own; `delivered` lists where it went, in words. `within_budget` is nothing where the
    strategy sets no budget, or the size is not known.
    """

    service: str
    image: str
    digest: Digest
    platforms: tuple[PlatformReport, ...]
    steps: tuple[StepReport, ...]
    seconds: float
    budget: int | None = None
    within_budget: bool | None = None
    version: str = ""
    delivered: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

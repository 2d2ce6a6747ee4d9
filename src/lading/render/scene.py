"""What every step of a plan needs to know to be written into a Dockerfile, and what it gives."""

from typing import NamedTuple

import msgspec

from lading.lock.model import Pins
from lading.plan.model import Plan
from lading.render.context import Context
from lading.render.instructions import Instruction
from lading.render.public import PublicBase
from lading.render.reasons import Reasons
from lading.tree.tree import TreeFile

BUILD = "build"
"""The stage that makes what the runtime stage copies, and that does not ship."""
UV = "uv"
"""The stage that is the image of uv."""
PACKAGES = "packages"
"""The stage that unpacks Debian packages for a runtime image without apt."""
UNPACKED = "/unpacked"
"""Where that stage has them."""
MADE = "/made"
"""Where the last stage that does not ship has folders with owners and links: what is copied as it is."""
PROJECT = "/project"
"""Where the build stage has the project while uv installs it."""
DEBUG_SHELL = "debug-shell"
"""The stage that has the shell of a debug variant."""
RUNTIME_BASE = "runtime-base"
"""The stage that is the runtime image as it is published, where something must be known of it."""
ARCHITECTURE = "TARGETARCH"
"""BuildKit's name for the architecture that is built for: caches of two of them must not mix."""


class Scene(msgspec.Struct, frozen=True, kw_only=True):
    """The plan and all that its text depends on. `files` are those of the context, as far as they are known."""

    plan: Plan
    base: PublicBase
    pins: Pins | None
    reasons: Reasons
    context: Context
    files: tuple[TreeFile, ...] = ()

    @property
    def making(self) -> str:
        """The name of the last stage that does not ship; where the plan has none, of the one that unpacks packages."""
        return self.plan.stages[-2].name if len(self.plan.stages) > 1 else PACKAGES


class Blocks(NamedTuple):
    """What a step adds: stages of its own before all others (`before`), to the stage that it is in, or for a step of
    the stage that ships to the last build stage (`made`), and to the stage that ships (`shipped`)."""

    made: tuple[Instruction, ...] = ()
    shipped: tuple[Instruction, ...] = ()
    before: tuple[Instruction, ...] = ()

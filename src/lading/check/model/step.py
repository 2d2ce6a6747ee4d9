"""A Dockerfile as what happens: its stages, their steps, and what holds before and after each."""

from typing import TYPE_CHECKING

import msgspec

from lading.check.dockerfile.model import AnyInstruction, Dockerfile, Heredoc, Stage, Word
from lading.check.model.entry import Origin, Presence
from lading.check.model.files import Found
from lading.check.model.state import State

if TYPE_CHECKING:
    from lading.check.context import Context
    from lading.check.shell.model import Invocation


class Need(msgspec.Struct, frozen=True, kw_only=True):
    """Something that a command cannot do without, as it was then. `why` is a part of a sentence ("`pip install -r`
    reads it")."""

    found: Found
    why: str


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """A simple command of a RUN, and the stage before and after it. `conditional` ones may not have run."""

    invocation: "Invocation"
    before: State
    after: State
    needs: tuple[Need, ...] = ()


class Copying(msgspec.Struct, frozen=True, kw_only=True):
    """One source of a COPY or ADD.

    It is looked for in the context, or in the stage of index `stage`, or in `image`. `path` is the source with its
    variables replaced, absolute in there (nothing where they are not known; of a remote ADD, the address). `found` is
    what it means; several for a pattern (`is_pattern`), which may match nothing. `targets` are where they came to in
    this stage, as far as that is known. `ignored` is the pattern of the ignore file that hides a source which the
    context's folder does have.
    """

    source: Word | Heredoc
    presence: Presence
    path: str | None = None
    stage: int | None = None
    image: str = ""
    found: tuple[Found, ...] = ()
    is_pattern: bool = False
    targets: tuple[str, ...] = ()
    ignored: str = ""


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """An instruction, and the stage before and after it. `from_base` is of an ONBUILD that the base brings along;
    `mounted` are the indexes of the stages that a RUN mounts."""

    instruction: AnyInstruction
    from_base: bool = False
    origin: Origin
    before: State
    after: State
    calls: tuple[Call, ...] = ()
    copyings: tuple[Copying, ...] = ()
    mounted: tuple[int, ...] = ()


class StageModel(msgspec.Struct, frozen=True, kw_only=True):
    """A stage. `image` is the name that its FROM says, variables replaced (nothing where they are not known); `base` is
    the index of the stage that it builds on, where it is one. `start` is what the base has."""

    stage: Stage
    image: str | None
    base: int | None
    start: State
    steps: tuple[Step, ...]
    end: State


class Model(msgspec.Struct, frozen=True, kw_only=True):
    """A Dockerfile with its context. `target` is the index of the stage that ships; `used` are the stages that it
    needs, itself with them. The others are not built."""

    dockerfile: Dockerfile
    context: "Context"
    stages: tuple[StageModel, ...]
    target: int
    used: frozenset[int]

    @property
    def ships(self) -> StageModel:
        """The stage that ships."""
        return self.stages[self.target]

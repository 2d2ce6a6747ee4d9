"""The layer of node itself, taken from the pinned wheel for the target's architecture."""

from functools import partial
from pathlib import Path

from lading.assemble.actions import key_of
from lading.assemble.compress import NAMES
from lading.assemble.segment import Segment, SegmentWriter
from lading.assemble.steps import Made
from lading.assemble.workshop import Workshop
from lading.digest import CHUNK
from lading.errors import UsageError
from lading.lock.model import Pins, ToolPin
from lading.plan.model import NodeProgram, Plan
from lading.toolchain.node import LICENCE, PROGRAM, member_of, tool_of

PROGRAM_VERSION = "1"
"""Part of every key that depends on what of the wheel ships."""


class ProgramStep:
    """The layer with the program `node`, and the licence of the wheel that brings it."""

    title = "node"
    shares = True

    def __init__(self, workshop: Workshop, plan: Plan, *, step: NodeProgram, pins: Pins, platform: str) -> None:
        self._workshop = workshop
        self._plan = plan
        self._step = step
        self._pin = _pinned(pins, step.node, platform)

    def inputs(self) -> dict[str, str]:
        """See `LayerStep.inputs`."""
        pin = self._pin
        return {
            f"lading.lock: {pin.name}": f"{pin.version} {pin.digest}",
            "path": f"{self._step.path} {PROGRAM_VERSION}",
        }

    def make(self) -> Made:
        """See `LayerStep.make`. The wheel is not unpacked: its member goes into the layer as it is read."""
        store, compression, mtime = self._workshop.store, self._plan.compression, self._workshop.mtime
        fixed = {"compression": NAMES[compression], "time": str(mtime)}
        key = key_of("node program", {**self.inputs(), **fixed})
        known = store.get_action(key, Segment)
        if known and store.has(known.digest, known.size):
            return Made([known], 0)
        with store.scratch() as folder, SegmentWriter(store, compression, mtime) as writer:
            self._write(self._workshop.sources.tool_wheel(self._pin, folder), writer)
            segment = writer.finish()
        store.put_action(key, segment)
        return Made([segment], 1)

    def _write(self, wheel: Path, writer: SegmentWriter) -> None:
        from lading.toolchain.wheel import opened

        program = self._step.path.lstrip("/")
        targets = {PROGRAM: (program, 0o755), LICENCE: (licence_path(self._step.path).lstrip("/"), 0o644)}
        with opened(wheel, self._pin) as archive:
            for member in archive.infolist():
                path, mode = targets.get(member_of(self._pin, member.filename), ("", 0))
                if path:
                    with archive.open(member) as file:
                        writer.stream(path, iter(partial(file.read, CHUNK), b""), size=member.file_size, mode=mode)


def licence_path(program: str) -> str:
    """Where the licence lies: beside the folder of programs.

    >>> licence_path("/nodejs/bin/node")
    '/nodejs/LICENSE'
    """
    return f"{program.rpartition('/')[0].rpartition('/')[0]}/LICENSE"


def _pinned(pins: Pins, line: str, platform: str) -> ToolPin:
    pin = pins.tool(tool_of(line), platform)
    if pin is None:
        raise UsageError(f"the lock does not have node {line} for {platform}", where="lading.lock", fix="lading lock")
    return pin

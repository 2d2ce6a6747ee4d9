"""A layer with some files of a base, for images that do not stand on it."""

from collections.abc import Sequence

from lading.assemble.actions import key_of
from lading.assemble.compress import NAMES
from lading.assemble.debian_files import (
    FILTER_VERSION,
    Extra,
    canonical,
    effects,
    is_certificate,
    mode_of,
    ships,
    ships_in_static,
)
from lading.assemble.segment import Segment, SegmentWriter
from lading.assemble.steps import Made
from lading.assemble.workshop import Workshop
from lading.digest import Digest
from lading.lock.model import DebianPin
from lading.plan.bases import static_base
from lading.plan.model import BaseFiles, Plan


class BaseFilesStep:
    """The files of a base at or below some paths, a segment for each of its packages that has any."""

    title = "files of a base"
    shares = True

    def __init__(
        self, workshop: Workshop, plan: Plan, *, step: BaseFiles, packages: Sequence[DebianPin], platform: str
    ) -> None:
        self._workshop = workshop
        self._plan = plan
        self._step = step
        self._packages = packages
        self._platform = platform
        static = step.base == static_base()
        self._ships = ships_in_static if static else ships
        self._filter = f"{FILTER_VERSION}{' static' if static else ''}"

    def inputs(self) -> dict[str, str]:
        """See `LayerStep.inputs`."""
        named = {f"lading.lock: {pin.name}": f"{pin.version} {pin.digest}" for pin in self._packages}
        return {**named, "paths": " ".join(self._step.paths), "filter": self._filter}

    def make(self) -> Made:
        """See `LayerStep.make`."""
        store = self._workshop.store
        segments: list[Segment] = []
        packed = 0
        for pin in self._packages:
            key = self._key(pin)
            known = store.get_action(key, Segment)
            if known is None or not store.has(known.digest, known.size):
                known = self._pack(pin)
                store.put_action(key, known)
                packed += 1
            if known.entries:
                segments.append(known)
        return Made(segments, packed)

    def _key(self, pin: DebianPin) -> Digest:
        fixed = {"package": pin.digest, "paths": " ".join(self._step.paths), "filter": self._filter}
        return key_of(
            "files of a package",
            {**fixed, "compression": NAMES[self._plan.compression], "time": str(self._workshop.mtime)},
        )

    def _pack(self, pin: DebianPin) -> Segment:
        workshop = self._workshop
        certificates: dict[str, bytes] = {}
        with (
            workshop.packages.open(pin) as deb,
            SegmentWriter(workshop.store, self._plan.compression, workshop.mtime) as writer,
        ):
            for entry in deb.entries():
                path = canonical(entry.path)
                if is_certificate(path):
                    certificates[path] = b"".join(entry.chunks())
                elif self._wanted(path) and self._ships(path):
                    if entry.kind == "link":
                        writer.link(path, entry.target)
                    elif entry.kind == "hardlink":
                        writer.hardlink(path, canonical(entry.target), mode=mode_of(entry.mode))
                    elif entry.kind != "folder":
                        writer.stream(path, entry.chunks(), size=entry.size, mode=mode_of(entry.mode))
            for extra in effects(deb.control["Package"], certificates):
                if self._wanted(extra.path):
                    _write(writer, extra)
            return writer.finish()

    def _wanted(self, path: str) -> bool:
        return any(f"/{path}" == one or f"/{path}".startswith(f"{one}/") for one in self._step.paths)


def _write(writer: SegmentWriter, extra: Extra) -> None:
    if extra.target:
        writer.link(extra.path, extra.target)
    else:
        writer.file(extra.path, extra.data)

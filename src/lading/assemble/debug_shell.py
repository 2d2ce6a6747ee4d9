"""The last layer of a debug variant: busybox, and a link for each of its programs."""

from lading.assemble.base import STATUS_FOLDER, paragraph
from lading.assemble.debian_files import canonical
from lading.assemble.packages import where_is
from lading.assemble.segment import SegmentWriter
from lading.assemble.steps import Made
from lading.assemble.workshop import Workshop
from lading.errors import VerificationFailed
from lading.lock.model import DebianPin
from lading.plan.model import DebugShell, Plan

SHELL_VERSION = "1"
"""Bump when the same package and step become other files."""

_PROGRAM = "usr/bin/busybox"


class DebugShellStep:
    """The layer of a debug shell, from its `package`."""

    title = "debug shell"
    shares = True

    def __init__(self, workshop: Workshop, plan: Plan, *, step: DebugShell, package: DebianPin) -> None:
        self._workshop = workshop
        self._plan = plan
        self._step = step
        self._package = package

    def inputs(self) -> dict[str, str]:
        """See `LayerStep.inputs`."""
        return {
            f"lading.lock: {self._package.name}": f"{self._package.version} {self._package.digest}",
            "plan: debug shell": f"{self._step.path} {' '.join(self._step.programs)} {SHELL_VERSION}",
        }

    def make(self) -> Made:
        """See `LayerStep.make`. `VerificationFailed` when the package has no busybox."""
        workshop = self._workshop
        with SegmentWriter(workshop.store, self._plan.compression, workshop.mtime) as writer:
            self._write_package(writer)
            folder = self._step.path.lstrip("/")
            for name in self._step.programs:
                writer.link(f"{folder}/{name}", "busybox")
            return Made([writer.finish()], 1)

    def _write_package(self, writer: SegmentWriter) -> None:
        """The program, its licence, and what scanners ask for."""
        package, folder = self._package, self._step.path.lstrip("/")
        licence = f"usr/share/doc/{package.name}/copyright"
        names = {_PROGRAM: f"{folder}/busybox", licence: licence}
        written: set[str] = set()
        with self._workshop.packages.open(package) as deb:
            for entry in deb.entries():
                name = canonical(entry.path)
                if name in names and entry.kind == "file":
                    mode = 0o755 if name == _PROGRAM else 0o644
                    writer.stream(names[name], entry.chunks(), size=entry.size, mode=mode)
                    written.add(name)
            writer.file(f"{STATUS_FOLDER}/{package.name}", paragraph(deb).encode())
        if _PROGRAM not in written:
            raise VerificationFailed(
                f"the package has no {_PROGRAM}", where=where_is(package), fix="lading lock --upgrade"
            )

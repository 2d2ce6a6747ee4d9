"""Programs of one C library in a stage with the other, or with none."""

from collections.abc import Iterator

from lading.check.model.entry import Binary
from lading.check.model.step import Copying, Step
from lading.check.rules.origins import first_made, shown, since
from lading.check.rules.subject import Subject, tell
from lading.finding import Finding, Rule

PROGRAM = Rule(
    id="wrong-libc",
    severity="error",
    title="A program needs a C library that the stage does not have",
    why="The kernel looks for the loader that the program names. Where it is missing, the runtime says that the "
    "program itself does not exist.",
)
MODULES = Rule(
    id="modules-of-another-libc",
    severity="warning",
    title="Installed modules come from a stage with another C library",
    why="Wheels and add-ons with machine code are for glibc or for musl: what was installed on one cannot be loaded on "
    "the other.",
)
RULES = (PROGRAM, MODULES)

LOADERS = {
    ("glibc", "x86_64"): "/lib64/ld-linux-x86-64.so.2",
    ("glibc", "aarch64"): "/lib/ld-linux-aarch64.so.1",
    ("musl", "x86_64"): "/lib/ld-musl-x86_64.so.1",
    ("musl", "aarch64"): "/lib/ld-musl-aarch64.so.1",
}
"""The loader of each C library by the kernel's word for the machine."""


def find(subject: Subject) -> Iterator[Finding]:
    """What the container starts, and modules that are copied from stage to stage."""
    for one in subject.starts:
        found = one.found
        program = found.entry.program if found.present and found.entry is not None else None
        if not isinstance(program, Binary) or found.origin.act == "base":
            continue
        loader = program.interpreter or LOADERS.get((program.libc or "", one.state.system.machine), "")
        if loader and one.state.files.look(loader).absent:
            yield tell(
                PROGRAM, one.place,
                f"{shown(found.path)} is linked with {program.libc or 'another C library'}, and this stage has no "
                f"{shown(loader)}", since(first_made(found.origin), "it was made here"),
                since(one.state.files.look(loader).origin, "this is what the stage has"),
                help="build it static (`CGO_ENABLED=0` for Go), or start the stage from an image with that library",
            )  # fmt: skip
    for step in subject.steps():
        for copying in step.copyings:
            yield from _modules(subject, step, copying)


def _modules(subject: Subject, step: Step, one: Copying) -> Iterator[Finding]:
    if one.stage is None or one.path is None:
        return
    there = subject.model.stages[one.stage].end
    theirs, ours = there.system.libc, step.before.system.libc
    if not theirs or not ours or theirs == ours:
        return
    files = there.files
    if (
        one.path.rstrip("/").endswith(("/site-packages", "/node_modules"))
        or files.look(f"{one.path}/pyvenv.cfg").present
    ):
        yield tell(
            MODULES, step.origin.place, f"{shown(one.path)} was installed for {theirs}, and this stage has {ours}",
            since(subject.model.stages[one.stage].end.files.root.origin, f"this stage has {theirs}"),
            help="install in a stage of the same distribution as the one that ships",
        )  # fmt: skip

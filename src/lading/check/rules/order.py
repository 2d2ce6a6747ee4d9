"""An order of instructions that throws the cache away."""

from collections.abc import Iterator

from lading.check.dockerfile.model import Copy, Heredoc
from lading.check.model.step import Call, Step
from lading.check.rules.origins import shown
from lading.check.rules.subject import Subject, tell
from lading.finding import Because, Finding, Rule

SOURCE = Rule(
    id="source-before-dependencies",
    severity="warning",
    title="The whole source is copied before dependencies are installed",
    why="Any change of any file makes the builder install all dependencies again: a layer is kept only while "
    "everything above it stays the same.",
)
RULES = (SOURCE,)

_BARE: dict[str, tuple[tuple[str, ...], ...]] = {
    "npm": (("ci",), ("install",), ("i",)),
    "yarn": ((), ("install",)),
    "pnpm": (("install",), ("i",)),
    "bundle": (("install",),),
    "composer": (("install",),),
    "go": (("mod", "download"),),
    "poetry": (("install",),),
}


def find(subject: Subject) -> Iterator[Finding]:
    """The first installation of each stage that stands behind a copy of everything."""
    for stage in subject.used():
        whole: Step | None = None
        for step in stage.steps:
            installs = next((call for call in step.calls if _installs(call)), None)
            if installs is not None:
                if whole is not None:
                    yield _found(subject, whole, installs)
                break
            if whole is None and _is_whole(step):
                whole = step


def _is_whole(step: Step) -> bool:
    copy = step.instruction
    if (
        not isinstance(copy, Copy)
        or step.from_base
        or copy.flag("from") is not None
        or copy.flag("exclude") is not None
    ):
        return False
    return any(not isinstance(source, Heredoc) and source.text in (".", "./", "/") for source in copy.sources)


def _installs(call: Call) -> bool:
    """Whether a command needs no more of the source than lists of what it is to install."""
    name = call.invocation.name
    words = tuple(word.text or "" for word in call.invocation.arguments)
    operands = tuple(word for word in words if not word.startswith("-"))
    if name in ("pip", "pip3"):
        return "install" in operands and "-r" in words and "." not in words and "-e" not in words
    if name == "uv":
        return operands[:1] == ("sync",) and bool({"--no-install-project", "--no-install-workspace"} & {*words})
    if name == "poetry":
        return operands[:1] == ("install",) and "--no-root" in words
    return operands in _BARE.get(name, ())


def _found(subject: Subject, whole: Step, call: Call) -> Finding:
    name = " ".join(word.written for word in call.invocation.words[:2])
    return tell(
        SOURCE, subject.place(whole.instruction.span),
        f"all of the source is copied before {shown(name)}, which then runs again for every change",
        Because(place=subject.place(call.invocation.span), text=f"{shown(name)} needs no more than those lists"),
        help="copy the lists of dependencies first, install them, and copy the source behind that",
    )  # fmt: skip

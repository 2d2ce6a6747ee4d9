"""COPY of what is not there: never made in the other stage, hidden by the ignore file, or missing altogether."""

from collections.abc import Iterator

from lading.check.dockerfile.model import Heredoc
from lading.check.model.files import Files, Found
from lading.check.model.step import Copying
from lading.check.rules.origins import first_made, shown, since
from lading.check.rules.subject import Subject, tell
from lading.finding import Because, Finding, Place, Rule

SOURCE = Rule(
    id="copy-source-missing",
    severity="error",
    title="COPY names what is not there",
    why="The builder looks every source up before it starts and stops at the first one that is missing.",
)
IGNORED = Rule(
    id="copy-source-ignored",
    severity="error",
    title="COPY names what the ignore file hides",
    why="What `.dockerignore` hides is never sent to the builder: to a COPY it is as if it were not there.",
)
RULES = (SOURCE, IGNORED)

_MADE_FOLDERS = frozenset({"bin", "build", "dist", "out", "output", "release", "target", "_build", "artifacts"})
_MADE_SUFFIXES = frozenset({
    "apk", "br", "bz2", "css", "deb", "exe", "gz", "jar", "js", "map", "rpm", "so", "tar", "tgz", "war", "wasm", "whl",
    "xz", "zip", "zst",
})  # fmt: skip


def find(subject: Subject) -> Iterator[Finding]:
    """Sources that are certainly absent."""
    for step in subject.steps():
        for one in step.copyings:
            if one.presence == "absent" and not one.is_pattern and not isinstance(one.source, Heredoc):
                yield _missing(subject, one)


def _missing(subject: Subject, one: Copying) -> Finding:
    place = Place(path=subject.path, span=one.source.span)
    path = shown(one.path or "")
    if one.ignored:
        ignore = subject.model.context.ignore_file
        because = Because(place=Place(path=ignore), text=f"the pattern {shown(one.ignored)} hides it")
        return tell(
            IGNORED, place, f"{path} is in the folder, but not sent to the builder", because,
            help=f"take it back in {ignore}: `!{(one.path or '').strip('/')}`",
        )  # fmt: skip
    if one.stage is None:
        if one.image:
            return tell(SOURCE, place, f"there is no {path} in the image {shown(one.image)}")
        what = f"there is no {path} in the build context"
        if _may_be_made(one.path or ""):
            help_ = "have it made by a stage, so that the Dockerfile builds by itself"
            return tell(
                SOURCE, place, f"{what}: unless something makes it first, nothing is built", severity="warning",
                help=help_,
            )  # fmt: skip
        return tell(SOURCE, place, what)
    stage = subject.model.stages[one.stage]
    name = stage.stage.name or str(stage.stage.index)
    found = stage.end.files.look(one.path or "/")
    because = since(first_made(found.origin), f"after this nothing makes {path}")
    return tell(
        SOURCE, place, f"the stage {shown(name)} has no {path}", because, *_elsewhere(stage.end.files, one.path or ""),
    )  # fmt: skip


def _may_be_made(path: str) -> bool:
    """Whether a file of the context may be what a build outside of the Dockerfile leaves there: a program, an archive,
    or something in a folder for output. Lists, settings and source are not made in passing."""
    *folders, name = path.strip("/").split("/")
    suffix = name.rpartition(".")[2] if "." in name else ""
    return not suffix or suffix.lower() in _MADE_SUFFIXES or not _MADE_FOLDERS.isdisjoint([*folders, name])


def _elsewhere(files: Files, path: str) -> Iterator[Because]:
    """Something of the same name that a command has made nearby."""
    name = path.rstrip("/").rpartition("/")[2]
    for folder in ("/app", "/src", "/build", "/usr/src/app", "/usr/local/bin", "/go/bin", "/"):
        found: Found = files.look(f"{folder.rstrip('/')}/{name}")
        if name and found.present and found.origin.act in ("run", "copy"):
            yield since(found.origin, f"this makes {shown(found.path)}")
            return

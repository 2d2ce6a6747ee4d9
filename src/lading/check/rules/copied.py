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
        where = f"the image {shown(one.image)}" if one.image else "the build context"
        return tell(SOURCE, place, f"there is no {path} in {where}")
    stage = subject.model.stages[one.stage]
    name = stage.stage.name or str(stage.stage.index)
    found = stage.end.files.look(one.path or "/")
    because = since(first_made(found.origin), f"after this nothing makes {path}")
    return tell(
        SOURCE, place, f"the stage {shown(name)} has no {path}", because, *_elsewhere(stage.end.files, one.path or ""),
    )  # fmt: skip


def _elsewhere(files: Files, path: str) -> Iterator[Because]:
    """Something of the same name that a command has made nearby."""
    name = path.rstrip("/").rpartition("/")[2]
    for folder in ("/app", "/src", "/build", "/usr/src/app", "/usr/local/bin", "/go/bin", "/"):
        found: Found = files.look(f"{folder.rstrip('/')}/{name}")
        if name and found.present and found.origin.act in ("run", "copy"):
            yield since(found.origin, f"this makes {shown(found.path)}")
            return

"""What a build really makes, and what the model of its Dockerfile claims: every claim is held against the files."""

import io
import posixpath
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from lading.check.context import Context, folder_context
from lading.check.dockerfile.parse import parse
from lading.check.model.files import Files, Found
from lading.check.model.step import Model
from lading.check.stages.evaluate import evaluate

if TYPE_CHECKING:
    from tests.engine.conftest import Program

Real = Mapping[str, tarfile.TarInfo]
"""The files of an image by absolute path."""


def build(docker: "Program", folder: Path, *flags: str) -> Real:
    """Build the Dockerfile in a folder, and list what is in the image."""
    made = docker.attempt("buildx", "build", "--network=host", "--output=type=tar,dest=-", *flags, folder)
    assert made.returncode == 0, made.stderr.decode()
    with tarfile.open(fileobj=io.BytesIO(made.stdout)) as files:
        return {"/" + member.name.strip("/"): member for member in files}


def model_of(folder: Path, contexts: Mapping[str, Context] | None = None, target: str = "") -> Model:
    """The model of the Dockerfile in a folder, which is its context."""
    text = (folder / "Dockerfile").read_text()
    return evaluate(parse(text, "Dockerfile"), folder_context(folder), contexts=contexts, target=target)


def wrong_claims(files: Files, real: Real, *, beside: Sequence[str] = ("/proc", "/sys", "/dev")) -> list[str]:
    """What the model claims and is not so: of every path that it names, and of every path that is there."""
    named = [found for found in files.below("/") if not found.path.startswith(tuple(beside))]
    there = [files.look(path, follow=False) for path in real if not path.startswith(tuple(beside))]
    return sorted({wrong for found in (*named, *there) for wrong in _wrong(found, real)})


def certain(files: Files, real: Real) -> float:
    """The part of what is there that the model is certain of."""
    known = [files.look(path, follow=False).present for path in real]
    return sum(known) / len(known)


def _wrong(found: Found, real: Real) -> Iterator[str]:
    member = real.get(found.path)
    if found.presence == "absent" and member is not None:
        yield f"{found.path} is there; absent by {found.origin.text}"
    if found.entry is None:
        return
    if member is None:
        yield f"{found.path} is not there; present by {found.origin.text}"
        return
    entry = found.entry
    kind = "folder" if member.isdir() else "link" if member.issym() else "file"
    if entry.kind not in (None, kind) and not (entry.kind == "file" and _leads_to_file(member, found.path, real)):
        yield f"{found.path} is a {kind}, not a {entry.kind}"
    if entry.kind == "link" and entry.target != member.linkname:
        yield f"{found.path} leads to {member.linkname}, not {entry.target}"
    if entry.mode is not None and not member.issym() and entry.mode != member.mode:
        yield f"{found.path} has mode {member.mode:o}, not {entry.mode:o}"
    if entry.owner is not None:
        for name, claimed, is_so in (("user", entry.owner.uid, member.uid), ("group", entry.owner.gid, member.gid)):
            if claimed not in (None, is_so):
                yield f"{found.path} is {name} {is_so}'s, not {claimed}'s"


def _leads_to_file(member: tarfile.TarInfo, path: str, real: Real) -> bool:
    """Whether a link leads to a file at once: what packages bring is told by what it is, and not by how."""
    target = posixpath.normpath(posixpath.join(posixpath.dirname(path), member.linkname)) if member.issym() else ""
    return target in real and not real[target].isdir()

"""Dockerfiles in tests of `lading check`: from text and files to a model."""

from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent

from lading.check.bases.find import base_state
from lading.check.context import folder_context
from lading.check.dockerfile.parse import parse
from lading.check.model.entry import Act, Origin
from lading.check.model.scene import Scene
from lading.check.model.step import Model
from lading.check.stages.evaluate import evaluate
from lading.finding import Place


def modelled(folder: Path, text: str, files: Mapping[str, str] | None = None) -> Model:
    """The model of a Dockerfile in a folder with these files; a name with `*` at its end is executable, one with `/` a
    folder, and a text that starts with `-> ` a link."""
    for name, content in (files or {}).items():
        put(folder, name, content)
    return evaluate(parse(dedent(text), "Dockerfile"), folder_context(folder))


def put(folder: Path, name: str, content: str) -> None:
    """Make one of the files that `modelled` takes."""
    path = folder / name.rstrip("*/")
    path.parent.mkdir(parents=True, exist_ok=True)
    if name.endswith("/"):
        path.mkdir(exist_ok=True)
    elif content.startswith("-> "):
        path.symlink_to(content.removeprefix("-> "))
    else:
        path.write_text(content)
        path.chmod(0o755 if name.endswith("*") else 0o644)


def origin(text: str, act: Act = "run") -> Origin:
    """An instruction that made something so."""
    return Origin(act=act, place=Place(path="Dockerfile"), text=text, stage=0)


def scene(base: str = "scratch") -> Scene:
    """A stage on a base, and a command at work on it."""
    return Scene(base_state(base, origin(base, "base"), "x86_64"), origin("RUN it"))

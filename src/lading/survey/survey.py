"""A source tree becomes a survey. What was read once is not parsed again: every step is remembered by its content."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import msgspec

from lading.survey.fingerprint import fingerprint
from lading.survey.ground import Ground, Memo, forget
from lading.survey.model import Fact, Survey, Unsupported
from lading.tree import Tree

if TYPE_CHECKING:
    from lading.survey.model import Service


def survey(tree: Tree, *, memo: Memo = forget, asked: Sequence[str] = ()) -> Survey:
    """What is in a repository. `asked` are folders that somebody has named, by standing in them or in lading.toml.

    Projects that cannot be built are told of in `unsupported` and are no error. Raises `UsageError` only when the tree
    cannot be read.
    """
    key = fingerprint(tree, ["whole", *sorted(asked)])
    return memo(key, Survey, lambda: _survey(Ground(tree, memo), asked))


def _survey(ground: Ground, asked: Sequence[str]) -> Survey:
    """Each project is answered for by one language: with its facts, or with what stands against building it."""
    from lading.survey.folders import find_projects, of_python
    from lading.survey.python.surveyor import PythonSurveyor

    found = [one for one in find_projects(ground.paths, asked) if not ground.hidden(one.folder)]
    python = PythonSurveyor(ground, found)
    answers: list[Service | Unsupported] = []
    answers += python.answers(one for one in found if of_python(one))
    if any(path.endswith("go.mod") for path in ground.paths):
        from lading.survey.go.find import find_services

        answers += find_services(ground, found, asked)
    if any("package.json" in one.files for one in found):
        from lading.survey.node.surveyor import NodeSurveyor

        node = NodeSurveyor(ground, found)
        answers += [node.answer(one) for one in found if node.is_project(one)]
    services = [one for one in answers if not isinstance(one, Unsupported)]
    unsupported = [one for one in answers if isinstance(one, Unsupported)]
    return Survey(
        services=tuple(sorted(_named_apart(services), key=lambda one: one.name.value)),
        unsupported=tuple(sorted(unsupported, key=lambda one: (one.name, one.folder))),
    )


def _named_apart(services: Sequence["Service"]) -> Iterable["Service"]:
    """Services by their projects' names; those whose names clash by their folders."""
    from lading.survey.python.tables import normalised

    names = [one.name.value for one in services]
    for one in services:
        if names.count(one.name.value) == 1 or one.folder == ".":
            yield one
        else:
            name = normalised("-".join(one.folder.split("/")).strip("-._"))
            why = f"the folder, because several projects are called {one.name.value}"
            yield msgspec.structs.replace(one, name=Fact(value=name or one.name.value, source=why, certainty="found"))

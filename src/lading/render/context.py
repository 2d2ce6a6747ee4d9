"""What a Dockerfile's build context has: all that any step of the plan reads, and nothing that may not leave the desk.

One Dockerfile has one context. The steps of a plan leave out different files: a wheel may need a README that the image
must not have. So the context has what any of them reads, `surplus` tells what a step must not take along, and `chosen`
what it then names one by one: COPY of a whole folder can leave nothing out.
"""

from collections.abc import Iterator, Sequence
from posixpath import dirname, join

import msgspec

from lading.plan.excludes import escaped
from lading.plan.model import (
    CopyFile,
    CopyTree,
    GoBinaries,
    NodeBuild,
    NodeModules,
    Plan,
    PythonDependencies,
    PythonProject,
)
from lading.render.requirements import files_of
from lading.tree.patterns import Patterns
from lading.tree.tree import SKIPPED_FOLDERS, TreeFile

WHEEL_SOURCES = (
    "LICENCE", "LICENSE", "LICENSE.md", "LICENSE.txt", "MANIFEST.in", "README", "README.md", "README.rst", "README.txt",
    "hatch_build.py", "pyproject.toml", "requirements.txt", "setup.cfg", "setup.py",
)  # fmt: skip
"""What the build of a wheel may read at the root of a project, where the application's own source is copied too."""

MOST_CHOSEN = 24
"""Files and folders that are named one by one at most: an image has no more than 127 layers."""


class Context(msgspec.Struct, frozen=True, kw_only=True):
    """`patterns` are the lines of the ignore file; `again` are paths that they take back for the build's sake."""

    patterns: tuple[str, ...]
    again: tuple[str, ...]

    def surplus(self, copy: CopyTree) -> tuple[str, ...]:
        """The paths below what a step copies, relative to it, that are in the context and that it leaves out."""
        exclude = Patterns(copy.exclude)
        below = "" if copy.source in (".", "") else f"{copy.source.strip('/')}/"
        return tuple(
            path.removeprefix(below) for path in self.again if path.startswith(below) and exclude.matches(path)
        )

    def chosen(self, copy: CopyTree, files: Sequence[TreeFile]) -> tuple[str, ...]:
        """The fewest paths, relative to what a step copies, that together are all that it ships of the context's files
        and nothing of its surplus. Folders end with `/`.

        Nothing where the whole may be copied, and where it must be: COPY follows a link that it is given by name, which
        one inside of a folder stays (and of too many names, each would be a layer).
        """
        surplus = self.surplus(copy)
        opened = {"", *(folder for path in surplus for folder in _folders(path))} if surplus else set[str]()
        exclude = Patterns(copy.exclude)
        below = "" if copy.source in (".", "") else f"{copy.source.strip('/')}/"
        found: dict[str, None] = {}
        for file in files:
            path = file.path.removeprefix(below)
            if not opened or not file.path.startswith(below) or exclude.matches(file.path):
                continue
            name = next((f"{folder}/" for folder in _folders(path) if folder not in opened), path)
            if not name.isprintable() or (name == path and file.link is not None):
                return ()
            found[name] = None
        if len(found) > MOST_CHOSEN:
            return ()
        return tuple(sorted(found, key=lambda name: (name.endswith("/"), dirname(name), name)))


def _folders(path: str) -> Iterator[str]:
    """The folders above a path, the outermost first."""
    parts = path.split("/")[:-1]
    return ("/".join(parts[: at + 1]) for at in range(len(parts)))


def context_of(plan: Plan) -> Context:
    """The context of a plan's Dockerfile."""
    steps = [step for stage in plan.stages for step in stage.steps]
    copies = [step for step in steps if isinstance(step, CopyTree)]
    projects = [step for step in steps if isinstance(step, PythonProject)]
    needed = {path for step in steps if isinstance(step, PythonDependencies) for path in files_of(step)}
    needed |= {step.source for step in steps if isinstance(step, CopyFile)}
    go = [step for step in steps if isinstance(step, GoBinaries)]
    needed |= {path for step in go for path in step.manifests}
    if copies:
        for project in projects:
            left_out = Patterns(project.exclude)
            sources = {join(dirname(project.project), name) for name in WHEEL_SOURCES}
            needed |= {path for path in sources if not left_out.matches(path)}
    builds = [step for step in steps if isinstance(step, NodeBuild)]
    installs = [step.install for step in steps if isinstance(step, NodeBuild | NodeModules)]
    needed |= {path for one in installs for path in (one.lock, *one.manifests) if path}
    excludes = [
        *(step.exclude for step in builds),
        *(step.exclude for step in copies),
        *(step.exclude for step in projects),
        *(one.exclude for one in go),
    ]
    exclude = _of_folders(copies, projects) or (excludes[0] if excludes else ("**",))
    skipped = tuple(f"**/{name}" for name in sorted(SKIPPED_FOLDERS))
    lines = Patterns(exclude).lines
    matched = Patterns((*lines, *skipped))
    again = tuple(sorted(path for path in needed if matched.matches(path)))
    return Context(patterns=(*lines, *skipped), again=again)


def _of_folders(copies: Sequence[CopyTree], projects: Sequence[PythonProject]) -> tuple[str, ...]:
    """The patterns of a context of which only some folders take part: what is copied from each, else what the build of
    its wheel sees. Nothing where the whole context takes part."""
    of_folder = {dirname(one.project) or ".": one.exclude for one in projects}
    of_folder |= {copy.source or ".": copy.exclude for copy in copies}
    if not of_folder or "." in of_folder:
        return ()
    own = (f"!{escaped(folder)}" for folder in sorted(of_folder))
    return ("**", *own, *(line for _, lines in sorted(of_folder.items()) for line in lines))

"""What has changed since a commit, service by service: by what each image is made of, not by which files were touched.

The repository as it was at the commit is laid out in a folder of the store and planned like the one that is there; a
service is affected when an input of a step, or its plan, is not the same. So a change in a shared package concerns the
services that import it, one in a README concerns none, and one in lading.lock those whose packages moved.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from lading import __version__
from lading.assemble.actions import ENGINE_VERSION, key_of
from lading.assemble.inputs import Changes, Subject, Then, compare, inputs_of, inputs_of_folder
from lading.cli.context import Context
from lading.cli.lockfile import LOCK_NAME, read_pins
from lading.errors import LadingError, UsageError

if TYPE_CHECKING:
    from lading.cli.project import Project


def changes_since(project: "Project", context: Context, revision: str, services: Sequence[str] = ()) -> Changes:
    """The services (all at or below the project's `here`, or those named) that differ from where this branch left
    `revision`.

    Raises `UsageError` when git knows no such commit, and what `Project.plans` raises.
    """
    git = Git(project.root, context)
    commit = git.base(revision)
    names = list(services) or [*project.plannable(), *project.apart]
    now, subjects = _inputs(project, names, context), list(_subjects(project, names))
    then = _then(project, context, git, commit)
    found = compare(subjects, then, now, since=commit)
    everywhere = not services and project.here == "."
    return msgspec.structs.replace(found, gone=tuple(sorted(then.inputs.keys() - now))) if everywhere else found


def _subjects(project: "Project", names: Sequence[str]) -> Iterator[Subject]:
    from lading.cli.own_dockerfile import strategy_of

    planned = [name for name in names if name not in project.apart]
    plans = {plan.service: plan for plan in (project.plans(planned) if planned else ())}
    for name in names:
        if name in plans:
            yield Subject(name, plans[name].folder, plans[name].image)
        else:
            yield Subject(name, project.apart[name], strategy_of(project, name, project.apart[name]).image)


class Git:
    """Git, for one repository. It is asked for commits and files alone; nothing of the repository is changed."""

    def __init__(self, root: Path, context: Context) -> None:
        self._root = root
        self._context = context

    def base(self, revision: str) -> str:
        """The commit where HEAD's history left that of `revision`: what a branch has changed is told from there."""
        commit = self._ask("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
        if not commit:
            raise UsageError(
                f"git knows no commit {revision!r}",
                where=str(self._root),
                fix="name a commit, tag or branch that is here; a shallow clone lacks history: git fetch --unshallow",
            )
        return self._ask("merge-base", commit, "HEAD") or commit

    def tree(self, commit: str) -> str:
        """The name of a commit's tree: the same for the same files."""
        return self._ask("rev-parse", "--verify", f"{commit}^{{tree}}")

    def lay_out(self, commit: str, folder: Path) -> Path:
        """Write the files of a commit below `folder`; where the project's root is in it."""
        top = Path(self._ask("rev-parse", "--show-toplevel"))
        env = {"GIT_INDEX_FILE": str(folder / "index"), "GIT_WORK_TREE": str(top)}
        self._do("read-tree", commit, env=env)
        files = folder / "files"
        self._do("checkout-index", "--all", "--force", f"--prefix={files}/", env=env)
        files.mkdir(exist_ok=True)  # a commit may have no files
        return files / self._root.resolve().relative_to(top.resolve())

    def _ask(self, *words: str) -> str:
        done = self._context.runner.run(["git", *words], cwd=self._root)
        if done.code and "not a git repository" in done.err:
            raise UsageError("there is no git repository here", where=str(self._root))
        if done.code and "dubious ownership" in done.err:
            raise UsageError(
                "git does not trust this repository: it belongs to somebody else",
                where=str(self._root),
                fix=f"git config --global --add safe.directory {self._root}",
            )
        return "" if done.code else done.out.strip()

    def _do(self, *words: str, env: Mapping[str, str]) -> None:
        done = self._context.runner.run(["git", *words], cwd=self._root, env=env)
        if done.code:
            raise UsageError(f"git {words[0]} failed: {done.err.strip()[:500]}", where=str(self._root))


def _then(project: "Project", context: Context, git: Git, commit: str) -> Then:
    """What every service depended on at a commit; remembered, since a commit stays."""
    key = key_of(
        "inputs of a commit",
        {"tree": git.tree(commit), "root": str(project.root), "version": f"{__version__} {ENGINE_VERSION}"},
    )

    def compute() -> Then:
        with context.store.scratch() as folder:
            return _planned_then(git.lay_out(commit, folder), context)

    return context.store.memo(key, Then, compute)


def _planned_then(root: Path, context: Context) -> Then:
    from lading.cli.project import Project

    inputs: dict[str, dict[str, str]] = {}
    refused: dict[str, str] = {}
    if root.is_dir():
        then = Project(context, root, ".")
        try:
            names = [*then.plannable(), *then.apart]
            refused = {one.name: one.what for one in then.survey.unsupported}
        except LadingError:
            names = []  # settings that clash with the services of then
        try:
            inputs = _inputs(then, names, context)  # together: tools are asked once for all of them
        except LadingError:
            for name in names:
                try:
                    inputs |= _inputs(then, [name], context)
                except LadingError as error:
                    refused[name] = error.what
    return Then(inputs=inputs, refused=refused)


def _inputs(project: "Project", names: Sequence[str], context: Context) -> dict[str, dict[str, str]]:
    """Everything that the images of services depend on, by name."""
    from lading.assemble.workshop import Workshop
    from lading.cli.outside import outside_sources

    found = {name: inputs_of_folder(project.tree, project.apart[name]) for name in names if name in project.apart}
    planned = [name for name in names if name not in project.apart]
    if not planned:
        return found
    plans, pins = project.plans(planned), read_pins(project.root)
    if pins is None:
        raise UsageError("there is no lock", where=str(project.root / LOCK_NAME), fix="lading lock")
    sources = outside_sources(context, project)
    with Workshop(
        store=context.store,
        sources=sources,
        tree=project.tree,
        folder=project.root,
        listener=lambda _: None,
        plans=plans,
    ) as workshop:
        return found | {plan.service: inputs_of(workshop, plan, pins) for plan in plans}

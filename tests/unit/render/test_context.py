"""What reaches a build, held against what the embedded engine copies."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.golden import PROJECTS, planned
from tests.support.projects import FASTAPI_APP, tree_of

from lading.errors import UsageError
from lading.plan.model import CopyTree, Plan, PythonProject, Stage
from lading.render.context import MOST_CHOSEN, WHEEL_SOURCES, Context, context_of
from lading.render.dockerignore import dockerignore, lines
from lading.tree import MemoryTree, Patterns
from lading.tree.patterns import parse_ignore_file
from lading.tree.tree import SKIPPED_FOLDERS, TreeFile

_BUILD = '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n'


def copies(plan: Plan) -> CopyTree:
    (found,) = (step for stage in plan.stages for step in stage.steps if isinstance(step, CopyTree))
    return found


def sent(plan: Plan, paths: list[str]) -> set[str]:
    """What BuildKit sends of these files, going by the text of the ignore file."""
    ignored = Patterns(parse_ignore_file(dockerignore(plan)))
    return {path for path in paths if not ignored.matches(path)}


def files(tree: MemoryTree) -> list[str]:
    return [file.path for file in tree.files()]


def test_a_service_gets_its_source_and_the_build_its_lock() -> None:
    tree = PROJECTS["riskshield"]()
    plan = planned(tree).plan
    shipped = {path for path in files(tree) if not Patterns(copies(plan).exclude).matches(path)}
    assert sent(plan, files(tree)) == {*shipped, "pyproject.toml", "uv.lock"}
    assert set(context_of(plan).surplus(copies(plan))) == {"pyproject.toml", "uv.lock"}


def test_what_the_code_reads_is_not_taken_away_again() -> None:
    """A service that reads its own pyproject.toml ships it."""
    tree = tree_of({"main.py": FASTAPI_APP, "lading.toml": 'include = ["pyproject.toml"]\n'})
    plan = planned(tree).plan
    assert context_of(plan).surplus(copies(plan)) == ("uv.lock",)


def test_a_wheel_that_ships_beside_source_has_what_its_build_reads() -> None:
    more = {"src/api/__init__.py": "", "src/api/main.py": FASTAPI_APP, "alembic.ini": "", "README.md": "# Read",
            "secret.pem": "", "tests/test_it.py": ""}  # fmt: skip
    tree = tree_of(more, "fastapi", "uvicorn", "alembic", more=_BUILD)
    plan = planned(tree).plan
    assert any(isinstance(step, PythonProject) for stage in plan.stages for step in stage.steps)
    got = sent(plan, files(tree))
    assert {"README.md", "pyproject.toml", "uv.lock", "alembic.ini", "src/api/main.py"} <= got
    assert not {"secret.pem", "tests/test_it.py"} & got
    assert {"README.md", "pyproject.toml", "uv.lock"} <= set(context_of(plan).surplus(copies(plan)))


def test_what_a_team_leaves_out_stays_out_though_wheels_often_read_it() -> None:
    more = {"src/api/__init__.py": "", "src/api/main.py": FASTAPI_APP, "alembic.ini": "", "README.md": "",
            "lading.toml": 'exclude = ["README.md"]\n'}  # fmt: skip
    plan = planned(tree_of(more, "fastapi", "uvicorn", "alembic", more=_BUILD)).plan
    assert "README.md" in WHEEL_SOURCES
    assert "README.md" not in sent(plan, ["README.md"])


@pytest.mark.parametrize("folder", sorted(SKIPPED_FOLDERS))
def test_folders_that_no_plan_looks_into_are_not_sent(folder: str) -> None:
    plan = planned(PROJECTS["riskshield"]()).plan
    assert not sent(plan, [f"{folder}/x.py", f"a/{folder}/x.py"])


@given(
    st.lists(st.text(alphabet="a#!*?[]\\/ .é", min_size=1, max_size=8), max_size=5),
    st.text(alphabet="a#!é", max_size=4),
)
def test_patterns_mean_the_same_in_the_file(patterns: list[str], path: str) -> None:
    clean = Patterns(patterns).lines
    again = Patterns(parse_ignore_file("\n".join(lines(clean))))
    assert again.matches(path) == Patterns(patterns).matches(path)


@pytest.mark.parametrize("pattern", ["a\nb", "a\rb", "a\0", "\udcff"])
def test_a_pattern_that_no_line_can_hold_is_refused(pattern: str) -> None:
    with pytest.raises(UsageError):
        list(lines([pattern]))


def test_stages_without_source_send_nothing_but_what_installs() -> None:
    plan = planned(PROJECTS["packaged"]()).plan
    assert isinstance(plan.runtime, Stage)
    assert sent(plan, ["uv.lock", "pyproject.toml", "src/api/main.py", "tests/x.py", ".env"]) == {
        "uv.lock", "pyproject.toml", "src/api/main.py"}  # fmt: skip


def copied(chosen: tuple[str, ...], paths: set[str]) -> set[str]:
    """What COPY takes of a context when it is given these names; all of it without any."""
    if not chosen:
        return paths
    return {
        path for path in paths if any(path == one or (one.endswith("/") and path.startswith(one)) for one in chosen)
    }


_NAMES = st.sampled_from(("a", "b.py", "README.md", "uv.lock", "pyproject.toml", "tests", "x.pem", "é ü", "é"))
_NAMES_OF_FOLDERS = ("a", "b.py", "tests", "é ü", "é")
_PATHS = st.lists(st.lists(_NAMES, min_size=1, max_size=4).map("/".join), max_size=12)


PLANS = tuple(
    planned(
        tree_of({"src/api/__init__.py": "", "alembic.ini": "", "src/api/main.py": FASTAPI_APP}, *locked, more=build)
    ).plan
    for locked, build in ((("fastapi", "uvicorn"), ""), (("fastapi", "uvicorn", "alembic"), _BUILD))
)
"""Of source alone, and of source beside a wheel."""


@given(_PATHS, st.sampled_from(PLANS))
def test_names_are_chosen_that_copy_what_ships_and_nothing_else(paths: list[str], plan: Plan) -> None:
    context = context_of(plan)
    kept = {path for path in paths if path.split("/")[0] in {path, *_NAMES_OF_FOLDERS}}
    listed = sorted(path for path in kept if not any(other.startswith(f"{path}/") for other in kept))
    surplus = set(context.surplus(copies(plan)))
    names = context.chosen(copies(plan), [TreeFile(path, False, 0, None) for path in listed])
    reached = sent(plan, listed)
    assert surplus
    if reached - surplus:
        assert copied(names, reached) == reached - surplus
    else:
        assert names == ()


def test_a_link_beside_what_stays_behind_means_the_whole_folder() -> None:
    """COPY would follow it."""
    tree = tree_of({"src/main.py": FASTAPI_APP})
    plan = planned(tree).plan
    linked = MemoryTree({file.path: tree.read(file.path) for file in tree.files()}, links={"current": "src"})
    assert context_of(plan).chosen(copies(plan), tree.files()) == ("src/",)
    assert context_of(plan).chosen(copies(plan), linked.files()) == ()
    many = [*tree.files(), *(tree.files()[0]._replace(path=f"{at}.py") for at in range(MOST_CHOSEN))]
    assert context_of(plan).chosen(copies(plan), many) == ()


def test_what_stays_behind_is_named_by_its_place_in_the_context() -> None:
    """A member of a workspace: patterns are relative to the context, what is copied to the member's folder."""
    left = ("services/api/.gitignore", "services/api/uv.lock")
    copy = CopyTree(source="services/api", destination="/app", exclude=left, why="")
    context = Context(patterns=(), again=("services/api/uv.lock",))
    names = (".gitignore", "main.py", "src/a.py", "uv.lock")
    files = [TreeFile(f"services/api/{name}", False, 0, None) for name in names]
    assert context.chosen(copy, files) == ("main.py", "src/")

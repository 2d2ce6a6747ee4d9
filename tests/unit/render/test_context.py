"""What reaches a build, held against what the embedded engine copies."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.golden import PROJECTS, planned
from tests.support.projects import FASTAPI_APP, tree_of

from lading.errors import UsageError
from lading.plan.model import CopyTree, Plan, PythonProject, Stage
from lading.render.context import WHEEL_SOURCES, context_of
from lading.render.dockerignore import dockerignore, lines
from lading.tree import MemoryTree, Patterns
from lading.tree.patterns import parse_ignore_file
from lading.tree.tree import SKIPPED_FOLDERS

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

import pytest
from tests.support.golden import FOLDER, PROJECTS, plan_text


@pytest.mark.parametrize("name", PROJECTS)
def test_the_plan_is_the_one_that_was_reviewed(name: str) -> None:
    reviewed = (FOLDER / f"{name}.json").read_text(encoding="utf-8")
    assert plan_text(PROJECTS[name]()) == reviewed, "python -m tests.support.golden writes them anew: review the diff"


def test_every_golden_plan_has_a_project() -> None:
    assert {path.stem for path in FOLDER.glob("*.json")} == set(PROJECTS)

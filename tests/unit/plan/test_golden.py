import pytest
from tests.support.golden import FOLDER, plans

NOW = plans()


@pytest.mark.parametrize("name", sorted(NOW))
def test_the_plan_is_the_one_that_was_reviewed(name: str) -> None:
    reviewed = (FOLDER / name).read_text(encoding="utf-8")
    assert NOW[name] == reviewed, "python -m tests.support.golden writes them anew: review the diff"


def test_every_golden_plan_has_a_project() -> None:
    assert {path.name for path in FOLDER.iterdir()} == set(NOW)

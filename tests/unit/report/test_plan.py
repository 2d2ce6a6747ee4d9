import msgspec
import pytest
from tests.support.golden import plans

from lading.plan.model import Plan
from lading.plan.reasons import Decision
from lading.report.plan import render_plan

PLANS = plans()
NAMES = sorted(name.removesuffix(".json") for name in PLANS)


class Reviewed(msgspec.Struct):
    """What a golden file holds."""

    plan: Plan
    why: tuple[Decision, ...]


def planned(name: str) -> Reviewed:
    return msgspec.json.decode(PLANS[f"{name}.json"], type=Reviewed)


@pytest.mark.parametrize("name", NAMES)
def test_every_decision_is_shown_once_beside_what_it_decided(name: str) -> None:
    found = planned(name)
    text = " ".join(word for line in render_plan(found.plan, found.why) for word in line.strip("│├└─ ").split())
    for one in found.why:
        assert text.count(f"· {one.name}: {' '.join(one.value.split())}") == 1, one


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("width", [60, 80, 120])
def test_lines_keep_to_the_width_but_for_words_that_are_longer(name: str, width: int) -> None:
    found = planned(name)
    for line in render_plan(found.plan, found.why, width=width):
        assert len(line) <= width or max(map(len, line.split())) > width - 20


def test_steps_processes_and_notes_are_there() -> None:
    text = "\n".join(render_plan(planned("flask-shop").plan))
    assert "slim: Debian trixie with" in text
    assert "or          migrate: -m alembic upgrade head" in text
    assert "note        psycopg2 loads system libraries" in text
    assert "budget      150 MB on disk" in text


def test_a_wheel_and_an_image_base_and_no_check() -> None:
    text = "\n".join(render_plan(planned("packaged").plan))
    assert "project: pyproject.toml as a wheel into /app/.venv" in text
    assert "image python:3.12-slim" in text
    assert "health      no check" in text


def test_colours_only_when_asked_for() -> None:
    plan = planned("riskshield").plan
    assert not any("\x1b" in line for line in render_plan(plan))
    assert any("\x1b" in line for line in render_plan(plan, colour=True))

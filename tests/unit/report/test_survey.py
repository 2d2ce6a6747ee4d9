from tests.support.projects import FASTAPI_APP, tree_of

from lading.report.survey import render_survey
from lading.survey.model import Survey, Unsupported
from lading.survey.survey import survey


def lines(files: dict[str, str], *packages: str) -> list[str]:
    return render_survey(survey(tree_of({"main.py": FASTAPI_APP, **files}, *packages)))


def test_each_fact_has_its_row() -> None:
    text = "\n".join(lines({"Procfile": "clock: python clock.py\nbad: a && b\n", "own.pem": "", "app.py": FASTAPI_APP}))
    assert "runs clock  python clock.py" in text
    assert "not usable: it wants a shell" in text
    assert "secrets     own.pem" in text
    assert "assumed: main.py:4" in text
    assert "also        app:app (FastAPI)" in text


def test_long_values_and_sources_go_on_in_the_next_row() -> None:
    long = {"jobs.py": f"from celery import Celery\n{'x' * 60} = Celery()\n"}
    found = lines(long, "fastapi", "celery")
    assert max(map(len, found)) <= 80
    at = next(number for number, line in enumerate(found) if line.startswith("  runs worker"))
    assert found[at].endswith("jobs.py:2")
    assert f"jobs:{'x' * 60}"[-10:] in "".join(line.strip() for line in found[at : at + 4])
    assert not any("…" in line for line in found)


def test_what_a_service_needs_beside_it_is_told() -> None:
    found = "\n".join(lines({"conf.py": "import os\nx = os.getenv('REDIS_URL', 'redis://x')\n"}, "fastapi", "asyncpg"))
    assert "needs     redis (REDIS_URL)        conf.py:2" in found
    assert "postgres (DATABASE_URL)  assumed: uv.lock › asyncpg" in found


def test_what_cannot_be_built_is_told_with_the_way_out() -> None:
    one = Unsupported(name="web", folder="web", file="web/yarn.lock", what="yarn.lock: not yet", fix="wait")
    assert render_survey(Survey(unsupported=(one,))) == [
        "not built", "  web  web/yarn.lock", "    yarn.lock: not yet", "    do: wait", "",
        "0 services, 1 project that cannot be built",
    ]  # fmt: skip


def test_nothing_is_told_as_nothing() -> None:
    assert render_survey(Survey()) == ["there is no project here"]

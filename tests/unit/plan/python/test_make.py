from collections.abc import Mapping

import pytest
from tests.support.projects import FASTAPI_APP, facts_of, pyproject, tree_of, uv_lock

from lading.errors import LadingError, Problems, UsageError
from lading.plan.make import make_plan
from lading.plan.model import (
    Accounts,
    CopyFromStage,
    CopyTree,
    DebianBase,
    ImageBase,
    PythonDependencies,
    PythonProject,
)
from lading.plan.reasons import Planned
from lading.strategy.read import read_strategy
from lading.strategy.resolve import resolve
from lading.tree import MemoryTree, Patterns

FILES = {"main.py": FASTAPI_APP}
PACKAGE = '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n'


def planned(
    settings: str = "",
    *,
    files: Mapping[str, str] = FILES,
    packages: tuple[str, ...] = (),
    tree: MemoryTree | None = None,
    more: str = "",
    requires: str = ">=3.11",
    revision: str = "",
) -> Planned:
    facts = facts_of(tree or tree_of(files, *packages, more=more, requires=requires))
    strategy = resolve(read_strategy(settings.encode(), None), facts.name.value, facts.folder)
    return make_plan(facts, strategy, revision=revision)


def problems(**given: object) -> list[LadingError]:
    with pytest.raises((UsageError, Problems)) as caught:
        planned(**given)  # type: ignore[arg-type]
    return list(caught.value.problems) if isinstance(caught.value, Problems) else [caught.value]


def problem(**given: object) -> LadingError:
    (found,) = problems(**given)
    return found


def test_the_stages_are_those_of_a_careful_engineer() -> None:
    plan = planned().plan
    assert [stage.name for stage in plan.stages] == ["build", "runtime"]
    assert [type(step) for step in plan.stage("build").steps] == [PythonDependencies]
    assert [type(step) for step in plan.runtime.steps] == [Accounts, CopyFromStage, CopyTree]
    assert plan.stages[0].base == plan.runtime.base
    assert isinstance(plan.runtime.base, DebianBase)


def test_what_the_container_starts_is_the_images_own_python_in_exec_form() -> None:
    config = planned().plan.config
    assert config.entrypoint == ("/app/.venv/bin/python",)
    assert config.command == ("-m", "uvicorn", "main:app", "--host", "0.0.0.0", "--port", "8080")
    assert (config.workdir, config.user, config.stop_signal, config.port) == ("/app", "65532:65532", "SIGTERM", 8080)
    assert config.health is not None
    assert config.health.command[0] == "/app/.venv/bin/python"
    assert config.health.path == "/health"


def test_the_environment_and_labels_are_sorted_and_the_strategys_win() -> None:
    plan = planned(
        'env = { PYTHONUNBUFFERED = "0", A = "1" }\nlabels = { "com.example.team" = "x" }\n', revision="abc"
    ).plan
    env, labels = dict(plan.config.env), dict(plan.config.labels)
    assert plan.config.env == tuple(sorted(plan.config.env))
    assert plan.config.labels == tuple(sorted(plan.config.labels))
    assert (env["PYTHONUNBUFFERED"], env["A"], env["LANG"]) == ("0", "1", "C.UTF-8")
    assert labels == {
        "com.example.team": "x",
        "org.opencontainers.image.revision": "abc",
        "org.opencontainers.image.title": "api",
        "org.opencontainers.image.version": "1.2.3",
    }


def test_a_revision_that_is_not_known_is_not_claimed() -> None:
    assert "org.opencontainers.image.revision" not in dict(planned().plan.config.labels)


def test_no_secret_is_ever_put_into_the_environment_unasked() -> None:
    files = {"main.py": f"import os\nSECRET_KEY = os.environ['SECRET_KEY']\n{FASTAPI_APP}", ".env": "SECRET_KEY=x\n"}
    plan = planned(files=files).plan
    assert "SECRET_KEY" not in dict(plan.config.env)
    copy = plan.runtime.steps[-1]
    assert isinstance(copy, CopyTree)
    assert Patterns(copy.exclude).matches(".env")


def test_an_environment_that_looks_like_a_secret_is_noted_and_its_value_not_shown() -> None:
    made = planned('env = { API_KEY = "hunter2", API_KEY_FILE = "/run/secrets/x", MONKEY = "no" }\n')
    assert [note for note in made.plan.notes if "secret" in note] == [
        "env.API_KEY looks like a secret, and whoever has the image can read it"
    ]
    assert "hunter2" not in str(made.decisions)


def test_a_package_is_built_in_the_build_stage_and_its_source_does_not_ship() -> None:
    files = {"src/api/__init__.py": "", "src/api/main.py": FASTAPI_APP}
    plan = planned(files=files, more=PACKAGE).plan
    assert [type(step) for step in plan.stage("build").steps] == [PythonDependencies, PythonProject]
    assert not any(isinstance(step, CopyTree) for step in plan.runtime.steps)
    assert "PYTHONPATH" not in dict(plan.config.env)
    assert plan.config.command[2] == "api.main:app"


@pytest.mark.parametrize(("files", "why"), [
    ({"web/main.py": FASTAPI_APP}, "may not have web.main"),
    ({"src/api/__init__.py": "", "src/api/main.py": FASTAPI_APP, "alembic.ini": ""}, "migrate needs files outside"),
])  # fmt: skip
def test_what_a_wheel_may_not_have_is_copied_beside_it(files: dict[str, str], why: str) -> None:
    plan = planned(files=files, more=PACKAGE, packages=("fastapi", "uvicorn", "alembic")).plan
    assert isinstance(plan.runtime.steps[-1], CopyTree)
    assert any(why in note for note in plan.notes)


def test_a_folder_that_imports_need_is_on_the_module_path() -> None:
    files = {"src/main.py": f"import other\n{FASTAPI_APP}", "src/other.py": ""}
    plan = planned(files=files).plan
    assert dict(plan.config.env)["PYTHONPATH"] == "/app/src"
    assert plan.config.command[2] == "main:app"


def test_the_port_variable_is_set_when_the_code_reads_it() -> None:
    files = {"main.py": f"import os\nP = os.getenv('PORT', 9000)\n{FASTAPI_APP}"}
    assert dict(planned(files=files).plan.config.env)["PORT"] == "9000"
    assert "PORT" not in dict(planned().plan.config.env)


def test_a_guess_is_never_silent() -> None:
    notes = planned(files={"main.py": FASTAPI_APP.replace("/health", "/"), "app.py": FASTAPI_APP}).plan.notes
    assert any("port 8080 is assumed" in note for note in notes)
    assert any("the app is assumed to be main:app; there is also app:app" in note for note in notes)
    assert any("no health route" in note for note in notes)


def test_settings_leave_nothing_to_guess() -> None:
    plan = planned('port = 9000\nhealth = { path = "/up", interval = "5s" }\n').plan
    assert (plan.notes, plan.config.port) == ((), 9000)
    assert plan.config.health is not None
    assert (plan.config.health.path, plan.config.health.interval, plan.config.health.port) == ("/up", 5.0, 9000)


def test_the_health_check_can_be_switched_off() -> None:
    plan = planned("health = false\nport = 1\n").plan
    assert (plan.config.health, plan.notes) == (None, ())


def test_migrations_are_never_part_of_the_start() -> None:
    plan = planned(files={**FILES, "alembic.ini": ""}, packages=("fastapi", "uvicorn", "alembic")).plan
    assert "alembic" not in plan.config.command
    assert {one.name: one.command for one in plan.processes}["migrate"] == ("-m", "alembic", "upgrade", "head")


def test_a_process_whose_program_is_only_for_development_is_left_out_with_a_note() -> None:
    plan = planned(files={**FILES, "alembic.ini": ""}).plan
    assert [one.name for one in plan.processes] == ["web"]
    assert any("alembic is not installed" in note for note in plan.notes)


def test_the_web_line_of_a_procfile_is_the_command() -> None:
    files = {
        **FILES,
        "Procfile": "web: gunicorn main:app -k uvicorn.X -b 0.0.0.0:$PORT\nclock: python clock.py\n",
    }
    plan = planned("port = 7000\n", files=files).plan
    assert plan.config.command == (
        "-m",
        "gunicorn",
        "main:app",
        "-k",
        "uvicorn.X",
        "-b",
        "0.0.0.0:7000",
    )
    assert [(one.name, one.command) for one in plan.processes[1:]] == [("clock", ("clock.py",))]


def test_a_web_line_that_wants_a_shell_is_not_used() -> None:
    plan = planned(files={**FILES, "Procfile": "web: alembic upgrade head && uvicorn main:app\n"}).plan
    assert plan.config.command[:3] == ("-m", "uvicorn", "main:app")
    assert any("it wants a shell" in note for note in plan.notes)


def test_the_strategys_command_and_processes_win() -> None:
    settings = 'command = ["uvicorn", "other:app", "--port", "1234"]\n[processes]\nworker = ["python", "work.py"]\n'
    plan = planned(settings, files={**FILES, "Procfile": "worker: python old.py\n"}).plan
    assert plan.config.command == ("-m", "uvicorn", "other:app", "--port", "1234")
    assert {one.name: (one.command, one.source) for one in plan.processes}["worker"] == (
        ("work.py",), "lading.toml › processes.worker",
    )  # fmt: skip


def test_a_project_with_one_script_starts_it_and_serves_nothing() -> None:
    more = f'[project.scripts]\ntool = "api.cli:main"\n{PACKAGE}'
    plan = planned(files={"src/api/cli.py": ""}, more=more).plan
    assert plan.config.command == ("/app/.venv/bin/tool",)
    assert (plan.config.port, plan.config.health, plan.notes) == (None, None, ())


def test_of_several_scripts_the_one_with_the_projects_name_is_started() -> None:
    more = f'[project.scripts]\napi = "api.cli:main"\nother = "api.cli:other"\n{PACKAGE}'
    assert planned(files={"src/api/cli.py": ""}, more=more).plan.config.command == ("/app/.venv/bin/api",)


def test_nothing_to_start_is_an_error_that_says_what_to_name() -> None:
    found = problem(files={"x.py": ""})
    assert "nothing to start" in found.what
    assert "services.api.command" in found.fix


def test_migrations_alone_are_nothing_to_start() -> None:
    assert "nothing to start" in problem(files={"alembic.ini": ""}, packages=("alembic",)).what


def test_several_processes_and_none_to_start_are_named() -> None:
    found = problem(files={"Procfile": "a: python a.py\nb: python b.py\n"})
    assert "several processes (a, b)" in found.what


def test_a_missing_server_is_told_with_what_to_add() -> None:
    found = problem(packages=("fastapi",))
    assert "no server" in found.what
    assert found.fix == "uv add uvicorn"
    found = problem(files={"main.py": "from flask import Flask\napp = Flask('x')\n"}, packages=("flask", "uvicorn"))
    assert found.fix == "uv add gunicorn"


def test_a_server_that_only_development_has_is_no_server() -> None:
    lock = uv_lock("fastapi", groups={"dev": ["uvicorn"]})
    tree = MemoryTree({**FILES, "pyproject.toml": pyproject(), "uv.lock": lock})
    found = problem(tree=tree)
    assert "uvicorn is only in the group dev" in found.what
    assert 'groups = ["dev"]' in found.fix


def test_groups_and_extras_that_are_asked_for_bring_their_packages() -> None:
    lock = uv_lock("fastapi", groups={"prod": ["uvicorn"]}, extras={"web": ["granian"]})
    project = pyproject(more="[project.optional-dependencies]\nweb = []\n[dependency-groups]\nprod = []\n")
    tree = MemoryTree({**FILES, "pyproject.toml": project, "uv.lock": lock})
    plan = planned('groups = ["prod"]\n', tree=tree).plan
    assert plan.config.command[1] == "uvicorn"
    step = plan.stage("build").steps[0]
    assert isinstance(step, PythonDependencies)
    assert (step.groups, step.extras) == (("prod",), ())
    assert planned('extras = ["web"]\n', tree=tree).plan.config.command[1] == "granian"


def test_a_group_that_is_not_there_gets_the_nearest_name() -> None:
    lock = uv_lock("fastapi", "uvicorn", groups={"production": []})
    tree = MemoryTree({**FILES, "pyproject.toml": pyproject(), "uv.lock": lock})
    found = problem(settings='groups = ["prodution"]\n', tree=tree)
    assert (found.where, found.fix) == ("lading.toml › groups", "did you mean `production`?")


@pytest.mark.parametrize(("requires", "suite"), [(">=3.11", "trixie"), (">=3.11,<3.12", "bookworm")])
def test_the_python_decides_the_release(requires: str, suite: str) -> None:
    base = planned(requires=requires).plan.runtime.base
    assert isinstance(base, DebianBase)
    assert base.suite == suite


def test_a_python_that_debian_does_not_offer_is_an_error_with_a_way_out() -> None:
    found = problem(requires=">=3.12,<3.13")
    assert "wants Python 3.12, and the base distroless has 3.13 and 3.11" in found.what
    assert found.fix == 'take an image base: base = "python:3.12-slim"'


def test_a_version_file_within_a_wider_range_has_two_ways_out() -> None:
    found = problem(files={**FILES, ".python-version": "3.12"})
    assert found.where == ".python-version"
    assert 'or set python = "3.13" in lading.toml' in found.fix


def test_the_strategys_python_must_be_one_that_the_project_allows() -> None:
    found = problem(settings='python = "3.11"\n', requires=">=3.12")
    assert "needs Python >=3.12, and 3.11 is asked for" in found.what
    base = planned('python = "3.11"\n', requires=">=3.11").plan.runtime.base
    assert isinstance(base, DebianBase)
    assert base.interpreter == "/usr/bin/python3.11"


def test_an_image_base_brings_its_own_python() -> None:
    plan = planned('base = "python:3.12-slim"\n').plan
    assert plan.runtime.base == ImageBase(reference="python:3.12-slim", interpreter="/usr/local/bin/python3.12")
    step = plan.stage("build").steps[0]
    assert isinstance(step, PythonDependencies)
    assert step.python == "3.12"
    assert not any(isinstance(one, Accounts) for one in plan.runtime.steps)
    assert "SSL_CERT_FILE" not in dict(plan.config.env)


def test_an_image_with_another_python_than_the_project_names_is_refused() -> None:
    found = problem(settings='base = "python:3.12-slim"\n', files={**FILES, ".python-version": "3.13"})
    assert "wants Python 3.13, and python:3.12-slim has 3.12" in found.what


def test_another_image_must_say_where_its_python_is() -> None:
    assert "interpreter" in problem(settings='base = "registry.example/base:1"\n').fix
    base = planned('base = "registry.example/base:1"\ninterpreter = "/opt/python"\n').plan.runtime.base
    assert isinstance(base, ImageBase)
    assert base.interpreter == "/opt/python"


@pytest.mark.parametrize("base", ["python:3.13-alpine", "alpine:3.22"])
def test_an_image_without_glibc_is_refused(base: str) -> None:
    found = problems(settings=f'base = "{base}"\ninterpreter = "/usr/bin/python3"\n')
    assert any("glibc" in one.what for one in found)


def test_debian_packages_cannot_be_added_to_an_image() -> None:
    assert "cannot be added" in problem(settings='base = "python:3.13-slim"\npackages = ["libpq5"]\n').what


def test_system_libraries_are_added_with_a_note() -> None:
    made = planned('packages = ["libmagic1t64"]\n', packages=("fastapi", "uvicorn", "psycopg2"))
    base = made.plan.runtime.base
    assert isinstance(base, DebianBase)
    assert {"libpq5", "libmagic1t64"} <= set(base.roots)
    assert any("psycopg2" in note and "libpq5" in note for note in made.plan.notes)


def test_all_problems_are_told_at_once() -> None:
    found = problems(
        settings='groups = ["x"]\nbase = "registry.example/base:1"\npackages = ["libpq5"]\n', packages=("fastapi",)
    )
    assert len(found) == 4


@pytest.mark.parametrize(("user", "name", "home"), [
    ("65532", "nonroot", "/home/nonroot"), ("1000:1000", "app", "/home/app"), ("65534", "nobody", "/nonexistent"),
])  # fmt: skip
def test_the_user_has_a_name_and_a_home(user: str, name: str, home: str) -> None:
    step = planned(f'user = "{user}"\n').plan.runtime.steps[0]
    assert isinstance(step, Accounts)
    assert (step.user, step.home) == (name, home)


def test_a_plan_names_no_lines_so_that_a_moved_line_changes_nothing() -> None:
    files = {**FILES, "alembic.ini": "", "jobs.py": "from celery import Celery\nq = Celery()\n"}
    moved = {path: f"# one more line\n{text}" if path.endswith(".py") else text for path, text in files.items()}
    packages = ("fastapi", "uvicorn", "alembic", "celery")
    first, second = planned(files=files, packages=packages), planned(files=moved, packages=packages)
    assert first.plan == second.plan
    assert first.decisions != second.decisions


def test_every_decision_has_a_source() -> None:
    assert all(one.source and one.value for one in planned('env = { A = "1" }\nbudget = "1GB"\n').decisions)

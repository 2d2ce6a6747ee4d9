import io
import os
import subprocess
import sys
import textwrap
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

import pytest
from tests.support.projects import FASTAPI_APP, pyproject, uv_lock

from lading.cli.context import Context
from lading.cli.project import Project, find_root, load_project
from lading.errors import LadingError, Problems, UsageError
from lading.plan.model import Plan

STARTED = '{"name": "web", "scripts": {"start": "node server.js"}}'
"""A project on Node."""


def write(folder: Path, files: Mapping[str, str]) -> Path:
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    return folder


def service(folder: str = "", name: str = "api", **files: str) -> dict[str, str]:
    own = {
        "pyproject.toml": pyproject(name),
        "uv.lock": uv_lock("fastapi", "uvicorn", name=name),
        "main.py": FASTAPI_APP,
    }
    return {f"{folder}/{path}" if folder else path: text for path, text in {**own, **files}.items()}


class Repository:
    """A repository in a folder, with a store of its own beside it."""

    def __init__(self, folder: Path, files: Mapping[str, str]) -> None:
        self.folder = write(folder / "repo", {".git/HEAD": "", **files})
        self.store = folder / "store"
        self.err = io.StringIO()

    def project(self, at: str = ".", *, path: str | None = None, **env: str) -> Project:
        context = Context(
            env={"LADING_STORE": str(self.store), **env}, cwd=self.folder / at, out=io.StringIO(), err=self.err
        )
        return load_project(context, path)

    def services(self, at: str = ".") -> list[str]:
        return [plan.service for plan in self.project(at).plans()]


def problem(project: Project, *names: str) -> LadingError:
    with pytest.raises((UsageError, Problems)) as caught:
        project.plans(names)
    return caught.value


@pytest.mark.parametrize(("files", "start", "root"), [
    ({"a/lading.toml": "", "a/b/c/x": ""}, "a/b/c", "a"),
    ({"a/pyproject.toml": "[tool.lading]\n", "a/b/x": ""}, "a/b", "a"),
    ({"a/.git/HEAD": "", "a/b/x": ""}, "a/b", "a"),
    ({"lading.toml": "", "a/.git/HEAD": "", "a/b/x": ""}, "a/b", "a"),
    ({"a/lading.toml": "", "a/b/lading.toml": "", "a/b/c/x": ""}, "a/b/c", "a/b"),
    ({".git/HEAD": "", "a/lading.toml": "", "a/b/x": ""}, "a/b", "a"),
    ({"a/b/pyproject.toml": "[project]\n"}, "a/b", "a/b"),
])  # fmt: skip
def test_the_root_is_where_the_settings_are_or_the_repository(
    files: dict[str, str], start: str, root: str, tmp_path: Path
) -> None:
    write(tmp_path, files)
    assert find_root(tmp_path / start) == tmp_path / root


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such folder"):
        Repository(tmp_path, {}).project(path="nowhere")


def test_without_names_all_services_are_planned_sorted(tmp_path: Path) -> None:
    repository = Repository(tmp_path, {**service("b", "bb"), **service("a", "aa")})
    assert repository.services() == ["aa", "bb"]


def test_from_inside_a_service_only_that_one_is_meant(tmp_path: Path) -> None:
    repository = Repository(tmp_path, {**service("b", "bb", **{"src/x.py": ""}), **service("a", "aa")})
    assert repository.services("b") == ["bb"]
    assert repository.services("b/src") == ["bb"]
    assert [plan.service for plan in repository.project(path="b").plans()] == ["bb"]


def test_names_choose_in_their_own_order_wherever_one_stands(tmp_path: Path) -> None:
    repository = Repository(tmp_path, {**service("b", "bb"), **service("a", "aa")})
    assert [plan.service for plan in repository.project("a").plans(["bb", "aa", "bb"])] == ["bb", "aa"]


def test_an_unknown_name_gets_the_nearest(tmp_path: Path) -> None:
    project = Repository(tmp_path, service("", "riskshield")).project()
    assert problem(project, "riskshild").fix == "did you mean `riskshield`?"
    assert problem(project, "xyz").fix == "there are riskshield"


def test_a_project_that_cannot_be_built_is_an_error_when_it_is_asked_for_and_a_note_when_not(tmp_path: Path) -> None:
    repository = Repository(tmp_path, {**service("api"), "web/package.json": STARTED, "web/bun.lock": ""})
    assert problem(repository.project(), "web").what == "web: Bun is not supported"
    assert repository.services() == ["api"]
    assert "left out: web (web): " in repository.err.getvalue()


def test_where_nothing_can_be_built_every_reason_is_told(tmp_path: Path) -> None:
    files = {"a/pyproject.toml": pyproject("a"), "b/poetry.lock": "", "b/pyproject.toml": pyproject("b")}
    found = problem(Repository(tmp_path, files).project())
    assert isinstance(found, Problems)
    assert [one.where for one in found.problems] == ["a/pyproject.toml", "b/poetry.lock"]
    assert found.problems[0].fix == "uv lock --project a"


def test_an_empty_repository_says_so(tmp_path: Path) -> None:
    assert problem(Repository(tmp_path, {}).project()).what == "there is no service here"


def test_a_library_is_no_service_unless_it_is_the_only_project(tmp_path: Path) -> None:
    library = {f"lib/{path}": text for path, text in service("", "lib").items() if path != "main.py"}
    assert Repository(tmp_path / "both", {**service("api"), **library}).services() == ["api"]
    assert "nothing to start" in problem(Repository(tmp_path / "one", library).project()).what


def test_settings_name_services_by_their_folders(tmp_path: Path) -> None:
    settings = '[services.front]\npath = "services/api/"\nport = 9000\n'
    repository = Repository(tmp_path, {**service("services/api"), "lading.toml": settings})
    (plan,) = repository.project().plans(["front"])
    assert (plan.service, plan.image, plan.config.port) == ("front", "front", 9000)
    assert [one.name.value for one in repository.project().surveyed().services] == ["front"]


def test_a_folder_that_the_settings_name_is_a_service_even_among_tests(tmp_path: Path) -> None:
    settings = '[services.fake]\npath = "tests/fixtures/fake"\n'
    repository = Repository(tmp_path, {**service("tests/fixtures/fake"), "lading.toml": settings})
    assert repository.services() == ["fake"]


@pytest.mark.parametrize(("settings", "where", "fix"), [
    ("[services.apii]\nport = 1\n", "lading.toml › services.apii", "did you mean `api`?"),
    ("[services.x]\npath = 'nowhere'\n", "lading.toml › services.x.path", ""),
])  # fmt: skip
def test_settings_of_a_service_that_is_not_there_are_an_error(
    settings: str, where: str, fix: str, tmp_path: Path
) -> None:
    found = problem(Repository(tmp_path, {**service(), "lading.toml": settings}).project())
    assert (found.where, found.fix) == (where, fix)


def test_two_services_of_one_name_are_told_with_their_folders(tmp_path: Path) -> None:
    files = {**service("x", "one"), **service("y", "two"), "lading.toml": "[services.two]\npath = 'x'\nport = 1\n"}
    found = problem(Repository(tmp_path, files).project())
    assert (found.what, found.where) == ("two services are called two", "x, y")


def test_settings_of_a_project_that_cannot_be_built_are_no_error(tmp_path: Path) -> None:
    files = {
        **service("api"),
        "web/package.json": STARTED,
        "web/bun.lock": "",
        "lading.toml": "[services.web]\nport = 1\n",
    }
    assert Repository(tmp_path, files).services() == ["api"]


def test_all_problems_of_all_services_are_told_at_once(tmp_path: Path) -> None:
    locks = {f"{name}/uv.lock": uv_lock("fastapi", name=name) for name in ("aa", "bb")}
    found = problem(Repository(tmp_path, {**service("aa", "aa"), **service("bb", "bb"), **locks}).project())
    assert isinstance(found, Problems)
    assert [one.where for one in found.problems] == ["aa/pyproject.toml", "bb/pyproject.toml"]


def test_the_settings_mirrors_are_a_table(tmp_path: Path) -> None:
    settings = '[mirrors]\ndebian = "http://mirror.example/debian"\n'
    project = Repository(tmp_path, {**service(), "lading.toml": settings}).project()
    assert dict(project.strategy.mirrors) == {"debian": "http://mirror.example/debian"}


def test_plans_are_remembered_and_every_change_that_matters_is_seen(tmp_path: Path) -> None:
    repository = Repository(tmp_path, {**service(), "lading.toml": "port = 1\n"})
    changes: dict[str, str] = {
        "lading.toml": "port = 2\n",
        "main.py": FASTAPI_APP.replace("/health", "/ping"),
        "uv.lock": uv_lock("fastapi", "granian"),
        ".python-version": "3.11\n",
        "alembic.ini": "",
        "Procfile": "web: gunicorn main:app\n",
    }
    seen: list[Plan] = [*repository.project().plans()]
    for path, text in changes.items():
        write(repository.folder, {path: text})
        project = repository.project()
        seen += project.plans()
        project.keep()
        assert repository.project().plans() == (seen[-1],), path
    seen += repository.project(GITHUB_SHA="1" * 40).plans()
    assert all(one != other for one, other in pairwise(seen))


def test_notes_are_told_again_when_plans_are_remembered(tmp_path: Path) -> None:
    repository = Repository(tmp_path, {**service("api"), "go/go.mod": ""})
    for _ in range(2):
        repository.err.truncate(0)
        repository.project().plans()
        assert "left out: go" in repository.err.getvalue()


def test_the_same_commit_in_two_folders_has_the_same_plans(tmp_path: Path) -> None:
    first, second = Repository(tmp_path / "a", service()), Repository(tmp_path / "b", service())
    assert first.project().plans() == second.project().plans()


def test_a_link_that_leads_out_of_the_repository_is_refused(tmp_path: Path) -> None:
    repository = Repository(tmp_path, service())
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/pyproject.toml").write_text(pyproject("evil"))
    (repository.folder / "linked").symlink_to(tmp_path / "outside")
    assert repository.services() == ["api"]


def test_everything_that_was_looked_at_has_a_stamp(tmp_path: Path) -> None:
    repository = Repository(tmp_path, service())
    project = repository.project()
    project.plans()
    stamps = project.stamps()
    info = (repository.folder / "main.py").stat()
    assert stamps[str(repository.folder / "main.py")] == (info.st_size, info.st_mtime_ns, info.st_ctime_ns, info.st_ino)
    assert str(repository.folder) in stamps
    assert 0 < info.st_mtime_ns <= project.looked_at + 1_000_000_000


def test_without_a_repository_the_places_above_are_watched(tmp_path: Path) -> None:
    repository = Repository(tmp_path, service())
    (repository.folder / ".git/HEAD").unlink()
    (repository.folder / ".git").rmdir()
    stamps = repository.project().stamps()
    assert stamps[str(tmp_path / "lading.toml")] is None


def test_stamps_are_kept_for_files_that_one_command_did_not_ask_for(tmp_path: Path) -> None:
    repository = Repository(tmp_path, {**service(), "data.txt": "x"})
    for path in repository.folder.rglob("*"):
        os.utime(path, ns=(1_000_000_000, 1_000_000_000))
    project = repository.project()
    project.tree.digest("data.txt")
    project.keep()
    project = repository.project()
    project.plans()
    project.keep()
    assert "data.txt" in (repository.project()._old)


WARM = """
import sys
from pathlib import Path
from lading.cli.context import Context
from lading.cli.project import load_project
context = Context(env={"LADING_STORE": sys.argv[2]}, cwd=Path(sys.argv[1]))
before = set(sys.modules)
project = load_project(context)
project.plans()
project.keep()
print(*sorted(set(sys.modules) - before))
"""


def imported(repository: Repository) -> set[str]:
    command = [sys.executable, "-c", textwrap.dedent(WARM), str(repository.folder), str(repository.store)]
    return set(subprocess.run(command, check=True, capture_output=True, text=True).stdout.split())


def test_with_nothing_changed_nothing_heavy_is_imported(tmp_path: Path) -> None:
    repository = Repository(tmp_path, {**service(), "lading.toml": "port = 1\n"})
    repository.project().plans()
    heavy = {
        "tomllib",
        "subprocess",
        "packaging",
        "lading.survey.python.conclude",
        "lading.survey.python.scan",
        "lading.strategy.read",
    }
    assert not imported(repository) & heavy


def test_after_a_changed_line_one_module_is_parsed_and_nothing_is_concluded(tmp_path: Path) -> None:
    repository = Repository(tmp_path, service(**{"more.py": "def f():\n    return 1\n"}))
    repository.project().plans()
    write(repository.folder, {"more.py": "\n\ndef f():\n    return 2\n"})
    found = imported(repository)
    assert "lading.survey.python.scan" in found
    assert not found & {"tomllib", "packaging", "lading.survey.python.conclude", "lading.plan.make"}

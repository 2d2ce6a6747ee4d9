from collections.abc import Callable, Sequence
from typing import TypeVar

import msgspec
import pytest
from tests.support.projects import FASTAPI_APP, facts_of, pyproject, tree_of, uv_lock

from lading.digest import Digest
from lading.survey.model import PythonService, Survey, Unsupported
from lading.survey.python.module import ModuleFacts
from lading.survey.survey import survey
from lading.tree import MemoryTree

T = TypeVar("T")


class CountingMemo:
    """Remembers as the store does, through msgspec, and counts what had to be computed."""

    def __init__(self) -> None:
        self._known: dict[Digest, bytes] = {}
        self.computed: list[type] = []

    def __call__(self, key: Digest, kind: type[T], compute: Callable[[], T], /) -> T:
        if key not in self._known:
            self._known[key] = msgspec.json.encode(compute())
            self.computed.append(kind)
        return msgspec.json.decode(self._known[key], type=kind)


def python_services(found: Survey) -> list[PythonService]:
    return [one for one in found.services if isinstance(one, PythonService)]


def service(folder: str, name: str = "api", **files: str) -> dict[str, str]:
    """The files of a service in a folder."""
    own = {"pyproject.toml": pyproject(name), "uv.lock": uv_lock("fastapi", name=name), "main.py": FASTAPI_APP, **files}
    return {f"{folder}/{path}" if folder else path: text for path, text in own.items()}


def folders(files: dict[str, str], asked: Sequence[str] = ()) -> dict[str, str]:
    return {one.name.value: one.folder for one in survey(MemoryTree(files), asked=asked).services}


def refused(files: dict[str, str]) -> Unsupported:
    found = survey(MemoryTree(files))
    assert not found.services
    (one,) = found.unsupported
    return one


def test_an_empty_tree_has_nothing() -> None:
    assert survey(MemoryTree({})) == Survey()


def test_every_folder_with_a_project_is_a_service() -> None:
    files = {**service("", "root"), **service("services/a", "a"), **service("services/b", "b")}
    assert folders(files) == {"root": ".", "a": "services/a", "b": "services/b"}


def test_services_whose_names_clash_are_named_by_their_folders() -> None:
    assert folders({**service("one/app"), **service("two/app")}) == {"one-app": "one/app", "two-app": "two/app"}


@pytest.mark.parametrize(
    "folder", ["tests/fixtures/x", "fixtures/x", "docs", "a/testdata/x", "vendor/x", "templates/x"]
)
def test_projects_of_tests_and_documentation_are_no_services_unless_asked_for(folder: str) -> None:
    files = service(folder)
    assert folders(files) == {}
    assert folders(files, [folder]) == {"api": folder}


def test_examples_are_services_of_their_own_but_not_inside_another_project() -> None:
    assert folders(service("examples/x")) == {"api": "examples/x"}
    both = {**service("", "root"), **service("examples/x")}
    assert folders(both) == {"root": "."}
    assert folders(both, ["examples/x"]) == {"root": ".", "api": "examples/x"}
    assert folders(both, ["examples"]) == {"root": ".", "api": "examples/x"}


def test_a_folder_that_is_ignored_is_no_service_but_an_allow_list_says_nothing() -> None:
    files = {**service("a", "a"), **service("b", "b")}
    assert folders({**files, ".dockerignore": "b\n"}) == {"a": "a"}
    assert folders({**files, ".dockerignore": "*\n!a\n"}) == {"a": "a", "b": "b"}


def test_a_project_file_with_the_settings_of_tools_alone_is_no_project() -> None:
    files = {**service("api"), "pyproject.toml": "[tool.ruff]\nline-length = 100\n"}
    assert folders(files) == {"api": "api"}
    assert survey(MemoryTree(files)).unsupported == ()


def test_the_modules_of_a_project_inside_are_not_those_of_the_outer_one() -> None:
    outer = tree_of({"cli.py": "print(1)\n"}, name="outer")
    files = {path.path: outer.read(path.path).decode() for path in outer.files()}
    found = python_services(survey(MemoryTree({**files, **service("inner", "inner")})))
    assert [(one.name.value, one.app is None, one.nested) for one in found] == [
        ("inner", False, ()),
        ("outer", True, ("inner",)),
    ]


def test_two_locks_in_one_project_are_both_named() -> None:
    one = refused({**service(""), "poetry.lock": ""})
    assert one.what == "there are several lock files: uv.lock and poetry.lock"


@pytest.mark.parametrize("more", ["pylock.toml", "pdm.lock", "Pipfile.lock", "pylock.dev.toml"])
def test_any_two_locks_are_too_many(more: str) -> None:
    assert more in refused({**service(""), more: ""}).what


def test_without_a_lock_the_way_to_make_one_is_told() -> None:
    one = refused({"pyproject.toml": pyproject()})
    assert (one.file, one.fix) == ("pyproject.toml", "uv lock")
    one = refused({"services/api/pyproject.toml": pyproject()})
    assert (one.file, one.fix) == ("services/api/pyproject.toml", "uv lock --project services/api")


def test_a_lock_outranks_a_list_of_requirements() -> None:
    assert folders({**service(""), "requirements.txt": "fastapi\n"}) == {"api": "."}


@pytest.mark.parametrize(("files", "file", "fix"), [
    ({"pyproject.toml": "[tool.poetry]\nname = 'x'\n"}, "pyproject.toml", "poetry lock"),
    ({"api/pyproject.toml": "[tool.poetry]\nname = 'x'\n"}, "api/pyproject.toml", "poetry lock -C api"),
    ({"pyproject.toml": "[project]\nname = 'x'\n[tool.pdm]\n"}, "pyproject.toml", "pdm lock"),
    ({"Pipfile": ""}, "Pipfile", "pipenv lock"),
    ({"setup.py": ""}, "setup.py", "--generate-hashes"),
])  # fmt: skip
def test_who_has_no_lock_is_told_how_that_manager_makes_one(files: dict[str, str], file: str, fix: str) -> None:
    one = refused(files)
    assert (one.file, one.what) == (file, "there is no lock file, so what would be installed is not known")
    assert fix in one.fix


@pytest.mark.parametrize(("files", "file", "says"), [
    ({"poetry.lock": "", "pyproject.toml": "[tool.poetry]\nname = 'x'\n"}, "poetry.lock", "version 'unknown'"),
    ({"poetry.lock": "", "main.py": ""}, "poetry.lock", "without a pyproject.toml"),
    ({"pdm.lock": "[metadata]\nlock_version = '9'\n", "pyproject.toml": pyproject()}, "pdm.lock", "version '9'"),
    ({"Pipfile": "", "Pipfile.lock": "{}"}, "Pipfile.lock", "its format is version None"),
    ({"Pipfile": "", "Pipfile.lock": "{"}, "Pipfile.lock", "cannot be read"),
    ({"pylock.toml": "lock-version = '2.0'"}, "pylock.toml", "version '2.0', not 1"),
    ({"requirements.txt": "-r a.txt\n", "main.py": ""}, "requirements.txt", "requirements.txt:1: there is no a.txt"),
    ({"requirements.txt": "fast api\n", "main.py": ""}, "requirements.txt", "'fast api' is no requirement"),
])  # fmt: skip
def test_a_lock_that_cannot_be_read_is_told(files: dict[str, str], file: str, says: str) -> None:
    one = refused(files)
    assert one.file == file
    assert says in one.what


def test_a_list_of_requirements_without_any_python_is_no_project() -> None:
    assert survey(MemoryTree({"docs-tools/requirements.txt": "sphinx\n"})) == Survey()


LOCAL = "[[package]]\nname = 'x'\nsource = { directory = '../x' }\n"


@pytest.mark.parametrize(("project", "lock", "says"), [
    (pyproject(), uv_lock(more=LOCAL), "x comes from ../x, which is outside of the repository"),
    (pyproject(), uv_lock(more=LOCAL.replace("../x", "x")), "there is no pyproject.toml in x"),
    ("[project\n", uv_lock(), "pyproject.toml is not valid TOML"),
    (pyproject(), "version = 9\n", "uv.lock cannot be read"),
    (pyproject(), "version = 1\n", "not the lock of this project"),
    ("[project]\nversion = '1'\n", uv_lock(), "project.name is missing"),
    ("[project]\nname = '../x'\n", uv_lock(), "is no name"),
])  # fmt: skip
def test_what_stands_against_a_uv_project_is_told(project: str, lock: str, says: str) -> None:
    assert says in refused({"pyproject.toml": project, "uv.lock": lock}).what


def test_a_lock_without_a_project_is_told() -> None:
    assert "without a pyproject.toml" in refused({"uv.lock": uv_lock()}).what


def test_a_member_that_the_lock_of_its_workspace_lacks_is_told() -> None:
    root = {
        "pyproject.toml": pyproject("root", more="[tool.uv.workspace]\nmembers = ['api']\n"),
        "uv.lock": uv_lock(name="root"),
    }
    (one,) = survey(MemoryTree({**root, "api/pyproject.toml": pyproject()})).unsupported
    assert (one.name, one.file, one.what) == ("api", "uv.lock", "uv.lock is not the lock of this project")
    del root["uv.lock"]
    one, _ = survey(MemoryTree({**root, "api/pyproject.toml": pyproject()})).unsupported
    assert (one.what, one.fix) == ("it is a member of the uv workspace of root, which has no uv.lock", "uv lock")


def test_a_refused_project_is_no_failure_of_the_others() -> None:
    found = survey(
        MemoryTree(
            {
                **service("api"),
                "web/package.json": '{"scripts": {"start": "node a.js"}, "dependencies": {"express": "*"}}',
            }
        )
    )
    assert [one.name.value for one in found.services] == ["api"]
    assert [one.name for one in found.unsupported] == ["web"]


@pytest.mark.parametrize("file", ["lading.toml", "pyproject.toml"])
def test_a_folder_with_settings_of_its_own_is_a_repository_of_its_own(file: str) -> None:
    files = service("api")
    files[f"api/{file}"] = f"{files.get(f'api/{file}', '')}[tool.lading]\n"
    one = refused(files)
    assert one.file == f"api/{file}"
    assert "run lading in that folder" in one.fix


def test_a_setup_py_inside_a_project_is_a_module() -> None:
    assert folders({**service(""), "core/setup.py": "def setup(): ...\n"}) == {"api": "."}


def test_facts_of_the_project_come_with_their_sources() -> None:
    more = 'description = "Does\\n things"\nlicense = "MIT"\n[project.urls]\nSource = "https://git.example/x"\n'
    facts = facts_of(tree_of({"main.py": FASTAPI_APP}, more=more))
    told = {one.source: one.value for one in (facts.version, facts.description, facts.licence, facts.source) if one}
    assert told == {
        "pyproject.toml › project.version": "1.2.3",
        "pyproject.toml › project.description": "Does things",
        "pyproject.toml › project.license": "MIT",
        "pyproject.toml › project.urls.Source": "https://git.example/x",
    }


def test_modules_that_cannot_be_read_are_told_in_one_note() -> None:
    facts = facts_of(tree_of({"main.py": FASTAPI_APP, "a.py": "def f(:\n", "b.py": "print 'x'\n"}))
    (note,) = facts.notes
    assert "a.py, line 1" in note
    assert "and 1 more" in note


def test_secrets_are_told_but_not_examples_of_them_nor_what_is_ignored() -> None:
    files = {
        "main.py": FASTAPI_APP,
        ".env": "",
        ".env.example": "",
        "certs/own.pem": "",
        "old/id_rsa": "",
        ".dockerignore": "old\n",
    }
    assert facts_of(tree_of(files)).secrets == ("certs/own.pem",)


@pytest.mark.parametrize(("source", "files", "ships"), [
    ("import docs.text", {"docs/__init__.py": "", "docs/text.py": ""}, ("docs/__init__.py", "docs/text.py")),
    ("x = open('README.md')", {"README.md": ""}, ("README.md",)),
    ("x = StaticFiles(directory='dist')", {"dist/index.html": ""}, ("dist",)),
    ("import tests.u", {"tests/u.py": "import tests.more", "tests/more.py": ""}, ("tests/more.py", "tests/u.py")),
    ("x = 'docs'", {"docs/index.html": ""}, ()),
    ("x = 1", {"tests/util.py": "", "README.md": ""}, ()),
    ("x = open('README.md')", {"README.md": "", ".dockerignore": "*.md"}, ()),
])  # fmt: skip
def test_what_running_code_imports_or_names_ships(source: str, files: dict[str, str], ships: tuple[str, ...]) -> None:
    assert facts_of(tree_of({"main.py": f"{source}\n", **files})).ships == ships


def test_a_symbolic_link_is_no_module_and_no_project() -> None:
    tree = tree_of({"main.py": FASTAPI_APP})
    files = {one.path: tree.read(one.path) for one in tree.files()}
    linked = MemoryTree(files, links={"other/pyproject.toml": "../pyproject.toml", "twin.py": "main.py"})
    assert len(survey(linked).services) == 1


def test_with_nothing_changed_nothing_is_computed() -> None:
    memo = CountingMemo()
    files = service("", "api", **{f"m{number}.py": f"x = {number}\n" for number in range(30)})
    first = survey(MemoryTree(files), memo=memo)
    assert memo.computed.count(ModuleFacts) == 31
    memo.computed.clear()
    assert survey(MemoryTree(files), memo=memo) == first
    assert memo.computed == []


def test_after_one_changed_module_only_that_one_is_parsed() -> None:
    memo = CountingMemo()
    files = service("", "api", **{f"m{number}.py": f"x = {number}\n" for number in range(30)})
    survey(MemoryTree(files), memo=memo)
    memo.computed.clear()
    found = survey(MemoryTree({**files, "m7.py": "import os\nx = os.getenv('PORT', 9000)\n"}), memo=memo)
    assert memo.computed.count(ModuleFacts) == 1
    assert memo.computed == [ModuleFacts, Survey]
    assert found.services[0].port is not None


def test_a_changed_lock_is_read_anew_and_no_module_is() -> None:
    memo = CountingMemo()
    files = service("", "api")
    survey(MemoryTree(files), memo=memo)
    memo.computed.clear()
    (found,) = python_services(survey(MemoryTree({**files, "uv.lock": uv_lock("fastapi", "uvicorn")}), memo=memo))
    assert ModuleFacts not in memo.computed
    assert {one.name for one in found.packages} == {"fastapi", "uvicorn"}


@pytest.mark.parametrize("path", ["Procfile", ".dockerignore", ".python-version", "new.txt", "alembic.ini"])
def test_every_other_file_that_matters_is_seen(path: str) -> None:
    memo = CountingMemo()
    files = service("", "api")
    survey(MemoryTree(files), memo=memo)
    memo.computed.clear()
    survey(MemoryTree({**files, path: "3.11\n"}), memo=memo)
    assert Survey in memo.computed


def test_a_survey_survives_being_written_down() -> None:
    tree = tree_of({"main.py": FASTAPI_APP, "Procfile": "web: uvicorn main:app\n"})
    found = survey(tree)
    assert msgspec.json.decode(msgspec.json.encode(found), type=Survey) == found

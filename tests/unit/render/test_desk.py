"""`Dockerfile.dev`, read back."""

from tests.support.dockerfile import Instruction, parse
from tests.support.members import member, python_facts, service
from tests.support.projects import FASTAPI_APP, tree_of

from lading.render.desk import development_dockerfile, development_dockerignore
from lading.render.roles import Member
from lading.tree.patterns import Patterns, parse_ignore_file

_PACKAGE = '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n'


def read(one: Member) -> list[Instruction]:
    directives, instructions = parse(development_dockerfile(one))
    assert directives == {"syntax": "docker/dockerfile:1"}
    return instructions


def rest(instructions: list[Instruction], name: str) -> list[str]:
    return [one.rest for one in instructions if one.name == name]


def test_a_distroless_base_gets_a_shell_and_keeps_its_python() -> None:
    found = read(service())
    assert rest(found, "FROM")[1] == "debian:trixie-slim AS development"
    (apt, _sync) = rest(found, "RUN")
    assert "python3.13-minimal" in apt
    assert "ca-certificates" in apt


def test_other_bases_have_one() -> None:
    assert rest(read(service(settings='base = "slim"')), "FROM")[1] == "python:3.13-slim-trixie AS development"
    (sync,) = rest(read(service(settings='base = "slim"')), "RUN")
    assert sync == "uv sync --locked --no-install-project"


def test_it_runs_as_in_production_and_notices_edits() -> None:
    found = read(service())
    assert rest(found, "USER") == ["65532:65532"]
    assert rest(found, "WORKDIR") == ["/app"]
    (entrypoint,) = (one.words for one in found if one.name == "ENTRYPOINT")
    (command,) = (one.words for one in found if one.name == "CMD")
    assert entrypoint == ["/opt/venv/bin/python"]
    assert command[-1] == "--reload"


def test_the_groups_and_extras_of_production_are_there_too() -> None:
    one = member(
        tree_of(
            {"main.py": FASTAPI_APP, "lading.toml": 'extras = ["fast"]\n'},
            more='[project.optional-dependencies]\nfast = []\n',
        )
    )  # fmt: skip
    assert rest(read(one), "RUN")[-1] == "uv sync --locked --extra fast --no-install-project"


def test_a_package_is_installed_where_its_source_is() -> None:
    one = member(tree_of({"src/api/__init__.py": "", "src/api/main.py": FASTAPI_APP}, more=_PACKAGE))
    assert rest(read(one), "RUN")[-1] == "uv sync --locked"


def test_secrets_stay_outside_and_tests_do_not() -> None:
    one = service({"tests/test_x.py": "", ".dockerignore": "uv.lock\ndata\n"})
    ignored = Patterns(parse_ignore_file(development_dockerignore(python_facts(one))))
    assert all(ignored.matches(path) for path in (".env", "key.pem", ".git/HEAD", ".venv/bin/python", "data/x"))
    assert not any(ignored.matches(path) for path in ("tests/test_x.py", "main.py", "uv.lock", "pyproject.toml"))

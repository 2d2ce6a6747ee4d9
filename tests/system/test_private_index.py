"""Packages of an index that asks who comes: they arrive, and the password is nowhere in what was made or said."""

import base64
import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from tests.support import locks
from tests.support.httpd import Answer, Request, Site, serve
from tests.support.locks import Release
from tests.support.world import Result, World

USER, PASSWORD = "builder", "s3cr3t-Of_The.Index~"
NAMES = ("fastapi", "greet", "uvicorn")
ONLINE: Mapping[str, str | None] = {"UV_OFFLINE": None}


@pytest.fixture
def index(world: World) -> Iterator[Site]:
    """The wheels of the world behind a password, and nowhere else. What is not the service's own, uv's wheel among it,
    is locked already."""
    assert world.lading("lock").code == 0
    (world.project / "uv.lock").unlink()
    hidden = world.root / "hidden"
    (world.project / "vendor").rename(hidden)
    token = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()

    def answer(request: Request) -> Answer:
        if request.headers.get("Authorization") != f"Basic {token}":
            return Answer(401, {"WWW-Authenticate": 'Basic realm="index"'}, b"who are you?")
        kind, _, rest = request.path.strip("/").partition("/")
        if kind == "files":
            return Answer(200, {"Content-Type": "application/octet-stream"}, (hidden / rest).read_bytes())
        pages = [_link(path) for path in sorted(hidden.glob("*.whl")) if path.name.partition("-")[0] == rest]
        return Answer(200 if pages else 404, {"Content-Type": "text/html"}, "".join(pages).encode())

    with serve(answer) as site:
        yield site


def _link(wheel: Path) -> str:
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    return f'<a href="/files/{wheel.name}#sha256={digest}">{wheel.name}</a>\n'


def wanted(world: World) -> tuple[Release, ...]:
    return tuple(one for one in locks.of_wheels((world.root / "hidden").glob("*.whl")) if one.name in NAMES)


def uv(world: World, site: Site) -> Mapping[str, str | None]:
    """An index of uv's own, by name; its credentials by the name, too."""
    listed = ", ".join(f'"{name}"' for name in NAMES)
    world.write(
        "pyproject.toml",
        f'[project]\nname = "svc"\nversion = "1"\nrequires-python = ">=3.11"\ndependencies = [{listed}]\n'
        f'[[tool.uv.index]]\nname = "company"\nurl = "{site.base}/simple"\ndefault = true\n',
    )
    env = {**ONLINE, "UV_INDEX_COMPANY_USERNAME": USER, "UV_INDEX_COMPANY_PASSWORD": PASSWORD}
    world.lock_dependencies(env)
    return env


def netrc(world: World, site: Site) -> Mapping[str, str | None]:
    """The same with the credentials in the user's own .netrc."""
    uv(world, site)
    file = world.home / ".netrc"
    file.write_text(f"machine 127.0.0.1\nlogin {USER}\npassword {PASSWORD}\n")
    file.chmod(0o600)
    return ONLINE


def poetry(world: World, site: Site) -> Mapping[str, str | None]:
    """A source of Poetry, with credentials as its own documentation keeps them."""
    releases = wanted(world)
    project = (
        locks.poetry_project(releases) + f'\n[[tool.poetry.source]]\nname = "company"\nurl = "{site.base}/simple"\n'
    )
    source = f'\n[package.source]\ntype = "legacy"\nurl = "{site.base}/simple"\nreference = "company"\n\n[[package]]'
    text = locks.poetry_lock(releases, project).replace("\n\n[[package]]", source).replace(source, "\n\n[[package]]", 1)
    text = text.replace("\n[metadata]", source.replace("\n[[package]]", "\n[metadata]"))
    world.write("pyproject.toml", project)
    world.write("poetry.lock", text)
    return {**ONLINE, "POETRY_HTTP_BASIC_COMPANY_USERNAME": USER, "POETRY_HTTP_BASIC_COMPANY_PASSWORD": PASSWORD}


def pip(world: World, site: Site) -> Mapping[str, str | None]:
    """Variables in the address, as pip replaces them."""
    (world.project / "pyproject.toml").unlink()
    address = site.base.replace("://", "://${INDEX_USER}:${INDEX_PASSWORD}@") + "/simple"
    world.write("requirements.txt", f"--index-url {address}\n{locks.requirements(wanted(world))}")
    return {**ONLINE, "INDEX_USER": USER, "INDEX_PASSWORD": PASSWORD}


def unhashed(world: World, site: Site) -> Mapping[str, str | None]:
    """The same without hashes."""
    env = pip(world, site)
    text = (world.project / "requirements.txt").read_text().splitlines()[0]
    world.write("requirements.txt", f"{text}\n{locks.requirements(wanted(world), hashed=False)}")
    return env


def pipenv(world: World, site: Site) -> Mapping[str, str | None]:
    """Variables in the address, as Pipenv replaces them."""
    (world.project / "pyproject.toml").unlink()
    address = site.base.replace("://", "://$INDEX_USER:${INDEX_PASSWORD}@") + "/simple"
    made_for = locks.pipfile(wanted(world), address)
    world.write("Pipfile", made_for)
    world.write("Pipfile.lock", locks.pipfile_lock(wanted(world), made_for))
    return {**ONLINE, "INDEX_USER": USER, "INDEX_PASSWORD": PASSWORD}


def pdm(world: World, site: Site) -> Mapping[str, str | None]:
    """A source of PDM that stands for the usual index."""
    listed = ", ".join(f'"{one.name}=={one.version}"' for one in wanted(world))
    address = site.base.replace("://", "://${INDEX_USER}:${INDEX_PASSWORD}@") + "/simple"
    world.write(
        "pyproject.toml",
        f'[project]\nname = "svc"\nversion = "1"\nrequires-python = ">=3.11"\ndependencies = [{listed}]\n'
        f'[tool.pdm]\ndistribution = false\n[[tool.pdm.source]]\nname = "pypi"\nurl = "{address}"\n',
    )
    world.write("pdm.lock", locks.pdm_lock(wanted(world)))
    return {**ONLINE, "INDEX_USER": USER, "INDEX_PASSWORD": PASSWORD}


WAYS: tuple[Callable[[World, Site], Mapping[str, str | None]], ...] = (uv, netrc, poetry, pip, unhashed, pipenv, pdm)


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_packages_of_a_private_index_arrive_and_the_password_does_not(
    world: World, index: Site, way: Callable[[World, Site], Mapping[str, str | None]]
) -> None:
    env = way(world, index)
    before = len(index.asked)
    done = world.lading("build", "-v", "--output", world.root / "image", env=env)
    assert done.code == 0, done.err
    assert len(index.asked) > before
    refuse_secret(world, done)
    refuse_secret(world, world.lading("plan", "--why", "--format", "json", env=env))
    refuse_secret(world, world.lading("render", "dockerfile", env=env))


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_a_wrong_password_is_told_without_telling_it(
    world: World, index: Site, way: Callable[[World, Site], Mapping[str, str | None]]
) -> None:
    env = {name: value and value.replace(PASSWORD, f"{PASSWORD}-wrong") for name, value in way(world, index).items()}
    if way is netrc:
        file = world.home / ".netrc"
        file.write_text(file.read_text().replace(PASSWORD, f"{PASSWORD}-wrong"))
    (world.root / "uv-cache").rename(world.root / "uv-cache-of-locking")
    done = world.lading("build", "-v", env=env)
    assert done.code in (3, 4), done.err
    refuse_secret(world, done)


def refuse_secret(world: World, done: Result) -> None:
    """The password, as it is or as an address or a header has it, must be in nothing that was said or kept."""
    token = base64.b64encode(f"{USER}:{PASSWORD}".encode())
    secrets = (PASSWORD.encode(), token, json.dumps(PASSWORD).strip('"').encode())
    for text in (done.out, done.err):
        assert not any(secret in text.encode() for secret in secrets), text
    for folder in (world.root / "image", world.store):
        for path in folder.rglob("*"):
            if path.is_file():
                data = path.read_bytes()
                assert not any(secret in data for secret in secrets), path

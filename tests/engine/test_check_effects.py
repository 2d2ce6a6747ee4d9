"""What `lading check` says that tools do inside RUN, held against what they really did: uv, npm, go, and the programs
that make users."""

import subprocess
from pathlib import Path
from textwrap import dedent
from typing import TYPE_CHECKING, NamedTuple

import pytest
from tests.engine.modelled import Real, build, model_of, wrong_claims
from tests.support.checking import scene
from tests.support.public_bases import TAG, PublicBases
from tests.support.python_bases import python_base
from tools.engine.home import Home

from lading.toolchain.uv import own_uv

if TYPE_CHECKING:
    from tests.engine.conftest import Program

UV = "ghcr.io/astral-sh/uv:latest"
SERVICE = """
    [project]
    name = "service"
    version = "1.0"
    requires-python = ">=3.11"
    dependencies = ["idna==3.10", "uvicorn==0.30.6"]

    [dependency-groups]
    dev = ["iniconfig==2.0.0"]
"""
LOCK = """
    {"name": "service", "version": "1.0.0", "lockfileVersion": 3, "packages": {
        "": {"name": "service", "version": "1.0.0", "dependencies": {"semver": "7.6.3"},
             "devDependencies": {"nanoid": "3.3.7"}},
        "node_modules/semver": {"version": "7.6.3", "bin": {"semver": "bin/semver.js"}},
        "node_modules/nanoid": {"version": "3.3.7", "dev": true, "bin": {"nanoid": "bin/nanoid.cjs"}}}}
"""
FILES = {
    "pyproject.toml": SERVICE,
    "package.json": (
        '{"name": "service", "version": "1.0.0", "dependencies": {"semver": "7.6.3"},'
        ' "devDependencies": {"nanoid": "3.3.7"}, "scripts": {"build": "mkdir -p dist && cp package.json dist"}}'
    ),
    "package-lock.json": LOCK,
    "go.mod": "module code.example/me/shop\n\ngo 1.21\n",
    "cmd/server/main.go": 'package main\n\nimport "fmt"\n\nfunc main() { fmt.Println("started") }\n',
}
WITH_UV = f"""
    FROM python:3.13-slim
    COPY --from={UV} /uv /usr/local/bin/uv
    RUN python -m venv /opt/venv
    ENV PATH=/opt/venv/bin:$PATH VIRTUAL_ENV=/opt/venv
    WORKDIR /app
    COPY pyproject.toml uv.lock ./
    RUN uv sync --frozen --no-dev --no-cache
    RUN UV_PROJECT_ENVIRONMENT=/opt/other uv sync --locked --no-cache
    RUN uv venv /opt/bare && uv pip install --no-cache --python /opt/bare idna==3.10
    RUN uv export --frozen --no-dev --no-hashes -o requirements.txt && pip install --no-cache-dir -r requirements.txt
"""
WITH_NPM = """
    FROM node:22-slim
    WORKDIR /app
    COPY package.json package-lock.json ./
    RUN npm run build
    RUN npm ci --omit=dev --no-audit --no-fund
"""
WITH_GO = """
    FROM golang:1.24
    RUN install -d -m 1777 /go /go/bin
    WORKDIR /src
    COPY go.mod ./
    COPY cmd cmd
    RUN CGO_ENABLED=0 go build -o /out/server ./cmd/server && go build -o bin/ ./cmd/server
    RUN mkdir /some && cd cmd/server && go build && go install .
"""
USERS = """
    FROM python:3.13-slim
    RUN groupadd -r app && useradd -r -g app app && useradd -m -s /bin/bash person
    RUN useradd --uid 1500 --no-create-home --home-dir /srv/other other && mkdir -p /srv/data /srv/more
    RUN chown app:app /srv/data && chown person /srv/more && install -d -o other -g app -m 2750 /srv/made
    RUN echo 'by:x:1600:1600::/by:/bin/false' >> /etc/passwd && touch /srv/by && chown by:app /srv/by
    RUN usermod -u 1501 -g app other && touch /srv/last && chown other: /srv/last
    RUN userdel person && rm -rf /home/person
"""


@pytest.fixture(scope="module")
def stands_in(docker: "Program", engine_home: Home, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The flags that put images of this machine in the place of the public ones."""
    bases = PublicBases(home=engine_home, folder=tmp_path_factory.mktemp("bases"))
    layouts = {UV: bases.uv(), "node:22-slim": bases.fetching(bases.node("22")), "golang:1.24": bases.golang()}
    named = {image: f"oci-layout://{layout}:{TAG}" for image, layout in layouts.items()}
    named["python:3.13-slim"] = f"docker-image://{python_base(docker, bases, '3.13')}"
    return [word for image, place in named.items() for word in ("--build-context", f"{image}={place}")]


class Case(NamedTuple):
    """A Dockerfile on a base, and paths that the model is to be certain of."""

    image: str
    text: str
    present: tuple[str, ...]
    absent: tuple[str, ...]


CASES = {
    "uv": Case(
        "python:3.13-slim",
        WITH_UV,
        ("/app/.venv/bin/uvicorn", "/opt/other/bin/uvicorn", "/opt/venv/bin/pip", "/opt/bare/bin/python"),
        ("/app/.venv/bin/pip", "/app/.venv/bin/gunicorn", "/app/.venv/lib/python3.13/site-packages/requests"),
    ),
    "npm": Case(
        "node:22-slim",
        WITH_NPM,
        ("/app/node_modules/semver", "/app/node_modules/.bin/semver"),
        ("/app/node_modules/.bin/nanoid", "/app/node_modules/nanoid"),
    ),
    "go": Case("golang:1.24", WITH_GO, ("/out/server", "/src/bin/server", "/go/bin/server"), ("/out/shop",)),
    "users": Case("python:3.13-slim", USERS, ("/srv/made",), ("/home/app", "/home/person")),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_what_a_tool_did_is_what_the_model_says(
    docker: "Program", stands_in: list[str], tmp_path: Path, case: Case
) -> None:
    base = _built(docker, tmp_path / "base", f"FROM {case.image}\n", stands_in)
    real = _built(docker, tmp_path / "made", case.text, stands_in)
    files = model_of(tmp_path / "made").ships.end.files

    assert sorted(set(wrong_claims(files, real)) - set(wrong_claims(scene(case.image).now.files, base))) == []
    assert {path: files.look(path, follow=False).presence for path in (*case.present, *case.absent)} == {
        **dict.fromkeys(case.present, "present"),
        **dict.fromkeys(case.absent, "absent"),
    }


def _built(docker: "Program", folder: Path, text: str, flags: list[str]) -> Real:
    for name, content in {**FILES, "Dockerfile": text}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(content).lstrip("\n"))
    subprocess.run([str(own_uv()), "lock", "--quiet", "--directory", folder], check=True)
    return build(docker, folder, *flags)

"""The Dockerfiles of two decision records, and every defect of theirs that breaks the build, the start or the health
check: found by building and starting them (`tests/engine/test_seed_dockerfiles.py` does it again).

A defect that shows only when another one is mended says in `after` which.
"""

import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

SEEDS = Path(__file__).parent
Kind = Literal["build", "start", "health"]
Edit = Callable[[str], str]

PACKAGE = """
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[tool.hatch.build.targets.wheel]
packages = ["src"]
"""


class Variant(NamedTuple):
    """A project of a record, with changes of its files."""

    seed: str
    dockerfile: str = "Dockerfile"
    edits: tuple[tuple[str, Edit], ...] = ()

    def write(self, folder: Path) -> Path:
        """A copy of the project; its Dockerfile."""
        shutil.copytree(SEEDS / self.seed, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
        for name, edit in self.edits:
            path = folder / name
            path.write_text(edit(path.read_text()))
        return folder / self.dockerfile


class Defect(NamedTuple):
    """What does not work, in which variant; `observed` is what the engine or the container said (empty: nothing, it
    only ends), `rule` finds it, in the line of `file` (else the Dockerfile) that has `at` in it."""

    name: str
    variant: Variant
    kind: Kind
    observed: str
    rule: str
    at: str
    file: str = ""
    run: tuple[str, ...] = ()
    """A command in place of the image's own that shows it."""


def _put(old: str, new: str) -> Edit:
    def edit(text: str) -> str:
        assert text.count(old), old
        return text.replace(old, new)

    return edit


def _hardened(text: str) -> str:
    """The record's production image with its hardening in front of USER, the shell last: so that it builds."""
    steps = (SEEDS / "stockbook/Dockerfile.hardening").read_text().partition("as runtime\n")[2]
    shell = "RUN rm /bin/sh && ln -s /bin/false /bin/sh\n"
    assert shell in steps
    return text.replace("USER appuser\n", f"{steps.replace(shell, '')}\n{shell}\nUSER appuser\n")


_README = ("Dockerfile", _put("COPY pyproject.toml poetry.lock ./", "COPY pyproject.toml poetry.lock README.md ./"))
_SENT = (".dockerignore", _put("*.md\n", "*.md\n!README.md\n"))
_INTO = ("Dockerfile", _put("RUN uv sync", "ENV UV_PROJECT_ENVIRONMENT=/opt/venv\nRUN uv sync"))

STOCKBOOK = Variant("stockbook")
COPIED = Variant("stockbook", edits=(_README,))
BUILDS = Variant("stockbook", edits=(_README, _SENT))
HARDENING = Variant("stockbook", "Dockerfile.hardening")
WITH_SHELL = Variant(
    "stockbook", "Dockerfile.hardening",
    (("Dockerfile.hardening", _put("RUN rm /bin/sh && ln -s /bin/false /bin/sh\n", "")),),
)  # fmt: skip
HARDENED = Variant("stockbook", edits=(_README, _SENT, ("Dockerfile", _hardened)))
DEVELOPMENT = Variant("stockbook", "Dockerfile.dev")
RISKSHIELD = Variant("riskshield")
PACKAGED = Variant("riskshield", edits=(("pyproject.toml", lambda text: text + PACKAGE), _INTO))
ALPINE = Variant("riskshield", edits=(("Dockerfile", _put("python:3.13-slim", "python:3.13-alpine")),))
DISTROLESS = Variant(
    "riskshield", edits=(("Dockerfile", _put("python:3.13-slim AS runtime", "gcr.io/distroless/python3 AS runtime")),)
)

ALL: Sequence[Defect] = (
    # 001: `poetry build` reads the README that pyproject.toml names; only pyproject.toml and the lock were copied.
    Defect("readme-not-copied", STOCKBOOK, "build", "No such file or directory: '/app/README.md'",
           "needed-file-missing", "RUN poetry build"),
    # 001: and copying it does not help, since `*.md` is in the record's own ignore file.
    Defect("readme-ignored", COPIED, "build", '"/README.md": not found', "copy-source-ignored", "README.md ./"),
    # 001: requests is a dependency of development, if it is one at all; production has no such module.
    Defect("health-without-requests", BUILDS, "health", "ModuleNotFoundError: No module named 'requests'",
           "health-check-lacks-program", "HEALTHCHECK"),
    # 001: the entrypoint migrates, and neither alembic.ini nor the migrations are in the image. The script has no
    # `set -e`: the service starts all the same, on tables that are not there.
    Defect("migrations-not-copied", BUILDS, "start", "No 'script_location' key found in configuration",
           "command-lacks-file", "ENTRYPOINT", run=("alembic", "upgrade", "head")),
    # 001: every replica of the production compose file (three) runs the migrations at its start. A race: not run here.
    Defect("migrations-by-replicas", BUILDS, "start", "", "migration-in-entrypoint", "ENTRYPOINT"),
    # 001: the production compose file asks with curl, which only the builder has.
    Defect("compose-health-without-curl", BUILDS, "health", 'exec: "curl": executable file not found in $PATH',
           "health-check-lacks-program", '"curl"', "docker-compose.prod.yml", run=("curl", "-f", "http://localhost:8000")),
    # 001: `requests.get` does not raise for a status of 500 (shown in the development image, which has requests).
    Defect("health-of-any-status", BUILDS, "health", "", "health-check-ignores-status", "HEALTHCHECK"),
    # 001, hardening: the shell is gone, and the next RUN needs it.
    Defect("run-without-shell", HARDENING, "build", "did not complete successfully: exit code: 1", "no-shell",
           "RUN chmod"),
    # 001, hardening: by itself it changes the modes of a folder that nobody makes.
    Defect("modes-of-no-folder", WITH_SHELL, "build", "chmod: cannot access '/app': No such file or directory",
           "needed-file-missing", "chmod -R"),
    # 001, hardening in the production image: the entrypoint is a script for the shell that is gone.
    Defect("entrypoint-without-shell", HARDENED, "start", "", "interpreter-not-in-image", "ENTRYPOINT"),
    # 001, hardening in the production image: and so is the health check, in shell form.
    Defect("health-without-shell", HARDENED, "health", "", "no-shell", "HEALTHCHECK"),
    # 001, hardening in the production image: the user is made a second time, with a number that never holds.
    Defect("user-twice", HARDENED, "start", "uid=999(appuser)", "account-twice", "echo \"appuser:x:1000:1000",
           run=("id",)),
    # 004: `uv sync` takes no notice of /opt/venv and fills /build/.venv; what is copied has pip and nothing else.
    Defect("venv-empty", RISKSHIELD, "start", 'exec: "uvicorn": executable file not found in $PATH',
           "uv-sync-ignores-venv", "RUN uv sync"),
    Defect("nothing-to-start", RISKSHIELD, "start", 'exec: "uvicorn": executable file not found in $PATH',
           "command-not-in-image", "CMD [\"uvicorn\""),
    # 004, where the service is a package: uv builds it, without its README and its source.
    Defect("package-without-readme", PACKAGED, "build", "Readme file does not exist: README.md",
           "needed-file-missing", "uv sync"),
    # 004 on the distroless base that it weighs: no RUN works in it.
    Defect("distroless-run", DISTROLESS, "build", "no such file or directory", "program-not-in-stage", "RUN groupadd"),
)  # fmt: skip

FOUND_ONLY: Sequence[Defect] = (
    # 004 on the Alpine base that it weighs. There is no stand-in of Alpine to build it on.
    Defect("alpine-apt", ALPINE, "build", "apt-get: not found", "program-not-in-stage", "apt-get update"),
)

WARNED: Mapping[str, tuple[Variant, str]] = {
    "path-entry-never-made": (BUILDS, "ENV PYTHONDONTWRITEBYTECODE"),
    "result-unused": (BUILDS, "poetry build"),
    "pipe-hides-failure": (BUILDS, "curl -sSL"),
    "user-not-numeric": (RISKSHIELD, "USER appuser"),
    "base-tag-missing": (RISKSHIELD, "astral-sh"),
}
"""What breaks nothing today, and is found as well: the variant, and the line."""

"""What fixes make of a Dockerfile, round by round; nothing else of it changes."""

from pathlib import Path

import pytest
from tests.unit.check.rules.looking import looked

from lading.check.mend import mend

SLIM = "FROM python:3.13-slim\n"
FILES = {
    "alembic.ini": "[alembic]\nscript_location = %(here)s/migrations\n",
    "migrations/env.py": "",
    "README.md": "",
    "pyproject.toml": '[project]\nname = "a"\nversion = "1"\nreadme = "README.md"\n'
    '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n',
    "src/main.py": "",
}

FIXED = {
    "a health check by Python": (
        f"{SLIM}# asked every minute\nHEALTHCHECK --interval=1m \\\n"
        "  CMD curl -fsS http://localhost:8000/health || exit 1\n",
        f"{SLIM}# asked every minute\nHEALTHCHECK --interval=1m \\\n"
        "  CMD [\"python\", \"-c\", \"import urllib.request; urllib.request.urlopen('http://localhost:8000/health')\"]\n",
    ),
    "what Alembic reads": (
        f"{SLIM}RUN pip install alembic\nWORKDIR /app\nCOPY src src\nUSER 1000:1000\n"
        'CMD ["alembic", "upgrade", "head"]\n',
        f"{SLIM}RUN pip install alembic\nWORKDIR /app\nCOPY src src\nCOPY alembic.ini ./alembic.ini\n"
        'COPY migrations ./migrations\n\nUSER 1000:1000\nCMD ["alembic", "upgrade", "head"]\n',
    ),
    "a user's number": (
        f"{SLIM}RUN groupadd --gid 900 g && useradd --uid 1000 --gid g app\nUSER app\n",
        f"{SLIM}RUN groupadd --gid 900 g && useradd --uid 1000 --gid g app\nUSER 1000:900\n",
    ),
    "a folder of PATH": (
        f"{SLIM}ENV A=1 \\\n    PATH=/no/bin:$PATH\nENV PATH=/none/bin:/usr/local/bin:$PATH\n"
        "ENV PATH=/nil/bin:$PATH\nUSER 1\n",
        f"{SLIM}ENV A=1\nENV PATH=/usr/local/bin:$PATH\nUSER 1\n",
    ),
    "a build for nobody": (
        f"{SLIM}WORKDIR /app\n\nRUN python -m build\n\nCOPY src src\n{SLIM}COPY --from=0 /app/src /app/src\n",
        f"{SLIM}WORKDIR /app\n\nCOPY src src\n{SLIM}COPY --from=0 /app/src /app/src\n",
    ),
}  # fmt: skip

NOT_CERTAIN = {
    "an address with a variable": f"{SLIM}HEALTHCHECK CMD curl -f http://localhost:$PORT/\n",
    "more than one command": f"{SLIM}HEALTHCHECK CMD curl -f http://localhost/ && test -f /tmp/ok\n",
    "an option that matters": f"{SLIM}HEALTHCHECK CMD curl -f -H 'Host: a' http://localhost/\n",
    "no Python": "FROM debian:trixie-slim\nHEALTHCHECK CMD curl -f http://localhost/\n",
    "a number that useradd chose": f"{SLIM}RUN useradd app\nUSER app\n",
}


@pytest.mark.parametrize("name", FIXED)
def test_it_is_mended(name: str, tmp_path: Path) -> None:
    text, wanted = FIXED[name]
    for _ in range(4):
        findings = looked(tmp_path, text, FILES)
        text = mend(findings, {"Dockerfile": text}).texts.get("Dockerfile", text)
    assert text == wanted


@pytest.mark.parametrize("name", NOT_CERTAIN)
def test_what_is_not_certain_is_left_to_its_owner(name: str, tmp_path: Path) -> None:
    findings = looked(tmp_path, NOT_CERTAIN[name])
    assert findings
    assert not any(one.fix for one in findings)


def test_a_hidden_file_is_copied_and_taken_back(tmp_path: Path) -> None:
    dockerfile = (
        f"{SLIM}COPY --from=ghcr.io/astral-sh/uv:0.9 /uv /bin/uv\nWORKDIR /app\nCOPY pyproject.toml ./\nRUN uv sync\n"
    )
    sources = {"Dockerfile": dockerfile, ".dockerignore": "*.md"}
    mended = mend(looked(tmp_path, dockerfile, {**FILES, ".dockerignore": "*.md"}), sources).texts
    assert mended == {
        "Dockerfile": dockerfile.replace("pyproject.toml ./", "pyproject.toml README.md ./"),
        ".dockerignore": "*.md\n!README.md\n",
    }

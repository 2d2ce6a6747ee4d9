"""Each rule by a Dockerfile that is wrong, by the same mended, and by what only looks like it."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import pytest
from tests.unit.check.rules.looking import looked, rules_at

from lading.check.rules.all import RULES
from lading.check.rules.subject import Decided

SLIM = "FROM python:3.13-slim\n"
APP = {"app.py": "print()\n", "requirements.txt": "fastapi\n"}
RUNS = 'USER 1000:1000\nCMD ["python", "app.py"]\n'
INI = "[alembic]\nscript_location = migrations\n"
PAGES = Path(__file__).parents[4] / "docs" / "rules"
DIGEST = "@sha256:" + "0" * 64


class Case(NamedTuple):
    """`wrong` has the rule's finding at `line`; none of `right` has one."""

    rule: str
    line: int
    wrong: str
    right: tuple[str, ...] = ()
    files: Mapping[str, str] = {}
    compose: str = ""
    decided: Decided | None = None


CASES = (
    Case("package-manager-shipped", 1, f"{SLIM}COPY app.py /\n",
         ("FROM gcr.io/distroless/python3-debian13:nonroot\nCOPY app.py /\n", "FROM scratch\nCOPY app.py /\n",
          "FROM company/base:1\nCOPY app.py /\n", f"{SLIM}FROM scratch\nCOPY --from=0 /etc/passwd /\n"), APP),
    Case("user-cannot-write", 4, "FROM node:24-slim\nWORKDIR /app\nUSER node\nRUN npm ci\n",
         ("FROM node:24-slim\nWORKDIR /app\nRUN chown node:node /app\nUSER node\nRUN npm ci\n",
          "FROM node:24-slim\nWORKDIR /app\nUSER node\nRUN --mount=type=cache,target=/app/node_modules npm ci\n",
          "FROM node:24-slim\nWORKDIR /app\nUSER node\nRUN npm ci --prefix /tmp/x\n",
          "FROM node:24-slim\nUSER node\nWORKDIR /app\nRUN npm ci\n",
          "FROM company/node:24\nUSER 1000\nRUN npm ci\n",
          "FROM node:24-slim\nWORKDIR /app\nRUN npm ci\n"),
         {"package.json": "{}", "package-lock.json": "{}"}),
    Case("user-cannot-write", 4, f"{SLIM}WORKDIR /srv\nUSER 1000:1000\nRUN mkdir -p data/cache && touch /tmp/x\n",
         (f"{SLIM}WORKDIR /srv\nRUN mkdir -p data && chown 1000 data\nUSER 1000:1000\nRUN mkdir data/cache\n",
          f"{SLIM}USER 1000\nRUN mkdir /tmp/x && touch /tmp/y && echo a > /tmp/z\n",
          f"{SLIM}USER 1000\nRUN mkdir /srv/a || true\n",
          f"{SLIM}RUN mkdir -m 0777 /srv/a\nUSER 1000\nRUN mkdir /srv/a/b && echo x > /dev/null\n")),
    Case("copy-source-missing", 3, "FROM python:3.13-slim AS build\nFROM python:3.13-slim\n"
         "COPY --from=build /app/dist /srv\n",
         (f"{SLIM}RUN mkdir -p /app/dist\nFROM python:3.13-slim\nCOPY --from=0 /app/dist /srv\n",
          "FROM node:24 AS build\nRUN npm run build\nFROM python:3.13-slim\nCOPY --from=build /app/dist /srv\n",
          "FROM python:3.13-slim\nCOPY requirements*.txt missing*.txt ./\n",
          "FROM alpine:3.22\nRUN apk add -p /r --initdb busybox\nFROM scratch\nCOPY --from=0 /r /\nRUN echo\n",
          "FROM python:3.13-slim\nARG FILE\nCOPY $FILE ./\n"), APP),
    Case("copy-source-missing", 2, f"{SLIM}COPY setup.py ./\n", (f"{SLIM}COPY app.py ./\n",), APP),
    Case("copy-source-ignored", 2, f"{SLIM}COPY README.md ./\n", (f"{SLIM}COPY app.py ./\n", f"{SLIM}COPY . ./\n"),
         {"README.md": "", "app.py": "", ".dockerignore": "*.md\n"}),
    Case("uv-sync-ignores-venv", 7,
         f"{SLIM}COPY --from=ghcr.io/astral-sh/uv:0.9 /uv /bin/uv\nRUN python -m venv /opt/venv\n"
         'ENV PATH="/opt/venv/bin:$PATH"\nWORKDIR /build\nCOPY pyproject.toml uv.lock ./\nRUN uv sync --frozen\n'
         "FROM python:3.13-slim\nCOPY --from=0 /opt/venv /opt/venv\n",
         (f"{SLIM}COPY --from=ghcr.io/astral-sh/uv:0.9 /uv /bin/uv\nRUN python -m venv /opt/venv\n"
          'ENV PATH="/opt/venv/bin:$PATH" UV_PROJECT_ENVIRONMENT=/opt/venv\nWORKDIR /build\n'
          "COPY pyproject.toml uv.lock ./\nRUN uv sync --frozen\n"
          "FROM python:3.13-slim\nCOPY --from=0 /opt/venv /opt/venv\n",
          f"{SLIM}COPY --from=ghcr.io/astral-sh/uv:0.9 /uv /bin/uv\nWORKDIR /build\n"
          "COPY pyproject.toml uv.lock ./\nRUN uv sync --frozen\n"
          'ENV PATH="/build/.venv/bin:$PATH"\nRUN uv sync --frozen\n'),
         {"pyproject.toml": '[project]\nname = "a"\nversion = "1"\n', "uv.lock": "version = 1\n"}),
    Case("venv-without-python", 4, "FROM python:3.13-slim AS build\nRUN python -m venv /opt/venv\n"
         "FROM debian:trixie-slim\nCOPY --from=build /opt/venv /opt/venv\nENV PATH=/opt/venv/bin:$PATH\n",
         ("FROM python:3.13-slim AS build\nRUN python -m venv /opt/venv\n"
          "FROM python:3.13-slim\nCOPY --from=build /opt/venv /opt/venv\nENV PATH=/opt/venv/bin:$PATH\n",
          "FROM python:3.13-slim AS build\nRUN python -m venv /opt/venv\n"
          "FROM company/base:1\nCOPY --from=build /opt/venv /opt/venv\nENV PATH=/opt/venv/bin:$PATH\n")),
    Case("program-not-in-stage", 2, f"{SLIM}RUN curl -O https://files.example/a\n",
         (f"{SLIM}RUN apt-get update && apt-get install -y curl && curl -O https://files.example/a\n",
          f"{SLIM}RUN command -v curl && curl -O https://files.example/a || true\n",
          f"{SLIM}RUN if true; then curl -O https://files.example/a; fi\n",
          f"{SLIM}RUN curl -O https://files.example/a || python -c 'pass'\n",
          f"{SLIM}RUN fetch() {{ echo; }} && fetch\n",
          f"{SLIM}RUN mkdir /t && cp /bin/ls /t/tool && export PATH=/t:$PATH && tool\n",
          f"{SLIM}RUN mkdir /t && cp /bin/ls /t/tool && PATH=/t tool\n",
          "FROM company/base:1\nRUN ./configure && make\n",
          "FROM company/base:1\nRUN curl -O https://files.example/a\n")),
    Case("command-not-in-image", 2, f'{SLIM}CMD ["gunicorn", "app:app"]\n',
         (f'{SLIM}RUN pip install gunicorn\nCMD ["gunicorn", "app:app"]\n',
          f'{SLIM}COPY requirements.txt ./\nRUN pip install -r requirements.txt\nCMD ["gunicorn", "app:app"]\n',
          f'{SLIM}RUN mystery\nCMD ["gunicorn", "app:app"]\n',
          'FROM company/base:1\nCMD ["gunicorn", "app:app"]\n',
          'FROM scratch\nCOPY app.wasm /\nENTRYPOINT ["app.wasm"]\n'),
         {"requirements.txt": "gunicorn\n", "app.wasm": ""}),
    Case("health-check-lacks-program", 2, f"{SLIM}HEALTHCHECK CMD curl -f http://localhost:8000/ || exit 1\n",
         (f"{SLIM}RUN apt-get update && apt-get install -y curl\nHEALTHCHECK CMD curl -f http://localhost/ || exit 1\n",
          f"{SLIM}HEALTHCHECK CMD python -c \"import urllib.request; urllib.request.urlopen('http://localhost/')\"\n",
          "FROM alpine:3.22\nHEALTHCHECK CMD wget -q --spider http://localhost/ || exit 1\n",
          f"{SLIM}HEALTHCHECK NONE\n")),
    Case("health-check-lacks-program", 4, f"{SLIM}COPY requirements.txt ./\nRUN pip install -r requirements.txt\n"
         "HEALTHCHECK CMD python -c \"import requests; requests.get('http://localhost/').raise_for_status()\"\n",
         (f"{SLIM}RUN pip install requests\n"
          "HEALTHCHECK CMD python -c \"import requests; requests.get('http://localhost/').raise_for_status()\"\n",
          # what is not compiled may bring anything along
          f"{SLIM}RUN pip install fastapi\n"
          "HEALTHCHECK CMD python -c \"import requests; requests.get('http://localhost/').raise_for_status()\"\n"),
         {"requirements.txt": "# This file was autogenerated by uv via the following command:\nfastapi==0.1\n"}),
    Case("no-shell", 2, "FROM gcr.io/distroless/static-debian12\nRUN echo hello\n",
         ('FROM gcr.io/distroless/static-debian12\nCMD ["/server"]\n', f"{SLIM}RUN echo hello\n",
          "FROM company/base:1\nRUN echo hello\n")),
    Case("no-shell", 5, "FROM golang:1.26 AS build\nRUN CGO_ENABLED=0 go build -o /server .\nFROM scratch\n"
         "COPY --from=build /server /server\nCMD /server --port 80\n",
         ("FROM golang:1.26 AS build\nRUN CGO_ENABLED=0 go build -o /server .\nFROM scratch\n"
          'COPY --from=build /server /server\nCMD ["/server", "--port", "80"]\n',), {"main.go": "package main\n"}),
    Case("interpreter-not-in-image", 3, 'FROM alpine:3.22\nCOPY start.sh /start.sh\nENTRYPOINT ["/start.sh"]\n',
         ('FROM alpine:3.22\nRUN apk add --no-cache bash\nCOPY start.sh /start.sh\nENTRYPOINT ["/start.sh"]\n',
          'FROM debian:trixie-slim\nCOPY start.sh /start.sh\nENTRYPOINT ["/start.sh"]\n'),
         {"start.sh": "#!/bin/bash\nexec \"$@\"\n"}),
    Case("not-executable", 3, f'{SLIM}COPY --chmod=0644 start.sh /start.sh\nENTRYPOINT ["/start.sh"]\n',
         (f'{SLIM}COPY --chmod=0755 start.sh /start.sh\nENTRYPOINT ["/start.sh"]\n',
          f'{SLIM}COPY --chmod=0644 start.sh /start.sh\nRUN chmod +x /start.sh\nENTRYPOINT ["/start.sh"]\n',
          f'{SLIM}COPY --chmod=0644 start.sh /start.sh\nENTRYPOINT ["sh", "/start.sh"]\n'),
         {"start.sh": "#!/bin/sh\necho\n"}),
    Case("wrong-line-endings", 3, f'{SLIM}COPY --chmod=0755 win.sh /start.sh\nENTRYPOINT ["/start.sh"]\n',
         (f'{SLIM}COPY --chmod=0755 unix.sh /start.sh\nENTRYPOINT ["/start.sh"]\n',
          f"{SLIM}COPY --chmod=0755 win.sh /start.sh\nRUN sed -i 's/\\r$//' /start.sh\nENTRYPOINT [\"/start.sh\"]\n"),
         {"win.sh": "#!/bin/sh\r\necho\r\n", "unix.sh": "#!/bin/sh\necho\n"}),
    Case("needed-file-missing", 3, f"{SLIM}WORKDIR /app\nRUN pip install -r requirements.txt\n",
         (f"{SLIM}WORKDIR /app\nCOPY requirements.txt ./\nRUN pip install -r requirements.txt\n",
          f"{SLIM}WORKDIR /app\nRUN --mount=type=bind,target=. pip install -r requirements.txt\n",
          "FROM node:24\nRUN yarn --version && corepack enable && pnpm --version\n",
          f"{SLIM}COPY . .\nRUN gcc app.c -o /usr/bin/app\nRUN chmod +s /usr/bin/app\n"), APP),
    Case("needed-file-missing", 3, "FROM golang:1.26\nCOPY a.go .\nRUN go build -o /a .\n",
         ("FROM golang:1.15\nCOPY a.go .\nRUN go build -o /a .\n", "FROM golang:1.26\nCOPY a.go .\nRUN go build a.go\n",
          "FROM golang:1.26\nCOPY a.go go.mod ./\nRUN go build .\n"),
         {"a.go": "package main\n", "go.mod": "module a\n"}),
    Case("command-lacks-file", 4, f'{SLIM}WORKDIR /app\nCOPY src src\nCMD ["python", "app.py"]\n',
         (f'{SLIM}WORKDIR /app\nCOPY src src\nCMD ["python", "src/main.py"]\n',
          f'{SLIM}WORKDIR /app\nCMD ["python", "app.py"]\n',  # a place to mount the source at
          f'{SLIM}WORKDIR /app\nRUN git clone https://git.example/a .\nCMD ["python", "app.py"]\n'),
         {"src/main.py": "", "app.py": ""}),
    Case("command-lacks-file", 6, f"{SLIM}WORKDIR /app\nRUN pip install alembic\nCOPY alembic.ini ./\n"
         "COPY --chmod=0755 start.sh /\nENTRYPOINT [\"/start.sh\"]\n",
         (f"{SLIM}WORKDIR /app\nRUN pip install alembic\nCOPY alembic.ini ./\nCOPY migrations migrations\n"
          "COPY --chmod=0755 start.sh /\nENTRYPOINT [\"/start.sh\"]\n",),
         {"alembic.ini": INI, "start.sh": "#!/bin/sh\nset -e\nalembic upgrade head\nexec \"$@\"\n",
          "migrations/env.py": ""}),
    Case("wrong-libc", 7, "FROM golang:1.26-alpine AS build\nWORKDIR /src\nCOPY . .\n"
         "RUN apk add --no-cache gcc musl-dev && CGO_ENABLED=1 go build -o /server .\nFROM debian:trixie-slim\n"
         'COPY --from=build /server /server\nCMD ["/server"]\n',
         ("FROM golang:1.26-alpine AS build\nWORKDIR /src\nCOPY . .\nRUN CGO_ENABLED=0 go build -o /server .\n"
          'FROM debian:trixie-slim\nCOPY --from=build /server /server\nCMD ["/server"]\n',
          "FROM golang:1.26-alpine AS build\nWORKDIR /src\nCOPY . .\nRUN CGO_ENABLED=1 go build -o /server .\n"
          'FROM alpine:3.22\nCOPY --from=build /server /server\nCMD ["/server"]\n'),
         {"main.go": "package main\nimport \"C\"\n", "go.mod": "module example.com/a\n"}),
    Case("modules-of-another-libc", 4, "FROM python:3.13-slim AS build\nRUN python -m venv /opt/venv\n"
         "FROM python:3.13-alpine\nCOPY --from=build /opt/venv /opt/venv\n",
         ("FROM python:3.13-slim AS build\nRUN python -m venv /opt/venv\n"
          "FROM python:3.13\nCOPY --from=build /opt/venv /opt/venv\n",)),
    Case("user-missing", 2, f"{SLIM}USER app\n{RUNS[15:]}",
         (f"{SLIM}RUN useradd app\nUSER app\n", f"{SLIM}USER 1000\n", f"{SLIM}USER nobody\n",
          f"{SLIM}COPY app.py .\nRUN ./app.py\nUSER app:app\n", "FROM company/base:1\nUSER app\n",
          "FROM debian AS b\nRUN useradd app\nFROM scratch\nCOPY --from=b /etc/passwd /etc/passwd\nUSER app\n",
          "FROM debian AS b\nRUN useradd app\nFROM scratch\nCOPY --from=b /etc/passwd /etc/group /etc/\nUSER app\n"),
         APP),
    Case("ships-as-root", 1, f"{SLIM}CMD [\"python\"]\n",
         (f"{SLIM}USER 1000\n", "FROM company/base:1\n", "FROM gcr.io/distroless/static-debian12:nonroot\n",
          f'{SLIM}CMD ["uvicorn", "app:app", "--reload"]\n')),
    Case("user-not-numeric", 3, f"{SLIM}RUN useradd --uid 1000 app\nUSER app\n",
         (f"{SLIM}RUN useradd --uid 1000 app\nUSER 1000\n", f"{SLIM}USER root\n")),
    Case("account-twice", 3, f"{SLIM}RUN useradd app\nRUN echo 'app:x:7:7::/:/bin/false' >> /etc/passwd\n",
         (f"{SLIM}RUN echo 'app:x:7:7::/:/bin/false' >> /etc/passwd\n",)),
    Case("user-cannot-read", 4,
         f'{SLIM}COPY --chmod=0711 start.sh /start.sh\nUSER 1000:1000\nENTRYPOINT ["/start.sh"]\n',
         (f'{SLIM}COPY --chmod=0755 start.sh /start.sh\nUSER 1000:1000\nENTRYPOINT ["/start.sh"]\n',
          f'{SLIM}COPY --chmod=0711 start.sh /start.sh\nENTRYPOINT ["/start.sh"]\n',
          f'{SLIM}COPY --chmod=0711 --chown=1000 start.sh /start.sh\nUSER 1000\nENTRYPOINT ["/start.sh"]\n'),
         {"start.sh": "#!/bin/sh\necho\n"}),
    Case("migration-in-entrypoint", 3,
         f'{SLIM}COPY --chmod=0755 start.sh /\nENTRYPOINT ["/start.sh"]\nCMD ["python"]\n',
         (f'{SLIM}CMD ["alembic", "upgrade", "head"]\n',
          f'{SLIM}COPY --chmod=0755 only.sh /\nENTRYPOINT ["/only.sh"]\n'),
         {"start.sh": "#!/bin/sh\npython manage.py migrate\nexec \"$@\"\n", "only.sh": "#!/bin/sh\nexec \"$@\"\n"}),
    Case("secret-in-variable", 2, f"{SLIM}ENV DB_PASSWORD=hunter2\n",
         (f"{SLIM}ENV DB_PASSWORD_FILE=/run/secrets/db\n", f"{SLIM}ENV TOKEN_URL=https://a.example\n",
          f"{SLIM}RUN --mount=type=secret,id=token true\n")),
    Case("secret-in-variable", 2, f"{SLIM}ARG NPM_TOKEN\n"),
    Case("secret-in-dockerfile", 2, f"{SLIM}RUN echo AKIA{'A' * 16}\n", (f"{SLIM}RUN echo AKIA\n",)),
    Case("secret-copied", 2, f"{SLIM}COPY deploy.key /root/\nRUN rm /root/deploy.key\n",
         (f"{SLIM}COPY public.key /root/\n", f"{SLIM}COPY app.py /root/\n"),
         {"deploy.key": "-----BEGIN PRIVATE KEY-----\nabc\n", "public.key": "-----BEGIN PUBLIC KEY-----\n", **APP}),
    Case("pipe-hides-failure", 2, "FROM python:3.13\nRUN curl -sSL https://a.example/i.sh | sh\n",
         ('FROM python:3.13\nSHELL ["/bin/bash", "-o", "pipefail", "-c"]\nRUN curl -sSL https://a.example/i.sh | sh\n',
          "FROM python:3.13\nRUN set -o pipefail && curl -sSL https://a.example/i.sh | sh\n",
          "FROM python:3.13\nRUN echo a | sh\n")),
    Case("health-check-ignores-status", 2, "FROM python:3.13\nHEALTHCHECK CMD curl http://localhost/\n",
         ("FROM python:3.13\nHEALTHCHECK CMD curl -fsS http://localhost/\n",
          "FROM python:3.13\nHEALTHCHECK CMD curl http://localhost/ | grep ok\n",
          "FROM python:3.13\nHEALTHCHECK CMD wget -q --spider http://localhost/\n")),
    Case("source-before-dependencies", 3, f"{SLIM}WORKDIR /app\nCOPY . .\nRUN pip install -r requirements.txt\n",
         (f"{SLIM}WORKDIR /app\nCOPY requirements.txt .\nRUN pip install -r requirements.txt\nCOPY . .\n",
          f"{SLIM}WORKDIR /app\nCOPY . .\nRUN pip install .\n",
          "FROM node:24\nCOPY package*.json ./\nRUN npm ci\nCOPY . .\nRUN npm ci\n"), APP),
    Case("result-unused", 3, f"{SLIM}WORKDIR /app\nRUN python -m build\n{SLIM}COPY --from=0 /usr/local/bin/pip /pip\n",
         (f"{SLIM}WORKDIR /app\nRUN python -m build\nFROM python:3.13-slim\nCOPY --from=0 /app/dist /dist\n",
          f"{SLIM}WORKDIR /app\nRUN python -m build\n{SLIM}RUN --mount=from=0,target=/b pip install /b/*\n",
          f"{SLIM}WORKDIR /app\nRUN python -m build && pip install dist/*.whl\nFROM python:3.13-slim\n")),
    Case("stage-unused", 1, "FROM python:3.13-slim AS tests\nFROM python:3.13-slim\n",
         ("FROM python:3.13-slim AS base\nFROM base\n",)),
    Case("path-entry-never-made", 2, f"{SLIM}ENV PATH=/app/.venv/bin:$PATH\n",
         (f"{SLIM}ENV PATH=/app/.venv/bin:$PATH\nRUN python -m venv /app/.venv\n",
          "FROM company/base:1 AS a\nFROM alpine:3.22\nENV PATH=/app/bin:$PATH\nCOPY --from=a /target/ /\n")),
    Case("build-tools-shipped", 2, f"{SLIM}RUN apt-get update && apt-get install -y gcc libpq-dev\nUSER 1000\n",
         (f"{SLIM}RUN apt-get update && apt-get install -y gcc && apt-get purge -y gcc\nUSER 1000\n",
          f"{SLIM}RUN apt-get update && apt-get install -y gcc\nFROM python:3.13-slim\nUSER 1000\n",
          f'{SLIM}RUN apt-get update && apt-get install -y gcc\nCMD ["uvicorn", "a:a", "--reload"]\n')),
    Case("development-dependencies-shipped", 3, f"{SLIM}RUN pip install poetry\nRUN poetry install\n",
         (f"{SLIM}RUN pip install poetry\nRUN poetry install --only main\n",
          f"{SLIM}RUN pip install poetry\nRUN poetry install\nFROM python:3.13-slim\n")),
    Case("package-lists-kept", 2, f"{SLIM}RUN apt-get update && apt-get install -y curl\n",
         (f"{SLIM}RUN apt-get update && apt-get install -y curl && rm -rf /var/lib/apt/lists/*\n",
          f"{SLIM}RUN --mount=type=cache,target=/var/lib/apt/lists apt-get update && apt-get install -y curl\n")),
    Case("base-not-allowed", 1, "FROM node:24\n", ("FROM python:3.13-slim\n", "FROM scratch\n"),
         decided=Decided(bases=("python:*",))),
    Case("base-tag-missing", 1, "FROM python\n", ("FROM python:3.13\n", f"FROM python{DIGEST}\n", "FROM scratch\n")),
    Case("base-not-pinned", 1, "FROM python:3.13\n", (f"FROM python:3.13{DIGEST}\n", "FROM scratch\n")),
    Case("user-not-as-decided", 2, f"{SLIM}USER 1001:1001\n", (f"{SLIM}USER 1000:1000\n", "FROM company/base:1\n"),
         decided=Decided(user="1000:1000")),
    Case("health-check-missing", 1, SLIM, (f"{SLIM}HEALTHCHECK CMD true\n", "FROM company/base:1\n"),
         decided=Decided(health=True)),
    Case("labels-missing", 1, SLIM, (f"{SLIM}LABEL team=a\n",), decided=Decided(labels=("team",))),
    Case("depends-on-start", 5, f'{SLIM}CMD ["python"]\n',
         (f'{SLIM}COPY --chmod=0755 start.sh /\nENTRYPOINT ["/start.sh"]\n',),
         {"start.sh": "#!/bin/sh\nuntil pg_isready; do sleep 1; done\nexec \"$@\"\n"},
         compose="services:\n  a:\n    build: .\n    depends_on:\n      - db\n"),
    Case("platform-fixed", 1, "FROM --platform=linux/amd64 python:3.13-slim\n",
         ("FROM --platform=$BUILDPLATFORM python:3.13-slim AS a\nFROM python:3.13-slim\n",)),
)  # fmt: skip


def test_root_is_let_in_where_the_team_has_decided_so(tmp_path: Path) -> None:
    for allowed in (False, True):
        found = looked(tmp_path, SLIM, decided=Decided(allow_root=allowed))
        assert ("ships-as-root" in {rule for rule, _ in rules_at(found)}) is not allowed


@pytest.mark.parametrize("case", CASES, ids=lambda one: f"{one.rule}-{one.line}")
def test_what_is_wrong_is_found_and_nothing_else(case: Case, tmp_path: Path) -> None:
    def told(text: str) -> set[tuple[str, int]]:
        return rules_at(looked(tmp_path, text, case.files, compose=case.compose, decided=case.decided))

    assert (case.rule, case.line) in told(case.wrong)
    for text in case.right:
        assert case.rule not in {rule for rule, _ in told(text)}, text


def test_every_rule_has_a_case() -> None:
    assert {case.rule for case in CASES} == {rule.id for rule in RULES}


def test_every_rule_has_its_page() -> None:
    for rule in RULES:
        page = (PAGES / f"{rule.id}.md").read_text()
        assert page.startswith(f"# {rule.id}: {rule.title}\n"), rule.id
        assert f"Severity: {rule.severity}" in page, rule.id
        assert f"lading ignore={rule.id} -- " in page, rule.id


def test_every_rule_is_in_the_overview() -> None:
    overview = (PAGES.parent / "check.md").read_text()
    assert [rule.id for rule in RULES if f"[{rule.id}](rules/{rule.id}.md)" not in overview] == []

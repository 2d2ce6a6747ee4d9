"""`lading check` on 1,000 Dockerfiles of our own making, as one repository could have them: each service has its own
folder, with the files that its Dockerfile copies.

The texts differ in names, versions and numbers, so that nothing that is remembered of one serves for the next by
chance; what they have in common (bases, tools) real ones have in common, too.
"""

import os
import statistics
import subprocess
from collections.abc import Mapping
from pathlib import Path

COUNT = 1_000
BAR = 5.0
"""Processor seconds for all of them."""

_PYTHON = """\
# syntax=docker/dockerfile:1
ARG PYTHON=3.{minor}
FROM python:${{PYTHON}}-slim AS build
COPY --from=ghcr.io/astral-sh/uv:0.9 /uv /usr/local/bin/uv
ENV UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_PROJECT_ENVIRONMENT=/opt/{name}
WORKDIR /src
COPY pyproject.toml uv.lock ./
RUN --mount=type=cache,target=/root/.cache/uv \\
    uv sync --frozen --no-dev --no-install-project
COPY src ./src
RUN uv sync --frozen --no-dev --no-editable

FROM python:${{PYTHON}}-slim
RUN apt-get update && apt-get install -y --no-install-recommends \\
      curl \\
      # for the reports
      libpq5 \\
    && rm -rf /var/lib/apt/lists/*
RUN groupadd --gid {id} {name} && useradd --uid {id} --gid {name} --create-home {name}
COPY --from=build --chown={id}:{id} /opt/{name} /opt/{name}
ENV PATH="/opt/{name}/bin:$PATH" PYTHONUNBUFFERED=1
WORKDIR /app
COPY alembic.ini ./
COPY --chmod=0755 start.sh ./
USER {id}
EXPOSE {port}
HEALTHCHECK --interval=10s CMD curl -fsS http://localhost:{port}/health || exit 1
ENTRYPOINT ["./start.sh"]
CMD ["uvicorn", "{name}.main:app", "--host", "0.0.0.0", "--port", "{port}"]
"""

_PIP = """\
FROM python:3.{minor}
ENV PYTHONDONTWRITEBYTECODE 1
WORKDIR /srv/{name}
RUN set -eux; \\
    apt-get update; \\
    apt-get install -y gcc libffi-dev; \\
    if [ "$(uname -m)" = x86_64 ]; then curl -o /usr/bin/tool-{id} https://packages.example/tool-{id}; fi; \\
    rm -rf /var/lib/apt/lists/*
COPY requirements.txt .
RUN pip install --no-cache-dir -r requirements.txt
COPY . .
RUN python -m compileall -q . && chmod -R a+rX /srv/{name} && adduser --system --uid {id} {name}
USER {name}
CMD gunicorn --bind 0.0.0.0:{port} {name}.wsgi
"""

_NODE = """\
FROM node:2{even}-alpine AS base
WORKDIR /app
RUN apk add --no-cache tini

FROM base AS deps
COPY package.json package-lock.json ./
RUN npm ci

FROM deps AS build
COPY . .
ENV NODE_ENV=production BUILD={id}
RUN npm run build && npm prune --omit=dev

FROM base
ENV NODE_ENV=production PORT={port}
COPY --from=build --chown=node:node /app/node_modules ./node_modules
COPY --from=build --chown=node:node /app/dist ./dist
COPY package.json ./
USER node
HEALTHCHECK CMD wget -qO- http://localhost:{port}/ || exit 1
ENTRYPOINT ["/sbin/tini", "--"]
CMD ["node", "dist/{name}.js"]
"""

_GO = """\
FROM --platform=$BUILDPLATFORM golang:1.2{even}-alpine AS build
ARG TARGETOS TARGETARCH VERSION=1.{id}
WORKDIR /src
COPY go.mod go.sum ./
RUN --mount=type=cache,target=/go/pkg/mod go mod download
COPY . .
RUN --mount=type=cache,target=/go/pkg/mod --mount=type=cache,target=/root/.cache/go-build \\
    CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH \\
    go build -trimpath -ldflags="-s -w -X main.version=$VERSION" -o /out/{name} ./cmd/{name}

FROM gcr.io/distroless/static-debian12:nonroot
COPY --from=build /out/{name} /{name}
EXPOSE {port}
ENTRYPOINT ["/{name}"]
"""

_SITE = """\
FROM debian:trixie-slim AS tools
RUN <<EOF
set -e
apt-get update
apt-get install -y --no-install-recommends ca-certificates wget
for tool in minify optimize; do
  wget -O /usr/local/bin/$tool-{id} https://packages.example/$tool-{id}
  chmod +x /usr/local/bin/$tool-{id}
done
mkdir -p /out/{name}
EOF
WORKDIR /site
COPY public ./public
RUN minify-{id} public /out/{name} && cp -a public/. /out/{name}/

FROM nginx:1.2{even}
COPY <<'EOF' /etc/nginx/conf.d/default.conf
server {{
  listen {port};
  root /usr/share/nginx/html;
}}
EOF
COPY --from=tools /out/{name} /usr/share/nginx/html
HEALTHCHECK CMD curl -f http://localhost:{port}/ || exit 1
"""

_KINDS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "shop": (
        _PYTHON,
        {
            "pyproject.toml": '[project]\nname = "{name}"\nversion = "1"\ndependencies = ["uvicorn", "alembic"]\n',
            "uv.lock": "version = 1\n",
            "src/{name}/main.py": "app = None\n",
            "alembic.ini": "[alembic]\n",
            "start.sh": '#!/bin/sh\nset -e\nalembic upgrade head\nexec "$@"\n',
        },
    ),
    "desk": (_PIP, {"requirements.txt": "gunicorn==23.0.0\n", "{name}/wsgi.py": "application = None\n"}),
    "page": (
        _NODE,
        {
            "package.json": '{{"name": "{name}", "scripts": {{"build": "tsc"}}}}\n',
            "package-lock.json": '{{"lockfileVersion": 3}}\n',
            ".dockerignore": "node_modules\n*.md\n",
        },
    ),
    "gate": (
        _GO,
        {"go.mod": "module code.example/{name}\n\ngo 1.24\n", "go.sum": "", "cmd/{name}/main.go": "package main\n"},
    ),
    "site": (_SITE, {"public/index.html": "<p>{name}\n"}),
}


def write_services(folder: Path, count: int = COUNT) -> None:
    """Write so many services with their Dockerfiles."""
    kinds = list(_KINDS.items())
    for number in range(count):
        kind, (dockerfile, files) = kinds[number % len(kinds)]
        words = {
            "name": f"{kind}{number}",
            "id": 1000 + number,
            "port": 8000 + number,
            "minor": 11 + number % 4,
            "even": 2 * (number % 3),
        }
        for name, text in {"Dockerfile": dockerfile, **files}.items():
            path = folder / f"{kind}{number}" / name.format_map(words)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text.format_map(words))


class CheckBench:
    """The command on all of them. `seconds` are those of the processor in each round: what it takes on one core."""

    def __init__(self, folder: Path, rounds: int, *, command: Path, env: Mapping[str, str]) -> None:
        self._folder = folder / "services"
        self._rounds = rounds
        self._command = [str(command), "check", "--no-hadolint", "--fail-on", "error", "--quiet", "."]
        self._env = {**env, "HOME": str(folder), "XDG_CACHE_HOME": str(folder / "cache")}
        self.seconds: list[float] = []
        write_services(self._folder)
        (self._folder / "lading.toml").touch()

    def run(self) -> None:
        """Every round."""
        for _ in range(self._rounds):
            self.seconds.append(self._once())

    def _once(self) -> float:
        command = subprocess.Popen(self._command, cwd=self._folder, env=self._env, stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(command.pid, 0)
        command.returncode = os.waitstatus_to_exitcode(status)
        if command.returncode:
            raise SystemExit(f"{' '.join(self._command)} failed with exit code {command.returncode}")
        return usage.ru_utime + usage.ru_stime

    def report(self) -> list[dict[str, object]]:
        """One row: how many files, the median in seconds, its bar."""
        seconds = statistics.median(self.seconds)
        return [{"scenario": "check", "files": COUNT, "seconds": seconds, "bar": BAR, "met": seconds <= BAR}]


def show_check(rows: list[dict[str, object]]) -> None:
    """The row as a table."""
    print(f"\n{'':30} {'files':>9} {'processor':>9} {'bar':>7}")
    for row in rows:
        mark = "" if row["met"] else "  above its bar"
        print(f"{row['scenario']:30} {row['files']:9} {row['seconds']:8.2f}s {row['bar']:6.1f}s{mark}")

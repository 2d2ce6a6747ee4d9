# syntax=docker/dockerfile:1
# Rendered by Lading. What it says is decided in lading.toml and found in the source: change those, then
# `lading render dockerfile --write`. `lading render dockerfile --check` fails where the two differ.
# The image of site, for linux/amd64.

# The installer, a single program. It does not ship.
FROM ghcr.io/astral-sh/uv:0.13.6 AS uv

# build: installs for the target; does not ship. The same distribution as the image that ships, and the same Python,
# at the same path (/usr/bin/python3.11): the environment links to it.
# Python 3.11: pyproject.toml › project.requires-python
# base distroless: default
FROM debian:bookworm-slim AS build
ARG TARGETARCH

# Debian's own Python, as the image that ships has it. No version is pinned: the archive keeps only the newest of a
# release, the one with the fixes.
# hadolint ignore=DL3008
RUN --mount=type=cache,id=apt-${TARGETARCH},target=/var/cache/apt,sharing=locked \
    --mount=type=cache,id=apt-lists-${TARGETARCH},target=/var/lib/apt,sharing=locked \
    apt-get update \
    && apt-get install --yes --no-install-recommends python3.11

# uv installs for /usr/bin/python3.11 and fetches no other Python. Bytecode is of the unchecked-hash kind: used as it
# is, whatever the times on disk. The environment is made where the service will have it, and has no notes of who
# installed it from where.
ENV PYC_INVALIDATION_MODE=UNCHECKED_HASH \
    UV_COMPILE_BYTECODE=1 \
    UV_LINK_MODE=copy \
    UV_NO_INSTALLER_METADATA=1 \
    UV_PROJECT_ENVIRONMENT=/app/.venv \
    UV_PYTHON=/usr/bin/python3.11 \
    UV_PYTHON_DOWNLOADS=never
WORKDIR /project

# Dependencies: what uv.lock names for production. Only the lock and pyproject.toml are looked at, so this is made
# anew only when they change. What uv puts into an environment for people at a desk is removed, and what another uv or
# the next fix of Python would change.
# For an index that asks who comes: `docker build --secret id=netrc,src=$HOME/.netrc`.
# packages 2, none for development: uv.lock
RUN --mount=type=bind,from=uv,source=/uv,target=/usr/bin/uv \
    --mount=type=cache,id=uv-${TARGETARCH},target=/root/.cache/uv \
    --mount=type=secret,id=netrc,target=/root/.netrc \
    --mount=type=bind,source=uv.lock,target=uv.lock \
    --mount=type=bind,source=pyproject.toml,target=pyproject.toml \
    uv sync --locked --no-install-project --no-default-groups --no-editable --no-build \
    && rm /app/.venv/.gitignore /app/.venv/.lock /app/.venv/CACHEDIR.TAG \
    && find /app/.venv/bin -type f ! -perm /u=x -delete \
    && sed -i -E '/^(uv|prompt) = /d; s/^(version_info = [0-9]+\.[0-9]+)\..*/\1/' /app/.venv/pyvenv.cfg

# runtime: what ships, and nothing else.
FROM gcr.io/distroless/python3-debian12:nonroot AS runtime

# Before all copies: none of the layers below is laid over another to make a folder in it.
WORKDIR /app

# The environment, and nothing of what made it.
COPY --link --from=build --chown=0:0 /app/.venv /app/.venv

# The project is no package: its source ships. The ignore file says what stays behind. Named one by one, because only
# the build reads pyproject.toml and uv.lock. It belongs to root: the service cannot change itself. It comes last, so
# that a changed line touches nothing else.
# source copied as it is: pyproject.toml (it has no build-system)
COPY --link --chown=0:0 web /app/web/

ENV LANG=C.UTF-8 \
    PATH=/app/.venv/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONPATH=/app/web \
    PYTHONUNBUFFERED=1 \
    SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt
LABEL org.opencontainers.image.title=site \
    org.opencontainers.image.version=1.2.3

# A number, so that Kubernetes can tell that it is not root.
# user 65532:65532: default
USER 65532:65532

# port 8080 (a guess): nothing names a port
EXPOSE 8080

# The image's own Python asks: there is no curl, and no need of one.
# health /health/: web/site_/urls.py:2
HEALTHCHECK --interval=30s --timeout=10s --start-period=5s --retries=3 \
    CMD ["/app/.venv/bin/python", "-I", "-S", "-c", "import http.client as h;c=h.HTTPConnection(\"127.0.0.1\",8080,timeout=10);c.request(\"GET\",\"/health/\");raise SystemExit(not 200<=c.getresponse().status<400)"]

# app site_.wsgi:application (Django): web/manage.py:1
# server gunicorn: uv.lock › gunicorn
STOPSIGNAL SIGTERM
ENTRYPOINT ["/app/.venv/bin/python"]
CMD ["-m", "gunicorn", "site_.wsgi:application", "--bind", "0.0.0.0:8080"]

# syntax=docker/dockerfile:1
# Rendered by Lading. What it says is decided in lading.toml and found in the source: change those, then
# `lading render dockerfile --write`. `lading render dockerfile --check` fails where the two differ.
# The image of stockbook, for linux/amd64.

# The installer, a single program. It does not ship.
FROM ghcr.io/astral-sh/uv:0.13.6 AS uv

# build: installs for the target; does not ship. The same distribution as the image that ships, and the same Python,
# at the same path (/usr/local/bin/python3.13): the environment links to it.
# Python 3.13: .python-version
# base slim: lading.toml › base
FROM python:3.13-slim-trixie AS build
ARG TARGETARCH

# uv installs for /usr/local/bin/python3.13 and fetches no other Python. Bytecode is of the unchecked-hash kind: used
# as it is, whatever the times on disk. The environment is made where the service will have it, and has no notes of
# who installed it from where.
ENV PYC_INVALIDATION_MODE=UNCHECKED_HASH \
    UV_COMPILE_BYTECODE=1 \
    UV_LINK_MODE=copy \
    UV_NO_INSTALLER_METADATA=1 \
    UV_PROJECT_ENVIRONMENT=/app/.venv \
    UV_PYTHON=/usr/local/bin/python3.13 \
    UV_PYTHON_DOWNLOADS=never
WORKDIR /project

# Dependencies: what poetry.lock names for production. Only the lock and pyproject.toml are looked at, so this is made
# anew only when they change. What uv puts into an environment for people at a desk is removed, and what another uv or
# the next fix of Python would change.
# Poetry 2.1.4 writes its lock as a list with hashes, in an environment of its own that does not last; uv installs
# that list.
# For an index that asks who comes: `docker build --secret id=netrc,src=$HOME/.netrc`.
# packages 26, none for development: poetry.lock
RUN --mount=type=bind,from=uv,source=/uv,target=/usr/bin/uv \
    --mount=type=cache,id=uv-${TARGETARCH},target=/root/.cache/uv \
    --mount=type=secret,id=netrc,target=/root/.netrc \
    --mount=type=bind,source=poetry.lock,target=poetry.lock \
    --mount=type=bind,source=pyproject.toml,target=pyproject.toml \
    uv venv --quiet /app/.venv \
    && UV_COMPILE_BYTECODE=0 uv tool run --quiet --from poetry==2.1.4 --with poetry-plugin-export==1.9.0 poetry export \
        --only main --output /tmp/requirements.txt \
    && uv pip install --python /app/.venv/bin/python --no-build --no-deps --require-hashes --requirements \
        /tmp/requirements.txt \
    && rm /app/.venv/.gitignore /app/.venv/.lock /app/.venv/CACHEDIR.TAG \
    && find /app/.venv/bin -type f ! -perm /u=x -delete \
    && sed -i -E '/^(uv|prompt) = /d; s/^(version_info = [0-9]+\.[0-9]+)\..*/\1/' /app/.venv/pyvenv.cfg

# The user's home: an empty folder, made without a container.
WORKDIR /home/app

# runtime: what ships, and nothing else.
FROM python:3.13-slim-trixie AS runtime

# Before all copies: none of the layers below is laid over another to make a folder in it.
WORKDIR /app

# A name and a home for the user; nobody can log in.
COPY --link --chown=0:0 --chmod=644 <<passwd <<group <<nsswitch.conf /etc/
root:x:0:0:root:/root:/usr/sbin/nologin
nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin
app:x:1000:1000:app:/home/app:/usr/sbin/nologin
passwd
root:x:0:
nogroup:x:65534:
app:x:1000:
group
passwd: files
group: files
shadow: files
hosts: files dns
networks: files
nsswitch.conf

# The user's home. It belongs to root, like all else.
COPY --link --from=build --chown=0:0 /home/app/ /home/app/

# The environment, and nothing of what made it.
COPY --link --from=build --chown=0:0 /app/.venv /app/.venv

# The project is no package: its source ships. The ignore file says what stays behind. Named one by one, because only
# the build reads poetry.lock and pyproject.toml. It belongs to root: the service cannot change itself. It comes last,
# so that a changed line touches nothing else.
# source copied as it is: pyproject.toml › tool.poetry.package-mode
COPY --link --chown=0:0 alembic.ini /app/
COPY --link --chown=0:0 migrations /app/migrations/
COPY --link --chown=0:0 src /app/src/

ENV LANG=C.UTF-8 \
    PATH=/app/.venv/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt
LABEL org.opencontainers.image.description="Books what comes into and goes out of stock, and says what to order again." \
    org.opencontainers.image.source=https://git.stockbook.example/stockbook \
    org.opencontainers.image.title=stockbook \
    org.opencontainers.image.version=1.0.0

# A number, so that Kubernetes can tell that it is not root.
# user 1000:1000: lading.toml › user
USER 1000:1000

# port 8000: lading.toml › services.stockbook.port
EXPOSE 8000

# The image's own Python asks: there is no curl, and no need of one.
# health /health: lading.toml › services.stockbook.health.path
HEALTHCHECK --interval=30s --timeout=3s --start-period=40s --retries=3 \
    CMD ["/app/.venv/bin/python", "-I", "-S", "-c", "import http.client as h;c=h.HTTPConnection(\"127.0.0.1\",8000,timeout=3);c.request(\"GET\",\"/health\");raise SystemExit(not 200<=c.getresponse().status<400)"]

# app src.main:app (FastAPI): src/main.py:46
# server uvicorn: poetry.lock › uvicorn
STOPSIGNAL SIGTERM
ENTRYPOINT ["/app/.venv/bin/python"]
CMD ["-m", "uvicorn", "src.main:app", "--host", "0.0.0.0", "--port", "8000"]

# syntax=docker/dockerfile:1
# Rendered by Lading. What it says is decided in lading.toml and found in the source: change those, then
# `lading render dockerfile --write`. `lading render dockerfile --check` fails where the two differ.
# The image of shop, for linux/amd64, linux/arm64.

# The installer, a single program. It does not ship.
FROM ghcr.io/astral-sh/uv:0.13.6 AS uv

# build: installs for the target; does not ship. The same distribution as the image that ships, and the same Python,
# at the same path (/usr/bin/python3.13): the environment links to it.
# Python 3.13: pyproject.toml › project.requires-python
# base distroless: lading.toml › base
FROM debian:trixie-slim AS build
ARG TARGETARCH

# Debian's own Python, as the image that ships has it. No version is pinned: the archive keeps only the newest of a
# release, the one with the fixes.
# hadolint ignore=DL3008
RUN --mount=type=cache,id=apt-${TARGETARCH},target=/var/cache/apt,sharing=locked \
    --mount=type=cache,id=apt-lists-${TARGETARCH},target=/var/lib/apt,sharing=locked \
    apt-get update \
    && apt-get install --yes --no-install-recommends python3.13

# uv installs for /usr/bin/python3.13 and fetches no other Python. Bytecode is of the unchecked-hash kind: used as it
# is, whatever the times on disk. The environment is made where the service will have it, and has no notes of who
# installed it from where.
ENV PYC_INVALIDATION_MODE=UNCHECKED_HASH \
    UV_COMPILE_BYTECODE=1 \
    UV_LINK_MODE=copy \
    UV_NO_INSTALLER_METADATA=1 \
    UV_PROJECT_ENVIRONMENT=/app/.venv \
    UV_PYTHON=/usr/bin/python3.13 \
    UV_PYTHON_DOWNLOADS=never
WORKDIR /project

# Dependencies: what uv.lock names for production. Only the lock and pyproject.toml are looked at, so this is made
# anew only when they change. What uv puts into an environment for people at a desk is removed, and what another uv or
# the next fix of Python would change.
# For an index that asks who comes: `docker build --secret id=netrc,src=$HOME/.netrc`.
# packages 5, none for development: uv.lock
RUN --mount=type=bind,from=uv,source=/uv,target=/usr/bin/uv \
    --mount=type=cache,id=uv-${TARGETARCH},target=/root/.cache/uv \
    --mount=type=secret,id=netrc,target=/root/.netrc \
    --mount=type=bind,source=uv.lock,target=uv.lock \
    --mount=type=bind,source=pyproject.toml,target=pyproject.toml \
    uv sync --locked --no-install-project --no-default-groups --no-editable --no-build \
    && rm /app/.venv/.gitignore /app/.venv/.lock /app/.venv/CACHEDIR.TAG \
    && find /app/.venv/bin -type f ! -perm /u=x -delete \
    && sed -i -E '/^(uv|prompt) = /d; s/^(version_info = [0-9]+\.[0-9]+)\..*/\1/' /app/.venv/pyvenv.cfg

# runtime-base: the image that ships, to see which packages it has.
FROM gcr.io/distroless/python3-debian13:nonroot AS runtime-base

# packages: libpq5 for an image that has no apt to install them.
# for psycopg2 libpq5: uv.lock › psycopg2
FROM debian:trixie-slim AS packages
ARG TARGETARCH
# The list of installed packages that the image would have. Without dependencies, since it leaves out what only
# maintainer scripts use: none of these run here, and what they use need not be fetched.
RUN --mount=type=bind,from=runtime-base,source=/var/lib/dpkg/status.d,target=/known \
    find /known -type f ! -name '*.md5sums' -exec sed --separate -nE \
        '/^(Package|Version|Architecture|Multi-Arch|Provides):/p; $s/.*/Status: install ok installed\n/p' '{}' + > \
        /tmp/status \
    && printf '%s\n' 'Package: left-out' 'Version: 1' 'Architecture: all' \
        'Provides: awk (= 9999), debconf (= 9999), debconf-2.0 (= 9999), debianutils (= 9999), dpkg (= 9999), install-info (= 9999), openssl (= 9999), readline-common (= 9999)' \
        'Status: install ok installed' '' >> /tmp/status
WORKDIR /unpacked
# What that list lacks, unpacked, without manuals and translations. No version is pinned: the archive keeps only the
# newest of a release, the one with the fixes.
# hadolint ignore=DL3008
RUN --mount=type=cache,id=apt-${TARGETARCH},target=/var/cache/apt,sharing=locked \
    --mount=type=cache,id=apt-lists-${TARGETARCH},target=/var/lib/apt,sharing=locked \
    mkdir -p /archives/partial var/lib/dpkg/status.d \
    && apt-get update \
    && apt-get -o Dir::State::status=/tmp/status -o Dir::Cache::archives=/archives --download-only install --yes \
        --no-install-recommends libpq5 \
    && for deb in /archives/*.deb; do { test ! -e "$deb" || { dpkg-deb --extract "$deb" . && dpkg-deb --field "$deb" > \
        "var/lib/dpkg/status.d/$(dpkg-deb --field "$deb" Package)"; }; } || exit 1; done \
    && for name in bin lib lib64 sbin; do { test ! -d "$name" || { mkdir -p "usr/$name" && cp -a "$name/." "usr/$name/" \
        && rm -r "$name"; }; } || exit 1; done \
    && rm -rf usr/share/bug usr/share/info usr/share/lintian usr/share/locale usr/share/man \
    && find . -path './usr/share/doc/*' -type f ! -name copyright -delete

# runtime: what ships, and nothing else.
FROM gcr.io/distroless/python3-debian13:nonroot AS runtime

# Libraries that Python packages load, and what the team asks for: libpq5, and what these depend on.
COPY --link --from=packages --chown=0:0 /unpacked/ /

# Before all copies: none of the layers below is laid over another to make a folder in it.
WORKDIR /app

# The environment, and nothing of what made it.
COPY --link --from=build --chown=0:0 /app/.venv /app/.venv

# The project is no package: its source ships. The ignore file says what stays behind. Named one by one, because only
# the build reads pyproject.toml and uv.lock. It belongs to root: the service cannot change itself. It comes last, so
# that a changed line touches nothing else.
# source copied as it is: pyproject.toml (it has no build-system)
COPY --link --chown=0:0 alembic.ini package.json /app/
COPY --link --chown=0:0 src /app/src/

# env TZ Europe/Berlin: lading.toml › env.TZ
ENV LANG=C.UTF-8 \
    PATH=/app/.venv/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONPATH=/app/src \
    PYTHONUNBUFFERED=1 \
    SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt \
    TZ=Europe/Berlin
LABEL org.opencontainers.image.title=shop \
    org.opencontainers.image.version=1.2.3

# A number, so that Kubernetes can tell that it is not root.
# user 65532:65532: default
USER 65532:65532

# port 8080 (a guess): nothing names a port
EXPOSE 8080

# The image's own Python asks: there is no curl, and no need of one.
# health /healthz: src/shop/health.py:5
HEALTHCHECK --interval=30s --timeout=10s --start-period=5s --retries=3 \
    CMD ["/app/.venv/bin/python", "-I", "-S", "-c", "import http.client as h;c=h.HTTPConnection(\"127.0.0.1\",8080,timeout=10);c.request(\"GET\",\"/healthz\");raise SystemExit(not 200<=c.getresponse().status<400)"]

# app shop:create_app (Flask, a factory): src/shop/__init__.py:4
# server gunicorn: uv.lock › gunicorn
STOPSIGNAL SIGTERM
ENTRYPOINT ["/app/.venv/bin/python"]
CMD ["-m", "gunicorn", "shop:create_app()", "--bind", "0.0.0.0:8080"]

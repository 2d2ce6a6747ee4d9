# syntax=docker/dockerfile:1
# Rendered by Lading. What it says is decided in lading.toml and found in the source: change those, then
# `lading render dockerfile --write`. `lading render dockerfile --check` fails where the two differ.
# The image of postgres, for linux/amd64.

# packages: ca-certificates, netbase, postgresql-17 without their maintainer scripts.
# packages postgresql-17: lading.toml › images.postgres.packages
FROM debian:trixie-slim AS packages
ARG TARGETARCH
# The list of installed packages that the image would have. Without dependencies, since it leaves out what only
# maintainer scripts use: none of these run here, and what they use need not be fetched.
RUN sed -nE '/^(Package|Version|Architecture|Multi-Arch|Provides|Status):/p; /^$/p' /var/lib/dpkg/status > /tmp/status \
    && printf '%s\n' 'Package: left-out' 'Version: 1' 'Architecture: all' \
        'Provides: adduser (= 9999), awk (= 9999), debconf (= 9999), debconf-2.0 (= 9999), debianutils (= 9999), dpkg (= 9999), init-system-helpers (= 9999), install-info (= 9999), libcap2-bin (= 9999), libllvm19 (= 9999), locales (= 9999), lsb-base (= 9999), openssl (= 9999), postgresql-client-common (= 9999), postgresql-common (= 9999), readline-common (= 9999), sensible-utils (= 9999), ssl-cert (= 9999), sysvinit-utils (= 9999), ucf (= 9999), update-inetd (= 9999)' \
        'Status: install ok installed' '' >> /tmp/status
WORKDIR /unpacked
# What that list lacks, unpacked, without manuals and translations. No version is pinned: the archive keeps only the
# newest of a release, the one with the fixes.
# hadolint ignore=DL3008
RUN --mount=type=cache,id=apt-${TARGETARCH},target=/var/cache/apt,sharing=locked \
    --mount=type=cache,id=apt-lists-${TARGETARCH},target=/var/lib/apt,sharing=locked \
    mkdir -p /archives/partial var/lib/dpkg \
    && apt-get update \
    && apt-get -o Dir::State::status=/tmp/status -o Dir::Cache::archives=/archives --download-only install --yes \
        --no-install-recommends ca-certificates netbase postgresql-17 \
    && cp /var/lib/dpkg/status var/lib/dpkg/status \
    && for deb in /archives/*.deb; do { test ! -e "$deb" || { dpkg-deb --extract "$deb" . && dpkg-deb --field "$deb" > \
        /tmp/paragraph && { sed '1a Status: install ok installed' /tmp/paragraph && echo; } >> var/lib/dpkg/status; }; } || \
        exit 1; done \
    && for name in bin lib lib64 sbin; do { test ! -d "$name" || { mkdir -p "usr/$name" && cp -a "$name/." "usr/$name/" \
        && rm -r "$name"; }; } || exit 1; done \
    && rm -rf usr/share/bug usr/share/info usr/share/lintian usr/share/locale usr/share/man \
    && find . -path './usr/share/doc/*' -type f ! -name copyright -delete \
    && find usr/share/ca-certificates -name '*.crt' -print0 > /tmp/authorities \
    && sort --zero-terminated --output=/tmp/authorities /tmp/authorities \
    && xargs --null --arg-file=/tmp/authorities cat > etc/ssl/certs/ca-certificates.crt

# The user's home: an empty folder, made without a container.
WORKDIR /home/nonroot

# What outlives a container; a new volume takes its owner from here.
RUN install -d --owner=65532 --group=65532 --mode=755 /made/var/lib/postgresql

# runtime: the files of postgresql-17 and what they need; maintainer scripts do not run.
FROM debian:trixie-slim AS runtime

# What the image is for: ca-certificates, netbase, postgresql-17, and what these depend on.
COPY --link --from=packages --chown=0:0 /unpacked/ /

# Before all copies: none of the layers below is laid over another to make a folder in it.
WORKDIR /

# Folders and links, as they were made: with their owners and permissions.
COPY --link --from=packages /made/ /

# A name and a home for the user; nobody can log in.
COPY --link --chown=0:0 --chmod=644 <<passwd <<group <<nsswitch.conf /etc/
root:x:0:0:root:/root:/usr/sbin/nologin
nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin
nonroot:x:65532:65532:nonroot:/home/nonroot:/usr/sbin/nologin
passwd
root:x:0:
nogroup:x:65534:
nonroot:x:65532:
group
passwd: files
group: files
shadow: files
hosts: files dns
networks: files
nsswitch.conf

# The user's home. It belongs to root, like all else.
COPY --link --from=packages --chown=0:0 /home/nonroot/ /home/nonroot/

# A small file.
COPY --link --chown=0:0 --chmod=755 <<"start-postgres" /usr/local/bin/
#!/bin/sh
# Makes the database the first time, then becomes the server.
# POSTGRES_PASSWORD or POSTGRES_PASSWORD_FILE is needed for that first time; POSTGRES_USER is the superuser's name
# (postgres), POSTGRES_DB a database to make (the superuser's name), POSTGRES_INITDB_ARGS more words for initdb.
set -eu

fail() {
    echo "start-postgres: $1" >&2
    exit 1
}

# A secret is given by value, or as a file that only the container sees.
password() {
    if [ -n "${POSTGRES_PASSWORD_FILE:-}" ]; then
        cat "$POSTGRES_PASSWORD_FILE"
    else
        printf '%s' "${POSTGRES_PASSWORD:-}"
    fi
}

# Everything is made beside its place and then renamed: whatever ends this half way, the next start begins anew.
make_database() {
    user="${POSTGRES_USER:-postgres}"
    database="${POSTGRES_DB:-$user}"
    secret="$(password)"
    [ -n "$secret" ] || fail "the database needs a password: set POSTGRES_PASSWORD or POSTGRES_PASSWORD_FILE"
    case "$user$database" in
        *[!A-Za-z0-9_-]*) fail "POSTGRES_USER and POSTGRES_DB take letters, digits, _ and -" ;;
    esac
    new="$PGDATA.new"
    rm -rf "$new"
    # shellcheck disable=SC2086  # several words, one option each
    printf '%s\n' "$secret" | initdb --pgdata="$new" --username="$user" --pwfile=/dev/stdin \
        --auth=scram-sha-256 --encoding=UTF8 --locale=C.UTF-8 ${POSTGRES_INITDB_ARGS:-}
    echo "host all all all scram-sha-256" >>"$new/pg_hba.conf"
    if [ "$database" != postgres ]; then
        printf 'CREATE DATABASE "%s" OWNER "%s";\n' "$database" "$user" |
            postgres --single -D "$new" -F -O -c exit_on_error=true postgres >/dev/null
    fi
    mv "$new" "$PGDATA"
}

[ "$(id -u)" != 0 ] || fail "the server refuses to run as root: leave the image's own user"
[ -s "$PGDATA/PG_VERSION" ] || make_database
# A secret that is not needed any more is not handed on.
unset POSTGRES_PASSWORD POSTGRES_PASSWORD_FILE
exec "$@"
start-postgres

ENV LANG=C.UTF-8 \
    PATH=/usr/lib/postgresql/17/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    PGDATA=/var/lib/postgresql/17 \
    PGHOST=/tmp \
    PGPORT=5432
LABEL org.opencontainers.image.title=postgres

# A number, so that Kubernetes can tell that it is not root.
# user 65532:65532: default
USER 65532:65532

# port 5432: PostgreSQL 17
EXPOSE 5432
# volume /var/lib/postgresql: PostgreSQL 17
VOLUME ["/var/lib/postgresql"]

# A program of the packages asks.
# health /usr/lib/postgresql/17/bin/pg_isready --quiet: PostgreSQL 17
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s --retries=3 \
    CMD ["/usr/lib/postgresql/17/bin/pg_isready", "--quiet"]

# server PostgreSQL 17: lading.toml › images.postgres.packages › postgresql-17
STOPSIGNAL SIGINT
ENTRYPOINT ["/usr/local/bin/start-postgres"]
CMD ["postgres", "-c", "listen_addresses=*", "-c", "port=5432", "-c", "unix_socket_directories=/tmp", "-c", "jit=off"]

"""PostgreSQL as Debian packages it: what a container of it starts, and how its database is made. Data.

Variables and their meaning are those of the image that everybody knows (https://hub.docker.com/_/postgres), so that
compose files and charts fit; its scripts are not needed.
"""

START = "/usr/local/bin/start-postgres"
"""Where the image has the program that it starts."""

SCRIPT = """\
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
    printf '%s\\n' "$secret" | initdb --pgdata="$new" --username="$user" --pwfile=/dev/stdin \\
        --auth=scram-sha-256 --encoding=UTF8 --locale=C.UTF-8 ${POSTGRES_INITDB_ARGS:-}
    echo "host all all all scram-sha-256" >>"$new/pg_hba.conf"
    if [ "$database" != postgres ]; then
        printf 'CREATE DATABASE "%s" OWNER "%s";\\n' "$database" "$user" |
            postgres --single -D "$new" -F -O -c exit_on_error=true postgres >/dev/null
    fi
    mv "$new" "$PGDATA"
}

[ "$(id -u)" != 0 ] || fail "the server refuses to run as root: leave the image's own user"
[ -s "$PGDATA/PG_VERSION" ] || make_database
# A secret that is not needed any more is not handed on.
unset POSTGRES_PASSWORD POSTGRES_PASSWORD_FILE
exec "$@"
"""
"""The program, for the shell of the `slim` base."""

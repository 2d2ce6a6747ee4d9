"""Images made of Debian packages alone: real servers, built, started, talked to, stopped and started again."""

import http.client
import json
import secrets
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.engine.conftest import Program
from tests.engine.service import ALONE, CLOSED, Container, container, until
from tests.support.public_bases import PublicBases
from tools.engine.home import Home

PASSWORD = 'it\'s a "secret" of $tests'
SETTINGS = """\
[images.postgres]
packages = ["postgresql-17"]
budget = "140MB"

[images.redis]
packages = ["redis-server"]
budget = "35MB"

[images.keys]
packages = ["valkey-server"]
base = "slim"
port = {port}

[images.web]
packages = ["nginx-light"]
entrypoint = ["/usr/sbin/nginx"]
command = ["-g", "daemon off;"]
port = {web}
stop-signal = "SIGQUIT"
health = false
accounts = {{ www = "65532:65532", other = "2500000:2500001" }}
links = {{ "/srv/current" = "site" }}
directories = {{ "/srv/kept" = {{ owner = "2500000:2500001", mode = 0o750 }} }}

[images.web.files]
"/etc/nginx/nginx.conf" = {{ source = "deploy/nginx.conf" }}
"/srv/site/index.html" = {{ content = "made of packages" }}
"""
NGINX = """\
pid /tmp/nginx.pid;
error_log stderr;
events {{}}
http {{
    access_log off;
    client_body_temp_path /tmp/body;
    proxy_temp_path /tmp/proxy;
    fastcgi_temp_path /tmp/fastcgi;
    uwsgi_temp_path /tmp/uwsgi;
    scgi_temp_path /tmp/scgi;
    server {{
        listen 127.0.0.1:{web};
        root /srv/current;
    }}
}}
"""


@dataclass(frozen=True, kw_only=True)
class Servers:
    """The folder with the settings, the command line, and the ports of those servers that listen on this machine."""

    folder: Path
    lading: Program
    port: int
    web: int

    def image(self, name: str) -> str:
        """The name of an image in Docker."""
        return f"lading-packaged-{name}:1"


@pytest.fixture(scope="module")
def servers(lading: Program, docker: Program, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """Every image, built and loaded."""
    folder = tmp_path_factory.mktemp("servers")
    found = Servers(folder=folder, lading=lading, port=_free(), web=_free())
    (folder / "lading.toml").write_text(SETTINGS.format(port=found.port, web=found.web))
    (folder / "deploy").mkdir()
    (folder / "deploy/nginx.conf").write_text(NGINX.format(web=found.web))
    lading("lock", cwd=folder)
    names = ("postgres", "redis", "keys", "web")
    for name in names:
        lading("build", "--load", "--locked", "-t", found.image(name), name, cwd=folder)
    yield found
    docker.attempt("rmi", "--force", *map(found.image, names))


@contextmanager
def volume(docker: Program) -> Iterator[str]:
    """A volume of Docker's, until the block ends."""
    name = f"lading-{secrets.token_hex(6)}"
    docker("volume", "create", name)
    try:
        yield name
    finally:
        docker("volume", "rm", "--force", name)


def ready(server: Container, *command: str) -> None:
    """Wait until a command works inside."""
    words = ("exec", server.name, *command)
    until(lambda: server.docker.attempt(*words).returncode == 0 or None, server.runs, server.logs)


def stopped(server: Container) -> int:
    """Stop it as Docker stops containers; its exit code. A server that must be killed has 137."""
    server.docker("stop", server.name)
    return int(server.inspect()["State"]["ExitCode"])


def sql(server: Container, text: str, *, user: str = "stock", database: str = "books") -> str:
    """What psql answers inside, over TCP and with the password."""
    words = ("--host", "127.0.0.1", "--username", user, "--no-psqlrc", "--tuples-only", "--no-align", "--command", text)
    return server.docker("exec", "--env", f"PGPASSWORD={PASSWORD}", server.name, "psql", *words, database).strip()


def test_postgres_keeps_what_it_was_told(docker: Program, servers: Servers) -> None:
    said = ("--env", f"POSTGRES_PASSWORD={PASSWORD}", "--env", "POSTGRES_USER=stock", "--env", "POSTGRES_DB=books")
    with volume(docker) as data:
        mounted = ("--mount", f"type=volume,source={data},target=/var/lib/postgresql")
        with container(docker, servers.image("postgres"), *CLOSED, *ALONE, *mounted, *said) as server:
            ready(server, "pg_isready", "--quiet")
            assert sql(server, "CREATE TABLE kept AS SELECT 'ä' AS word, now() AT TIME ZONE 'Europe/Berlin'")
            assert sql(server, "SHOW server_encoding") == "UTF8"
            assert sql(server, "SELECT upper(word), lower('Ä') FROM kept") == "Ä|ä"
            refused = docker.attempt("exec", "--env", "PGPASSWORD=x", server.name, "psql", "-U", "stock", "books")
            assert b"password authentication failed" in refused.stderr
            assert stopped(server) == 0
            assert "database system is shut down" in server.logs()
        # The second time it needs no password, and nobody may set another one by chance.
        with container(docker, servers.image("postgres"), *CLOSED, *ALONE, *mounted) as server:
            ready(server, "pg_isready", "--quiet")
            assert sql(server, "SELECT word FROM kept") == "ä"


def test_postgres_begins_anew_where_its_first_start_was_cut_off(docker: Program, servers: Servers) -> None:
    with volume(docker) as data:
        mounted = ("--mount", f"type=volume,source={data},target=/var/lib/postgresql")
        leftover = ("mkdir", "-p", "/var/lib/postgresql/17.new/base")
        docker("run", "--rm", "--entrypoint", leftover[0], *mounted, servers.image("postgres"), *leftover[1:])
        secret = ("--env", "POSTGRES_PASSWORD_FILE=/tmp/secret", "--env", "POSTGRES_PASSWORD=")
        with container(docker, servers.image("postgres"), *ALONE, *mounted, *secret) as server:
            told = until(lambda: None if server.runs() else server.logs(), lambda: True, str)
            assert "No such file" in told  # the file of the secret is not there, and nothing is made without it
        with container(docker, servers.image("postgres"), *ALONE, *mounted) as server:
            told = until(lambda: None if server.runs() else server.logs(), lambda: True, str)
            assert "set POSTGRES_PASSWORD or POSTGRES_PASSWORD_FILE" in told
        with container(
            docker, servers.image("postgres"), *ALONE, *mounted, "--env", f"POSTGRES_PASSWORD={PASSWORD}"
        ) as server:
            ready(server, "pg_isready", "--quiet")
            assert sql(server, "SELECT 1", user="postgres", database="postgres") == "1"


def test_redis_keeps_what_it_was_told(docker: Program, servers: Servers) -> None:
    with volume(docker) as data:
        mounted = ("--mount", f"type=volume,source={data},target=/data")
        for answer in ("", "1"):
            with container(docker, servers.image("redis"), *CLOSED, *ALONE, *mounted) as server:
                ready(server, "redis-cli", "-e", "ping")
                assert docker("exec", server.name, "redis-cli", "get", "answer").strip() == answer
                docker("exec", server.name, "redis-cli", "incr", "answer")
                assert stopped(server) == 0


def test_a_declared_server_hands_out_what_was_declared(docker: Program, servers: Servers) -> None:
    with container(docker, servers.image("web"), *CLOSED, "--network", "host") as server:
        asked = until(lambda: _get(servers.web), server.runs, server.logs)
        assert asked == (200, "made of packages\n")
        assert stopped(server) == 0


def test_folders_belong_to_whom_they_were_given(docker: Program, servers: Servers) -> None:
    config = json.loads(docker("inspect", servers.image("postgres")))[0]["Config"]
    assert (config["User"], config["Volumes"]) == ("65532:65532", {"/var/lib/postgresql": {}})
    look = (
        "--entrypoint",
        "stat",
        servers.image("postgres"),
        "--format",
        "%u:%g %a %n",
        "/var/lib/postgresql",
        "/var/lib",
    )
    assert docker("run", "--rm", *ALONE, *look).splitlines() == [
        "65532:65532 755 /var/lib/postgresql",
        "0:0 755 /var/lib",
    ]
    name = f"lading-{secrets.token_hex(6)}"
    docker("create", "--name", name, servers.image("web"))
    try:
        docker("export", name, "--output", servers.folder / "web.tar")
        listed = _owners(servers.folder / "web.tar")
    finally:
        docker("rm", "--force", name)
    assert listed["srv/kept"] == (2500000, 2500001, 0o750)


@pytest.mark.parametrize("runtime", ["docker", "crun"])
@pytest.mark.parametrize("name", ["keys"])
def test_lading_runs_it_until_it_is_healthy(servers: Servers, runtime: str, name: str) -> None:
    told = servers.lading("run", "--runtime", runtime, "--network", "host", "--wait-healthy", name, cwd=servers.folder)
    assert told.startswith("healthy after")


def test_buildkit_makes_the_same_server_of_the_rendered_dockerfile(
    docker: Program, servers: Servers, engine_home: Home, tmp_path: Path
) -> None:
    bases = PublicBases(home=engine_home, folder=tmp_path / "bases")
    (tmp_path / "bases").mkdir()
    text = servers.lading("render", "dockerfile", "postgres", cwd=servers.folder)
    shown, flags = bases.stand_in(text, base=tmp_path)
    file = tmp_path / "postgres.Dockerfile"
    file.write_text(shown)
    (tmp_path / f"{file.name}.dockerignore").write_text("**\n")
    name = "lading-packaged-rendered:1"
    where = ("--network=host", "--tag", name, "--file", file)
    docker("buildx", "build", "--quiet", "--load", *where, *flags, servers.folder)
    try:
        with container(docker, name, *CLOSED, *ALONE, "--env", f"POSTGRES_PASSWORD={PASSWORD}") as server:
            ready(server, "pg_isready", "--quiet")
            assert sql(server, "SELECT 1", user="postgres", database="postgres") == "1"
            assert stopped(server) == 0
    finally:
        docker("rmi", "--force", name)


def _get(port: int) -> tuple[int, str] | None:
    connection = http.client.HTTPConnection("127.0.0.1", port)
    try:
        connection.request("GET", "/")
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    except OSError:
        return None
    finally:
        connection.close()


def _owners(archive: Path) -> dict[str, tuple[int, int, int]]:
    import tarfile

    with tarfile.open(archive) as found:
        return {entry.name: (entry.uid, entry.gid, entry.mode) for entry in found}


def _free() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])

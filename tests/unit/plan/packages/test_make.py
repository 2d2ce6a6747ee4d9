import subprocess

import pytest

from lading.errors import Problems, UsageError
from lading.plan.make import make_plan
from lading.plan.model import Accounts, CopyFile, CopyFromStage, DebianBase, MakeFolder, MakeLink, Plan, WriteFile
from lading.plan.packages.make import packages_facts
from lading.plan.packages.postgres import SCRIPT, START
from lading.plan.packages.servers import known_server
from lading.plan.reasons import Planned
from lading.strategy.read import read_strategy
from lading.strategy.resolve import resolve_image


def planned(settings: str, name: str = "db", team: str = "") -> Planned:
    strategy = resolve_image(read_strategy(f"{team}\n[images.{name}]\n{settings}\n".encode(), None), name)
    return make_plan(packages_facts(strategy), strategy)


def plan(settings: str, name: str = "db", team: str = "") -> Plan:
    return planned(settings, name, team).plan


def base_of(made: Plan) -> DebianBase:
    base = made.runtime.base
    assert isinstance(base, DebianBase)
    return base


def test_naming_the_package_of_a_known_server_is_enough() -> None:
    made = plan('packages = ["postgresql-17"]')
    config = made.config
    assert (config.port, config.stop_signal, config.volumes) == (5432, "SIGINT", ("/var/lib/postgresql",))
    assert config.entrypoint == (START,)
    assert config.health
    assert (config.health.command[0], config.health.path) == ("/usr/lib/postgresql/17/bin/pg_isready", "")
    assert config.health.start_period == 60.0
    assert base_of(made).name == "slim"
    assert {"libllvm19", "postgresql-common"} <= set(base_of(made).without)
    (folder,) = (step for step in made.runtime.steps if isinstance(step, MakeFolder))
    assert (folder.path, folder.uid, folder.gid) == ("/var/lib/postgresql", 65532, 65532)
    assert any(isinstance(step, WriteFile) and step.path == START for step in made.runtime.steps)


def test_what_lading_toml_says_wins_over_what_is_known() -> None:
    made = plan(
        'packages = ["postgresql-17"]\nport = 6000\nwithout = []\nstop-signal = "SIGTERM"\nvolumes = ["/data"]\n'
        'env = { PGDATA = "/data/db" }\nhealth = { start-period = "5s", command = ["true"] }\nuser = "999:998"\n'
        'base = "distroless"\naccounts = { postgres = "999:998", other = "5" }\ncommand = ["postgres"]'
    )
    config = made.config
    assert (config.port, config.stop_signal, config.volumes, config.command) == (
        6000,
        "SIGTERM",
        ("/data",),
        ("postgres",),
    )
    assert dict(config.env)["PGDATA"] == "/data/db"
    assert config.health
    assert (config.health.command, config.health.start_period) == (("true",), 5.0)
    assert base_of(made).name == "distroless"
    assert "libllvm19" not in base_of(made).without
    (accounts,) = (step for step in made.runtime.steps if isinstance(step, Accounts))
    assert (accounts.user, accounts.home, accounts.others) == ("postgres", "/home/postgres", (("other", 5, 5),))
    assert made.notes[:1] != ("PostgreSQL is without its compiler of queries (libllvm19): jit is off",)


def test_a_port_of_its_own_reaches_the_server_s_own_words() -> None:
    made = plan('packages = ["valkey-server"]\nport = 7000')
    assert made.config.command[:2] == ("--port", "7000")
    assert made.config.health
    assert made.config.health.command == ("/usr/bin/valkey-cli", "-e", "-p", "7000", "ping")


def test_any_other_server_is_what_was_declared() -> None:
    made = plan(
        'packages = ["nginx-light"]\nentrypoint = ["/usr/sbin/nginx"]\nprocesses = { check = ["-t"] }\n'
        'links = { "/a" = "b" }\nfiles."/etc/x" = { source = "conf/x", mode = 0o600 }\n'
        'directories."/var/x" = { owner = "7", mode = 0o700 }'
    )
    assert made.config.entrypoint == ("/usr/sbin/nginx",)
    assert [one.name for one in made.processes] == ["server", "check"]
    steps = made.runtime.steps
    assert [(s.path, s.uid, s.mode) for s in steps if isinstance(s, MakeFolder)] == [("/var/x", 7, 0o700)]
    assert [(s.source, s.path, s.mode) for s in steps if isinstance(s, CopyFile)] == [("conf/x", "/etc/x", 0o600)]
    assert [(s.path, s.target) for s in steps if isinstance(s, MakeLink)] == [("/a", "b")]
    assert any("no health check" in note for note in made.notes)


def test_a_path_is_asked_by_a_program_of_lading_s() -> None:
    made = plan('packages = ["nginx-light"]\ncommand = ["nginx"]\nport = 8080\nhealth = { path = "/up" }')
    assert [stage.name for stage in made.stages] == ["probe", "runtime"]
    assert CopyFromStage(stage="probe", path="/lading/probe", why="asks the service how it is") in made.runtime.steps
    health = made.config.health
    assert health
    assert health.command == ("/lading/probe", "http://127.0.0.1:8080/up", "10s")
    assert (health.path, health.port) == ("/up", 8080)


def test_nothing_to_start_and_a_path_that_nothing_can_ask_are_told_together() -> None:
    with pytest.raises(Problems) as caught:
        plan('packages = ["nginx-light"]\nhealth = { path = "/health" }')
    assert [one.where for one in caught.value.problems] == [
        "lading.toml › images.db",
        "lading.toml › images.db.health.path",
    ]


def test_root_must_be_allowed() -> None:
    with pytest.raises(UsageError, match="root"):
        plan('packages = ["postgresql-17"]\nuser = "0"')


def test_every_decision_tells_where_it_is_from() -> None:
    reasons = {one.name: (one.value, one.source) for one in planned('packages = ["redis-server"]').decisions}
    assert reasons["server"] == ("Redis", "lading.toml › images.db.packages › redis-server")
    assert reasons["port"] == ("6379", "Redis")
    assert reasons["base"] == ("distroless, Debian trixie", "Redis")


def test_a_name_that_docker_hub_has_is_told() -> None:
    assert any("Docker Hub" in note for note in plan('packages = ["redis-server"]').notes)
    assert not any(
        "Docker Hub" in note for note in plan('packages = ["redis-server"]', team='registry = "r.example/t"').notes
    )


def test_several_servers_in_one_image_are_none_that_is_known() -> None:
    assert known_server(["redis-server", "postgresql-17"], None) is None
    assert known_server(["redis-tools"], None) is None


def test_the_start_of_postgres_is_a_program_of_any_shell() -> None:
    for shell in ("sh", "bash"):
        assert subprocess.run([shell, "-n"], input=SCRIPT.encode(), check=False).returncode == 0

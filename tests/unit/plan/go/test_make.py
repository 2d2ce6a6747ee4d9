"""Facts of Go services become plans: bases, starts, processes, health, and every problem at once."""

from collections.abc import Mapping

import pytest

from lading.errors import LadingError
from lading.plan.make import make_plan, starts
from lading.plan.model import (
    Accounts,
    BaseFiles,
    CopyFromStage,
    DebianBase,
    GoBinaries,
    GoProgram,
    ImageBase,
    MakeFolder,
    OwnProgram,
    Plan,
    ScratchBase,
    ToolchainBase,
)
from lading.plan.reasons import Planned
from lading.strategy.read import read_strategy
from lading.strategy.resolve import own_settings, resolve
from lading.survey.survey import survey
from lading.tree import MemoryTree

MAIN = "package main\n\nfunc main() {}\n"
SERVER = """package main

import "net/http"

func main() {
	http.HandleFunc("/healthz", ok)
	http.ListenAndServe(":8080", nil)
}
"""
GRPC = """package main

import "google.golang.org/grpc/health/grpc_health_v1"

func main() {
	listener, _ := net.Listen("tcp", ":9090")
	grpc_health_v1.RegisterHealthServer(server, health)
	server.Serve(listener)
}
"""
SHOP = {"go.mod": "module example.test/shop\n\ngo 1.26.0\n", "main.go": SERVER}
THREE = {
    "go.mod": "module example.test/shop\n\ngo 1.26.0\ntoolchain go1.26.3\n",
    "cmd/shop/main.go": SERVER,
    "cmd/worker/main.go": MAIN,
    "cmd/migrate/main.go": MAIN,
}


def planned(files: Mapping[str, str], settings: str = "") -> Planned:
    """The plan of the only service of a repository, with its reasons."""
    tree = MemoryTree(files)
    read = read_strategy(settings.encode(), None)
    (facts,) = survey(tree).services
    name, _ = own_settings(read, facts.name.value, facts.folder)
    strategy = resolve(read, name, facts.folder)
    assert starts(facts, strategy)
    return make_plan(facts, strategy)


def plan(files: Mapping[str, str], settings: str = "") -> Plan:
    """The plan of the only service of a repository."""
    return planned(files, settings).plan


WITH_C = {**SHOP, "c.go": 'package main\n\nimport "C"\n'}


def refused(files: Mapping[str, str], settings: str = "") -> str:
    """What stands against a plan."""
    with pytest.raises(LadingError) as caught:
        plan(files, settings)
    return str(caught.value)


def test_a_service_with_one_program() -> None:
    made = plan(SHOP)
    assert [stage.name for stage in made.stages] == ["probe", "build", "runtime"]
    assert made.stage("build").base == ToolchainBase(name="go", version="1.26.0")
    (binaries,) = made.stage("build").steps
    assert isinstance(binaries, GoBinaries)
    assert binaries.programs == (GoProgram(name="shop", package="."),)
    assert isinstance(made.runtime.base, DebianBase)
    assert made.runtime.base.name == "static"
    assert made.config.entrypoint == ("/app/shop",)
    assert made.config.command == ()
    assert made.config.port == 8080
    assert made.config.health is not None
    assert made.config.health.command == ("/lading/probe", "http://127.0.0.1:8080/healthz", "10s")


def test_a_service_with_several_programs_has_no_entrypoint() -> None:
    made = plan(THREE)
    assert made.config.entrypoint == ()
    assert made.config.command == ("/app/shop",)
    assert [(one.name, one.command) for one in made.processes] == [
        ("web", ("/app/shop",)),
        ("migrate", ("/app/migrate",)),
        ("worker", ("/app/worker",)),
    ]
    assert dict(made.config.env)["PATH"].startswith("/app:")
    assert made.stage("build").base == ToolchainBase(name="go", version="1.26.3")


def test_commands_of_the_strategy() -> None:
    made = plan(THREE, '[services.shop]\ncommand = ["shop", "--loud"]\nprocesses = { cron = ["./worker", "--once"] }')
    assert made.config.command == ("/app/shop", "--loud")
    assert ("cron", ("/app/worker", "--once")) in [(one.name, one.command) for one in made.processes]
    single = plan(SHOP, '[services.shop]\ncommand = ["shop", "--loud"]\nprocesses = { once = ["/app/shop", "-1"] }')
    assert (single.config.entrypoint, single.config.command) == (("/app/shop",), ("--loud",))
    assert [(one.name, one.command) for one in single.processes][1:] == [("once", ("-1",))]


def test_commands_that_cannot_be() -> None:
    told = refused(THREE, '[services.shop]\ncommand = ["gone"]')
    assert "shop has no program 'gone'" in told
    assert "it has shop, worker, migrate" in told
    told = refused(SHOP, '[services.shop]\nprocesses = { sh = ["/bin/sh"] }')
    assert "/bin/sh cannot be started behind the entrypoint /app/shop" in told


@pytest.mark.parametrize(
    ("base", "kind", "name"),
    [
        ("distroless", DebianBase, "static"),
        ("static", DebianBase, "static"),
        ("slim", DebianBase, "slim"),
        ("scratch", ScratchBase, ""),
        ("alpine:3.22", ImageBase, ""),
    ],
)
def test_bases(base: str, kind: type, name: str) -> None:
    found = plan(SHOP, f'base = "{base}"').runtime.base
    assert isinstance(found, kind)
    assert getattr(found, "name", "") == name


def test_an_empty_base_gets_what_programs_read() -> None:
    made = plan(SHOP, 'base = "scratch"')
    kinds = [type(step) for step in made.runtime.steps]
    assert BaseFiles in kinds
    assert Accounts in kinds
    (files,) = [step for step in made.runtime.steps if isinstance(step, BaseFiles)]
    assert files.paths == ("/etc/ssl/certs/ca-certificates.crt", "/usr/share/zoneinfo")
    assert dict(made.config.env)["SSL_CERT_FILE"] == "/etc/ssl/certs/ca-certificates.crt"


def test_an_image_has_accounts_and_authorities_of_its_own() -> None:
    made = plan(SHOP, 'base = "alpine:3.22"')
    assert not any(isinstance(step, Accounts | BaseFiles) for step in made.runtime.steps)
    assert "SSL_CERT_FILE" not in dict(made.config.env)


def test_packages_need_a_base_with_packages() -> None:
    assert "libpq5" in plan(SHOP, 'packages = ["libpq5"]').runtime.base.roots  # type: ignore[union-attr]
    assert "Debian packages cannot be added to alpine:3.22" in refused(SHOP, 'base = "alpine:3.22"\npackages = ["x1"]')


def test_grpc_s_health_service_is_asked_where_there_is_no_route() -> None:
    files = {"go.mod": "module example.test/pay\n\ngo 1.26.0\n", "go.sum": "", "main.go": GRPC}
    health = plan(files).config.health
    assert health is not None
    assert (health.protocol, health.port, health.command[1]) == ("grpc", 9090, "grpc://127.0.0.1:9090")
    said = plan(files, '[services.pay.health]\npath = "/up"').config.health
    assert said is not None
    assert (said.protocol, said.command[1]) == ("http", "http://127.0.0.1:9090/up")


def test_without_a_health_check_there_is_no_probe() -> None:
    made = plan(SHOP, "health = false")
    assert made.config.health is None
    assert not any(isinstance(step, OwnProgram) for stage in made.stages for step in stage.steps)


def test_the_lines_of_a_procfile_are_processes() -> None:
    lines = "web: bin/shop -port $PORT\nworker: ./shop work\nother: bundle exec x\nshell: shop | tee log\n"
    made = plan({**SHOP, "Procfile": lines})
    assert (made.config.entrypoint, made.config.command) == (("/app/shop",), ("-port", str(made.config.port)))
    assert {one.name: one.command for one in made.processes[1:]} == {"worker": ("work",)}
    told = " ".join(made.notes)
    assert "process other (Procfile › other) is left out: bundle is none of its programs (shop)" in told
    assert "process shell (Procfile › shell) is left out: it wants a shell" in told


def test_volumes_belong_to_the_user_and_are_there_before_anything_is_copied() -> None:
    made = plan(SHOP, 'volumes = ["/var/lib/shop", "/data"]\nuser = "7:8"')
    assert made.config.volumes == ("/data", "/var/lib/shop")
    accounts, first, second, *rest = made.runtime.steps
    assert isinstance(accounts, Accounts)
    assert [(step.path, step.uid, step.gid) for step in (first, second) if isinstance(step, MakeFolder)] == [
        ("/data", 7, 8), ("/var/lib/shop", 7, 8),
    ]  # fmt: skip
    assert all(isinstance(step, CopyFromStage) for step in rest)


def test_what_has_parts_in_c_gets_compilers_and_a_base_with_libc() -> None:
    made = plan(WITH_C, 'build-packages = ["libvips-dev"]')
    (binaries,) = made.stage("build").steps
    assert isinstance(binaries, GoBinaries)
    assert binaries.builder
    assert {"gcc", "libc6-dev", "libvips-dev", "pkg-config"} <= set(binaries.builder.roots)
    base = made.runtime.base
    assert isinstance(base, DebianBase)
    assert (base.name, base.suite) == ("distroless", binaries.builder.suite)
    assert {"libgcc-s1", "libstdc++6"} <= set(base.roots)
    assert any('needs cgo for import "C" in c.go' in note for note in made.notes)


@pytest.mark.parametrize(("base", "why"), [("scratch", "no libc"), ("static", "no libc"), ("alpine:3.22", "musl")])
def test_what_has_parts_in_c_cannot_stand_on_a_base_without_their_libc(base: str, why: str) -> None:
    told = refused(WITH_C, f'base = "{base}"')
    assert f"shop is linked with libc, and cannot stand on {base}" in told
    assert why in told
    assert 'do: base = "distroless"' in told


def test_all_problems_are_told_together() -> None:
    told = refused(WITH_C, 'base = "scratch"\n[services.shop]\ncommand = ["gone"]')
    assert "cannot stand on scratch" in told
    assert "no program 'gone'" in told


def test_the_plan_does_not_change_with_lines() -> None:
    moved = {**SHOP, "main.go": SERVER.replace("\n", "\n\n", 3)}
    assert plan(moved) == plan(SHOP)


def test_other_services_and_secrets_are_no_source() -> None:
    files = {
        "go.mod": "module example.test/fleet\n\ngo 1.26.0\n",
        "services/a/main.go": MAIN,
        "services/b/main.go": MAIN,
        "services/a/.env": "X=1",
    }
    tree = MemoryTree(files)
    read = read_strategy(b"", None)
    facts = survey(tree).services[0]
    made = make_plan(facts, resolve(read, "a", facts.folder)).plan
    (binaries,) = made.stage("build").steps
    assert isinstance(binaries, GoBinaries)
    assert "services/b" in binaries.exclude
    assert "**/.env" in binaries.exclude
    assert (made.folder, made.context) == ("services/a", ".")


def test_reasons_have_sources() -> None:
    told = {one.name: (one.value, one.source) for one in planned(SHOP).decisions}
    assert told["Go"] == ("1.26.0", "go.mod:3")
    assert told["port"] == ("8080", "main.go:7")
    assert told["health"] == ("/healthz", "main.go:6")
    assert told["binary shop"] == (".", "./")

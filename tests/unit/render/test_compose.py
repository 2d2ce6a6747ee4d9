"""The production file, read back."""

import re
from typing import Any

import yaml
from hypothesis import given
from hypothesis import strategies as st
from tests.support.golden import PROJECTS
from tests.support.members import hostile, member, service
from tests.unit.render.test_interpolation import replaced

from lading.render.compose import compose
from lading.render.roles import Member

Services = dict[str, dict[str, Any]]


def read(*members: Member) -> Services:
    """The services of a production file."""
    found: Services = yaml.safe_load(compose(members))["services"]
    return found


def test_a_service_may_do_nothing_but_what_it_must() -> None:
    shop = read(service())["shop"]
    assert shop["image"] == "${SHOP_IMAGE:-shop:1.2.3}"
    assert (shop["user"], shop["read_only"], shop["init"]) == ("65532:65532", True, True)
    assert shop["tmpfs"] == ["/tmp:mode=1777,size=64m"]
    assert (shop["cap_drop"], shop["security_opt"]) == (["ALL"], ["no-new-privileges:true"])
    assert (shop["restart"], shop["stop_grace_period"]) == ("unless-stopped", "30s")
    assert shop["ports"] == ["${SHOP_PORT:-8080}:8080"]
    assert shop["deploy"] == {
        "replicas": 1,
        "resources": {
            "limits": {"cpus": "0.5", "memory": "512M"}, "reservations": {"cpus": "0.25", "memory": "256M"},
        },
    }  # fmt: skip


def test_the_health_check_is_the_images_own() -> None:
    one = service()
    health = one.plan.config.health
    assert health is not None
    assert read(one)["shop"]["healthcheck"] == {
        "test": ["CMD", *health.command], "interval": "30s", "timeout": "10s", "start_period": "5s", "retries": 3,
    }  # fmt: skip
    assert "healthcheck" not in read(service(settings="health = false"))["shop"]


SETTINGS = """
replicas = 3
processes = { migrate = ["python", "m.py"], release = ["python", "r.py"], worker = ["python", "w.py"] }
resources = { limits = { cpus = 2, memory = "200MB" }, reservations = { memory = "1MiB" } }
"""


def test_migrations_end_before_anything_starts_however_many_replicas_there_are() -> None:
    found = read(service(settings=SETTINGS))
    assert list(found) == ["shop-migrate", "shop-release", "shop", "shop-worker"]
    ended = {"condition": "service_completed_successfully"}
    assert "depends_on" not in found["shop-migrate"]
    assert found["shop-release"]["depends_on"] == {"shop-migrate": ended}
    for name in ("shop", "shop-worker"):
        assert found[name]["depends_on"] == {"shop-migrate": ended, "shop-release": ended}
    assert [one["restart"] for one in found.values()] == ["no", "no", "unless-stopped", "unless-stopped"]
    assert found["shop"]["deploy"]["replicas"] == 3
    assert found["shop"]["ports"] == ["${SHOP_PORT:-8080-8082}:8080"]
    limits = {"cpus": "2", "memory": "200000000b"}
    for one in found.values():
        assert one["deploy"]["resources"] == {"limits": limits, "reservations": {"cpus": "1", "memory": "1M"}}
    assert [one["command"] for name, one in found.items() if name != "shop"] == [["m.py"], ["r.py"], ["w.py"]]
    assert "replicas" not in found["shop-worker"]["deploy"]


def test_what_does_not_listen_is_not_asked() -> None:
    found = read(service(settings=SETTINGS))
    assert [one["healthcheck"] for name, one in found.items() if name != "shop"] == [{"disable": True}] * 3


def test_scripts_wait_until_somebody_asks_for_them() -> None:
    package = '[project.scripts]\nshop-admin = "a:b"\n[build-system]\nrequires = []\nbuild-backend = "x"\n'
    found = read(service(more=package))["shop-admin"]
    assert found["profiles"] == ["by-hand"]
    decided = read(service(more=package, settings='processes = { shop-admin = ["shop-admin"] }'))["shop-admin"]
    assert "profiles" not in decided


def test_variables_come_from_the_environment_and_never_with_a_value() -> None:
    reads = (
        "a = os.environ['SIGNING_KEY']\nb = os.getenv('REGION', 'eu')\nc = os.getenv('REDIS_URL', 'redis://u:p@h/1')\n"
    )
    text = compose([service(reads=reads, settings='env = { REGION = "us" }')])
    assert yaml.safe_load(text)["services"]["shop"]["environment"] == {
        "REDIS_URL": "${REDIS_URL:?shop does not start without it}",
        "SIGNING_KEY": "${SIGNING_KEY:?shop does not start without it}",
    }
    assert "u:p@" not in text
    optional = compose([service(reads="b = os.getenv('REGION', 'eu')\n")])
    assert yaml.safe_load(optional)["services"]["shop"]["environment"] == {"REGION": None}


def test_a_moved_line_changes_nothing() -> None:
    reads = "a = os.environ['SIGNING_KEY']\n"
    assert compose([service(reads=reads)]) == compose([service(reads=f"# moved\n\n{reads}")])


def test_several_services_get_ports_of_their_own() -> None:
    found = read(service(name="api"), service(name="web", settings="replicas = 2"), service(name="jobs"))
    assert [one["ports"] for one in found.values()] == [
        ["${API_PORT:-8080}:8080"], ["${WEB_PORT:-8081-8082}:8080"], ["${JOBS_PORT:-8083}:8080"],
    ]  # fmt: skip


def test_our_variables_are_not_the_services() -> None:
    found = read(service(reads="x = os.getenv('SHOP_PORT')\n"))["shop"]
    assert found["ports"] == ["${SHOP_COMPOSE_PORT:-8080}:8080"]
    assert found["environment"] == {"SHOP_PORT": None}


def test_no_service_looks_like_another() -> None:
    for name, tree in PROJECTS.items():
        found = read(member(tree()))
        assert found, name
        assert all("image" in one and "user" in one for one in found.values())


@given(st.lists(hostile(), min_size=1, max_size=2))
def test_hostile_services_read_back(members: list[Member]) -> None:
    found = read(*members)
    assert all(re.fullmatch(r"[a-z0-9-]+", name) for name in found)
    assert len(found) == sum(len(one.plan.processes) for one in members)
    env = {fact.value.name: "set" for one in members for fact in one.facts.variables}
    own = [name for name in found if "replicas" in found[name]["deploy"]]
    for one, name in zip(members, own, strict=True):
        version = one.facts.version
        assert version is not None
        assert replaced(found[name]["image"], env) == f"{one.plan.image}:{version.value}"
        health = one.plan.config.health
        if health:
            assert [replaced(word, {}) for word in found[name]["healthcheck"]["test"]] == ["CMD", *health.command]
        said = found[name].get("environment", {})
        assert set(said) == {fact.value.name for fact in one.facts.variables} - {
            name for name, _ in one.plan.config.env
        }
    commands = sorted(one.command for member in members for one in member.plan.processes[1:])
    got = sorted(tuple(replaced(word, {}) for word in one["command"]) for one in found.values() if "command" in one)
    assert got == commands

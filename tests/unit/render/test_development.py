"""The development file, read back."""

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from tests.support.golden import image
from tests.support.members import hostile, service
from tests.unit.render.test_interpolation import replaced

from lading.errors import UsageError
from lading.render.development import development
from lading.render.roles import Member

Document = dict[str, Any]


def read(*members: Member, **flags: Any) -> Document:
    """A development file."""
    found: Document = yaml.safe_load(development(members, **flags))
    return found


DATABASE = "x = os.getenv('DATABASE_URL', 'postgresql+asyncpg://localhost/orders')\n"


def test_an_image_of_packages_gives_way_to_a_public_one_of_its_kind() -> None:
    stores = [image(name)[0] for name in ("postgres", "web")]
    alone = read(*stores)["services"]
    assert alone["postgres"]["image"] == "registry.example/team/postgres:latest"
    beside = read(service({}, "sqlalchemy", "asyncpg", reads=DATABASE), *stores)["services"]
    assert set(beside) == {"shop", "postgres", "web"}
    assert beside["postgres"]["image"].startswith("postgres:")


def test_source_is_mounted_and_cannot_be_changed() -> None:
    shop = read(service())["services"]["shop"]
    assert shop["build"] == {"context": ".", "dockerfile": "Dockerfile.dev"}
    assert shop["volumes"] == [{"type": "bind", "source": ".", "target": "/app", "read_only": True}]
    assert shop["ports"] == ["127.0.0.1:${SHOP_PORT:-8080}:8080"]
    assert shop["healthcheck"]["test"][1] == "/opt/venv/bin/python"
    assert "command" not in shop, "Dockerfile.dev has it"


def test_what_the_code_needs_is_there_and_healthy_first() -> None:
    found = read(service(reads=f"{DATABASE}y = os.getenv('REDIS_URL', 'redis://localhost/3')\n"))
    services = found["services"]
    assert list(services) == ["shop", "postgres", "redis"]
    assert services["shop"]["environment"] == {
        "DATABASE_URL": "postgresql+asyncpg://app:${POSTGRES_PASSWORD:-development}@postgres:5432/orders",
        "REDIS_URL": "redis://redis:6379/3",
    }
    healthy = {"condition": "service_healthy"}
    assert services["shop"]["depends_on"] == {"postgres": healthy, "redis": healthy}
    assert services["postgres"]["environment"] == {
        "POSTGRES_USER": "app", "POSTGRES_PASSWORD": "${POSTGRES_PASSWORD:-development}", "POSTGRES_DB": "orders",
    }  # fmt: skip
    assert services["postgres"]["image"].startswith("postgres:")
    assert all(one["healthcheck"]["test"][0] == "CMD" for one in services.values())
    assert set(found["volumes"]) == {"postgres-data", "redis-data"}


def test_parts_of_an_address_lead_there_as_well() -> None:
    parts = ("DB_HOST", "DB_PORT", "DB_USER", "DB_PASSWORD", "DB_NAME")
    reads = "".join(f"x = os.environ['{name}']\n" for name in parts)
    assert read(service({}, "psycopg2", reads=reads))["services"]["shop"]["environment"] == {
        "DB_HOST": "postgres", "DB_PORT": "5432", "DB_USER": "app", "DB_NAME": "shop",
        "DB_PASSWORD": "${POSTGRES_PASSWORD:-development}",
    }  # fmt: skip


def test_services_share_a_database_when_they_name_the_same() -> None:
    one, two = service(reads=DATABASE, name="one"), service(reads=DATABASE, name="two")
    assert list(read(one, two)["services"]) == ["one", "two", "postgres"]
    three = service(reads=DATABASE.replace("orders", "bills"), name="three")
    found = read(one, two, three)["services"]
    assert list(found) == ["one", "two", "three", "orders-postgres", "bills-postgres"]
    assert found["three"]["environment"]["DATABASE_URL"].endswith("@bills-postgres:5432/bills")
    assert found["bills-postgres"]["ports"] == ["127.0.0.1:${BILLS_POSTGRES_PORT:-5433}:5432"]


def test_a_service_that_is_called_postgres_keeps_its_name() -> None:
    found = read(service(reads=DATABASE, name="postgres"))["services"]
    assert found["postgres"]["environment"]["DATABASE_URL"].endswith("@postgres-2:5432/orders")
    assert set(found) == {"postgres", "postgres-2"}


def test_migrations_wait_for_the_database_and_the_others_for_both() -> None:
    settings = 'processes = { migrate = ["python", "m.py"], worker = ["python", "w.py"] }'
    found = read(service(reads=DATABASE, settings=settings))["services"]
    assert set(found["shop-migrate"]["depends_on"]) == {"postgres"}
    assert found["shop-migrate"]["command"] == ["m.py"]
    for name in ("shop", "shop-worker"):
        assert set(found[name]["depends_on"]) == {"postgres", "shop-migrate"}


def test_a_secret_has_a_default_and_nothing_else_that_is_required() -> None:
    found = read(service(reads="a = os.environ['SECRET_KEY']\nb = os.environ['REGION']\nc = os.getenv('LEVEL')\n"))
    assert found["services"]["shop"]["environment"] == {
        "LEVEL": None, "REGION": "${REGION:?shop does not start without it}",
        "SECRET_KEY": "${SECRET_KEY:-development}",
    }  # fmt: skip


def test_pgadmin_is_there_on_request() -> None:
    found = read(service(reads=DATABASE), extras=["pgadmin"])
    assert set(found["services"]["pgadmin"]["depends_on"]) == {"postgres"}
    assert "pgadmin-data" in found["volumes"]
    with pytest.raises(UsageError, match="no Postgres"):
        read(service(), extras=["pgadmin"])


def test_a_debugger_listens_on_request() -> None:
    shop = read(service({}, "debugpy"), debug=True)["services"]["shop"]
    assert shop["command"][:4] == ["-m", "debugpy", "--listen", "0.0.0.0:5678"]
    assert shop["ports"][1] == "127.0.0.1:${SHOP_DEBUG_PORT:-5678}:5678"


def test_the_file_says_which_command_renders_it() -> None:
    text = development([service({}, "debugpy", reads=DATABASE)], debug=True, extras=["pgadmin"])
    assert "`lading render compose --dev --debug --with pgadmin --write`" in text


def test_no_port_is_open_to_others() -> None:
    found = read(service(reads=f"{DATABASE}y = os.getenv('REDIS_URL', 'redis://x')\n"), extras=["pgadmin"])
    assert all(port.startswith("127.0.0.1:") for one in found["services"].values() for port in one["ports"])


@given(st.lists(hostile(), min_size=1, max_size=2))
def test_hostile_services_read_back(members: list[Member]) -> None:
    found = read(*members)["services"]
    built = [one for one in found.values() if "build" in one]
    assert len(built) == sum(len(one.plan.processes) for one in members)
    contexts = {replaced(one["build"]["context"], {}) for one in built}
    assert contexts == {"." if one.plan.folder == "." else f"./{one.plan.folder}" for one in members}
    commands = {process.command for one in members for process in one.plan.processes}
    for one in built:
        if "command" in one:
            assert tuple(replaced(word, {}) for word in one["command"]) in commands

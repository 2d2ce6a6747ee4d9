"""Which programs are one service."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lading.survey.go.grouping import group, is_aside, module_name, role_of

SHOP = "example.com/acme/shop"


def grouped(*mains: str, module: str = SHOP, whole: bool = False) -> dict[str, list[str]]:
    """Services by folder, with the names of their binaries."""
    return {one.folder: [main.binary for main in one.mains] for one in group(mains, module, whole=whole)}


@pytest.mark.parametrize(
    ("mains", "services"),
    [
        (["."], {".": ["shop"]}),
        ([".", "cmd/migrate"], {".": ["shop", "migrate"]}),
        (["cmd/server"], {".": ["server"]}),
        (["cmd/server", "cmd/migrate", "cmd/worker"], {".": ["server", "worker", "migrate"]}),
        (["cmd/shop", "cmd/shopctl"], {".": ["shop", "shopctl"]}),
        (["cmd/api", "cmd/admin"], {"cmd/admin": ["admin"], "cmd/api": ["api"]}),
        (
            ["cmd/api", "cmd/admin", "cmd/api-worker", "cmd/migrate"],
            {"cmd/admin": ["admin"], "cmd/api": ["api", "api-worker"], "cmd/migrate": ["migrate"]},
        ),
        (
            ["cmd/auth/server", "cmd/auth/migrate", "cmd/pay/server"],
            {"cmd/auth": ["server", "migrate"], "cmd/pay": ["server"]},
        ),
        (
            ["services/auth/cmd/auth", "services/auth/cmd/migrate", "services/pay/cmd/migrate", "services/pay/cmd/pay"],
            {"services/auth": ["auth", "migrate"], "services/pay": ["pay", "migrate"]},
        ),
        (["services/auth", "services/auth/cmd/migrate"], {"services/auth": ["auth", "migrate"]}),
        (["services/auth/cmd/one", "services/auth/cmd/two"], {"services/auth": ["one", "two"]}),
        (["auth", "billing"], {"auth": ["auth"], "billing": ["billing"]}),
        (["auth/server", "auth/migrate"], {"auth": ["server", "migrate"]}),
        (["server", "worker"], {".": ["server", "worker"]}),
        (["auth", "billing", "migrate"], {"auth": ["auth"], "billing": ["billing"], "migrate": ["migrate"]}),
    ],
)
def test_what_belongs_together(mains: list[str], services: dict[str, list[str]]) -> None:
    assert grouped(*mains) == services


def test_a_module_in_a_folder_of_services_is_one() -> None:
    assert grouped("cmd/one", "cmd/two", whole=True) == {".": ["one", "two"]}


def test_programs_of_one_service_that_are_called_alike_have_names_of_their_own() -> None:
    assert grouped("services/a/cmd/worker", "services/a/jobs/worker") == {"services/a": ["worker", "jobs-worker"]}


def test_a_major_version_is_no_name() -> None:
    assert module_name("example.com/acme/shop/v2") == "shop"


def test_roles_by_name() -> None:
    assert [role_of(name) for name in ("migrate", "db-migrations", "workers", "consumer", "cronjob", "api")] == [
        "migrate", "migrate", "worker", "consumer", "cron", "",
    ]  # fmt: skip


@pytest.mark.parametrize("folder", ["tools/gen", "internal/gen", "examples/demo", "_old", ".hidden/x", "test/load"])
def test_programs_for_developers_are_aside(folder: str) -> None:
    assert is_aside(folder)


_PART = st.sampled_from(["auth", "pay", "cmd", "services", "migrate", "worker", "server", "a", "internal"])
_FOLDER = st.lists(_PART, min_size=1, max_size=5).map("/".join) | st.just(".")


@given(st.sets(_FOLDER, max_size=8))
def test_every_program_is_in_one_service_under_a_name_of_its_own(mains: set[str]) -> None:
    services = group(mains, SHOP)
    assert sorted(main.folder for one in services for main in one.mains) == sorted(mains)
    for one in services:
        names = [main.binary for main in one.mains]
        assert len(set(names)) == len(names)
    assert len({one.folder for one in services}) == len(services)

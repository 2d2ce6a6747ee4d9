import pytest

from lading.check.effects.apk import alpine_packages
from lading.check.effects.packages import SUITES, closure, packages_of

EVERYWHERE = {
    "build-essential": {"/usr/bin/gcc", "/usr/bin/g++", "/usr/bin/make"},
    "curl": {"/usr/bin/curl"},
    "git": {"/usr/bin/git"},
    "gosu": {"/usr/sbin/gosu"},
    "postgresql-client": {"/usr/bin/psql", "/usr/bin/pg_isready", "/usr/bin/pg_dump"},
    "tini": {"/usr/bin/tini"},
    "wget": {"/usr/bin/wget"},
}


@pytest.mark.parametrize("suite", SUITES)
def test_packages_bring_their_programs(suite: str) -> None:
    data = packages_of(suite)
    for package, programs in EVERYWHERE.items():
        names = closure(data, [package], recommended=False)
        brought = {path.replace("/bin/", "/usr/bin/").replace("/usr/usr/", "/usr/") for path in _programs(suite, names)}
        assert programs <= brought, package
        others = set().union(*(own for name, own in EVERYWHERE.items() if name != package))
        assert not (others - programs) & brought, package


@pytest.mark.parametrize("suite", SUITES)
def test_all_that_a_package_needs_is_there_or_brings_nothing(suite: str) -> None:
    data = packages_of(suite)
    assert len(data) > 1000
    assert "libpq.so.5" in data["libpq5"].libraries.split()
    assert set(closure(data, ["curl"], recommended=False)) < set(closure(data, ["curl", "git"], recommended=True))
    assert closure(data, ["curl"], recommended=False, without=("curl",)) == []
    assert closure(data, ["no-such-package"], recommended=True) == []


def test_a_release_that_nobody_knows() -> None:
    assert packages_of("sid") == {}
    assert packages_of("../../etc/passwd") == {}


def test_what_alpines_packages_need_is_known() -> None:
    data = alpine_packages()
    assert {name for one in data.values() for name in one.needs.split()} <= data.keys()
    assert "/bin/bash" in data["bash"].program_paths()


def _programs(suite: str, names: list[str]) -> set[str]:
    data = packages_of(suite)
    return {path for name in names for path in data[name].program_paths()}

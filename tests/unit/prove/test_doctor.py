import os
from pathlib import Path

import pytest
from tests.support.httpd import Answer, Request, serve
from tests.support.runtimes import CRUN, DOCKER, install

from lading.debian.mirrors import Mirrors
from lading.errors import UsageError
from lading.http import Http
from lading.proc import Runner
from lading.prove.doctor import ANY_ENGINE, BUILDX, Check, engines, look, namespaces_problem
from lading.store import Store


def index(request: Request) -> Answer:
    """A mirror that has the index of one release and not that of its security updates."""
    return Answer(status=200 if request.path == "/debian/dists/trixie/InRelease" else 404)


def looked(store: Path, mirrors: Mirrors) -> dict[str, Check]:
    http = Http(retries=0)
    found = look(
        runner=Runner(),
        http=http,
        store=Store(store),
        env=os.environ,
        mirrors=lambda: mirrors,
        suite="trixie",
    )
    http.close()
    return {check.name: check for check in found}


def test_everything_is_looked_at(tmp_path: Path) -> None:
    with serve(index) as site:
        checks = looked(tmp_path / "store", Mirrors(f"{site.base}/debian", f"{site.base}/debian-security"))
    states = {name: check.state for name, check in checks.items()}
    assert list(checks) == [
        "lading", "python", "uv", "store", "mirror", "security",
        "namespaces", "docker", "buildx", "podman", "crun", "runc",
    ]  # fmt: skip
    assert [states[name] for name in ("lading", "python", "uv", "store", "mirror")] == ["ok"] * 5
    assert checks["security"].state == "missing"
    assert "dists/trixie-security/InRelease answers 404" in checks["security"].detail
    assert "LADING_DEBIAN_MIRROR" in checks["security"].fix


def test_a_mirror_that_is_not_there(tmp_path: Path) -> None:
    with serve(index) as site:
        gone = site.base
    check = looked(tmp_path / "store", Mirrors(f"{gone}/debian", f"{gone}/debian-security"))["mirror"]
    assert check.state == "missing"
    assert "no answer" in check.detail


def test_a_bad_setting_is_a_check_and_no_crash(tmp_path: Path) -> None:
    def mirrors() -> Mirrors:
        raise UsageError("the mirror is no address", where="LADING_DEBIAN_MIRROR", fix="write a URL")

    found = look(runner=Runner(), http=Http(), store=Store(tmp_path), env=os.environ, mirrors=mirrors, suite="trixie")
    (check,) = [check for check in found if check.name == "mirror"]
    assert (check.state, check.detail, check.fix) == (
        "missing",
        "the mirror is no address: LADING_DEBIAN_MIRROR",
        "write a URL",
    )


def test_a_store_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with serve(index) as site:
        check = looked(tmp_path / "file", Mirrors(site.base, site.base))["store"]
    assert check.state == "missing"
    assert "cannot write to the store" in check.detail
    assert check.fix


def test_engines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path, monkeypatch, docker=DOCKER, crun=CRUN)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    found = {check.name: check for check in engines(Runner())}
    assert (found["docker"].state, found["crun"].detail) == ("ok", "crun version 0 (a test's)")
    assert (found["podman"].state, found["podman"].detail) == ("absent", "it is not installed")
    assert not any(check.fix for check in found.values())


def test_a_docker_without_buildx_says_what_needs_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    refusing = "import sys\nsys.exit('no such command') if sys.argv[1] == 'buildx' else print('26.1')"
    install(tmp_path, monkeypatch, docker=refusing)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    found = {check.name: check for check in engines(Runner())}
    assert (found["docker"].state, found["buildx"].state) == ("ok", "absent")
    assert [check.fix for check in found.values() if check.fix] == [BUILDX]


def test_without_any_engine_it_says_what_needs_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    found = [check for check in engines(Runner()) if check.name != "namespaces"]
    assert {check.state for check in found} == {"absent"}
    assert [check.fix for check in found if check.fix] == [ANY_ENGINE]


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("user/max_user_namespaces", "0", "turned off"),
        ("kernel/unprivileged_userns_clone", "0", "root only"),
        ("kernel/apparmor_restrict_unprivileged_userns", "1", "AppArmor"),
        ("kernel/apparmor_restrict_unprivileged_userns", "0", ""),
        ("user/max_user_namespaces", "96365", ""),
    ],
)
def test_user_namespaces(tmp_path: Path, name: str, value: str, said: str) -> None:
    (tmp_path / name).parent.mkdir()
    (tmp_path / name).write_text(f"{value}\n")
    problem = namespaces_problem(tmp_path)
    assert bool(problem) == bool(said)
    assert said in problem

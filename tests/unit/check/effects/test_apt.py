import pytest
from tests.unit.check.effects.stage import Stage

INSTALL = "apt-get update && apt-get install -y --no-install-recommends"
DEBIANS = ("debian:trixie-slim", "python:3.13-slim", "python:3.11-slim-bookworm")


@pytest.mark.parametrize("image", DEBIANS)
def test_what_is_installed_is_there_and_nothing_else_comes(image: str) -> None:
    stage = Stage(image).run(f"{INSTALL}     postgresql-client     && rm -rf /var/lib/apt/lists/*")
    assert stage.finds("psql", "pg_isready", "curl", "wget", "gcc", "nc") == {
        "psql": "present", "pg_isready": "present", "curl": "absent", "wget": "absent", "gcc": "absent", "nc": "absent",
    }  # fmt: skip
    assert stage.scene.now.packages.lists == "absent"
    assert stage.scene.now.packages.has("postgresql-client") == "present"


def test_what_is_recommended_comes_unless_somebody_says_not() -> None:
    assert Stage("debian:bookworm").run("apt-get install -y git").finds("ssh") == {"ssh": "present"}
    assert Stage("debian:bookworm").run("apt-get install -y --no-install-recommends git").finds("ssh") == {
        "ssh": "absent"
    }
    off = "apt-get -y -o APT::Install-Recommends=false install git"
    assert Stage("debian:bookworm").run(off).finds("ssh", "git") == {"ssh": "absent", "git": "present"}


def test_versions_architectures_and_alternatives() -> None:
    stage = Stage("debian:bookworm-slim").run(
        "apt-get install -qy curl=7.88.* gcc:amd64 netcat-openbsd default-jre-headless"
    )
    assert stage.finds("curl", "gcc", "cc", "nc", "java") == dict.fromkeys(
        ("curl", "gcc", "cc", "nc", "java"), "present"
    )


def test_a_package_that_nobody_knows_may_bring_anything_but_to_other_places() -> None:
    stage = Stage("python:3.13-slim-bookworm").run(f"{INSTALL} some-odd-package")
    assert stage.finds("curl", "python3") == {"curl": "unknown", "python3": "present"}
    assert stage.holds("/app/x", "/opt/x", "/usr/local/bin/curl") == dict.fromkeys(
        ("/app/x", "/opt/x", "/usr/local/bin/curl"), "absent"
    )


def test_other_sources_may_mean_other_things_by_a_name() -> None:
    add = "echo 'deb https://packages.example/debian stable main' > /etc/apt/sources.list.d/more.list"
    stage = Stage("debian:bookworm").run(add, "apt-get update && apt-get install -y nodejs")
    assert stage.finds("node", "npm") == {"node": "present", "npm": "unknown"}
    assert Stage("debian:bookworm").run("apt-get install -y nodejs --no-install-recommends").finds("npm") == {
        "npm": "absent"
    }


def test_what_is_removed_is_gone() -> None:
    stage = Stage("debian:trixie").run(f"{INSTALL} gcc curl", "apt-get purge -y curl && apt-get autoremove -y")
    assert stage.finds("curl", "gcc") == {"curl": "absent", "gcc": "present"}
    assert stage.run("apt-get remove -y gcc- && apt-get install -y make gcc-").finds("make") == {"make": "present"}


def test_upgrades_and_cleaning_change_nothing() -> None:
    stage = Stage("debian:trixie").run(
        "apt-get update && apt-get upgrade -y && apt-get clean && rm -rf /var/lib/apt/lists/*",
        "apt-get purge -y --auto-remove -o APT::AutoRemove::RecommendsImportant=false",
    )
    assert stage.finds("curl", "bash", "apt-get") == {"curl": "absent", "bash": "present", "apt-get": "present"}
    assert stage.scene.now.packages.closed


def test_ubuntu_has_no_data_and_so_nothing_is_certain_but_what_is_asked_for() -> None:
    assert Stage("ubuntu:24.04").run(f"{INSTALL} curl").finds("wget") == {"wget": "unknown"}


def test_packages_that_make_users() -> None:
    accounts = Stage("debian:trixie").run(f"{INSTALL} openssh-server").scene.now.accounts
    assert accounts.has_user("sshd") == "unknown"
    assert Stage("debian:trixie").run(f"{INSTALL} curl").scene.now.accounts.has_user("app") == "absent"


def test_apk() -> None:
    stage = Stage("alpine:3.20").run("apk add --no-cache curl tini bash")
    assert stage.finds("curl", "tini", "bash", "git") == {
        "curl": "present", "tini": "present", "bash": "present", "git": "absent",
    }  # fmt: skip
    assert Stage("alpine:3.20").run("apk add some-odd-package").finds("git") == {"git": "unknown"}


def test_a_virtual_package_of_apk_goes_with_all_that_it_was_made_of() -> None:
    stage = Stage("alpine:3.20").run("apk add --no-cache --virtual .build gcc musl-dev && apk del .build")
    assert stage.finds("gcc") == {"gcc": "unknown"}
    assert stage.scene.now.packages.has("gcc") == "absent"

import pytest
from tests.unit.check.effects.stage import Stage

DEBIAN, ALPINE = "debian:trixie-slim", "alpine:3.20"


@pytest.mark.parametrize(
    ("image", "line", "expected"),
    [
        # What the tools themselves made of these lines on the systems named.
        (DEBIAN, "useradd app", (1000, 1000, "/home/app", "/bin/sh")),
        (DEBIAN, "groupadd -r app && useradd -r -g app app", (999, 999, "/home/app", "/bin/sh")),
        (DEBIAN, "groupadd --gid 1000 g && useradd --uid 1000 --gid g --shell /bin/bash -m app",
         (1000, 1000, "/home/app", "/bin/bash")),
        (DEBIAN, "useradd -l -u 10001 -U -M -d /nonexistent -s /sbin/nologin app",
         (10001, 10001, "/nonexistent", "/sbin/nologin")),
        (DEBIAN, "useradd --uid 5 -g 0 app", (5, 0, "/home/app", "/bin/sh")),
        (DEBIAN, "useradd a && useradd app", (1001, 1001, "/home/app", "/bin/sh")),
        (DEBIAN, "adduser --disabled-password --gecos '' --uid 1001 app", (1001, 1001, "/home/app", "/bin/bash")),
        (DEBIAN, "addgroup --system --gid 1001 g && adduser --system --uid 1001 --ingroup g app",
         (1001, 1001, "/nonexistent", "/usr/sbin/nologin")),
        (DEBIAN, "adduser -u 5678 --disabled-password --gecos '' app && usermod -d /data app",
         (5678, 5678, "/data", "/bin/bash")),
        (ALPINE, "adduser -D app", (1000, 1000, "/home/app", "/bin/sh")),
        (ALPINE, "addgroup -g 1001 -S g && adduser -u 1001 -S app -G g", (1001, 1001, "/home/app", "/sbin/nologin")),
        (ALPINE, "adduser -D -H -h /data -s /bin/false -u 99 app", (99, 99, "/data", "/bin/false")),
    ],
)  # fmt: skip
def test_users(image: str, line: str, expected: tuple[int, int, str, str]) -> None:
    user = Stage(image).run(line).scene.now.accounts.user("app")
    assert user is not None
    assert (user.uid, user.gid, user.home, user.shell) == expected


def test_a_home_is_made_only_where_it_is_asked_for() -> None:
    homes = ("/home/a", "/home/b", "/home/c", "/home/d")
    assert Stage(DEBIAN).run("useradd a && useradd -m b && useradd -md /srv/c c").holds(*homes, "/srv/c") == {
        "/home/a": "absent", "/home/b": "present", "/home/c": "absent", "/home/d": "absent", "/srv/c": "present",
    }  # fmt: skip
    assert Stage(ALPINE).run("adduser -D a && adduser -DH b").holds("/home/a", "/home/b") == {
        "/home/a": "present", "/home/b": "absent",
    }  # fmt: skip


def test_the_home_is_the_users() -> None:
    stage = Stage(DEBIAN).run("useradd -m -u 1234 app")
    assert (stage.owner("/home/app"), stage.mode("/home/app")) == ((1234, 1234), None)


def test_users_that_go() -> None:
    stage = Stage("node:22-bookworm-slim").run("userdel -r node")
    assert stage.scene.now.accounts.user("node") is None
    assert stage.holds("/home/node") == {"/home/node": "absent"}


def test_a_name_that_is_not_known_may_be_any() -> None:
    stage = Stage(DEBIAN).run('useradd "$(cat /name)"')
    assert stage.scene.now.accounts.has_user("app") == "unknown"
    assert Stage(DEBIAN).run("useradd app").scene.now.accounts.has_user("other") == "absent"


def test_more_groups_change_nothing() -> None:
    stage = Stage(DEBIAN).run("useradd app && usermod -aG www-data app && adduser app staff")
    user = stage.scene.now.accounts.user("app")
    assert user is not None
    assert (user.uid, user.gid) == (1000, 1000)

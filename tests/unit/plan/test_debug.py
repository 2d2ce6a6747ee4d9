import pytest
from tests.support.golden import PROJECTS, planned

from lading.plan.debug import FOLDER, LABEL, PROGRAMS, debug_name, with_debug_shell
from lading.plan.model import DebugShell


@pytest.mark.parametrize("name", sorted(PROJECTS))
def test_a_debug_variant_is_the_same_image_with_a_shell_on_top(name: str) -> None:
    plan = planned(PROJECTS[name]()).plan
    debug = with_debug_shell(plan)
    assert debug.image == f"{plan.image}-debug"
    assert debug.budget is None
    *before, shell = debug.runtime.steps
    assert tuple(before) == plan.runtime.steps
    assert debug.stages[:-1] == plan.stages[:-1]
    assert isinstance(shell, DebugShell)
    assert (debug.config.user, debug.config.entrypoint, debug.config.command, debug.config.health) == (
        plan.config.user, plan.config.entrypoint, plan.config.command, plan.config.health,
    )  # fmt: skip
    assert dict(debug.config.labels) == {**dict(plan.config.labels), LABEL: "/busybox/sh"}


@pytest.mark.parametrize(
    ("base", "path"),
    [
        ("distroless", "/app/.venv/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/busybox"),
        ("python:3.13-slim", "/app/.venv/bin:/busybox"),  # and behind it the image's own
    ],
)
def test_the_shell_is_found_behind_what_the_service_uses(base: str, path: str) -> None:
    debug = with_debug_shell(planned(PROJECTS["riskshield"](), base).plan)
    assert dict(debug.config.env)["PATH"] == path
    assert list(debug.config.env) == sorted(debug.config.env)


@pytest.mark.parametrize(("name", "suite"), [("riskshield", "trixie"), ("django-site", "bookworm")])
def test_the_shell_is_of_the_release_that_the_image_stands_on(name: str, suite: str) -> None:
    shell = with_debug_shell(planned(PROJECTS[name]()).plan).runtime.steps[-1]
    assert isinstance(shell, DebugShell)
    assert (shell.suite, shell.base.suite, shell.base.roots) == (suite, suite, ("busybox-static",))


def test_programs_are_names() -> None:
    assert list(PROGRAMS) == sorted(set(PROGRAMS))
    assert not [name for name in PROGRAMS if "/" in name or name == "busybox"]
    assert "sh" in PROGRAMS
    assert FOLDER == "/busybox"


@pytest.mark.parametrize(
    ("name", "debug"),
    [
        ("1.2", "1.2"),
        ("api:1.2", "api:1.2-debug"),
        ("registry.example/team/api:1.2", "registry.example/team/api:1.2-debug"),
        ("registry.example:5000/api", "registry.example:5000/api:debug"),
    ],
)
def test_no_tag_takes_the_place_of_the_image_that_ships(name: str, debug: str) -> None:
    assert debug_name(name) == debug

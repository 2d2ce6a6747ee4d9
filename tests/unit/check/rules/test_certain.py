"""How certain a finding is decides how it is told, or whether."""

from pathlib import Path

import pytest
from tests.unit.check.rules.looking import looked

STARTS = 'FROM debian:trixie-slim\nRUN true\nUSER 1000:1000\nCMD ["/app/start.sh"]\n'


@pytest.mark.parametrize(
    ("source", "severity"),
    [
        ("uv.lock", "error"),
        ("conf/app.toml", "error"),
        ("server", "warning"),
        ("dist/index.html", "warning"),
        ("target/app.jar", "warning"),
        ("server.tar.gz", "warning"),
    ],
)
def test_what_a_build_may_leave_in_the_context_may_come(source: str, severity: str, tmp_path: Path) -> None:
    found = looked(tmp_path, f"FROM scratch\nCOPY {source} /\n", {})
    assert [one.severity for one in found if one.rule == "copy-source-missing"] == [severity]


@pytest.mark.parametrize(("text", "severity"), [("", "warning"), ("COPY uv.lock /\n", "error")])
def test_an_image_that_holds_nothing_of_its_own_may_be_for_others(text: str, severity: str, tmp_path: Path) -> None:
    found = looked(tmp_path, f'FROM debian:trixie-slim\n{text}CMD ["./app"]\n', {"uv.lock": ""})
    assert [one.severity for one in found if one.rule == "command-not-in-image"] == [severity]


@pytest.mark.parametrize(
    ("mounts", "found"),
    [
        ("[./app:/app]", False),
        ("[../:/app:cached]", False),
        ("[{type: bind, source: ., target: /}]", False),
        ("[code:/app]", True),
        ("[/app]", True),
        ("[./other:/other]", True),
    ],
)
def test_what_is_mounted_over_the_image_is_not_known(mounts: str, found: bool, tmp_path: Path) -> None:
    compose = f"services: {{app: {{build: ., volumes: {mounts}}}}}"
    rules = {one.rule for one in looked(tmp_path, STARTS, {}, compose=compose)}
    assert ("command-not-in-image" in rules) is found


def test_each_service_must_mount_it(tmp_path: Path) -> None:
    compose = "services: {app: {build: ., volumes: [./app:/app]}, bare: {build: .}}"
    assert "command-not-in-image" in {one.rule for one in looked(tmp_path, STARTS, {}, compose=compose)}

"""What is rendered of whole plans, as it was reviewed."""

import pytest
from tests.support.dockerfile import parse
from tests.support.golden import RENDERED, rendered

NOW = rendered()


@pytest.mark.parametrize("name", sorted(NOW))
def test_it_is_what_was_reviewed(name: str) -> None:
    reviewed = (RENDERED / name).read_text(encoding="utf-8")
    assert NOW[name] == reviewed, "python -m tests.support.golden writes them anew: review the diff"


def test_there_are_no_others() -> None:
    assert {path.name for path in RENDERED.iterdir()} >= set(NOW)


@pytest.mark.parametrize("name", sorted(name for name in NOW if name.endswith(".Dockerfile")))
def test_the_rules_that_every_dockerfile_follows(name: str) -> None:
    directives, instructions = parse(NOW[name])
    assert directives == {"syntax": "docker/dockerfile:1"}
    stages = [at for at, one in enumerate(instructions) if one.name == "FROM"]
    runtime = instructions[stages[-1] :]
    images = [instructions[at].rest.partition(" AS ")[0] for at in stages]
    assert all(":" in image and not image.endswith(":latest") for image in images)
    assert [one.name for one in runtime if one.name in ("USER", "STOPSIGNAL", "ENTRYPOINT", "CMD")] == [
        "USER", "STOPSIGNAL", "ENTRYPOINT", "CMD"]  # fmt: skip
    (user,) = (one.rest for one in runtime if one.name == "USER")
    assert all(number.isdecimal() for number in user.split(":"))
    assert any(one.words for one in runtime if one.name in ("ENTRYPOINT", "CMD"))  # the other one sets nothing
    for one in runtime:
        if one.name == "COPY":
            as_made = one.rest == "/made/ /"  # folders with owners of their own
            assert {"link"} | (set() if as_made else {"chown=0:0"}) <= set(one.flags)
        if one.name == "HEALTHCHECK" and one.rest != "NONE":
            assert len(one.flags) == 4
        if one.name == "RUN":  # only where there is a shell, and only the packages that were asked for
            assert "slim" in name
            assert "apt-get install" in one.rest
    mounts = [flag for one in instructions for flag in one.flags if flag.startswith("mount=type=cache")]
    # Go compiles for every platform in one place, and keeps what it makes by its inputs.
    assert all("id=go-" in mount or ("id=" in mount and "${TARGETARCH}" in mount) for mount in mounts)
    assert "revision" not in NOW[name]

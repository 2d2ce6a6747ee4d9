import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.check.effects.stage import Stage, origin_of

from lading.check.effects.asked import Asked, Word
from lading.check.effects.table import EFFECTS, effect_of
from lading.check.model.scene import Scene

IMAGES = ("python:3.13-slim", "alpine:3.20", "images.example/own", "scratch")
FILES = {
    "/app/pyproject.toml": "[project]\nname = 'shop'\nversion = '1'\n",
    "/app/uv.lock": "version = 1\n",
    "/app/poetry.lock": "[metadata]\n",
    "/app/package.json": '{"scripts": {"build": "next build"}}',
    "/app/package-lock.json": '{"packages": {"": {}, "node_modules/a": {"bin": "x"}}}',
    "/app/requirements.txt": "uvicorn\n-r requirements.txt\n-r ../../../etc/passwd\n",
    "/app/go.mod": "module x\n",
    "/app/run.sh": "#!/bin/sh\n./run.sh\n",
}
WORDS = (
    None, "", "-", "--", ".", "..", "/", "//", "/app", "/etc/passwd", "*", "/app/*", "[", "~", "$x", "+x", "755", "u=g",
    "install", "add", "del", "ci", "run", "build", "sync", "pip", "venv", "tool", "export", "config", "-m", "-c", "-C",
    "-o", "-r", "-R", "-p", "-t", "-d", "-u", "-x", "-rf", "-y", "--target", "--prefix", "--from", "-exec", ";", "{}",
    "-name", "-delete", "-type", "f", "clone", "update", "purge", "curl", "app", "app:app", ":", "0", "99999999999",
    "requirements.txt", "run.sh", "--system", "--frozen", "-g", "mod", "download", "virtualenvs.create", "false", "http://",
    "https://[", "https://x.example/a.git", "\x00", "\ud800", "a" * 5000, "/x" * 500, "--mode", "--home", "-e",
)  # fmt: skip
CALLS = st.builds(
    Asked,
    program=st.sampled_from((*sorted(EFFECTS), "python3.13", "mystery")),
    called=st.sampled_from(("", "pip", "./run.sh", "/opt/venv/bin/python")),
    words=st.lists(st.builds(Word, st.sampled_from(WORDS), st.booleans()), max_size=7).map(tuple),
    input=st.sampled_from((None, b"", b"x:x:1:1::/:/bin/sh\n", b"\xff")),
    fed=st.booleans(),
    feeder=st.sampled_from(((), ("curl", "https://astral.sh/uv/install.sh"), (None,))),
)


@pytest.mark.parametrize("image", IMAGES)
@settings(max_examples=40, deadline=None)
@given(calls=st.lists(CALLS, min_size=1, max_size=6))
def test_no_command_is_too_odd(image: str, calls: list[Asked]) -> None:
    scene = Scene(Stage(image, FILES).scene.now, origin_of("RUN"))
    for call in calls:
        effect_of(call)(call, scene)
    assert scene.look("/").present
    assert scene.which("sh").presence in ("present", "absent", "unknown")


def test_programs_by_version_are_those_without() -> None:
    for name in ("python3.13", "pip3.9", "python3", "pip"):
        assert effect_of(Asked(program=name)) in EFFECTS.values()
    assert effect_of(Asked(program="pip3.9")) is EFFECTS["pip"]
    assert effect_of(Asked(program="mystery")) not in EFFECTS.values()

"""The command line itself, as scripts and people use it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.support.world import World

from lading import __version__

HAVE_JSON = (["survey"], ["plan"], ["lock"], ["lock", "--check"], ["build"], ["size", "svc"], ["validate", "svc"])


@pytest.mark.parametrize("words", HAVE_JSON, ids=" ".join)
def test_json_is_all_that_is_printed(world: World, words: list[str]) -> None:
    world.build()
    done = world.lading(*words, "--format", "json", env={"FORCE_COLOR": "1"})
    assert done.code == 0, done.err
    json.loads(done.out)
    assert "\x1b" not in done.out


def test_a_failed_build_prints_json_too(world: World) -> None:
    world.wheel("elsewhere", tag="cp311-cp311-macosx_11_0_arm64")
    world.depend("elsewhere", "fastapi", "uvicorn")
    done = world.lading("build", "--format", "json")
    assert done.code == 3
    assert json.loads(done.out) == {"builds": []}


@pytest.mark.parametrize("words", [*HAVE_JSON, ["build", "--explain"], ["prune"]], ids=" ".join)
@pytest.mark.parametrize("locale", ["C", "C.UTF-8"])
def test_output_fits_80_columns_without_colours(world: World, words: list[str], locale: str) -> None:
    world.build()
    env = {"COLUMNS": "80", "LC_ALL": locale, "NO_COLOR": "1", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    done = world.lading(*words, env=env)
    assert done.code == 0, done.out + done.err
    assert "\x1b" not in done.out + done.err
    wide = [line for line in done.out.splitlines() if len(line) > 80 and not is_unbreakable(line)]
    assert wide == []
    if locale == "C":
        assert done.out.isascii()


def test_doctor_ends_well_whatever_it_finds(world: World) -> None:
    done = world.lading("doctor", env={"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"})
    assert done.code in (0, 69), done.err
    assert done.out.isascii()
    assert "Traceback" not in done.err


def is_unbreakable(line: str) -> bool:
    """Whether a line is long because of one word: a path or a value that must stay whole to be of use."""
    return max(map(len, line.split())) > 40


@pytest.mark.parametrize("words", [["--version"], ["build", "--version"]])
def test_the_version_is_told(world: World, words: list[str]) -> None:
    done = world.lading(*words)
    assert (done.code, done.out, done.err) == (0, f"lading {__version__}\n", "")


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["--help"], 0),
        (["build", "--help"], 0),
        ([], 2),
        (["biuld"], 2),
        (["build", "--nope"], 2),
        (["build", "nope"], 2),
        (["build", "-C", "/nowhere"], 2),
        (["build", "--jobs", "0"], 2),
        (["build", "--platform", "linux/s390x"], 2),
        (["build", "--tag", "UPPER CASE"], 2),
        (["build", "--output", "pyproject.toml"], 2),
        (["build", "--push", "--tag", "127.0.0.1:9/svc:1"], 4),
        (["size", "nope"], 2),
    ],
    ids=lambda given: " ".join(given) if isinstance(given, list) else str(given),
)
def test_exit_codes_are_those_of_the_documentation(world: World, words: list[str], code: int) -> None:
    assert world.lading("lock").code == 0
    done = world.lading(*words)
    assert done.code == code, done.out + done.err
    assert "Traceback" not in done.err
    assert (code == 0) == (not done.err.startswith("error: ") and "\nerror: " not in done.err)


def test_a_budget_that_is_not_met_is_1_and_leaves_the_image(world: World) -> None:
    world.write("lading.toml", 'budget = "1KB"\n')
    done = world.lading("build")
    assert done.code == 1, done.err
    assert "over its budget" in done.err
    assert world.images() == ["svc"]


def test_quiet_prints_the_digest_and_nothing_else(world: World) -> None:
    world.build()
    done = world.lading("build", "--quiet")
    assert done.err == ""
    assert done.out.strip() == world.build()


def test_the_installed_command_is_the_module(world: World) -> None:
    command = Path(sys.executable).with_name("lading")
    if not command.exists():
        pytest.skip("Lading is not installed beside this Python")
    done = subprocess.run(
        [command, "build"], cwd=world.project, env=world.environment(), capture_output=True, text=True, check=True
    )
    assert world.build() in done.stdout


def test_a_reader_that_goes_away_is_no_error(world: World) -> None:
    world.build()
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [world.executable, "-m", "lading", "build", "--quiet"],
        cwd=world.project, env=world.environment(), stdout=write, stderr=subprocess.PIPE, text=True, check=False,
    )  # fmt: skip
    os.close(write)
    assert (done.returncode, done.stderr) == (141, "")

import sys
from pathlib import Path

import pytest

from lading.assemble.python.bytecode import Compiler, Interpreter
from lading.cli.context import Context
from lading.cli.early import Early


@pytest.fixture
def context(tmp_path: Path) -> Context:
    return Context(env={"LADING_STORE": str(tmp_path / "store")}, cwd=tmp_path)


def interpreter(tmp_path: Path, name: str = "python") -> Interpreter:
    """This Python, by a name inside the store."""
    path = tmp_path / "store/roots/one" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        path.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
        path.chmod(0o755)
    environment = {"PYTHONHASHSEED": "0", "WORDS": "with = and spaces"}
    return Interpreter(identity=name, tag="cpython-3", command=(str(path),), environment=environment)


def test_the_interpreter_of_the_last_build_is_started_early_and_compiles(context: Context, tmp_path: Path) -> None:
    python = interpreter(tmp_path)
    with Early(context) as early:
        assert early.take(python) is None, "nothing is known in this folder yet"
    with Early(context) as early:
        taken = []

        def spare(one: Interpreter) -> object:
            taken.append(early.take(one))
            return taken[-1]

        with Compiler(identity="", tag="", ready=lambda: python, processes=2, spare=spare) as compiler:  # type: ignore[arg-type]
            data = [compiler.submit(b"x = %d\n" % number, f"/{number}.py") for number in range(20)]
            assert all(promise.result() for promise in data)
        assert [one is not None for one in taken] == [True]
        assert early.take(python) is None, "there is one only"


def test_another_interpreter_than_last_time_is_started_when_it_is_needed(context: Context, tmp_path: Path) -> None:
    with Early(context) as early:
        early.take(interpreter(tmp_path))
    with Early(context) as early:
        assert early.take(interpreter(tmp_path, "other")) is None
    with Early(context) as early:
        running = early.take(interpreter(tmp_path, "other"))
        assert running is not None
        running.end()


def test_one_that_nobody_takes_is_ended(context: Context, tmp_path: Path) -> None:
    with Early(context) as early:
        early.take(interpreter(tmp_path))
    before = children()
    with Early(context):
        assert children() > before
    assert children() == before


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n\n",
        "/bin/true\n\n",
        "relative\n\nA=b",
        "\0\n\n\0",
        "{root}/roots/gone\n\nA=1",
        "{root}/roots/../../python\n\n",
        "{root}/roots/\0\n\n",
    ],
)
def test_only_what_the_store_holds_is_started(text: str, context: Context, tmp_path: Path) -> None:
    with Early(context) as early:
        early.take(interpreter(tmp_path))
    (state,) = (tmp_path / "store/state").glob("compiler-*")
    state.write_text(text.format(root=tmp_path / "store"))
    before = children()
    with Early(context):
        assert children() == before


def children() -> set[str]:
    return set(Path(f"/proc/self/task/{next(Path('/proc/self/task').iterdir()).name}/children").read_text().split())

"""Commands of instructions and scripts, in a stage."""

import pytest
from msgspec.structs import replace

from lading.check.bases.find import base_state
from lading.check.dockerfile.model import Cmd, Entrypoint, Run
from lading.check.dockerfile.parse import parse
from lading.check.model.entry import Origin
from lading.check.model.state import State
from lading.check.shell.model import Invocation
from lading.check.shell.run import command_calls, run_calls, script_calls
from lading.finding import Place


@pytest.fixture(scope="module")
def state() -> State:
    origin = Origin(act="base", place=Place(path="Dockerfile"), text="debian", stage=0)
    return replace(base_state("debian:trixie", origin, "x86_64"), workdir="/app")


def of(line: str, state: State) -> list[Invocation]:
    (one,) = parse(f"FROM debian:trixie\n{line}", "Dockerfile").stages[0].instructions
    if isinstance(one, Run):
        return list(run_calls(one, state))
    assert isinstance(one, Cmd | Entrypoint)
    return list(command_calls(one.command, state))


def words(calls: list[Invocation]) -> list[list[str | None]]:
    return [[word.text for word in call.words] for call in calls]


def test_both_forms(state: State) -> None:
    assert words(of("RUN a $X && b", state)) == [["a"], ["b"]]
    assert words(of('RUN ["a", "$X", "&&"]', state)) == [["a", "$X", "&&"]]
    assert words(of('CMD ["sh", "-c", "a && exec b"]', state)) == [["a"], ["b"]]
    assert words(of("ENTRYPOINT []", state)) == []


def test_the_shell_is_the_stages(state: State) -> None:
    bash = replace(state, shell=("/bin/bash", "-euo", "pipefail", "-c"))
    assert [call.checked for call in of("RUN a | b; c x{1,2}", bash)] == [True, True, True]
    assert words(of("RUN c x{1,2}", bash)) == [["c", "x1", "x2"]]
    assert words(of("RUN c x{1,2}", state)) == [["c", "x{1,2}"]]
    assert words(of("RUN Get-Item x", replace(state, shell=("pwsh", "-Command")))) == [[None]]


def test_a_heredoc_may_name_its_program(state: State) -> None:
    assert words(of("RUN <<E\n#!/usr/bin/env bash\nset -e\na x{1,2}\nE", state)) == [["set", "-e"], ["a", "x1", "x2"]]
    assert words(of("RUN <<E\n#!/usr/bin/python3 -u\nprint()\nE", state)) == [["/usr/bin/python3", "-u", None]]


def test_the_environment_is_the_stages(state: State) -> None:
    known = replace(state, env=state.env.but({"A": "1", "B": None}))
    assert words(of("RUN c $A $B $C ${C:-d} $PWD ~", known)) == [["c", "1", None, "d", "/app", "/root"]]
    assert words(of("RUN c $RANDOM $1", known)) == [["c", None]]


def test_a_script_in_a_file(state: State) -> None:
    calls = list(script_calls('#!/bin/sh -e\ncd /srv\na "$1"; exec "$@"\nb', state))
    assert words(calls) == [["cd", "/srv"], ["a", None], ["exec", None]]
    assert [(call.span.line, call.workdir, call.checked) for call in calls[:2]] == [
        (2, "/app", True),
        (3, "/srv", True),
    ]
    assert words(list(script_calls("a $1", state, positional=("x",)))) == [["a", "x"]]


def test_places_are_those_of_the_dockerfile(state: State) -> None:
    (first, second) = of("RUN a && \\\n  # no\n  sh -c 'b c'", state)
    assert (first.span.line, first.span.column) == (2, 5)
    assert [(word.span.line, word.span.column) for word in second.words] == [(4, 10), (4, 12)]

"""Whole plans, hostile ones among them, as Dockerfiles that read back as the plan."""

import re

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.dockerfile import Instruction, expand, parse
from tests.support.golden import PROJECTS, planned

from lading.errors import UsageError
from lading.plan.model import (
    Accounts,
    CopyFromStage,
    CopyTree,
    DebianBase,
    HealthCheck,
    ImageBase,
    Plan,
    PythonDependencies,
    RuntimeConfig,
    Stage,
    WriteFile,
)
from lading.plan.reasons import Decision
from lading.render.dockerfile import REVISION, dockerfile

TEXT = st.one_of(st.text(max_size=20), st.text(alphabet="a '\"\\$#-<[]*?=\n`{}é", max_size=20))
PATH = TEXT.map(lambda text: "/" + text.replace("/", ""))
BASES: list[DebianBase | ImageBase] = [
    DebianBase(name="distroless", suite="trixie", roots=("tzdata",), interpreter="/usr/bin/python3.13"),
    DebianBase(name="slim", suite="bookworm", roots=("tzdata",), interpreter="/usr/bin/python3.11"),
    ImageBase(reference="registry.example/team/python:3.12", interpreter="/usr/local/bin/python3.12"),
]


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    """Plans in which everything that can come from a repository is anything."""
    base = draw(st.sampled_from(BASES))
    python = base.interpreter.rpartition("python")[2]
    words = st.lists(TEXT, max_size=3).map(tuple)
    install = PythonDependencies(
        manager="uv",
        lock="uv.lock",
        project="pyproject.toml",
        python=python,
        interpreter=base.interpreter,
        venv=draw(PATH),
        groups=draw(words),
        extras=draw(words),
        why=draw(TEXT),
    )
    steps = (
        Accounts(user="app", uid=1000, gid=1000, home="/home/app", why=draw(TEXT)),
        CopyFromStage(stage="build", path=install.venv, why=draw(TEXT)),
        CopyTree(source=".", destination=draw(PATH), exclude=draw(words), python=python, why=draw(TEXT)),
        WriteFile(path="/etc/own.conf", content=draw(TEXT) + "\n", why=draw(TEXT)),
    )
    health = HealthCheck(command=draw(words), path="/", port=80)
    config = RuntimeConfig(
        user="1000:1000",
        workdir=draw(PATH),
        env=(("NAME", draw(TEXT)), ("PATH", "/a:/b")),
        entrypoint=draw(words),
        command=draw(words),
        port=8080,
        health=draw(st.none() | st.just(health)),
        labels=((REVISION, "1"), ("org.example", draw(TEXT))),
    )
    return Plan(
        service=draw(TEXT),
        folder=draw(TEXT),
        context=draw(TEXT),
        image="app",
        platforms=("linux/amd64",),
        stages=(
            Stage(name="build", base=base, steps=(install,), why=draw(TEXT)),
            Stage(name="runtime", base=base, steps=steps, why=draw(TEXT)),
        ),
        config=config,
        processes=(),
    )


@given(plans(), TEXT)
def test_whatever_a_plan_holds_reads_back_or_is_refused(plan: Plan, said: str) -> None:
    reason = Decision(topic="run", name="port", value=said, source=said)
    try:
        text = dockerfile(plan, reasons=(reason,))
    except UsageError:
        assert re.search("[\0\r\n\ud800-\udfff]", repr_of(plan)), "only what no line can hold is refused"
        return
    directives, instructions = parse(text)
    assert directives == {"syntax": "docker/dockerfile:1"}
    shipped = runtime(instructions)
    base = plan.runtime.base
    expected = dict(plan.config.env)
    if isinstance(base, ImageBase):
        expected["PATH"] += ":<PATH>"
    assert one(shipped, "ENV").pairs == expected
    assert one(shipped, "LABEL").pairs["org.example"] == dict(plan.config.labels)["org.example"]
    assert REVISION not in one(shipped, "LABEL").pairs
    assert one(shipped, "ENTRYPOINT").words == list(plan.config.entrypoint)
    assert one(shipped, "CMD").words == list(plan.config.command)
    assert expand(one(shipped, "WORKDIR").rest) == plan.config.workdir
    copies = [copy for copy in shipped if copy.name == "COPY" and not copy.heredocs]
    targets = [copy.paths[-1].rstrip("/") for copy in copies]
    tree = plan.runtime.steps[2]
    assert isinstance(tree, CopyTree)
    venv = plan.runtime.steps[1]
    assert isinstance(venv, CopyFromStage)
    assert targets == ["/home/app", venv.path.rstrip("/"), tree.destination.rstrip("/")]
    names = {one.name for one in instructions}
    assert names <= {"FROM", "ARG", "RUN", "COPY", "ENV", "WORKDIR", "LABEL", "USER", "EXPOSE", "HEALTHCHECK",
                     "STOPSIGNAL", "ENTRYPOINT", "CMD"}  # fmt: skip
    written = {name: content for copy in shipped for name, content in copy.heredocs.items()}
    last = plan.runtime.steps[3]
    assert isinstance(last, WriteFile)
    assert written["own.conf"] == last.content


def repr_of(plan: Plan) -> str:
    """All text of a plan, in one."""
    return "".join(_texts(msgspec.structs.asdict(plan)))


def _texts(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for one in value.values() for text in _texts(one)]
    if isinstance(value, tuple | list):
        return [text for one in value for text in _texts(one)]
    if isinstance(value, msgspec.Struct):
        return _texts(msgspec.structs.asdict(value))
    return []


def runtime(instructions: list[Instruction]) -> list[Instruction]:
    """The instructions of the stage that ships."""
    start = max(at for at, one in enumerate(instructions) if one.name == "FROM")
    return instructions[start:]


def one(instructions: list[Instruction], name: str) -> Instruction:
    (found,) = (each for each in instructions if each.name == name)
    return found


def test_the_same_plan_gives_the_same_text() -> None:
    made = planned(PROJECTS["riskshield"]())
    assert dockerfile(made.plan) == dockerfile(made.plan)


def test_without_a_lock_there_is_a_version_all_the_same() -> None:
    text = dockerfile(planned(PROJECTS["riskshield"]()).plan)
    assert re.search(r"^FROM ghcr.io/astral-sh/uv:[0-9.]+ AS uv$", text, re.MULTILINE)


def test_an_image_that_knows_the_user_is_left_as_it_is() -> None:
    plan = planned(PROJECTS["django-site"](), "distroless").plan
    assert plan.config.user == "65532:65532"
    assert "/etc/" not in [path for one in parse(dockerfile(plan))[1] if one.name == "COPY" for path in one.paths]


@pytest.mark.parametrize("signal", ["SIGTERM\nRUN id", "SIG TERM", ""])
def test_a_hostile_signal_is_refused(signal: str) -> None:
    plan = planned(PROJECTS["riskshield"]()).plan
    hostile = msgspec.structs.replace(plan, config=msgspec.structs.replace(plan.config, stop_signal=signal))
    with pytest.raises(UsageError):
        dockerfile(hostile)

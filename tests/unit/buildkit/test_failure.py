import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.buildkit.samples import heard, job

from lading.assemble.result import Event
from lading.buildkit.failure import failure, reason_above
from lading.buildkit.secrets import Secrets
from lading.buildkit.steps import Steps
from lading.errors import LadingError, RemoteFailed, StepFailed, Unavailable, UsageError


def recorded(name: str) -> LadingError:
    steps, words, _ = heard(name)
    return failure(job(), steps, words)


def test_a_step_that_fails() -> None:
    error = recorded("failing-run")
    assert type(error) is StepFailed
    assert str(error).splitlines() == [
        "api: a step of its build failed (exit code 7)",
        "  | one",
        "  | two",
        '  step: 2/2 RUN ["/bin/busybox","sh","-c","echo one; echo two >&2; …',
        "  why: The program itself, and what it says.",
        "  at: the Dockerfile of api:3",
        "  do: lading render dockerfile api shows the file",
    ]


@pytest.mark.parametrize(
    ("name", "kind", "what"),
    [
        ("unreachable-registry", RemoteFailed, "connection refused"),
        ("missing-base", RemoteFailed, "never-there:1: not found"),
        ("missing-file", StepFailed, '"/nothere": not found'),
        ("syntax", UsageError, "unknown instruction: CPY (did you mean COPY?)"),
    ],
)
def test_every_kind_of_failure(name: str, kind: type[LadingError], what: str) -> None:
    error = recorded(name)
    assert type(error) is kind
    assert what in error.what
    assert error.where.startswith("the Dockerfile of api")
    assert error.fix


def of_words(*words: str, builder: str = "") -> LadingError:
    events: list[Event] = []
    return failure(job(own=True, file="Dockerfile"), Steps(events.append, Secrets(()), ()), words, builder=builder)


@pytest.mark.parametrize(
    ("words", "kind", "what"),
    [
        ("docker: 'buildx' is not a docker command.", Unavailable, "docker has no buildx"),
        ("unknown flag: --progress", Unavailable, "docker has no buildx"),
        ("ERROR: invalid progress mode rawjson", Unavailable, "older than 0.13"),
        ("ERROR: Cannot connect to the Docker daemon at unix:///x. Is it running?", Unavailable, "Cannot connect"),
        ("ERROR: OCI exporter is not supported for the docker driver.", Unavailable, "containerd image store"),
        ('ERROR: no builder "x" found', UsageError, 'no builder "x" found'),
        ("ERROR: failed to solve: failed to push r/a:1: unexpected status: 401", RemoteFailed, "failed to push"),
        ("ERROR: failed to stat /nope: no such file", StepFailed, "failed to stat"),
        ("", StepFailed, "without a word"),
    ],
)
def test_what_buildx_says_itself(words: str, kind: type[LadingError], what: str) -> None:
    error = of_words(*words.splitlines())
    assert type(error) is kind
    assert what in error.what
    assert error.fix


@pytest.mark.parametrize(
    ("text", "line", "why"),
    [
        ("# a\nRUN x\n", 2, "a"),
        ("# a\n# b\n\nRUN x\n", 4, ""),
        ("# syntax=docker/dockerfile:1\nFROM x\n", 2, ""),
        ("# why\n# hadolint ignore=DL3008\nRUN x\n", 3, "why"),
        ("# one\nCOPY a b\nRUN x\n", 3, "one"),
        ("FROM x\n", 99, ""),
        ("", 1, ""),
    ],
)
def test_the_reason_is_the_comment_above(text: str, line: int, why: str) -> None:
    assert reason_above(text, line) == why


@given(st.text(), st.integers(1, 50))
def test_any_text_has_a_reason_or_none(text: str, line: int) -> None:
    assert isinstance(reason_above(text, line), str)


@given(st.lists(st.text()))
def test_whatever_buildx_says_there_is_an_error_of_ours(words: list[str]) -> None:
    assert of_words(*words).what

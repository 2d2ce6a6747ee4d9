import base64

import pytest
from tests.unit.buildkit.samples import heard

from lading.assemble.result import Event, StepBegan, StepEnded, StepMoved
from lading.buildkit.messages import Log, Message, Status, Vertex
from lading.buildkit.secrets import Secrets
from lading.buildkit.steps import WIDTH, Name, Steps, parse_name


@pytest.mark.parametrize(
    ("text", "name", "title"),
    [
        ("[build 2/5] RUN make", Name("", "build 2/5", "RUN make"), "build 2/5 RUN make"),
        ("[linux/arm64 2/2] COPY a b", Name("linux/arm64", "2/2", "COPY a b"), "2/2 COPY a b"),
        ("[linux/amd64->arm64 build 1/2] RUN x", Name("linux/amd64", "build 1/2", "RUN x"), "build 1/2 RUN x"),
        (
            "[internal] load metadata for a/b:1",
            Name("", "internal", "load metadata for a/b:1"),
            "load metadata for a/b:1",
        ),
        ("exporting to image", Name("", "", "exporting to image"), "exporting to image"),
        (
            '[a 1/1] RUN --mount=type=cache,target="/a b" --network=none uv sync   --locked',
            Name("", "a 1/1", 'RUN --mount=type=cache,target="/a b" --network=none uv sync   --locked'),
            "a 1/1 RUN uv sync --locked",
        ),
        ("[a/b 1/1] RUN x", Name("a/b", "1/1", "RUN x"), "1/1 RUN x"),
        ("[", Name("", "", "["), "["),
    ],
)
def test_names(text: str, name: Name, title: str) -> None:
    assert parse_name(text) == name
    assert parse_name(text).title == title


def test_a_long_title_is_cut() -> None:
    assert len(parse_name(f"[a 1/1] RUN {'x' * 500}").title) == WIDTH


def test_a_build_is_told_step_by_step() -> None:
    steps, _, events = heard("success")
    began = [event.step for event in events if isinstance(event, StepBegan)]
    ended = [event.step for event in events if isinstance(event, StepEnded)]
    assert began == ended
    assert began[-1] == "exporting to oci image format"
    reports = steps.reports()
    assert [report.step.split(" ")[:3] for report in reports] == [
        ["build", "1/2", "COPY"],
        ["build", "2/2", "RUN"],
        ["stage-1", "1/2", "COPY"],
        ["stage-1", "2/2", "COPY"],
    ]
    assert all(report.platform == "linux/amd64" and report.reasons is None for report in reports)
    assert reports[1].seconds > 0
    assert steps.failed() is None


def test_the_failed_step_and_its_last_words() -> None:
    steps, _, _ = heard("failing-run")
    failed = steps.failed()
    assert failed is not None
    assert "exit code: 7" in failed.error
    assert sorted(steps.last_words(failed)) == ["one", "two"]


def told(*messages: Message, secrets: Secrets | None = None) -> tuple[Steps, list[Event]]:
    events: list[Event] = []
    steps = Steps(events.append, secrets or Secrets(()), ["linux/amd64"])
    for message in messages:
        steps.hear(message)
    return steps, events


def test_steps_that_were_given_up_for_another_are_not_the_failed_one() -> None:
    broken = Vertex(digest="a", name="[x 1/2] RUN a", error="exit code: 1")
    canceled = Vertex(digest="b", name="[y 1/2] RUN b", error="context canceled")
    cache = Vertex(digest="c", name="importing cache manifest from r.example/c:1", error="not found")
    steps, _ = told(Message(vertexes=(broken, canceled, cache)))
    assert steps.failed() == broken


def test_bytes_of_all_parts_are_added_up() -> None:
    _, events = told(
        Message(vertexes=(Vertex(digest="a", name="[x 1/2] FROM r.example/base:1"),)),
        Message(statuses=(Status(id="one", vertex="a", current=5, total=10),)),
        Message(statuses=(Status(id="two", vertex="a", current=1, total=20), Status(id="z", vertex="?", total=9))),
        Message(statuses=(Status(id="one", vertex="a", current=10, total=10),)),
    )
    moved = [(event.doing, event.done, event.total) for event in events if isinstance(event, StepMoved)]
    assert moved == [("fetch", 5, 10), ("fetch", 6, 30), ("fetch", 11, 30)]


def test_last_words_hold_no_secret_and_any_bytes() -> None:
    vertex = Vertex(digest="a", name="[x 1/2] RUN a", error="exit code: 1")
    data = b"pass " + "wörd".encode()
    logs = (Log(vertex="a", data=data[:7]), Log(vertex="a", data=data[7:] + b"\n\n\xff\n" + b"z" * 9000))
    steps, _ = told(Message(vertexes=(vertex,), logs=logs), secrets=Secrets(["wörd"]))
    first, second, third = steps.last_words(vertex)
    assert first == "pass ***"
    assert second == "\ufffd"
    assert len(third) < 9000


def test_log_data_is_base64_in_json() -> None:
    import msgspec

    text = f'{{"logs": [{{"vertex": "a", "stream": 1, "data": "{base64.b64encode(b"x").decode()}"}}]}}'
    assert msgspec.json.decode(text, type=Message).logs[0].data == b"x"

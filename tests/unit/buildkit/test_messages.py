import json

from hypothesis import given
from hypothesis import strategies as st
from tests.unit.buildkit.samples import LOGS, heard

from lading.buildkit.messages import MOST_WORDS, Message, Reader


def messages(lines: list[str]) -> list[Message]:
    reader = Reader()
    return [message for line in lines if (message := reader.read(line))]


def test_messages_over_several_lines_and_on_one_are_the_same() -> None:
    text = (LOGS / "success.log").read_text()
    decoder, position, single = json.JSONDecoder(), 0, []
    while position < len(text.rstrip()):
        value, position = decoder.raw_decode(text, position)
        single.append(json.dumps(value))
        position += len(text[position:]) - len(text[position:].lstrip())
    assert len(single) > 10
    assert messages(single) == messages(text.splitlines())


def test_logs_are_decoded() -> None:
    logs = [log.data for message in messages((LOGS / "success.log").read_text().splitlines()) for log in message.logs]
    assert sorted(logs) == [b"err\n", b"hi\n"]


def test_what_is_no_message_is_kept_as_words() -> None:
    _, words, _ = heard("failing-run")
    assert words[0] == "run.Dockerfile:3"
    assert words[-1].startswith("ERROR: failed to solve: process")


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])) | st.sampled_from(["{", "}", '{"logs": 1}', "  x"])))
def test_no_line_is_too_much(lines: list[str]) -> None:
    reader = Reader()
    for line in lines:
        reader.read(line)
    assert len(reader.words) <= MOST_WORDS

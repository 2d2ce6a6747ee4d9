import re
import shlex

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tests.support.dockerfile import Instruction, parse

from lading.errors import UsageError
from lading.render.instructions import (
    LONGEST_LINE,
    Cmd,
    Comment,
    Copy,
    Entrypoint,
    Env,
    From,
    HealthCheck,
    Label,
    Mount,
    Run,
    StopSignal,
    Syntax,
    User,
    Workdir,
    Write,
    duration,
    written,
)
from lading.render.quoting import command, folded

HOSTILE = ["", " ", "'", '"', "\\", "a\\", "$HOME", "${HOME}", "$(id)", "`id`", "#x", "--link", "<<EOF", "a <<EOF b",
           "é…漢",
           "a\nb", "a\rb", "\0", "\ud800", "a=b", "[\"a\"]", "*", "a?[b]", "\u2028", "\ufeff", "a\tb", "a  b ", "&& id",
           "\\$x", "\\\\", "'\"'", "x\\\ny", "# escape=`", "ONBUILD", ";", "|", "~", "!"]  # fmt: skip
ANY = st.one_of(st.text(), st.sampled_from(HOSTILE), st.text(alphabet="a '\"\\$#-<[]*?=\n`{}"))
ONE_LINE = re.compile("[\0\r\n\ud800-\udfff]")


def only(text: str) -> Instruction:
    """The one instruction in a text: whatever was put into it, there must be no other."""
    directives, (instruction,) = parse(text)
    assert not directives
    return instruction


def expressible(text: str) -> bool:
    return not ONE_LINE.search(text)


@given(ANY)
@example("a\\")
@example('"; x="')
def test_a_variable_reads_back(value: str) -> None:
    if not expressible(value):
        with pytest.raises(UsageError):
            Env((("NAME", value),)).text()
        return
    found = only(Env((("NAME", value), ("OTHER", "1"))).text())
    assert (found.name, found.pairs) == ("ENV", {"NAME": value, "OTHER": "1"})


@given(ANY)
def test_a_label_reads_back(value: str) -> None:
    if expressible(value):
        found = only(Label((("org.example/one", value), ("two", "2"))).text())
        assert (found.name, found.pairs) == ("LABEL", {"org.example/one": value, "two": "2"})


@given(ANY)
def test_the_name_of_a_variable_or_label_is_plain_or_refused(name: str) -> None:
    if re.fullmatch(r"[A-Za-z0-9_./][A-Za-z0-9_./-]*", name):
        assert only(Label(((name, "x"),)).text()).pairs == {name: "x"}
    else:
        with pytest.raises(UsageError):
            Label(((name, "x"),)).text()


@given(ANY)
def test_what_the_base_has_stays_behind(value: str) -> None:
    if expressible(value):
        assert only(Env((), before=(("PATH", value),)).text()).pairs == {"PATH": f"{value}:<PATH>"}


@given(st.lists(ANY, max_size=4))
@pytest.mark.parametrize("kind", [Entrypoint, Cmd])
def test_words_of_a_command_read_back(kind: type[Entrypoint] | type[Cmd], words: list[str]) -> None:
    if any("\0" in word or re.search("[\ud800-\udfff]", word) for word in words):
        with pytest.raises(UsageError):
            kind(tuple(words)).text()
        return
    found = only(kind(tuple(words)).text())
    assert (found.name, found.words) == (kind.__name__.upper(), words)


@given(st.lists(ANY, min_size=1, max_size=3), st.floats(0.001, 1e5), st.integers(1, 99))
def test_a_health_check_reads_back(words: list[str], seconds: float, retries: int) -> None:
    if any("\0" in word or re.search("[\ud800-\udfff]", word) for word in words):
        return
    check = HealthCheck(command=tuple(words), interval=seconds, timeout=seconds, start_period=seconds, retries=retries)
    found = only(check.text())
    assert found.name == "HEALTHCHECK"
    assert found.rest.startswith("CMD ")
    found.rest = found.rest.removeprefix("CMD ")
    assert found.words == words
    assert [flag.partition("=")[0] for flag in found.flags] == ["interval", "timeout", "start-period", "retries"]


@given(st.lists(ANY.filter(lambda text: text), min_size=2, max_size=4))
def test_paths_of_a_copy_read_back_as_themselves_and_not_as_patterns(paths: list[str]) -> None:
    copy = Copy(sources=tuple(paths[:-1]), destination=paths[-1], stage="build", owner="0:0", link=True)
    if not all(map(expressible, paths)):
        with pytest.raises(UsageError):
            copy.text()
        return
    found = only(copy.text())
    assert (found.name, found.flags, found.heredocs) == ("COPY", ["link", "from=build", "chown=0:0"], {})
    assert [re.sub(r"\\(.)", r"\1", path) for path in found.paths[:-1]] == paths[:-1]
    assert not any(re.search(r"(?<!\\)(?:\\\\)*[*?\[]", path) for path in found.paths[:-1])
    assert found.paths[-1] == paths[-1]


@given(ANY.filter(lambda text: text))
def test_a_working_folder_reads_back(path: str) -> None:
    if expressible(path):
        from tests.support.dockerfile import expand

        found = only(Workdir(path).text())
        assert (found.name, expand(found.rest)) == ("WORKDIR", path)


@given(st.lists(ANY, min_size=1, max_size=4))
def test_words_get_through_the_shell(words: list[str]) -> None:
    if not all(map(expressible, words)):
        with pytest.raises(UsageError):
            command("echo", *words)
        return
    found = only(Run((command("echo", *words), "true")).text())
    assert found.heredocs == {}
    assert shlex.split(found.rest) == ["echo", *words, "&&", "true"]


@pytest.mark.parametrize("text", ["a\nb", "a\\", "--mount=type=bind", '["a"]', "# x", "[]", "a\0"])
def test_a_command_that_would_be_torn_apart_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        Run((text,)).text()


@given(ANY)
def test_flags_take_plain_text_or_refuse_it(text: str) -> None:
    mount = Mount(kind="bind", source="a", target=text)
    if re.fullmatch(r"[A-Za-z0-9_./:@+${}][A-Za-z0-9_./:@+${}-]*", text):
        assert only(Run(("true",), mounts=(mount,)).text()).flags == [f"mount=type=bind,source=a,target={text}"]
    elif text:
        with pytest.raises(UsageError):
            mount.text()


@pytest.mark.parametrize("text", ["a b", "a\nRUN id", "", "a AS b", '"', "$(id)", "#"])
def test_names_of_images_stages_users_and_signals_are_plain(text: str) -> None:
    for instruction in (From(text, "build"), From("a", text), User(text), StopSignal(text), Syntax(text)):
        with pytest.raises(UsageError):
            instruction.text()


@given(st.text(), st.sampled_from(["passwd", "a.conf"]))
@example("$HOME\\$x\n", "a")
@example("passwd\n", "passwd")
def test_small_files_are_written_as_they_are(content: str, name: str) -> None:
    file = Write(files=((name, content), ("other", "two\n")), folder="/etc/", mode="644")
    refused = not content.endswith("\n") or re.search("[\0\r\ud800-\udfff]", content) or name in content.split("\n")
    if refused:
        with pytest.raises(UsageError):
            file.text()
        return
    found = only(file.text())
    assert found.heredocs == {name: content, "other": "two\n"}
    assert found.paths == ["/etc/"]


@given(st.lists(ANY, min_size=1, max_size=3))
def test_comments_are_comments_and_never_directives(paragraphs: list[str]) -> None:
    text = written((Syntax(), Comment(("Rendered.", *paragraphs)), From("a", "b")))
    directives, instructions = parse(text)
    assert directives == {"syntax": "docker/dockerfile:1"}
    assert [one.name for one in instructions] == ["FROM"]


def test_a_line_that_buildkit_would_not_read_is_refused() -> None:
    with pytest.raises(UsageError, match="longer than"):
        written((Cmd(("x" * LONGEST_LINE,)),))


@given(st.floats(0.001, 1e6))
def test_durations_are_go_s(seconds: float) -> None:
    text = duration(seconds)
    assert re.fullmatch(r"\d+(?:\.\d+)?s", text)
    assert float(text[:-1]) == pytest.approx(seconds, abs=1e-8)


def test_the_reader_of_these_tests_sees_what_is_wrong() -> None:
    """BuildKit's own examples: what would slip through without quotes."""
    assert parse("ENV A=$HOME B='$HOME' C=a\\ b")[1][0].pairs == {"A": "<HOME>", "B": "$HOME", "C": "a b"}
    assert [one.name for one in parse('ENV A="a\nRUN id"'.replace('"', ""))[1]] == ["ENV", "RUN"]
    assert parse("RUN a \\\n# note\n  && b")[1][0].rest == "a   && b"
    assert parse('COPY <<"a" /b\n$x\na\nRUN c')[1][0].heredocs == {"a": "$x\n"}
    assert parse("COPY <<a /b\n$x\na")[1][0].heredocs == {"a": "<x>\n"}


@given(st.lists(ANY.filter(expressible), min_size=1, max_size=40), st.integers(1, 60))
def test_long_commands_are_folded_between_words(words: list[str], width: int) -> None:
    lines = folded(command(*words), width)
    assert shlex.split(" ".join(lines)) == words
    assert not any(line.startswith("#") for line in lines[1:])

"""Dockerfiles as BuildKit reads them. Where a rule is not obvious, BuildKit's own parser was asked."""

import textwrap

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lading.check.dockerfile.model import (
    AnyInstruction,
    Arg,
    Cmd,
    Copy,
    Dockerfile,
    Entrypoint,
    Env,
    ExecForm,
    Expose,
    From,
    Healthcheck,
    Heredoc,
    Label,
    Onbuild,
    Run,
    Shell,
    ShellForm,
    User,
    Volume,
    Word,
    Workdir,
)  # fmt: skip
from lading.check.dockerfile.parse import parse
from lading.finding import Span


def parsed(text: str) -> Dockerfile:
    return parse(textwrap.dedent(text), "Dockerfile")


def only(line: str) -> AnyInstruction:
    """The instruction that stands under a FROM."""
    found = parse(f"FROM scratch\n{line}", "Dockerfile")
    assert found.problems == ()
    (one,) = found.stages[0].instructions
    return one


def shell_text(line: str) -> str:
    run = only(line)
    assert isinstance(run, Run)
    assert isinstance(run.command, ShellForm)
    return run.command.text


def exec_words(line: str) -> list[str]:
    run = only(line)
    assert isinstance(run, Run)
    assert isinstance(run.command, ExecForm)
    return [word.text for word in run.command.words]


def problems(text: str) -> list[str]:
    return [one.message for one in parsed(text).problems]


def written(text: str, span: Span) -> str:
    """What stands at a span of a text."""
    lines = text.split("\n")
    if span.line == span.end_line:
        return lines[span.line - 1][span.column - 1 : span.end_column - 1]
    first, *middle, last = lines[span.line - 1 : span.end_line]
    return "\n".join([first[span.column - 1 :], *middle, last[: span.end_column - 1]])


def words_of(value: object) -> list[Word]:
    """All words inside a value."""
    if isinstance(value, Word):
        return [value]
    parts: list[object] = []
    if isinstance(value, tuple):
        parts = list(value)
    elif isinstance(value, msgspec.Struct):
        parts = [getattr(value, name) for name in value.__struct_fields__]
    return [word for part in parts for word in words_of(part)]


def test_stages_arguments_and_directives() -> None:
    found = parsed("""\
        # syntax=docker/dockerfile:1
        # escape=`

        # the version
        ARG VERSION=3 EMPTY
        FROM --platform=$BUILDPLATFORM python:${VERSION} AS Build
        from build
        RUN a `
          b
        """)
    assert found.problems == ()
    assert found.directives == (("syntax", "docker/dockerfile:1"), ("escape", "`"))
    assert found.escape == "`"
    assert [[(one.name.text, one.value and one.value.text) for one in arg.pairs] for arg in found.arguments] == [
        [("VERSION", "3"), ("EMPTY", None)]
    ]
    assert [comment.text for comment in found.arguments[0].comments] == ["the version"]
    first, second = found.stages
    assert (first.name, first.start.image.text, second.name, second.start.image.text) == (
        "build", "python:${VERSION}", "", "build",
    )  # fmt: skip
    platform = first.start.flag("platform")
    assert platform is not None
    assert platform.value is not None
    assert platform.value.text == "$BUILDPLATFORM"
    (run,) = second.instructions
    assert isinstance(run, Run)
    assert isinstance(run.command, ShellForm)
    assert run.command.text == "a   b"
    assert run.span == Span(8, 1, 9, 4)


def test_a_directive_counts_only_before_everything_else() -> None:
    assert parsed("# comment\n# escape=`\nFROM a").escape == "\\"
    assert parsed("\n# escape=`\nFROM a").escape == "\\"
    assert parsed("# unknown=x\n# escape=`\nFROM a").escape == "\\"
    assert problems("# escape=`\n# escape=`\nFROM a") == ["only one escape parser directive can be used"]
    assert problems("# escape=x\nFROM a") == ["invalid escape token 'x': it is \\ or `"]


@pytest.mark.parametrize(
    ("lines", "text"),
    [
        ("RUN a \\\n  b", "a   b"),
        ("RUN a \\  \n b", "a  b"),  # blanks behind the escape
        ("RUN a \\\n# comment\n\n  # comment\n b", "a  b"),  # comments and empty lines between
        ("RUN a \\\\\nEXPOSE 1", "a \\\\"),  # an escaped escape continues nothing
        ("RUN a\\\n\\\nb", "ab"),
        ("RUN a \\\r\n b\r", "a  b"),
        ("\tRUN\ta", "a"),
        ("rUn a", "a"),
        ("RUN --network=none -- --mount=x", "--mount=x"),
        ("RUN a \\", "a"),
    ],
)
def test_lines_are_joined(lines: str, text: str) -> None:
    found = parse(f"FROM scratch\n{lines}", "Dockerfile")
    run = found.stages[0].instructions[0]
    assert isinstance(run, Run)
    assert isinstance(run.command, ShellForm)
    assert run.command.text == text


def test_each_character_of_a_joined_line_knows_its_place() -> None:
    text = "FROM scratch\nRUN one \\\n  # no\n\n    two && \\\n\tthree\n"
    run = parse(text, "Dockerfile").stages[0].instructions[0]
    assert isinstance(run, Run)
    assert isinstance(run.command, ShellForm)
    lines = text.split("\n")
    for offset, character in enumerate(run.command.text):
        line, column = run.command.positions.at(offset)
        assert lines[line - 1][column - 1] == character
    start = run.command.text.index("two")
    assert run.command.positions.span(start, start + 3) == Span(5, 5, 5, 8)


def test_json_is_told_from_text() -> None:
    assert exec_words('RUN ["a", "b\\tc", "\\u00e9"]') == ["a", "b\tc", "é"]
    assert exec_words("RUN [ ]") == []
    assert exec_words('RUN ["a",\\\n  "b"]') == ["a", "b"]
    for shell in ("['a']", '["a",]', '["a" "b"]', '["a"] b', '["\\d"]', '["a', "[a]", "[ -f x ]"):
        assert shell_text(f"RUN {shell}") == shell
    assert problems('FROM a\nRUN ["a", 1]') == [
        "when using JSON array syntax, arrays must be comprised of strings only"
    ]


def test_the_words_of_json_stand_between_their_quotes() -> None:
    text = 'FROM a\nCMD ["python", "-m", "app"]'
    cmd = parse(text, "Dockerfile").stages[0].instructions[0]
    assert [written(text, word.span) for word in words_of(cmd)] == ["CMD", "python", "-m", "app"]


@pytest.mark.parametrize(
    ("line", "pairs"),
    [
        ("ENV A=1 B=2", [("A", "1"), ("B", "2")]),
        ("ENV A=\"x y\" B='z w' C=a\\ b", [("A", '"x y"'), ("B", "'z w'"), ("C", "a\\ b")]),
        ("ENV A the value=1", [("A", "the value=1")]),
        ("ENV A= B=\\\nC", [("A", ""), ("B", "C")]),
        ('ENV A="open to the end', [("A", '"open to the end')]),  # which BuildKit then refuses
        ("ENV A=a=b", [("A", "a=b")]),
    ],
)
def test_env(line: str, pairs: list[tuple[str, str]]) -> None:
    env = parse(f"FROM scratch\n{line}", "Dockerfile").stages[0].instructions[0]
    assert isinstance(env, Env)
    assert [(one.name.text, one.value.text if one.value else None) for one in env.pairs] == pairs


def test_what_copy_takes() -> None:
    copy = only('COPY --from=build --chown=1:1 --link a "b" /d/')
    assert isinstance(copy, Copy)
    assert [one.text for one in copy.sources if isinstance(one, Word)] == ["a", '"b"']
    assert (copy.destination.text, copy.adds) == ("/d/", False)
    assert [(flag.name, flag.value.text if flag.value else None) for flag in copy.flags] == [
        ("from", "build"), ("chown", "1:1"), ("link", None),
    ]  # fmt: skip
    added = only('ADD ["a b", "c"]')
    assert isinstance(added, Copy)
    assert (added.adds, [word.text for word in words_of(added.sources)]) == (True, ["a b"])


def test_the_mounts_of_run() -> None:
    run = only("RUN --mount=type=cache,target=/c,sharing=locked --mount=source=a,dst=/b,ro x")
    assert isinstance(run, Run)
    cache, bind = run.mounts
    assert (cache.type, cache.option("target", "dst"), cache.option("sharing")) == ("cache", "/c", "locked")
    assert (bind.type, bind.option("source"), bind.option("target", "dst"), bind.option("ro")) == (
        "bind", "a", "/b", "true",
    )  # fmt: skip


def test_the_other_instructions() -> None:
    assert only("WORKDIR /a b").path.text == "/a b"  # type: ignore[union-attr]
    assert only("USER app:app").user.text == "app:app"  # type: ignore[union-attr]
    assert only("STOPSIGNAL SIGINT").signal.text == "SIGINT"  # type: ignore[union-attr]
    expose, volume, shell = only("EXPOSE 80 443/tcp"), only('VOLUME ["/a", "/b"]'), only('SHELL ["bash", "-c"]')
    assert isinstance(expose, Expose)
    assert isinstance(volume, Volume)
    assert isinstance(shell, Shell)
    assert [[word.text for word in one] for one in (expose.ports, volume.paths, shell.words)] == [
        ["80", "443/tcp"], ["/a", "/b"], ["bash", "-c"],
    ]  # fmt: skip
    health, none = only("HEALTHCHECK --interval=5s CMD curl x"), only("HEALTHCHECK none")
    assert isinstance(health, Healthcheck)
    assert isinstance(health.command, ShellForm)
    assert health.command.text == "curl x"
    assert isinstance(none, Healthcheck)
    assert none.command is None
    trigger = only("ONBUILD COPY --chown=1 a /b")
    assert isinstance(trigger, Onbuild)
    assert isinstance(trigger.instruction, Copy)
    assert trigger.instruction.destination.text == "/b"
    assert isinstance(only("LABEL a=b"), Label)
    assert isinstance(only("ENTRYPOINT a"), Entrypoint)
    assert isinstance(only("CMD"), Cmd)


def test_a_heredoc_alone_is_the_script() -> None:
    text = "FROM a\nRUN <<-EOF\n\techo 1\n\t\techo 2\n\tEOF\nRUN true"
    run, after = parse(text, "Dockerfile").stages[0].instructions
    assert isinstance(run, Run)
    assert isinstance(run.command, ShellForm)
    assert run.command.text == "echo 1\necho 2\n"
    assert run.command.positions.at(run.command.text.index("2")) == (4, 8)
    assert run.span == Span(2, 1, 5, 5)
    assert after.span.line == 6


def test_heredocs_among_commands_are_left_to_the_shell() -> None:
    text = 'FROM a\nRUN cat <<A > x && cat <<-"B C" > y\none\nA\n\ttwo\n\tB C\nRUN true'
    run, _ = parse(text, "Dockerfile").stages[0].instructions
    assert isinstance(run, Run)
    assert isinstance(run.command, ShellForm)
    assert run.command.text == 'cat <<A > x && cat <<-"B C" > y\none\nA\n\ttwo\nB C'
    assert [(one.name, one.content, one.expands) for one in run.heredocs] == [
        ("A", "one\n", True), ("B C", "two\n", False),
    ]  # fmt: skip
    lines = text.split("\n")
    for offset, character in enumerate(run.command.text):
        line, column = run.command.positions.at(offset)
        assert f"{lines[line - 1]}\n"[column - 1] == character


def test_heredocs_become_files() -> None:
    text = "FROM a\nCOPY <<one <<'two' three /d/\n1 $X\none\n2 $X\ntwo\n"
    (copy,) = parse(text, "Dockerfile").stages[0].instructions
    assert isinstance(copy, Copy)
    one, two, three = copy.sources
    assert isinstance(one, Heredoc)
    assert isinstance(two, Heredoc)
    assert (one.content, one.expands, two.content, two.expands) == ("1 $X\n", True, "2 $X\n", False)
    assert isinstance(three, Word)
    assert written(text, one.mark) == "<<one"
    assert written(text, two.span) == "2 $X\n"


@pytest.mark.parametrize(
    "line",
    [
        "RUN cat<<EOF",  # the word must begin with it
        "RUN echo it's <<EOF",  # BuildKit's lexer fails on the open quote, and finds nothing
        'RUN ["sh", "-c", "cat <<EOF"]',
        "RUN echo \\<<EOF",
        "RUN echo '<<EOF'",
        "ENV A=<<EOF",
        "RUN cat <<<EOF",
    ],
)
def test_what_is_no_heredoc(line: str) -> None:
    found = parse(f"FROM a\n{line}\nEXPOSE 1", "Dockerfile")
    assert [one.heredocs for one in found.stages[0].instructions] == [(), ()]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "dockerfile contains no stages to build"),
        ("ARG A=1", "dockerfile contains no stages to build"),
        ("RUN a\nFROM b", "no build stage in current context"),
        ("FROM a\nINSTALL b", "unknown instruction: INSTALL"),
        ("FROM a b", "FROM requires either one or three arguments"),
        ("FROM", "FROM requires either one or three arguments"),
        ("FROM a AS 1b", "invalid name for build stage: '1b', name can't start with a number or contain symbols"),
        ("FROM a\nCOPY b", "COPY requires at least two arguments: a source and a destination"),
        ("FROM a\nCOPY a <<EOF\nEOF", "COPY cannot accept a heredoc as a destination"),
        ("FROM a\nCOPY --form=b c d", "unknown flag: --form"),
        ("FROM a\nCOPY --from=a --from=b c d", "duplicate flag specified: --from"),
        ("FROM a\nCOPY --from c d", "missing a value on flag: --from"),
        ("FROM a\nCOPY --link=maybe c d", "expecting boolean value for flag --link, not: maybe"),
        ("FROM a\nENV", "ENV requires at least one argument"),
        ("FROM a\nENV A", "ENV must have two arguments"),
        ("FROM a\nENV A=1 B", "can't find = in 'B'; it must be of the form name=value"),
        (
            "FROM a\nENV A=it's",
            "it's: unexpected end of statement while looking for matching single-quote",
        ),
        ("FROM a\nWORKDIR /${A^^}", "/${A^^}: unsupported modifier (^) in substitution"),
        ("FROM a\nLABEL =1", "LABEL names can not be blank"),
        ("FROM a\nSHELL bash", "SHELL requires the arguments to be in JSON form"),
        ("FROM a\nUSER", "USER requires at least one argument"),
        ("FROM a\nHEALTHCHECK CONNECT x", "unknown type 'CONNECT' in HEALTHCHECK (try CMD)"),
        ("FROM a\nHEALTHCHECK NONE x", "HEALTHCHECK NONE takes no arguments"),
        ("FROM a\nHEALTHCHECK CMD", "missing command after HEALTHCHECK CMD"),
        ("FROM a\nONBUILD FROM b", "FROM is not allowed as an ONBUILD trigger"),
        ("FROM a\nRUN <<EOF\necho", "unterminated heredoc EOF"),
        ("FROM a\nRUN echo $((1 <<2))", "unterminated heredoc 2))"),  # it takes no notice of arithmetic
        (f"FROM a\nRUN {'x' * 65_600}", "a line is longer than 65535 bytes"),
    ],
)
def test_what_buildkit_refuses(text: str, message: str) -> None:
    assert problems(text) == [message]


def test_what_is_wrong_inside_of_onbuild_breaks_another_build() -> None:
    assert problems("FROM a\nONBUILD FOO x\nONBUILD COPY --x=1 a b") == []


def test_all_problems_are_told_and_the_rest_is_read() -> None:
    found = parsed("FROM a AS 1\nFOO\nRUN b\nENV\nCOPY --x=1 c d\n")
    assert [one.span.line for one in found.problems] == [1, 2, 4, 5]
    assert [type(one).__name__ for one in found.stages[0].instructions] == ["Run", "Copy"]


def test_a_byte_order_mark_is_no_part_of_the_first_word() -> None:
    found = parse("\ufeffFROM a", "Dockerfile")
    assert (found.problems, found.stages[0].start.keyword.span) == ((), Span(1, 2, 1, 6))


PIECES = st.sampled_from(
    [
        "FROM a", "RUN ", "COPY ", "ENV ", "ONBUILD ", "HEALTHCHECK CMD ", "--from=b ", "# escape=`\n", "# c\n",
        "<<EOF", "<<-'E'", "EOF\n", "E\n", "\n", "\\\n", "\r\n", "\\", "`", " ", "\t", '["a"', "]", ", ", '"', "'",
        "$", "${", "}", "=", "x", "é", "\x00", "\ufeff", "\udc80", "&&", "|", "(", ")", ";", "if ", "fi", "done",
    ]
)  # fmt: skip


@given(st.lists(PIECES, max_size=40).map("".join))
def test_no_text_is_too_odd(text: str) -> None:
    found = parse(text, "Dockerfile")
    instructions = [one for stage in found.stages for one in (stage.start, *stage.instructions)]
    assert found.problems or instructions
    for word in words_of((found.arguments, tuple(instructions))):
        shown = written(text, word.span)
        if not set(shown) & set("\\\n\"'`"):
            assert shown == word.text


@given(st.text(max_size=200))
def test_no_characters_are_too_odd(text: str) -> None:
    parse(text, "Dockerfile")


@pytest.mark.parametrize(
    "text",
    [
        "FROM a\n" + "RUN a \\\n" * 5_000,
        "FROM a\nRUN " + "${" * 40_000,
        "FROM a\nENV " + "A=b " * 10_000,
        "FROM a\nENV A=" + '"' * 200_001,
        "FROM a\nCOPY " + "--x " * 10_000,
        "FROM a\nRUN " + "<<E " * 5_000,
        "FROM a\nRUN [" * 5_000,
        "FROM a\nRUN " + "[" * 40_000,
        "FROM a\n" + "ONBUILD " * 10_000,
        "# c\n" * 40_000,
        "FROM a\nRUN " + "<<'" * 10_000,
    ],
)
def test_large_texts_are_read_like_small_ones(text: str) -> None:
    assert parse(text, "Dockerfile").text == text


def test_every_kind_has_its_own_keyword() -> None:
    assert isinstance(parsed("FROM a").stages[0].start, From)
    assert isinstance(parsed("ARG A\nFROM a").arguments[0], Arg)
    assert isinstance(only("WORKDIR /"), Workdir)
    assert isinstance(only("USER a"), User)


@pytest.mark.parametrize("words", ["<<EOF", "<<-EOF", "<<EOF bash", "cat <<EOF"])
def test_an_empty_heredoc_has_a_place(words: str) -> None:
    dockerfile = parse(f"FROM a\nRUN {words}\nEOF\n", "Dockerfile")
    (run,) = dockerfile.stages[0].instructions
    assert isinstance(run, Run)
    assert not dockerfile.problems
    assert (run.span.line, run.span.end_line) == (2, 3)

"""What a script runs, told beforehand. A real shell is the judge."""

import subprocess
import textwrap
from collections.abc import Iterator, Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lading.check.dockerfile.positions import Passage, joined
from lading.check.dockerfile.words import UNKNOWN, Variable
from lading.check.shell.commands import Course
from lading.check.shell.manner import Manner
from lading.check.shell.memory import Memory
from lading.check.shell.model import Invocation, Kind
from lading.check.shell.walk import Walker

VARIABLES: Mapping[str, Variable] = {"PATH": "/usr/bin:/bin", "V": "1.2.3", "LIST": "a b", "EMPTY": "", "ARG": UNKNOWN}


def passage(text: str) -> Passage:
    return joined((line, number, 1) for number, line in enumerate(text.splitlines(keepends=True), 1))


def calls(text: str, kind: Kind = "posix", variables: Mapping[str, Variable] = VARIABLES) -> list[Invocation]:
    memory = Memory(variables={}, outside=variables.get, workdir="/w")
    return list(Walker(passage(textwrap.dedent(text)), memory, kind, Course()).walk(Manner()))


def told(text: str, kind: Kind = "posix") -> list[str]:
    """The commands as texts; `?` stands for what is not known, and before what may not be run."""
    return [
        ("? " if call.conditional else "") + " ".join("?" if word.text is None else word.text for word in call.words)
        for call in calls(text, kind)
    ]


@pytest.mark.parametrize(
    ("script", "commands"),
    [
        ("a && b && c", ["a", "b", "c"]),
        ("a; b", ["a", "b"]),
        ("a || b", ["a", "? b"]),
        ("a || true; b", ["a", "? true", "b"]),
        ("a && b; c", ["a", "? b", "c"]),
        ("a || exit 1; b", ["a", "? exit 1", "b"]),
        ("a && b || { echo; exit 1; }", ["a", "b", "? echo", "? exit 1"]),
        ("a | b && c", ["a", "b", "c"]),
        ("if a; then b; elif c; then d; else e; fi; f", ["a", "? b", "? c", "? d", "? e", "f"]),
        ("while a; do b; done; c", ["a", "? b", "c"]),
        ("[ -f x ] && exit 0; a", ["[ -f x ]", "? exit 0", "? a"]),
        ("if a; then exit 1; fi; b", ["a", "? exit 1", "b"]),
        ("exit 0; a", ["exit 0"]),
        ("exec a; b", ["a"]),
        ("(exit 0); a", ["exit 0", "a"]),
        ("for i in a b; do c $i; done", ["c a", "c b"]),
        ("for i in $ARG; do c $i; done; d", ["? c ?", "d"]),
        ("for i in a b; do if c; then break; fi; d; done; e", ["c", "? break", "? d", "? c", "? break", "? d", "e"]),
        ("f() { a $1; return; b; }; f x; c", ["a x", "return", "c"]),
        ("case $V in 1.*) a;; *) b;; esac", ["a"]),
        ("case $V in 2.*) a;; *) b;; esac", ["b"]),
        ("case $ARG in 2.*) a;; *) b;; esac; c", ["? a", "? b", "c"]),
        ("a $(b | c) `d`", ["b", "c", "d", "a ? ?"]),
        ("eval \"a $V\"", ["a 1.2.3"]),
        ("cd /x && cd y && a", ["cd /x", "cd y", "a"]),
        ("! a; b & c", ["a", "b", "c"]),
        ("a <<E\n$V\nE\nb", ["a", "b"]),
        ("a 'b", ["?"]),
        ("if a; then b", ["?"]),
        ("a; b)", ["a", "b", "?"]),
    ],
)  # fmt: skip
def test_which_commands_are_run(script: str, commands: list[str]) -> None:
    assert told(script) == commands


@pytest.mark.parametrize(
    ("words", "arguments"),
    [
        ("'a b' \"c d\" e\\ f", "a b|c d|e f"),
        ("$LIST \"$LIST\" $EMPTY \"$EMPTY\"", "a|b|a b|"),
        ("x${V%.*} ${V%%.*} ${V#*.} ${V##*.}", "x1.2|1|2.3|3"),
        ("${NONE:-a b} ${NONE-'a b'} ${V:+c} ${EMPTY:+d}", "a|b|a b|c"),
        ("${V//./-} ${V/./-}", "1-2-3|1-2.3"),
        ("\"it's\" 'say \"x\"'", "it's|say \"x\""),
        ("\"${NONE:-it's}\" \"\\$V \\x\"", "it's|$V \\x"),
        ("a$ARG \"$ARG\" $(x) ${V^^}", "?|?|?|?"),
        ("a\\\nb", "ab"),
        ("# b", ""),
        ("a#b", "a#b"),
        ("{a,b}", "{a,b}"),
        ("$((1 + 2))", "?"),
        ("~ ~/x", "?|?"),
    ],
)  # fmt: skip
def test_the_words_of_a_command(words: str, arguments: str) -> None:
    found = [call for call in calls(f"c {words}", variables={**VARIABLES, "HOME": UNKNOWN}) if call.name == "c"]
    assert "|".join("?" if word.text is None else word.text for word in found[-1].arguments) == arguments


def test_what_bash_adds() -> None:
    assert told("a x{1,2}y '{b,c}' {1..3}", "bash") == ["a x1y x2y {b,c} ?"]
    assert told("[[ $V < 2 && -f x ]] && a; (( i++ )); b <(c)", "bash") == ["[[ 1.2.3 2 -f x ]]", "? a", "c", "b ?"]
    assert told("x=(a b); c ${x[@]} $'t\\n'", "bash") == ["c ? t\n"]
    assert told("function f { a; }; f", "bash") == ["a"]


def test_variables_are_followed() -> None:
    assert told("A=1; B=$A.x; export C=\"$B y\"; a $A $B \"$C\"; unset A; b $A.") == [
        "export C=1.x y", "a 1 1.x 1.x y", "unset A", "b .",
    ]  # fmt: skip
    assert told("if a; then X=1; else X=2; fi; b $X; if c; then Y=1; fi; d $Y")[-1] == "d ?"
    assert told("X=1; while a; do b $X; X=2; done; c $X") == ["a", "? b ?", "c ?"]
    assert told("X=1; (X=2); a $X; X=3 b; c $X") == ["a 1", "b", "c 1"]
    assert told("read X; a $X; . ./file; b $V") == ["read X", "a ?", ". ./file", "b ?"]
    assert told(". /v/bin/activate; a $PATH $VIRTUAL_ENV")[-1] == "a /v/bin:/usr/bin:/bin /v"


def test_working_folders_are_followed() -> None:
    found = {call.name: call.workdir for call in calls("a; cd x/y; b; (cd ..; c); d; cd /z || exit 1; e; cd $ARG; f")}
    assert [found[name] for name in "abcdef"] == ["/w", "/w/x/y", "/w/x", "/w/x/y", "/z", None]
    assert [call.workdir for call in calls("if a; then cd /x; b; fi; c")] == ["/w", "/w", "/x", None]


@pytest.mark.parametrize(
    ("script", "checked"),
    [
        ("a; b", [False, True]),
        ("set -e; a; b", [False, True, True]),
        ("set -eux; a && b; c", [False, False, True, True]),
        ("a && b", [True, True]),
        ("a || b", [False, True]),
        ("a || exit 1; b", [True, False, True]),
        ("a | b", [False, True]),
        ("set -o pipefail; a | b", [False, True, True]),
        ("set -e; if a; then b; fi", [False, False, True]),
        ("set -e; ! a; (b; c)", [False, False, True, True]),
        ("set -e; (a; b) || true", [False, False, False, True]),
        ("set -e; a &\nb", [False, False, True]),
        ("a $(b)", [False, True]),
        ("set -e; set +e; a; b", [False, True, False, True]),
    ],
)
def test_whose_failure_ends_the_script(script: str, checked: list[bool]) -> None:
    found = [call.checked for call in calls(script) if call.name != "exit"]
    expected = [one for one, call in zip(checked, calls(script), strict=True) if call.name != "exit"]
    assert found == expected


def test_what_is_run_by_others() -> None:
    (make,) = calls("sudo -u app env -i A=1 nice -n 5 timeout -k 5 10 make -j x")
    assert [word.text for word in make.words] == ["make", "-j", "x"]
    assert [word.text for word in make.wrappers] == ["sudo", "env", "nice", "timeout"]
    assert (make.user and make.user.text, [(name, value.text) for name, value in make.assignments]) == (
        "app", [("A", "1")],
    )  # fmt: skip
    assert told("sh -c 'a && b' x; bash -ec \"c $V; d\"; e") == ["a", "? b", "c 1.2.3", "? d", "e"]
    assert told("su - app -c 'a; b'; gosu app c; find . | xargs -0 rm -f") == ["a", "b", "c", "find .", "rm -f ?"]
    assert told("sh ./script; sh -c \"$ARG\"; command -v x; su app") == [
        "sh ./script", "sh -c ?", "x", "su app",
    ]  # fmt: skip
    assert told("bash -lc 'a $V'") == ["a ?"]  # a profile may have set it


def test_redirections() -> None:
    (call,) = calls("a > x 2>&1 < y")
    assert [(one.descriptor, one.operator, one.target and one.target.text, one.writes) for one in call.redirects] == [
        ("", ">", "x", True), ("2", ">&", "1", False), ("", "<", "y", False),
    ]  # fmt: skip
    (first, second, third) = calls("{ a; b; c > z; } >> x")
    assert [[one.operator for one in call.redirects] for call in (first, second, third)] == [[">>"], [">>"], [">"]]
    (first, second) = calls("{ a; b; } > x")
    assert [one.operator for call in (first, second) for one in call.redirects] == [">", ">>"]
    assert [one.operator for call in calls("f() { sh -c 'a; b'; }; { f; c; } > x") for one in call.redirects] == [
        ">", ">>", ">>",
    ]  # fmt: skip
    (heredoc,) = calls("a <<-E <<'F' <<<\"$V\"\n\tx $V\n\tE\ny $V\nF\n", "bash")
    assert [one.content for one in heredoc.redirects] == ["x 1.2.3\n", "y $V\n", "1.2.3\n"]
    (empty,) = calls("> x")
    assert (empty.words, empty.redirects[0].target and empty.redirects[0].target.text) == ((), "x")


def test_pipes_are_known_at_their_other_end() -> None:
    first, second, third = calls("a | b x | c")
    assert (first.piped_from, second.piped_from and second.piped_from.name) == (None, "a")
    assert third.piped_from is not None
    assert [word.text for word in third.piped_from.words] == ["b", "x"]


def test_places() -> None:
    text = "a \\\n  b && sh -c 'c d'\n"
    first, second = calls(text)
    assert (first.span.line, first.span.column, first.span.end_line, first.span.end_column) == (1, 1, 2, 4)
    assert [(word.span.line, word.span.column, word.written) for word in (*first.words, *second.words)] == [
        (1, 1, "a"), (2, 3, "b"), (2, 15, "c"), (2, 17, "d"),
    ]  # fmt: skip


def test_loops_in_loops_have_an_end() -> None:
    words = " ".join("abcdefghijklmnopqrstuvwxyz")
    found = calls("".join(f"for i{n} in {words}; do " for n in range(6)) + "a; " + "done; " * 6)
    assert found[-1].program is None
    assert len(found) < 5_000


# A shell as the judge: `t 1` notes that it was run, and succeeds; `f 2` fails.

LEAVES = st.sampled_from(["t", "f", "exit", "true", "cd", "assign", "use"])


def scripts(depth: int) -> st.SearchStrategy[str]:
    if not depth:
        return LEAVES
    below = scripts(depth - 1)
    return st.one_of(
        LEAVES,
        st.builds("{} && {}".format, below, below),
        st.builds("{} || {}".format, below, below),
        st.builds("{{ {}; {}; }}".format, below, below),
        st.builds("( {}; {} )".format, below, below),
        st.builds("if {}; then {}; else {}; fi".format, below, below, below),
        st.builds("if {}; then {}; fi".format, below, below),
        st.builds("for i in 1 2; do {}; done".format, below),
        st.builds("case $V in 1) {};; *) {};; esac".format, below, below),
        st.builds("{} | {}".format, below, below),
        st.builds("! {}".format, below),
        st.builds("set -e; {}".format, below).map("{{ {}; }}".format),
    )


def numbered(script: str) -> str:
    """Each leaf with its own number, so that a trace tells which one it was."""
    parts: list[str] = []
    for number, word in enumerate(script.split(" ")):
        bare = word.rstrip(";")
        rest = word[len(bare) :]
        leaf = {
            "t": f"t {number}", "f": f"f {number}", "exit": "exit 0", "cd": "cd /usr", "assign": f"V={number % 3}",
            "use": f"t {number} $V $PWD",
        }.get(bare, bare)  # fmt: skip
        parts.append(leaf + rest)
    return " ".join(parts)


def traced(script: str) -> tuple[int, list[str]]:
    """The status of a script, and what it has run."""
    functions = 't() { echo "t $*" >&3; }; f() { echo "f $*" >&3; return 1; }; V=0; cd /; '
    done = subprocess.run(
        ["sh", "-c", f"{functions}{{ {script}; }} 3>&1 >/dev/null"], check=False, capture_output=True, text=True
    )
    return done.returncode, done.stdout.splitlines()


def predicted(script: str) -> Iterator[tuple[str, bool]]:
    memory = Memory(variables={"V": "0"}, outside=lambda _: None, workdir="/")
    for call in Walker(passage(script), memory, "posix", Course()).walk(Manner()):
        if call.name in {"t", "f"}:
            yield " ".join("?" if word.text is None else word.text for word in call.words), call.conditional


def fits(shown: str, said: str) -> bool:
    """Whether what was run is what was told, where that was known."""
    one, two = shown.split(), said.split()
    return len(one) == len(two) and all(b in (a, "?") for a, b in zip(one, two, strict=True))


@settings(max_examples=150)
@given(scripts(3))
def test_a_shell_does_what_was_told(script: str) -> None:
    """Where a script succeeds, what is certain has run, and nothing has run that was not told."""
    script = numbered(script)
    status, trace = traced(script)
    told_ones = list(predicted(script))
    for said, conditional in told_ones:
        assert status or conditional or any(fits(shown, said) for shown in trace), (said, trace)
    for shown in trace:
        assert status or any(fits(shown, said) for said, _ in told_ones), (shown, told_ones)


ODD = st.text("ab $(){}[]<>&|;'\"`\\\n=#*~!-1ifthendocase", max_size=80)


@given(ODD)
def test_no_script_is_too_odd(script: str) -> None:
    for kind in ("posix", "bash"):
        for call in calls(script, kind):
            assert call.span.line >= 1


@pytest.mark.parametrize(
    "piece", ["(", "$(", "`", "${", "$((", '"$(', "if ", "a|", "a&&", "<<a ", "case a in a) ", "! ", "{ ", "f()"]
)
def test_hostile_scripts_take_no_longer(piece: str) -> None:
    assert calls(piece * 20_000)

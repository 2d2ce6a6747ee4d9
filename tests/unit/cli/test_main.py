import argparse
import os
import re
import subprocess
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lading import __version__
from lading.__main__ import main
from lading.cli import main as frame
from lading.cli.arguments import add_global_flags, make_context, make_parser, parse
from lading.cli.context import Context
from lading.errors import Problems, RemoteFailed, UsageError, VerificationFailed


@pytest.fixture(autouse=True)
def _own_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LADING_STORE", str(tmp_path / "store"))
    monkeypatch.delenv("FORCE_COLOR", raising=False)


Run = Callable[[argparse.Namespace, Context], int]


def succeeds(args: argparse.Namespace, context: Context) -> int:
    return 0


def a_command(run: Run = succeeds, **members: object) -> "frame.Command":
    """A command that stands for any other."""

    def arguments(parser: argparse.ArgumentParser) -> None:
        parser.add_argument("service", nargs="*")

    return SimpleNamespace(HELP="do something", arguments=arguments, run=run, **members)


def typed(module: "frame.Command", monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    def load(name: str) -> "frame.Command":
        return module

    monkeypatch.setattr(frame, "load", load)
    return main(list(words))


def test_every_command_has_a_module_whose_help_is_the_tables() -> None:
    told = {name: import_module(f"lading.cli.{name.replace('-', '_')}").HELP for name in frame.COMMANDS}
    assert told == frame.COMMANDS


def test_every_command_module_is_in_the_table() -> None:
    folder = Path(frame.__file__).parent
    modules = [path.stem for path in folder.glob("*.py") if path.stem != "__init__"]
    commands = [name for name in modules if hasattr(import_module(f"lading.cli.{name}"), "HELP")]
    assert sorted(name.replace("_", "-") for name in commands) == sorted(frame.COMMANDS)


def test_help_lists_every_command_within_80_columns(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert all(any(line.startswith(f"  {name} ") for line in lines) for name in frame.COMMANDS)
    assert max(map(len, lines)) <= 100


def test_help_tells_the_global_flags_that_there_are() -> None:
    parser = argparse.ArgumentParser(add_help=False)
    add_global_flags(parser)
    flags = [flag for action in parser._actions for flag in action.option_strings]
    told = re.findall(r"(?<![\w-])--?[a-z-]+", frame.usage().partition("global options:")[2])
    assert sorted(set(told) - {"-h", "--help"}) == sorted(flags)


def test_help_imports_no_command_and_no_parser() -> None:
    code = "import sys; from lading.__main__ import main; main(['--help']); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.splitlines()[-1].split())
    assert not {f"lading.cli.{name}" for name in frame.COMMANDS} & loaded
    assert not {"argparse", "msgspec", "rich", "subprocess", "hashlib"} & loaded


@pytest.mark.parametrize("words", [["--version"], ["doctor", "--version"]])
def test_version(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 0
    assert capsys.readouterr().out == f"lading {__version__}\n"


def test_a_near_miss_is_suggested(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["biuld"]) == 2
    told = capsys.readouterr().err
    assert told == "error: there is no command 'biuld'\n  do: did you mean `lading build`?\n"


def test_a_far_miss_is_sent_to_the_list(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["xyzzy"]) == 2
    assert "lading --help" in capsys.readouterr().err


def test_no_command_is_an_error_that_says_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == "error: no command was given\n  do: lading --help lists the commands\n"


@pytest.mark.parametrize("words", [["-v", "doctor"], ["doctor", "-v"], ["--color", "always", "doctor", "-v"]])
def test_global_flags_stand_before_or_after_the_command(words: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []

    def sees(args: argparse.Namespace, context: Context) -> int:
        seen.append((context.verbose, context.colour))
        return 7

    assert typed(a_command(sees), monkeypatch, *words) == 7
    assert seen == [(True, "--color" in words)]


def test_a_bad_flag_is_an_error_of_three_parts(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert typed(a_command(), monkeypatch, "build", "--frobnicate") == 2
    assert capsys.readouterr().err == ("error: unrecognized arguments: --frobnicate\n  do: lading build --help\n")


def test_quiet_and_verbose_contradict_each_other(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(UsageError, match="contradict"):
        parse("build", a_command(), ["-q", "-v"])


def test_flags_are_not_abbreviated() -> None:
    with pytest.raises(UsageError, match="--verb"):
        parse("build", a_command(), ["--verb"])


def test_what_follows_two_dashes_belongs_to_the_container() -> None:
    args = parse("run", a_command(TAKES_COMMAND=True), ["api", "--", "python", "-v", "--", "x"])
    assert args is not None
    assert (args.service, args.command, args.verbose) == (["api"], ["python", "-v", "--", "x"], False)


@given(st.lists(st.sampled_from(["-q", "-v", "--color", "always", "build", "--x", "y", "--"]), max_size=6))
def test_splitting_loses_no_word(words: list[str]) -> None:
    before, name, after = frame.split(words)
    assert [*before, *([] if name is None else [name]), *after] == words


def test_each_kind_of_error_has_its_exit_code(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails(args: object, context: object) -> int:
        raise RemoteFailed("no answer", where="https://mirror.example", fix="check the network")

    assert typed(a_command(run=fails), monkeypatch, "build") == 4
    assert capsys.readouterr().err == "error: no answer\n  at: https://mirror.example\n  do: check the network\n"


def test_problems_are_told_one_by_one(capsys: pytest.CaptureFixture[str]) -> None:
    frame.print_error(Problems([UsageError("one", where="a"), VerificationFailed("two", fix="b")]))
    assert capsys.readouterr().err == "error: one\n  at: a\nerror: two\n  do: b\n"


def test_an_error_cannot_steer_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    frame.print_error(UsageError("a package is named \x1b[2Jx\r"))
    assert "\x1b" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "coloured"), [(["--color=always"], True), (["x", "--color", "always"], True), (["--color=never"], False)]
)
def test_errors_are_coloured_as_asked(words: list[str], coloured: bool, capsys: pytest.CaptureFixture[str]) -> None:
    frame.print_error(UsageError("no"), words)
    assert ("\x1b[31m" in capsys.readouterr().err) is coloured


def test_a_bug_is_short_and_leaves_its_traceback_in_a_file(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    def broken(args: object, context: object) -> int:
        return 1 // 0

    assert typed(a_command(run=broken), monkeypatch, "build", "secret-argument") == 70
    told = capsys.readouterr().err
    assert told.startswith("error: a bug in Lading: ZeroDivisionError")
    assert "Traceback" not in told
    (file,) = (tmp_path / "store" / "tmp").iterdir()
    assert str(file) in told
    text = file.read_text()
    assert "ZeroDivisionError" in text
    assert "secret-argument" not in text
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_bug_shows_its_traceback_when_asked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(args: object, context: object) -> int:
        return 1 // 0

    assert typed(a_command(run=broken), monkeypatch, "build", "-v") == 70
    assert "Traceback" in capsys.readouterr().err


def test_a_bug_is_told_even_where_the_store_cannot_be_written(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("LADING_STORE", str(tmp_path / "file"))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    def broken(args: object, context: object) -> int:
        return 1 // 0

    assert typed(a_command(run=broken), monkeypatch, "build") == 70
    assert str(tmp_path / "crash-") in capsys.readouterr().err


def test_an_interruption_is_quiet(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def interrupted(args: object, context: object) -> int:
        raise KeyboardInterrupt

    assert typed(a_command(run=interrupted), monkeypatch, "build") == 130
    assert capsys.readouterr() == ("", "")


def test_a_reader_that_goes_away_is_no_error() -> None:
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run([sys.executable, "-m", "lading", "--help"], stdout=write, stderr=subprocess.PIPE, check=False)
    os.close(write)
    assert (done.returncode, done.stderr) == (141, b"")


def test_text_that_the_stream_cannot_encode_has_a_stand_in() -> None:
    code = "from lading.cli.main import _tolerate_any_text as t; t(); print('a → b…\\u20ac\\udce9')"
    done = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, "PYTHONIOENCODING": "ascii"}, capture_output=True, check=True
    )
    assert done.stdout == b"a -> b~\\u20ac\\udce9\n"


def test_a_commands_help_tells_its_own_and_the_global_flags(capsys: pytest.CaptureFixture[str]) -> None:
    assert parse("build", a_command(), ["--help"]) is None
    told = capsys.readouterr().out
    assert told.startswith("usage: lading build")
    assert "Do something." in told
    assert "--quiet" in told


def test_flags_may_stand_between_what_is_named() -> None:
    args = parse("render", frame.load("render"), ["dockerfile", "--write", "cart", "-q", "order"])
    assert args is not None
    assert (args.format, args.services, args.write) == ("dockerfile", ["cart", "order"], True)


def test_the_context_follows_the_flags() -> None:
    args = make_parser("build", a_command()).parse_args(["-q", "--color", "always"])
    context = make_context(args)
    assert (context.quiet, context.verbose, context.colour, context.err_colour) == (True, False, True, True)


def test_what_the_system_forbids_is_no_bug(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def refused(*_: object) -> None:
        raise PermissionError(13, "Permission denied", "/srv/theirs")

    monkeypatch.setattr("lading.cli.main._main", refused)
    assert main(["plan"]) == 2
    assert capsys.readouterr().err.splitlines()[:2] == [
        "error: this user may not use a file or folder: Permission denied",
        "  at: /srv/theirs",
    ]

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from lading.errors import StepFailed, VerificationFailed
from lading.proc import Runner

PYTHON = (sys.executable, "-c")


def test_a_command_is_run_and_heard() -> None:
    done = Runner().run([*PYTHON, "import sys; print('out'); print('err', file=sys.stderr); sys.exit(3)"])
    assert (done.code, done.out, done.err) == (3, "out\n", "err\n")


def test_a_command_is_shown_as_a_shell_would_take_it() -> None:
    shown: list[str] = []
    Runner(shown.append).run([*PYTHON, "print('a b')"], stdin=b"secret")
    assert shown == [f"{sys.executable} -c 'print('\"'\"'a b'\"'\"')'"]


def test_a_failure_carries_the_last_words() -> None:
    with pytest.raises(StepFailed, match="it did not work") as caught:
        Runner().check([*PYTHON, "import sys; sys.exit('out of cheese')"], what="it did not work", fix="buy cheese")
    assert "  | out of cheese" in caught.value.what
    assert caught.value.fix == "buy cheese"


def test_a_failure_has_no_logins_of_addresses() -> None:
    script = "import sys; sys.exit('no https://t0ken@one.example/x, no http://ann:p@ss@two.example')"
    with pytest.raises(StepFailed) as caught:
        Runner().check([*PYTHON, script], what="it did not work")
    assert "no https://***@one.example/x, no http://***@two.example" in caught.value.what


def test_a_program_that_is_not_there() -> None:
    for start in (Runner().run, lambda words: Runner().feed(words, [])):
        with pytest.raises(StepFailed, match="cannot start no-such-program"):
            start(["no-such-program"])


class TestFeed:
    def test_a_stream_is_fed_and_both_outputs_are_heard(self) -> None:
        script = "import sys; print(len(sys.stdin.buffer.read())); print('done', file=sys.stderr)"
        done = Runner().feed([*PYTHON, script], (b"x" * 100_000 for _ in range(50)))
        assert (done.code, sorted(done.out.split())) == (0, ["5000000", "done"])

    def test_a_command_that_talks_while_it_is_fed_does_not_block(self) -> None:
        script = "import sys\nfor line in sys.stdin.buffer: sys.stdout.buffer.write(line)"
        done = Runner().feed([*PYTHON, script], (b"x" * 99_999 + b"\n" for _ in range(50)))
        assert len(done.out) == 5_000_000

    def test_a_command_that_ends_early_is_judged_by_its_code(self) -> None:
        done = Runner().feed([*PYTHON, "import sys; sys.exit('enough')"], (b"x" * 1_000_000 for _ in range(50)))
        assert (done.code, done.out.strip()) == (1, "enough")

    def test_a_stream_that_fails_ends_the_command(self) -> None:
        def stream() -> Iterator[bytes]:
            yield b"half"
            raise VerificationFailed("not what was promised")

        with pytest.raises(VerificationFailed):
            Runner().feed([*PYTHON, "import sys; sys.stdin.read()"], stream())

    def test_the_environment_is_added_to(self) -> None:
        script = "import os; print(os.environ['ADDED'], 'PATH' in os.environ)"
        assert Runner().feed([*PYTHON, script], [], env={"ADDED": "yes"}).out == "yes True\n"


class TestHear:
    def test_lines_of_both_outputs_arrive_while_the_command_runs(self, tmp_path: Path) -> None:
        heard: list[str] = []

        def hear(line: str) -> None:
            heard.append(line)
            (tmp_path / "heard").touch()  # the command ends only when its first line has arrived

        script = (
            "import pathlib, sys, time; print('one', flush=True)\n"
            f"while not pathlib.Path({str(tmp_path / 'heard')!r}).exists(): time.sleep(0.01)\n"
            "print('tw\\xf6', file=sys.stderr); sys.exit(4)"
        )
        env = {"PYTHONIOENCODING": "utf-8"}
        assert Runner().hear([*PYTHON, script], hear, env=env, cwd=tmp_path) == 4
        assert heard == ["one", "tw\xf6"]

    def test_another_command_is_shown(self) -> None:
        shown: list[str] = []
        Runner(shown.append).hear([*PYTHON, "pass", "secret"], lambda _: None, shown=["python", "***"])
        assert shown == ["python '***'"]

    def test_a_listener_that_fails_ends_the_command(self, tmp_path: Path) -> None:
        script = (
            "import pathlib, signal, sys, time\n"
            f"signal.signal(signal.SIGTERM, lambda *_: (pathlib.Path({str(tmp_path / 'end')!r}).touch(), sys.exit()))\n"
            "print('ready', flush=True)\nwhile True: time.sleep(0.01)"
        )

        def hear(line: str) -> None:
            raise VerificationFailed(line)

        with pytest.raises(VerificationFailed, match="ready"):
            Runner().hear([*PYTHON, script], hear)
        assert (tmp_path / "end").exists()

    def test_a_program_that_is_not_there(self) -> None:
        with pytest.raises(StepFailed, match="cannot start no-such-program"):
            Runner().hear(["no-such-program"], lambda _: None)

import sys
from collections.abc import Iterator

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

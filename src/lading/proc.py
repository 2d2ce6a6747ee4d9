"""One door to other programs: every command that Lading starts goes through `Runner`."""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, NamedTuple

from lading.errors import StepFailed

if TYPE_CHECKING:
    import subprocess

Echo = Callable[[str], None]
LAST_LINES = 20
"""Lines of a failed command's output that its error shows."""


_running: "set[subprocess.Popen[bytes]]" = set()
"""What is waited for just now, in any thread."""
_heard: "set[subprocess.Popen[bytes]]" = set()
"""Those of them that are asked to end before they are killed: they have something of their own to give up."""
PATIENCE = 5.0
"""Seconds that such a command gets to end."""


def end_commands() -> None:
    """End every command that somebody waits for, and wait until it is gone: this process is about to end."""
    asked = tuple(_heard)
    for process in asked:
        process.terminate()
    for process in {*_running} - {*asked}:
        process.kill()
    for process in asked:
        _await_end(process)
    for process in tuple(_running):
        process.wait()


def _await_end(process: "subprocess.Popen[bytes]") -> None:
    """Wait for a command that was asked to end, and kill it when it does not."""
    import subprocess

    try:
        process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


class Completed(NamedTuple):
    """What a command left: exit code, standard output and standard error, as text."""

    code: int
    out: str
    err: str


class Runner:
    """Runs commands given as lists, never as shell strings; `echo` gets each, quoted for a shell, before it starts."""

    def __init__(self, echo: Echo | None = None) -> None:
        self._echo = echo

    def run(
        self,
        command: Sequence[str | Path],
        *,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        inherit: bool = True,
        stdin: bytes | None = None,
    ) -> Completed:
        """Run to the end, capture the output, judge nothing. `env` is added to this process's own environment, or with
        `inherit=False` is all of it.

        Raises `StepFailed` when the program cannot be started.
        """
        import subprocess

        words = [os.fspath(word) for word in command]
        self._tell(words)
        try:
            process = subprocess.Popen(
                words,
                cwd=cwd,
                env=_environment(env, inherit),
                stdin=subprocess.DEVNULL if stdin is None else subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
            )
        except OSError as error:
            raise StepFailed(f"cannot start {words[0]}: {error.strerror or error}", fix="lading doctor") from error
        with process:
            _running.add(process)
            try:
                out, err = process.communicate(stdin)
            except BaseException:
                process.kill()
                raise
            finally:
                _running.discard(process)
        return Completed(process.returncode, out.decode(errors="replace"), err.decode(errors="replace"))

    def feed(
        self,
        command: Sequence[str | Path],
        chunks: Iterable[bytes],
        *,
        env: Mapping[str, str] | None = None,
    ) -> Completed:
        """Run to the end with a stream as its input, which is never held whole; both its outputs are in `out`.

        A command that ends before it has read everything is judged by its exit code. Raises `StepFailed` when the
        program cannot be started, and whatever `chunks` raises.
        """
        import subprocess
        from tempfile import TemporaryFile

        words = [os.fspath(word) for word in command]
        self._tell(words)
        with TemporaryFile() as output:  # a pipe could fill up while this process is busy feeding
            try:
                process = subprocess.Popen(
                    words,
                    env={**os.environ, **env} if env else None,
                    stdin=subprocess.PIPE,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                )
            except OSError as error:
                raise StepFailed(f"cannot start {words[0]}: {error.strerror or error}", fix="lading doctor") from error
            with process:
                _running.add(process)
                try:
                    _write_all(process.stdin, chunks)
                    process.wait()
                except BaseException:
                    process.kill()
                    raise
                finally:
                    _running.discard(process)
            output.seek(0)
            return Completed(process.returncode, output.read().decode(errors="replace"), "")

    def hear(
        self,
        command: Sequence[str | Path],
        hear: Callable[[str], None],
        *,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        shown: Sequence[str] | None = None,
    ) -> int:
        """Run to the end, pass on each line of what it writes (both outputs) as soon as it is there; the exit code.

        `shown` is echoed instead of a command that holds what nobody should read. When the wait is broken off, the
        command is asked to end, and killed when it does not. Raises `StepFailed` when it cannot be started, and
        whatever `hear` raises.
        """
        import subprocess

        words = [os.fspath(word) for word in command]
        self._tell([*(shown or words)])
        try:
            process = subprocess.Popen(
                words,
                cwd=cwd,
                env={**os.environ, **env} if env else None,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
            )
        except OSError as error:
            raise StepFailed(f"cannot start {words[0]}: {error.strerror or error}", fix="lading doctor") from error
        with process:
            _running.add(process)
            _heard.add(process)
            try:
                for line in process.stdout or ():
                    hear(line.decode(errors="replace").rstrip("\r\n"))
                return process.wait()
            except BaseException:
                process.terminate()
                _await_end(process)
                raise
            finally:
                _heard.discard(process)
                _running.discard(process)

    def start(
        self,
        command: Sequence[str | Path],
        *,
        output: IO[bytes] | None = None,
    ) -> "subprocess.Popen[bytes]":
        """Start and do not wait: its output goes where this process's own goes, or into `output`; its input is empty.

        It is in a session of its own, so that signals of the terminal reach it only when they are passed on.
        Raises `StepFailed` when the program cannot be started.
        """
        import subprocess

        words = [os.fspath(word) for word in command]
        self._tell(words)
        try:
            return subprocess.Popen(
                words, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
            )
        except OSError as error:
            raise StepFailed(f"cannot start {words[0]}: {error.strerror or error}", fix="lading doctor") from error

    def _tell(self, words: Sequence[str]) -> None:
        if self._echo:
            import shlex

            self._echo(shlex.join(words))

    def check(
        self,
        command: Sequence[str | Path],
        *,
        what: str,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        stdin: bytes | None = None,
        fix: str = "",
    ) -> Completed:
        """`run`, or `StepFailed` saying `what` and the last lines of the command's own words."""
        done = self.run(command, cwd=cwd, env=env, stdin=stdin)
        if done.code:
            words = without_logins(done.err.strip() or done.out.strip()).splitlines()[-LAST_LINES:]
            told = "\n".join(f"  | {line}" for line in words)
            raise StepFailed(
                f"{what} (exit code {done.code})\n{told}" if told else f"{what} (exit code {done.code})", fix=fix
            )
        return done


def without_logins(text: str) -> str:
    """What a command says, without the logins in its addresses.

    Go and git keep a password to themselves, and show the name before it, which is where a token alone stands.

    >>> without_logins("reading https://t0ken@host.example/x: 401")
    'reading https://***@host.example/x: 401'
    """
    import re

    return re.sub(r"://[^/\s\"']+@", "://***@", text)


def _environment(env: Mapping[str, str] | None, inherit: bool) -> Mapping[str, str] | None:
    """The environment of a command, or nothing where it is this process's own."""
    if inherit:
        return {**os.environ, **env} if env else None
    return env or {}


def _write_all(stream: IO[bytes] | None, chunks: Iterable[bytes]) -> None:
    """Write to a command's input and close it; a command that has closed it itself wants no more."""
    if stream is None:
        return
    with suppress(BrokenPipeError):
        for chunk in chunks:
            stream.write(chunk)
    with suppress(BrokenPipeError):
        stream.close()

"""One door to other programs: every command that Lading starts goes through `Runner`."""

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from lading.errors import StepFailed

Echo = Callable[[str], None]
LAST_LINES = 20
"""Lines of a failed command's output that its error shows."""


class Completed(NamedTuple):
    """What a command left: exit code, standard output and standard error, as text."""

    code: int
    out: str
    err: str


class Runner:
    """Runs commands given as lists, never as shell strings; `echo` gets each one, quoted for a shell, before it starts."""

    def __init__(self, echo: Echo | None = None) -> None:
        self._echo = echo

    def run(
        self,
        command: Sequence[str | Path],
        *,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        stdin: bytes | None = None,
    ) -> Completed:
        """Run to the end, capture the output, judge nothing. `env` is added to this process's own environment.

        Raises `StepFailed` when the program cannot be started.
        """
        import subprocess

        words = [os.fspath(word) for word in command]
        if self._echo:
            import shlex

            self._echo(shlex.join(words))
        try:
            done = subprocess.run(
                words,
                cwd=cwd,
                env={**os.environ, **env} if env else None,
                input=stdin,
                stdin=subprocess.DEVNULL if stdin is None else None,
                capture_output=True,
                check=False,
            )
        except OSError as error:
            raise StepFailed(f"cannot start {words[0]}: {error.strerror or error}", fix="lading doctor") from error
        return Completed(done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace"))

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
            words = (done.err.strip() or done.out.strip()).splitlines()[-LAST_LINES:]
            told = "\n".join(f"  | {line}" for line in words)
            raise StepFailed(
                f"{what} (exit code {done.code})\n{told}" if told else f"{what} (exit code {done.code})", fix=fix
            )
        return done

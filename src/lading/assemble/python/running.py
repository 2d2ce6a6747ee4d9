"""An interpreter at work on modules. Apart from the rest, so that one can be started before that is loaded."""

import os
from collections.abc import Mapping, Sequence


class Running:
    """The process of an interpreter, and the ends of its pipes: `to` is its input, `answers` its output.

    Started with `posix_spawn`, since importing `subprocess` takes longer than compiling what one changed line needs.
    Raises `OSError` when it does not start.
    """

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self.command = tuple(command)
        self.environment = dict(environment)
        program = os.path.join(os.path.dirname(__file__), "compile_worker.py")  # noqa: PTH118, PTH120  # early
        # Pipes made by Python are closed on exec, so no interpreter holds another one's.
        child_in, self.to = os.pipe()
        self.answers, child_out = os.pipe()
        silence = os.open(os.devnull, os.O_WRONLY)
        actions = [(os.POSIX_SPAWN_DUP2, child_in, 0), (os.POSIX_SPAWN_DUP2, child_out, 1)]
        try:
            self._process = os.posix_spawn(
                command[0],
                [*command, "-S", "-s", "-P", "-B", program],
                self.environment,
                file_actions=[*actions, (os.POSIX_SPAWN_DUP2, silence, 2)],
            )
        except OSError:
            os.close(self.to)
            os.close(self.answers)
            raise
        finally:
            for end in (child_in, child_out, silence):
                os.close(end)

    def end(self) -> None:
        """Close its input, which ends it, and wait for that."""
        os.close(self.to)
        os.close(self.answers)
        os.waitpid(self._process, 0)

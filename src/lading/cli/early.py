"""The interpreter that compiles bytecode, started before anything else is loaded.

A changed line is packed some 50 ms after the command starts, and the interpreter takes 20 ms to be there. Which one it
will be is known from the last build in the same folder. Should another one be needed, or none, it has cost nothing but
a little of an idle core.
"""

import os
from hashlib import sha256
from threading import Lock
from typing import TYPE_CHECKING

from lading.place import default_root

if TYPE_CHECKING:
    from lading.assemble.python.bytecode import Interpreter
    from lading.assemble.python.running import Running
    from lading.cli.context import Context


class Early:
    """One command's early interpreter. A context manager that ends it where nobody has taken it."""

    def __init__(self, context: "Context") -> None:
        self._context = context
        self._root = str(default_root(context.env))
        folder = sha256(os.fsencode(context.cwd)).hexdigest()[:32]
        self._name = f"state/compiler-{folder}"
        self._told = ""
        self._running: Running | None = None
        self._lock = Lock()

    def __enter__(self) -> "Early":
        try:
            with open(os.path.join(self._root, self._name), encoding="utf-8", errors="surrogateescape") as file:  # noqa: PTH118, PTH123  # before pathlib
                self._told = file.read()
        except OSError:
            return self
        command, _, variables = self._told.partition("\n\n")
        # Only what the store holds is started on its word, since that is what it would be trusted with anyway.
        roots = os.path.join(self._root, "roots", "")  # noqa: PTH118
        if command.startswith(roots) and ".." not in command:
            from lading.assemble.python.running import Running

            try:
                pairs = (line.partition("=") for line in variables.split("\n"))
                self._running = Running(command.split("\n"), {name: value for name, _, value in pairs})
            except (OSError, ValueError):
                pass  # the store has been pruned, or the note is damaged
        return self

    def __exit__(self, *_: object) -> None:
        if self._running is not None:
            self._running.end()
            self._running = None

    def take(self, interpreter: "Interpreter") -> "Running | None":
        """The running interpreter, once, if it is this one. Which one it should have been is kept for the next time."""
        text = _text(interpreter)
        if text != self._told:
            self._keep(text)
        with self._lock:
            running = self._running
            if running is None or text != self._told:
                return None
            self._running = None
        return running

    def _keep(self, text: str) -> None:
        from contextlib import suppress

        from lading.errors import StepFailed

        with suppress(StepFailed):  # costs time at the next build, and nothing else
            self._context.store.put_file(self._name, text)


def _text(interpreter: "Interpreter") -> str:
    variables = (f"{name}={value}" for name, value in sorted(interpreter.environment.items()))
    return "\n".join([*interpreter.command, "", *variables])

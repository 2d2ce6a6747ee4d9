"""What a command is given: the environment, the streams and the doors to the world, each made on first use."""

import os
import sys
import time
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path

TYPE_CHECKING = False  # as in `lading.cli.main`
if TYPE_CHECKING:
    from typing import Literal, TextIO

    from lading.http import Http
    from lading.proc import Runner
    from lading.store import Store

    ColourChoice = Literal["auto", "always", "never"]


class Context:
    """The side effects of one run of the command line, passed in once.

    `out` takes results, `err` takes progress and errors. `colour` and `err_colour` say whether each of them takes
    colours; `terminal` says whether `err` is a screen on which lines can be redrawn. `now` gives seconds since 1970.
    """

    def __init__(
        self,
        *,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        out: "TextIO | None" = None,
        err: "TextIO | None" = None,
        colour: "ColourChoice" = "auto",
        quiet: bool = False,
        verbose: bool = False,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.env: Mapping[str, str] = os.environ if env is None else env
        self.cwd = cwd or Path.cwd()
        self.out = out or sys.stdout
        self.err = err or sys.stderr
        self.quiet = quiet
        self.verbose = verbose
        self.now = now
        self.colour = takes_colour(self.out, self.env, colour)
        self.err_colour = takes_colour(self.err, self.env, colour)
        self.terminal = redraws(self.err, self.env)

    @cached_property
    def store(self) -> "Store":
        """The user's store: `LADING_STORE`, else a folder of the user's cache."""
        from lading.store import Store, default_root

        return Store(default_root(self.env))

    @cached_property
    def http(self) -> "Http":
        """The pool of connections."""
        from lading.http import Http

        return Http()

    @cached_property
    def runner(self) -> "Runner":
        """The door to other programs. With `verbose` each command is shown before it starts."""
        from lading.proc import Runner

        return Runner(self._echo if self.verbose else None)

    def print(self, *lines: str) -> None:
        """Write lines of a result to `out`."""
        for line in lines:
            print(line, file=self.out)

    def note(self, text: str) -> None:
        """Tell something in passing on `err`, unless quiet."""
        if not self.quiet:
            print(text, file=self.err, flush=True)

    def _echo(self, command: str) -> None:
        print(f"+ {command}", file=self.err, flush=True)


def takes_colour(stream: "TextIO", env: Mapping[str, str], choice: "ColourChoice") -> bool:
    """Whether text for this stream is coloured.

    A flag wins over the environment. `NO_COLOR` (https://no-color.org) wins over `FORCE_COLOR`
    (https://force-color.org); both count when set to anything but nothing. Else a terminal that is not `dumb`.
    """
    if choice != "auto":
        return choice == "always"
    if env.get("NO_COLOR"):
        return False
    if env.get("FORCE_COLOR"):
        return True
    return stream.isatty() and env.get("TERM") != "dumb"


def redraws(stream: "TextIO", env: Mapping[str, str]) -> bool:
    """Whether lines of this stream can be redrawn: a terminal that is not `dumb`, and no CI that keeps every byte."""
    return stream.isatty() and env.get("TERM") != "dumb" and env.get("CI", "").lower() in ("", "0", "false")

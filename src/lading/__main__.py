"""`lading` and `python -m lading`."""

import gc
import sys
from collections.abc import Sequence

ROUNDS = (50_000, 20, 20)
"""How many new objects make the collector look for cycles, of which there are next to none here: with Python's own 700
it takes a tenth of a build's time."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command line and return the exit code; without `argv`, this process's own, which ends with it.

    A process that is interrupted (SIGINT, SIGTERM) ends at once, whatever its threads still do.
    """
    if argv is not None:
        from lading.cli.main import main as run

        return run(list(argv))
    gc.set_threshold(*ROUNDS)
    try:
        import signal

        signal.signal(signal.SIGTERM, _interrupt)
        from lading.cli.main import main as run

        code = run(sys.argv[1:])
    except KeyboardInterrupt:
        code = 130
    from lading.cli.leave import leave

    return leave(code, interrupted=code in (130, 143))


def _interrupt(number: int, frame: object) -> None:
    """Whoever stops a program from outside (a CI, a service manager) sends SIGTERM: the same as Ctrl-C."""
    del frame
    raise KeyboardInterrupt(number)


if __name__ == "__main__":
    sys.exit(main())

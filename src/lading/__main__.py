"""`lading` and `python -m lading`."""

import sys
from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line (this process's own by default) and return the exit code.

    This process's own ends at once when it is interrupted (SIGINT, SIGTERM), whatever its threads still do.
    """
    if argv is not None:
        from lading.cli.main import main as run

        return run(list(argv))
    try:
        import signal

        signal.signal(signal.SIGTERM, _interrupt)
        from lading.cli.main import main as run

        code = run(sys.argv[1:])
    except KeyboardInterrupt:
        return 130
    if code in (130, 143):
        from lading.cli.interrupt import leave

        leave(code)
    return code


def _interrupt(number: int, frame: object) -> None:
    """Whoever stops a program from outside (a CI, a service manager) sends SIGTERM: the same as Ctrl-C."""
    del frame
    raise KeyboardInterrupt(number)


if __name__ == "__main__":
    sys.exit(main())

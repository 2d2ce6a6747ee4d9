"""What happens to a bug: a short message, and the traceback in a file for whoever mends it."""

import os
import platform
import sys
import tempfile
import time
import traceback
from collections.abc import Sequence
from pathlib import Path

from lading import __version__

TRACKER = "report it with that file; it holds no setting and no secret"


def report_crash(error: BaseException, argv: Sequence[str]) -> None:
    """Write the traceback to a file and say where; with `--verbose` in the command line `argv`, print it too."""
    own = list(argv[: argv.index("--")] if "--" in argv else argv)
    text = _describe(error, own)
    print(f"error: a bug in Lading: {type(error).__name__}: {error}".rstrip(": "), file=sys.stderr)
    if "-v" in own or "--verbose" in own:
        print(text, file=sys.stderr)
    path = _write(text)
    if path:
        print(f"  at: {path}\n  do: {TRACKER}", file=sys.stderr)


def _describe(error: BaseException, argv: Sequence[str]) -> str:
    """The traceback, and what it needs to be understood. Flags and their values stay out: they may hold secrets."""
    command = next((word for word in argv if not word.startswith("-")), "")
    head = f"lading {__version__}, Python {platform.python_version()}, {platform.platform()}\ncommand: {command}\n\n"
    return head + "".join(traceback.format_exception(error))


def _write(text: str) -> Path | None:
    """The file that now holds `text`: in the store's `tmp/`, from where `lading prune` removes it one day."""
    from lading.place import default_root

    name = f"crash-{time.strftime('%Y%m%dT%H%M%S')}-{os.getpid()}.txt"
    for folder in (default_root(os.environ) / "tmp", Path(tempfile.gettempdir())):
        try:
            folder.mkdir(parents=True, exist_ok=True)
            handle = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
                file.write(text)
        except OSError:
            continue
        return folder / name
    return None

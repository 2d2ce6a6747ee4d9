"""The end of a command's process.

Everything has been closed by then, and taking the interpreter itself apart would take as long as packing a changed
line; so it just ends. One that was interrupted ends with nothing left running or lying about: the store is safe when a
build is killed, so nobody is waited for, other programs are ended, and files under way are removed.
"""

import os
import sys
from contextlib import suppress
from typing import NoReturn


def leave(code: int, *, interrupted: bool = False) -> NoReturn:
    """End this process with an exit code."""
    if interrupted:
        _clear_up()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):  # its reader has gone, or it was closed from outside
            stream.flush()
    os._exit(code)


def _clear_up() -> None:
    if "lading.proc" in sys.modules:
        from lading.proc import end_commands

        end_commands()
    if "lading.store.store" in sys.modules:
        from lading.place import default_root
        from lading.store import Store

        with suppress(OSError):
            Store(default_root(os.environ)).abandon()

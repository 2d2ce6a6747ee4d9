"""The end of a command that was interrupted: at once, with nothing left running or lying about.

The store is safe when a build is killed, so nobody is waited for: other programs are ended, files under way are
removed, and the process ends without its threads.
"""

import os
import sys
from contextlib import suppress
from typing import NoReturn


def leave(code: int) -> NoReturn:
    """End this process with an exit code."""
    if "lading.proc" in sys.modules:
        from lading.proc import end_commands

        end_commands()
    if "lading.store.store" in sys.modules:
        from lading.place import default_root
        from lading.store import Store

        with suppress(OSError):
            Store(default_root(os.environ)).abandon()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    os._exit(code)

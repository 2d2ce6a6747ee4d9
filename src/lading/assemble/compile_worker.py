"""The program that the target's own interpreter runs to compile modules; it is sent as text, never imported by Lading.

It reads frames from standard input (two little-endian 32-bit lengths, then a file name and source bytes) and answers
each with a length and the bytes of a .pyc, of length 0 when the source does not compile, as files for other versions
of Python that ride along in wheels do not. The .pyc is of the unchecked-hash kind (PEP 552): it is used as it is,
whatever the times on disk. Only modules that every interpreter has started with are imported, so that it starts fast.
"""

import _imp
import gc
import sys
from importlib import _bootstrap_external

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

machinery: "Any" = _bootstrap_external  # what writes bytecode has no public name that starts as fast
gc.disable()  # compiling makes no cycles, and looking for them takes a twentieth of the time
read, write = sys.stdin.buffer.read, sys.stdout.buffer.write
sys.setrecursionlimit(10000)
while True:
    head = read(8)
    if len(head) < 8:
        break
    name = read(int.from_bytes(head[:4], "little")).decode("utf-8", "surrogateescape")
    source = read(int.from_bytes(head[4:], "little"))
    try:
        code = compile(source, name, "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        data = b""
    else:
        magic = machinery._RAW_MAGIC_NUMBER
        data = bytes(machinery._code_to_hash_pyc(code, _imp.source_hash(magic, source), False))
    write(len(data).to_bytes(4, "little") + data)
    sys.stdout.buffer.flush()

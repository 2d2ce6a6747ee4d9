"""The program that the target's own interpreter runs to compile modules; never imported by Lading itself.

It reads frames from standard input (two little-endian 32-bit lengths, then a file name and source bytes) and answers
each with a length and the bytes of a .pyc, of length 0 when the source does not compile, as files for other versions
of Python that ride along in wheels do not. The .pyc is of the unchecked-hash kind (PEP 552): it is used as it is,
whatever the times on disk. Only modules that every interpreter has started with are imported, so that it starts fast.
"""

import _imp
import _warnings
import gc
import sys
from importlib import _bootstrap_external

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import CodeType
    from typing import Any

# Sources warn of their own oddities; told once, each warning would import a tenth of the standard library.
quiet: "Any" = _warnings
quiet.filters.insert(0, ("ignore", None, Warning, None, 0))
quiet._filters_mutated()
machinery: "Any" = _bootstrap_external  # what writes bytecode has no public name that starts as fast
gc.disable()  # compiling makes no cycles, and looking for them takes a twentieth of the time
read, write = sys.stdin.buffer.read, sys.stdout.buffer.write
sys.setrecursionlimit(10000)


def sets_in(constants: "tuple[object, ...]") -> "Iterator[frozenset[object]]":
    """The sets among the constants of a module and of all that is in it."""
    for one in constants:
        if isinstance(one, frozenset):
            yield one
        elif isinstance(one, tuple):
            yield from sets_in(one)
        elif hasattr(one, "co_consts"):
            yield from sets_in(one.co_consts)


def compiled(source: bytes, name: str) -> "CodeType":
    """The code of a module, the same whatever was compiled before it.

    CPython interns the words in a set of constants, and makes a new set where one of them was interned already, by
    whatever module; so equal sets of two functions are one object or two, which the bytecode shows. Compiling once more
    finds all of them interned, always (https://github.com/astral-sh/uv/issues/10619).
    """
    first = compile(source, name, "exec", dont_inherit=True)
    sets = list(sets_in(first.co_consts))
    if len(set(sets)) == len(sets):
        return first
    return compile(source, name, "exec", dont_inherit=True)


while True:
    head = read(8)
    if len(head) < 8:
        break
    name = read(int.from_bytes(head[:4], "little")).decode("utf-8", "surrogateescape")
    source = read(int.from_bytes(head[4:], "little"))
    try:
        code = compiled(source, name)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        data = b""
    else:
        magic = machinery._RAW_MAGIC_NUMBER
        data = bytes(machinery._code_to_hash_pyc(code, _imp.source_hash(magic, source), False))
        del code  # or its words would stay interned while the next module is compiled
    write(len(data).to_bytes(4, "little") + data)
    sys.stdout.buffer.flush()

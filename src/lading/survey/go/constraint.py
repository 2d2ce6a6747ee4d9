"""Which files of a package are built for Linux (https://pkg.go.dev/cmd/go#hdr-Build_constraints). Pure."""

import re
from collections.abc import Callable, Iterator

ARCHITECTURES = ("amd64", "arm64")
"""What Lading builds for. A file that is built for one of them is looked at."""

_SYSTEMS = frozenset({
    "aix", "android", "darwin", "dragonfly", "freebsd", "hurd", "illumos", "ios", "js", "linux", "nacl", "netbsd",
    "openbsd", "plan9", "solaris", "wasip1", "windows", "zos",
})  # fmt: skip
_MACHINES = frozenset({
    "386", "amd64", "amd64p32", "arm", "armbe", "arm64", "arm64be", "loong64", "mips", "mipsle", "mips64", "mips64le",
    "mips64p32", "mips64p32le", "ppc", "ppc64", "ppc64le", "riscv", "riscv64", "s390", "s390x", "sparc", "sparc64",
    "wasm",
})  # fmt: skip
"""What the go command knows as the end of a file's name (internal/syslist)."""

_TOKEN = re.compile(r"\s*(&&|\|\||[!()]|[\w.]+)")
_RELEASE = re.compile(r"go1\.\d+\Z")


def is_built(name: str, constraint: str, *, cgo: bool = False) -> bool:
    """Whether a file takes part in a build for Linux. `name` is its own, `constraint` the words of its `//go:build`.

    >>> is_built("main_windows.go", ""), is_built("main.go", "linux && !cgo"), is_built("gen.go", "ignore")
    (False, True, False)
    """
    return any(_name_fits(name, machine) and _words_fit(constraint, machine, cgo) for machine in ARCHITECTURES)


def asks_for_cgo(name: str, constraint: str) -> bool:
    """Whether a file is there for builds with cgo alone, so that others do without it on purpose.

    >>> asks_for_cgo("sqlite.go", "cgo"), asks_for_cgo("sqlite.go", "linux")
    (True, False)
    """
    return is_built(name, constraint, cgo=True) and not is_built(name, constraint)


def _name_fits(name: str, machine: str) -> bool:
    """By the last parts of a file's name: `_linux`, `_arm64`, `_linux_arm64`. The first part never counts."""
    parts = name.removesuffix(".go").split("_")[1:]
    if not parts:
        return True
    if parts[-1] in _MACHINES:
        return parts[-1] == machine and (len(parts) < 2 or parts[-2] not in _SYSTEMS or parts[-2] == "linux")
    return parts[-1] not in _SYSTEMS or parts[-1] == "linux"


def _words_fit(constraint: str, machine: str, cgo: bool) -> bool:
    if not constraint:
        return True

    def holds(tag: str) -> bool:
        return tag in ("linux", "unix", "gc", machine) or (cgo and tag == "cgo") or _RELEASE.match(tag) is not None

    tokens = _tokens(constraint)
    try:
        fits = _either(tokens, holds)
    except IndexError:
        return True  # what cannot be read is looked at: the go command will tell
    return fits


def _tokens(text: str) -> list[str]:
    """The tokens, last first."""
    return list(_found(text))[::-1]


def _found(text: str) -> Iterator[str]:
    for match in _TOKEN.finditer(text.partition("//")[0]):
        yield match[1]


def _either(tokens: list[str], holds: Callable[[str], bool]) -> bool:
    value = _both(tokens, holds)
    while tokens and tokens[-1] == "||":
        tokens.pop()
        value = _both(tokens, holds) or value
    return value


def _both(tokens: list[str], holds: Callable[[str], bool]) -> bool:
    value = _one(tokens, holds)
    while tokens and tokens[-1] == "&&":
        tokens.pop()
        value = _one(tokens, holds) and value
    return value


def _one(tokens: list[str], holds: Callable[[str], bool]) -> bool:
    word = tokens.pop()
    if word == "!":
        return not _one(tokens, holds)
    if word != "(":
        return holds(word)
    value = _either(tokens, holds)
    tokens.pop()
    return value

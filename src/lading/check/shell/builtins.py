"""Commands of the shell's own that change what the shell knows.

Utilities: https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html#tag_19_15.
"""

import posixpath
from collections.abc import Callable, Mapping, Sequence

from lading.check.dockerfile.words import UNKNOWN
from lading.check.shell.memory import Ended, Memory
from lading.check.shell.model import Value

_OS_RELEASE = (
    "ID", "ID_LIKE", "NAME", "PRETTY_NAME", "VERSION", "VERSION_ID", "VERSION_CODENAME", "UBUNTU_CODENAME",
    "DEBIAN_VERSION_FULL", "HOME_URL", "SUPPORT_URL", "BUG_REPORT_URL",
)  # fmt: skip
"""https://www.freedesktop.org/software/systemd/man/latest/os-release.html"""


def _cd(memory: Memory, words: Sequence[Value]) -> None:
    rest = [word for word in words if word.text is None or word.text == "-" or not word.text.startswith("-")]
    folder = rest[0].text if rest else _text(memory, "HOME")
    unclear = folder in {None, "-", ""} or len(rest) > 1 or any(word.is_pattern for word in rest)
    memory.go_to(None if unclear else folder)


def _text(memory: Memory, name: str) -> str | None:
    value = memory.get(name)
    return value if isinstance(value, str) else None


def _nowhere(memory: Memory, _: Sequence[Value]) -> None:
    memory.go_to(None)


def _export(memory: Memory, words: Sequence[Value]) -> None:
    for word in words:
        name, equals, value = (word.prefix if word.text is None else word.text).partition("=")
        if equals:
            memory.put(name, UNKNOWN if word.text is None else value)


def _unset(memory: Memory, words: Sequence[Value]) -> None:
    for word in words:
        if word.text and not word.text.startswith("-"):
            memory.put(word.text, None)


def _read(memory: Memory, words: Sequence[Value]) -> None:
    for word in words:
        if word.text and not word.text.startswith("-"):
            memory.put(word.text, UNKNOWN)


def _set(memory: Memory, words: Sequence[Value]) -> None:
    """`set -eu -o pipefail +x -- arguments`."""
    rest = [word.text for word in words]
    while rest and rest[0] and rest[0][0] in "-+":
        option = rest.pop(0) or ""
        if option in {"--", "-"}:
            memory.positional = None if None in rest else tuple(text or "" for text in rest)
            return
        on = option[0] == "-"
        if "e" in option[1:]:
            memory.stops_on_failure = on
        if option.endswith("o") and rest:
            name = rest.pop(0)
            if name == "errexit":
                memory.stops_on_failure = on
            elif name == "pipefail":
                memory.stops_in_pipes = on
    if rest:
        memory.positional = None if None in rest else tuple(text or "" for text in rest)


def _shift(memory: Memory, words: Sequence[Value]) -> None:
    count = words[0].text if words else "1"
    known = memory.positional is not None and count is not None and count.isdigit()
    memory.positional = memory.positional[int(count or 0) :] if known and memory.positional is not None else None


def _source(memory: Memory, words: Sequence[Value]) -> None:
    """A file is read. Of a virtual environment's `activate` it is known what it sets, of others nothing is."""
    path = words[0].text if words else None
    if path and path.endswith("/os-release"):
        for name in _OS_RELEASE:
            memory.put(name, UNKNOWN)
        return
    whole = posixpath.join(memory.workdir or "", path or "")
    if not whole.startswith("/") or path is None or posixpath.basename(whole) != "activate":
        memory.forget()
        return
    root = posixpath.dirname(posixpath.dirname(posixpath.normpath(whole)))
    before = memory.get("PATH")
    memory.put("VIRTUAL_ENV", root)
    memory.put("PATH", f"{root}/bin:{before}" if isinstance(before, str) else UNKNOWN)


def _exit(memory: Memory, words: Sequence[Value]) -> None:
    fails = bool(words) and words[0].text is not None and words[0].text.strip("0") != ""
    memory.ended = "failure" if fails else "exit"


def _exec(memory: Memory, words: Sequence[Value]) -> None:
    """What it runs is not known; without words it only redirects."""
    memory.ended = "exit" if words else ""


def _ends(why: Ended) -> Callable[[Memory, Sequence[Value]], None]:
    def end(memory: Memory, _: Sequence[Value]) -> None:
        memory.ended = why

    return end


BUILTINS: Mapping[str, Callable[[Memory, Sequence[Value]], None]] = {
    "cd": _cd,
    "chdir": _cd,
    "pushd": _cd,
    "popd": _nowhere,
    "export": _export,
    "declare": _export,
    "typeset": _export,
    "local": _export,
    "readonly": _export,
    "unset": _unset,
    "read": _read,
    "getopts": _read,
    "mapfile": _read,
    "readarray": _read,
    "set": _set,
    "shift": _shift,
    ".": _source,
    "source": _source,
    "exec": _exec,
    "exit": _exit,
    "return": _ends("return"),
    "break": _ends("break"),
    "continue": _ends("continue"),
}

"""Programs that run another one: what that is, and as whom.

Options are those of sudo(8), env(1), nice(1), timeout(1), xargs(1), su(1), runuser(1), setpriv(1), gosu, su-exec,
tini(1), dumb-init(1) and sh(1).
"""

import re
from collections.abc import Callable, Mapping, Sequence

import msgspec

from lading.check.shell.model import Kind, Value

SHELLS: Mapping[str, Kind] = {
    "sh": "posix",
    "dash": "posix",
    "ash": "posix",
    "bash": "bash",
    "zsh": "bash",
    "ksh": "bash",
    "mksh": "bash",
}

_ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)=(.*)", re.DOTALL)
_SHORT = re.compile(r"[-+][a-zA-Z]+")


class Wrapped(msgspec.Struct, frozen=True, kw_only=True):
    """What a wrapper runs: `words` (with the program), or the text of a `script` for a shell with its `arguments`
    (which begin with `$0`). `user` is who it runs as, if the wrapper says so."""

    words: tuple[Value, ...] = ()
    assignments: tuple[tuple[str, Value], ...] = ()
    user: Value | None = None
    script: Value | None = None
    kind: Kind = "posix"
    arguments: tuple[Value, ...] = ()
    options: str = ""


def unwrapped(words: Sequence[Value]) -> Wrapped | None:
    """What a command runs in its turn; None where it is no wrapper, or what it runs cannot be told."""
    name = (words[0].text or "").rpartition("/")[2]
    if name in SHELLS:
        return _of_shell(tuple(words[1:]), SHELLS[name])
    unwrap = _WRAPPERS.get(name)
    return unwrap(tuple(words[1:])) if unwrap else None


def shell_options(words: Sequence[str]) -> str:
    """The letters of a shell's options (`-ec`), with `p` for `-o pipefail` and `e` for `-o errexit`."""
    options = ""
    for before, word in zip(("", *words), words, strict=False):
        if _SHORT.fullmatch(word):
            options += word[1:] if word[0] == "-" else ""
        elif word == "--login":
            options += "l"
        elif before.endswith("o"):
            options += {"pipefail": "p", "errexit": "e"}.get(word, "")
    return options


def _of_shell(words: tuple[Value, ...], kind: Kind) -> Wrapped | None:
    """`sh -ec 'script' name argument`."""
    count = 0
    while count < len(words) and (text := words[count].text) and text[0] in "-+":
        count += 2 if text.endswith("o") and _SHORT.fullmatch(text) else 1
    options = shell_options([word.text or "" for word in words[:count]])
    if "c" not in options or count >= len(words):
        return None
    return Wrapped(script=words[count], kind=kind, arguments=words[count + 1 :], options=options)


def _behind(words: tuple[Value, ...], valued: str) -> tuple[tuple[Value, ...], dict[str, Value]] | None:
    """What stands behind the options, and the values of those that have one (single letters in `valued`, or `--name`).

    None where an option is not known for certain.
    """
    found: dict[str, Value] = {}
    while words:
        text = words[0].text
        if text is None:
            return None
        if text == "--":
            return words[1:], found
        if not text.startswith("-") or text == "-":
            break
        takes_next = not text.startswith("--") and text[-1] in valued and not set(text[1:-1]) & set(valued)
        if takes_next and len(words) > 1:
            found[text[-1]] = words[1]
        elif text.startswith("--") and text[2:] in _LONG_VALUED and len(words) > 1:
            found[_LONG_VALUED[text[2:]]] = words[1]
            takes_next = True
        words = words[2:] if takes_next else words[1:]
    return words, found


_LONG_VALUED = {
    "user": "u", "group": "g", "signal": "s", "kill-after": "k", "adjustment": "n", "chdir": "C", "unset": "u",
    "command": "c", "shell": "s", "reuid": "u", "regid": "g", "max-args": "n", "max-procs": "P", "replace": "I",
}  # fmt: skip


def _plain(valued: str = "", skipped: int = 0) -> Callable[[tuple[Value, ...]], Wrapped | None]:
    """A wrapper with options and then so many words of its own before the command."""

    def unwrap(words: tuple[Value, ...]) -> Wrapped | None:
        behind = _behind(words, valued)
        if behind is None or len(behind[0]) <= skipped:
            return None
        return Wrapped(words=behind[0][skipped:])

    return unwrap


def _as_first(words: tuple[Value, ...]) -> Wrapped | None:
    """`gosu user command …`."""
    return Wrapped(words=words[1:], user=words[0]) if len(words) > 1 else None


def _env(words: tuple[Value, ...], valued: str = "uCS") -> Wrapped | None:
    behind = _behind(words, valued)
    if behind is None:
        return None
    rest, options = behind
    assignments = []
    while rest and (match := _ASSIGNMENT.fullmatch(rest[0].text or rest[0].prefix)):
        value = match[2] if rest[0].text is not None else None
        assignments.append((match[1], msgspec.structs.replace(rest[0], text=value, prefix=match[2])))
        rest = rest[1:]
    if not rest or "S" in options:
        return None
    return Wrapped(words=rest, assignments=tuple(assignments), user=options.get("u") if valued != "uCS" else None)


def _sudo(words: tuple[Value, ...]) -> Wrapped | None:
    found = _env(words, "ughpCrtTUDR")
    if found is None:
        return None
    root = Value(text="root", prefix="root", written="", span=found.words[0].span)
    return msgspec.structs.replace(found, user=found.user or root)


def _su(words: tuple[Value, ...]) -> Wrapped | None:
    """`su - user -c 'script'`; the options may stand behind the user."""
    user, script = None, None
    rest = list(words)
    while rest:
        word = rest.pop(0)
        if word.text is None:
            return None
        if word.text in {"-c", "--command"} and rest:
            script = rest.pop(0)
        elif word.text in {"-s", "--shell", "-g", "-G"} and rest:
            rest.pop(0)
        elif not word.text.startswith("-") and user is None:
            user = word
    return Wrapped(script=script, user=user) if script else None


def _runuser(words: tuple[Value, ...]) -> Wrapped | None:
    behind = _behind(words, "ugGcs")
    if behind is None or "u" not in behind[1] or not behind[0]:
        return _su(words)
    return Wrapped(words=behind[0], user=behind[1]["u"])


def _setpriv(words: tuple[Value, ...]) -> Wrapped | None:
    behind = _behind(words, "")
    user = next((word.text.partition("=")[2] for word in words if word.text and word.text.startswith("--reuid=")), None)
    if behind is None or not behind[0]:
        return None
    who = behind[1].get("u")
    named = Value(text=user, prefix=user, written=user, span=behind[0][0].span) if user else who
    return Wrapped(words=behind[0], user=named)


def _xargs(words: tuple[Value, ...]) -> Wrapped | None:
    """What it reads stands behind the command, any number of words."""
    found = _plain("adEILnPs")(words)
    if found is None:
        return None
    more = Value(text=None, is_many=True, written="", span=found.words[-1].span)
    return Wrapped(words=(*found.words, more))


_WRAPPERS: Mapping[str, Callable[[tuple[Value, ...]], Wrapped | None]] = {
    "sudo": _sudo,
    "doas": _sudo,
    "env": _env,
    "su": _su,
    "runuser": _runuser,
    "setpriv": _setpriv,
    "gosu": _as_first,
    "su-exec": _as_first,
    "xargs": _xargs,
    "timeout": _plain("ks", 1),
    "nice": _plain("n"),
    "ionice": _plain("cn"),
    "stdbuf": _plain("ioe"),
    "exec": _plain("a"),
    "tini": _plain("pe"),
    "dumb-init": _plain("r"),
    **dict.fromkeys(("nohup", "time", "setsid", "command", "builtin", "catatonit", "chronic", "fakeroot"), _plain()),
}

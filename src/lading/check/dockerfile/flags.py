"""Which flags each instruction has, and the mounts of RUN.

Rules: BuildKit's `frontend/dockerfile/instructions` (`bflag.go`, `parse.go`, `commands_runmount.go`).
"""

from collections.abc import Mapping
from typing import Literal

from lading.check.dockerfile.model import Flag, Mount
from lading.check.dockerfile.statement import Statement

_Kind = Literal["text", "texts", "switch"]

_FLAGS: Mapping[str, Mapping[str, _Kind]] = {
    "ADD": {
        "chown": "text",
        "chmod": "text",
        "link": "switch",
        "keep-git-dir": "switch",
        "checksum": "text",
        "unpack": "switch",
        "exclude": "texts",
    },
    "COPY": {
        "chown": "text",
        "from": "text",
        "chmod": "text",
        "link": "switch",
        "exclude": "texts",
        "parents": "switch",
    },
    "FROM": {"platform": "text"},
    "HEALTHCHECK": {
        "interval": "text",
        "timeout": "text",
        "start-period": "text",
        "start-interval": "text",
        "retries": "text",
    },
    "RUN": {"mount": "texts", "network": "text", "security": "text", "device": "texts"},
}

_NOT_LOOKED_AT = frozenset({"ARG", "STOPSIGNAL"})
"""BuildKit does not look at the flags of these."""


def refuse_flags(statement: Statement) -> None:
    """Note what is wrong with a statement's flags."""
    if not statement.flags or statement.name in _NOT_LOOKED_AT:
        return
    kinds = _FLAGS.get(statement.name, {})
    seen = set()
    for flag in statement.flags:
        kind = kinds.get(flag.name)
        if kind is None:
            statement.refuse(f"unknown flag: --{flag.name}", flag.span)
        elif flag.name in seen and kind != "texts":
            statement.refuse(f"duplicate flag specified: --{flag.name}", flag.span)
        elif wrong := _wrong_value(flag, kind):
            statement.refuse(wrong, flag.span)
        seen.add(flag.name)


def _wrong_value(flag: Flag, kind: _Kind) -> str:
    if kind != "switch":
        return "" if flag.value else f"missing a value on flag: --{flag.name}"
    if flag.value and not flag.value.text:
        return f"missing a value on flag: --{flag.name}"
    if flag.value and flag.value.text.lower() not in {"true", "false"}:
        return f"expecting boolean value for flag --{flag.name}, not: {flag.value.text}"
    return ""


def mounts(statement: Statement) -> tuple[Mount, ...]:
    """The `--mount` flags of a RUN."""
    return tuple(_mount(flag, flag.value.text) for flag in statement.flags if flag.name == "mount" and flag.value)


def _mount(flag: Flag, text: str) -> Mount:
    options = []
    for field in _fields(text):
        key, equals, value = field.partition("=")
        options.append((key.lower(), value if equals else "true"))
    kind = next((value.lower() for key, value in reversed(options) if key == "type"), "bind")
    return Mount(type=kind, options=tuple(options), span=flag.span)


def _fields(text: str) -> list[str]:
    """The fields between commas; a quoted one may have commas inside."""
    if '"' not in text:
        return text.split(",")
    import csv

    return next(csv.reader([text]), [])

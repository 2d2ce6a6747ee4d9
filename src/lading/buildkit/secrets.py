"""What nobody may read in a log, a message or an echoed command: the values of secrets."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from lading.proc import without_logins

HIDDEN = "***"
LONGEST = 64_000
"""Bytes of a secret's file that are looked at: passwords and keys are shorter."""
SHORTEST = 4
"""Characters. Hiding every occurrence of less would hide the log and protect nothing."""

_FIELD = re.compile(
    r"(?i)(?<=[,\"=])([a-z0-9_.-]*(?:secret|token|password|passwd|access_key|account_key)[a-z0-9_.-]*=)[^,\"]*"
)
_PARTS = (
    re.compile(r"\bpassword\s+(\S+)"),
    re.compile(r"(?i)(?:secret|token|passw(?:or)?d|_auth|key)[\"']?\s*[=:]\s*[\"']?([^\s\"']+)"),
    re.compile(r"://(?:[^/@\s:]*:)?([^/@\s]+)@"),
)
"""What of a secret's file is secret by itself: passwords of .netrc, settings that are called so (.npmrc, pip.conf), and
what stands before the host of an address."""


class Secrets:
    """The values of the secrets of a command, so that they can be taken out of texts."""

    def __init__(self, values: Iterable[str]) -> None:
        texts = {text.strip() for value in values for text in (value, *value.splitlines(), *_parts(value))}
        # The longest first: a part of a secret must not be replaced before the whole.
        self._values = sorted((text for text in texts if len(text) >= SHORTEST), key=len, reverse=True)

    def hide(self, text: str) -> str:
        """The text without any of them, and without logins in addresses."""
        for value in self._values:
            text = text.replace(value, HIDDEN)
        return without_logins(text)

    def hide_in(self, words: Sequence[str]) -> list[str]:
        """A command as it may be shown: fields that hold credentials by their names (a cache's `token=`) too."""
        return [self.hide(_FIELD.sub(rf"\1{HIDDEN}", word)) for word in words]


def secrets_of(texts: Sequence[str], env: Mapping[str, str], folder: Path) -> Secrets:
    """The values behind `--secret` flags: `id=…,env=NAME`, `id=…,src=PATH`, or an `id` that is a variable's name.

    https://docs.docker.com/reference/cli/docker/buildx/build/#secret. What cannot be read has no value to hide.
    """
    values: list[str] = []
    for text in texts:
        fields = dict(part.partition("=")[::2] for part in _fields(text))
        path = fields.get("src") or fields.get("source")
        if path:
            values.append(_content(folder / path))
        values.extend(env.get(fields[key], "") for key in ("env", "id") if key in fields)
        kind_is_env = fields.get("type") == "env"
        if kind_is_env and path:
            values.append(env.get(path, ""))
    return Secrets(values)


def _parts(value: str) -> Iterator[str]:
    for part in _PARTS:
        yield from part.findall(value)


def _fields(text: str) -> list[str]:
    import csv

    return next(csv.reader([text]), [])


def _content(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(LONGEST).decode(errors="replace")
    except OSError:
        return ""

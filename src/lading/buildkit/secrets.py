"""What nobody may read in a log, a message or an echoed command: the values of secrets."""

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

HIDDEN = "***"
LONGEST = 64_000
"""Bytes of a secret's file that are looked at: passwords and keys are shorter."""
SHORTEST = 4
"""Characters. Hiding every occurrence of less would hide the log and protect nothing."""

_FIELD = re.compile(
    r"(?i)(?<=[,\"=])([a-z0-9_.-]*(?:secret|token|password|passwd|access_key|account_key)[a-z0-9_.-]*=)[^,\"]*"
)
_LOGIN = re.compile(r"(?<=://)[^/@\s]+(?=@)")


class Secrets:
    """The values of the secrets of a command, so that they can be taken out of texts."""

    def __init__(self, values: Iterable[str]) -> None:
        lines = {line.strip() for value in values for line in (value, *value.splitlines())}
        # The longest first: a part of a secret must not be replaced before the whole.
        self._values = sorted((line for line in lines if len(line) >= SHORTEST), key=len, reverse=True)

    def hide(self, text: str) -> str:
        """The text without any of them, and without logins in addresses."""
        for value in self._values:
            text = text.replace(value, HIDDEN)
        return _LOGIN.sub(HIDDEN, text)

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


def _fields(text: str) -> list[str]:
    import csv

    return next(csv.reader([text]), [])


def _content(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(LONGEST).decode(errors="replace")
    except OSError:
        return ""

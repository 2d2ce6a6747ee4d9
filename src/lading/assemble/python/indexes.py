"""What uv must be told of indexes and their credentials: by its environment, which no list of processes shows.

https://docs.astral.sh/uv/concepts/indexes/, https://docs.astral.sh/uv/reference/environment/
"""

import re
from collections.abc import Iterable, Mapping
from urllib.parse import quote, unquote, urlsplit

from lading.survey.python.indexes import Indexes
from lading.survey.python.pins import Index, without_credentials

_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}|\$([A-Za-z_][A-Za-z0-9_]*)")
_CREDENTIALS = re.compile(r"\bPOETRY_HTTP_BASIC_([A-Z0-9_]+)_(USERNAME|PASSWORD)\Z")
_POETRY = re.compile(r"[^A-Za-z0-9]")


def index_environment(indexes: Indexes, env: Mapping[str, str], *, hashed: bool = True) -> dict[str, str]:
    """The variables that make uv ask a project's indexes, beside those that it knows of by itself.

    Variables in addresses are replaced as pip and Pipenv do; credentials go into variables of their own. `hashed`: each
    file is held against its hash, so whichever index has it may give it.
    """
    said: dict[str, str] = dict(_credentials(env))
    named = [_named(one, number) for number, one in enumerate(indexes.more, 1)]
    more = [_told(one, env, said) for one in named]
    if indexes.main:
        said["UV_DEFAULT_INDEX"] = _told(_named(indexes.main, 0), env, said)
    if more:
        said["UV_INDEX"] = " ".join([*more, *env.get("UV_INDEX", "").split()])
        said["UV_INDEX_STRATEGY"] = env.get("UV_INDEX_STRATEGY", "unsafe-best-match" if hashed else "first-index")
    if indexes.none:
        said["UV_NO_INDEX"] = "1"
    return said


def only_index(index: Index, env: Mapping[str, str]) -> dict[str, str]:
    """The variables that make uv ask one index and no other."""
    said = dict(_credentials(env))
    address = _told(_named(index, 0), env, said)
    return {**said, "UV_DEFAULT_INDEX": address, "UV_INDEX": ""}


def _named(index: Index, number: int) -> Index:
    """An index with a name that uv takes: letters, digits and hyphens."""
    name = re.sub(r"[^A-Za-z0-9]+", "-", index.name).strip("-").lower()
    return Index(name=name or f"index-{number}", url=index.url)


def _told(index: Index, env: Mapping[str, str], said: dict[str, str]) -> str:
    address = _VARIABLE.sub(lambda found: quote(env.get(found[1] or found[2], ""), safe=""), index.url)
    parts = urlsplit(address)
    user, _, password = parts.netloc.rpartition("@")[0].partition(":")
    if user:
        prefix = f"UV_INDEX_{_POETRY.sub('_', index.name).upper()}"
        said[f"{prefix}_USERNAME"], said[f"{prefix}_PASSWORD"] = unquote(user), unquote(password)
    return f"{index.name}={without_credentials(address)}"


def _credentials(env: Mapping[str, str]) -> Iterable[tuple[str, str]]:
    """Credentials that are kept for Poetry, under uv's names.

    https://python-poetry.org/docs/repositories/#configuring-credentials
    """
    for name, value in env.items():
        found = _CREDENTIALS.match(name)
        if found:
            yield f"UV_INDEX_{found[1]}_{found[2]}", value

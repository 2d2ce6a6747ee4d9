"""Text becomes a strategy, or every problem of it with the path of its key."""

import types
import typing
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, cast

import msgspec
from msgspec import UNSET, Meta, UnsetType

from lading.errors import LadingError, UsageError, raise_all
from lading.strategy.model import Common, Health, ImageHealth, ImageSettings, Read, Strategy
from lading.strategy.values import numbers_of, seconds_of

DOCUMENTATION = "docs/lading-toml.md lists every key"
FILE = "lading.toml"
PROJECT_FILE = "pyproject.toml"
TABLE = f"{PROJECT_FILE} › tool.lading"


def read_strategy(own: bytes | None, project: bytes | None) -> Read:
    """The strategy of a repository from the bytes of its `lading.toml` and its `pyproject.toml`, where they are there.

    Raises `UsageError` (or `Problems`) for text that is no TOML, for settings in both files, and for every key that is
    unknown or holds what it must not.
    """
    table = _tool_table(project)
    if own is not None and table is not None:
        raise UsageError(
            f"there are settings in both {FILE} and {PROJECT_FILE}",
            where=f"{FILE}, {TABLE}",
            fix="keep them in one of the two",
        )
    if own is not None:
        return Read(strategy=parse_table(parse_toml(own, FILE), FILE), origin=FILE)
    if table is not None:
        return Read(strategy=parse_table(table, TABLE), origin=TABLE)
    return Read(strategy=Strategy(), origin="")


def parse_toml(data: bytes, file: str) -> dict[str, Any]:
    """TOML as a table. `UsageError` names the file and, where it is known, the line."""
    import tomli

    try:
        return tomli.loads(data.decode())
    except (tomli.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        said = str(error) or type(error).__name__
        line = said.partition("(at line ")[2].partition(",")[0]
        raise UsageError(
            f"{file} is not valid TOML: {said}", where=f"{file}:{line}" if line.isdigit() else file
        ) from None


def parse_table(table: Mapping[str, object], where: str) -> Strategy:
    """A table as a strategy; `where` names the file (and table) in errors."""
    problems: list[LadingError] = []
    strategy: Strategy = _struct(table, Strategy, where, "", problems)
    own = [(f"services.{name}.", one) for name, one in strategy.services.items()]
    images = [(f"images.{name}.", one) for name, one in strategy.images.items()]
    for key, settings in (("", strategy), *own, *images):
        problems.extend(_contradictions(settings, where, key))
    for key, image in images:
        problems.extend(_contradictions_of_image(image, where, key))
    twice = sorted(strategy.images.keys() & strategy.services.keys())
    problems += [UsageError(f"a service is called {name}, too", where=f"{where} › images.{name}") for name in twice]
    raise_all(problems)
    return strategy


def _tool_table(project: bytes | None) -> Mapping[str, object] | None:
    # A project file without our table is none of our business here, even when it is broken.
    if project is None or b"lading" not in project:
        return None
    tool = parse_toml(project, PROJECT_FILE).get("tool")
    table = tool.get("lading") if isinstance(tool, dict) else None
    return table if isinstance(table, dict) else None


def _struct(table: Mapping[str, object], kind: type[Any], where: str, path: str, problems: list[LadingError]) -> Any:
    fields = {field.encode_name: field for field in msgspec.structs.fields(kind)}
    values: dict[str, object] = {}
    for key, value in table.items():
        field = fields.get(key)
        if field is None:
            problems.append(_unknown(key, fields, where, path))
            continue
        found = _value(value, field.type, where, f"{path}{key}", problems)
        if found is not _BAD:
            values[field.name] = found
    lacking = [key for key, field in fields.items() if field.required and field.name not in values]
    problems += [UsageError(f"{key} is missing", where=f"{where} › {path}{key}") for key in lacking if key not in table]
    return _BAD if lacking else kind(**values)


_BAD = object()


def _value(value: object, kind: Any, where: str, path: str, problems: list[LadingError]) -> object:
    struct = next((one for one in _alternatives(kind) if _is_struct(one)), None)
    if struct is not None and isinstance(value, dict):
        return _struct(value, struct, where, f"{path}.", problems)
    mapping = next((one for one in _alternatives(kind) if typing.get_origin(one) is dict), None)
    if mapping is not None and isinstance(value, dict):
        return _mapping(value, mapping, where, path, problems)
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        problems.append(_wrong(value, kind, str(error), where, path))
        return _BAD


def _mapping(
    table: dict[str, object],
    kind: Any,
    where: str,
    path: str,
    problems: list[LadingError],
) -> dict[str, object]:
    key_kind, value_kind = typing.get_args(kind)
    values: dict[str, object] = {}
    for key, value in table.items():
        try:
            msgspec.convert(key, key_kind)
        except msgspec.ValidationError as error:
            problems.append(_wrong(key, key_kind, str(error), where, f"{path}.{_shown(key)}"))
            continue
        found = _value(value, value_kind, where, f"{path}.{key}", problems)
        if found is not _BAD:
            values[key] = found
    return values


def _contradictions(settings: Common, where: str, path: str) -> Iterator[LadingError]:
    """What each value allows alone and the whole does not."""
    if settings.user:
        yield from _no_number(settings.user, f"{where} › {path}user")
    health = getattr(settings, "health", UNSET)
    if isinstance(health, Health):
        for name in ("interval", "timeout"):
            value = getattr(health, name)
            if value and seconds_of(value) <= 0:
                yield UsageError(
                    f"a health check needs {name} above zero: {value!r}", where=f"{where} › {path}health.{name}"
                )
    if settings.platforms and len(set(settings.platforms)) < len(settings.platforms):
        yield UsageError("a platform is named twice", where=f"{where} › {path}platforms")


def _contradictions_of_image(image: ImageSettings, where: str, path: str) -> Iterator[LadingError]:
    """The same for what only images of packages have."""
    owners = {f"accounts.{name}": ids for name, ids in (image.accounts or {}).items()}
    owners |= {f"directories.{at}.owner": one.owner for at, one in (image.directories or {}).items() if one.owner}
    for key, ids in owners.items():
        yield from _no_number(ids, f"{where} › {path}{key}")
    for at, file in (image.files or {}).items():
        place = f"{where} › {path}files.{at}"
        if (file.content is UNSET) == (file.source is UNSET):
            yield UsageError("a file needs either `content` or `source`", where=place)
        elif file.content and ("\0" in file.content or "\r" in file.content):
            yield UsageError("a text has a NUL or carriage return in it", where=f"{place}.content")
    if isinstance(image.health, ImageHealth) and image.health.command and image.health.path:
        yield UsageError("a health check asks a path or runs a command, not both", where=f"{where} › {path}health")
    asked = set(image.packages)
    for name in sorted(asked.intersection(image.without or ())):
        yield UsageError(f"the package {name} is asked for and left out", where=f"{where} › {path}without")


def _no_number(user: str, where: str) -> Iterator[LadingError]:
    if max(numbers_of(user)) >= 2**32 - 1:
        yield UsageError("a user or group number is below 4294967295", where=where)


def _unknown(key: str, fields: Mapping[str, object], where: str, path: str) -> UsageError:
    from difflib import get_close_matches

    at = f"{where} › {path}{_shown(key)}"
    own = key.lower().replace("_", "-")
    near = [own] if own in fields else get_close_matches(own, fields, n=1, cutoff=0.6)
    if near:
        return UsageError(f"unknown key {_shown(key)!r}", where=at, fix=f"did you mean `{near[0]}`?")
    return UsageError(f"unknown key {_shown(key)!r}", where=at, fix=DOCUMENTATION)


def _wrong(value: object, kind: Any, said: str, where: str, path: str) -> UsageError:
    # msgspec ends its message with the place inside the value: `… - at `$[1]``.
    place = said.partition(" - at `$")[2].rstrip("`")
    if isinstance(value, list) and place[1:-1].isdigit():
        value, path = value[int(place[1:-1])], path + place
        kind = next(typing.get_args(_bare(one))[0] for one in _alternatives(kind) if _is_list(one))
    told = f"{_shown(value)!r} is not {_described(kind)}"
    unquoted = isinstance(value, int | float) and any(_bare(one) is str for one in _alternatives(kind))
    return UsageError(told, where=f"{where} › {path}", fix=f'put it in quotes: "{value}"' if unquoted else "")


def _described(kind: Any) -> str:
    """What a value should have been, in words."""
    return " or ".join(filter(None, map(_words, _alternatives(kind))))


def _words(kind: Any) -> str:
    if typing.get_origin(kind) is Annotated:
        return next((meta.description or "" for meta in typing.get_args(kind)[1:] if isinstance(meta, Meta)), "")
    if typing.get_origin(kind) is typing.Literal:
        return "one of " + ", ".join(f"`{choice}`" for choice in typing.get_args(kind))
    if _is_list(kind):
        return f"a list; each item is {_described(typing.get_args(kind)[0])}"
    return "true or false" if kind is bool else "a table"


def _alternatives(kind: Any) -> tuple[Any, ...]:
    if typing.get_origin(kind) in (types.UnionType, typing.Union):
        return tuple(one for one in typing.get_args(kind) if one is not UnsetType)
    return (kind,)


def _bare(kind: Any) -> Any:
    return typing.get_args(kind)[0] if typing.get_origin(kind) is Annotated else kind


def _is_list(kind: Any) -> bool:
    return typing.get_origin(_bare(kind)) is list


def _is_struct(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct)


def _shown(value: object) -> Any:
    """A value short enough for a message."""
    if isinstance(value, str) and len(value) > 60:
        return value[:57] + "…"
    if isinstance(value, dict | list) and len(repr(value)) > 60:
        return cast("object", f"{type(value).__name__} of {len(value)}")
    return value

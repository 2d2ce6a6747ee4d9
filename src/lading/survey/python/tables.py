"""Tables of TOML and JSON that may hold anything: what is not of the kind asked for counts as not there. Pure."""

import re
from collections.abc import Mapping
from typing import Any

_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?\Z")


def table(of: Mapping[str, Any], key: str) -> dict[str, Any]:
    """The table of that name, or an empty one."""
    found = of.get(key)
    return found if isinstance(found, dict) else {}


def text(of: Mapping[str, Any], key: str) -> str:
    """The text of that name, or nothing."""
    found = of.get(key)
    return found if isinstance(found, str) else ""


def texts(value: object) -> tuple[str, ...]:
    """The texts of a list."""
    return tuple(one for one in value if isinstance(one, str)) if isinstance(value, list) else ()


def tables(value: object) -> tuple[dict[str, Any], ...]:
    """The tables of a list."""
    return tuple(one for one in value if isinstance(one, dict)) if isinstance(value, list) else ()


def normalised(name: str) -> str:
    """A project's or package's name as indexes compare it (PEP 503), or nothing when it is no name.

    >>> normalised("Risk_Shield.API"), normalised("../etc")
    ('risk-shield-api', '')
    """
    return re.sub(r"[-_.]+", "-", name).lower() if _NAME.match(name) else ""


def format_problem(version: str, newest: int) -> str:
    """Why a lock of that format's version cannot be read by who knows those up to `newest`, in words; or nothing."""
    major = version.partition(".")[0]
    if major.isdigit() and int(major) <= newest:
        return ""
    return f"its format is version {version or 'unknown'!r}, not {newest} or older"


def parsed(data: bytes) -> tuple[dict[str, Any], str]:
    """A TOML document, and why it is none, in words."""
    import tomli

    try:
        return tomli.loads(data.decode()), ""
    except (tomli.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        return {}, str(error) or "it is nested too deeply"

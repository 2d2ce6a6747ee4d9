"""What a `package.json` says. Pure; parsed once for each content.

https://docs.npmjs.com/cli/configuring-npm/package-json
"""

import re
from collections.abc import Mapping
from typing import Any

import msgspec

_NAME = re.compile(r"(?:@[a-z0-9~][a-z0-9._~-]*/)?[a-z0-9~_][a-z0-9._~-]*\Z", re.IGNORECASE)
_VERSION = re.compile(r"[0-9A-Za-z][0-9A-Za-z.+_-]{0,127}\Z")
_MANAGER = re.compile(r"(npm|pnpm|yarn|bun)@(\d+\.\d+\.\d+[0-9A-Za-z.-]*)(?:\+(sha(?:1|224|256|512)\.[0-9a-f]+))?\Z")
_URL = re.compile(r"(?:git\+)?(https?://)(?:[^/@\s]*@)?([A-Za-z0-9.\[\]:_-]+(?:/[^\s\x00-\x1f\x7f\"'<>\\]*)?)\Z")
_SHORTHAND = re.compile(r"(?:(github|gitlab|bitbucket):)?([A-Za-z0-9._-]+/[A-Za-z0-9._-]+)\Z")
_HOSTS = {"github": "github.com", "gitlab": "gitlab.com", "bitbucket": "bitbucket.org"}


class PackageFacts(msgspec.Struct, frozen=True, omit_defaults=True):
    """One `package.json`. `broken` says why it cannot be read, or nothing.

    `manager`, `manager_version` and `manager_hash` are the parts of `packageManager`; `node` is `engines.node`;
    `module` says that its `.js` files are ES modules; `workspaces` are the patterns of member folders.
    """

    broken: str = ""
    name: str = ""
    version: str = ""
    description: str = ""
    licence: str = ""
    source: str = ""
    module: bool = False
    main: str = ""
    manager: str = ""
    manager_version: str = ""
    manager_hash: str = ""
    node: str = ""
    scripts: dict[str, str] = {}
    dependencies: dict[str, str] = {}
    development: dict[str, str] = {}
    optional: dict[str, str] = {}
    workspaces: tuple[str, ...] = ()

    @property
    def every(self) -> Mapping[str, str]:
        """All that it names of other packages, however they are needed."""
        return {**self.development, **self.optional, **self.dependencies}

    @property
    def short_name(self) -> str:
        """The name without its scope: `@shop/web` is `web`."""
        return self.name.rpartition("/")[2]


def is_name(text: str) -> bool:
    """Whether a text is the name of a package, and so no flag of a command line and no way out of a folder.

    >>> is_name("@scope/some.thing"), is_name("--flag"), is_name("../evil")
    (True, False, False)
    """
    return _NAME.match(text) is not None


def read_package(data: bytes) -> PackageFacts:
    """The facts of a `package.json`, whatever is in it."""
    try:
        said = msgspec.json.decode(data.removeprefix(b"\xef\xbb\xbf"))
    except msgspec.DecodeError as error:
        return PackageFacts(broken=str(error).lower())
    if not isinstance(said, dict):
        return PackageFacts(broken="it is not an object")
    manager = _MANAGER.match(_text(said, "packageManager"))
    return PackageFacts(
        name=_matching(_NAME, _text(said, "name")),
        version=_matching(_VERSION, _text(said, "version")),
        description=_text(said, "description")[:500],
        licence=_text(said, "license")[:100],
        source=_source(said.get("repository")),
        module=said.get("type") == "module",
        main=_text(said, "main"),
        manager=manager[1] if manager else "",
        manager_version=manager[2] if manager else "",
        manager_hash=(manager[3] or "") if manager else "",
        node=_text(_table(said, "engines"), "node"),
        scripts=_texts(said, "scripts"),
        dependencies=_texts(said, "dependencies"),
        development=_texts(said, "devDependencies"),
        optional=_texts(said, "optionalDependencies"),
        workspaces=_workspaces(said.get("workspaces")),
    )


def _workspaces(said: object) -> tuple[str, ...]:
    """The patterns of member folders; yarn classic also takes a table with them."""
    if isinstance(said, dict):
        said = said.get("packages")
    return tuple(one for one in said if isinstance(one, str)) if isinstance(said, list) else ()


def _source(said: object) -> str:
    """Where the source is, as an address that a browser opens, without credentials."""
    text = _text(said, "url") if isinstance(said, dict) else said if isinstance(said, str) else ""
    short = _SHORTHAND.match(text)
    if short:
        return f"https://{_HOSTS[short[1] or 'github']}/{short[2]}"
    found = _URL.match(text)
    return f"{found[1]}{found[2]}".removesuffix(".git") if found else ""


def _matching(pattern: "re.Pattern[str]", text: str) -> str:
    return text if pattern.match(text) else ""


def _table(said: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = said.get(key)
    return value if isinstance(value, dict) else {}


def _text(said: Mapping[str, Any], key: str) -> str:
    value = said.get(key)
    return value if isinstance(value, str) else ""


def _texts(said: Mapping[str, Any], key: str) -> dict[str, str]:
    return {name: value for name, value in _table(said, key).items() if isinstance(value, str)}

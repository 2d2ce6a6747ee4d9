"""Debian's control format: stanzas of fields, the names and relations in them, and the paths of a pool.

https://www.debian.org/doc/debian-policy/ch-controlfields.html, deb822(5); relations: policy chapter 7.
"""

import re
from collections.abc import Iterator
from functools import lru_cache

import msgspec

from lading.debian.versions import VERSION
from lading.errors import VerificationFailed

NAME = re.compile(r"[a-z0-9][a-z0-9+.-]{1,127}\Z")
"""Package names (policy 5.6.7), with a bound on their length."""

POOL_PATH = re.compile(r"pool(?:/[A-Za-z0-9][A-Za-z0-9+._~-]*)+\.deb\Z")
"""A path below a mirror: no part of it starts with a dot, so none leads out."""

_FIELD = re.compile(r"([!-,./-9;-~][!-9;-~]*):[ \t]*(.*)\Z")
_RELATION = re.compile(
    r"(?P<name>[a-z0-9][a-z0-9+.-]*)(?::(?P<qualifier>[a-z0-9-]+))?"
    r"(?:\s*\(\s*(?P<relation><<|<=|=|>=|>>|<|>)\s*(?P<version>[^\s()]+)\s*\))?\Z"
)
_OBSOLETE = {"<": "<=", ">": ">="}
"""What these once meant, and dpkg still reads (deb-control(5))."""


class Dependency(msgspec.Struct, frozen=True, array_like=True):
    """One package that is asked for: its name, the relation (`>=`, or empty) to a version, and an architecture
    qualifier (`any`, `native`, an architecture, or empty)."""

    name: str
    relation: str = ""
    version: str = ""
    qualifier: str = ""

    def __str__(self) -> str:
        name = f"{self.name}:{self.qualifier}" if self.qualifier else self.name
        return f"{name} ({self.relation} {self.version})" if self.relation else name


Group = tuple[Dependency, ...]
"""Alternatives: any of them will do, the first is preferred."""


class Provided(msgspec.Struct, frozen=True, array_like=True):
    """A virtual package that a package stands in for, with its version where one is given."""

    name: str
    version: str = ""


def read_stanzas(text: str, *, where: str) -> Iterator[dict[str, str]]:
    """The stanzas of a control file: field → value. Lines that start with `#` are comments.

    A value that goes on over several lines keeps its line breaks and leading blanks, so nothing is lost by writing
    `field: value` again. `VerificationFailed` for a line that belongs to no field, and for a field that comes twice.
    """
    fields: dict[str, str] = {}
    last = ""
    for line in text.split("\n"):
        if not line.strip():
            if fields:
                yield fields
            fields, last = {}, ""
        elif line[0] in " \t" and last:
            fields[last] += "\n" + line
        elif not line.startswith("#"):
            found = _FIELD.match(line)
            if not found or found[1] in fields:
                raise VerificationFailed(f"a control file has a line that makes no sense: {line[:80]!r}", where=where)
            last = found[1]
            fields[last] = found[2].rstrip()
    if fields:
        yield fields


def read_stanza(text: str, *, where: str) -> dict[str, str]:
    """The only stanza of a control file; `VerificationFailed` when it has none or several."""
    stanzas = list(read_stanzas(text, where=where))
    if len(stanzas) != 1:
        raise VerificationFailed(f"a control file has {len(stanzas)} stanzas instead of one", where=where)
    return stanzas[0]


def read_relations(text: str, *, where: str) -> tuple[Group, ...]:
    """`a (>= 1) | b, c` as groups of alternatives. `VerificationFailed` for what is not of that form."""
    return tuple(
        tuple(_relation(part.strip(), where) for part in group.split("|")) for group in text.split(",") if group.strip()
    )


def read_provides(text: str, *, where: str) -> tuple[Provided, ...]:
    """`a (= 1), b` as virtual packages. `VerificationFailed` for what is not of that form."""
    provided = [_relation(part.strip(), where) for part in text.split(",") if part.strip()]
    return tuple(Provided(item.name, item.version) for item in provided if item.relation in ("", "="))


@lru_cache(maxsize=1024)
def _relation(text: str, where: str) -> Dependency:
    found = _RELATION.match(text)
    if not found or (found["version"] and not VERSION.match(found["version"])):
        raise VerificationFailed(f"a package relation makes no sense: {text[:80]!r}", where=where)
    relation = found["relation"] or ""
    return Dependency(
        found["name"], _OBSOLETE.get(relation, relation), found["version"] or "", found["qualifier"] or ""
    )


def checked_pool_path(path: str, *, where: str) -> str:
    """`path`, when it is one of a .deb below a mirror's `pool/`; else `VerificationFailed`."""
    if not POOL_PATH.match(path) or len(path) > 512:
        raise VerificationFailed(f"not a path of a package archive's pool: {path[:120]!r}", where=where)
    return path

"""One package of an archive, as its stanza in a `Packages` file tells."""

from typing import Literal

import msgspec

from lading.debian.control import (
    NAME,
    Dependency,
    Group,
    Provided,
    checked_pool_path,
    read_provides,
    read_relations,
    read_stanza,
)
from lading.debian.mirrors import Archive
from lading.debian.versions import VERSION, satisfies
from lading.digest import Digest, parse_digest
from lading.errors import VerificationFailed

Origin = Literal["release", "updates", "security"]
"""Which of a release's three suites a package was found in."""


class Package(msgspec.Struct, frozen=True, kw_only=True):
    """One version of a package.

    `architecture` is the index's own or `all`. `source` is the source package's name, followed by its version in
    parentheses where that differs. `path` lies below `archive` on a mirror, `size` is the .deb's in bytes,
    `installed_size` an estimate of its files' in KiB. `depends` holds Pre-Depends and Depends, `conflicts` Conflicts
    and Breaks.
    """

    name: str
    version: str
    architecture: str
    source: str
    archive: Archive
    origin: Origin
    path: str
    digest: Digest
    size: int
    installed_size: int = 0
    priority: str = ""
    multi_arch: str = "no"
    essential: bool = False
    depends: tuple[Group, ...] = ()
    provides: tuple[Provided, ...] = ()
    conflicts: tuple[Dependency, ...] = ()


def read_package(stanza: str, *, architecture: str, archive: Archive, origin: Origin, where: str) -> Package:
    """The package that a stanza describes. `VerificationFailed` where it is not for `architecture`, or not sound."""
    fields = read_stanza(stanza, where=where)
    name = fields.get("Package", "")
    if not NAME.match(name):
        raise VerificationFailed(f"not a package name: {name[:80]!r}", where=where)
    where = f"{where}: {name}"
    version, made_for = fields.get("Version", ""), fields.get("Architecture", "")
    if not VERSION.match(version):
        raise VerificationFailed(f"not a version: {version[:80]!r}", where=where)
    if made_for not in (architecture, "all"):
        raise VerificationFailed(f"a package for {made_for[:40]!r} in an index for {architecture}", where=where)
    relations = read_relations(_joined(fields, "Conflicts", "Breaks"), where=where)
    return Package(
        name=name,
        version=version,
        architecture=made_for,
        source=fields.get("Source", name),
        archive=archive,
        origin=origin,
        path=checked_pool_path(fields.get("Filename", ""), where=where),
        digest=parse_digest("sha256:" + fields.get("SHA256", ""), where=where),
        size=_number(fields.get("Size", ""), "Size", where),
        installed_size=_number(fields.get("Installed-Size", "0"), "Installed-Size", where),
        priority=fields.get("Priority", ""),
        multi_arch=fields.get("Multi-Arch", "no"),
        essential=fields.get("Essential") == "yes",
        depends=read_relations(_joined(fields, "Pre-Depends", "Depends"), where=where),
        provides=read_provides(fields.get("Provides", ""), where=where),
        conflicts=tuple(relation for group in relations for relation in group),
    )


def answers(package: Package, wanted: Dependency, architecture: str) -> bool:
    """Whether a package, by its name or by what it provides, is what a dependency of a package of `architecture` asks
    for: version, and architecture qualifier (deb-control(5), https://wiki.debian.org/MultiarchCross).

    An unversioned `Provides` never answers a versioned dependency (policy 7.5).
    """
    if wanted.qualifier == "any" and package.multi_arch != "allowed":
        return False
    if wanted.qualifier not in ("", "any", "native", "all", architecture):
        return False
    if package.name == wanted.name:
        return satisfies(package.version, wanted.relation, wanted.version)
    return any(_stands_in(provided, wanted) for provided in package.provides)


def _stands_in(provided: Provided, wanted: Dependency) -> bool:
    if provided.name != wanted.name or (wanted.relation and not provided.version):
        return False
    return satisfies(provided.version, wanted.relation, wanted.version)


def _joined(fields: dict[str, str], *names: str) -> str:
    return ", ".join(fields[name] for name in names if fields.get(name))


def _number(text: str, field: str, where: str) -> int:
    if not text.isdecimal() or len(text) > 12:
        raise VerificationFailed(f"{field} is not a number: {text[:40]!r}", where=where)
    return int(text)

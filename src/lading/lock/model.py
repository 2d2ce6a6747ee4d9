"""What a lock holds: pinned packages, tools and base images, as values."""

import msgspec

from lading.digest import Digest


class DebianPin(msgspec.Struct, frozen=True, kw_only=True):
    """One .deb. `archive` is `debian` or `debian-security`; `path` is relative to that archive's mirror (`pool/…`);
    `suite` is the release's code name; `size` is in bytes; `source` is the source package (scanners ask for it)."""

    suite: str
    architecture: str
    name: str
    version: str
    source: str
    archive: str
    path: str
    digest: Digest
    size: int


class PackageSet(msgspec.Struct, frozen=True, kw_only=True):
    """The packages of one Debian base on one architecture: the resolved closure of `roots` less `without`, by name."""

    suite: str
    architecture: str
    roots: tuple[str, ...]
    without: tuple[str, ...]
    names: tuple[str, ...]


class ToolPin(msgspec.Struct, frozen=True, kw_only=True):
    """One wheel that carries a tool (`uv`), for machines of one platform (`linux/amd64`, as the wheel's tags say)."""

    name: str
    version: str
    platform: str
    filename: str
    digest: Digest


class BuildPin(msgspec.Struct, frozen=True, kw_only=True):
    """One package that building a project's wheel needs (its `[build-system] requires`, resolved), with the hashes that
    may serve it."""

    project: str
    name: str
    version: str
    digests: tuple[Digest, ...]


class BasePin(msgspec.Struct, frozen=True, kw_only=True):
    """One base image of a registry: what its tag stood for, and the manifest of each platform."""

    reference: str
    digest: Digest
    platform: str
    manifest: Digest


class Pins(msgspec.Struct, frozen=True, kw_only=True):
    """A whole lock, each tuple sorted."""

    debian: tuple[DebianPin, ...] = ()
    sets: tuple[PackageSet, ...] = ()
    tools: tuple[ToolPin, ...] = ()
    build: tuple[BuildPin, ...] = ()
    bases: tuple[BasePin, ...] = ()

    def packages(
        self, suite: str, architecture: str, roots: tuple[str, ...], without: tuple[str, ...]
    ) -> tuple[DebianPin, ...] | None:
        """The packages of one Debian base, sorted by name, or nothing when the lock does not know that base."""
        for known in self.sets:
            if (known.suite, known.architecture, known.roots, known.without) == (suite, architecture, roots, without):
                names = frozenset(known.names)
                return tuple(
                    pin
                    for pin in self.debian
                    if pin.suite == suite and pin.name in names and pin.architecture in (architecture, "all")
                )
        return None

    def base(self, reference: str, platform: str) -> BasePin | None:
        """The pin of an image base on a platform, or nothing."""
        return next((pin for pin in self.bases if (pin.reference, pin.platform) == (reference, platform)), None)

    def tool(self, name: str, platform: str) -> ToolPin | None:
        """The pinned wheel of a tool for this machine's platform, or nothing."""
        return next((pin for pin in self.tools if (pin.name, pin.platform) == (name, platform)), None)

"""What a lock holds: pinned packages, tools and base images, as values."""

import msgspec

from lading.digest import Digest
from lading.toolchain.model import ToolPin

__all__ = ["BasePin", "BuildPin", "BuildSet", "DebianPin", "LibraryPin", "PackageSet", "Pins", "ToolPin", "sorted_pins"]


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
    """The packages of one Debian base on one architecture, by name: the resolved closure of `roots` and `also` less
    `without`. `also` are those that installed packages need (`LibraryPin`).

    All are sorted.
    """

    suite: str
    architecture: str
    roots: tuple[str, ...]
    without: tuple[str, ...]
    names: tuple[str, ...]
    also: tuple[str, ...] = ()


class LibraryPin(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """Why a base has a package that nobody asked for: a `library` (file name) of it is what an installed package
    (`needed_by`) is linked with."""

    suite: str
    architecture: str
    library: str
    package: str
    needed_by: str


class BuildSet(msgspec.Struct, frozen=True, kw_only=True):
    """What the build pins of one project were resolved from: its `[build-system] requires` for one Python
    (`major.minor`). `project` is the pyproject.toml's path relative to the repository."""

    project: str
    python: str
    requires: tuple[str, ...]


class BuildPin(msgspec.Struct, frozen=True, kw_only=True):
    """One package that building a project's wheel needs (its `[build-system] requires`, resolved), with the hashes of
    the wheels that may serve it, sorted. `project` and `python` are those of its `BuildSet`."""

    project: str
    python: str
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
    """A whole lock, each tuple sorted as `sorted_pins` does."""

    debian: tuple[DebianPin, ...] = ()
    sets: tuple[PackageSet, ...] = ()
    tools: tuple[ToolPin, ...] = ()
    build: tuple[BuildPin, ...] = ()
    build_sets: tuple[BuildSet, ...] = ()
    bases: tuple[BasePin, ...] = ()
    libraries: tuple[LibraryPin, ...] = ()

    def also(self, suite: str, architecture: str, roots: tuple[str, ...], without: tuple[str, ...]) -> tuple[str, ...]:
        """The packages that one Debian base has because installed packages need them."""
        key = (suite, architecture, tuple(sorted(roots)), tuple(sorted(without)))
        known = (one for one in self.sets if (one.suite, one.architecture, one.roots, one.without) == key)
        return next((one.also for one in known), ())

    def packages(
        self, suite: str, architecture: str, roots: tuple[str, ...], without: tuple[str, ...]
    ) -> tuple[DebianPin, ...] | None:
        """The packages of one Debian base, sorted by name, or nothing when the lock does not know that base."""
        wanted = (suite, architecture, tuple(sorted(roots)), tuple(sorted(without)))
        for known in self.sets:
            if (known.suite, known.architecture, known.roots, known.without) == wanted:
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

    def build_set(self, project: str, python: str) -> BuildSet | None:
        """What building a project was asked for when its build was pinned, or nothing when it was not."""
        return next((one for one in self.build_sets if (one.project, one.python) == (project, python)), None)

    def build_requirements(self, project: str, python: str, requires: tuple[str, ...]) -> tuple[BuildPin, ...] | None:
        """What building a project's wheel needs, sorted by name, or nothing when the lock does not know it.

        A project that requires nothing needs no pins, and gets none.
        """
        if not requires:
            return ()
        wanted = BuildSet(project=project, python=python, requires=tuple(sorted(requires)))
        if wanted not in self.build_sets:
            return None
        return tuple(pin for pin in self.build if (pin.project, pin.python) == (project, python))


def sorted_pins(pins: Pins) -> Pins:
    """The same pins in the one order that a lock has: Debian packages by suite, name and architecture (so that one
    update is one place in a diff), all else by its fields in order."""
    return Pins(
        debian=tuple(sorted(pins.debian, key=lambda pin: (pin.suite, pin.name, pin.architecture))),
        sets=tuple(sorted(pins.sets, key=lambda known: (known.suite, known.architecture, known.roots, known.without))),
        tools=tuple(sorted(pins.tools, key=lambda pin: (pin.name, pin.platform))),
        build=tuple(sorted(pins.build, key=lambda pin: (pin.project, pin.python, pin.name))),
        build_sets=tuple(sorted(pins.build_sets, key=lambda known: (known.project, known.python))),
        bases=tuple(sorted(pins.bases, key=lambda pin: (pin.reference, pin.platform))),
        libraries=tuple(sorted(pins.libraries)),
    )

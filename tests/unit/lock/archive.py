"""A Debian archive in memory, and sources of pins over it that count what they are asked."""

from collections.abc import Iterator, Sequence

from lading.debian.control import read_relations
from lading.debian.package import Origin, Package
from lading.debian.versions import version_key
from lading.digest import Digest, digest_of
from lading.lock.model import BasePin, BuildPin, BuildSet, ToolPin


def package(
    name: str,
    version: str,
    depends: str = "",
    *,
    architecture: str = "amd64",
    source: str = "",
    origin: Origin = "release",
) -> Package:
    """One package of an archive; its digest tells name, version and architecture."""
    return Package(
        name=name,
        version=version,
        architecture=architecture,
        source=source or name,
        archive="debian-security" if origin == "security" else "debian",
        origin=origin,
        path=f"pool/main/{name[0]}/{name}/{name}_{version}_{architecture}.deb",
        digest=digest_of(f"{name} {version} {architecture}".encode()),
        size=100,
        depends=read_relations(depends, where="test"),
    )


class MemoryPackages:
    """The packages of one release for one architecture."""

    def __init__(self, suite: str, architecture: str, packages: Sequence[Package]) -> None:
        self.suite = suite
        self.architecture = architecture
        self._packages = packages

    def versions(self, name: str) -> tuple[Package, ...]:
        found = [found for found in self._packages if found.name == name]
        return tuple(sorted(found, key=lambda package: version_key(package.version), reverse=True))

    def newest(self, name: str) -> Package | None:
        return next(iter(self.versions(name)), None)

    def providers(self, name: str) -> tuple[Package, ...]:
        return tuple(found for found in self._packages if any(item.name == name for item in found.provides))

    def names(self) -> Iterator[str]:
        yield from (found.name for found in self._packages)


class MemorySources:
    """Everything that pins are made of, changed by tests as the world changes it. `asked` tells what was looked up."""

    def __init__(self) -> None:
        self.packages: list[Package] = []
        self.images: dict[str, str] = {}
        self.tools: dict[str, str] = {"uv": "0.13.8"}
        self.releases: dict[str, str] = {}
        self.asked: list[str] = []

    def add(self, *lines: str, origin: Origin = "release") -> None:
        """`libc6 2.41 amd64 gcc-14-base`: name, version, architecture (`both` for amd64 and arm64), what it needs."""
        for line in lines:
            name, version, architecture, *depends = line.split(" ", 3)
            for of in ("amd64", "arm64") if architecture == "both" else (architecture,):
                self.packages.append(package(name, version, "".join(depends), architecture=of, origin=origin))

    def drop(self, name: str, version: str) -> None:
        """Take a version out of the archive, as a security update does with the one before it."""
        self.packages = [found for found in self.packages if (found.name, found.version) != (name, version)]

    def index(self, suite: str, architecture: str) -> MemoryPackages:
        self.asked.append(f"{suite} {architecture}")
        return MemoryPackages(
            suite, architecture, [found for found in self.packages if found.architecture in (architecture, "all")]
        )

    def image(self, reference: str, platforms: tuple[str, ...], digest: Digest | None) -> tuple[BasePin, ...]:
        self.asked.append(f"{reference} {' '.join(platforms)}{' as it was' if digest else ''}")
        index = digest or digest_of(self.images[reference].encode())
        return tuple(
            BasePin(reference=reference, digest=index, platform=on, manifest=digest_of(f"{index} {on}".encode()))
            for on in platforms
        )

    def tool(self, name: str) -> tuple[ToolPin, ...]:
        self.asked.append(name)
        return tuple(
            ToolPin(
                name=name,
                version=self.tools[name],
                platform=on,
                filename=f"{name}-{self.tools[name]}-py3-none-any.whl",
                digest=digest_of(self.tools[name].encode()),
            )
            for on in ("linux/amd64", "linux/arm64")
        )

    def build(self, build: BuildSet) -> tuple[BuildPin, ...]:
        self.asked.append(f"{build.project}: {', '.join(build.requires)}")
        return tuple(
            BuildPin(
                project=build.project,
                python=build.python,
                name=name,
                version=self.releases[name],
                digests=(digest_of(f"{name} {self.releases[name]}".encode()),),
            )
            for name in build.requires
        )

"""Pins to test with: a small lock as `lading lock` makes it, and any lock at all."""

from string import ascii_lowercase, digits

from hypothesis import strategies as st

from lading.digest import Digest, digest_of
from lading.lock.model import BasePin, BuildPin, BuildSet, DebianPin, PackageSet, Pins, ToolPin, sorted_pins


def digest(seed: str) -> Digest:
    return digest_of(seed.encode())


def debian_pin(name: str, architecture: str = "amd64", version: str = "1.0-1", suite: str = "trixie") -> DebianPin:
    return DebianPin(
        suite=suite,
        architecture=architecture,
        name=name,
        version=version,
        source=name,
        archive="debian",
        path=f"pool/main/{name[0]}/{name}/{name}_{version}_{architecture}.deb",
        digest=digest(f"{name} {version} {architecture}"),
        size=1234,
    )


def small_lock() -> Pins:
    return sorted_pins(
        Pins(
            sets=tuple(
                PackageSet(
                    suite="trixie",
                    architecture=architecture,
                    roots=("libc6", "tzdata"),
                    without=("debconf",),
                    names=("gcc-14-base", "libc6", "tzdata"),
                )
                for architecture in ("amd64", "arm64")
            ),
            debian=(
                debian_pin("libc6"),
                debian_pin("libc6", "arm64"),
                debian_pin("gcc-14-base"),
                debian_pin("gcc-14-base", "arm64"),
                debian_pin("tzdata", "all", "2026b-0+deb13u1"),
            ),
            tools=(
                ToolPin(
                    name="uv",
                    version="0.13.8",
                    platform="linux/amd64",
                    filename="uv-0.13.8-py3-none-manylinux_2_17_x86_64.whl",
                    digest=digest("uv"),
                ),
            ),
            build_sets=(
                BuildSet(
                    project="services/my api/pyproject.toml", python="3.13", requires=("hatchling >=1.27", "wheel")
                ),
            ),
            build=(
                BuildPin(
                    project="services/my api/pyproject.toml",
                    python="3.13",
                    name="hatchling",
                    version="1.33.0",
                    digests=tuple(sorted((digest("a"), digest("b")))),
                ),
            ),
            bases=(
                BasePin(
                    reference="registry.example:5000/team/python:3.13-slim",
                    digest=digest("index"),
                    platform="linux/arm64",
                    manifest=digest("manifest"),
                ),
            ),
        )
    )


SUITES = st.sampled_from(["bookworm", "trixie", "forky"])
ARCHITECTURES = st.sampled_from(["amd64", "arm64"])
LETTERS = ascii_lowercase + digits
PACKAGES = st.builds(str.__add__, st.sampled_from(LETTERS), st.text(LETTERS + "+-.", min_size=1, max_size=12))
DEBIAN_VERSIONS = st.builds(str.__add__, st.sampled_from(digits), st.text(LETTERS + "ABZ.+-~:", max_size=12))
PARTS = st.builds(str.__add__, st.sampled_from(LETTERS), st.text(LETTERS + "+-._~", max_size=8))
TOOLS = st.from_regex(r"[a-z0-9]+(-[a-z0-9]+)?", fullmatch=True)
PYTHON_VERSIONS = st.from_regex(r"[0-9]\.[0-9]{1,3}(\.post[0-9]|rc[0-9]|\+local)?", fullmatch=True)
PLATFORMS = st.sampled_from(["linux/amd64", "linux/arm64", "linux/arm/v7", "darwin/arm64"])
DIGESTS = st.builds(digest_of, st.binary(max_size=4))
PROJECTS = st.lists(
    st.text(st.characters(exclude_categories=("C", "Z"), exclude_characters="/"), min_size=1).filter(
        lambda part: part not in (".", "..") and part.isprintable()
    )
    | st.sampled_from(["my api", "100%", "#1", "dé"]),
    min_size=1,
    max_size=3,
).map("/".join)
REQUIREMENTS = st.sampled_from(
    ["hatchling", "hatchling >=1.27,<2", "setuptools>=61; python_version < '3.14'", "cython[x]==3.*", "a", "b#c"]
)

REQUIREMENT_LISTS = st.sets(REQUIREMENTS, min_size=1).map(lambda found: tuple(sorted(found)))


@st.composite
def debian_parts(draw: st.DrawFn) -> tuple[tuple[PackageSet, ...], tuple[DebianPin, ...]]:
    """Bases that name only what is pinned, and a name either for all architectures or for each."""
    pins: dict[tuple[str, str, str], DebianPin] = {}
    sets: dict[tuple[object, ...], PackageSet] = {}
    for suite in draw(st.sets(SUITES, max_size=2)):
        names = draw(st.lists(PACKAGES, min_size=1, max_size=6, unique=True))
        common = {name for name in names if draw(st.booleans())}
        for architecture in draw(st.sets(ARCHITECTURES)):
            for name in names:
                of = "all" if name in common else architecture
                pins[suite, name, of] = DebianPin(
                    suite=suite,
                    architecture=of,
                    name=name,
                    version=draw(DEBIAN_VERSIONS),
                    source=draw(PACKAGES),
                    archive=draw(st.sampled_from(["debian", "debian-security"])),
                    path="/".join(["pool", *draw(st.lists(PARTS, max_size=3)), f"{draw(PARTS)}.deb"]),
                    digest=draw(DIGESTS),
                    size=draw(st.integers(1, 1 << 32)),
                )
            for _ in range(draw(st.integers(0, 2))):
                known = PackageSet(
                    suite=suite,
                    architecture=architecture,
                    roots=tuple(sorted(draw(st.sets(PACKAGES, min_size=1, max_size=3)))),
                    without=tuple(sorted(draw(st.sets(PACKAGES, max_size=3)))),
                    names=tuple(sorted(draw(st.sets(st.sampled_from(names), min_size=1)))),
                )
                sets[suite, architecture, known.roots, known.without] = known
    return tuple(sets.values()), tuple(pins.values())


@st.composite
def locks(draw: st.DrawFn) -> Pins:
    """Any lock that may be written."""
    sets, debian = draw(debian_parts())
    tools = {
        (name, platform): ToolPin(
            name=name,
            version=draw(PYTHON_VERSIONS),
            platform=platform,
            filename=f"{draw(PARTS).replace('~', '')}.whl",
            digest=draw(DIGESTS),
        )
        for name, platform in draw(st.lists(st.tuples(TOOLS, PLATFORMS), max_size=3))
    }
    bases = {
        platform: BasePin(
            reference=f"registry.example/{draw(PARTS).replace('~', '').replace('+', '')}@{draw(DIGESTS)}",
            digest=draw(DIGESTS),
            platform=platform,
            manifest=draw(DIGESTS),
        )
        for platform in draw(st.sets(PLATFORMS, max_size=3))
    }
    projects = draw(st.sets(st.tuples(PROJECTS, st.sampled_from(["3.11", "3.13"])), max_size=3))
    return sorted_pins(
        Pins(
            sets=sets,
            debian=debian,
            tools=tuple(tools.values()),
            bases=tuple(bases.values()),
            build_sets=tuple(
                BuildSet(
                    project=project, python=python, requires=tuple(sorted(draw(st.sets(REQUIREMENTS, min_size=1))))
                )
                for project, python in projects
            ),
            build=tuple(
                BuildPin(
                    project=project,
                    python=python,
                    name=name,
                    version=draw(PYTHON_VERSIONS),
                    digests=tuple(sorted(draw(st.sets(DIGESTS, min_size=1, max_size=3)))),
                )
                for project, python in projects
                for name in draw(st.sets(TOOLS, max_size=3))
            ),
        )
    )

"""What images stand on: Debian's packages for each base and Python, and libraries that Python packages load. Data.

The yardstick is Google's distroless Python (https://github.com/GoogleContainerTools/distroless): all of the standard
library that a service can use works (ssl, sqlite3, ctypes, lzma, bz2, zlib, uuid, decimal, expat). Its extensions for
terminals, Berkeley DB and NIS do not ship (`lading.assemble.debian_files`), so their libraries need not either: every
library that an ELF file of the image is linked with is there. Names were checked against the package lists of Debian 13
and 12.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Literal

from lading.plan.model import DebianBase

SUITES: Mapping[str, str] = {"3.13": "trixie", "3.11": "bookworm"}
"""The Pythons that Debian offers, and the release that has each."""

_ROOTS = ("base-files", "ca-certificates", "libgcc-s1", "libstdc++6", "netbase", "tzdata")
"""What every base has beside Python: OS release, authorities, what C++ wheels are linked with, services, time zones."""

_STATIC = ("base-files", "ca-certificates", "netbase", "tzdata")
"""What programs read that are linked with nothing: OS release, authorities, services, time zones."""

STATIC_SUITE = "trixie"
"""The release that bases are of where no Python decides."""

SLIM = ("coreutils", "dash", "findutils", "grep", "libc-bin", "sed", "tar")
"""What `slim` adds for those who debug in place: a shell, the usual tools, `getent` and `iconv`, and `tar`, which
`kubectl cp` runs in the container."""

WITHOUT = ("awk", "debconf", "debconf-2.0", "debianutils", "dpkg", "install-info", "openssl", "readline-common")
"""What only maintainer scripts use (they do not run), and readline's startup files. The database that scanners read is
written without dpkg."""

_PLAIN = ("base-files", "ca-certificates", "libc-bin", "netbase", "tzdata")
"""What an image of packages has beside them: OS release, authorities, the locale C.UTF-8, services, time zones."""

_BUILDER = (
    *SLIM, "bash", "diffutils", "g++", "gcc", "gzip", "libc6-dev", "make", "mawk", "ninja-build", "patch", "patchelf",
    "perl-base", "pkg-config",
)  # fmt: skip
"""What builds of C and C++ extensions call, whoever wrote them: Debian's build-essential, pkg-config, and what Meson
looks for."""

_SET_UP = ("adduser", "init-system-helpers", "libcap2-bin", "lsb-base", "sysvinit-utils", "ucf", "update-inetd")
"""What maintainer scripts and init files of packaged servers use, and nothing else."""

UNUSED_LIBRARIES: Mapping[str, tuple[str, ...]] = {
    "trixie": ("libdb5.3t64", "libncursesw6", "libreadline8t64", "libtinfo6"),
    "bookworm": ("libdb5.3", "libncursesw6", "libnsl2", "libreadline8", "libtinfo6", "libtirpc3"),
}
"""What only those extensions of Python need that do not ship. A team's own packages may be linked with one of them."""

SYSTEM_LIBRARIES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "cairocffi": {"trixie": ("libcairo2",), "bookworm": ("libcairo2",)},
    "cairosvg": {"trixie": ("libcairo2",), "bookworm": ("libcairo2",)},
    "gssapi": {"trixie": ("libgssapi-krb5-2",), "bookworm": ("libgssapi-krb5-2",)},
    "mysqlclient": {"trixie": ("libmariadb3",), "bookworm": ("libmariadb3",)},
    "opencv-python": {"trixie": ("libgl1", "libglib2.0-0t64"), "bookworm": ("libgl1", "libglib2.0-0")},
    "psycopg": {"trixie": ("libpq5",), "bookworm": ("libpq5",)},
    "psycopg2": {"trixie": ("libpq5",), "bookworm": ("libpq5",)},
    "pycairo": {"trixie": ("libcairo2",), "bookworm": ("libcairo2",)},
    "pylibmc": {"trixie": ("libmemcached11t64",), "bookworm": ("libmemcached11",)},
    "python-ldap": {"trixie": ("libldap2",), "bookworm": ("libldap-2.5-0",)},
    "python-magic": {"trixie": ("libmagic1t64",), "bookworm": ("libmagic1",)},
    "pyzbar": {"trixie": ("libzbar0t64",), "bookworm": ("libzbar0",)},
    "weasyprint": {
        "trixie": ("libharfbuzz-subset0", "libpango-1.0-0", "libpangoft2-1.0-0"),
        "bookworm": ("libharfbuzz-subset0", "libpango-1.0-0", "libpangoft2-1.0-0"),
    },
}
"""Debian packages with libraries that a Python package loads and its wheel does not bring, by its normalised name."""

_BRINGS_ITS_OWN: Mapping[str, frozenset[str]] = {"psycopg": frozenset({"psycopg-binary"})}
"""Packages whose presence means that the libraries are there already."""

_OFFICIAL = re.compile(r"(?:.*/)?python:(3\.\d{1,2})(?:[.-]|\Z|@)")
_MUSL = re.compile(r"(?:.*/)?(?:alpine|busybox)(?:[:@]|\Z)|.*:[^/@]*\b(?:alpine|musl)")


def debian_base(name: Literal["distroless", "slim"], python: str, extra: Iterable[str] = ()) -> DebianBase:
    """The base `name` with a Python that Debian offers (`KeyError` for another) and further packages."""
    suite = SUITES[python]
    wanted = set(extra)
    roots = {*_ROOTS, f"libpython{python}-stdlib", f"python{python}-minimal", *wanted}
    # Whoever needs a library brings it: only a base without further packages is known to use none of these.
    unused = () if wanted else UNUSED_LIBRARIES[suite]
    if name == "slim":
        roots.update(SLIM)
    return DebianBase(
        name=name,
        suite=suite,
        roots=tuple(sorted(roots)),
        without=tuple(sorted({*WITHOUT, *unused} - roots)),
        interpreter=f"/usr/bin/python{python}",
    )


def node_base(name: Literal["distroless", "slim"], path: str, extra: Iterable[str] = ()) -> DebianBase:
    """The base `name` for a node at `path`, which is linked with C++'s library, and further packages."""
    roots = {*_ROOTS, *extra, *(SLIM if name == "slim" else ())}
    without = tuple(sorted({*WITHOUT} - roots))
    return DebianBase(name=name, suite=STATIC_SUITE, roots=tuple(sorted(roots)), without=without, interpreter=path)


def static_base(extra: Iterable[str] = ()) -> DebianBase:
    """The base of programs that are linked with nothing, and further packages. Those bring what they need of libc."""
    return DebianBase(
        name="static", suite=STATIC_SUITE, roots=tuple(sorted({*_STATIC, *extra})), without=tuple(sorted(WITHOUT))
    )


def builder_base(python: str, packages: Iterable[str] = ()) -> DebianBase | None:
    """What Python packages are built on that are only published as source: compilers, the headers of a Python
    (`major.minor`), and further packages. Nothing where Debian does not have that Python."""
    suite = SUITES.get(python)
    if suite is None:
        return None
    roots = {*_BUILDER, f"python{python}-dev", f"python{python}-minimal", *packages}
    without = {*WITHOUT, *_SET_UP, "perl", "python3", "python3-minimal"} - roots
    return DebianBase(
        name="slim",
        suite=suite,
        roots=tuple(sorted(roots)),
        without=tuple(sorted(without)),
        interpreter=f"/usr/bin/python{python}",
    )


def linked_base(name: Literal["distroless", "slim"], extra: Iterable[str] = ()) -> DebianBase:
    """The base `name` for programs that are linked with the libraries of C and C++, and further packages."""
    roots = {*_ROOTS, *extra, *(SLIM if name == "slim" else ())}
    return DebianBase(
        name=name, suite=STATIC_SUITE, roots=tuple(sorted(roots)), without=tuple(sorted({*WITHOUT} - roots))
    )


def c_builder(packages: Iterable[str] = ()) -> DebianBase:
    """What programs are compiled on that have parts in C, with further packages (`libvips-dev`, say)."""
    roots = {*_BUILDER, *packages}
    without = {*WITHOUT, *_SET_UP, "perl", "python3", "python3-minimal"} - roots
    return DebianBase(name="slim", suite=STATIC_SUITE, roots=tuple(sorted(roots)), without=tuple(sorted(without)))


def beside_compilers(builder: DebianBase) -> tuple[str, ...]:
    """The packages of a builder of `c_builder` that a team has asked for."""
    return tuple(name for name in builder.roots if name not in _BUILDER)


def package_base(
    name: Literal["distroless", "slim"], suite: str, packages: Iterable[str], *, without: Iterable[str] = ()
) -> DebianBase:
    """The base `name` with these packages of a release and nothing else of ours, less what only maintainer scripts use
    and what is left out by name."""
    roots = {*_PLAIN, *packages, *(SLIM if name == "slim" else ())}
    left_out = {*WITHOUT, *_SET_UP, *without} - roots
    return DebianBase(name=name, suite=suite, roots=tuple(sorted(roots)), without=tuple(sorted(left_out)))


def system_libraries(packages: Iterable[str], suite: str) -> dict[str, tuple[str, ...]]:
    """The Debian packages that Python packages (normalised names) need, by the package that needs them."""
    names = set(packages)
    return {
        name: SYSTEM_LIBRARIES[name][suite]
        for name in sorted(names & SYSTEM_LIBRARIES.keys())
        if not names & _BRINGS_ITS_OWN.get(name, frozenset())
    }


def python_of_image(reference: str) -> str:
    """The Python (`major.minor`) of an image that is named as the official ones are, or nothing.

    >>> python_of_image("registry.example/python:3.12-slim"), python_of_image("ubuntu:24.04")
    ('3.12', '')
    """
    match = _OFFICIAL.match(reference)
    return match[1] if match else ""


def is_musl(reference: str) -> bool:
    """Whether an image is one of those without glibc, for which other wheels would be needed.

    >>> is_musl("python:3.13-alpine3.22"), is_musl("alpine:3.22"), is_musl("python:3.13-slim")
    (True, True, False)
    """
    return _MUSL.match(reference) is not None

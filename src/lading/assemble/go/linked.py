"""Programs with parts in C: compiled by the same go command, in a root with Debian's compilers and without a network.

What the go command compiles runs C of the project's own and of others' modules through a compiler, which may read any
file of a machine; so it sees the source, the modules and nothing else. They are fetched before, outside: credentials
stay there. https://pkg.go.dev/cmd/cgo
"""

import mmap
import posixpath
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from lading.assemble.actions import key_of
from lading.assemble.builder import builder_identity, builder_root
from lading.assemble.go.command import GoCommand
from lading.assemble.isolated import run_isolated
from lading.assemble.python.interpreter import host_architecture
from lading.assemble.workshop import Workshop
from lading.digest import Digest
from lading.errors import UsageError
from lading.lock.model import DebianPin, Pins
from lading.proc import Completed, Runner

if TYPE_CHECKING:
    from lading.assemble.go.programs import Place

SOURCE, GO, MODULES, CACHE, WORK = (
    "/lading/source", "/lading/go", "/lading/modules", "/lading/cache", "/lading/scratch",
)  # fmt: skip
"""Where a build sees the context, the toolchain, others' modules, what was compiled before, and its temporary files."""

_PACKAGE = re.compile(
    r"Package '?([A-Za-z0-9][\w.+-]*)'?,? (?:was not found|not found|, required)|No package '([^']+)'"
)
_HEADER = re.compile(r"fatal error: ([\w./+-]+\.h(?:pp)?): No such file")
_LIBRARY = re.compile(r"cannot find -l([\w.+-]+)")

DEVELOPMENT: Mapping[str, str] = {
    "MagickWand": "libmagickwand-dev", "alsa": "libasound2-dev", "cairo": "libcairo2-dev", "dbus-1": "libdbus-1-dev",
    "fontconfig": "libfontconfig-dev", "freetype2": "libfreetype-dev", "gdal": "libgdal-dev", "geos": "libgeos-dev",
    "glib-2.0": "libglib2.0-dev", "gtk+-3.0": "libgtk-3-dev", "icu-uc": "libicu-dev", "krb5": "libkrb5-dev",
    "libarchive": "libarchive-dev", "libavcodec": "libavcodec-dev", "libcurl": "libcurl4-openssl-dev",
    "libffi": "libffi-dev", "libgit2": "libgit2-dev", "libheif": "libheif-dev", "libjpeg": "libjpeg62-turbo-dev",
    "liblz4": "liblz4-dev", "liblzma": "liblzma-dev", "libpcap": "libpcap-dev", "libpng": "libpng-dev",
    "libpq": "libpq-dev", "rdkafka": "librdkafka-dev", "libsodium": "libsodium-dev", "libssl": "libssl-dev",
    "libsystemd": "libsystemd-dev", "libtiff-4": "libtiff-dev", "libusb-1.0": "libusb-1.0-0-dev",
    "libwebp": "libwebp-dev", "libxml-2.0": "libxml2-dev", "libxslt": "libxslt1-dev", "libzmq": "libzmq3-dev",
    "libzstd": "libzstd-dev", "opencv4": "libopencv-dev", "openssl": "libssl-dev", "pangocairo": "libpango1.0-dev",
    "poppler-glib": "libpoppler-glib-dev", "proj": "libproj-dev", "rocksdb": "librocksdb-dev",
    "sqlite3": "libsqlite3-dev", "tesseract": "libtesseract-dev", "vips": "libvips-dev", "x11": "libx11-dev",
    "zlib": "zlib1g-dev",
}  # fmt: skip
"""The Debian package that has, or brings, what pkg-config knows by a name (its `NAME.pc`): held against the lists of
contents of Debian 13."""


class LinkedBuild:
    """Compiles programs with parts in C. `pins` are the packages of the builder."""

    def __init__(self, workshop: Workshop, command: GoCommand, pins: Sequence[DebianPin]) -> None:
        self._workshop = workshop
        self._command = command
        self._pins = tuple(pins)

    @property
    def identity(self) -> Digest:
        """What a program depends on beside its source, its modules and Go."""
        return builder_identity(self._pins)

    def compile(
        self,
        words: Sequence[str],
        *,
        context: Path,
        module: str,
        settings: Mapping[str, str],
        included: Mapping[str, str],
        scratch: Path,
    ) -> Completed:
        """Run the go command with its temporary files below `scratch`. `module` is its folder, relative to the
        `context`; others' modules have to be there; `included` are the digests of files that only compilers know of.
        Raises `Unavailable` where this machine cannot isolate it."""
        workshop, command = self._workshop, self._command
        # Go's cache goes by the words that compilers get, and not by what those read
        # (https://pkg.go.dev/cmd/go#hdr-Build_and_test_caching).
        read = key_of("go included", {**included, "\0builder": self.identity}).removeprefix("sha256:")[:16]
        command.modules.mkdir(parents=True, exist_ok=True)
        return run_isolated(
            (f"{GO}/bin/go", *words),
            root=builder_root(workshop.store, self._pins, workshop.packages),
            readable={SOURCE: context, GO: command.root, MODULES: command.modules},
            writable={CACHE: workshop.store.cache_folder("go-build-c"), WORK: scratch},
            environment={**_inside(settings, context), **_FIXED, "CGO_CPPFLAGS": f"-DLADING_INCLUDED=0x{read}"},
            folder=f"{SOURCE}/{module}",
            runner=Runner(),
        )

    @staticmethod
    def needs(program: Path) -> tuple[str, ...]:
        """The libraries that a program is linked with, by file name."""
        from lading.assemble.python.libraries import needed_by

        with (
            program.open("rb") as file,
            mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped,
            memoryview(mapped) as data,
        ):
            return needed_by(data)

    @staticmethod
    def advice(words: str) -> str:
        """What to do about what compilers say that they did not find, or nothing.

        >>> LinkedBuild.advice("Package vips was not found in the pkg-config search path.")
        'name what it needs: build-packages = ["libvips-dev"] in lading.toml'
        """
        found = _PACKAGE.search(words)
        if found:
            name = found[1] or found[2]
            known = DEVELOPMENT.get(name) or DEVELOPMENT.get(name.partition("-")[0])
            shown = f'["{known}"]' if known else f"[…], the Debian package that has {name}.pc,"
            return f"name what it needs: build-packages = {shown} in lading.toml"
        missing = _HEADER.search(words) or _LIBRARY.search(words)
        if missing:
            return (
                f"name the Debian package that has {missing[1]}: build-packages = […] in lading.toml (libpq-dev, say)"
            )
        return ""


def linked_build(workshop: Workshop, command: GoCommand, place: "Place", pins: Pins) -> LinkedBuild:
    """What compiles the programs of a place that has a builder. `UsageError` for another machine than this one:
    compilers build for their own."""
    if place.builder is None:
        raise AssertionError("without a builder nothing is linked")
    builder, architecture = place.builder, host_architecture()
    if place.platform != f"linux/{architecture}":
        raise UsageError(
            f"programs with parts in C are compiled on {place.platform}, which this machine is not",
            where=posixpath.normpath(posixpath.join(place.context, place.module, "go.mod")),
            fix="let BuildKit emulate it (--engine buildkit), build on such a machine, or use a package in pure Go",
        )
    found = pins.packages(builder.suite, architecture, builder.roots, builder.without)
    if found is None:
        raise UsageError("the lock does not have C's compilers", where="lading.lock", fix="lading lock")
    return LinkedBuild(workshop, command, found)


_FIXED = {
    "CGO_ENABLED": "1",
    "GOCACHE": CACHE,
    "GOENV": "off",
    "GOMODCACHE": MODULES,
    "GOPROXY": "off",
    "GOSUMDB": "off",
    "GOTMPDIR": WORK,
    "GOTOOLCHAIN": "local",
    "HOME": "/tmp",  # noqa: S108  # in the builder
    "LC_ALL": "C.UTF-8",
    "PATH": f"{GO}/bin:/usr/bin",
    "TMPDIR": WORK,
}


def _inside(settings: Mapping[str, str], context: Path) -> dict[str, str]:
    """The settings with paths as the builder sees them."""
    return {name: value.replace(str(context), SOURCE) for name, value in settings.items()}

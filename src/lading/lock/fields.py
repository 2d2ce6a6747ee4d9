"""What each field of a lock may hold. A lock is hostile until checked: its fields become paths, file names and words of
command lines.

Sets of characters and not regular expressions: a lock is read on every build, and compiling the expressions costs more
than reading it.
"""

_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_DIGITS = "0123456789"

_LOWER = frozenset(_LETTERS + _DIGITS)
_WORD = _LOWER | frozenset(_LETTERS.upper())
_HEX = frozenset("0123456789abcdef")
_SUITE = _LOWER | {"-"}
_PACKAGE = _LOWER | frozenset("+-.")
_DEBIAN_VERSION = _WORD | frozenset(".+-~:")
_POOL = _WORD | frozenset(".+-~_/")
_TOOL = _LOWER | {"-"}
_PYTHON_VERSION = _LOWER | frozenset(".+!")
_FILE = _WORD | frozenset(".+-_!")
_REFERENCE = _WORD | frozenset("._-/:@[]")

ARCHIVES = frozenset({"debian", "debian-security"})
LONGEST_NAME = 128
LONGEST_VERSION = 255
LONGEST_PATH = 512
"""Characters; `lading.debian` has the same bounds, and a test holds the two together."""
LARGEST_DEB = 1 << 32
"""Bytes. The largest package of Debian 13 has 1.6 GB; what claims more than 4 GiB is a fault or an attack."""


def is_suite(text: str) -> bool:
    """A release's code name: `trixie`."""
    return text[:1].isalpha() and _SUITE.issuperset(text)


def is_architecture(text: str) -> bool:
    """Debian's name of an architecture, or `all`."""
    return text[:1].isalpha() and _LOWER.issuperset(text)


def is_package(text: str) -> bool:
    """A package's name (Debian policy 5.6.1)."""
    return 1 < len(text) <= LONGEST_NAME and text[0] in _LOWER and _PACKAGE.issuperset(text)


def is_debian_version(text: str) -> bool:
    """A package's version (Debian policy 5.6.12)."""
    return 0 < len(text) <= LONGEST_VERSION and text[0] in _WORD and _DEBIAN_VERSION.issuperset(text)


def is_archive(text: str) -> bool:
    """One of the archives that a mirror has."""
    return text in ARCHIVES


def is_pool_path(text: str) -> bool:
    """A .deb below a mirror: `pool/…`, no part of it empty or starting with a dot."""
    return (
        len(text) <= LONGEST_PATH
        and text.startswith("pool/")
        and text.endswith(".deb")
        and _POOL.issuperset(text)
        and all(part[:1] in _WORD and part for part in text.split("/"))
    )


def is_size(text: str) -> bool:
    """A number of bytes, without leading zeros."""
    return text.isascii() and text.isdigit() and text[0] != "0" and len(text) < 11 and int(text) <= LARGEST_DEB


def is_library(text: str) -> bool:
    """The file name of a shared library."""
    return text[:1] in _WORD and ".so" in text and _FILE.issuperset(text)


def is_digest(text: str) -> bool:
    """`sha256:` and 64 lower-case hexadecimal digits, as `lading.digest.parse_digest` takes them."""
    return len(text) == 71 and text.startswith("sha256:") and _HEX.issuperset(text[7:])


def is_tool(text: str) -> bool:
    """The normalised name of a Python package (PEP 503)."""
    return text[:1] in _LOWER and bool(text) and text[-1] != "-" and _TOOL.issuperset(text)


def is_python_version(text: str) -> bool:
    """The normalised version of a Python package (PEP 440)."""
    return text[:1] in _DIGITS and bool(text) and _PYTHON_VERSION.issuperset(text)


def is_minor(text: str) -> bool:
    """A Python: `3.13`."""
    major, dot, minor = text.partition(".")
    return bool(dot) and all(part.isascii() and part.isdigit() and len(part) < 4 for part in (major, minor))


def is_platform(text: str) -> bool:
    """`linux/arm64` or `linux/arm/v7`."""
    parts = text.split("/")
    return len(parts) in (2, 3) and all(part and _LOWER.issuperset(part) for part in parts)


def is_wheel(text: str) -> bool:
    """The file name of a wheel: no path, nothing that a command line would take for a flag."""
    return text[:1] in _WORD and text.endswith(".whl") and _FILE.issuperset(text)


def is_reference(text: str) -> bool:
    """An image reference, as far as its characters go; the registry client parses it."""
    return bool(text) and (text[0] in _WORD or text[0] == "[") and _REFERENCE.issuperset(text)


def is_project(text: str) -> bool:
    """A path below the repository."""
    return text.isprintable() and not text.startswith("/") and _is_inside(text)


def is_requirement(text: str) -> bool:
    """One requirement (PEP 508) on one line, that names no address."""
    return bool(text) and text[0] in _WORD and text.isprintable() and "://" not in text and text == text.strip()


def _is_inside(path: str) -> bool:
    return not any(part in ("", ".", "..") for part in path.split("/"))

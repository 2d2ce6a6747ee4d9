"""Which files of a Debian package ship, under which names, and what its maintainer scripts would have added.

Maintainer scripts do not run here: what the packages of the bases do in them, and an image needs, is written in
`effects`. Everything else about a package stays as the package says.
"""

import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import NamedTuple

FILTER_VERSION = "4"
"""Part of every key that depends on this file's rules."""

ALIASES = ("bin", "lib", "lib32", "lib64", "libx32", "sbin")
"""Merged-/usr: these are links to the folders of the same name in /usr (Debian's usrmerge, policy 9.1.1)."""

_DROPPED = (
    r"usr/share/(?:man|info|locale|lintian|bug|doc-base|bash-completion|zsh|fish|menu|gdb|gcc|perl5|pixmaps|applications"
    r"|icons|debhelper|polkit-1|initramfs-tools|apport)(?:/|$)"
    # Licences stay, and so do the links of packages that share one: both must travel with the binaries.
    r"|usr/share/doc/(?![^/]+(?:/copyright)?$)"
    r"|usr/include(?:/|$)"
    r"|usr/games|usr/src|usr/lib/(?:systemd|tmpfiles\.d|sysusers\.d|valgrind|debug|init)(?:/|$)"
    r"|etc/(?:init\.d|cron\.[a-z]+|logrotate\.d|update-motd\.d|skel|default|dpkg|apt|motd|issue(?:\.net)?|python3[.\d]*)(?:/|$)"
    r"|usr/lib/[^/]+/pkgconfig|usr/share/pkgconfig"
    r"|usr/share/ca-certificates(?:/|$)|usr/sbin/update-ca-certificates$"  # one bundle is made of them
    r"|usr/share/(?:base-files|binfmts)(?:/|$)|usr/lib/binfmt\.d(?:/|$)"  # read by maintainer scripts and init systems
    # Scripts for bash, which no base has, a cache that is never filled, and what would need update-alternatives.
    r"|usr/bin/(?:ldd|tzselect)$|var/cache/ldconfig(?:/|$)|etc/rmt$|usr/sbin/(?:rmt-tar|tarcat)$"
    # Python: tests, the editor, the tutor, the installer of pip, Tk, and the text that only `help()` shows.
    r"|usr/lib/python3[.\d]*/(?:test|idlelib|turtledemo|ensurepip|tkinter|lib2to3|pydoc_data|turtle\.py|sitecustomize\.py|__phello__"
    r"|config-[^/]+|LICENSE\.txt|lib-dynload/_(?:test|xxtest|ctypes_test|tkinter)[^/]*|lib-dynload/xx(?:limited|subtype)[^/]*"
    r"|(?:[^/]+/)*tests?)(?:/|$)"
    # Extensions for terminals, Berkeley DB and NIS, whose libraries the bases leave out.
    r"|usr/lib/python3[.\d]*/(?:curses(?:/|$)|lib-dynload/(?:readline|_curses|_curses_panel|_dbm|_gdbm|nis)\.[^/]*$)"
    r"|usr/lib/[^/]+/gconv(?:/|$)"  # iconv(3)'s tables: Python and Go have their own, and they are 8 MB
    r"|usr/bin/(?:pydoc|pygettext|2to3|py3|idle|pyvenv|pdb)[^/]*$"
    r"|.*\.(?:a|la|pyc)$"
    r"|(?:.*/)?__pycache__(?:/|$)"
)


_CERTIFICATE = re.compile(r"usr/share/ca-certificates/.*\.crt$")


def ships(path: str) -> bool:
    """Whether a file of a package is wanted in an image: no documentation but licences, no manual pages, translations,
    headers or static libraries, none of Python's test and idle parts, nothing that only an init system reads.

    >>> ships("usr/share/man/man1/ls.1.gz"), ships("usr/share/doc/libc6/copyright"), ships("usr/bin/ls")
    (False, True, True)
    """
    return _dropped().match(path) is None


@cache
def _dropped() -> "re.Pattern[str]":
    # Compiled when the first package is packed: a build that packs none has no use for it.
    return re.compile(_DROPPED)


_UNREAD_IN_STATIC = re.compile(r"usr/share/common-licenses/(?!GPL-2$|MPL-2\.0$)|usr/share/zoneinfo/tzdata\.zi$")
"""What no package of the plain static base names and no program that is linked with nothing reads: 0.5 MB of texts of
other licences, and the time zones once more, as text for C++."""


def ships_in_static(path: str) -> bool:
    """Whether a file of a package ships in the static base, which has no further packages.

    >>> ships_in_static("usr/share/common-licenses/GPL-2"), ships_in_static("usr/share/common-licenses/AGPL-3.0")
    (True, False)
    """
    return ships(path) and _UNREAD_IN_STATIC.match(path) is None


_UNCOMPILED = re.compile(
    r"usr/lib/python3[.\d]*/(?:"
    # For people at a prompt: the shell, debuggers, profilers, documentation, what makes environments and runs doctests.
    r"(?:_pyrepl|venv)/|(?:__hello__|antigravity|bdb|cProfile|cmd|code|doctest|pdb|profile|pstats|pyclbr|pydoc"
    r"|rlcompleter|tabnanny|this|timeit|trace|zipapp)\.py$"
    # Twins in Python of modules that are there in C.
    r"|_py(?:datetime|decimal|io)\.py$"
    # Clients and boxes of mail from before the web; servers that nobody should run.
    r"|(?:wsgiref|xmlrpc)/|(?:ftplib|imaplib|mailbox|poplib)\.py$"
    # Character sets but those of the web, of zip archives and of Western Europe.
    r"|encodings/(?:big5|bz2|cp(?!437|1252)|euc|gb|hex|hp|hz|iso2022|iso8859_(?!15?\.)|johab|ko|kz|mac|palmos|ptcp|quopri"
    r"|rot|shift|tis|uu|zlib))"
)
"""Modules of the standard library that are there for whoever wants them, and that a service does not import."""


def is_compiled(path: str) -> bool:
    """Whether a module of a package ships with its bytecode: what a service may import when it starts. The others work
    as well, only that each process compiles them for itself.

    >>> is_compiled("usr/lib/python3.13/asyncio/tasks.py"), is_compiled("usr/lib/python3.13/pdb.py")
    (True, False)
    """
    return _UNCOMPILED.match(path) is None


def is_certificate(path: str) -> bool:
    """Whether a file belongs into the bundle of trusted authorities."""
    return _CERTIFICATE.match(path) is not None


def canonical(path: str) -> str:
    """The path on a merged-/usr system: `lib/x` is `usr/lib/x`.

    >>> canonical("lib64/ld-linux-x86-64.so.2"), canonical("etc/passwd")
    ('usr/lib64/ld-linux-x86-64.so.2', 'etc/passwd')
    """
    first, slash, _ = path.partition("/")
    return f"usr/{path}" if slash and first in ALIASES else path


class Extra(NamedTuple):
    """A file (`data`) or link (`target`) that a package's scripts would have made."""

    path: str
    data: bytes = b""
    target: str = ""


def effects(name: str, certificates: Mapping[str, bytes]) -> tuple[Extra, ...]:
    """What the maintainer scripts of a package would have added. `certificates` are the package's own, by path.

    - ca-certificates: `update-ca-certificates` joins the authorities, sorted, into one bundle, which OpenSSL finds
      through /usr/lib/ssl (the openssl package's links).
    - tzdata: the zone is UTC.
    - python3.N-minimal: `python3` is this Python (package python3-minimal).
    """
    match = _PYTHON.match(name)
    if match:
        return (Extra("usr/bin/python3", target=f"python{match[1]}"),)
    make = _EFFECTS.get(name)
    return make(certificates) if make else ()


_PYTHON = re.compile(r"python(3\.\d+)-minimal$")


def _bundle(certificates: Mapping[str, bytes]) -> tuple[Extra, ...]:
    joined = b"".join(certificates[path].rstrip(b"\n") + b"\n" for path in sorted(certificates))
    return (
        Extra("etc/ssl/certs/ca-certificates.crt", data=joined),
        Extra("usr/lib/ssl/cert.pem", target="/etc/ssl/certs/ca-certificates.crt"),
        Extra("usr/lib/ssl/certs", target="/etc/ssl/certs"),
    )


def _utc(_: Mapping[str, bytes]) -> tuple[Extra, ...]:
    return (Extra("etc/localtime", target="/usr/share/zoneinfo/Etc/UTC"), Extra("etc/timezone", data=b"Etc/UTC\n"))


_EFFECTS: Mapping[str, Callable[[Mapping[str, bytes]], tuple[Extra, ...]]] = {
    "ca-certificates": _bundle,
    "tzdata": _utc,
}


def mode_of(mode: int) -> int:
    """The permissions a file ships with: nobody but root writes, and nothing is setuid or setgid.

    >>> oct(mode_of(0o4755)), oct(mode_of(0o664))
    ('0o755', '0o644')
    """
    return mode & 0o755


def folder_mode(mode: int) -> int:
    """The permissions of a folder: the sticky, world-writable ones (/tmp, /var/tmp) stay so.

    >>> oct(folder_mode(0o41777)), oct(folder_mode(0o2775))
    ('0o1777', '0o755')
    """
    return 0o1777 if mode & 0o1000 else mode & 0o755

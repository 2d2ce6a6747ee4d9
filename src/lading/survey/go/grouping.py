"""Which programs of a module belong to one service, and what each of them is for. Pure.

Programs below one service root are one image with several binaries:

- below a folder of services (`services/`, `apps/` …), every folder is a service with all that is in it;
- `cmd/X` and programs beside each other belong to the folder that has them. It is one service when it has a program of
  its own, when one of them is called like it, or when all but one have the names of helpers (`migrate`, `worker` …).
  Else each is a service, and `X-worker` belongs to `X`: nothing is built into an image that has no use for it.
"""

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, count
from typing import NamedTuple

CONTAINERS = frozenset({"services", "service", "apps", "applications", "microservices", "svc", "svcs", "backends"})
"""Folders of services: each folder in one of them is a service."""

ASIDE = frozenset({
    "tests", "test", "testing", "testdata", "e2e", "fixtures", "docs", "doc", "examples", "example", "samples",
    "sample", "demos", "demo", "benchmarks", "bench", "tools", "tool", "scripts", "hack", "internal", "third_party",
    "vendor",
})  # fmt: skip
"""Folders whose programs are for developers: generators, checks, examples."""

_GENERIC = frozenset({"server", "api", "web", "app", "service", "main", "svc", "daemon", "grpc", "http", "serve"})
"""Names of programs that say what kind it is, not whose."""

_ROLES: Mapping[str, re.Pattern[str]] = {
    "migrate": re.compile(r"migrat"),
    "worker": re.compile(r"worker"),
    "consumer": re.compile(r"consum"),
    "cron": re.compile(r"cron"),
    "scheduler": re.compile(r"schedul"),
}
_WORDS = re.compile(r"[-_.]+")
_MAJOR = re.compile(r"v\d+\Z")


class Main(NamedTuple):
    """A program: its folder, relative to the module, and the name of its binary, which no other of its service has."""

    folder: str
    binary: str


class Group(NamedTuple):
    """A service: its name, its folder (relative to the module), and its programs, the first being the one that the
    image starts."""

    name: str
    folder: str
    mains: tuple[Main, ...]


def is_aside(folder: str) -> bool:
    """Whether a program in this folder (relative to its module) is for developers."""
    parts = folder.split("/")
    return any(part in ASIDE or (part.startswith(("_", ".")) and part != ".") for part in parts)


def role_of(binary: str) -> str:
    """What a binary is for by its name: `migrate`, `worker`, `consumer`, `cron`, `scheduler`, or nothing.

    >>> role_of("auth-migrate"), role_of("workerd"), role_of("api"), role_of("emigrate")
    ('migrate', 'worker', '', '')
    """
    for role, pattern in _ROLES.items():
        if any(pattern.match(word) for word in _WORDS.split(binary.lower())):
            return role
    return ""


def module_name(path: str) -> str:
    """The name of a module: the last part of its path that is no major version.

    >>> module_name("example.com/acme/shop/v2")
    'shop'
    """
    parts = [part for part in path.split("/") if not _MAJOR.match(part)]
    return parts[-1] if parts else "main"


def group(mains: Iterable[str], module: str, *, whole: bool = False) -> tuple[Group, ...]:
    """The services of a module's programs (their folders), sorted by name. `module` is its path; `whole` says that the
    module lies in a folder of services, and so is one service."""
    own = module_name(module)
    roots: dict[str, list[str]] = {}
    found = sorted(mains)
    for folder in found:
        roots.setdefault("." if whole else _root(folder, found), []).append(folder)
    services: dict[str, Group] = {}
    for root, some in sorted(roots.items()):
        for one in _services(root, some, own, whole):
            there = services.get(one.folder)
            joined = [main.folder for known in (there, one) if known for main in known.mains]
            services[one.folder] = _group(there.name, one.folder, joined, own) if there else one
    return tuple(sorted(services.values(), key=lambda one: (one.name, one.folder)))


def _root(folder: str, mains: Sequence[str]) -> str:
    """The folder that has a program together with what belongs to it."""
    parts = folder.split("/")
    inside = [number for number, part in enumerate(parts[:-1]) if part in CONTAINERS]
    if inside:
        return "/".join(parts[: inside[-1] + 2])
    if "cmd" in parts:
        place = parts.index("cmd")
        deeper = len(parts) > place + 2  # cmd/auth/server: the folder of the service is in cmd
        return "/".join(parts[: place + 2 if deeper else place]) or "."
    above = posixpath.dirname(folder) or "."
    if folder != "." and (role_of(parts[-1]) or parts[-1] in _GENERIC) and (above == "." or _beside(above, mains)):
        return above
    return folder


def _beside(above: str, mains: Sequence[str]) -> bool:
    return sum(posixpath.dirname(one) == above or one == above for one in mains) > 1


def _services(root: str, mains: Sequence[str], own: str, whole: bool) -> Iterator[Group]:
    base = own if root == "." else posixpath.basename(root)
    leaves = {folder: own if folder == "." else posixpath.basename(folder) for folder in mains}
    plain = [folder for folder, leaf in leaves.items() if not role_of(leaf)]
    named = whole or _in_container(root) or root in mains or base in leaves.values()
    alone = len(mains) == 1 and root != "."  # a worker beside services is no service called like the repository
    if named or len(plain) == 1 or alone:
        yield _group(base, root, mains, own)
        return
    rest = [folder for folder in mains if folder not in plain]
    for folder in plain:
        mine = [one for one in rest if _owner(leaves[one]) == leaves[folder]]
        rest = [one for one in rest if one not in mine]
        yield _group(leaves[folder], folder, [folder, *mine], own)
    for folder in rest:
        yield _group(leaves[folder], folder, [folder], own)


def _in_container(root: str) -> bool:
    return posixpath.basename(posixpath.dirname(root)) in CONTAINERS


def _owner(binary: str) -> str:
    """Whose helper a binary is: `auth-worker` and `migrate_auth` are auth's."""
    return "-".join(word for word in _WORDS.split(binary) if not role_of(word))


def _group(name: str, root: str, mains: Sequence[str], own: str) -> Group:
    named = dict(_binaries(mains, own))
    order = sorted(mains, key=lambda folder: _rank(named[folder], folder, name, root))
    return Group(name, root, tuple(Main(folder, named[folder]) for folder in order))


def _binaries(mains: Sequence[str], own: str) -> Iterator[tuple[str, str]]:
    """A name for each program that no other has: its folder's, with those above it where that is taken."""
    taken: set[str] = set()
    for folder in sorted(mains, key=lambda one: (one != ".", one.count("/"), one)):
        parts = [own] if folder == "." else folder.split("/")
        names = ["-".join(parts[-depth:]) for depth in range(1, len(parts) + 1)]
        more = (f"{names[-1]}-{number}" for number in count(2))
        name = next(one for one in chain(names, more) if one not in taken)
        taken.add(name)
        yield folder, name


def _rank(binary: str, folder: str, name: str, root: str) -> tuple[bool, bool, bool, bool, str]:
    """What the image starts comes first: no helper, called like the service or at its root, or a `server`."""
    role = role_of(binary)
    return role == "migrate", bool(role), binary != name and folder != root, binary not in _GENERIC, folder

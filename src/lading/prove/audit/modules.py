"""Python: whether packages, extension modules and bytecode are for the interpreter that is in the image."""

import re
from collections.abc import Iterator
from functools import cached_property
from typing import NamedTuple

from lading.finding import Finding, Rule
from lading.prove.audit.bytecode_hash import Bytecode, hash_for
from lading.prove.audit.found import found, listed, weight
from lading.prove.audit.inside import File, Inside
from lading.prove.audit.model import Modules

PACKAGES = Rule(
    id="packages-of-another-python",
    severity="error",
    title="packages are installed for a Python that is not in the image",
    why="Python only looks into the folder of its own version (`lib/python3.13/site-packages`): to any other one the "
    "packages are not there.",
)
EXTENSION = Rule(
    id="extension-of-another-python",
    severity="warning",
    title="an extension module is for another Python",
    why="Python loads an extension module only when its name has the tag of its own version (`.cpython-313-…`) or of "
    "the stable ABI (`.abi3`); any other one is not found.",
)
STALE = Rule(
    id="bytecode-out-of-date",
    severity="warning",
    title="bytecode does not belong to its source",
    why="Python compares a source's time, size or hash with what its bytecode says, and compiles the source anew at "
    "every start when they differ. What it does not compare (`unchecked-hash`) runs as it is: another program than the "
    "source.",
)
MISSING = Rule(
    id="bytecode-missing",
    severity="info",
    title="modules have no bytecode",
    why="They are compiled at every start, in every container: the image's files are read-only, or belong to root.",
)
FOREIGN = Rule(
    id="bytecode-of-another-python",
    severity="info",
    title="bytecode is for a Python that is not in the image",
    why="It is never read: weight, and a sign that it was made in another stage.",
)
RULES = (PACKAGES, EXTENSION, STALE, MISSING, FOREIGN)

_INTERPRETER = re.compile(r"(?:.*/)?bin/python(3\.[0-9]+)t?\Z")
_SITE = re.compile(r"(?P<folder>(?:.*/)?lib(?:64)?/python(?P<version>3\.[0-9]+)t?/site-packages)/")
_VERSIONED = re.compile(r"(?:.*/)?lib(?:64)?/python(3\.[0-9]+)t?/")
_EXTENSION = re.compile(r"(?P<module>.+?)\.(?:cpython-(?P<tag>3[0-9]+)t?-[^./]+)\.so\Z")
_COMPILED = re.compile(r"(?P<folder>(?:.*/)?)__pycache__/(?P<stem>[^/]+?)\.cpython-(?P<tag>3[0-9]+)t?\.pyc\Z")
_NOT_IMPORTED = re.compile(r"(?:.*/)?(?:bin|sbin|tests?|doc|examples?|lib2to3/tests|idlelib|turtledemo)/")


class _State(NamedTuple):
    """Modules of one kind, by path."""

    ready: tuple[str, ...]
    late: tuple[str, ...]
    wrong: tuple[str, ...]
    bare: tuple[str, ...]


class Pythons:
    """The Pythons of an image, and what is there for them."""

    def __init__(self, inside: Inside) -> None:
        self._inside = inside

    @cached_property
    def versions(self) -> frozenset[str]:
        """Versions of the interpreters (`3.13`)."""
        matches = ((path, _INTERPRETER.match(path)) for path in self._inside.files)
        return frozenset(match[1] for path, match in matches if match and self._inside.file(path))

    @cached_property
    def facts(self) -> Modules:
        """Modules in figures; none without an interpreter."""
        state = self._state
        stale = len(state.late) + len(state.wrong)
        return Modules(sources=len(state.ready) + stale + len(state.bare), ready=len(state.ready), stale=stale)

    def look(self) -> Iterator[Finding]:
        """What is wrong; nothing where there is no Python whose version is known."""
        if not self.versions:
            return
        yield from self._packages()
        yield from self._extensions()
        yield from self._bytecode()
        yield from self._foreign()

    def _packages(self) -> Iterator[Finding]:
        folders: dict[str, tuple[str, str]] = {}
        for path, file in self._inside.files.items():
            match = _SITE.match(path) if file.kind == "file" else None
            if match and match["version"] not in self.versions:
                folders.setdefault(match["folder"], (path, match["version"]))
        for folder, (path, version) in sorted(folders.items()):
            there = " and ".join(sorted(self.versions))
            message = f"what is in /{folder} is for Python {version}, and the image has Python {there}"
            yield found(
                PACKAGES,
                message,
                self._inside.place(path),
                help=f"install it with Python {there}, or stand on a base with {version}",
            )

    def _extensions(self) -> Iterator[Finding]:
        wrong = [path for path, file in self._inside.files.items() if file.kind != "folder" and self._cannot_load(path)]
        packages = dict.fromkeys(owner.name for path in wrong if (owner := self._inside.owner(path)))
        if wrong:
            of = f" of {listed(list(packages), 3)}" if packages else ""
            there = " and ".join(sorted(self.versions))
            message = f"extension modules{of} are not for Python {there}: {listed([f'/{path}' for path in wrong], 3)}"
            yield found(
                EXTENSION, message, self._inside.place(wrong[0]), help=f"install the packages with Python {there}"
            )

    def _cannot_load(self, path: str) -> bool:
        match = _EXTENSION.match(path)
        if not match:
            return False
        site = _VERSIONED.match(path)
        wanted = {site[1]} & self.versions if site else self.versions
        if not wanted or _dotted(match["tag"]) in wanted:
            return False
        module, files = match["module"], self._inside.files
        others = (f"{module}.py", f"{module}.so", f"{module}.abi3.so", f"{module}/__init__.py")
        return not any(other in files for other in others) and not any(
            self._tagged(module, version) for version in wanted
        )

    def _tagged(self, module: str, version: str) -> bool:
        tag = f"{module}.cpython-{version.replace('.', '')}"
        folder = module.rpartition("/")[0]
        return any(path.startswith(tag) for path in self._extensions_of.get(folder, ()))

    @cached_property
    def _extensions_of(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for path in self._inside.files:
            if path.endswith(".so"):
                found.setdefault(path.rpartition("/")[0], []).append(path)
        return found

    def _bytecode(self) -> Iterator[Finding]:
        state = self._state
        for paths, what in ((state.wrong, "was compiled from another source, and runs as it is"),
                            (state.late, "is out of date, so Python compiles the source at every start")):  # fmt: skip
            if paths:
                message = f"the bytecode of {_modules(len(paths))} {what}: {listed([f'/{path}' for path in paths], 3)}"
                yield found(STALE, message, self._inside.place(paths[0]), help=_COMPILE)
        if state.bare:
            own = [path for path in state.bare if not self._inside.of_base(path)]
            shown = listed([f"/{path}" for path in own or state.bare], 3)
            share = "" if not self._inside.origin.layers else f", {len(own) or 'none'} of them the team's"
            message = f"{_modules(len(state.bare))} without bytecode{share}: {shown}"
            yield found(MISSING, message, self._inside.place((own or state.bare)[0]), help=_COMPILE if own else "")

    def _foreign(self) -> Iterator[Finding]:
        paths = [
            path
            for path, file in self._inside.files.items()
            if file.seen.bytecode and (match := _COMPILED.match(path)) and _dotted(match["tag"]) not in self.versions
        ]
        if paths:
            size = sum(self._inside.files[path].size for path in paths)
            there = " and ".join(sorted(self.versions))
            message = f"bytecode of {_modules(len(paths))} ({weight(size)}) is for another Python than {there}"
            yield found(FOREIGN, message, self._inside.place(paths[0]), help="leave __pycache__ out (.dockerignore)")

    @cached_property
    def _state(self) -> _State:
        ready, late, wrong, bare = list[str](), list[str](), list[str](), list[str]()
        for path, file in self._inside.files.items():
            if not path.endswith(".py") or file.kind != "file" or not file.size or _NOT_IMPORTED.match(path):
                continue
            site = _VERSIONED.match(path)
            versions = {site[1]} & self.versions if site else self.versions
            verdicts = {self._verdict(path, file, version) for version in versions}
            if verdicts:
                place = next(one for one in ("wrong", "late", "ready", "bare") if one in verdicts)
                {"wrong": wrong, "late": late, "ready": ready, "bare": bare}[place].append(path)
        return _State(tuple(ready), tuple(late), tuple(wrong), tuple(bare))

    def _verdict(self, path: str, file: File, version: str) -> str:
        folder, _, name = path.rpartition("/")
        compiled = self._inside.files.get(
            f"{folder}/__pycache__/{name[:-3]}.cpython-{version.replace('.', '')}.pyc".lstrip("/")
        )
        header = compiled.seen.bytecode if compiled else None
        if header is None:
            return "bare"
        if header.python and header.python != version:
            return "late"
        return _compare(header, file, version)


_COMPILE = "python -m compileall --invalidation-mode unchecked-hash, in the stage that installs"


def _compare(header: Bytecode, file: File, version: str) -> str:
    """What Python would make of bytecode and its source (`_validate_timestamp_pyc` and `_validate_hash_pyc` of
    importlib)."""
    if header.hash:
        expected = hash_for(version, file.seen.hashes)
        if expected is None or expected == header.hash:
            return "ready"
        return "late" if header.checked else "wrong"
    fresh = header.mtime == file.mtime & 0xFFFFFFFF and header.size == file.size & 0xFFFFFFFF
    return "ready" if fresh else "late"


def _dotted(tag: str) -> str:
    """`313` as `3.13`."""
    return f"{tag[0]}.{tag[1:]}"


def _modules(number: int) -> str:
    return "1 module" if number == 1 else f"{number:,} modules"

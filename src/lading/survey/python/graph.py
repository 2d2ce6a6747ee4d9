"""All modules of a service together: where a name leads, what a value is, what imports what. Pure."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import cached_property
from typing import NamedTuple

from lading.survey.python.module import Env, Field, Function, Joined, Known, ModuleFacts, Ref, Settings, Value

LONGEST_CHAIN = 24
"""Names that are followed from module to module before giving up: code has few, and a cycle none that end."""

EMPTY = ModuleFacts()


class Place(NamedTuple):
    """A name in a module: its file, and what it is called there (`router`, `create_app.app`, `settings.port`)."""

    file: str
    name: str


class Found(NamedTuple):
    """A value, and whether it is certain: what the environment may change is not."""

    value: str | int
    certain: bool


class Graph:
    """The modules of one service by path (relative to its folder, `/` between the parts)."""

    def __init__(self, modules: Mapping[str, ModuleFacts]) -> None:
        self.modules = modules
        self._stems = {path.removesuffix(".py").removesuffix("/__init__"): path for path in sorted(modules)}
        self._folders = {folder for path in modules for folder in _folders_above(path)}
        # Most names lead to other packages: that is told by their first part.
        self._firsts = {one.rpartition("/")[2] for one in (*self._stems, *self._folders)}
        self._roots_of: dict[str, str] = {}
        self._followed: dict[tuple[str, str], Place | None] = {}
        self._functions = {Place(path, one.name): one for path, facts in modules.items() for one in facts.functions}
        self._settings = {Place(path, one.name): one for path, facts in modules.items() for one in facts.settings}

    def root_of(self, path: str) -> str:
        """The folder above a module's outermost package: climbs while `__init__.py` is there."""
        start = folder = path.rpartition("/")[0]
        if start not in self._roots_of:
            while folder and f"{folder}/__init__.py" in self.modules:
                folder = folder.rpartition("/")[0]
            self._roots_of[start] = folder or "."
        return self._roots_of[start]

    def module(self, dotted: str, at: str) -> str | None:
        """The file that a module name means when `at` imports it, or nothing when it is no module of this service."""
        name = dotted.lstrip(".")
        stem = name.replace(".", "/")
        if name != dotted:
            base = at
            for _ in range(len(dotted) - len(name)):
                base = base.rpartition("/")[0]
            return self._stems.get("/".join(filter(None, (base, stem))))
        if name.partition(".")[0] not in self._firsts:
            return None
        roots = dict.fromkeys((self.root_of(at), ".", "src"))
        found = (self._stems.get(stem if root == "." else f"{root}/{stem}") for root in roots)
        return next((one for one in found if one), None)

    def follow(self, name: str, at: str) -> Place | None:
        """Where a name of the module `at` is made, through imports and re-exports; nothing when that is elsewhere."""
        key = (name, at if name.startswith((":", ".")) else at.rpartition("/")[0])
        if key not in self._followed:
            self._followed[key] = self._follow(name, at)
        return self._followed[key]

    def _follow(self, name: str, at: str) -> Place | None:
        for _ in range(LONGEST_CHAIN):
            if name.startswith(":"):
                place = Place(at, name[1:])
                onward = self._through_star(place)
            else:
                split = self._split(name, at)
                if split is None:
                    return None
                place = split
                onward = f":{place.name}"
            at, name = place.file, onward
            imported = self._import_of(place)
            if imported:
                name = imported
            elif onward == f":{place.name}":
                return place
        return None

    def function(self, place: Place) -> Function | None:
        """The function that is made at a place."""
        return self._functions.get(place)

    def makers(self, place: Place) -> list[str]:
        """The names of what is called to make the object at a place."""
        return [one.callee for one in self._facts(place.file).made if one.name == place.name]

    def value(self, value: Value | None, at: str, depth: int = 0) -> Found | None:
        """What a value of the module `at` is, or nothing when that cannot be told."""
        if depth > LONGEST_CHAIN:
            return None
        match value:
            case Known(value=literal):
                return Found(literal, True)
            case Env(default=default) if default is not None:
                return Found(default, False)
            case Joined(parts=parts):
                found = [self.value(part, at, depth + 1) for part in parts]
                texts = [str(one.value) for one in found if one]
                certain = all(one.certain for one in found if one)
                return Found("".join(texts), certain) if len(texts) == len(parts) else None
            case Ref(name=name):
                place = self.follow(name, at)
                return self._value_at(place, depth + 1) if place else None
        return None

    def settings(self, name: str, at: str, depth: int = 0) -> Place | None:
        """The class of settings that a name is an instance of (or is itself)."""
        place = self.follow(name.removesuffix("()"), at)
        if place is None or depth > LONGEST_CHAIN:
            return None
        if place in self._settings:
            return place
        function = self._functions.get(place)
        if function:
            leads = [*function.returns, function.annotation]
        else:
            constant = self._facts(place.file).constants.get(place.name)
            leads = [constant.name] if isinstance(constant, Ref) else []
        found = (self.settings(lead, place.file, depth + 1) for lead in leads if lead)
        return next((one for one in found if one), None)

    def field(self, place: Place, name: str, depth: int = 0) -> tuple[Field, str] | None:
        """A field of a settings class, or of one of its bases, and the file that it is in."""
        one = self._settings.get(place)
        if one is None or depth > LONGEST_CHAIN:
            return None
        if name in one.fields:
            return one.fields[name], place.file
        bases = (self.follow(base, place.file) for base in one.bases)
        found = (self.field(base, name, depth + 1) for base in bases if base)
        return next((one for one in found if one), None)

    def all_settings(self) -> Iterator[tuple[Place, Settings]]:
        """Every class of settings."""
        yield from sorted(self._settings.items())

    def imported(self, path: str) -> set[str]:
        """The files of this service that a module imports, and the `__init__.py` of each package on the way."""
        facts = self._facts(path)
        names = {*facts.modules, *facts.stars, *(name.partition(":")[0] for name in facts.mentions if _dotted(name))}
        files = {file for name in names if (file := self.module(name, path))}
        return files | {one for file in files for one in self._packages_above(file)}

    def reached(self, starts: Iterable[str]) -> set[str]:
        """Every file that the modules `starts` import, directly or not, and themselves."""
        seen = set(starts)
        waiting = list(seen)
        while waiting:
            new = self.imported(waiting.pop()) - seen
            seen |= new
            waiting.extend(new)
        return seen

    def target_root(self, path: str, wheel: Collection[str]) -> str:
        """The folder from which a module must be imported.

        What is in the project's wheel (its top-level modules are `wheel`) keeps the name that it is installed by. Else
        the service's own folder counts, unless imports in the service only work from further down (`src`, say).
        """
        root = self.root_of(path)
        if root == "." or re.split(r"[/.]", path[len(root) + 1 :])[0] in wheel:
            return root
        below = any(self._below(root, name) and not self._below(".", name) for name in self._imported_names)
        return root if below and not self._climbs(path, root) else "."

    @cached_property
    def _imported_names(self) -> frozenset[str]:
        """The first parts of everything that any module imports by its full name."""
        names = (name for facts in self.modules.values() for name in facts.modules if not name.startswith("."))
        return frozenset(name.partition(".")[0] for name in names)

    def _climbs(self, path: str, root: str) -> bool:
        """Whether a module imports relatively from further up than `root` allows."""
        depth = path[len(root) + 1 :].count("/")
        names = self._facts(path).modules
        return any(len(name) - len(name.lstrip(".")) > depth for name in names)

    def _below(self, root: str, name: str) -> bool:
        path = name if root == "." else f"{root}/{name}"
        return path in self._stems or path in self._folders

    def _value_at(self, place: Place, depth: int) -> Found | None:
        constant = self._facts(place.file).constants.get(place.name)
        if constant is not None:
            return self.value(constant, place.file, depth)
        owner, _, attribute = place.name.rpartition(".")
        settings = self.settings(f":{owner}", place.file) if owner else None
        field = self.field(settings, attribute) if settings else None
        found = self.value(field[0].value, field[1], depth) if field else None
        return Found(found.value, False) if found else None

    def _facts(self, path: str) -> ModuleFacts:
        return self.modules.get(path, EMPTY)

    def _import_of(self, place: Place) -> str | None:
        """Where a module has a name from, if it has imported it."""
        first, dot, rest = place.name.partition(".")
        called = first.removesuffix("()")
        target = self._facts(place.file).imports.get(called)
        return f"{target}{first[len(called) :]}{dot}{rest}" if target else None

    def _through_star(self, place: Place) -> str:
        """A name that a module does not bind itself may come from what it imports with `*`."""
        facts = self._facts(place.file)
        first = place.name.partition(".")[0].removesuffix("()")
        if facts.stars and not self._binds(facts, first):
            for star in facts.stars:
                file = self.module(star, place.file)
                if file and (self._binds(self._facts(file), first) or self._facts(file).stars):
                    return f"{star}.{place.name}" if not star.endswith(".") else f"{star}{place.name}"
        return f":{place.name}"

    def _binds(self, facts: ModuleFacts, name: str) -> bool:
        made = name in {one.name for one in facts.made} | {one.name for one in facts.functions}
        made = made or any(one.name == name for one in facts.settings)
        listed = any(one.into == f":{name}" for one in facts.includes) or any(
            one.on == f":{name}" for one in facts.routes
        )
        return made or listed or name in facts.constants or name in facts.imports

    def _split(self, name: str, at: str) -> Place | None:
        """A dotted name as the longest module in it, and the rest."""
        dots = len(name) - len(name.lstrip("."))
        parts = name[dots:].split(".")
        for end in range(len(parts), -1 if dots else 0, -1):
            dotted = name[:dots] + ".".join(parts[:end])
            file = self.module(dotted, at) if "(" not in dotted else None
            if file:
                return Place(file, ".".join(parts[end:]))
        return None

    def _packages_above(self, path: str) -> Iterator[str]:
        for folder in _folders_above(path):
            if f"{folder}/__init__.py" in self.modules:
                yield f"{folder}/__init__.py"


def module_name(path: str, root: str) -> str:
    """The dotted name of a module imported from `root`.

    >>> module_name("src/api/__init__.py", "src"), module_name("src/main.py", ".")
    ('api', 'src.main')
    """
    relative = path if root == "." else path[len(root) + 1 :]
    stem = relative.removesuffix(".py").removesuffix("/__init__")
    return stem.replace("/", ".")


def _folders_above(path: str) -> Iterator[str]:
    folder = path.rpartition("/")[0]
    while folder:
        yield folder
        folder = folder.rpartition("/")[0]


def _dotted(text: str) -> bool:
    return "." in text and "/" not in text and not text.endswith(".py")

"""All that was read of the programs of one service becomes its facts. Pure."""

import posixpath
from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

import msgspec

from lading.survey.backing import backing_facts
from lading.survey.go.cgo import needs_cgo
from lading.survey.go.grouping import Group, Main, role_of
from lading.survey.go.packages import Module, Packages, common_folder, join, local_replacements, within
from lading.survey.go.source import GoFile, Listening
from lading.survey.model import Certainty, Fact, GoBinary, GoService, ProcessFact
from lading.survey.patterns import HEALTH_NAMES, SECRETS, is_example
from lading.survey.variables import PORT, Reading, variable_facts
from lading.toolchain.go import version_key
from lading.tree.patterns import Patterns

_KINDS = ("variable", "call", "flag", "field")
"""Signs of a port, the strongest first."""


class Inputs(NamedTuple):
    """What was read for one service. `paths` are all files of its folder, relative to it; `ignored` the lines of
    `.dockerignore` as they read from its context; `manifests` the files below its context that name modules; `procfile`
    the text of its Procfile."""

    group: Group
    module: Module
    packages: Packages
    paths: tuple[str, ...]
    ignored: tuple[str, ...]
    manifests: tuple[str, ...]
    procfile: str = ""


class Part(NamedTuple):
    """One file that a service is made of: its path as it is seen from the service's folder, how near it is, facts."""

    path: str
    near: bool
    file: GoFile


def conclude(inputs: Inputs) -> GoService:
    """The facts of a service."""
    folder = inputs.module.at(inputs.group.folder)
    everything = _parts(inputs, folder, inputs.group.mains)
    first = _parts(inputs, folder, inputs.group.mains[:1])
    reads = tuple(_readings(everything))
    grpc = _grpc(first)
    binaries = tuple(_binaries(inputs, folder))
    return GoService(
        name=Fact(value=service_name(inputs.group.name), source=_name_source(inputs, folder), certainty="found"),
        folder=folder,
        root=inputs.module.root,
        context=context_of(inputs.module),
        module=inputs.module.file.module,
        go=_toolchain(inputs, folder),
        binaries=binaries,
        workspace=inputs.module.work is not None,
        vendored=inputs.module.vendored,
        cgo=needs_cgo((part.path, part.file) for part in everything),
        grpc=grpc,
        manifests=inputs.manifests,
        private=tuple(_private(inputs.module)),
        port=_port(first, grpc=grpc is not None),
        port_variable=any(read.name == PORT for part in first for read in part.file.env),
        health=_health(first),
        processes=tuple(_processes(inputs.procfile, binaries)),
        variables=variable_facts(reads),
        backing=backing_facts(reads, _imported(everything), _seen_from(join(inputs.module.folder, "go.mod"), folder)),
        secrets=_secrets(inputs),
        ignored=inputs.ignored,
    )


def service_name(name: str) -> str:
    """The name of a service as lading.toml takes it.

    >>> service_name("Auth_API.v1"), service_name("--")
    ('auth-api-v1', 'service')
    """
    letters = [letter if letter.isascii() and letter.isalnum() else "-" for letter in name.lower()]
    words = [word for word in "".join(letters).split("-") if word]
    return "-".join(words)[:63].strip("-") or "service"


def context_of(module: Module) -> str:
    """The folder that has where go is run and every local module, relative to the repository."""
    local = [folder for _, folder in local_replacements(module)]
    used = [join(module.root, one) for one in module.work.uses] if module.work else []
    return common_folder([module.root, module.folder, *local, *(one for one in used if not one.startswith(".."))])


def _parts(inputs: Inputs, folder: str, mains: Sequence[Main]) -> tuple[Part, ...]:
    """The files of some programs, the service's own first."""
    files = inputs.packages.files_of(inputs.module, (main.folder for main in mains))
    found = (Part(_seen_from(path, folder), within(path, folder), file) for path, file in files.items())
    return tuple(sorted(found, key=lambda part: (not part.near, part.path)))


def _seen_from(path: str, folder: str) -> str:
    return posixpath.relpath(f"/{path}", f"/{'' if folder == '.' else folder}")


def _name_source(inputs: Inputs, folder: str) -> str:
    if inputs.group.folder == ".":
        return f"{_seen_from(join(inputs.module.folder, 'go.mod'), folder)} › module"
    return "its folder"


def _toolchain(inputs: Inputs, folder: str) -> Fact[str]:
    found = [(inputs.module.file, join(inputs.module.folder, "go.mod"))]
    if inputs.module.work:
        found.append((inputs.module.work, join(inputs.module.root, "go.work")))
    file, path = max(found, key=lambda one: version_key(one[0].go))
    seen = _seen_from(path, folder)
    if not file.go_line:
        return Fact(value=file.go, source=f"{seen} names no version", certainty="assumed")
    return Fact(value=file.go, source=f"{seen}:{file.go_line}")


def _binaries(inputs: Inputs, folder: str) -> Iterator[Fact[GoBinary]]:
    taken: set[str] = set()
    for position, main in enumerate(inputs.group.mains):
        parts = _parts(inputs, folder, [main])
        serves = any(part.file.serves for part in parts)
        role = role_of(main.binary)
        process = role or (("web" if serves else "main") if not position else main.binary)
        process = main.binary if process in taken else process
        taken.add(process)
        package = inputs.module.at(main.folder)
        yield Fact(
            value=GoBinary(
                name=main.binary,
                package=_seen_from(package, inputs.module.root),
                process=process,
                serves=serves,
            ),
            source=_seen_from(package, folder) + "/",
            certainty="found",
        )


def _processes(procfile: str, binaries: Sequence[Fact[GoBinary]]) -> Iterator[Fact[ProcessFact]]:
    """The lines of the Procfile, and the programs that none of them is called like."""
    declared = tuple(_declared(procfile, binaries))
    names = {fact.value.name for fact in declared if not fact.value.note}
    yield from (fact for fact in map(_process, binaries) if fact.value.name not in names)
    yield from declared


def _declared(procfile: str, binaries: Sequence[Fact[GoBinary]]) -> Iterator[Fact[ProcessFact]]:
    """Every line of a Procfile: what it starts is one of the programs, wherever a build would put it."""
    if not procfile:
        return
    from lading.survey.python.processes import procfile as lines_of

    names = {fact.value.name for fact in binaries}
    for fact in lines_of(procfile).values():
        one = fact.value
        program = posixpath.basename(one.words[0]) if one.words else ""
        if program in names:
            yield msgspec.structs.replace(fact, value=msgspec.structs.replace(one, words=(program, *one.words[1:])))
        else:
            note = one.note or f"{one.words[0]} is none of its programs ({', '.join(sorted(names))})"
            yield msgspec.structs.replace(fact, value=msgspec.structs.replace(one, words=(), note=note))


def _process(binary: Fact[GoBinary]) -> Fact[ProcessFact]:
    one = binary.value
    by_hand = one.process == one.name and not one.serves and not role_of(one.name)
    return Fact(
        value=ProcessFact(name=one.process, words=(one.name,), by_hand=by_hand),
        source=binary.source,
        certainty=binary.certainty,
    )


def _port(parts: Sequence[Part], *, grpc: bool) -> Fact[int] | None:
    """The port: a service's own files before shared ones, the default of a variable before a call, and what is gRPC's
    by its name last, unless the service speaks nothing else."""
    http = any(part.file.routes for part in parts)
    found = [
        ((_is_grpc(sign) != (grpc and not http), not part.near, _KINDS.index(sign.kind), part.path, sign.line), sign)
        for part in parts
        for sign in part.file.listens
    ]
    if not found or not any(part.file.serves for part in parts):
        return None
    (_, _, _, path, line), sign = min(found, key=lambda one: one[0])
    return Fact(value=sign.port, source=f"{path}:{line}", certainty="found")


def _is_grpc(sign: Listening) -> bool:
    return "grpc" in sign.name.lower()


def _grpc(parts: Sequence[Part]) -> Fact[int] | None:
    """The port of gRPC's health service, where the service offers one."""
    offered = next((part for part in parts if part.file.grpc_health), None)
    if offered is None:
        return None
    signs = [
        ((not _is_grpc(sign), part.path != offered.path, not part.near, _KINDS.index(sign.kind)), sign.port)
        for part in parts
        for sign in part.file.listens
    ]
    source = f"{offered.path}:{offered.file.grpc_health}"
    return Fact(value=min(signs)[1] if signs else 0, source=source, certainty="found")


def _health(parts: Sequence[Part]) -> tuple[Fact[str], ...]:
    """The routes that tell of health, liveness first, each path once."""
    found: dict[str, tuple[tuple[int, bool, bool, int], Fact[str]]] = {}
    for part in parts:
        for route in part.file.routes:
            last = route.path.rstrip("/").rpartition("/")[2].lower()
            rank = (HEALTH_NAMES.index(last), not route.whole, not part.near, route.path.count("/"))
            certainty: Certainty = "found" if route.whole else "assumed"
            fact = Fact(value=route.path, source=f"{part.path}:{route.line}", certainty=certainty)
            if route.path not in found or rank < found[route.path][0]:
                found[route.path] = rank, fact
    return tuple(fact for _, fact in sorted(found.values(), key=lambda one: (one[0], one[1].value)))


def _readings(parts: Sequence[Part]) -> Iterator[Reading]:
    for part in parts:
        for read in part.file.env:
            yield Reading(read.name, read.default, read.required, (), f"{part.path}:{read.line}")


def _imported(parts: Sequence[Part]) -> Collection[str]:
    """The paths that are imported, and those above them: a driver is known by the start of its path."""
    paths = {one.path for part in parts for one in part.file.imports}
    return {path[:end] for path in paths for end in [*_slashes(path), len(path)]}


def _slashes(path: str) -> list[int]:
    return [place for place, letter in enumerate(path) if letter == "/"]


def _private(module: Module) -> Iterator[str]:
    """Modules of the same owner at the same host, that are not in the repository: likely nobody else may read them."""
    owner = "/".join(module.file.module.split("/")[:2])
    local = {old for old, _ in local_replacements(module)}
    if "/" in owner and "." in owner.partition("/")[0]:
        yield from sorted(
            path for path, _ in module.file.requires if path.startswith(f"{owner}/") and path not in local
        )


def _secrets(inputs: Inputs) -> tuple[str, ...]:
    looks, ignored = Patterns(SECRETS), Patterns(inputs.ignored)
    found = (path for path in sorted(inputs.paths) if looks.matches(path) and not ignored.matches(path))
    return tuple(path for path in found if not is_example(path))

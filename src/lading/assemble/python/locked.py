"""The packages that a lock brings to a target, in the form of a pylock.toml (PEP 751), whoever made the lock.

uv gives its own lock in that form. Locks of Poetry, PDM, Pipenv and pip name hashes and no addresses: uv is asked where
the index has each pinned release, and only files whose hash the lock has are taken.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from lading.assemble.python.indexes import index_environment, only_index
from lading.assemble.python.uv import Uv
from lading.assemble.python.wheels import MACHINES, Target
from lading.errors import LadingError, StepFailed, UsageError, VerificationFailed, raise_all
from lading.plan.model import PythonDependencies
from lading.survey.python.indexes import Indexes, read_indexes
from lading.survey.python.lockfacts import LockFacts, Markers, reached
from lading.survey.python.locks import read_lock, read_pins
from lading.survey.python.pins import Index, Pin
from lading.survey.python.requirementslist import Read
from lading.toolchain.markers import linux_environment

Package = Mapping[str, Any]


def packages_of(step: PythonDependencies, target: Target, *, read: Read, uv: Callable[[], Uv]) -> Sequence[Package]:
    """The packages of a step's lock for a target, each an entry of a pylock.toml. `read` gives source files.

    Raises `LadingError` for a lock that cannot be read, and for packages that the index does not have as they were
    locked.
    """
    match step.manager:
        case "uv":
            return [one for one in _parsed(uv().export(step)) if not _apart(one, step)]
        case "pylock":
            return _of_pylock(step, read)
        case "pip" if step.unhashed:
            return _of_list(step, target, read, uv())
        case _:
            return _of_pins(step, target, read, uv)


def _apart(package: Package, step: PythonDependencies) -> bool:
    """Whether a package is installed by a step of its own: the project itself, and those beside it."""
    from lading.survey.python.tables import normalised

    place = package.get("directory", {}).get("path", "")
    return place == "." or normalised(str(package.get("name", ""))) in step.apart


def _of_pylock(step: PythonDependencies, read: Read) -> Sequence[Package]:
    from lading.survey.python.pylockfile import default_groups, pylock_marker
    from lading.survey.python.tables import parsed

    lock, _ = parsed(read(step.lock) or b"")
    groups = {*default_groups(lock), *step.groups}
    return [
        {**one, "marker": pylock_marker(str(one.get("marker", "")), extras=step.extras, groups=groups)}
        for one in lock.get("packages", ())
        if not _apart(one, step)
    ]


def _of_list(step: PythonDependencies, target: Target, read: Read, uv: Uv) -> Sequence[Package]:
    """A list without hashes, and what its packages need: what the index offers now."""
    told = index_environment(read_indexes("pip", step.lock, read), uv.env, hashed=False)
    return _parsed(uv.told(told).resolve_list(step.lock.rpartition("/")[2], target))


def _of_pins(step: PythonDependencies, target: Target, read: Read, uv: Callable[[], Uv]) -> Sequence[Package]:
    facts = read_lock(step.manager, step.lock, read)
    if facts.broken:
        raise UsageError(f"the lock cannot be read: {facts.broken}", where=step.lock)
    pins = _wanted(step, target, facts, read_pins(step.manager, step.lock, read))
    placed = [_placed(pin) for pin in pins if pin.source]
    indexed = [pin for pin in pins if not pin.source]
    return [*placed, *_found(indexed, target, read_indexes(step.manager, step.lock, read), uv, where=step.lock)]


def _wanted(step: PythonDependencies, target: Target, facts: LockFacts, pins: Iterable[Pin]) -> list[Pin]:
    """The pins that the step's groups and extras bring to the target."""
    known = {(pin.name, pin.version): pin for pin in pins}
    ways = ("", *(f"group:{name}" for name in step.groups), *(f"extra:{name}" for name in step.extras))
    applies = Markers(target.minor, [linux_environment(MACHINES[target.platform], target.python)])
    nodes = [node for node in reached(facts, ways, applies) if not node.place]
    problems = [
        StepFailed(f"the lock says nothing of the files of {node.name} {node.version}", where=step.lock)
        for node in nodes
        if (node.name, node.version) not in known
    ]
    raise_all(problems)
    return sorted((known[node.name, node.version] for node in nodes), key=lambda pin: pin.name)


def _placed(pin: Pin) -> Package:
    """What comes from a place of its own."""
    found: dict[str, Any] = {"name": pin.name, "version": pin.version}
    if pin.source == "git":
        found["vcs"] = {"type": "git", "url": pin.place, "commit-id": pin.commit, "subdirectory": pin.subfolder}
    else:
        hashes = {"sha256": pin.digests[0].removeprefix("sha256:")} if len(pin.digests) == 1 else {}
        found["archive"] = {"url" if pin.source == "url" else "path": pin.place, "hashes": hashes}
    return found


def _found(
    pins: Sequence[Pin], target: Target, indexes: Indexes, uv: Callable[[], Uv], *, where: str
) -> Sequence[Package]:
    """Where the indexes have what was locked. What was locked from one index is asked for there and nowhere else."""
    by_index: dict[Index | None, list[Pin]] = {}
    for pin in pins:
        by_index.setdefault(pin.index, []).append(pin)
    found: list[Package] = []
    problems: list[LadingError] = []
    for index, some in by_index.items():
        asked = uv()
        told = only_index(index, asked.env) if index else index_environment(indexes, asked.env)
        listing = "".join(f"{pin.name}=={pin.version}\n" for pin in some)
        packages = {str(one.get("name")): one for one in _parsed(asked.told(told).locate(listing, target))}
        for pin in some:
            try:
                found.append(_as_locked(packages.get(pin.name, {}), pin, where))
            except LadingError as error:
                problems.append(error)
    raise_all(problems)
    return found


def _as_locked(package: Package, pin: Pin, where: str) -> Package:
    """A package with those of its files alone that the lock has hashes for."""
    digests = {digest.removeprefix("sha256:") for digest in pin.digests}
    sdist = package.get("sdist", {})
    wheels = [file for file in package.get("wheels", ()) if _sha256(file) in digests]
    if not wheels and _sha256(sdist) not in digests:
        raise VerificationFailed(
            f"the index has no file of {pin.name} {pin.version} with a hash that the lock has",
            where=where,
            fix="do not use what it has; if the release was replaced on purpose, lock again",
        )
    kept = {**package, "wheels": wheels}
    return kept if _sha256(sdist) in digests else {name: said for name, said in kept.items() if name != "sdist"}


def _sha256(file: Mapping[str, Any]) -> str:
    return str(file.get("hashes", {}).get("sha256", ""))


def _parsed(pylock: str) -> Sequence[Package]:
    import tomli

    found: Sequence[Package] = tomli.loads(pylock).get("packages", ())
    return found

"""What Debian's packages bring: programs and libraries, with all that they need. Data, made by `python -m
tools.packages` of the archive's own indexes.

A package's `Brings` is its own; `closure` goes on from there as apt does.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path

import msgspec

SUITES = ("bullseye", "bookworm", "trixie")
"""The releases that there is data of: those that public images still come with."""

DATA = Path(__file__).with_name("data")


class Brings(msgspec.Struct, frozen=True, array_like=True):
    """What one package has, each a list of names separated by blanks (most are never split).

    `programs` lie in `/usr/bin` unless they say otherwise (`usr/sbin/nginx`); `libraries` are those that the loader
    finds (`libpq.so.5`); `needs` and `recommends` are packages, of alternatives the one that apt takes. What every
    Debian has is not among them.
    """

    programs: str = ""
    libraries: str = ""
    needs: str = ""
    recommends: str = ""

    def program_paths(self) -> Iterator[str]:
        """Where its programs lie, from the root."""
        for name in self.programs.split():
            yield f"/{name}" if "/" in name else f"/usr/bin/{name}"


PackageData = Mapping[str, Brings]
"""The packages of a release, by name."""


@cache
def packages_of(suite: str) -> PackageData:
    """The data of a release by its code name; of one that is not known, nothing."""
    if suite not in SUITES:
        return {}
    return msgspec.json.decode((DATA / f"debian-{suite}.json").read_bytes(), type=dict[str, Brings])


def closure(data: PackageData, names: Iterable[str], *, recommended: bool, without: Collection[str] = ()) -> list[str]:
    """The packages that come with `names`, themselves among them, as far as the data knows them; sorted.

    `without` are those that are there already, and what only these need is not looked for.
    """
    found: set[str] = set()
    waiting = [name for name in names if name in data]
    while waiting:
        name = waiting.pop()
        if name in found or name in without:
            continue
        found.add(name)
        one = data[name]
        waiting += [next_ for next_ in one.needs.split() if next_ in data]
        if recommended:
            waiting += [next_ for next_ in one.recommends.split() if next_ in data]
    return sorted(found)

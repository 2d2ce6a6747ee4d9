"""What is expected of an image, what is known of it, and what follows."""

import msgspec

from lading.digest import Digest
from lading.prove.audit import Audit
from lading.prove.comparison import Comparison
from lading.prove.requirement import Requirement
from lading.prove.verify import Verification


class Pinned(msgspec.Struct, frozen=True, kw_only=True):
    """What a lock holds for a plan: in words what is pinned by its hash, what it lacks, and whether the project's own
    lock has packages without one."""

    told: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    unhashed: bool = False


class Expected(msgspec.Struct, frozen=True, kw_only=True):
    """What the strategy and the plan promise of an image; nothing, or empty, where they do not say.

    `stages` are the names of all stages in order, `base` is what the image stands on in words, `closed` whether such a
    base has no shell. `budget` is in bytes on disk. `serves`: it listens for requests.
    `waived` are requirements that are not made, by their ids, each with its reason.
    """

    service: str = ""
    stages: tuple[str, ...] = ()
    base: str = ""
    closed: bool | None = None
    user: str = ""
    budget: int | None = None
    port: int | None = None
    serves: bool = False
    labels: tuple[tuple[str, str], ...] = ()
    platforms: tuple[str, ...] = ()
    pinned: Pinned | None = None
    waived: tuple[tuple[str, str], ...] = ()


class Scan(msgspec.Struct, frozen=True, kw_only=True):
    """What a scanner found: how many known vulnerabilities of the severities that count, by severity."""

    tool: str
    found: tuple[tuple[str, int], ...]


class Rebuilt(msgspec.Struct, frozen=True, kw_only=True):
    """The digest of a second build in an empty store, and whether it is that of the first."""

    digest: Digest
    same: bool


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """What was found out. `unseen` says why nobody has run the image, `unscanned` why nobody has scanned it.

    `platforms` are those that there is an image for.
    """

    name: str
    audit: Audit
    platforms: tuple[str, ...]
    verification: Verification | None = None
    unseen: str = ""
    scan: Scan | None = None
    unscanned: str = ""
    rebuilt: Rebuilt | None = None
    against: str = ""
    comparison: Comparison | None = None


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """A part of an image (a layer, by what it holds) and its bytes on disk and compressed."""

    name: str
    unpacked: int
    size: int


class Waived(msgspec.Struct, frozen=True, kw_only=True):
    """A requirement that is not made, and why."""

    requirement: Requirement
    reason: str


class Compliance(msgspec.Struct, frozen=True, kw_only=True):
    """A proven image: what is asked of it and what became of that, and what it takes. `against` names the image that it
    is compared with."""

    name: str
    manifest: Digest
    platform: str
    requirements: tuple[Requirement, ...]
    waived: tuple[Waived, ...]
    parts: tuple[Part, ...]
    against: str = ""
    comparison: Comparison | None = None

    @property
    def unmet(self) -> tuple[Requirement, ...]:
        """What is not met."""
        return tuple(row for row in self.requirements if row.status == "not met")

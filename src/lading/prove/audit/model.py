"""What an audit is given, and what it gives: findings, and the facts that were measured on the way."""

from collections.abc import Mapping

import msgspec

from lading.digest import Digest
from lading.finding import Finding
from lading.prove.size import ImageSize


class Ignored(msgspec.Struct, frozen=True, kw_only=True):
    """What a team has decided to live with: findings of one rule, all or those at some paths of the image (patterns as
    in .dockerignore: `usr/bin/*`). `reason` is for people."""

    rule: str
    reason: str
    paths: tuple[str, ...] = ()


class Expectations(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of an image beside the image itself.

    `budget` is in bytes on disk. `base` are the layers' identities (diffIDs) of the image that it stands on, in order.
    `epoch` is the time that everything in it should have, in seconds since 1970. `health` says whether it must have a
    health check: a worker or a tool has none.
    """

    budget: int | None = None
    base: tuple[Digest, ...] = ()
    epoch: int | None = None
    health: bool = False
    ignore: tuple[Ignored, ...] = ()


class User(msgspec.Struct, frozen=True, kw_only=True):
    """Whom the image runs as: what its configuration says (`65532:65532`, `app`, nothing), and the numbers that this
    means, where they can be known."""

    said: str
    uid: int | None
    gid: int | None

    @property
    def numeric(self) -> bool:
        """Whether the user is named by number, as Kubernetes needs it to tell that it is not root."""
        return self.said.partition(":")[0].isdecimal()


class Linking(msgspec.Struct, frozen=True, kw_only=True):
    """Link closure in figures: programs and libraries looked at, how many of them are linked dynamically, the libraries
    that they need (each once a file), and how many needs are not met."""

    files: int
    dynamic: int
    needs: int
    unmet: int


class Modules(msgspec.Struct, frozen=True, kw_only=True):
    """Python modules in figures: sources, those with bytecode that the image's Python takes without reading the source
    or compiling (`ready`), and those whose bytecode is another's or out of date."""

    sources: int
    ready: int
    stale: int


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What was measured. Paths are absolute in the image, sizes in bytes on disk.

    `base_layers` says how many of the first layers are the base's, and `base_known_by` how that is known; 0 and empty
    where nothing tells. `wasted` are bytes that later layers hide. `program` and `health_program` are the files that
    are started, where they could be found; `writable` counts the files that the image's user could change.
    `secrets` counts what was found by content, also in what later layers remove.
    """

    size: ImageSize
    base_layers: int
    base_known_by: str
    wasted: int
    user: User
    workdir: str
    command: tuple[str, ...]
    program: str
    health: tuple[str, ...]
    health_program: str
    stop_signal: str
    ports: tuple[str, ...]
    labels: Mapping[str, str]
    created: str
    shells: tuple[str, ...]
    managers: tuple[str, ...]
    tools: tuple[str, ...]
    development: tuple[str, ...]
    privileged: tuple[str, ...]
    writable: int
    secrets: int
    linking: Linking
    modules: Modules


class Accepted(msgspec.Struct, frozen=True, kw_only=True):
    """A finding that does not count, and why."""

    finding: Finding
    reason: str


class Audit(msgspec.Struct, frozen=True, kw_only=True):
    """An audited image: the worst findings first, those that do not count, and the facts."""

    findings: tuple[Finding, ...]
    accepted: tuple[Accepted, ...]
    facts: Facts

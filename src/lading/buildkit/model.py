"""What BuildKit is asked for, as values."""

from pathlib import Path
from typing import Literal

import msgspec

Provenance = Literal["false", "true", "min", "max"]
Export = Literal["layout", "registry"]
"""Where a result goes: into an OCI layout on this machine, or from the builder straight into a registry."""


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """What a person decides of BuildKit's own, for all services of a command.

    `cache` is a registry's repository below which every service keeps its cache; the texts of `cache_from`, `cache_to`,
    `secrets`, `ssh` and `contexts` are in buildx's own syntax
    (https://docs.docker.com/reference/cli/docker/buildx/build/).
    """

    builder: str = ""
    network: str = ""
    cache: str = ""
    cache_from: tuple[str, ...] = ()
    cache_to: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()
    ssh: tuple[str, ...] = ()
    contexts: tuple[str, ...] = ()
    provenance: Provenance = "false"
    sbom: str = "false"


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """One image to be built for all its platforms.

    `dockerfile` and `ignore` are texts; no `ignore` means that the context's own `.dockerignore` counts. `file` is what
    messages call the Dockerfile, `own` whether a team keeps it itself, `context` the absolute folder. `labels` are
    those that the Dockerfile does not set. `mtime` is the time of everything made, in seconds since 1970.
    """

    service: str
    image: str
    dockerfile: str
    ignore: str | None
    file: str
    own: bool = False
    context: Path
    platforms: tuple[str, ...]
    labels: tuple[tuple[str, str], ...] = ()
    compression: Literal["gzip", "zstd"] = "gzip"
    mtime: int = 0

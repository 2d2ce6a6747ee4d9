"""Which images of public registries stand for the bases of a plan, and for the tools that build on them. Data.

Lading assembles `distroless` and `slim` from Debian's packages; a Dockerfile starts from the images that others publish
of the same packages:

- distroless Python: https://github.com/GoogleContainerTools/distroless/blob/main/README.md. One Python for each Debian
  release, Debian's own, at `/usr/bin/python3.N`; so what is built for it is built on that Debian.
- `python:3.N-slim-SUITE`: https://hub.docker.com/_/python. Python at `/usr/local/bin/python3.N`.
- static distroless: the same packages without any C library. What an image of packages adds is unpacked onto it.
- `debian:SUITE-slim`: https://hub.docker.com/_/debian. A shell and apt, no Python.
- distroless Node: one image for each release line and Debian release, node at `/nodejs/bin/node`.
- `node:LINE-SUITE-slim`: https://hub.docker.com/_/node. node at `/usr/local/bin/node`, with npm.
- uv: https://docs.astral.sh/uv/guides/integration/docker/. One program, in an image with nothing else.
"""

from collections.abc import Iterable, Mapping
from typing import Literal

import msgspec

from lading.lock.model import Pins
from lading.plan.bases import SLIM, debian_base, node_base
from lading.plan.model import Base, DebianBase, ImageBase, NodeProgram, Plan, ScratchBase, ToolchainBase

DISTROLESS: Mapping[str, str] = {
    "trixie": "gcr.io/distroless/python3-debian13:nonroot",
    "bookworm": "gcr.io/distroless/python3-debian12:nonroot",
}
"""Google's Python image of each Debian release."""
STATIC: Mapping[str, str] = {
    "trixie": "gcr.io/distroless/static-debian13:nonroot",
    "bookworm": "gcr.io/distroless/static-debian12:nonroot",
}
"""Google's image of each Debian release with nothing that runs."""
IN_STATIC = frozenset({"base-files", "ca-certificates", "netbase", "tzdata"})
IN_SLIM = frozenset({*SLIM, "base-files", "libc-bin", "tzdata"})
"""Packages that those images, and `debian:SUITE-slim`, have."""
DISTROLESS_ACCOUNTS: Mapping[int, str] = {0: "root", 65532: "nonroot", 65534: "nobody"}
"""The users (and groups of the same numbers) that those images know by name."""
UV = "ghcr.io/astral-sh/uv"
UNLOCKED_UV = "0.13"
"""The version of uv where no lock says another: the newest minor one that Lading was tested with."""


class PublicBase(msgspec.Struct, frozen=True, kw_only=True):
    """The images that stand for a base. What `build` makes fits `runtime`: the same distribution, the same Python.

    `interpreter` is the Python's path in both; `python` names the Debian package that has it where the build image
    lacks it; `shell` says whether the runtime image has one, with apt. `unpacks`: further packages are unpacked in a
    stage of their own, without their maintainer scripts, and not installed by apt.
    """

    build: str
    runtime: str
    interpreter: str
    python: str = ""
    shell: bool = True
    unpacks: bool = False


def public_of(plan: Plan) -> PublicBase:
    """The public images of what a plan's image stands on. A base for node stands for the images that have one."""
    base = plan.runtime.base
    line = next((step.node for step in plan.runtime.steps if isinstance(step, NodeProgram)), "")
    if not line or not isinstance(base, DebianBase):
        return public_base(base)
    image = node_image(line, base.suite)
    if base.name == "slim":
        return PublicBase(build=image, runtime=image, interpreter=base.interpreter)
    distroless = f"gcr.io/distroless/nodejs{line}-debian{RELEASES[base.suite]}:nonroot"
    return PublicBase(build=image, runtime=distroless, interpreter=base.interpreter, shell=False, unpacks=True)


def node_image(line: str, suite: str) -> str:
    """The official image of a release line of node, with npm, on a Debian release."""
    return f"node:{line}-{suite}-slim"


RELEASES: Mapping[str, int] = {"trixie": 13, "bookworm": 12}
"""The numbers of Debian's releases."""


def public_base(base: Base) -> PublicBase:
    """The public images of a base, by tag."""
    match base:
        case ScratchBase():
            return PublicBase(build="scratch", runtime="scratch", interpreter="", shell=False)
        case ToolchainBase():
            raise AssertionError("a toolchain does not ship")
        case ImageBase():
            return PublicBase(build=base.reference, runtime=base.reference, interpreter=base.interpreter)
        case DebianBase(interpreter="", name="slim"):
            image = f"debian:{base.suite}-slim"
            return PublicBase(build=image, runtime=image, interpreter="", unpacks=True)
        case DebianBase(interpreter=""):
            return PublicBase(
                build=f"debian:{base.suite}-slim",
                runtime=STATIC[base.suite],
                interpreter="",
                shell=False,
                unpacks=True,
            )
        case DebianBase(name="distroless"):
            return PublicBase(
                build=f"debian:{base.suite}-slim",
                runtime=DISTROLESS[base.suite],
                interpreter=base.interpreter,
                python=base.interpreter.rpartition("/")[2],
                shell=False,
                unpacks=True,
            )
        case DebianBase():
            python = minor_of(base)
            image = f"python:{python}-slim-{base.suite}"
            return PublicBase(build=image, runtime=image, interpreter=f"/usr/local/bin/python{python}")


def minor_of(base: DebianBase) -> str:
    """The Python (`major.minor`) of a Debian base."""
    return base.interpreter.rpartition("python")[2]


def extra_packages(base: Base, pins: Pins | None) -> tuple[str, ...]:
    """The Debian packages of a base that its plain form does not have: a team's own, libraries that were found, and
    those that the lock has for packages that are linked with them."""
    if not isinstance(base, DebianBase):
        return ()
    key = (base.suite, tuple(sorted(base.roots)), tuple(sorted(base.without)))
    sets = (one for one in (pins.sets if pins else ()) if (one.suite, one.roots, one.without) == key)
    return tuple(sorted({*_beside_plain(base), *(name for one in sets for name in one.also)}))


def _beside_plain(base: DebianBase) -> tuple[str, ...]:
    if not base.interpreter:
        if base.name == "static":
            return tuple(sorted(set(base.roots) - IN_STATIC))
        there = IN_SLIM if base.name == "slim" else IN_STATIC
        return tuple(sorted(set(base.roots) - there)) or base.roots
    kind: Literal["distroless", "slim"] = "slim" if base.name == "slim" else "distroless"
    node = base.interpreter.endswith("/node")
    plain = node_base(kind, base.interpreter) if node else debian_base(kind, minor_of(base))
    return tuple(sorted(set(base.roots) - set(plain.roots)))


def pinned(reference: str, pins: Pins | None, platforms: Iterable[str]) -> str:
    """An image by tag, and by digest where the lock has one for it (`name:tag@sha256:…`)."""
    digest = digest_of_image(reference, pins, platforms)
    return f"{reference}@{digest}" if digest and "@" not in reference else reference


def digest_of_image(reference: str, pins: Pins | None, platforms: Iterable[str]) -> str:
    """What the lock says that a tag stands for, on all platforms together; nothing where it does not say."""
    found = (pins.base(reference, platform) for platform in platforms) if pins else ()
    return next((pin.digest for pin in found if pin), "")


def uv_image(pins: Pins | None, platforms: Iterable[str]) -> str:
    """uv, in the version that the lock has."""
    version = next((pin.version for pin in pins.tools if pin.name == "uv"), UNLOCKED_UV) if pins else UNLOCKED_UV
    return pinned(f"{UV}:{version}", pins, platforms)

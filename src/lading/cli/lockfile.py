"""`lading.lock` on disk: where it is, reading it, making it, writing it whole or not at all."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from lading.cli.context import Context
from lading.errors import Problems, StepFailed, UsageError
from lading.place import temporary_name

if TYPE_CHECKING:
    from lading.cli.project import Project
    from lading.lock.model import Pins
    from lading.lock.sources import PinSources
    from lading.plan.model import Plan

LOCK_NAME = "lading.lock"
"""Beside lading.toml, at the root of the project."""
LARGEST_LOCK = 8 << 20
"""Bytes. A lock of hundreds of services has less than one MB."""
OLD = 60
"""Seconds after which an unfinished lock is what a killed process left: writing one takes milliseconds."""


class Locked(NamedTuple):
    """A lock that was just made: what was there before (nothing without a readable one), and what is there now."""

    before: "Pins | None"
    after: "Pins"


def read_pins(root: Path) -> "Pins | None":
    """The lock of a project, or nothing when there is none. `UsageError` (or several) for one that cannot be used."""
    path = root / LOCK_NAME
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST_LOCK + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise UsageError(f"cannot read the lock: {error.strerror or error}", where=str(path)) from error
    if len(data) > LARGEST_LOCK:
        raise UsageError(f"the lock is larger than {LARGEST_LOCK} bytes", where=str(path), fix="lading lock --upgrade")
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise UsageError("the lock is not UTF-8 text", where=str(path), fix="lading lock --upgrade") from error
    from lading.lock.file import read_lock

    return read_lock(text.replace("\r\n", "\n"), path)


def write_pins(root: Path, pins: "Pins") -> bool:
    """Write the lock, atomically; whether that changed the file. Raises `StepFailed`."""
    from lading.lock.file import write_lock
    from lading.whole import write_whole

    path, data = root / LOCK_NAME, write_lock(pins).encode()
    try:
        if path.is_file() and path.read_bytes() == data:
            return False
        _remove_leftovers(root)
        write_whole(path, (data,))
    except OSError as error:
        raise StepFailed(
            f"cannot write the lock: {error.strerror or error}",
            where=str(path),
            fix="make the folder writable, or free space on its disk",
        ) from error
    return True


def _remove_leftovers(root: Path) -> None:
    """Remove what killed writers left."""
    for path in root.glob(temporary_name(LOCK_NAME, "*")):
        if time.time() - path.lstat().st_mtime > OLD:
            path.unlink(missing_ok=True)


def lock_again(
    project: "Project", context: Context, platforms: Sequence[str] = (), *, debug_shell: bool = False
) -> "Pins":
    """Make and write a lock for all services here, keeping what a lock that is there has. See `relock`."""
    return relock(project, context, platforms=platforms, debug_shell=debug_shell).after


def relock(
    project: "Project",
    context: Context,
    *,
    services: Sequence[str] = (),
    platforms: Sequence[str] = (),
    upgrade: bool = False,
    debug_shell: bool = False,
    images: bool = False,
) -> Locked:
    """Make and write the project's lock, for `platforms` beside those of the strategy and those that it has already.

    With `services`, or below the project's root, what these services need is added and nothing is dropped: the others
    were not looked at. With `debug_shell` the shell of debug variants is pinned too, and kept from then on; with
    `images` the public images that rendered Dockerfiles start from. With `upgrade` everything is resolved anew (these
    images only with both), and a lock that cannot be read is no hindrance.
    """
    from lading.cli.locking import complete_lock
    from lading.lock.model import Pins
    from lading.lock.request import joined, on_known_platforms, request_of, request_of_pins

    try:
        before = read_pins(project.root)
    except (UsageError, Problems):
        if not upgrade:
            raise
        before = None
    plans = _also_for(project.plans(services), platforms)
    request = request_of(_with_shells(plans, before, debug_shell))
    if before:
        request = on_known_platforms(request, before)
    if before and (services or project.here != "."):
        request = joined([request_of_pins(before), request])
    after = complete_lock(project, context, request, plans, before=before, upgrade=upgrade)
    if images or (before and before.bases):
        from lading.cli.public_images import with_public_images

        known = before or Pins()
        after = with_public_images(project, context, plans, after, before=known, asked=images, upgrade=upgrade)
    write_pins(project.root, after)
    return Locked(before, after)


def _with_shells(plans: "Sequence[Plan]", before: "Pins | None", asked: bool) -> "Sequence[Plan]":
    """The plans, or their debug variants where somebody asks for these or the lock has what they need."""
    from lading.lock.request import has_debug_shell
    from lading.plan.debug import with_debug_shell

    debug = [with_debug_shell(plan) for plan in plans]
    return debug if asked or (before and any(has_debug_shell(before, plan) for plan in debug)) else plans


def _also_for(plans: "Sequence[Plan]", platforms: Sequence[str]) -> "Sequence[Plan]":
    import msgspec

    return [
        msgspec.structs.replace(plan, platforms=tuple(dict.fromkeys((*plan.platforms, *platforms)))) for plan in plans
    ]


def pin_sources(project: "Project", context: Context) -> "PinSources":
    """Where pins come from. Nothing is opened before it is needed."""
    from lading.cli.outside import mirrors_of, registry_of
    from lading.lock.sources import PinSources

    return PinSources(
        root=project.root,
        store=context.store,
        http=lambda: context.http,
        runner=lambda: context.runner,
        mirrors=lambda: mirrors_of(context, project),
        registry=lambda: registry_of(context),
        env=context.env,
        now=context.now,
        keys=_keys(context),
        note=context.note,
    )


def _keys(context: Context) -> tuple[bytes, ...]:
    """Debian's archive keys, or those in the file that `LADING_DEBIAN_KEYS` names: for a mirror that signs its own
    release files."""
    from lading.debian.release import archive_keys

    path = context.env.get("LADING_DEBIAN_KEYS")
    if not path:
        return archive_keys()
    try:
        return (Path(path).read_bytes(),)
    except OSError as error:
        raise UsageError(
            f"cannot read the keys of the Debian mirror: {error.strerror or error}",
            where=f"LADING_DEBIAN_KEYS={path}",
            fix="name a file of OpenPGP certificates, or unset it to trust Debian's own keys",
        ) from error

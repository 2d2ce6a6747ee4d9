"""Where a built image goes beside the store: a layout, an archive, a registry, Docker or Podman."""

import argparse
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from threading import Thread
from typing import TYPE_CHECKING, Literal

import msgspec

from lading.assemble.result import BuildReport, Listener, StepBegan, StepEnded, StepMoved
from lading.assemble.stored import open_stored
from lading.cli.context import Context
from lading.cli.outside import registry_of
from lading.digest import Digest
from lading.errors import UsageError

if TYPE_CHECKING:
    from lading.assemble.sources import OutsideSources
    from lading.oci.model import Image, Index

REMEMBERED_PUSHES = 16
"""How many repositories are remembered for what they have: enough for the services of one registry to mount from."""


def deliver(
    digest: Digest,
    report: BuildReport,
    args: argparse.Namespace,
    *,
    context: Context,
    sources: "OutsideSources",
    listener: Listener,
) -> BuildReport:
    """Take the image wherever the command line says; the report, with each place in words."""
    began = time.perf_counter()
    names = names_of(report, args.tag or ())
    content = open_stored(context.store, digest, sources.remote_layer)
    told: list[str] = []
    for path in args.output or ():
        with _timed("write", listener):
            told.append(_write(path, names, content, context))
    if args.load:
        with _timed("load", listener) as moved:
            told += _load(names, content, context, moved)
    if args.push:
        with _timed("push", listener) as moved:
            told += [_push(name, content, context, moved) for name in names]
    return msgspec.structs.replace(
        report, delivered=(*report.delivered, *told), seconds=report.seconds + time.perf_counter() - began
    )


def prepare_push() -> None:
    """Import what a push needs, on a thread, while the build waits for an interpreter: HTTP takes 25 ms to import."""

    def work() -> None:
        import http.client  # noqa: F401  # what the others import when they need it

        import lading.oci.push
        import lading.oci.registry
        import lading.report.text  # noqa: F401

    Thread(target=work, name="lading-prepare-push", daemon=True).start()


def names_of(report: BuildReport, tags: Sequence[str]) -> list[str]:
    """The names that an image gets: a tag by itself goes behind the image's own name, a whole name stays as it is.

    Without tags it is the project's version, else `latest`. `UsageError` for what cannot be a name.
    """
    return names_for(report.image, report.version, tags)


def names_for(image: str, version: str, tags: Sequence[str]) -> list[str]:
    """See `names_of`."""
    return list(dict.fromkeys(whole_name(image, tag) for tag in tags or (version or "latest",)))


def whole_name(image: str, tag: str) -> str:
    """The name that a tag gives an image. `UsageError` for what cannot be one."""
    from lading.oci.references import parse_reference

    whole = tag if ":" in tag or "/" in tag else f"{image}:{tag}"
    if parse_reference(whole).digest:
        raise UsageError("an image is tagged with a name, not with a digest", where=f"--tag {tag}")
    return whole


Moved = Callable[[int], None]


@contextmanager
def _timed(step: Literal["push", "load", "write"], listener: Listener) -> Iterator[Moved]:
    """Tell of a delivery; what it yields is called with the number of bytes that have moved since the last call."""
    began, total = time.perf_counter(), 0

    def moved(count: int) -> None:
        nonlocal total
        total += count
        listener(StepMoved(step=step, platform="", doing=step, done=total, total=0, unit="bytes"))

    listener(StepBegan(step=step, platform=""))
    yield moved
    listener(StepEnded(step=step, platform="", reused=False, seconds=time.perf_counter() - began))


def _write(path: str, names: Sequence[str], content: "Image | Index", context: Context) -> str:
    target = context.cwd / path
    images = dict.fromkeys(names, content)
    if path.endswith(".tar"):
        from lading.oci.archive import write_archive

        write_archive(target, images)
        return f"wrote the archive {path}"
    if target.exists() and not target.is_dir():
        raise UsageError("an OCI layout is a folder, and this is a file", where=path, fix="end the name with .tar")
    from lading.oci.layout import write_layout

    write_layout(target, images)
    return f"wrote the OCI layout {path}"


def _push(name: str, content: "Image | Index", context: Context, moved: Moved) -> str:
    from lading.oci.push import Pushed
    from lading.report.text import count, size

    known = context.store.get_state("pushed", list[Pushed]) or []
    done = registry_of(context).push(name, content, moved=moved, known=known)
    kept = [done.pushed, *(one for one in known if one.repository != done.pushed.repository)]
    if kept != known:
        context.store.put_state("pushed", kept[:REMEMBERED_PUSHES])
    parts = [f"sent {size(done.bytes_sent)}"]
    if done.blobs_present:
        parts.append(f"{count(done.blobs_present, 'blob')} there already")
    if done.blobs_mounted:
        parts.append(f"{count(done.blobs_mounted, 'blob')} mounted")
    return f"pushed {name} ({', '.join(parts)})"


def _load(names: Sequence[str], content: "Image | Index", context: Context, moved: Moved) -> list[str]:
    from lading.oci.load import load

    return [load(content, name, runner=context.runner, env=context.env, moved=moved).told for name in names]

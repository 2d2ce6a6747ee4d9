"""What `lading prove` finds out of one image: it is read, run, scanned, built again, and compared with another one."""

import argparse
from typing import TYPE_CHECKING

from lading.cli import watched
from lading.cli.context import Context
from lading.errors import Unavailable, UsageError

if TYPE_CHECKING:
    from lading.cli.images import Found
    from lading.cli.watched import Known
    from lading.oci.model import Image
    from lading.prove.audit import Audit
    from lading.prove.comparison import Comparison
    from lading.prove.compliance import Evidence, Expected, Rebuilt, Scan
    from lading.prove.verify import Verification


def evidence_of(
    found: "Found", known: "Known | None", args: argparse.Namespace, context: Context, *, where: str
) -> "Evidence":
    """Everything that the command line asks for. `where` is the image as it was named, or the folder of its repository.

    Raises what reading, scanning or building raises; a runtime that is not there is no error.
    """
    from lading.cli.images import choose
    from lading.oci.partial import images_of, platform_of
    from lading.prove.compliance import Evidence

    image = choose(found, None)
    context.note(f"{found.name} is read")
    audited = _audit(image, known, where, context)
    verification, unseen = _verification(found, known, args, context)
    scan, unscanned = _scan(image, context)
    against, comparison = _comparison(image, audited, args, context)
    return Evidence(
        name=known.strategy.service if known else found.name,
        audit=audited,
        platforms=tuple(str(platform_of(one)) for _, one in images_of(found.content)),
        verification=verification,
        unseen=unseen,
        scan=scan,
        unscanned=unscanned,
        rebuilt=_rebuilt(known, context) if args.rebuild else None,
        against=against,
        comparison=comparison,
    )


def promised(known: "Known") -> "Expected":
    """What the plan, the strategy and the lock of a service promise."""
    from lading.cli.lockfile import read_pins
    from lading.prove.compliance import expected_of

    return expected_of(known.planned.plan, known.strategy, read_pins(known.root))


def _audit(image: "Image", known: "Known | None", where: str, context: Context) -> "Audit":
    """The audit, without what the team has decided to live with. The budget is a requirement of its own."""
    from lading.cli.audit import decided, ignored_of
    from lading.cli.outside import mtime_of
    from lading.prove.audit import Expectations, audit

    expected = Expectations(
        epoch=mtime_of(context.env),
        health=bool(known and known.planned.plan.config.health),
        ignore=ignored_of(decided(context, where).strategy.audit),
    )
    with context.store.scratch() as folder:
        return audit(image, expected, folder=folder)


def _verification(
    found: "Found", known: "Known | None", args: argparse.Namespace, context: Context
) -> "tuple[Verification | None, str]":
    """What was seen of it, or why it was not run."""
    from lading.cli.verify import watch
    from lading.oci.partial import images_of, platform_of
    from lading.prove.container import machine

    if args.static:
        return None, "it was only read (--static)"
    own = machine()
    offered = [platform_of(image) for _, image in images_of(found.content)]
    if not any((one.os, one.architecture) == (own.os, own.architecture) for one in offered):
        return None, f"this machine is {own}"
    try:
        return watch(watched.subject_of(found, known, args, context), args, context), ""
    except Unavailable as error:
        return None, error.what.replace("\n  |", ":", 1).replace("\n  |", ",")


def _scan(image: "Image", context: Context) -> "tuple[Scan | None, str]":
    from lading.prove.compliance.scan import SCANNER, scan, scanner

    if not scanner():
        return None, f"{SCANNER} is not installed"
    with context.store.scratch() as folder:
        return scan(image, folder, runner=context.runner), ""


def _comparison(
    image: "Image", audited: "Audit", args: argparse.Namespace, context: Context
) -> "tuple[str, Comparison | None]":
    from lading.cli.compared import asked, other_image
    from lading.cli.images import choose
    from lading.oci.partial import platform_of
    from lading.prove.comparison import compare
    from lading.prove.size import measure

    building = comparing(args)
    if not asked(building):
        return "", None
    platform = platform_of(image)
    with other_image(building, context, platform) as other:
        return other.name, compare(audited.facts.size, measure(choose(other, str(platform))))


def comparing(args: argparse.Namespace) -> argparse.Namespace:
    """The flags as `lading size` has them: the network is that of the other image's build only where one is built."""
    network = args.network if args.compare_dockerfile and args.network == "host" else ""
    return argparse.Namespace(**{**vars(args), "network": network})


def _rebuilt(known: "Known | None", context: Context) -> "Rebuilt":
    """The same service, built by this very program in a store with nothing in it."""
    import sys

    from lading.digest import parse_digest
    from lading.prove.compliance import Rebuilt

    if known is None:
        raise UsageError("only a service of the repository here can be built again", where="--rebuild")
    service = known.strategy.service
    context.note(f"{service} is built again")
    words = [sys.executable, "-m", "lading", "build", service, "--locked", "--quiet", "-C", str(known.root)]
    with context.store.scratch() as folder:
        done = context.runner.check(
            words,
            what=f"{service} cannot be built again",
            env={"LADING_STORE": str(folder)},
            fix=f"lading build {service}",
        )
    digest = parse_digest(done.out.split()[-1], where="lading build --quiet")
    return Rebuilt(digest=digest, same=digest == context.store.image(known.strategy.image))

"""`lading prove`: audits an image, runs it, and holds it against the strategy."""

import argparse
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from lading.cli import watched
from lading.cli.context import Context
from lading.cli.images import IMAGE_HELP
from lading.errors import EXIT_DONE, StrategyNotMet, Unavailable, UsageError, raise_all

if TYPE_CHECKING:
    from lading.assemble.result import BuildReport
    from lading.cli.images import Found
    from lading.cli.watched import Known
    from lading.oci.model import Image
    from lading.prove.audit import Audit
    from lading.prove.comparison import Comparison
    from lading.prove.compliance import Evidence, Expected, Rebuilt, Scan
    from lading.prove.verify import Verification
    from lading.report.proof_findings import Proof

HELP = "audit an image, run it, and hold it against the strategy"
FORMATS = ("text", "markdown", "json", "html", "sarif", "junit")
TO_OUTPUT = "-"
"""Where a decision record goes when no path is said."""
EPILOG = """\
Each requirement is met, not met, or not looked at, with its evidence. The exit
code is 1 when one is not met. A requirement that the team does not make is
waived in lading.toml, with its reason: [prove] waive = { any-user = "…" }."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flags of `lading prove`."""
    parser.add_argument(
        "images",
        nargs="*",
        metavar="IMAGE",
        help=f"{IMAGE_HELP}; docker-daemon:NAME is one in Docker (default: every service here)",
    )
    parser.add_argument("--format", choices=FORMATS, default="text", help="how the proof is printed")
    parser.add_argument("-o", "--output", metavar="PATH", help="write it into a file instead")
    parser.add_argument(
        "--adr", nargs="?", const=TO_OUTPUT, metavar="PATH", help="write a decision record of what was measured, too"
    )
    parser.add_argument("--static", action="store_true", help="only read the image, do not run it")
    parser.add_argument("--rebuild", action="store_true", help="build the service again in an empty store, and compare")
    watched.arguments(parser)
    group = parser.add_argument_group("another image to compare with")
    which = group.add_mutually_exclusive_group()
    which.add_argument("--compare", metavar="OTHER", help="an image, named as above")
    which.add_argument(
        "--compare-dockerfile", metavar="PATH", help="the image of a Dockerfile, which BuildKit builds for it"
    )
    group.add_argument("--context", metavar="PATH", help="the folder it is built in (default: the Dockerfile's)")
    group.add_argument("--build-context", action="append", metavar="NAME=SOURCE", help="a named context of the build")
    group.add_argument("--builder", metavar="NAME", help="the builder of buildx")
    parser.epilog = EPILOG


def run(args: argparse.Namespace, context: Context) -> int:
    """Prove them all, tell everything, and raise `StrategyNotMet` when a requirement of one is not met."""
    from lading.cli.compared import asked

    if asked(_comparing(args)) and len(args.images) != 1:
        raise UsageError("one image is compared with another one", fix="name one IMAGE")
    proofs = [prove(name, args, context) for name in args.images or every_service(context)]
    tell(proofs, args, context)
    refuse(proofs)
    return EXIT_DONE


def prove_built(reports: "Sequence[BuildReport]", path: str | None, context: Context) -> None:
    """Prove what was just built, as `lading prove` does without flags. `path` is where the repository is."""
    import sys

    from lading.cli.arguments import parse

    args = parse("prove", sys.modules[__name__], [])
    if args is None:
        raise AssertionError("a command line without a word asks for no help")
    proofs = [prove(report.service, args, context, path=path, stored=report.image) for report in reports]
    context.print("")
    tell(proofs, args, context)
    refuse(proofs)


def every_service(context: Context) -> tuple[str, ...]:
    """The names of all services here that have something to start."""
    from lading.cli.project import load_project

    return tuple(plan.service for plan in load_project(context).plans())


def prove(
    name: str, args: argparse.Namespace, context: Context, *, path: str | None = None, stored: str = ""
) -> "Proof":
    """Everything that is found out of one image, and what follows from it. `path` is where the repository is, `stored`
    the image's name in the store where that is known."""
    from lading.cli.compared import image_of
    from lading.prove.compliance import Expected, compliance

    known = watched.known_of(context, name, path)
    if known:
        check_waived(known)
    with image_of(context, stored or name) as found:
        evidence = _evidence(found, known, args, context, where=path or name)
    return compliance(_expected(known) if known else Expected(), evidence), evidence


def tell(proofs: "Sequence[Proof]", args: argparse.Namespace, context: Context) -> None:
    """Print the proofs in the format that is asked for, or write them into a file; and the decision record."""
    if args.adr != TO_OUTPUT or args.output:
        _put(_rendered(proofs, args, context), args.output, context)
    if args.adr:
        from lading.report.adr import render_adr

        record = render_adr(proofs, today=_today(context))
        _put(record, None if args.adr == TO_OUTPUT else args.adr, context)


def refuse(proofs: "Sequence[Proof]") -> None:
    """Raise `StrategyNotMet`, all of them together, for every image with a requirement that is not met."""
    raise_all(_refusals(proofs))


def _refusals(proofs: "Sequence[Proof]") -> Iterator[StrategyNotMet]:
    for found, _ in proofs:
        try:
            watched.refuse(found.name, found.requirements)
        except StrategyNotMet as error:
            yield error


def _evidence(
    found: "Found", known: "Known | None", args: argparse.Namespace, context: Context, *, where: str
) -> "Evidence":
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


def _expected(known: "Known") -> "Expected":
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

    comparing = _comparing(args)
    if not asked(comparing):
        return "", None
    platform = platform_of(image)
    with other_image(comparing, context, platform) as other:
        return other.name, compare(audited.facts.size, measure(choose(other, str(platform))))


def _comparing(args: argparse.Namespace) -> argparse.Namespace:
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


def check_waived(known: "Known") -> None:
    """`UsageError` for each id of a waived requirement that does not exist."""
    from difflib import get_close_matches

    from lading.prove.compliance.compliance import IDS, PROCESS

    problems = []
    for name, _ in known.strategy.prove.waived:
        if name not in IDS and not name.startswith(PROCESS):
            near = get_close_matches(name, IDS, n=1)
            fix = f"did you mean `{near[0]}`?" if near else "lading prove --format json tells the ids"
            where = known.strategy.origin("prove.waive") or "prove.waive"
            problems.append(UsageError(f"there is no requirement {name!r}", where=where, fix=fix))
    raise_all(problems)


def _rendered(proofs: "Sequence[Proof]", args: argparse.Namespace, context: Context) -> str:
    from lading.report import compliance as report

    match args.format:
        case "text":
            colour = context.colour and not args.output
            return "\n\n\n".join(report.render_text(found, colour=colour) for found, _ in proofs)
        case "markdown":
            return "\n\n".join(report.render_markdown(found) for found, _ in proofs)
        case "json":
            return report.render_json(proofs)
        case "html":
            from lading.report.proof_html import render_html

            return render_html(proofs)
        case _:
            return _for_machines(proofs, args.format)


def _for_machines(proofs: "Sequence[Proof]", chosen: str) -> str:
    from lading.report.proof_findings import findings_of

    if chosen == "sarif":
        from lading.report.findings.sarif import render_sarif

        return render_sarif(findings_of(proofs))
    from lading.report.findings.junit import render_junit

    return render_junit(findings_of(proofs, also_met=True), name="lading prove")


def _put(text: str, path: str | None, context: Context) -> None:
    """To the output, or whole into a file."""
    if path is None:
        context.print(text)
        return
    from lading.whole import write_whole

    try:
        write_whole(context.cwd / path, [f"{text}\n".encode("utf-8", "backslashreplace")])
    except OSError as error:
        raise UsageError(f"cannot write the proof: {error.strerror or error}", where=path) from error


def _today(context: Context) -> str:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(context.now(), UTC).date().isoformat()

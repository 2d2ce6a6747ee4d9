"""`lading prove`: audits an image, runs it, and holds it against the strategy."""

import argparse
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from lading.cli import compared, proving, watched
from lading.cli.context import Context
from lading.cli.images import IMAGE_HELP
from lading.errors import EXIT_DONE, LadingError, StrategyNotMet, UsageError, raise_all

if TYPE_CHECKING:
    from lading.assemble.result import BuildReport
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
    compared.arguments(parser)
    parser.epilog = EPILOG


def run(args: argparse.Namespace, context: Context) -> int:
    """Prove them all, tell everything, and raise what stands against any: `StrategyNotMet` for a requirement that is
    not met, and whatever kept one from being proven."""
    if compared.asked(proving.comparing(args)) and len(args.images) != 1:
        raise UsageError("one image is compared with another one", fix="name one IMAGE")
    proofs: list[Proof] = []
    failed: list[LadingError] = []
    for name in args.images or every_service(context):
        try:
            proofs.append(prove(name, args, context))
        except LadingError as error:
            failed.append(error)
    if proofs:
        tell(proofs, args, context)
    raise_all([*failed, *refusals(proofs)])
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
    raise_all(refusals(proofs))


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
    watched.check_waived(known)
    with image_of(context, stored or name) as found:
        evidence = proving.evidence_of(found, known, args, context, where=path or name)
    return compliance(proving.promised(known) if known else Expected(), evidence), evidence


def tell(proofs: "Sequence[Proof]", args: argparse.Namespace, context: Context) -> None:
    """Print the proofs in the format that is asked for, or write them into a file; and the decision record."""
    if args.adr != TO_OUTPUT or args.output:
        _put(_rendered(proofs, args, context), args.output, context)
    if args.adr:
        from lading.report.adr import render_adr

        record = render_adr(proofs, today=_today(context))
        _put(record, None if args.adr == TO_OUTPUT else args.adr, context)


def refusals(proofs: "Sequence[Proof]") -> Iterator[StrategyNotMet]:
    """An error for every image with a requirement that is not met."""
    for found, _ in proofs:
        try:
            watched.refuse(found.name, found.requirements)
        except StrategyNotMet as error:
            yield error


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

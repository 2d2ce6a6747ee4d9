"""`lading audit`: what an image holds that it should not, and what it lacks."""

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING

from lading.cli.context import Context
from lading.cli.findings import add_format_flags, exit_code_of, show
from lading.cli.images import IMAGE_HELP
from lading.errors import EXIT_DONE, UsageError

if TYPE_CHECKING:
    from lading.digest import Digest
    from lading.finding import Rule, Severity
    from lading.prove.audit import Audit, Expectations, Ignored
    from lading.report.findings.model import Findings
    from lading.strategy.model import Judging, Read

HELP = "find what an image holds that it should not, and what it lacks"
EPILOG = """\
Nothing of the image is run, and nothing is unpacked: every layer is read once.
The exit code is 1 when something counts (--fail-on). What does not count for
a team is in lading.toml, with the reason: docs/audit.md."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flags of `lading audit`."""
    parser.add_argument("image", metavar="IMAGE", nargs="?", help=f"{IMAGE_HELP}; docker-daemon:NAME is one in Docker")
    parser.add_argument("--platform", help="which image of several: linux/amd64, linux/arm64 (default: this machine's)")
    parser.add_argument(
        "--base", metavar="OTHER", help="the image that it stands on, named as IMAGE (default: by its history)"
    )
    parser.add_argument("--budget", metavar="SIZE", help="the most it may take on disk (default: a service's)")
    parser.add_argument(
        "--ignore", action="append", default=[], metavar="RULE", help="leave the findings of a rule out"
    )
    parser.add_argument("--rules", action="store_true", help="list the rules")
    add_format_flags(parser)
    parser.epilog = EPILOG


def run(args: argparse.Namespace, context: Context) -> int:
    """Audit the image, and print what was found; 1 when something counts."""
    from lading.prove.audit import RULES

    if args.rules:
        for rule in sorted(RULES, key=lambda rule: rule.id):
            context.print(f"{rule.id}  {rule.severity}", f"  {rule.title}")
        return EXIT_DONE
    if args.image is None:
        raise UsageError("no image was named", fix="lading audit IMAGE")
    _refuse_unknown(args.ignore, RULES)
    return _audit(args, context)


def decided(context: Context, image: str) -> "Read":
    """What the team here, or in the folder that is named, has decided; nothing where there is no such file."""
    from lading.cli.project import find_root
    from lading.strategy.read import FILE, PROJECT_FILE, read_strategy

    folder = context.cwd / image
    root = find_root((folder if folder.is_dir() else context.cwd).resolve())
    own, project = (path.read_bytes() if path.is_file() else None for path in (root / FILE, root / PROJECT_FILE))
    return read_strategy(own, project)


def ignored_of(judging: "Judging") -> tuple["Ignored", ...]:
    """The findings that a team's settings leave out."""
    from msgspec import UNSET

    from lading.prove.audit import Ignored

    return tuple(
        Ignored(rule=rule, reason=one.reason, paths=() if one.paths is UNSET else tuple(one.paths))
        for rule, one in sorted(judging.ignore.items())
    )


def _audit(args: argparse.Namespace, context: Context) -> int:
    from lading.cli.compared import image_of
    from lading.cli.images import choose
    from lading.prove.audit import audit
    from lading.report.audit import render_json, render_text

    read = decided(context, args.image)
    with image_of(context, args.image) as found:
        image = choose(found, args.platform)
        with context.store.scratch() as folder:
            result = audit(image, _expectations(args, context, read), folder=folder)
    told = _findings(result, found.name, args, read.strategy.audit)
    show(
        told,
        args,
        context,
        name="lading audit",
        own={
            "text": lambda colour: render_text(found.name, result.facts, told, colour=colour),
            "json": lambda _: render_json(found.name, result.facts, told),
        },
    )
    return exit_code_of(told)


def _expectations(args: argparse.Namespace, context: Context, read: "Read") -> "Expectations":
    from lading.cli.outside import mtime_of
    from lading.cli.watched import known_of
    from lading.prove.audit import Expectations

    known = known_of(context, args.image) if read.origin else None  # no settings, no budget, no need to look around
    return Expectations(
        budget=_size(args.budget) if args.budget else known.strategy.budget if known else None,
        base=_base(args, context) if args.base else (),
        epoch=mtime_of(context.env) if context.env.get("SOURCE_DATE_EPOCH") else None,
        health=bool(known and known.planned.plan.config.port),
        ignore=ignored_of(read.strategy.audit),
    )


def _base(args: argparse.Namespace, context: Context) -> tuple["Digest", ...]:
    from lading.cli.compared import image_of
    from lading.cli.images import choose

    with image_of(context, args.base) as found:
        return tuple(layer.diff_id for layer in choose(found, args.platform).layers)


def _size(text: str) -> int:
    import msgspec

    from lading.strategy.values import Size, bytes_of

    try:
        return bytes_of(msgspec.convert(text, Size))
    except msgspec.ValidationError:
        raise UsageError(f"{text!r} is no size", where="--budget", fix="write 150MB or 150MiB") from None


def _findings(result: "Audit", name: str, args: argparse.Namespace, judging: "Judging") -> "Findings":
    from lading.prove.audit import RULES
    from lading.report.findings.model import Findings, Suppressed

    return Findings(
        findings=tuple(one for one in result.findings if one.rule not in args.ignore),
        looked_at=(name,),
        noun="image",
        rules={rule.id: rule for rule in RULES},
        suppressed=tuple(Suppressed(finding=one.finding, kind="setting", reason=one.reason) for one in result.accepted),
        fail_on=_fail_on(args, judging),
    )


def _fail_on(args: argparse.Namespace, judging: "Judging") -> "Severity | None":
    from msgspec import UNSET

    said = args.fail_on or (judging.fail_on if judging.fail_on is not UNSET else "error")
    return None if said == "never" else said


def _refuse_unknown(names: Sequence[str], rules: "Sequence[Rule]") -> None:
    known = {rule.id for rule in rules}
    for name in names:
        if name not in known:
            from difflib import get_close_matches

            near = get_close_matches(name, known, n=1)
            fix = f"did you mean {near[0]}?" if near else "lading audit --rules lists them"
            raise UsageError(f"there is no rule {name!r}", where=f"--ignore {name}", fix=fix)

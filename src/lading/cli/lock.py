"""`lading lock`: pin what builds may use in lading.lock, move it, or tell what is outdated."""

import argparse
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from lading.cli.context import Context
from lading.errors import EXIT_DONE, UsageError

if TYPE_CHECKING:
    from lading.cli.project import Project
    from lading.lock.changes import Change
    from lading.lock.model import Pins

HELP = "pin the base, its packages and the tools in lading.lock"
EXIT_OUTDATED = 1
"""What `--check` exits with when the lock is stale or something in it is outdated, as `uv lock --check` and
`npm outdated` do."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flags of `lading lock`."""
    parser.add_argument(
        "services",
        nargs="*",
        metavar="SERVICE",
        help="add what these need and drop nothing (default: pin what all services here need)",
    )
    parser.add_argument("-C", "--directory", metavar="PATH", help="the repository or service (default: here)")
    parser.add_argument(
        "--platform",
        action="append",
        metavar="LIST",
        help="pin for these as well, beside the strategy's, separated by commas: linux/arm64",
    )
    parser.add_argument("--debug-shell", action="store_true", help="pin the shell of debug variants as well")
    parser.add_argument(
        "--images",
        action="store_true",
        help="pin the public images that rendered Dockerfiles start from as well; asks their registries",
    )
    parser.add_argument("--upgrade", action="store_true", help="move everything to its newest version")
    parser.add_argument(
        "--check", action="store_true", help="change nothing; tell what is missing or outdated, and exit with 1 then"
    )
    parser.add_argument("--format", choices=("text", "json"), default="text", help="how the result is printed")


def run(args: argparse.Namespace, context: Context) -> int:
    """Make the lock, or check it."""
    from lading.cli.project import load_project

    if args.check and args.upgrade:
        raise UsageError("--check changes nothing and --upgrade does", fix="leave one of them out")
    if args.check and args.images:
        raise UsageError("--check changes nothing and --images does", fix="leave one of them out")
    project = load_project(context, args.directory)
    code = _check(project, args, context) if args.check else _lock(project, args, context)
    project.keep()
    return code


def _lock(project: "Project", args: argparse.Namespace, context: Context) -> int:
    from lading.cli.lockfile import LOCK_NAME, relock
    from lading.lock.changes import changes
    from lading.lock.model import Pins

    before, after = relock(
        project,
        context,
        services=args.services,
        platforms=_platforms(args),
        upgrade=args.upgrade,
        debug_shell=args.debug_shell,
        images=args.images,
    )
    changed = changes(before or Pins(), after)
    if args.format == "json":
        _print_json(
            context, {"lock": LOCK_NAME, "changed": before != after, "changes": _told(changed, "before", "after")}
        )
    elif not context.quiet:
        context.print(*_result(before, after, changed))
    return EXIT_DONE


def _platforms(args: argparse.Namespace) -> tuple[str, ...]:
    from lading.plan.model import GO_ARCHITECTURES

    found = tuple(word.strip() for words in args.platform or () for word in words.split(",") if word.strip())
    unknown = [platform for platform in found if platform not in GO_ARCHITECTURES]
    if unknown:
        raise UsageError(
            f"nothing is built for {', '.join(unknown)}",
            where="--platform",
            fix=f"choose from {', '.join(GO_ARCHITECTURES)}",
        )
    return found


def _check(project: "Project", args: argparse.Namespace, context: Context) -> int:
    from lading.cli.lockfile import LOCK_NAME, pin_sources, read_pins
    from lading.lock.check import outdated
    from lading.lock.make import covers
    from lading.lock.request import request_of

    pins = read_pins(project.root)
    if pins is None:
        raise UsageError("there is no lock", where=str(project.root / LOCK_NAME), fix="lading lock")
    missing = covers(pins, request_of(project.plans(args.services)))
    old = outdated(pins, pin_sources(project, context))
    if args.format == "json":
        _print_json(context, {"lock": LOCK_NAME, "stale": missing, "outdated": _told(old, "pinned", "newest")})
    else:
        context.print(*_findings(missing, old, context))
    return EXIT_OUTDATED if missing or old else EXIT_DONE


def _result(before: "Pins | None", after: "Pins", changed: "Sequence[Change]") -> Iterable[str]:
    """What became of the lock. A first one is told by its numbers, a changed one by its changes."""
    from lading.cli.lockfile import LOCK_NAME
    from lading.report.text import count

    if before is None:
        yield from _listed(f"{LOCK_NAME}: pinned", after)
    elif before == after:
        yield from _listed(f"{LOCK_NAME} is as it was:", after)
    else:
        yield from _changes(changed)
        moved = sum(1 for change in changed if change.before and change.after)
        security = sum(change.security for change in changed)
        parts = [f"{moved} moved" + (f" ({count(security, 'security update')})" if security else "")] if moved else []
        added = sum(1 for change in changed if not change.before)
        removed = sum(1 for change in changed if not change.after)
        parts += [f"{number} {word}" for number, word in ((added, "added"), (removed, "removed")) if number]
        yield f"{LOCK_NAME}: {', '.join(parts) or 'written anew'}"


def _changes(changed: "Sequence[Change]") -> Iterable[str]:
    """A line for each change, aligned: `libc6  2.41-12 → 2.41-12+deb13u1 (security)  amd64, arm64`."""
    from lading.report.table import Column, render

    rows = [
        (
            "+" if not change.before else "-" if not change.after else " ",
            change.name,
            " → ".join(_version(version) for version in (change.before, change.after) if version)
            + (" (security)" if change.security else ""),
            _where(change),
        )
        for change in changed
    ]
    return render([Column(""), Column(""), Column(""), Column("", cut=True)], rows)


def _findings(missing: Sequence[str], old: "Sequence[Change]", context: Context) -> Iterable[str]:
    """The text of `--check`: what is missing, then what is outdated, then what to do."""
    from lading.cli.lockfile import LOCK_NAME
    from lading.report.table import Column, render
    from lading.report.text import count

    for line in missing:
        yield f"stale: {line}"
    if old:
        columns = [Column("NAME"), Column("PINNED"), Column("NEWEST"), Column(""), Column("WHERE", cut=True)]
        rows = [
            (
                change.name,
                _version(change.before) or "-",
                _version(change.after) or "gone",
                "security" if change.security else "",
                _where(change),
            )
            for change in old
        ]
        yield from render(columns, rows, colour=context.colour)
    if missing:
        yield f"{LOCK_NAME} is stale: `lading lock` adds what is missing"
    if old:
        security = sum(change.security for change in old)
        told = f"{len(old)} outdated" + (f", {count(security, 'security update')}" if security else "")
        yield f"{LOCK_NAME}: {told}: `lading lock --upgrade` moves it"
    if not missing and not old:
        yield f"{LOCK_NAME} is up to date"


def _listed(head: str, pins: "Pins") -> Iterable[str]:
    """What a lock holds: on the line of its head where that fits, else below it."""
    parts = list(_contents(pins)) or ["nothing"]
    line = f"{head} {', '.join(parts)}"
    return [line] if len(line) <= 80 else [head, *(f"  {part}" for part in parts)]


def _contents(pins: "Pins") -> Iterable[str]:
    from lading.report.text import count

    for suite in sorted({known.suite for known in pins.sets}):
        names = {pin.name for pin in pins.debian if pin.suite == suite}
        architectures = sorted({known.architecture for known in pins.sets if known.suite == suite})
        yield f"{count(len(names), 'package')} of Debian {suite} ({', '.join(architectures)})"
    for reference in sorted({pin.reference for pin in pins.bases}):
        yield f"{reference} ({', '.join(pin.platform for pin in pins.bases if pin.reference == reference)})"
    yield from sorted({f"{pin.name} {pin.version}" for pin in pins.tools})
    if pins.build:
        yield count(len({(pin.name, pin.version) for pin in pins.build}), "build requirement")


def _where(change: "Change") -> str:
    """`trixie amd64, arm64`, `image linux/arm64`, `tool`: a tool moves on all platforms at once."""
    place = change.scope or change.kind
    return place if change.kind == "tool" else " ".join((place, ", ".join(change.platforms))).rstrip()


def _version(version: str) -> str:
    """A version, or the first digits of an image's digest."""
    return version[7:19] if version.startswith("sha256:") else version


def _told(changed: "Iterable[Change]", before: str, after: str) -> list[dict[str, object]]:
    return [
        {
            "kind": change.kind,
            "name": change.name,
            "scope": change.scope,
            before: change.before or None,
            after: change.after or None,
            "platforms": change.platforms,
            "security": change.security,
        }
        for change in changed
    ]


def _print_json(context: Context, value: object) -> None:
    import msgspec

    context.print(msgspec.json.format(msgspec.json.encode(value)).decode())

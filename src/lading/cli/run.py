"""`lading run`: starts an image with whatever container runtime is there, as the image's own user."""

import argparse
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from lading.cli.context import Context
from lading.cli.images import IMAGE_HELP, find_image
from lading.errors import EXIT_DONE, StepFailed, UsageError

if TYPE_CHECKING:
    from subprocess import Popen

    from lading.oci.model import Image
    from lading.plan.model import Process
    from lading.prove.container import Container, Request, Runtime

HELP = "run an image with the container runtime that is there"
TAKES_COMMAND = True
NAMES = ("docker", "podman", "crun", "runc")
"""The runtimes, in the order in which they are asked."""
EPILOG = """\
The process is the image's own user, without capabilities, on a read-only root
with an empty /tmp. Ports are published on the loopback interface. What
follows `--` takes the place of the image's command, behind its entrypoint;
so does the command of a PROCESS, and what follows `--` is then added to it.
`lading plan` lists the processes of each service.
The exit code is the process's. With --wait-healthy the image's own health
check is asked until it passes; then the container is stopped."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flags of `lading run`."""
    parser.usage = f"{parser.prog} [options] IMAGE [PROCESS] [-- COMMAND…]"
    parser.add_argument("image", metavar="IMAGE", help=IMAGE_HELP)
    parser.add_argument(
        "process", metavar="PROCESS", nargs="?", help="of a service: start this process of it (worker, migrate, …)"
    )
    runtime_argument(parser)
    parser.add_argument(
        "-p",
        "--publish",
        action="append",
        default=[],
        metavar="PORTS",
        help="8080, 9000:8080 or 127.0.0.1:9000:8080 (default: the image's own port); may be repeated",
    )
    env_argument(parser)
    parser.add_argument(
        "--network",
        choices=("own", "host"),
        default="own",
        help="host shares this machine's network (crun, runc always do)",
    )
    parser.add_argument(
        "--read-only",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="whether the root file system is read-only (it is, unless said otherwise)",
    )
    parser.add_argument("--wait-healthy", action="store_true", help="stop when the image's own health check has passed")
    parser.add_argument(
        "--probe", metavar="PATH", help="with --wait-healthy: print the answer of this path, as /health"
    )
    parser.add_argument(
        "--timeout", type=float, default=60.0, metavar="SECONDS", help="how long --wait-healthy waits (default: 60)"
    )
    parser.epilog = EPILOG


def runtime_argument(parser: argparse.ArgumentParser) -> None:
    """The flag that chooses a runtime."""
    parser.add_argument("--runtime", choices=NAMES, help=f"use this one (default: the first of {', '.join(NAMES)})")


def env_argument(parser: argparse.ArgumentParser) -> None:
    """The flag that sets variables of the container; see `variable`."""
    parser.add_argument(
        "-e",
        "--env",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="set a variable, or pass on one of this process's (KEY); may be repeated",
    )


def run(args: argparse.Namespace, context: Context) -> int:
    """Run the image; the exit code of its process, or 0 when it was healthy."""
    from lading.prove.attend import attend_to_the_end, health_command, run_container
    from lading.prove.container import Request

    _check(args)
    command, listens = _command(args, context)
    if args.wait_healthy and not listens:
        raise UsageError(f"the process {args.process} has no health check", fix="leave out --wait-healthy")
    found = find_image(context, args.image)
    request = Request(
        name=found.name,
        content=found.content,
        command=command,
        env=tuple(variable(text, context) for text in args.env),
        publish=tuple(args.publish),
        host_network=args.network == "host",
        read_only=args.read_only,
        listens=listens,
    )
    if not args.wait_healthy:
        return run_container(
            request, runtimes(args.runtime, context), runner=context.runner, attend=attend_to_the_end, say=context.note
        )
    from lading.cli.images import choose
    from lading.prove.container import run_config

    health_command(run_config(choose(found, None)))
    return _until_healthy(request, args, context)


def _command(args: argparse.Namespace, context: Context) -> tuple[tuple[str, ...] | None, bool]:
    """The words behind the image's entrypoint, or nothing for the image's own; and whether it listens as that does."""
    if args.process is None:
        return tuple(args.command) or None, True
    process, first = process_of(context, args.image, args.process)
    return (*process.command, *args.command), first


def process_of(context: Context, image: str, name: str) -> "tuple[Process, bool]":
    """A process of a service here, and whether it is the one that its image starts.

    `image` names the service as itself, by its folder or by its image (or a debug variant of that). `UsageError` when
    there is no such service or process.
    """
    from lading.cli.project import load_project
    from lading.plan.debug import SUFFIX

    folder = (context.cwd / image).is_dir()
    project = load_project(context, image if folder else None)
    own = image.removesuffix(SUFFIX)
    plans = project.plans([own] if own in project.services and not folder else [])
    found = [plan for plan in plans if folder or own in (plan.service, plan.image)]
    if len(found) != 1:
        raise UsageError(
            f"{image} is no service of this repository, so its processes are not known",
            where=str(project.root),
            fix="give the words of a command behind --",
        )
    processes = {process.name: process for process in found[0].processes}
    if name not in processes:
        from difflib import get_close_matches

        near = get_close_matches(name, processes, n=1)
        fix = f"did you mean `{near[0]}`?" if near else f"it has {', '.join(processes)}"
        raise UsageError(f"{found[0].service} has no process {name!r}", where="lading plan", fix=fix)
    return processes[name], processes[name] == found[0].processes[0]


def variable(text: str, context: Context) -> tuple[str, str]:
    """`KEY=VALUE`, or `KEY` with the value that this process has. `UsageError` for anything else."""
    name, equals, value = text.partition("=")
    if not re.fullmatch(r"[^\s=\0]+", name) or "\0" in value:
        raise UsageError(f"{text[:40]!r} is no variable", where="--env", fix="write KEY=VALUE")
    if not equals:
        if name not in context.env:
            raise UsageError(f"this process has no variable {name}", where="--env", fix=f"write {name}=VALUE")
        value = context.env[name]
    return name, value


def _check(args: argparse.Namespace) -> None:
    from lading.prove.ports import parse_published

    if args.probe is not None and not args.wait_healthy:
        raise UsageError("--probe needs --wait-healthy", fix="add --wait-healthy")
    if args.probe is not None and not args.probe.startswith("/"):
        raise UsageError("--probe takes a path", where=f"--probe {args.probe}", fix=f"write /{args.probe}")
    if not args.timeout > 0:
        raise UsageError("--timeout takes seconds", where=f"--timeout {args.timeout}")
    if args.publish and args.network == "host":
        raise UsageError("--publish and --network host contradict each other", fix="leave one of them out")
    for text in args.publish:
        parse_published(text)


def runtimes(chosen: str | None, context: Context) -> "Sequence[Runtime]":
    """The runtimes that there may be, in the order in which they are asked, or the chosen one."""
    from lading.oci.load import Engine
    from lading.prove.engine import EngineRuntime
    from lading.prove.folder import BundleRuntime

    def bring(engine: Engine, name: str, image: "Image") -> None:
        from lading.oci.load import load

        load(image, name, runner=context.runner, env=context.env, engine=engine)

    every: Sequence[Runtime] = (
        EngineRuntime("docker", context.runner, context.store, bring),
        EngineRuntime("podman", context.runner, context.store, bring),
        BundleRuntime("crun", context.runner, context.store),
        BundleRuntime("runc", context.runner, context.store),
    )
    return [runtime for runtime in every if chosen in (None, runtime.name)]


def _until_healthy(request: "Request", args: argparse.Namespace, context: Context) -> int:
    """Start, wait, tell how long it took, show the answer, stop. The process's own words are shown when it fails."""
    from lading.prove.attend import run_container, wait_healthy
    from lading.report.text import duration

    with context.store.scratch() as folder, (folder / "log").open("wb") as log:

        def attend(container: "Container", process: "Popen[bytes]") -> int:
            seconds = wait_healthy(container, process, runner=context.runner, timeout=args.timeout, log=folder / "log")
            at = f" at {container.address}" if container.address else ""
            context.print(f"healthy after {duration(seconds)}{at}")
            if args.probe is not None:
                _probe(container, args.probe, context)
            return EXIT_DONE

        return run_container(
            request, runtimes(args.runtime, context), runner=context.runner, attend=attend, say=context.note, output=log
        )


def _probe(container: "Container", path: str, context: Context) -> None:
    from lading.report.text import printable

    if not container.address:
        raise UsageError("the image exposes no port to ask", fix="leave out --probe")
    with context.http.send("GET", f"{container.address}{path}") as response:
        body = response.body().decode(errors="replace").rstrip()
        context.print(f"GET {path}: {response.status}", printable(body))
        if response.status >= 400:
            raise StepFailed(f"GET {path} was answered with {response.status}", where=container.address)

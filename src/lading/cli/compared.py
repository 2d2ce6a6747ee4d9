"""The images of `lading size`: found as any image is, fetched from Docker, or built for the occasion."""

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from lading.cli.context import Context
from lading.cli.images import Found, find_image
from lading.errors import UsageError

if TYPE_CHECKING:
    from lading.buildkit.model import Job
    from lading.oci.model import Platform

DOCKER = "docker-daemon:"
"""What stands in front of the name of an image in the local Docker, as skopeo has it: `docker:5000/app` is an image
of a registry whose host is called docker."""
BUILDING = ("context", "build_context", "builder", "network")
"""Flags that say how a Dockerfile is built."""


def arguments(parser: argparse.ArgumentParser) -> "argparse._ArgumentGroup":
    """Add the flags that name another image; the group that they are in."""
    group = parser.add_argument_group("another image to compare with")
    which = group.add_mutually_exclusive_group()
    which.add_argument("--compare", metavar="OTHER", help="an image, named as above")
    which.add_argument(
        "--compare-dockerfile", metavar="PATH", help="the image of a Dockerfile, which BuildKit builds for it"
    )
    group.add_argument("--context", metavar="PATH", help="the folder it is built in (default: the Dockerfile's)")
    group.add_argument("--build-context", action="append", metavar="NAME=SOURCE", help="a named context of the build")
    group.add_argument("--builder", metavar="NAME", help="the builder of buildx")
    return group


def asked(args: argparse.Namespace) -> bool:
    """Whether there is an image to compare with. `UsageError` for flags that contradict each other."""
    flags = [f"--{name.replace('_', '-')}" for name in BUILDING if getattr(args, name)]
    if flags and not args.compare_dockerfile:
        raise UsageError(f"{', '.join(flags)} without a Dockerfile", where=flags[0], fix="add --compare-dockerfile")
    return bool(args.compare or args.compare_dockerfile)


@contextmanager
def other_image(args: argparse.Namespace, context: Context, platform: "Platform") -> Iterator[Found]:
    """The image that is compared with; what was made for it is gone when the context ends."""
    if args.compare_dockerfile:
        yield _built(args, context, platform)
    else:
        with image_of(context, args.compare) as found:
            yield found


@contextmanager
def image_of(context: Context, text: str) -> Iterator[Found]:
    """The image that `text` means: see `find_image`; with `docker-daemon:` in front of its name one of the local
    Docker, saved into an archive that is gone when the context ends."""
    if not text.startswith(DOCKER):
        yield find_image(context, text)
        return
    from lading.oci.archive import read_archive
    from lading.prove.container import asked as answer

    name = text.removeprefix(DOCKER)
    with context.store.scratch() as folder:
        path = folder / "image.tar"
        done = answer(context.runner, "docker", "image", "save", f"--output={path}", "--", name)
        if isinstance(done, str):
            raise UsageError(f"docker does not give the image: {done}", where=text, fix="docker images lists them")
        yield Found(text, read_archive(path).open())


def _built(args: argparse.Namespace, context: Context, platform: "Platform") -> Found:
    """The image of a Dockerfile, built by BuildKit into the store without a name: `prune` removes it."""
    from lading.assemble.stored import open_stored
    from lading.buildkit.engine import BuildKitEngine
    from lading.buildkit.model import Options
    from lading.report.live import view

    job = _job(args, context, platform)
    with view(context) as screen:
        listener = screen.of(job.service)
        engine = BuildKitEngine(
            runner=context.runner,
            store=context.store,
            env=context.env,
            cwd=context.cwd,
            root=job.context,
            options=Options(
                builder=args.builder or "", network=args.network or "", contexts=tuple(args.build_context or ())
            ),
            listener=listener,
        )
        made = engine.make(job, listener=listener)
    return Found(job.file, open_stored(context.store, made.digest))


def _job(args: argparse.Namespace, context: Context, platform: "Platform") -> "Job":
    from lading.buildkit.model import Job
    from lading.cli.own_dockerfile import read_dockerfile

    file = context.cwd / args.compare_dockerfile
    folder = context.cwd / args.context if args.context else file.parent
    if not folder.is_dir():
        raise UsageError("there is no such folder", where=f"--context {args.context}")
    text, ignore = read_dockerfile(file, f"--compare-dockerfile {args.compare_dockerfile}")
    return Job(
        service=Path(args.compare_dockerfile).name,
        image="",
        dockerfile=text,
        ignore=ignore,
        file=args.compare_dockerfile,
        own=True,
        context=folder.resolve(),
        platforms=(str(platform),),
    )

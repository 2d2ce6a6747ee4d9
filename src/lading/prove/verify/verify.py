"""Which trials an image goes through, and with which runtime."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import Literal
from zlib import crc32

from lading.digest import digest_of
from lading.errors import StepFailed, Unavailable
from lading.oci.model import Image
from lading.oci.partial import platform_of
from lading.proc import Runner
from lading.prove.attend import ended_by_signals
from lading.prove.container import Request, Runtime, image_for, is_root, machine, run_config
from lading.prove.ports import choose_port
from lading.prove.verify.model import Dependency, Job, Kind, Subject, Trial, Verification
from lading.prove.verify.trial import Course, NotStarted, has_check, hold

FIRST_STRANGER, STRANGERS = 1_000_000_000, 1_000_000
"""The numbers of users that OpenShift gives to containers begin there
(https://docs.openshift.com/container-platform/4.17/authentication/managing-security-context-constraints.html)."""

Scratch = Callable[[], AbstractContextManager[Path]]
"""A folder that is gone when its context ends."""


def verify(
    subject: Subject, runtimes: Sequence[Runtime], *, runner: Runner, scratch: Scratch, say: Callable[[str], None]
) -> Verification:
    """Start the image in every way that matters, with the first runtime that can, and watch it.

    `say` hears what is being done. Raises `Unavailable` when no runtime can start it, and what a runtime raises.
    """
    image = image_for(Request(name=subject.name, content=subject.content), machine())
    against: list[str] = []
    for runtime in runtimes:
        request = Request(name=subject.name, content=image)
        if problem := runtime.problem(request):
            against.append(f"{runtime.name}: {problem}")
            continue
        network = _network(subject, runtime)
        if network == "host" and subject.probe:
            _check_free(subject.probe.port, subject.name)
        courses = list(_courses(subject, image, isolated=network == "isolated"))
        say(f"{subject.name} is watched with {runtime.name}")
        try:
            with ended_by_signals(), scratch() as folder:
                trials = [_held(course, runtime, runner, folder / "log", say) for course in courses]
        except NotStarted as error:
            against.append(f"{runtime.name}: {error}")
            continue
        return _verification(subject, image, runtime, network, trials)
    told = "\n".join(f"  | {line}" for line in against)
    raise Unavailable(f"nothing here can run {subject.name}\n{told}", fix="lading doctor says what to do")


def stranger(image: Image) -> str:
    """A user that no image knows, in group 0; always the same one for an image."""
    return f"{FIRST_STRANGER + crc32(digest_of(image.manifest).encode()) % STRANGERS}:0"


def _check_free(port: int, name: str) -> None:
    """Refuse a port of this machine that somebody listens on: their answers would be taken for the container's."""
    if choose_port(port) != port:
        raise StepFailed(
            f"port {port} of this machine is taken, and {name} would listen on it",
            where=f"127.0.0.1:{port}",
            fix="stop what listens there, or leave out --network host",
        )


def _held(course: Course, runtime: Runtime, runner: Runner, log: Path, say: Callable[[str], None]) -> Trial:
    say(f"  {_SAID[course.kind]}{f' {course.process}' if course.kind == 'process' else ''} …")
    return hold(course, runtime, runner=runner, log=log)


_SAID: dict[Kind, str] = {
    "own": "as its own user",
    "anyone": "as any user",
    "writable": "with a root that can be written to",
    "process": "its process",
}


def _network(subject: Subject, runtime: Runtime) -> Literal["own", "host", "isolated"]:
    """Its own where that can be reached: published by the engine, or entered, which needs root."""
    if subject.network == "host":
        return "host"
    if runtime.publishes():
        return "own"
    return "isolated" if is_root() else "host"


def _courses(subject: Subject, image: Image, *, isolated: bool) -> Iterator[Course]:
    given = _given(subject)
    missing = [one for one in subject.dependencies if one.name not in given]
    request = Request(
        name=subject.name,
        content=image,
        env=_led_nowhere(subject, missing),
        host_network=subject.network == "host",
        isolated=isolated,
        memory=subject.limits.memory,
        pids=subject.limits.pids,
        scratch=True,
    )
    if subject.probe is None and not has_check(run_config(image)):
        request = replace(request, listens=False)

    def course(kind: Kind, request: Request, gone: Iterable[Dependency] = missing) -> Course:
        names = tuple(one.name for one in gone)
        return Course(
            kind,
            subject.main,
            request,
            subject.limits,
            probe=subject.probe,
            ready=subject.ready,
            gone=names,
            secrets=_secrets(subject),
        )

    yield course("own", request)
    yield course("anyone", replace(request, user=stranger(image)))
    # Where a dependency was there until now, this is also where it is gone.
    env = _led_nowhere(subject, subject.dependencies)
    yield course("writable", replace(request, read_only=False, env=env), subject.dependencies)
    for job in subject.jobs:
        yield _process(job, subject, request, missing)


def _process(job: Job, subject: Subject, request: Request, missing: Iterable[Dependency]) -> Course:
    own = replace(request, command=job.command, listens=False)
    gone = tuple(one.name for one in missing)
    return Course("process", job.name, own, subject.limits, gone=gone, once=job.once, secrets=_secrets(subject))


def _secrets(subject: Subject) -> tuple[str, ...]:
    return tuple(value for _, value in subject.env)


def _given(subject: Subject) -> tuple[str, ...]:
    """The dependencies that the person leads somewhere."""
    told = {name for name, _ in subject.env}
    return tuple(one.name for one in subject.dependencies if one.variables & told)


def _led_nowhere(subject: Subject, gone: Iterable[Dependency]) -> tuple[tuple[str, str], ...]:
    return tuple({**dict(subject.env), **{name: value for one in gone for name, value in one.nowhere}}.items())


def _verification(
    subject: Subject,
    image: Image,
    runtime: Runtime,
    network: Literal["own", "host", "isolated"],
    trials: Sequence[Trial],
) -> Verification:
    return Verification(
        name=subject.name,
        manifest=digest_of(image.manifest),
        platform=str(platform_of(image)),
        runtime=runtime.name,
        network=network,
        user=run_config(image).user,
        serves=subject.probe is not None or has_check(run_config(image)),
        ready=subject.ready,
        limits=subject.limits,
        dependencies=subject.dependencies,
        given=_given(subject),
        once=tuple(job.name for job in subject.jobs if job.once),
        trials=tuple(trials),
    )

"""The caller's builder: what buildx knows of it."""

from lading.errors import StepFailed, Unavailable, UsageError
from lading.proc import Runner

NEEDED = "the BuildKit engine needs docker with its buildx"


def driver_of(runner: Runner, builder: str) -> str:
    """The driver of a builder (of the current one for an empty name): `docker`, `docker-container`, `kubernetes` ….

    https://docs.docker.com/build/builders/drivers/. `UsageError` when it cannot be used, `Unavailable` without docker.
    """
    try:
        done = runner.run(["docker", "buildx", "inspect", *([f"--builder={builder}"] if builder else [])])
    except StepFailed as error:
        raise Unavailable(NEEDED, where=error.what, fix="install it, then lading doctor") from error
    for line in done.out.splitlines():
        key, _, value = line.partition(":")
        if key == "Driver" and not done.code:
            return value.strip()
    said = (done.err.strip() or done.out.strip()).partition("\n")[0]
    raise UsageError(
        f"this builder cannot be used: {said.removeprefix('ERROR: ')}",
        where=f"--builder {builder}" if builder else "the default builder",
        fix="docker buildx ls lists them; lading doctor looks whether buildx is there",
    )

"""An image straight into a local Docker or Podman, sending only the layers that the engine lacks.

`docker load` takes a whole archive each time. A pull asks for what is missing, so the image is served on the loopback
interface for a moment and pulled from there; engines speak to loopback registries without TLS and without being told
(https://docs.docker.com/reference/cli/dockerd/#insecure-registries). An engine that is somewhere else (a remote host, a
virtual machine, a container) cannot see this machine's loopback: it gets the archive.
"""

import os
from collections.abc import Callable, Iterator, Mapping, Set
from typing import Literal
from urllib.parse import urlsplit

import msgspec

from lading.digest import Digest
from lading.errors import StepFailed
from lading.http.proxy import is_loopback
from lading.oci.content import is_index, select
from lading.oci.model import Image, Index, Platform
from lading.oci.partial import images_of
from lading.proc import Completed, Runner

Engine = Literal["docker", "podman"]
ENGINES: tuple[Engine, ...] = ("docker", "podman")


class LoadReport(msgspec.Struct, frozen=True, kw_only=True):
    """One load, looked back on. `bytes_sent` counts what the engine really read.

    `layers_present` are those that it had already (none where it had to take the whole archive: `way`).
    """

    engine: Engine
    name: str
    way: Literal["pull", "archive"]
    bytes_sent: int
    layers_sent: int
    layers_present: int

    @property
    def told(self) -> str:
        """The report in a line."""
        layers = f"{self.layers_sent} layer{'' if self.layers_sent == 1 else 's'} sent"
        kept = f", {self.layers_present} there already" if self.layers_present else ""
        return f"loaded {self.name} into {self.engine} ({layers}{kept})"


def load(
    content: Image | Index,
    name: str,
    *,
    runner: Runner,
    env: Mapping[str, str],
    moved: Callable[[int], None] | None = None,
    engine: Engine | None = None,
) -> LoadReport:
    """Bring an image, or the one of an index that suits the engine, into an engine under a name.

    Without `engine` the first that answers: Docker, then Podman. `moved` is called with the number of bytes that have
    moved since the last call, from several threads. `StepFailed` with the engines' own words when none takes it.
    """
    problems: list[str] = []
    for candidate in (engine,) if engine else ENGINES:
        try:
            return _load(candidate, content, name, runner=runner, env=env, moved=moved or _nothing)
        except StepFailed as problem:
            problems.append(problem.what)
    raise StepFailed(
        "no engine takes the image:\n" + "\n".join(problems),
        where=name,
        fix="start Docker or Podman (lading doctor looks at them), or write a file with --output",
    )


def is_local(engine: Engine, env: Mapping[str, str]) -> bool:
    """Whether the environment does not rule out that the engine shares this machine's loopback interface."""
    host = env.get("DOCKER_HOST" if engine == "docker" else "CONTAINER_HOST", "")
    if not host or host.startswith(("unix:", "npipe:", "fd:")):
        return True
    try:
        parts = urlsplit(host)
    except ValueError:
        return False
    return parts.scheme in ("tcp", "http") and is_loopback(parts.hostname or "")


def _load(
    engine: Engine,
    content: Image | Index,
    name: str,
    *,
    runner: Runner,
    env: Mapping[str, str],
    moved: Callable[[int], None],
) -> LoadReport:
    if is_local(engine, env):
        report = _by_pull(engine, content, name, runner=runner, env=env, moved=moved)
        if report:
            return report
    return _by_archive(engine, content, name, runner=runner, env=env, moved=moved)


def _by_pull(
    engine: Engine,
    content: Image | Index,
    name: str,
    *,
    runner: Runner,
    env: Mapping[str, str],
    moved: Callable[[int], None],
) -> LoadReport | None:
    """Let the engine pull from this process; nothing when it cannot, whatever the reason: the archive tells better."""
    from lading.oci.serve import serve

    insecure = ["--tls-verify=false"] if engine == "podman" else []
    with serve(content, moved) as served:
        done = runner.run([engine, "pull", "--quiet", *insecure, served.name], env=env)
        if served.errors:
            raise served.errors[0]
        if done.code:
            return None
        try:
            _check(runner.run([engine, "tag", served.name, name], env=env), f"{engine} cannot name the image")
        finally:
            # The name that was pulled means nothing to anybody; the image stays under its own.
            runner.run([engine, "rmi", served.name], env=env)
        layers = {layer.descriptor.digest for layer in _wanted(content, served.served).layers}
        return LoadReport(
            engine=engine,
            name=name,
            way="pull",
            bytes_sent=served.bytes_sent,
            layers_sent=len(layers & served.served),
            layers_present=len(layers - served.served),
        )


def _by_archive(
    engine: Engine,
    content: Image | Index,
    name: str,
    *,
    runner: Runner,
    env: Mapping[str, str],
    moved: Callable[[int], None],
) -> LoadReport:
    from lading.oci.archive import archive_chunks

    image = select(content, _platform(engine, runner, env), where=name) if is_index(content) else content
    total = 0

    def counted() -> Iterator[bytes]:
        nonlocal total
        for chunk in archive_chunks({name: image}):
            yield chunk
            total += len(chunk)
            moved(len(chunk))

    _check(runner.feed([engine, "load"], counted(), env=env), f"{engine} does not take the image")
    layers = images_of(image)[0][1].layers
    return LoadReport(
        engine=engine, name=name, way="archive", bytes_sent=total, layers_sent=len(layers), layers_present=0
    )


def _wanted(content: Image | Index, served: Set[Digest]) -> Image:
    """The image that the engine took: the one whose manifest it read, else (it has it already) this machine's."""
    offers = images_of(content)
    read = [image for descriptor, image in offers if descriptor.digest in served]
    machine = os.uname().machine
    own = {"x86_64": "amd64", "aarch64": "arm64"}.get(machine, machine)
    native = [image for descriptor, image in offers if descriptor.platform and descriptor.platform.architecture == own]
    return [*read, *native, *(image for _, image in offers)][0]


def _platform(engine: Engine, runner: Runner, env: Mapping[str, str]) -> Platform:
    """What the engine runs."""
    question = {
        "docker": ("version", "--format", "{{.Server.Os}}/{{.Server.Arch}}"),
        "podman": ("info", "--format", "{{.Version.OsArch}}"),
    }[engine]
    done = runner.run([engine, *question], env=env)
    _check(done, f"{engine} does not say what it runs")
    system, _, architecture = done.out.strip().partition("/")
    return Platform(os=system, architecture=architecture.partition("/")[0])


def _check(done: Completed, what: str) -> None:
    if done.code:
        words = (done.err.strip() or done.out.strip()).splitlines()[-3:]
        raise StepFailed("\n".join([what, *(f"  | {line[:300]}" for line in words)]))


def _nothing(count: int) -> None:
    """Tell nobody."""

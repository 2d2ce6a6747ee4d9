"""The two sides: Lading's own command, and `docker buildx` with an equivalent Dockerfile and cache mounts."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

from tests.support.public_bases import PublicBases
from tools.engine.home import find_home

from bench.base import pulled

DOCKERFILE = """\
FROM base AS build
USER 0:0
WORKDIR /app
ENV UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_PYTHON_DOWNLOADS=never SSL_CERT_FILE=/certificates.crt
RUN --mount=type=cache,target=/root/.cache/uv \\
    --mount=type=bind,from=uv,source=uv,target=/usr/local/bin/uv \\
    --mount=type=bind,from=certificates,source=ca-certificates.crt,target=/certificates.crt \\
    --mount=type=bind,source=uv.lock,target=uv.lock \\
    --mount=type=bind,source=pyproject.toml,target=pyproject.toml \\
    ["/usr/local/bin/uv", "sync", "--quiet", "--frozen", "--no-dev", "--no-install-project", \\
     "--python", "/usr/bin/python3.13"]

FROM base
WORKDIR /app
COPY --link --from=build /app/.venv /app/.venv
COPY --link src ./src
ENV PATH=/app/.venv/bin:/usr/bin PYTHONUNBUFFERED=1
USER 65532:65532
EXPOSE 8080
CMD ["/app/.venv/bin/python", "-m", "uvicorn", "src.main:app", "--host", "0.0.0.0", "--port", "8080"]
"""

CERTIFICATES = Path("/etc/ssl/certs")


class Timing(NamedTuple):
    """Seconds of a whole process, and the largest resident size of it and its children, in bytes."""

    seconds: float
    memory: int


def timed(command: list[str], env: dict[str, str], folder: Path) -> Timing:
    """Run to the end; a failure ends the benchmark with the command's own words."""
    began = time.perf_counter()
    with subprocess.Popen(command, env=env, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        output = process.stdout.read() if process.stdout else b""
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - began
    if process.returncode:
        sys.stdout.buffer.write(output)
        raise SystemExit(f"{' '.join(command[:4])} … failed with exit code {process.returncode}")
    return Timing(seconds, usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024))


def install(folder: Path, uv: Path, env: dict[str, str]) -> Path:
    """Lading as its users have it: installed, with its bytecode, beside nothing but what it depends on."""
    venv = folder / "venv"
    repository = Path(__file__).parents[1]
    run([uv, "venv", "--quiet", "--python", sys.executable, venv], env)
    run([uv, "pip", "install", "--quiet", "--compile-bytecode", "--python", venv / "bin/python", repository], env)
    return venv / "bin" / "lading"


def run(command: list[str | Path], env: dict[str, str]) -> None:
    """Run to the end, or end the benchmark."""
    subprocess.run(command, env=env, check=True)


class Lading:
    """Lading, with a store and a uv cache of its own."""

    name = "lading"

    def __init__(self, folder: Path, service: Path, env: dict[str, str], *, command: Path, registry: str) -> None:
        self._store = folder / "store"
        self._cache = folder / "uv-cache"
        self._base = folder / "store-with-base"
        self._aside = 0
        self._service = service
        self._registry = registry
        self._env = {**env, "LADING_STORE": str(self._store), "UV_CACHE_DIR": str(self._cache)}
        self._command = str(command)

    def build(self, *, push: bool = False) -> Timing:
        """One build of the service as it is now."""
        more = ["--push", "--tag", f"{self._registry}/bench/lading:1"] if push else []
        return timed([self._command, "build", "--quiet", "--locked", *more], self._env, self._service)

    def lock(self) -> None:
        """Make the lock, which both sides have in their repository before anybody builds."""
        timed([self._command, "lock"], self._env, self._service)

    def forget(self) -> None:
        """Put caches aside. They are not removed: for a minute, ext4 passes over the inodes of deleted files one by one
        whenever it makes a file (fs/ext4/ialloc.c, `recently_deleted`); a machine that never built has deleted none."""
        for folder in (self._store, self._cache):
            if folder.exists():
                self._aside += 1
                folder.rename(folder.with_name(f"aside-{self._aside}"))

    def keep_base(self) -> None:
        """Remember the store of a build of the base alone, for `forget_all_but_base`."""
        shutil.copytree(self._store, self._base, symlinks=True)

    def forget_all_but_base(self) -> None:
        """Empty caches, with the base in the store as a machine has it that has built any other service."""
        self.forget()
        shutil.copytree(self._base, self._store, symlinks=True)


class Docker:
    """`docker buildx build` with the daemon that DOCKER_HOST names."""

    name: str
    _dockerfile: Path

    def __init__(self, service: Path, env: dict[str, str], registry: str) -> None:
        self._service = service
        self._env = env
        self._registry = registry
        self._flags = ["--quiet", "--network=host", "--provenance=false"]

    def build(self, *, push: bool = False) -> Timing:
        """One build of the service as it is now."""
        command = ["docker", "buildx", "build", *self._flags, "--file", str(self._dockerfile)]
        command += ["--tag", f"{self._registry}/bench/{self.name}:1", *(["--push"] if push else [])]
        try:
            return timed([*command, "."], self._env, self._service)
        except SystemExit:  # Docker 26 can lose a snapshot while it prunes ("parent snapshot … does not exist")
            return timed([*command, "."], self._env, self._service)

    def forget(self) -> None:
        """Empty caches; the base image stays."""
        timed(["docker", "builder", "prune", "--all", "--force"], self._env, self._service)


class BuildKit(Docker):
    """The peer: the Dockerfile above."""

    name = "buildkit"

    def __init__(self, folder: Path, service: Path, env: dict[str, str], *, registry: str, base: str, uv: Path) -> None:
        super().__init__(service, env, registry)
        self._dockerfile = folder / "Dockerfile"
        self._dockerfile.write_text(DOCKERFILE)
        tools = folder / "uv-context"
        tools.mkdir()
        shutil.copy2(uv, tools / "uv")
        certificates = folder / "certificates"
        certificates.mkdir()
        shutil.copyfile(CERTIFICATES / "ca-certificates.crt", certificates / "ca-certificates.crt")
        for context in (f"base=docker-image://{base}", f"uv={tools}", f"certificates={certificates}"):
            self._flags += ["--build-context", context]


class Rendered(Docker):
    """`docker buildx build` of the Dockerfile that Lading renders for the same service, on its `slim` base: as with the
    peer, Python is there in the stage that builds."""

    name = "rendered"

    def __init__(self, folder: Path, service: Path, env: dict[str, str], *, registry: str, command: Path) -> None:
        super().__init__(service, env, registry)
        work = folder / "rendered"
        shutil.copytree(service, work)
        settings = work / "lading.toml"
        settings.write_text(f'base = "slim"\n{settings.read_text()}')
        own = {**env, "LADING_STORE": str(folder / "rendered-store"), "UV_CACHE_DIR": str(folder / "rendered-cache")}
        (work / "lading.lock").unlink(missing_ok=True)
        for words in (["build", "--quiet", "--output", str(folder / "slim")], ["render", "dockerfile", "--write"]):
            timed([str(command), *words], own, work)
        bases = PublicBases(home=find_home(env), folder=folder / "bases")
        bases.folder.mkdir()
        text, flags = bases.stand_in((work / "Dockerfile").read_text(), base=folder / "slim")
        self._flags += pulled(flags, registry, env)
        self._dockerfile = folder / "rendered.Dockerfile"
        self._dockerfile.write_text(text)
        shutil.copyfile(work / "Dockerfile.dockerignore", folder / "rendered.Dockerfile.dockerignore")

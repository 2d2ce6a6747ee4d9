"""The real engine, registry and tools for the tests of this folder.

`make test-engine` brings them up first. A test whose tool is not there is skipped; with LADING_REQUIRE_TOOLS=1, as in
CI, it fails instead.
"""

import io
import os
import secrets
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.support.tools import missing
from tools.engine.engine import engine_variables
from tools.engine.errors import EngineError
from tools.engine.home import Home, find_home
from tools.engine.processes import end
from tools.engine.registry import RegistryOptions, start_registry
from tools.engine.wrappers import tool_program

if TYPE_CHECKING:
    from tests.engine.rootfs import Rootfs
    from tests.engine.service import Built


@dataclass(frozen=True, kw_only=True)
class Program:
    """A tool and the environment that it needs; calling it runs it."""

    path: Path
    environ: Mapping[str, str]

    def __call__(self, *arguments: str | Path, stdin: bytes | None = None, cwd: Path | None = None) -> str:
        """Run the tool, which must succeed, and return what it wrote to its standard output."""
        done = self.attempt(*arguments, stdin=stdin, cwd=cwd)
        command = " ".join([self.path.name, *map(str, arguments)])
        assert done.returncode == 0, (
            f"{command} ended with {done.returncode}\n{done.stdout.decode()}{done.stderr.decode()}"
        )
        return done.stdout.decode()

    def attempt(
        self, *arguments: str | Path, stdin: bytes | None = None, cwd: Path | None = None
    ) -> subprocess.CompletedProcess[bytes]:
        """Run the tool, whatever comes of it."""
        return subprocess.run(
            [self.path, *arguments],
            input=stdin or b"",
            capture_output=True,
            env=dict(self.environ),
            cwd=cwd,
            check=False,
        )


@pytest.fixture(scope="session")
def engine_home() -> Home:
    """The folder of the running engine."""
    return find_home()


@pytest.fixture(scope="session")
def engine_environ(engine_home: Home) -> dict[str, str]:
    """This process's environment, with the engine's variables and its tools in front of PATH."""
    try:
        return {**os.environ, **engine_variables(engine_home)}
    except EngineError as error:
        missing(f"the test engine: {error}")


@pytest.fixture(scope="session")
def tool(engine_environ: dict[str, str]) -> Callable[[str], Program]:
    """A tool by name: `tool("skopeo")("inspect", …)`."""

    def find(name: str) -> Program:
        path = shutil.which(name, path=engine_environ["PATH"])
        if path is None:
            missing(f"{name} is not on this machine")
        return Program(path=Path(path), environ=engine_environ)

    return find


@pytest.fixture(scope="session")
def docker(tool: Callable[[str], Program]) -> Program:
    """The Docker client, pointed at the running engine."""
    return tool("docker")


@pytest.fixture(scope="session")
def registry(engine_environ: dict[str, str]) -> str:
    """`host:port` of the plain-HTTP registry without passwords."""
    return engine_environ["LADING_TEST_REGISTRY"]


@pytest.fixture
def start_own_registry(
    engine_home: Home, tool: Callable[[str], Program], tmp_path: Path
) -> Iterator[Callable[..., str]]:
    """Start a registry for one test: `start_own_registry(certificate=…, key=…, htpasswd=…)` gives its `host:port`."""
    tool("docker-registry")
    with ExitStack() as stack:

        def begin(*, certificate: Path | None = None, key: Path | None = None, htpasswd: Path | None = None) -> str:
            options = RegistryOptions(certificate=certificate, key=key, htpasswd=htpasswd)
            folder = tmp_path / f"registry-{secrets.token_hex(4)}"
            process, port = start_registry(engine_home, folder, options)
            stack.callback(end, process, patience=5)
            return f"127.0.0.1:{port}"

        yield begin


@pytest.fixture(scope="session")
def busybox_image(docker: Program, engine_home: Home, registry: str) -> str:
    """A tiny base image with a shell, in the engine and in the registry: `host:port/busybox:test`."""
    name = f"{registry}/busybox:test"
    docker("import", "--change", 'CMD ["/bin/busybox", "id"]', "-", name, stdin=busybox_tree(engine_home))
    docker("push", "--quiet", name)
    return name


def busybox_tree(home: Home) -> bytes:
    """Return a tar archive of a root file system that holds one static program, `/bin/busybox`, and a `/tmp`."""
    program = Path(tool_program(home, "busybox")).read_bytes()
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        for name, mode in (("bin", 0o755), ("tmp", 0o1777)):
            folder = tarfile.TarInfo(name)
            folder.type, folder.mode = tarfile.DIRTYPE, mode
            tar.addfile(folder)
        entry = tarfile.TarInfo("bin/busybox")
        entry.size, entry.mode = len(program), 0o755
        tar.addfile(entry, io.BytesIO(program))
    return archive.getvalue()


@pytest.fixture(scope="session")
def lading(engine_environ: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Program:
    """The real command line, with a home, a store and a package cache of its own that all tests share."""
    home = tmp_path_factory.mktemp("home")
    environ = {name: value for name, value in engine_environ.items() if not name.startswith(("LADING_", "UV_"))}
    kept = {name: engine_environ[name] for name in ("LADING_DEBIAN_MIRROR",) if name in engine_environ}
    own = {"HOME": str(home), "LADING_STORE": str(home / "store"), "UV_CACHE_DIR": str(home / "uv")}
    return Program(path=Path(sys.executable).with_name("lading"), environ={**environ, **kept, **own})


@pytest.fixture(scope="session")
def riskshield(lading: Program, tmp_path_factory: pytest.TempPathFactory) -> "Built":
    """The reference service, built for two platforms as its team has decided."""
    from tests.engine.service import build, copy_of_example

    folder = copy_of_example(tmp_path_factory.mktemp("distroless") / "riskshield", lading)
    return build(folder, lading, "--platform", "linux/amd64,linux/arm64")


@pytest.fixture(scope="session")
def slim(lading: Program, tmp_path_factory: pytest.TempPathFactory) -> "Built":
    """The same service on the base with a shell."""
    from tests.engine.service import build, copy_of_example

    folder = copy_of_example(tmp_path_factory.mktemp("slim") / "riskshield", lading, 'base = "slim"')
    return build(folder, lading)


@pytest.fixture(scope="session")
def unpacked(
    riskshield: "Built", slim: "Built", tool: Callable[[str], Program], tmp_path_factory: pytest.TempPathFactory
) -> "Mapping[str, Rootfs]":
    """The images as skopeo copies them and umoci unpacks them, with their owners, by base and architecture."""
    from tests.engine.rootfs import Rootfs

    folder = tmp_path_factory.mktemp("unpacked")
    found: dict[str, Rootfs] = {}
    for key, built, architecture in (
        ("distroless/amd64", riskshield, "amd64"),
        ("distroless/arm64", riskshield, "arm64"),
        ("slim/amd64", slim, "amd64"),
    ):
        bundle = folder / key
        bundle.mkdir(parents=True)
        copy = f"{bundle}/layout:1"
        tool("skopeo")("copy", "--override-arch", architecture, f"oci:{built.layout}:1", f"oci:{copy}")
        tool("umoci")("unpack", "--image", copy, bundle / "bundle")
        found[key] = Rootfs(bundle / "bundle" / "rootfs")
    return found


@pytest.fixture(scope="session")
def in_docker(docker: Program, riskshield: "Built") -> Iterator[str]:
    """The name of the service's image in Docker, loaded from its archive."""
    docker("load", "--quiet", "--input", riskshield.archive)
    yield riskshield.name
    docker("rmi", "--force", riskshield.name)


@pytest.fixture(scope="session")
def slim_in_docker(docker: Program, slim: "Built") -> Iterator[str]:
    """The name of the slim image in Docker."""
    docker("load", "--quiet", "--input", slim.archive)
    yield slim.name
    docker("rmi", "--force", slim.name)

"""The reference service, built by the real command line, and its containers."""

import json
import secrets
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from tests.engine.conftest import Program

EXAMPLE = Path(__file__).parents[2] / "examples" / "riskshield"
Json = dict[str, Any]
T = TypeVar("T")


def copy_of_example(folder: Path, lading: Program, settings: str = "") -> Path:
    """A fresh copy of the service with its lock (and `settings` in front of its lading.toml), as a team has it."""
    shutil.copytree(EXAMPLE, folder, ignore=shutil.ignore_patterns("__pycache__", ".venv", ".*_cache", "*.lock"))
    config = folder / "lading.toml"
    config.write_text(f"{settings}\n{config.read_text()}" if settings else config.read_text())
    uv = Program(path=lading.path.with_name("uv"), environ={**lading.environ, "UV_PYTHON_DOWNLOADS": "never"})
    uv("lock", "--quiet", "--python", lading.path.with_name("python"), cwd=folder)
    return folder


def append(path: Path, line: str) -> None:
    """Add a line to a file, as an editor would."""
    path.write_text(f"{path.read_text()}{line}\n")


@dataclass(frozen=True, kw_only=True)
class Built:
    """A service after `lading build`: where it is, its layout and archive, and what the command said of it."""

    folder: Path
    lading: Program
    layout: Path
    archive: Path
    name: str
    report: Json

    @property
    def digest(self) -> str:
        """The digest of what was built: the image, or the index of several platforms."""
        return str(self.report["digest"])

    def blob(self, digest: str) -> bytes:
        """A blob of the layout."""
        return (self.layout / "blobs" / digest.replace(":", "/")).read_bytes()

    @cached_property
    def manifests(self) -> Mapping[str, Json]:
        """The manifests, by architecture."""
        return {
            one["platform"].partition("/")[2]: json.loads(self.blob(one["manifest"]))
            for one in self.report["platforms"]
        }

    def config(self, architecture: str) -> Json:
        """The configuration of one image."""
        config: Json = json.loads(self.blob(self.manifests[architecture]["config"]["digest"]))
        return config


def build(folder: Path, lading: Program, *flags: str) -> Built:
    """Build the service in `folder`, with a layout and an archive of it beside the folder."""
    name = f"riskshield-test-{secrets.token_hex(4)}"
    layout, archive = folder.with_name(f"{folder.name}-layout"), folder.with_name(f"{folder.name}.tar")
    said = lading(
        "build", "--format", "json", "-t", f"{name}:1", "-o", layout, "-o", archive, *flags, cwd=folder
    )  # fmt: skip
    (report,) = json.loads(said)["builds"]
    return Built(folder=folder, lading=lading, layout=layout, archive=archive, name=f"{name}:1", report=report)


@dataclass(frozen=True, kw_only=True)
class Container:
    """A container that runs."""

    docker: Program
    name: str
    interpreter: str = "/app/.venv/bin/python"

    def inspect(self) -> Json:
        """What Docker knows of it."""
        (told,) = json.loads(self.docker("inspect", self.name))
        return dict(told)

    def python(self, code: str) -> str:
        """Run Python inside it, as the image's user."""
        return self.docker("exec", self.name, self.interpreter, "-c", code)

    def get(self, path: str, port: int = 8080) -> tuple[int, Json]:
        """The answer of the service, asked from inside: status and JSON."""
        code = (
            "import http.client as h, sys;"
            f"c = h.HTTPConnection('127.0.0.1', {port}, timeout=60); c.request('GET', {path!r});"
            "a = c.getresponse(); print(a.status, a.read().decode())"
        )
        status, _, body = self.python(code).partition(" ")
        return int(status), json.loads(body)

    def wait(self, port: int = 8080) -> None:
        """Wait until the service listens."""
        probe = f"import socket; socket.create_connection(('127.0.0.1', {port})).close()"
        words = ("exec", self.name, self.interpreter, "-I", "-S", "-c", probe)
        until(lambda: self.docker.attempt(*words).returncode == 0 or None, self.runs, self.logs)

    def runs(self) -> bool:
        """Whether it has not ended."""
        return bool(self.inspect()["State"]["Running"])

    def logs(self) -> str:
        """What it has written."""
        done = self.docker.attempt("logs", self.name)
        return (done.stdout + done.stderr).decode()


CLOSED = ("--read-only", "--tmpfs", "/tmp", "--cap-drop", "ALL", "--security-opt", "no-new-privileges")
"""A container that may do nothing but what a web service must."""
ALONE = ("--network", "none")
"""A network of its own: the service's fixed port is free there, whatever else this machine runs."""


@contextmanager
def container(docker: Program, image: str, *flags: str, command: tuple[str, ...] = ()) -> Iterator[Container]:
    """Run an image in the background until the block ends."""
    name = f"lading-{secrets.token_hex(6)}"
    try:
        docker("run", "--detach", "--name", name, *flags, image, *command)
        yield Container(docker=docker, name=name)
    finally:
        docker.attempt("rm", "--force", name)


def until(ask: Callable[[], T | None], still: Callable[[], bool], told: Callable[[], str]) -> T:
    """Ask until there is an answer. Fails, with what there is to tell, when `still` does not hold any more."""
    while True:
        answer = ask()
        if answer is not None:
            return answer
        assert still(), told()
        time.sleep(0.05)

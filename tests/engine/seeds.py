"""Projects of the decision records, built and started on stand-ins for the images that they start from."""

import re
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

from tests.engine.conftest import Program
from tests.engine.service import ALONE, Container, container, until

_STAGE = re.compile(r"^FROM \S+ (?:AS|as) (\S+)$", re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class Workshop:
    """Builds Dockerfiles as they are. `bases` says what stands in for an image; `proxy` leads to Poetry's own site."""

    docker: Program
    bases: Mapping[str, str]
    proxy: str

    def attempt(self, dockerfile: Path, name: str) -> CompletedProcess[bytes]:
        """Build with the Dockerfile's folder as the context, whatever comes of it.

        Stage after stage: a build that fails cancels what it does at the same time, and this engine keeps what was
        cancelled as if it had been done ("snapshot … does not exist").
        """
        contexts = [f"{image}={place}" for image, place in self.bases.items()]
        flags = [word for one in contexts for word in ("--build-context", one)]
        # In both cases, as curl and pip read them; a build's cache does not depend on them.
        proxies = [word for key in ("HTTPS_PROXY", "https_proxy") for word in ("--build-arg", f"{key}={self.proxy}")]
        command: list[str | Path] = ["buildx", "build", "--progress=plain", "--network=host", "--file", dockerfile]
        command += [*flags, *proxies]
        for stage in _STAGE.findall(dockerfile.read_text())[:-1]:
            done = self.docker.attempt(*command, "--target", stage, dockerfile.parent)
            if done.returncode:
                return done
        return self.docker.attempt(*command, "--load", "--tag", name, dockerfile.parent)

    def build(self, dockerfile: Path, name: str) -> None:
        """Build what must build."""
        done = self.attempt(dockerfile, name)
        assert done.returncode == 0, done.stderr.decode()

    @contextmanager
    def running(self, name: str, *flags: str, command: Sequence[str] = (), retries: int = 2) -> Iterator[Container]:
        """A container whose health is asked for every second, and which may fail to answer so many times."""
        often = ("--health-interval", "1s", "--health-start-period", "0s", "--health-retries", str(retries))
        with container(self.docker, name, *ALONE, *often, *flags, command=tuple(command)) as found:
            yield found

    def health(self, running: Container) -> tuple[str, str]:
        """Its state of health once that is known, and what the last check said."""

        def ask() -> dict[str, Any] | None:
            said = running.inspect()["State"]["Health"]
            return said if said["Status"] != "starting" and said["Log"] else None

        told = until(ask, running.runs, running.logs)
        return told["Status"], told["Log"][-1]["Output"]


def image_name() -> str:
    """A name that nobody else uses."""
    return f"lading-seeds-{secrets.token_hex(4)}"

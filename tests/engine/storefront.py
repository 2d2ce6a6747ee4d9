"""The storefront, built by the real command line."""

import json
import secrets
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.engine.conftest import Program

EXAMPLE = Path(__file__).parents[2] / "examples" / "storefront"
SERVICES = ("backend", "storefront", "storefront-site")
PLATFORMS = "linux/amd64,linux/arm64"


@dataclass(frozen=True, kw_only=True)
class Shop:
    """The storefront after `lading build`: its folder, the tag of its images, and what the command said of each."""

    folder: Path
    lading: Program
    tag: str
    reports: Mapping[str, Any]

    def image(self, service: str) -> str:
        """The name of a service's image in Docker."""
        return f"{service}:{self.tag}"


@pytest.fixture(scope="module")
def shop(lading: Program, docker: Program, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """Every service, built for two platforms and loaded into Docker."""
    folder = tmp_path_factory.mktemp("storefront") / "storefront"
    shutil.copytree(EXAMPLE, folder, ignore=shutil.ignore_patterns("node_modules", "dist", "lading.lock"))
    tag = f"test-{secrets.token_hex(4)}"
    said = lading("build", "--format", "json", "--load", "-t", tag, "--platform", PLATFORMS, *SERVICES, cwd=folder)
    reports = {one["service"]: one for one in json.loads(said)["builds"]}
    yield Shop(folder=folder, lading=lading, tag=tag, reports=reports)
    docker.attempt("rmi", "--force", *(f"{service}:{tag}" for service in SERVICES))

"""Dockerfiles on Alpine and on an empty base: BuildKit makes what the embedded engine makes, and it is healthy.

Alpine is a stand-in (`tests.support.alpine`), node in it the one that is built for musl.
"""

import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.engine.conftest import Program
from tests.engine.go_service import go_service
from tests.engine.node_service import node_service
from tests.engine.test_parity import of_this_machine
from tests.support.parity import differences, expected
from tests.support.public_bases import TAG, PublicBases
from tools.engine.home import Home

from lading.oci.layout import read_layout

CASES = (("go", "scratch"), ("go", "alpine:3.22"), ("node", "node:24-alpine"))


@pytest.fixture
def bases(engine_home: Home, tmp_path: Path) -> PublicBases:
    (tmp_path / "bases").mkdir()
    return PublicBases(home=engine_home, folder=tmp_path / "bases")


@pytest.fixture
def pushed(bases: PublicBases, tool: Callable[[str], Program], registry: str) -> Callable[[str], str]:
    """Puts an Alpine into the registry; its name there."""

    def push(name: str) -> str:
        node = "24" if name.startswith("node:") else ""
        tool("skopeo")("copy", f"oci:{bases.alpine(node)}:{TAG}", f"docker://{registry}/{name}")
        return f"{registry}/{name}"

    return push


@pytest.fixture
def image(docker: Program) -> Iterator[str]:
    """The name of an image that the engine has for the time of a test."""
    name = f"lading-musl:{secrets.token_hex(4)}"
    yield name
    docker.attempt("rmi", "--force", name)


def nodes(bases: PublicBases) -> dict[str, Path]:
    """Where a build runs, and where packages are installed for musl."""
    return {"trixie-slim": bases.node("24"), "alpine": bases.alpine("24")}


def static(bases: PublicBases, lading: Program) -> Path:
    """What stands in for the static image, of which an empty base gets some files: the base of another service."""
    other, layout = go_service(bases.folder / "static"), bases.folder / "static-layout"
    lading("lock", cwd=other)
    lading("build", "--quiet", "-o", layout, cwd=other)
    return bases.base_of(layout)


@pytest.mark.parametrize("case", CASES, ids=[" on ".join(case) for case in CASES])
def test_both_engines_make_the_same_image_and_it_is_healthy(
    case: tuple[str, str], bases: PublicBases, pushed: Callable[[str], str], image: str, lading: Program
) -> None:
    language, base = case
    settings = f'base = "{base if base == "scratch" else pushed(base)}"'
    folder = bases.folder / "shop"
    service = go_service(folder, settings) if language == "go" else node_service(folder, "npm", settings)
    contexts = (
        {f"node:24-{kind}": bases.fetching(at) for kind, at in nodes(bases).items()} if language == "node" else {}
    )
    if language == "go":
        contexts = {"golang:1.24-alpine": bases.fetching(bases.golang())}
        main = service / "cmd/shop/main.go"
        main.write_text(main.read_text().replace("Europe/Amsterdam", "UTC"))  # Alpine has no other time zone
    if base == "scratch":
        contexts["gcr.io/distroless/static-debian13:nonroot"] = static(bases, lading)
    flags = [word for name, at in contexts.items() for word in ("--build-context", f"{name}=oci-layout://{at}:{TAG}")]
    lading("lock", cwd=service)
    lading("build", "--quiet", "-o", folder.with_name("embedded"), cwd=service)
    words = ("build", "--quiet", "--engine", "buildkit", "--network", "host", *flags)
    lading(*words, "-t", image, "-o", folder.with_name("buildkit"), "--load", cwd=service)
    ours, theirs = (of_this_machine(read_layout(folder.with_name(one)).open()) for one in ("embedded", "buildkit"))
    assert differences(ours, theirs, lambda _: set()) == expected("scratch" if base == "scratch" else "image")
    assert "healthy" in lading("run", "--wait-healthy", image)

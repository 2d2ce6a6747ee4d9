"""The storefront by BuildKit, from its rendered Dockerfiles: the same images, file by file. And what they save of the
images that the Dockerfiles make which a team begins with."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from tests.engine.storefront import SERVICES, Shop, shop
from tests.engine.test_parity import of_this_machine
from tests.support.parity import differences, expected
from tests.support.public_bases import TAG, PublicBases
from tools.engine.home import Home

from lading.oci.layout import read_layout

__all__ = ["shop"]


@pytest.fixture(scope="module")
def bases(engine_home: Home, tmp_path_factory: pytest.TempPathFactory) -> PublicBases:
    return PublicBases(home=engine_home, folder=tmp_path_factory.mktemp("bases"))


@pytest.fixture(scope="module")
def embedded(shop: Shop, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    """The layouts of what the embedded engine makes, by service."""
    folder = tmp_path_factory.mktemp("embedded")
    for service in SERVICES:
        shop.lading("build", service, "-t", "1", "-o", folder / service, cwd=shop.folder)
    return {service: folder / service for service in SERVICES}


@pytest.fixture(scope="module")
def contexts(bases: PublicBases, embedded: Mapping[str, Path]) -> list[str]:
    """Flags that give BuildKit a stand-in for each public image of the Dockerfiles."""
    go, node = bases.fetching(bases.golang()), bases.fetching(bases.node("24"))
    named = {
        "golang:1.24-alpine": go,
        "golang:1.26-alpine": go,
        "golang:1.26": go,
        "node:24-trixie-slim": node,
        "node:24-slim": node,
        "gcr.io/distroless/nodejs24-debian13:nonroot": bases.base_of(embedded["storefront"]),
        "gcr.io/distroless/static-debian13:nonroot": bases.base_of(embedded["backend"]),
    }
    return [
        word for image, layout in named.items() for word in ("--build-context", f"{image}=oci-layout://{layout}:{TAG}")
    ]


@pytest.mark.parametrize("service", SERVICES)
def test_both_engines_make_the_same_image(
    service: str, shop: Shop, embedded: Mapping[str, Path], contexts: list[str], tmp_path: Path
) -> None:
    words = ("build", service, "--engine", "buildkit", "--network", "host", *contexts)
    shop.lading(*words, "-t", "1", "-o", tmp_path / "layout", cwd=shop.folder)
    ours, theirs = (of_this_machine(read_layout(path).open()) for path in (embedded[service], tmp_path / "layout"))
    assert differences(ours, theirs, lambda _: set()) == expected("static")


@pytest.mark.parametrize(
    ("service", "folder", "reduction"),
    [("storefront", "frontend", 0.6), ("backend", "backend", 0.94)],  # the record says about 70% and 94%
)
def test_they_save_most_of_what_a_single_stage_takes(
    service: str, folder: str, reduction: float, shop: Shop, contexts: list[str]
) -> None:
    words = ("--compare-dockerfile", f"naive/{folder}.Dockerfile", "--context", folder, "--network", "host")
    said = shop.lading("size", service, *words, *contexts, "--format", "json", cwd=shop.folder)
    told = json.loads(said)
    assert told["other"] == f"naive/{folder}.Dockerfile"
    assert told["unpacked"]["other"] > 400_000_000
    assert told["unpacked"]["reduction"] > reduction
    assert told["unpacked"]["image"] < 150_000_000

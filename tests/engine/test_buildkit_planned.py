"""The reference service from its plan, by the real BuildKit: `lading build --engine buildkit`, and the engine itself.

The public images are stand-ins that Lading makes (`tests.support.public_bases`), given as named contexts: what a user
does whose registry is a mirror of them.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.engine.buildkit_service import HOST
from tests.engine.conftest import Program
from tests.engine.service import ALONE, CLOSED, container
from tests.support.public_bases import TAG, PublicBases
from tools.engine.home import Home

from lading.assemble.result import Event
from lading.buildkit.engine import BuildKitEngine
from lading.buildkit.model import Options
from lading.cli.context import Context
from lading.cli.lockfile import read_pins
from lading.cli.project import load_project
from lading.oci.layout import read_layout
from lading.oci.partial import config_of, images_of
from lading.oci.validate import validate
from lading.proc import Runner
from lading.render.public import public_base, uv_image

if TYPE_CHECKING:
    from tests.engine.service import Built


@dataclass(frozen=True, kw_only=True)
class Planned:
    """The service after `lading build --engine buildkit`: its layout and report, and the contexts it was built with."""

    folder: Path
    layout: Path
    name: str
    contexts: tuple[str, ...]
    report: dict[str, Any]


@pytest.fixture(scope="module")
def planned(
    riskshield: "Built",
    lading: Program,
    docker: Program,
    engine_home: Home,
    tmp_path_factory: pytest.TempPathFactory,
) -> Planned:
    """Built once for all tests here."""
    folder = tmp_path_factory.mktemp("planned")
    (folder / "bases").mkdir()
    bases = PublicBases(home=engine_home, folder=folder / "bases")
    pins = read_pins(riskshield.folder)
    (plan,) = load_project(Context(env=dict(lading.environ), cwd=riskshield.folder)).plans()
    public = public_base(plan.runtime.base)
    suite = public.build.partition(":")[2].removesuffix("-slim")
    stand_ins = {
        public.build: bases.fetching(bases.debian(suite)),
        public.runtime: bases.base_of(riskshield.layout),
        uv_image(pins, plan.platforms): bases.uv(),
    }
    contexts = tuple(f"{name}=oci-layout://{layout}:{TAG}" for name, layout in stand_ins.items())
    flags = [word for text in contexts for word in ("--build-context", text)]
    name = f"bk-{riskshield.name}"
    words = ("build", "--engine", "buildkit", "--format", "json", "-t", name, "-o", folder / "layout", "--load")
    (report,) = json.loads(lading(*words, *HOST, *flags, cwd=riskshield.folder))["builds"]
    return Planned(
        folder=riskshield.folder, layout=folder / "layout", name=name, contexts=contexts, report=dict(report)
    )


def test_the_image_is_valid_and_is_what_the_report_says(planned: Planned) -> None:
    content = read_layout(planned.layout).open()
    ((descriptor, image),) = images_of(content)
    assert descriptor.digest == planned.report["digest"]
    assert validate(content, base_layers=99) == ()
    assert planned.report["within_budget"] is True
    titles = {label.rpartition(".")[2] for label in (config_of(image).config.labels or {})}  # type: ignore[union-attr]
    assert {"title", "version", "source"} <= titles


def test_the_service_answers(planned: Planned, docker: Program) -> None:
    try:
        with container(docker, planned.name, *CLOSED, *ALONE) as running:
            running.wait()
            assert running.get("/health")[0] == 200
            assert running.python("import os; print(os.getuid())").strip() == "1000"
    finally:
        docker.attempt("rmi", "--force", planned.name)


def test_the_engine_s_own_door_gives_the_same_image(
    planned: Planned, lading: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("DOCKER_HOST", "DOCKER_CONFIG", "PATH"):
        monkeypatch.setenv(name, lading.environ[name])
    context = Context(env=dict(lading.environ), cwd=planned.folder)
    project = load_project(context)
    (plan,) = project.plans()
    pins = read_pins(planned.folder)
    assert pins is not None
    events: list[Event] = []
    engine = BuildKitEngine(
        runner=Runner(),
        store=context.store,
        env=context.env,
        cwd=planned.folder,
        root=project.root,
        options=Options(network="host", contexts=planned.contexts),
        listener=events.append,
    )
    image = engine.build(plan, pins, "linux/amd64")
    ((_, before),) = images_of(read_layout(planned.layout).open())
    assert image.manifest == before.manifest

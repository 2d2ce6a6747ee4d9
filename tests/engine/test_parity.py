"""Both engines make the same image of a plan: the embedded one, and BuildKit from the rendered Dockerfile.

Held against each other for the reference service on each base, as a package, as a member of a workspace and with every
manager of packages, and for a service that is awkward to copy.
What may differ is listed in `tests.support.parity`; the public images are stand-ins (`tests.support.public_bases`).
"""

import gzip
import json
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest
from tests.engine.awkward import awkward_service
from tests.engine.conftest import Program
from tests.engine.managed import MANAGERS, managed_service
from tests.engine.service import append, build, copy_of_example
from tests.engine.test_rendered_runs import PACKAGE
from tests.support.parity import CHECKOUT, SAME_CODE, SOURCE, View, differences, expected, unexplained, view
from tests.support.public_bases import TAG, PublicBases, read_image, write_image
from tools.engine.home import Home

from lading.assemble.stored import open_stored
from lading.buildkit.engine import BuildKitEngine
from lading.buildkit.jobs import job_of
from lading.buildkit.model import Options
from lading.cli.context import Context
from lading.cli.lockfile import read_pins
from lading.cli.project import load_project
from lading.oci.layout import read_layout
from lading.oci.partial import images_of, platform_of
from lading.proc import Runner
from lading.render.dockerfile import REVISION

if TYPE_CHECKING:
    from tests.engine.service import Built

    from lading.oci.model import Image, Index

BASES = ("distroless", "slim", "image")
CASES = (*(("riskshield", base) for base in BASES), ("a package", "distroless"), ("a package", "image"),
         ("awkward", "distroless"), ("awkward", "slim"), *((name, "distroless") for name in MANAGERS))  # fmt: skip
INHERITED = {
    "Env": ["PATH=/opt/company/bin:/usr/bin:/bin", "COMPANY=yes", "LANG=de_DE.UTF-8"],
    "Cmd": ["python3"],
    "Entrypoint": ["/bin/sh"],
    "ExposedPorts": {"9/tcp": {}},
    "Healthcheck": {"Test": ["CMD", "true"]},
    "Labels": {"team": "base"},
    "StopSignal": "SIGQUIT",
    "User": "daemon",
    "Volumes": {"/data": {}},
    "WorkingDir": "/data",
}
"""What a company's base says of its own run: all that an image inherits, or must not."""


@dataclass(frozen=True, kw_only=True)
class Bench:
    """What every case is built with."""

    lading: Program
    docker: Program
    skopeo: Program
    registry: str
    home: Home
    folder: Path
    slim: "Built"

    def company_base(self) -> tuple[str, Path]:
        """A company's image with Debian's Python, in the registry and as a layout: its name, and where it is."""
        layout = self.folder / "company"
        name = f"{self.registry}/parity/python:3.13"
        if not layout.exists():
            below = PublicBases(home=self.home, folder=self.folder).base_of(self.slim.layout)
            manifest, _ = read_image(below)
            blobs = [below / "blobs" / layer["digest"].replace(":", "/") for layer in manifest["layers"]]
            write_image(layout, [gzip.decompress(blob.read_bytes()) for blob in blobs], INHERITED)
            self.skopeo("copy", f"oci:{layout}:{TAG}", f"docker://{name}")
        return name, layout

    def service(self, kind: str, base: str, folder: Path) -> tuple[Path, Mapping[str, Path]]:
        """A service of that kind on that base, locked; and the images that stand for themselves."""
        own: Mapping[str, Path] = {}
        settings = f'base = "{base}"'
        if base == "image":
            name, layout = self.company_base()
            own = {name: layout}
            settings = f'base = "{name}"\ninterpreter = "/usr/bin/python3.13"'
        if kind in MANAGERS:
            managed_service(kind, folder, self.lading, settings)
            return folder, own
        if kind == "awkward":
            return awkward_service(folder, self.lading, settings), own
        copy_of_example(folder, self.lading, settings)
        if kind == "a package":
            append(folder / "pyproject.toml", PACKAGE)
            uv = Program(path=self.lading.path.with_name("uv"), environ=self.lading.environ)
            uv("lock", "--quiet", "--python", self.lading.path.with_name("python"), cwd=folder)
        self.lading("lock", cwd=folder)
        return folder, own


@pytest.fixture(scope="module")
def bench(
    lading: Program,
    tool: Callable[[str], Program],
    engine_home: Home,
    slim: "Built",
    tmp_path_factory: pytest.TempPathFactory,
) -> Bench:
    """Shared by all cases, with the stand-ins that were made for one."""
    return Bench(
        lading=lading,
        docker=tool("docker"),
        skopeo=tool("skopeo"),
        registry=tool("docker").environ["LADING_TEST_REGISTRY"],
        home=engine_home,
        folder=tmp_path_factory.mktemp("bench"),
        slim=slim,
    )


@pytest.mark.parametrize(("kind", "base"), CASES, ids=[" on ".join(case) for case in CASES])
def test_both_engines_make_the_same_image(
    kind: str, base: str, bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, own = bench.service(kind, base, tmp_path / "service")
    built = build(folder, bench.lading)
    for name in ("DOCKER_HOST", "DOCKER_CONFIG", "PATH"):
        monkeypatch.setenv(name, bench.lading.environ[name])
    embedded, other = of_this_machine(read_layout(built.layout).open()), by_buildkit(built, bench, own)
    bench.docker("load", "--quiet", "--input", built.archive)
    try:
        found = differences(embedded, other, in_image(built.name, bench.docker))
    finally:
        bench.docker("rmi", "--force", built.name)
    rules = {"a package": (), "awkward": (*SOURCE, *CHECKOUT)}.get(kind, SOURCE)
    assert unexplained(found, rules) == (expected(base), [])
    assert (REVISION in embedded.config["Labels"]) == (kind == "awkward")  # the only one that says it


def by_buildkit(built: "Built", bench: Bench, own: Mapping[str, Path]) -> View:
    """The image that BuildKit makes of the same plan and pins, with stand-ins for the images of its Dockerfile."""
    context = Context(env=dict(bench.lading.environ), cwd=built.folder)
    project = load_project(context)
    (planned,) = project.planned()
    platform = built.report["platforms"][0]["platform"]
    plan = msgspec.structs.replace(planned.plan, platforms=(platform,))
    job = job_of(
        plan, read_pins(built.folder), root=project.root, listing=project.tree.files(), reasons=planned.decisions
    )
    bases = PublicBases(home=bench.home, folder=bench.folder, own=own)
    text, flags = bases.stand_in(job.dockerfile, base=built.layout)
    engine = BuildKitEngine(
        runner=Runner(),
        store=context.store,
        env=context.env,
        cwd=built.folder,
        root=project.root,
        options=Options(network="host", contexts=tuple(flags[1::2])),
        listener=lambda _: None,
    )
    made = engine.make(msgspec.structs.replace(job, dockerfile=text), listener=lambda _: None)
    return of_this_machine(open_stored(context.store, made.digest))


def of_this_machine(content: "Image | Index") -> View:
    """What a container of the only image would see."""
    ((_, image),) = images_of(content)
    assert platform_of(image).os == "linux"
    return view(image)


def in_image(name: str, docker: Program) -> Callable[[Mapping[str, tuple[bytes, bytes]]], set[str]]:
    """Bytecode, judged by the Python that it is for: the one in the image."""

    def same_code(pairs: Mapping[str, tuple[bytes, bytes]]) -> set[str]:
        sent = {path: [b64encode(data).decode() for data in pair] for path, pair in pairs.items()}
        words = ("run", "--rm", "--interactive", "--network", "none", "--entrypoint", "/app/.venv/bin/python", name)
        return set(json.loads(docker(*words, "-I", "-c", SAME_CODE, stdin=json.dumps(sent).encode())))

    return same_code

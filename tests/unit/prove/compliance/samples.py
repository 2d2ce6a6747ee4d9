"""An image with nothing wrong, as an audit and a run of it would tell, to take a part of it away."""

from typing import Any

from msgspec.structs import replace
from tests.unit.prove.verify.samples import MANIFEST, verification

from lading.digest import Digest
from lading.prove.audit import Audit, Facts, Linking, Modules, User
from lading.prove.compliance import Evidence, Expected, Pinned, Scan
from lading.prove.size import ImageSize, LayerSize


def layer(title: str, unpacked: int) -> LayerSize:
    return LayerSize(title=title, digest=Digest("sha256:" + "2" * 64), size=unpacked // 3, unpacked=unpacked, files=10)


LAYERS = (layer("base", 40_000_000), layer("dependencies", 50_000_000), layer("application", 90_000))


def facts(**changes: Any) -> Facts:
    size = ImageSize(
        manifest=MANIFEST,
        platform="linux/amd64",
        size=sum(one.size for one in LAYERS),
        unpacked=sum(one.unpacked for one in LAYERS),
        layers=LAYERS,
        packages=(),
    )
    well = Facts(
        size=size,
        base_layers=1,
        base_known_by="Lading's history",
        wasted=0,
        user=User(said="1000:1000", uid=1000, gid=1000),
        workdir="/app",
        command=("/app/.venv/bin/python", "-m", "shop"),
        program="/usr/bin/python3.13",
        health=("/app/.venv/bin/python", "-c", "…"),
        health_program="/usr/bin/python3.13",
        stop_signal="SIGTERM",
        ports=("8080/tcp",),
        labels={"org.opencontainers.image.title": "shop", "com.example.team": "sales"},
        created="1970-01-01T00:00:00Z",
        shells=(),
        managers=(),
        tools=(),
        development=(),
        privileged=(),
        writable=0,
        secrets=0,
        linking=Linking(files=80, dynamic=75, needs=129, unmet=0),
        modules=Modules(sources=100, ready=100, stale=0),
    )
    return replace(well, **changes)


def evidence(*, audit: Any = None, **changes: Any) -> Evidence:
    """`audit` are changes of the facts."""
    well = Evidence(
        name="shop",
        audit=Audit(findings=(), accepted=(), facts=facts(**audit or {})),
        platforms=("linux/amd64",),
        verification=verification(),
        scan=Scan(tool="trivy", found=(("CRITICAL", 0), ("HIGH", 0))),
    )
    return replace(well, **changes)


def expected(**changes: Any) -> Expected:
    well = Expected(
        service="shop",
        stages=("build", "runtime"),
        base="distroless (packages of Debian trixie)",
        closed=True,
        user="1000:1000",
        budget=200_000_000,
        port=8080,
        serves=True,
        labels=(("com.example.team", "sales"),),
        platforms=("linux/amd64",),
        pinned=Pinned(told=("22 Debian packages", "4 tools")),
    )
    return replace(well, **changes)

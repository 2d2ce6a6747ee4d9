"""The evidence of an image with nothing wrong, to take a part of it away."""

from typing import Any

from msgspec.structs import replace

from lading.digest import Digest
from lading.prove.verify.model import Answer, Dependency, Kind, Limits, Memory, Seen, Stop, Trial, Verification

MANIFEST = Digest("sha256:" + "1" * 64)
GOOD = Answer(good=True, said="200")
BAD = Answer(good=False, said="503")
POSTGRES = Dependency(name="postgres", nowhere=(("DATABASE_URL", "postgresql://nobody:nothing@127.0.0.1:1/nowhere"),))


def trial(kind: Kind, **changes: Any) -> Trial:
    seen = Seen(name="python", uid=1000, gid=1000, capabilities="0" * 16, no_new_privileges=True)
    well = Trial(
        kind=kind,
        process="web",
        user="1000:1000",
        start=0.01,
        healthy=0.4,
        health=GOOD,
        check=Answer(good=True, said="exit code 0"),
        ready=GOOD,
        seen=(seen,),
        memory=Memory(limit=256_000_000, peak=80_000_000),
        written=() if kind == "writable" else None,
        stop=Stop(signal="SIGTERM", code=0, seconds=0.2, in_time=True, answered=True),
    )
    return replace(well, **changes)


def verification(*trials: Trial, **changes: Any) -> Verification:
    """What was seen; `trials` take the place of those of their kind."""
    usual = (trial("own"), trial("anyone", user="1000000001:0"), trial("writable", ready=BAD, gone=("postgres",)))
    others = tuple(one for one in usual if one.kind not in {given.kind for given in trials})
    well = Verification(
        name="shop",
        manifest=MANIFEST,
        platform="linux/amd64",
        runtime="crun",
        network="isolated",
        user="1000:1000",
        serves=True,
        ready="/health/ready",
        limits=Limits(memory=256_000_000),
        dependencies=(POSTGRES,),
        given=("postgres",),
        once=("migrate",),
        trials=(*others, *trials),
    )
    return replace(well, **changes)

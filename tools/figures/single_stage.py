"""The images that a team's first Dockerfiles make, one stage and everything in it, held against Lading's own.

BuildKit builds them, on stand-ins for the public images (`tests.support.public_bases`). Those are smaller than what
they stand for: what is saved is rather more than what is measured.
"""

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from tools.engine.engine import engine_variables
from tools.engine.errors import EngineError
from tools.engine.home import find_home
from tools.figures.systems import SingleStage


class Saved(NamedTuple):
    """Bytes on disk of the single-stage image, and what is saved of them, as a part of 1."""

    unpacked: int
    reduction: float


Ask = Callable[..., str]
"""Runs `lading` with words, in the example's folder; what it prints."""


def single_stages(ask: Ask, stages: Mapping[str, SingleStage], scratch: Path) -> dict[str, Saved]:
    """What is saved, by service: nothing where no engine is up."""
    if not stages:
        return {}
    home = find_home()
    try:
        os.environ.update(engine_variables(home))
    except EngineError:
        return {}
    from tests.support.public_bases import TAG, PublicBases

    bases = PublicBases(home=home, folder=scratch)
    images = {"node:24-slim": bases.node("24"), "golang:1.26": bases.golang()}
    named = {name: f"oci-layout://{bases.fetching(layout)}:{TAG}" for name, layout in images.items()}
    flags = [word for name, source in named.items() for word in ("--build-context", f"{name}={source}")]
    return {service: _saved(ask, service, stage, flags) for service, stage in stages.items()}


def _saved(ask: Ask, service: str, stage: SingleStage, flags: list[str]) -> Saved:
    words = ("--compare-dockerfile", stage.dockerfile, "--context", stage.context, "--network", "host")
    told = json.loads(ask("size", service, *words, *flags, "--format", "json"))["unpacked"]
    return Saved(told["other"], told["reduction"])

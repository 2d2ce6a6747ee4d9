"""One system, built and started as its team would, and what came of it."""

import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from lading.toolchain.uv import own_uv
from tools.figures.proof import Proofs, Row, prove
from tools.figures.single_stage import Saved, single_stages
from tools.figures.systems import System

ROOT = Path(__file__).parents[2]
ROUNDS = 3
"""Builds of a kind; their median counts."""

_MADE = (".venv", "__pycache__", ".*_cache", "node_modules", "dist", "lading.lock", "uv.lock")
_HEALTHY = re.compile(r"healthy after ([\d.]+) (ms|s)\b")


class Image(NamedTuple):
    """An image: bytes on disk and compressed, and what is in it. `programs` are bytes on disk of compiled programs."""

    service: str
    base: str
    user: str
    unpacked: int
    programs: int
    size: int
    packages: int
    files: int


class Measured(NamedTuple):
    """A system: its images by name, seconds of building, and of starting by service (those that could be started);
    what single-stage images take beside it, and what was proven, by service."""

    images: tuple[Image, ...]
    first: float
    changed: float
    nothing: float
    healthy: Mapping[str, float]
    single: Mapping[str, Saved] = {}
    proofs: Mapping[str, tuple[Row, ...]] = {}


def measure(system: System, scratch: Path) -> Measured:
    """Build a copy of the example in an empty store below `scratch`, change a line, build again, start it."""
    bench = _bench(system, scratch)
    first = bench.build()
    changed = [bench.build(after=(system.edit, f"{system.remark} round {number}")) for number in range(ROUNDS)]
    time.sleep(0.1)  # for file stamps to settle: a build that has just seen a change does not trust them
    nothing = [bench.build() for _ in range(ROUNDS + 1)][1:]
    return Measured(
        images=tuple(bench.images()),
        first=first,
        changed=statistics.median(changed),
        nothing=statistics.median(nothing),
        healthy=dict(bench.started(system.starts)),
        single=single_stages(bench.lading, system.single, scratch),
        proofs=prove(system, bench.attempt),
    )


def proven(system: System, scratch: Path) -> Proofs:
    """Build a copy of the example in an empty store below `scratch`, and only prove it."""
    bench = _bench(system, scratch)
    bench.lading("build", "--quiet", *system.starts)
    return prove(system, bench.attempt)


def _bench(system: System, scratch: Path) -> "_Bench":
    folder = scratch / system.folder
    shutil.copytree(ROOT / "examples" / system.folder, folder, ignore=shutil.ignore_patterns(*_MADE))
    bench = _Bench(folder, {**os.environ, "LADING_STORE": str(scratch / "store")})
    bench.lock_dependencies()
    return bench


class _Bench:
    """A folder and the command line in it."""

    def __init__(self, folder: Path, environ: Mapping[str, str]) -> None:
        self._folder = folder
        self._environ = dict(environ)

    def lock_dependencies(self) -> None:
        """A lock for an example that makes it on first use."""
        uv = own_uv()
        exclude_newer = "exclude-newer" in _text(self._folder / "pyproject.toml")
        if exclude_newer and uv:
            command = [str(uv), "lock", "--quiet", "--python", sys.executable]
            subprocess.run(command, cwd=self._folder, env=self._environ, check=True)

    def build(self, *, after: tuple[str, str] | None = None) -> float:
        """The seconds of one build, after a line was added to a file."""
        if after:
            name, line = after
            file = self._folder / name
            file.write_text(f"{_text(file)}{line}\n", "utf-8")
        began = time.perf_counter()
        self.lading("build", "--quiet")
        return time.perf_counter() - began

    def images(self) -> list[Image]:
        """What was built, by service."""
        plans = json.loads(self.lading("plan", "--format", "json"))
        return [self._image(plan) for plan in plans]

    def _image(self, plan: Mapping[str, Any]) -> Image:
        told = json.loads(self.lading("size", plan["image"], "--format", "json"))
        base = plan["stages"][-1]["base"]
        return Image(
            service=plan["service"],
            base=base.get("name") or base.get("reference") or "scratch",
            user=plan["config"]["user"],
            unpacked=told["unpacked"],
            programs=sum(layer["unpacked"] for layer in told["layers"] if layer["title"] == "programs"),
            size=told["size"],
            packages=sum(one["kind"] != "application" for one in told["packages"]),
            files=sum(layer["files"] for layer in told["layers"]),
        )

    def started(self, starts: Mapping[str, Mapping[str, str]]) -> list[tuple[str, float]]:
        """Seconds until each service's own health check passes, where a container runtime is there."""
        found = []
        for service, variables in starts.items():
            words = [word for name, value in variables.items() for word in ("--env", f"{name}={value}")]
            done = self._attempt("run", service, "--network", "host", "--wait-healthy", *words)
            match = _HEALTHY.search(done.stdout)
            if match:
                found.append((service, float(match[1]) / (1000 if match[2] == "ms" else 1)))
            else:
                print(f"{service} was not started:", done.stderr.strip().splitlines()[-1:], file=sys.stderr)
        return found

    def lading(self, *words: str) -> str:
        """Run the command line, which must succeed; what it prints."""
        done = self._attempt(*words)
        if done.returncode:
            raise SystemExit(f"lading {' '.join(words)} in {self._folder.name}:\n{done.stderr}")
        return done.stdout

    def attempt(self, *words: str) -> str:
        """Run the command line, whatever comes of it; what it prints."""
        return self._attempt(*words).stdout

    def _attempt(self, *words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "lading", *words]
        return subprocess.run(command, cwd=self._folder, env=self._environ, capture_output=True, text=True, check=False)


def _text(file: Path) -> str:
    return file.read_text("utf-8") if file.is_file() else ""

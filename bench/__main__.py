"""Measure Lading, and BuildKit beside it where an engine is there, and print medians and ratios.

    python -m bench [--table NAME …] [--rounds N] [--json PATH]

The tables are `engines` and `rendered` (the reference service), `check` (1,000 Dockerfiles), and `fleet` (21 services
of one Go module), which takes many minutes. The last two are measured only when they are asked for. Sides take turns
within each round, so that what else this machine does hits both. Absolute times mean little.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

from bench.base import push_base
from bench.check import CheckBench, show_check
from bench.fleet import FleetBench, show_fleet
from bench.sides import BuildKit, Lading, Rendered, Timing, install
from bench.workload import Workload

BARS = {
    "first build, nothing present": 2.0,
    "first build, base present": 3.0,
    "a dependency added": 6.0,
    "one source line changed": 3.0,
    "nothing changed": 3.0,
    "changed line, pushed": 3.0,
}
"""How many times faster than the peer Lading must be, by scenario."""
MEMORY_BAR = 150e6
"""Bytes."""
TABLES = ("engines", "rendered", "check", "fleet")


class Bench:
    """One run: both sides, and what was measured."""

    def __init__(self, folder: Path, rounds: int) -> None:
        env = dict(os.environ)
        env.pop("SOURCE_DATE_EPOCH", None)
        self._rounds = rounds
        self.timings: dict[str, dict[str, list[Timing]]] = {}
        self.rendered_timings: dict[str, dict[str, list[Timing]]] = {}
        registry = env.get("LADING_TEST_REGISTRY", "")
        uv = Path(sys.executable).with_name("uv")
        lock_env = {**env, "UV_PYTHON_DOWNLOADS": "never", "UV_CACHE_DIR": str(folder / "lock-cache")}
        self.work = Workload(folder, str(uv), lock_env, rounds)
        command = install(folder, uv, lock_env)
        self.ours = Lading(folder, self.work.folder, env, command=command, registry=registry)
        self.ours.lock()
        self.registry = registry
        # Made late: it takes memory here, which Linux counts for what is started from then on (getrusage(2), maxrss).
        self._rendered = partial(Rendered, folder, self.work.folder, env, registry=registry, command=command)
        self.peer: BuildKit | None = None
        base = push_base(folder, self.work.folder, env, registry if env.get("DOCKER_HOST") else "")
        shutil.copytree(base.store, folder / "store-with-base", symlinks=True)
        if base.reference:
            subprocess.run(
                ["docker", "pull", "--quiet", base.reference], env=env, check=True, stdout=subprocess.DEVNULL
            )
            self.peer = BuildKit(folder, self.work.folder, env, registry=registry, base=base.reference, uv=uv)

    def run(self) -> None:
        """Every scenario, every round."""
        added = self.work.added()
        for _ in range(self._rounds):
            self.work.use("plain")
            self._both("first build, nothing present", self.ours.forget)
            self._both("first build, base present", self.ours.forget_all_but_base)
            self.work.use(next(added))
            self._both("a dependency added")
            self.work.use("plain")
            self._settle()
            self.work.edit()
            self._both("one source line changed")
            self._both("nothing changed")
            if self.registry:
                self._settle(push=True)
                self.work.edit()
                self._both("changed line, pushed", push=True)

    def run_rendered(self) -> None:
        """BuildKit with the peer's Dockerfile and with the one that Lading renders, side by side."""
        if not self.peer:
            return
        rendered = self._rendered()
        for _ in range(self._rounds):
            self.work.use("plain")
            for side in (self.peer, rendered):
                for scenario, prepare in (
                    ("cold", side.forget),
                    ("one source line changed", self.work.edit),
                    ("nothing changed", None),
                ):
                    if prepare:
                        prepare()
                    self.rendered_timings.setdefault(scenario, {}).setdefault(side.name, []).append(side.build())

    def report_rendered(self) -> list[dict[str, object]]:
        """A row a scenario: medians of both Dockerfiles in seconds, and how many times faster the rendered one is."""
        rows: list[dict[str, object]] = []
        for scenario, sides in self.rendered_timings.items():
            peer, ours = (statistics.median(one.seconds for one in sides[name]) for name in ("buildkit", "rendered"))
            rows.append({"scenario": scenario, "buildkit": peer, "rendered": ours, "ratio": peer / ours})
        return rows

    def _settle(self, *, push: bool = False) -> None:
        """Bring both sides to the present state, untimed."""
        self.ours.build(push=push)
        if self.peer:
            self.peer.build(push=push)

    def _both(self, scenario: str, forget: Callable[[], None] | None = None, *, push: bool = False) -> None:
        found = self.timings.setdefault(scenario, {})
        if forget:
            forget()
        found.setdefault("lading", []).append(self.ours.build(push=push))
        if self.peer:
            if forget:
                self.peer.forget()
            found.setdefault("buildkit", []).append(self.peer.build(push=push))

    def report(self) -> list[dict[str, object]]:
        """A row a scenario: medians in seconds, the ratio, its bar."""
        rows: list[dict[str, object]] = []
        for scenario, bar in BARS.items():
            sides = self.timings.get(scenario)
            if not sides:
                continue
            ours = statistics.median(timing.seconds for timing in sides["lading"])
            row: dict[str, object] = {"scenario": scenario, "lading": ours, "bar": bar}
            if sides.get("buildkit"):
                peer = statistics.median(timing.seconds for timing in sides["buildkit"])
                row |= {"buildkit": peer, "ratio": peer / ours, "met": peer / ours >= bar}
            row["memory"] = max(timing.memory for timing in sides["lading"])
            rows.append(row)
        return rows


def show(rows: list[dict[str, object]]) -> None:
    """The rows as a table of at most 80 columns."""
    print(f"{'':30} {'lading':>9} {'buildkit':>9} {'ratio':>7} {'bar':>5} {'memory':>9}")
    for row in rows:
        peer = f"{row['buildkit']:8.3f}s {row['ratio']:6.1f}×" if "buildkit" in row else f"{'':9} {'':7}"
        mark = "" if row.get("met", True) else "  below its bar"
        memory = float(str(row["memory"]))
        print(f"{row['scenario']:30} {row['lading']:8.3f}s {peer} {row['bar']:4.0f}× {memory / 1e6:6.0f} MB{mark}")


def show_rendered(rows: list[dict[str, object]]) -> None:
    """The second table: two Dockerfiles, one BuildKit."""
    print(f"\n{'in BuildKit':30} {'rendered':>9} {'by hand':>9} {'ratio':>7}")
    for row in rows:
        print(f"{row['scenario']:30} {row['rendered']:8.3f}s {row['buildkit']:8.3f}s {row['ratio']:6.1f}×")


def main() -> None:
    """Parse, measure, print."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--table", nargs="+", choices=TABLES, default=TABLES[:2])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    if not os.environ.get("DOCKER_HOST"):
        print("no Docker engine: Lading alone (make engine, then make bench)")
    found: dict[str, list[dict[str, object]]] = {}
    if {"engines", "rendered"} & set(args.table):
        found |= _service_tables(args.table, args.rounds)
    if "check" in args.table:
        found["check"] = _check_table(args.rounds)
    if "fleet" in args.table:
        found["fleet"] = _fleet_table(args.rounds)
    if args.json:
        args.json.write_text(json.dumps(found, indent=2) + "\n")


def _service_tables(tables: list[str], rounds: int) -> dict[str, list[dict[str, object]]]:
    found: dict[str, list[dict[str, object]]] = {}
    with tempfile.TemporaryDirectory(prefix="lading-bench-") as folder:
        bench = Bench(Path(folder), rounds)
        if "engines" in tables:
            bench.run()
            found["engines"] = bench.report()
            show(found["engines"])
        if "rendered" in tables:
            bench.run_rendered()
            found["rendered"] = bench.report_rendered()
            if found["rendered"]:
                show_rendered(found["rendered"])
    return found


def _check_table(rounds: int) -> list[dict[str, object]]:
    with tempfile.TemporaryDirectory(prefix="lading-bench-") as name:
        folder, env = Path(name), dict(os.environ)
        uv = Path(sys.executable).with_name("uv")
        bench = CheckBench(folder, rounds, command=install(folder, uv, env), env=env)
        bench.run()
        rows = bench.report()
    show_check(rows)
    return rows


def _fleet_table(rounds: int) -> list[dict[str, object]]:
    with tempfile.TemporaryDirectory(prefix="lading-bench-") as name:
        folder, env = Path(name), dict(os.environ)
        env.pop("SOURCE_DATE_EPOCH", None)
        uv = Path(sys.executable).with_name("uv")
        bench = FleetBench(folder, rounds, command=install(folder, uv, env), env=env)
        bench.run()
        rows = bench.report()
    show_fleet(rows)
    return rows


if __name__ == "__main__":
    main()

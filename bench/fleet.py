"""The fleet: 21 services of one Go module, by one `lading build` and by one `docker buildx bake` of the Dockerfiles
that Lading renders for them.

Both sides have what a machine has that builds other services: Go (Lading on PATH, BuildKit in its image), and BuildKit
the images that the Dockerfiles start from; Lading makes its base anew. Both fetch all modules "from nothing", from the
same folder of this machine (`GOPROXY=file://…`), since BuildKit has no network here but the host's.

BuildKit's caches are not removed but left behind: each round that starts from nothing gives every cache mount a name
that was never used, and the stages that use one a variable that changes their steps. So the engine keeps what others
have in it.
"""

import os
import re
import shutil
import statistics
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from tests.support.gobake import Offline, fetch_modules, write_bake
from tests.support.public_bases import PublicBases
from tools.engine.home import find_home

from bench.sides import Lading, Timing, timed

EXAMPLE = Path(__file__).parents[1] / "examples" / "fleet"

BARS = {
    "all 21 from nothing": 2.0,
    "a shared package changed": 3.0,
    "one service changed": 4.0,
    "nothing changed": 5.0,
}
"""How many times faster than the peer Lading must be, by scenario."""
NOTHING_CHANGED = 0.5
"""Seconds that a build of all services may take at most when there is nothing to do."""

ATTEMPTS = 5
"""How often the peer may try one build."""
MODULES = "modules"
"""The folder that both sides fetch modules from."""

_CACHE = re.compile(r"(--mount=type=cache,\S*?id=)([^,\s]+)")
_COMPILES = re.compile(r"^(FROM .*\bbuild\.example/golang:.*)$", re.MULTILINE)


class Fleet:
    """A copy of the example in `folder`, and edits that change what is compiled: a comment would not."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "fleet"
        shutil.copytree(EXAMPLE, self.folder)
        self.services = sorted(path.name for path in (self.folder / "services").iterdir())
        self._edits = 0

    def change_service(self) -> None:
        """Orders are cancelled a little later: one service."""
        self._edit("services/order/order.go", r"unpaidFor = .*", "unpaidFor = time.Hour + {}*time.Second")

    def change_shared(self) -> None:
        """The rebate changes: four services."""
        self._edit("pkg/pricing/pricing.go", r"volumeRebate +=.*", "volumeRebate   = {} // basis points")

    def _edit(self, path: str, found: str, written: str) -> None:
        self._edits += 1
        file = self.folder / path
        text, count = re.subn(found, written.format(self._edits), file.read_text(), count=1)
        if not count:
            raise SystemExit(f"nothing to edit in {path}")
        file.write_text(text)


class LadingFleet(Lading):
    """Lading, with a home of its own, so that nothing is in any cache of Go's."""

    def __init__(self, folder: Path, fleet: Fleet, env: dict[str, str], *, command: Path) -> None:
        home = folder / "home"
        home.mkdir()
        own = {**env, "HOME": str(home), "GOPROXY": f"file://{folder / MODULES}"}
        for name in ("GOCACHE", "GOMODCACHE", "GOPATH"):
            own.pop(name, None)
        super().__init__(folder, fleet.folder, own, command=command, registry="")

    def render(self) -> None:
        """Write the Dockerfiles of all services into their folders."""
        timed([self._command, "render", "dockerfile", "--write"], self._env, self._service)

    def layout(self, service: str, path: Path) -> None:
        """Build one service into an OCI layout."""
        timed([self._command, "build", "--quiet", "--locked", "--output", str(path), service], self._env, self._service)


class Bake:
    """`docker buildx bake` of all services, with the daemon that DOCKER_HOST names."""

    name = "bake"

    def __init__(self, folder: Path, fleet: Fleet, env: dict[str, str], *, ours: LadingFleet) -> None:
        self._folder = folder / "bake"
        self._folder.mkdir()
        self._fleet = fleet
        self._env = env
        self._rounds = 0
        ours.layout(fleet.services[0], folder / "layout")
        ours.render()
        bases = PublicBases(home=find_home(env), folder=folder / "bases")
        bases.folder.mkdir()
        self._targets = dict(self._rendered(Offline(bases=bases, modules=folder / MODULES), folder / "layout"))
        self.forget()
        self._pull()

    def build(self) -> Timing:
        """One build of all services as they are now. Only the time of the attempt that ends well counts: Docker 26 can
        lose its way in so many targets at once ("inconsistent graph state"), and what failed has warmed its caches."""
        command = ["docker", "buildx", "bake", "--file", str(self._folder / "bake.json")]
        for _ in range(ATTEMPTS - 1):
            with suppress(SystemExit):
                return timed(command, self._env, self._folder)
        return timed(command, self._env, self._folder)

    def forget(self) -> None:
        """Let every cache mount be a new one."""
        self._rounds += 1
        token = f"{os.getpid()}-{self._rounds}"
        for name, (text, _) in self._targets.items():
            new = _CACHE.sub(rf"\g<1>\g<2>-{token}", text)
            self._dockerfile(name).write_text(_COMPILES.sub(rf"\1\nENV ROUND={token}", new))
        targets = {
            name: {
                "context": str(self._fleet.folder),
                "dockerfile": str(self._dockerfile(name)),
                "contexts": contexts,
                "tags": [f"bench/fleet-{name}:1"],
            }
            for name, (_, contexts) in self._targets.items()
        }
        write_bake(self._folder / "bake.json", targets)

    def _dockerfile(self, name: str) -> Path:
        return self._folder / f"{name}.Dockerfile"

    def _rendered(self, offline: Offline, layout: Path) -> Iterator[tuple[str, tuple[str, dict[str, str]]]]:
        """By service: its Dockerfile, as BuildKit is to read it here, and the stand-ins for its images."""
        for name in self._fleet.services:
            dockerfile = self._fleet.folder / "services" / name / "Dockerfile"
            ignored = dockerfile.with_name("Dockerfile.dockerignore")
            yield name, offline.stand_in(dockerfile.read_text(), base=layout)
            shutil.move(ignored, self._dockerfile(name).with_name(f"{name}.Dockerfile.dockerignore"))
            dockerfile.unlink()

    def _pull(self) -> None:
        """Let the engine have the bases, untimed."""
        text, contexts = self._targets[self._fleet.services[0]]
        file = self._folder / "bases.Dockerfile"
        stages = re.findall(r"^FROM .*$", text, re.MULTILINE)
        copies = [f"COPY --from={stage.split()[-1]} /etc/passwd /{number}" for number, stage in enumerate(stages)]
        file.write_text("\n".join([*stages, "FROM scratch", *copies, ""]))
        flags = [word for name, image in contexts.items() for word in ("--build-context", f"{name}={image}")]
        command = ["docker", "buildx", "build", "--quiet", *flags, "--file", str(file), str(self._folder)]
        timed(command, self._env, self._folder)


class FleetBench:
    """One run of the fleet's table."""

    def __init__(self, folder: Path, rounds: int, *, command: Path, env: dict[str, str]) -> None:
        self._rounds = rounds
        self._fleet = Fleet(folder)
        self._timings: dict[str, dict[str, list[float]]] = {}
        fetch_modules(folder / MODULES, self._fleet.folder, env)
        self._ours = LadingFleet(folder, self._fleet, env, command=command)
        self._ours.lock()
        self._peer = Bake(folder, self._fleet, env, ours=self._ours) if env.get("DOCKER_HOST") else None

    def run(self) -> None:
        """Every scenario, every round; both sides see the same edits."""
        for _ in range(self._rounds):
            self._ours.forget()
            if self._peer:
                self._peer.forget()
            for scenario, edit in self._scenarios():
                if edit:
                    edit()
                sides = self._timings.setdefault(scenario, {})
                sides.setdefault(self._ours.name, []).append(self._ours.build().seconds)
                if self._peer:
                    sides.setdefault(self._peer.name, []).append(self._peer.build().seconds)

    def _scenarios(self) -> Iterator[tuple[str, Callable[[], None] | None]]:
        names = iter(BARS)
        yield next(names), None
        yield next(names), self._fleet.change_shared
        yield next(names), self._fleet.change_service
        yield next(names), None

    def report(self) -> list[dict[str, object]]:
        """A row a scenario: medians in seconds, the ratio, its bar."""
        rows: list[dict[str, object]] = []
        for scenario, sides in self._timings.items():
            ours = statistics.median(sides[self._ours.name])
            row: dict[str, object] = {"scenario": scenario, "lading": ours, "bar": BARS[scenario], "met": True}
            if self._peer:
                peer = statistics.median(sides[self._peer.name])
                row |= {"bake": peer, "ratio": peer / ours, "met": peer / ours >= BARS[scenario]}
            if scenario == "nothing changed" and ours >= NOTHING_CHANGED:
                row["met"] = False
            rows.append(row)
        return rows


def show_fleet(rows: list[dict[str, object]]) -> None:
    """The rows as a table of at most 80 columns."""
    print(f"\n{'21 services in Go':30} {'lading':>9} {'bake':>9} {'ratio':>7} {'bar':>5}")
    for row in rows:
        peer = f"{row['bake']:8.3f}s {row['ratio']:6.1f}×" if "bake" in row else f"{'':9} {'':7}"
        mark = "" if row["met"] else "  below its bar"
        print(f"{row['scenario']:30} {row['lading']:8.3f}s {peer} {row['bar']:4.0f}×{mark}")

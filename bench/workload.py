"""What is built: the reference service, in states that differ as a developer's day makes them differ."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

EXAMPLE = Path(__file__).parents[1] / "examples" / "riskshield"

ADDED = ("orjson", "ujson", "tabulate", "python-dateutil", "pytz", "itsdangerous", "markupsafe", "simplejson")
"""Dependencies that rounds add one at a time, so that each round has one that neither side has seen."""


class Workload:
    """A copy of the service in `folder`, with a lock for its dependencies and one more for each of `ADDED`."""

    def __init__(self, folder: Path, uv: str, env: dict[str, str], rounds: int) -> None:
        self.folder = folder / "riskshield"
        shutil.copytree(EXAMPLE, self.folder, ignore=shutil.ignore_patterns(".venv", "__pycache__", "tests", "uv.lock"))
        self._states = folder / "states"
        self._states.mkdir()
        self._lines = 0
        run = [uv, "lock", "--quiet", "--python", "3.11"]
        subprocess.run(run, cwd=self.folder, env=env, check=True)
        self._keep("plain")
        for name in ADDED[:rounds]:
            add = [uv, "add", "--quiet", "--no-sync", "--python", "3.11", name]
            subprocess.run(add, cwd=self.folder, env=env, check=True)
            self._keep(name)
            self.use("plain")

    def use(self, state: str) -> None:
        """Put the project file and the lock of a state in place."""
        for name in ("pyproject.toml", "uv.lock"):
            shutil.copyfile(self._states / state / name, self.folder / name)

    def edit(self) -> None:
        """Change one line of the source."""
        self._lines += 1
        with (self.folder / "src" / "main.py").open("a") as file:
            file.write(f"# line {self._lines}\n")

    def added(self) -> Iterator[str]:
        """The states with one dependency more."""
        return iter(ADDED)

    def _keep(self, state: str) -> None:
        (self._states / state).mkdir()
        for name in ("pyproject.toml", "uv.lock"):
            shutil.copyfile(self.folder / name, self._states / state / name)

"""Packages that are only published as source: each is built into a wheel once, isolated, with what the lock pins.

A wheel is kept by what it was made of: the source distribution, the compilers and libraries of the builder, and what
its backend is made of. https://peps.python.org/pep-0517/
"""

import posixpath
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from lading.assemble.actions import key_of
from lading.assemble.builder import ENVIRONMENT, IN, OUT, WORK, builder_identity, builder_root
from lading.assemble.isolated import run_isolated
from lading.assemble.python.interpreter import host_architecture
from lading.assemble.python.uv import Uv
from lading.assemble.python.wheel_packer import environment_marker, point_script
from lading.assemble.python.wheels import Sdist, Target, Wheel, wheel_at
from lading.assemble.workshop import Workshop
from lading.digest import Digest
from lading.errors import StepFailed, UsageError
from lading.lock.model import BuildPin, DebianPin, Pins
from lading.plan.bases import SUITES, builder_base
from lading.plan.model import DebianBase, ImageBase, Plan, PythonDependencies
from lading.proc import LAST_LINES, Completed, Runner

WORKER = Path(__file__).with_name("sdist_worker.py")
EPOCH = "315532800"
"""Seconds since 1970: 1980, the first year that a zip archive can hold (the times of files in a wheel)."""
_BUILDKIT = "build it with BuildKit: --engine buildkit"


class _Ingredients(NamedTuple):
    """What builds one source distribution."""

    builder: tuple[DebianPin, ...]
    tools: tuple[BuildPin, ...]


class SourceBuilds:
    """The source distributions of one plan on one platform. `uv` installs what builds them."""

    def __init__(
        self,
        workshop: Workshop,
        plan: Plan,
        pins: Pins,
        *,
        step: PythonDependencies,
        target: Target,
        uv: Callable[[], Uv],
    ) -> None:
        self._workshop = workshop
        self._plan = plan
        self._pins = pins
        self._step = step
        self._target = target
        self._uv = uv

    def identity(self, sdist: Sdist) -> Digest:
        """What the wheel of a source distribution depends on. `UsageError` when the lock lacks some of it."""
        found = self._ingredients(sdist)
        inputs = {f"tool {pin.name}": f"{pin.version} {' '.join(pin.digests)}" for pin in found.tools}
        inputs |= {"source": sdist.digest, "builder": builder_identity(found.builder), "python": self._target.minor}
        return key_of("sdist", inputs)

    def known(self, sdist: Sdist) -> Wheel | None:
        """Its wheel, if it was built before."""
        folder = self._workshop.store.kept_folder(self.identity(sdist))
        return next((wheel_at(path) for path in folder.glob("*.whl")), None) if folder else None

    def wheel(self, sdist: Sdist, project: Path) -> Wheel:
        """Its wheel, built unless the store has it. `project` is the folder that a relative place starts from.

        Raises `StepFailed` when the build fails, and `Unavailable` where this machine cannot isolate it.
        """

        def fill(folder: Path) -> None:
            folder.mkdir()
            self._build(sdist, project, folder)

        folder = self._workshop.store.root_folder(self.identity(sdist), fill)
        (path,) = folder.glob("*.whl")
        found = wheel_at(path)
        self._check(found, sdist)
        return found

    def _build(self, sdist: Sdist, project: Path, out: Path) -> None:
        workshop, found = self._workshop, self._ingredients(sdist)
        workshop.note(f"{sdist.name} {sdist.version} has no wheel: building it from its source")
        root = builder_root(workshop.store, found.builder, workshop.packages, python=self._target.minor)
        with workshop.store.scratch() as scratch:
            folders = {place: scratch / Path(place).name for place in (IN, ENVIRONMENT, WORK)} | {OUT: out}
            for place in (IN, ENVIRONMENT, WORK):
                folders[place].mkdir()
            self._fetch(sdist, project, folders[IN])
            self._install(found.tools, folders[ENVIRONMENT])
            done = run_isolated(
                (f"{ENVIRONMENT}/bin/python", "-c", WORKER.read_text(), f"{IN}/{sdist.filename}", WORK, OUT),
                root=root,
                writable=folders,
                environment=_environment(),
                folder=WORK,
                runner=Runner(),
            )
        if done.code or len(list(out.glob("*.whl"))) != 1:
            raise self._failed(sdist, done)

    def _fetch(self, sdist: Sdist, project: Path, folder: Path) -> None:
        path = self._workshop.sources.wheel(Wheel(**msgspec.structs.asdict(sdist)), project, folder)
        if path is None:
            raise StepFailed(
                f"the source distribution {sdist.filename} cannot be fetched, or is not the one that was locked",
                where=self._where(sdist),
                fix="check the network; from an index that asks who comes, publish a wheel",
            )
        if path.parent == folder:
            path.rename(folder / sdist.filename)
        else:
            (folder / sdist.filename).write_bytes(path.read_bytes())

    def _install(self, tools: Sequence[BuildPin], folder: Path) -> None:
        """A virtual environment of the builder's Python with what builds the source."""
        lines = "".join(
            f"{pin.name}=={pin.version} {' '.join(f'--hash={one}' for one in pin.digests)}\n" for pin in tools
        )
        target = msgspec.structs.replace(self._target, platform=f"linux/{host_architecture()}")
        if lines:
            self._uv().install_pinned(lines, target, folder)
        for path in (folder / "lib").glob("python3.*"):  # uv names it after its own interpreter
            path.rename(path.with_name(f"python{self._target.minor}"))
        programs = folder / "bin"
        programs.mkdir(exist_ok=True)
        interpreter = f"/usr/bin/python{self._target.minor}"
        for path in programs.iterdir():
            if path.is_file() and not path.is_symlink():
                path.write_bytes(point_script(path.read_bytes(), f"{ENVIRONMENT}/bin/python".encode()))
        (programs / "python").symlink_to(interpreter)
        (programs / "python3").symlink_to("python")
        (folder / "pyvenv.cfg").write_text(environment_marker(interpreter, self._target.minor))

    def _ingredients(self, sdist: Sdist) -> _Ingredients:
        base = builder_base(self._target.minor, self._step.build_packages)
        if base is None:
            raise StepFailed(
                f"{sdist.name} {sdist.version} has no wheel for Python {self._target.minor} on "
                f"{self._target.platform}, and is built here for Python {' and '.join(SUITES)} only",
                where=self._where(sdist),
                fix=f"choose a version with wheels, or {_BUILDKIT}",
            )
        builder = self._pins.packages(base.suite, host_architecture(), base.roots, base.without)
        known = self._pins.build_set(sdist_project(self._plan, sdist), self._target.minor)
        if builder is None or known is None:
            raise self._not_locked(sdist)
        tools = self._pins.build_requirements(known.project, known.python, known.requires) or ()
        return _Ingredients(builder, tools)

    def _not_locked(self, sdist: Sdist) -> UsageError:
        platform = f"linux/{host_architecture()}"
        if self._target.platform != platform and platform not in self._plan.platforms:
            return UsageError(
                f"{sdist.name} {sdist.version} has no wheel for {self._target.platform}, and is not built for it here",
                where=self._where(sdist),
                fix=f"choose a version with wheels, or {_BUILDKIT}, which can emulate {self._target.platform}",
            )
        return UsageError(
            f"the lock does not have what builds {sdist.name} {sdist.version}, which has no wheel",
            where="lading.lock",
            fix="lading lock",
        )

    def _check(self, wheel: Wheel, sdist: Sdist) -> None:
        """Whether what came out is the package, and can run in the image."""
        if (wheel.name, wheel.version) != (sdist.name, _normal(sdist.version)):
            raise StepFailed(
                f"the source of {sdist.name} {sdist.version} built {wheel.filename}", where=self._where(sdist)
            )
        if wheel.filename.endswith("-any.whl"):
            return
        if self._target.platform != f"linux/{host_architecture()}":
            raise StepFailed(
                f"{sdist.name} {sdist.version} has to be compiled on {self._target.platform}, which this is not",
                where=self._where(sdist),
                fix=f"choose a version with wheels, or {_BUILDKIT}, which can emulate {self._target.platform}",
            )
        base = self._plan.runtime.base
        suite = SUITES[self._target.minor]
        if not isinstance(base, DebianBase) and not (isinstance(base, ImageBase) and suite in base.reference):
            raise StepFailed(
                f"{sdist.name} {sdist.version} is compiled here for Debian {suite}, which the image need not be",
                where=self._where(sdist),
                fix=f"take the base distroless or slim, an image that says {suite}, or {_BUILDKIT}",
            )

    def _failed(self, sdist: Sdist, done: Completed) -> StepFailed:
        words = "\n".join(part for part in (done.out.strip(), done.err.strip()) if part)
        told = "\n".join(f"  | {line}" for line in words.splitlines()[-LAST_LINES:])
        return StepFailed(
            f"{sdist.name} {sdist.version} cannot be built from its source\n{told}",
            where=self._where(sdist),
            fix="name the Debian packages that it needs: build-packages in lading.toml (libpq-dev, say)",
        )

    def _where(self, sdist: Sdist) -> str:
        return f"{self._step.lock} › {sdist.name} {sdist.version}"


def sdist_project(plan: Plan, sdist: Sdist) -> str:
    """What a lock calls a source distribution where it pins what builds it: its file name, in the plan's folder."""
    return posixpath.normpath(posixpath.join(plan.context, sdist.filename))


def _environment() -> dict[str, str]:
    return {
        "HOME": "/tmp",  # noqa: S108  # in the builder
        "LC_ALL": "C.UTF-8",
        "PATH": f"{ENVIRONMENT}/bin:/usr/bin",
        "PYTHONHASHSEED": "0",
        "SOURCE_DATE_EPOCH": EPOCH,
    }


def _normal(version: str) -> str:
    from packaging.version import InvalidVersion, Version

    try:
        return str(Version(version))
    except InvalidVersion:
        return version

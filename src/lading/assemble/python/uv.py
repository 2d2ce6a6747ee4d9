"""uv, as the embedded engine uses it: to read the lock, install what only uv can get, and build the project's wheel."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from lading.assemble.python.wheels import Checkout, Ready, Target, install_list
from lading.errors import StepFailed, VerificationFailed
from lading.plan.model import PythonDependencies
from lading.proc import Completed, Runner, without_logins

PLATFORMS = {"linux/amd64": "x86_64-manylinux_2_40", "linux/arm64": "aarch64-manylinux_2_40"}
"""What uv is told of a platform: the newest glibc that it knows, since the wheels are chosen already
(`wheels.NEWEST_GLIBC` keeps the choice below it)."""


class Uv:
    """uv, run for one project: in its folder, so that its indexes and credentials hold; never with its environment.

    `env` is this process's own, which variables in the addresses of indexes are taken from.
    """

    def __init__(
        self,
        path: Path,
        runner: Runner,
        folder: Path,
        interpreter: str,
        *,
        env: Mapping[str, str] | None = None,
        told: Mapping[str, str] | None = None,
    ) -> None:
        self._path = path
        self._runner = runner
        self._folder = folder
        self._interpreter = interpreter
        self.env = env or {}
        self._told = told or {}

    def told(self, environment: Mapping[str, str]) -> "Uv":
        """The same, with further variables: of indexes and credentials."""
        return Uv(self._path, self._runner, self._folder, self._interpreter, env=self.env, told=environment)

    def export(self, step: PythonDependencies) -> str:
        """The project's lock as a pylock.toml, for the groups and extras of the step."""
        command: list[str | Path] = [self._path, "export", "--frozen", "--no-default-groups", "--no-emit-workspace"]
        command += ["--package", step.member] if step.member else []
        command += ["--quiet", "--format", "pylock.toml", "--no-header", "--python", self._interpreter]
        for group in step.groups:
            command += ["--group", group]
        for extra in step.extras:
            command += ["--extra", extra]
        done = self._run(command)
        if done.code:
            raise _failure(done, f"uv cannot read {step.lock}", "make the lock anew: uv lock")
        return done.out

    def locate(self, requirements: str, target: Target) -> str:
        """Where the index has pinned releases (lines of `name==version`): a pylock.toml with every file of each."""
        command = [*self._compile(target), "--universal", "--no-deps", "-"]
        done = self._run(command, stdin=requirements.encode())
        if done.code:
            raise _failure(
                done, "the index does not have what was locked", "check the index and the network, then build again"
            )
        return done.out

    def resolve_list(self, name: str, target: Target) -> str:
        """What a list of requirements (a file's name) comes down to for a target, as a pylock.toml: the newest releases
        with wheels that fit."""
        command = [*self._compile(target), "--no-build", "--python-platform", PLATFORMS[target.platform], name]
        done = self._run(command)
        if done.code:
            raise _failure(done, f"nothing that the index offers fits {name}", f"try it: uv pip compile {name}")
        return done.out

    def _compile(self, target: Target) -> list[str | Path]:
        # Nothing is run with it, so any Python will do: none is looked for or fetched.
        command: list[str | Path] = [self._path, "pip", "compile", "--quiet", "--format", "pylock.toml"]
        command += ["--no-header", "--no-annotate", "--python", self._interpreter, "--no-python-downloads"]
        return [*command, "--python-version", target.python]

    def install(self, wheels: Sequence[Ready], target: Target, prefix: Path) -> None:
        """Install wheels below `prefix`, and packages of git, which are built first. uv checks the hash of each wheel;
        `VerificationFailed` names one that is another."""
        listing = prefix.with_name("pylock.lading.toml")
        listing.write_text(install_list(wheels, self._folder))
        command: list[str | Path] = [self._path, "pip", "install", "--quiet", "--no-deps"]
        command += [] if any(isinstance(wheel, Checkout) for wheel in wheels) else ["--no-build"]
        command += ["--prefix", prefix, "--python", self._interpreter, "--link-mode", "hardlink"]
        command += ["--python-platform", PLATFORMS[target.platform], "--python-version", target.python]
        command += ["--requirements", listing]
        done = self._run(command)
        if done.code:
            raise _failure(
                done, "uv cannot install the locked packages", "check the index and the network, then build again"
            )

    def install_pinned(self, requirements: str, target: Target, prefix: Path) -> None:
        """Install the wheels of pinned releases (lines of `name==version --hash=…`) below `prefix`."""
        listing = prefix.with_name(f"{prefix.name}.txt")
        listing.write_text(requirements)
        command: list[str | Path] = [self._path, "pip", "install", "--quiet", "--no-deps", "--no-build"]
        command += ["--require-hashes", "--prefix", prefix, "--python", self._interpreter, "--link-mode", "copy"]
        command += ["--python-platform", PLATFORMS[target.platform], "--python-version", target.python]
        done = self._run([*command, "--requirements", listing])
        if done.code:
            raise _failure(done, "uv cannot install what builds a package", "check the index and the network")

    def build_wheel(self, source: Path, out: Path, constraints: str) -> Path:
        """Build the project at `source` as a wheel into `out`, with build requirements held to `constraints`."""
        command: list[str | Path] = [
            self._path,
            "build",
            "--quiet",
            "--wheel",
            "--out-dir",
            out,
            "--no-create-gitignore",
        ]
        command += ["--python", self._interpreter]
        if constraints:
            held = out.with_name("build-constraints.txt")
            held.write_text(constraints)
            command += ["--build-constraints", held, "--require-hashes"]
        done = self._run([*command, source])
        if done.code:
            raise _failure(
                done, "the project's wheel cannot be built", "run `uv build --wheel` in the project to see more"
            )
        found = sorted(out.glob("*.whl"))
        if len(found) != 1:
            raise StepFailed(f"the build made {len(found)} wheels, one was expected", where=str(self._folder))
        return found[0]

    def _run(self, command: Sequence[str | Path], stdin: bytes | None = None) -> Completed:
        environment = {
            **self._told,
            "UV_NO_INSTALLER_METADATA": "1",  # who installed it, from which path, when: nothing of that ships
            "UV_NO_PROGRESS": "1",
            "UV_PREVIEW": "0",
            "UV_PYTHON_DOWNLOADS": "never",
        }
        return self._runner.run(command, cwd=self._folder, env=environment, stdin=stdin)


def _failure(done: Completed, what: str, fix: str) -> StepFailed | VerificationFailed:
    """Uv's own words, without what could be a secret in an address, in Lading's form."""
    words = without_logins((done.err or done.out).strip())
    told = "\n".join(f"  | {line}" for line in words.splitlines()[-20:])
    if "Hash mismatch" in words:
        return VerificationFailed(
            f"a wheel is not the one that was locked\n{told}",
            fix="do not use it; if the release was replaced on purpose: uv lock",
        )
    if "No space left on device" in words or "Read-only file system" in words:
        fix = "free space on the disks of the store and of uv's cache, or move them (LADING_STORE, UV_CACHE_DIR)"
    return StepFailed(f"{what}\n{told}", fix=fix)

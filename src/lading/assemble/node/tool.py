"""node and package managers, as the embedded engine uses them: to install what a lock names, and to run a build.

Packages are installed with the caller's environment: registries, credentials and the manager's cache are the user's.
Whatever packages or projects run themselves runs apart (`lading.assemble.node.apart`), with a few declared variables
and without credentials.
"""

import os
import re
import shlex
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from lading.assemble.node.parts import CPUS
from lading.errors import StepFailed, Unavailable, UsageError, VerificationFailed
from lading.plan.model import NodeInstall
from lading.plan.node.installing import UNSAID_DIGESTS, install_env, install_words, manager_package, rebuild_words
from lading.proc import LAST_LINES, Completed, Runner
from lading.store import Store
from lading.survey.node.managers import MAKE
from lading.toolchain.node import Node

_PASSED = (
    "NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE", "SSL_CERT_DIR",
    "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy",
)  # fmt: skip
"""Variables that a build sees of the caller's: how the network is reached. None changes what is made."""
_FOLDERS = ("/usr/local/bin", "/usr/bin", "/bin")
_QUIET = {
    "npm_config_audit": "false",
    "npm_config_fund": "false",
    "npm_config_logs_max": "0",
    "npm_config_loglevel": "error",
    "npm_config_progress": "false",
    "npm_config_update_notifier": "false",
    "npm_config_manage_package_manager_versions": "false",
    "YARN_IGNORE_PATH": "1",
}
"""What managers are told: to say what fails, to leave no logs, and to be the version that they are."""
_STALE = ("can only install packages when your package.json and", "ERR_PNPM_OUTDATED_LOCKFILE", "frozen-lockfile",
          "The lockfile would have been modified")  # fmt: skip
_OTHER = ("EINTEGRITY", "ERR_PNPM_TARBALL_INTEGRITY", "Integrity check failed", "YN0018")
"""What managers say of a stale lock, and of a package that is another than was locked."""


NODE, MANAGER, HEADERS = "/lading/node", "/lading/manager", "/lading/headers"
"""Where what runs apart sees node, the package manager, and what compiling for node takes."""
Note = Callable[[str], None]
"""Tells a person something that is no error."""


class NodeTool:
    """A node with its npm, and the programs that are started with it. `env` is the caller's environment; `headers`
    gives the folder with node's own, for packages that are compiled."""

    def __init__(
        self, node: Node, runner: Runner, env: Mapping[str, str], store: Store, headers: Callable[[], Path]
    ) -> None:
        self._headers = headers
        self._node = node
        self._runner = runner
        self._env = env
        self._store = store

    @property
    def version(self) -> str:
        """Node's own version."""
        return self._node.version

    def install(
        self, install: NodeInstall, folder: Path, *, production: bool, architecture: str, libc: str = "glibc"
    ) -> None:
        """Install what the lock in `folder` names, for Linux on `architecture` (`amd64`), without running anything of
        any package. The manager checks every hash; `VerificationFailed` names what is another than was locked."""
        program, *words = install_words(install, production=production)
        words += _for_target(install, folder, architecture, libc)
        path = os.pathsep.join((str(self._node.path.parent), self._env.get("PATH", "")))
        done = self._runner.run(
            [*self._program(program, install), *words],
            cwd=folder / install.member if install.manager == "berry" and production else folder,
            env={
                **_QUIET,
                **install_env(install),
                "NODE_ENV": "production" if production else "development",
                "PATH": path,
            },
        )
        if done.code:
            raise _failed(done, install)

    def run_scripts(self, install: NodeInstall, folder: Path, home: Path, note: Note) -> None:
        """Let the packages that may, run their install scripts. `note` hears where they cannot run apart."""
        words = rebuild_words(install)
        if words:
            command = self._program(words[0], install)
            command += words[1:]
            headers = self._headers()
            place = _Place(folder, folder, home, install, {HEADERS: headers})
            done = self._declared(command, place, {"npm_config_nodedir": str(headers)}, note)
            if done.code:
                what = f"the install scripts of {', '.join(install.scripts)} failed\n{_told(done)}"
                fix = 'have a C++ compiler, make and Python here, or engine = "buildkit" in lading.toml, which has them'
                raise StepFailed(what, where=install.lock, fix=fix)

    def run_script(
        self, script: str, project: Path, member: str, *, home: Path, env: Mapping[str, str], install: NodeInstall,
        note: Note,
    ) -> None:  # fmt: skip
        """Run a script of the `package.json` of a `member` (a folder of the project), with a declared environment and
        `env`. `note` hears where it cannot run apart."""
        command: list[str | Path] = [self._node.path, self._node.npm, "run", script]
        done = self._declared(command, _Place(project, project / member, home, install, {}), env, note)
        if done.code:
            raise StepFailed(
                f"the script {script!r} failed (exit code {done.code})\n{_told(done)}",
                where=f"package.json › scripts.{script}",
                fix=f"npm run {script}, to see more",
            )

    def run_program(self, program: Path, *words: str | Path, what: str) -> None:
        """Run a program of our own. `StepFailed` says `what` could not be done."""
        self._runner.check([self._node.path, program, *words], what=what, env={"NODE_OPTIONS": ""})

    def _program(self, name: str, install: NodeInstall) -> list[str | Path]:
        """The words that start a manager."""
        if name == "npm":
            return [self._node.path, self._node.npm]
        return [self._node.path, self._manager(install)]

    def _manager(self, install: NodeInstall) -> Path:
        import msgspec

        from lading.toolchain.manager import manager_folder

        package = manager_package(install)
        digest = install.digest or ("" if install.version else UNSAID_DIGESTS[install.manager])
        folder = manager_folder(package, digest, store=self._store, npm=self._run_npm)
        said = msgspec.json.decode((folder / "package.json").read_bytes())
        programs = said.get("bin") if isinstance(said, dict) else None
        name = "pnpm" if install.manager == "pnpm" else "yarn"
        path = programs.get(name) if isinstance(programs, dict) else None
        if not isinstance(path, str) or not (folder / path).is_file():
            raise VerificationFailed(f"{package} holds no program {name}", where="package.json › packageManager")
        return folder / path

    def _run_npm(self, words: Sequence[str | Path], folder: Path) -> None:
        what = f"npm cannot fetch {words[1]}"
        fix = "check the registry and the network, then build again"
        self._runner.check([self._node.path, self._node.npm, *words], what=what, cwd=folder, env=_QUIET, fix=fix)

    def _declared(
        self, command: Sequence[str | Path], place: "_Place", env: Mapping[str, str], note: Note
    ) -> Completed:
        """Run a command that knows nothing of the user's world but how the network is reached: apart, where this
        machine allows it."""
        from lading.assemble.node.apart import Apart

        settings = self._environment(place.home, env)
        words = [str(word) for word in command]
        apart = Apart(place.project, place.home, {**self._tools(place.install), **place.tools})
        self._write_programs(place, apart.seen)
        try:
            return apart.run(words, env=settings, folder=place.folder, runner=self._runner)
        except Unavailable as error:
            note(f"what packages and projects run can read your files: {error.what}")
        self._write_programs(place, str)
        return self._runner.run(words, cwd=place.folder, env=settings, inherit=False)

    def _environment(self, home: Path, env: Mapping[str, str]) -> dict[str, str]:
        known = {name: self._env[name] for name in _PASSED if name in self._env}
        # npm hands its own settings on as variables, some of which may be credentials: it reads none of the user's,
        # but two files that are not there (it refuses to read one file as both).
        settings = {f"npm_config_{kind}config": str(home / f"{kind}.npmrc") for kind in ("user", "global")}
        own = {
            "CI": "1",
            "HOME": str(home),
            "LANG": "C.UTF-8",
            "PATH": os.pathsep.join((str(home / "bin"), *_FOLDERS)),
            "TMPDIR": str(home),
            "TZ": "UTC",
        }
        return {**_QUIET, **settings, **known, **own, **env}

    def _tools(self, install: NodeInstall) -> dict[str, Path]:
        """The folders of node and of the manager, by the names that they have for what runs apart."""
        tools = {NODE: self._node.path.resolve().parent.parent}
        if manager_package(install):
            tools[MANAGER] = self._manager(install).parent.parent
        return tools

    def _write_programs(self, place: "_Place", seen: Callable[[str], str]) -> None:
        """Small programs under the names that scripts call, with paths as those see them."""
        folder = place.home / "bin"
        folder.mkdir(parents=True, exist_ok=True)
        node = seen(str(self._node.path.resolve()))
        programs = {name: self._node.npm.with_name(f"{name}-cli.js") for name in ("npm", "npx")}
        if manager_package(place.install):
            programs["pnpm" if place.install.manager == "pnpm" else "yarn"] = self._manager(place.install)
        texts = {name: f'exec {shlex.join((node, seen(str(program))))} "$@"' for name, program in programs.items()}
        (folder / "node").unlink(missing_ok=True)
        (folder / "node").symlink_to(node)
        for name, text in texts.items():
            (folder / name).write_text(f"#!/bin/sh\n{text}\n")
            (folder / name).chmod(0o755)


class _Place(NamedTuple):
    """Where a command runs: the project, the folder in it, a home, how packages are installed, and further folders that
    it sees, by the names that they have for it."""

    project: Path
    folder: Path
    home: Path
    install: NodeInstall
    tools: Mapping[str, Path]


def _for_target(install: NodeInstall, folder: Path, architecture: str, libc: str) -> list[str]:
    """The words that let a manager choose compiled parts for the target, whatever this machine is."""
    cpu = CPUS[architecture]
    match install.manager:
        case "npm" | "pnpm":
            return ["--os=linux", f"--cpu={cpu}", f"--libc={libc}"]
        case "yarn":  # it has no word for that: it brings the parts for all, and others than the target's are left out
            return ["--ignore-platform"]
        case "berry":
            settings = folder / ".yarnrc.yml"
            text = settings.read_text() if settings.is_file() else ""
            if "supportedArchitectures:" not in text:
                lines = f"supportedArchitectures:\n  os: [linux]\n  cpu: [{cpu}]\n  libc: [{libc}]\n"
                settings.write_text(f"{text}\n{lines}")
            return []


def _told(done: Completed, *, first: bool = False) -> str:
    """The last of a tool's own words, or the first, without what could be a secret in an address."""
    words = re.sub(r"(https?://)[^/\s@]*@", r"\1", "\n".join(filter(None, (done.out.strip(), done.err.strip()))))
    lines = words.splitlines()
    return "\n".join(f"  | {line}" for line in (lines[:LAST_LINES] if first else lines[-LAST_LINES:]))


def _failed(done: Completed, install: NodeInstall) -> StepFailed | UsageError | VerificationFailed:
    words = done.err + done.out
    if any(sign in words for sign in _OTHER):
        return VerificationFailed(
            f"a package is not the one that was locked\n{_told(done, first=True)}",
            where=install.lock,
            fix="do not use it; if it was replaced on purpose, lock it again",
        )
    if any(sign in words for sign in _STALE):
        return UsageError(
            f"{install.lock} is stale: package.json has changed since\n{_told(done, first=True)}",
            where=install.lock,
            fix=MAKE[install.manager],
        )
    return StepFailed(
        f"{install.manager} cannot install the locked packages (exit code {done.code})\n{_told(done, first=True)}",
        where=install.lock,
        fix="check the registry and the network, then build again",
    )

"""node and its package managers, as the embedded engine uses them: to install what a lock names, and to run a build.

Packages are installed with the caller's environment: registries, credentials and the manager's cache are the user's own.
Whatever packages or projects run themselves gets an environment of a few declared variables, without credentials.
"""

import os
import re
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path

from lading.errors import StepFailed, UsageError, VerificationFailed
from lading.plan.model import NodeInstall
from lading.proc import LAST_LINES, Completed, Runner
from lading.toolchain.node import Node

CPUS = {"amd64": "x64", "arm64": "arm64"}
"""What Node calls architectures (https://nodejs.org/api/process.html#processarch)."""
_PASSED = (
    "LADING_STORE", "NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE", "SSL_CERT_DIR",
    "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy",
)  # fmt: skip
"""Variables that a build sees of the caller's: how the network is reached. None changes what is made."""
_FOLDERS = ("/usr/local/bin", "/usr/bin", "/bin")


class NodeTool:
    """A node with its npm, and the programs that are started with it. `env` is the caller's environment."""

    def __init__(self, node: Node, runner: Runner, env: Mapping[str, str]) -> None:
        self._node = node
        self._runner = runner
        self._env = env

    @property
    def version(self) -> str:
        """Node's own version."""
        return self._node.version

    def install(self, install: NodeInstall, folder: Path, *, production: bool, architecture: str) -> None:
        """Install what the lock in `folder` names, for Linux on `architecture` (`amd64`), without running anything of
        any package. The manager checks every hash; `VerificationFailed` names what is another than was locked."""
        command = _npm_ci(install, production=production, architecture=architecture)
        path = os.pathsep.join((str(self._node.path.parent), self._env.get("PATH", "")))
        done = self._runner.run([self._node.path, self._node.npm, *command], cwd=folder, env={**_QUIET, "PATH": path})
        if done.code:
            raise _failed(done, install)

    def run_scripts(self, install: NodeInstall, folder: Path, home: Path) -> None:
        """Let the packages that may, run their install scripts."""
        if install.scripts:
            command = ["rebuild", "--no-audit", "--no-fund", *install.scripts]
            done = self._npm(command, folder, home, {})
            if done.code:
                what = f"the install scripts of {', '.join(install.scripts)} failed\n{_told(done)}"
                raise StepFailed(what, where=install.lock, fix='engine = "buildkit" in lading.toml has compilers')

    def run_script(self, script: str, folder: Path, home: Path, env: Mapping[str, str]) -> None:
        """Run a script of the `package.json` in `folder`, with a declared environment and `env`."""
        done = self._npm(["run", script], folder, home, env)
        if done.code:
            raise StepFailed(
                f"the script {script!r} failed (exit code {done.code})\n{_told(done)}",
                where=f"package.json › scripts.{script}",
                fix=f"npm run {script}, to see more",
            )

    def run_program(self, program: Path, *words: str | Path, what: str) -> None:
        """Run a program of our own. `StepFailed` says `what` could not be done."""
        self._runner.check([self._node.path, program, *words], what=what, env={"NODE_OPTIONS": ""})

    def _npm(self, words: Sequence[str], folder: Path, home: Path, env: Mapping[str, str]) -> Completed:
        # npm passes its own settings on as variables, some of which may be credentials: it reads none of the user's,
        # but two files that are not there (it refuses to read one file as both).
        settings = [f"--{kind}config={home / kind}.npmrc" for kind in ("user", "global")]
        command = [self._node.path, self._node.npm, *settings, *words]
        return self._runner.run(command, cwd=folder, env={**_QUIET, **self._declared(home), **env}, inherit=False)

    def _declared(self, home: Path) -> dict[str, str]:
        """What a build knows of the world: nothing of the user's but how the network is reached."""
        self._write_programs(home / "bin")
        known = {name: self._env[name] for name in _PASSED if name in self._env}
        return {
            **known,
            "CI": "1",
            "HOME": str(home),
            "LANG": "C.UTF-8",
            "PATH": os.pathsep.join((str(home / "bin"), *_FOLDERS)),
            "TMPDIR": str(home),
            "TZ": "UTC",
        }

    def _write_programs(self, folder: Path) -> None:
        """Small programs under the names that scripts call."""
        if folder.is_dir():
            return
        folder.mkdir(parents=True)
        (folder / "node").symlink_to(self._node.path)
        for name in ("npm", "npx"):
            words = shlex.join((str(self._node.path), str(self._node.npm.with_name(f"{name}-cli.js"))))
            (folder / name).write_text(f'#!/bin/sh\nexec {words} "$@"\n')
            (folder / name).chmod(0o755)


_QUIET = {
    "npm_config_audit": "false",
    "npm_config_fund": "false",
    "npm_config_logs_max": "0",
    "npm_config_loglevel": "error",
    "npm_config_progress": "false",
    "npm_config_update_notifier": "false",
}


def _npm_ci(install: NodeInstall, *, production: bool, architecture: str) -> list[str]:
    """https://docs.npmjs.com/cli/commands/npm-ci"""
    words = [
        "ci",
        "--ignore-scripts",
        "--os=linux",
        f"--cpu={CPUS[architecture]}",
        "--libc=glibc",
        "--include=optional",
    ]
    words.append("--omit=dev" if production else "--include=dev")
    if install.member != ".":
        words += [f"--workspace={install.member}", "--include-workspace-root=false"]
    return words


def _told(done: Completed) -> str:
    """The last of a tool's own words, without what could be a secret in an address."""
    words = re.sub(r"(https?://)[^/\s@]*@", r"\1", "\n".join(filter(None, (done.out.strip(), done.err.strip()))))
    return "\n".join(f"  | {line}" for line in words.splitlines()[-LAST_LINES:])


def _failed(done: Completed, install: NodeInstall) -> StepFailed | UsageError | VerificationFailed:
    words = done.err + done.out
    if "EINTEGRITY" in words:
        return VerificationFailed(
            f"a package is not the one that was locked\n{_told(done)}",
            where=install.lock,
            fix="do not use it; if it was replaced on purpose, lock it again",
        )
    if "can only install packages when your package.json and" in words:
        return UsageError(
            f"{install.lock} is stale: package.json has changed since\n{_told(done)}",
            where=install.lock,
            fix="npm install --package-lock-only",
        )
    return StepFailed(
        f"{install.manager} cannot install the locked packages (exit code {done.code})\n{_told(done)}",
        where=install.lock,
        fix="check the registry and the network, then build again",
    )

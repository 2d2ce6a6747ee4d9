"""Debian packages into the cache folder: the host's apt with private lists, then ``dpkg-deb -x``.

apt itself checks the archive's signature and every file's hash. The host's package database is only read, to learn
which libraries need not be fetched; its lists, caches and sources are never written.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tools.engine.errors import EngineError
from tools.engine.home import Home
from tools.engine.mirror import host_release, mirrors

# Docker 26 with the containerd image store; bookworm's own (20.10) has none. Go programs: they need no newer library.
ENGINE_RELEASE = "trixie"
ENGINE_PACKAGES = ("containerd", "docker-buildx", "docker-cli", "docker-compose", "docker.io")
HOST_PACKAGES = (
    "bubblewrap",
    "buildah",
    "busybox-static",
    "crun",
    "docker-registry",
    "iptables",
    "podman",
    "qemu-user-static",
    "runc",
    "skopeo",
    "tini",
    "umoci",
)

_HOST_KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
_NEW_PACKAGE = re.compile(r"^Inst (\S+) \((\S+)", re.MULTILINE)
_NEEDED_PROGRAMS = ("apt-get", "apt-config", "dpkg-deb", "unshare", "mount")


@dataclass(frozen=True, kw_only=True)
class AptRoot:
    """One release seen through apt's own eyes, with everything that apt writes below ``folder``."""

    folder: Path
    release: str
    keyring: Path
    status: Path

    def prepare(self, mirror: str) -> None:
        """Write the configuration and fetch the signed lists. Raises ``EngineError`` when the mirror fails."""
        shutil.rmtree(self.folder, ignore_errors=True)
        for name in (
            "etc/apt.conf.d",
            "etc/preferences.d",
            "etc/sources.list.d",
            "lists/partial",
            "cache/archives/partial",
        ):
            (self.folder / name).mkdir(parents=True)
        source = f"deb [signed-by={self.keyring}] {mirror} {self.release} main\n"
        (self.folder / "etc/sources.list").write_text(source)
        (self.folder / "apt.conf").write_text(self._configuration())
        self.run("apt-get", "update")

    def run(self, *command: str, cwd: Path | None = None) -> str:
        """Run one of apt's programs against this root and return what it printed."""
        return _run(command, cwd=cwd, extra={"APT_CONFIG": str(self.folder / "apt.conf")})

    def _configuration(self) -> str:
        lines = [line for line in _run(("apt-config", "dump")).splitlines() if _is_transport(line)]
        settings = {
            "Dir::Etc": self.folder / "etc",
            "Dir::Etc::netrc": "/etc/apt/auth.conf",
            "Dir::Etc::netrcparts": "/etc/apt/auth.conf.d",
            "Dir::State": self.folder,
            "Dir::State::lists": self.folder / "lists",
            "Dir::State::status": self.status,
            "Dir::Cache": self.folder / "cache",
            "APT::Sandbox::User": "root",
            "APT::Update::Error-Mode": "any",
            "APT::Install-Recommends": "false",
            "APT::Install-Suggests": "false",
            "Acquire::Languages": "none",
            "Acquire::Retries": "3",
            "Debug::NoLocking": "true",
        }
        return "\n".join([*lines, *(f'{key} "{value}";' for key, value in settings.items())]) + "\n"


def ensure_packages(home: Home, environ: Mapping[str, str] = os.environ) -> bool:
    """Unpack the packages below ``home.root`` unless they are there; return whether anything was done."""
    release = host_release(Path("/etc/os-release").read_text())
    stamp = "\n".join([release, *HOST_PACKAGES, ENGINE_RELEASE, *ENGINE_PACKAGES, ""])
    if _read(home.root / "stamp") == stamp:
        return False
    _require_programs()
    fresh = home.folder / "root.new"
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    _first_mirror_that_works(home, release, fresh, mirrors(release, Path("/etc/apt"), environ))
    (fresh / "stamp").write_text(stamp)
    shutil.rmtree(home.root, ignore_errors=True)
    fresh.rename(home.root)
    shutil.rmtree(home.apt, ignore_errors=True)
    return True


def _first_mirror_that_works(home: Home, release: str, into: Path, candidates: Sequence[str]) -> None:
    failures: list[str] = []
    for mirror in candidates:
        try:
            _fetch_and_unpack(home, release, into, mirror)
        except EngineError as error:
            failures.append(f"{mirror}: {error}")
        else:
            return
    raise EngineError("no mirror gave the packages; set LADING_DEBIAN_MIRROR to one that does\n" + "\n".join(failures))


def _fetch_and_unpack(home: Home, release: str, into: Path, mirror: str) -> None:
    own = AptRoot(
        folder=home.apt / release, release=release, keyring=_HOST_KEYRING, status=Path("/var/lib/dpkg/status")
    )
    own.prepare(mirror)
    # The host's signed keyring package, newest version: it knows the engine release's keys even on an older image.
    _unpack(own, ["debian-archive-keyring"], into)
    plan = own.run("apt-get", "install", "--simulate", "--yes", *HOST_PACKAGES)
    _unpack(own, [f"{name}={version}" for name, version in _NEW_PACKAGE.findall(plan)], into)
    engine = AptRoot(
        folder=home.apt / f"engine-{ENGINE_RELEASE}",
        release=ENGINE_RELEASE,
        keyring=into / _HOST_KEYRING.relative_to("/"),
        status=Path(os.devnull),
    )
    engine.prepare(mirror)
    _unpack(engine, ENGINE_PACKAGES, into)


def _unpack(apt: AptRoot, names: Iterable[str], into: Path) -> None:
    archives = apt.folder / "cache/archives"
    apt.run("apt-get", "download", *names, cwd=archives)
    for archive in sorted(archives.glob("*.deb")):
        _run(("dpkg-deb", "-x", str(archive), str(into)))
        archive.unlink()


def _is_transport(line: str) -> bool:
    """Whether a line of the host's apt configuration says how to reach mirrors (proxies, certificates, time checks)."""
    return line.startswith("Acquire::") and not line.startswith(("Acquire::IndexTargets", "Acquire::Languages"))


def _require_programs() -> None:
    missing = [name for name in _NEEDED_PROGRAMS if shutil.which(name) is None]
    if missing:
        raise EngineError(f"not on this host: {', '.join(missing)} (packages apt, dpkg, util-linux, mount)")


def _run(command: Sequence[str], cwd: Path | None = None, extra: Mapping[str, str] | None = None) -> str:
    environ = {**os.environ, "LC_ALL": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive", **(extra or {})}
    done = subprocess.run(
        command, cwd=cwd, env=environ, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        tail = "\n".join((done.stdout + done.stderr).strip().splitlines()[-12:])
        raise EngineError(f"{' '.join(command[:2])} ended with {done.returncode}:\n{tail}")
    return done.stdout


def _read(path: Path) -> str | None:
    try:
        return path.read_text()
    except FileNotFoundError:
        return None

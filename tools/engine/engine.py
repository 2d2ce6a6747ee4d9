"""The engine as a whole: bring it up, take it down, say whether and where it runs."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tools.engine.daemon import daemon_answers, remove_cgroups, start_daemon
from tools.engine.errors import EngineError
from tools.engine.home import Home
from tools.engine.packages import ensure_packages
from tools.engine.processes import end, end_leftovers, load, save
from tools.engine.registry import registry_answers, start_registry
from tools.engine.wrappers import (
    podman_run_folder,
    remove_podman_leftovers,
    write_container_settings,
    write_docker_config,
    write_wrappers,
)


def bring_up(home: Home) -> bool:
    """Make what is missing: packages, daemon, registry. Return whether anything was; both answer when this returns.

    Raises ``EngineError``, and leaves nothing running, when one of them cannot be had.
    """
    _require_root()
    with _alone(home):
        if is_up(home):
            return False
        if not (home.root / "stamp").exists():
            print("engine: fetching Debian packages (about 200 MB)", file=sys.stderr)
        ensure_packages(home)
        _clean(home)
        home.state.mkdir(parents=True)
        write_wrappers(home)
        write_container_settings(home)
        write_docker_config(home)
        try:
            registry, port = start_registry(home, home.state / "registry")
            save(registry, home.state)
            (home.state / "registry.port").write_text(str(port))
            save(start_daemon(home), home.state)
        except BaseException:
            _end_all(home)
            raise
    return True


def take_down(home: Home) -> bool:
    """End what was started and remove what it made, but keep the unpacked packages. Return whether there was anything.

    Raises ``EngineError`` when something keeps a mount of the engine busy.
    """
    with _alone(home):
        existed = home.state.exists()
        _clean(home)
    return existed


def is_up(home: Home) -> bool:
    """Whether the daemon and the registry that we started both answer."""
    processes = [load(home.state, name) for name in ("dockerd", "registry")]
    if not all(process is not None and process.alive for process in processes):
        return False
    return daemon_answers(home) and registry_answers(int(registry_address(home).rpartition(":")[2]))


def describe(home: Home) -> list[str]:
    """Return a line a part: what runs, under which pid, and where it listens."""
    lines: list[str] = []
    for name, address in (("dockerd", f"unix://{home.socket}"), ("registry", registry_address(home))):
        process = load(home.state, name)
        running = process is not None and process.alive
        lines.append(f"{name}: {f'pid {process.pid}, {address}' if process and running else 'not running'}")
    return [*lines, f"packages: {home.root if (home.root / 'stamp').exists() else 'not fetched'}"]


def engine_variables(home: Home, environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return what a process needs in its environment to use the engine, the registry and the tools.

    Raises ``EngineError`` when the engine is not up.
    """
    if not is_up(home):
        raise EngineError("not up; run `make engine` first")
    return {
        "DOCKER_HOST": f"unix://{home.socket}",
        "DOCKER_CONFIG": str(home.docker_config),
        "PATH": f"{home.bin}:{environ.get('PATH', os.defpath)}",
        "LADING_TEST_REGISTRY": registry_address(home),
    }


def registry_address(home: Home) -> str:
    """Return the registry's ``host:port``; port 0 stands for none."""
    try:
        return f"127.0.0.1:{(home.state / 'registry.port').read_text()}"
    except FileNotFoundError:
        return "127.0.0.1:0"


def _clean(home: Home) -> None:
    """End the processes, undo what Podman and Buildah mounted, and remove the state."""
    _end_podman(home)
    _end_all(home)
    folders = (home.state, podman_run_folder(home))
    for point in _mounts_below(*folders):
        subprocess.run(["umount", "--lazy", point], check=False)
    if left := _mounts_below(*folders):
        raise EngineError(f"still mounted, so nothing was removed: {', '.join(left)}\nend what uses it and try again")
    remove_podman_leftovers(home)
    if home.state.exists():
        shutil.rmtree(home.state)


def _end_all(home: Home) -> None:
    for name in ("dockerd", "registry"):
        process = load(home.state, name)
        if process is None:
            continue
        end(process, patience=30)
        if name == "dockerd":
            end_leftovers(process, home.cgroup)
            remove_cgroups(home)


def _end_podman(home: Home) -> None:
    """Remove Podman's containers: each has a supervisor of its own and would outlive the engine."""
    podman = home.bin / "podman"
    if podman.exists() and (home.state / "containers/storage").exists():
        command = [str(podman), "rm", "--all", "--force", "--time", "0"]
        subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False)


def _mounts_below(*folders: Path) -> list[str]:
    """Return the mount points inside the folders, innermost first; proc(5) writes odd characters as octal escapes."""
    lines = Path("/proc/mounts").read_text().splitlines()
    points = [line.split()[1].encode().decode("unicode_escape") for line in lines]
    return [point for point in reversed(points) if any(Path(point).is_relative_to(folder) for folder in folders)]


def _require_root() -> None:
    if os.geteuid() != 0:
        raise EngineError(
            "must run as root: dockerd mounts file systems and makes control groups, which the kernel lets only root "
            "do\nthe other tests (`make test`) need neither; for these run `sudo make engine`"
        )


@contextmanager
def _alone(home: Home) -> Iterator[None]:
    home.folder.mkdir(parents=True, exist_ok=True)
    with home.lock.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield

"""``python -m tools.engine up|down|status|env``."""

from __future__ import annotations

import argparse
import fcntl
import os
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tools.engine.daemon import daemon_answers, remove_cgroups, start_daemon
from tools.engine.errors import EngineError
from tools.engine.home import Home, find_home
from tools.engine.packages import ensure_packages
from tools.engine.processes import end, end_leftovers, load, save
from tools.engine.registry import registry_answers, start_registry
from tools.engine.wrappers import remove_podman_cache, write_container_settings, write_docker_config, write_wrappers


def main() -> int:
    """Run one command; return 0 when it did what it says, 1 when the engine is not there or could not be made."""
    parser = argparse.ArgumentParser(prog="python -m tools.engine", description="the test engine and registry")
    parser.add_argument("command", choices=("up", "down", "status", "env"))
    commands = {"up": up, "down": down, "status": status, "env": env}
    try:
        return commands[parser.parse_args().command](find_home())
    except EngineError as error:
        print(f"engine: {error}", file=sys.stderr)
        return 1


def up(home: Home) -> int:
    """Make what is missing: packages, daemon, registry. Does nothing when both run."""
    _require_root()
    with _alone(home):
        began = time.monotonic()
        if _is_up(home):
            print("engine: already up")
            return 0
        if not (home.root / "stamp").exists():
            print("engine: fetching Debian packages (about 200 MB) …", file=sys.stderr)
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
        print(f"engine: up after {time.monotonic() - began:.1f} s")
    return status(home)


def down(home: Home) -> int:
    """End what ``up`` started and remove what it made, but keep the unpacked packages."""
    with _alone(home):
        was_up = home.state.exists()
        _clean(home)
    print("engine: down" if was_up else "engine: was not up")
    return 0


def status(home: Home) -> int:
    """Say what runs and where; return 1 unless everything does."""
    for name, address in (("dockerd", f"unix://{home.socket}"), ("registry", _registry_address(home))):
        process = load(home.state, name)
        running = process is not None and process.alive
        print(f"{name}: {f'pid {process.pid}, {address}' if process and running else 'not running'}")
    print(f"packages: {home.root if (home.root / 'stamp').exists() else 'not fetched'}")
    return 0 if _is_up(home) else 1


def env(home: Home) -> int:
    """Print shell exports for ``eval``. Raises ``EngineError`` when the engine is not up."""
    if not _is_up(home):
        raise EngineError("not up; run `make engine` first")
    for name, value in engine_variables(home).items():
        print(f"export {name}={shlex.quote(value)}")
    return 0


def engine_variables(home: Home) -> dict[str, str]:
    """Return what a process needs in its environment to use the engine, the registry and the tools."""
    return {
        "DOCKER_HOST": f"unix://{home.socket}",
        "DOCKER_CONFIG": str(home.docker_config),
        "PATH": f"{home.bin}:{os.environ.get('PATH', '')}",
        "LADING_TEST_REGISTRY": _registry_address(home),
        "LADING_ENGINE_HOME": str(home.folder),
    }


def _is_up(home: Home) -> bool:
    processes = [load(home.state, name) for name in ("dockerd", "registry")]
    if not all(process is not None and process.alive for process in processes):
        return False
    return daemon_answers(home) and registry_answers(int(_registry_address(home).rpartition(":")[2]))


def _registry_address(home: Home) -> str:
    try:
        return f"127.0.0.1:{(home.state / 'registry.port').read_text()}"
    except FileNotFoundError:
        return "127.0.0.1:0"


def _clean(home: Home) -> None:
    """End the processes, undo what Podman and Buildah mounted, and remove the state."""
    _end_podman(home)
    _end_all(home)
    for point in _mounts_below(home.state):
        subprocess.run(["umount", "--lazy", point], check=False)
    if left := _mounts_below(home.state):
        raise EngineError(f"still mounted, so nothing was removed: {', '.join(left)}\nend what uses it and try again")
    remove_podman_cache(home)
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


def _mounts_below(folder: Path) -> list[str]:
    """Return the mount points inside a folder, innermost first; proc(5) writes odd characters as octal escapes."""
    lines = Path("/proc/mounts").read_text().splitlines()
    points = [line.split()[1].encode().decode("unicode_escape") for line in lines]
    return [point for point in reversed(points) if Path(point).is_relative_to(folder)]


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


if __name__ == "__main__":
    raise SystemExit(main())

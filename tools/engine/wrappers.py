"""Starter scripts for the unpacked tools, and the settings that keep each tool inside the cache folder.

A script sets the library path for its own tool alone, so that ``PATH`` is all that a caller changes.
"""

from __future__ import annotations

import json
import os
import resource
import shlex
import shutil
from pathlib import Path

from tools.engine.errors import EngineError
from tools.engine.home import Home
from tools.engine.isolate import CONTROL_GROUPS, control_groups_mounted
from tools.engine.overlay import overlay_works

# Tools that a caller may use by name. Each is a program of Debian's packages; `tools.engine.packages` has the list.
TOOLS = (
    "buildah",
    "busybox",
    "bwrap",
    "crun",
    "ctr",
    "docker",
    "docker-registry",
    "podman",
    "qemu-aarch64-static",
    "runc",
    "skopeo",
    "umoci",
)
_HYBRID_CONTROLLERS = CONTROL_GROUPS / "unified/cgroup.controllers"
_LONGEST_RUNROOT = 50  # bytes; beyond it Podman ends with "the specified runroot is longer than 50 characters"
_PODMAN_CACHE = Path("/var/lib/containers/cache")
_CACHE_MARKER = "no-podman-cache-before"
_FOLDERS = ("usr/local/bin", "usr/local/sbin", "usr/bin", "usr/sbin", "bin", "sbin")


def tool_program(home: Home, name: str) -> str:
    """Return the path of the real program: the unpacked one, else the host's own.

    Raises ``EngineError`` when there is neither.
    """
    for folder in _FOLDERS:
        program = home.root / folder / name
        if program.is_file():
            return str(program)
    host = shutil.which(name, path=":".join(f"/{folder}" for folder in _FOLDERS))
    if host is None:
        raise EngineError(f"{name} is neither in {home.root} nor on this host; remove that folder and run `up` again")
    return host


def tool_environment(home: Home) -> dict[str, str]:
    """Return this process's environment with the unpacked programs and libraries in front."""
    folders = [str(home.root / folder) for folder in _FOLDERS]
    return {
        **os.environ,
        "PATH": ":".join([*folders, os.environ.get("PATH", ""), "/usr/sbin", "/sbin"]),
        "LD_LIBRARY_PATH": _library_path(home),
    }


def write_wrappers(home: Home) -> None:
    """Make one starter script a tool in ``home.bin``."""
    shutil.rmtree(home.bin, ignore_errors=True)
    home.bin.mkdir(parents=True)
    for name in TOOLS:
        command = shlex.join([*_launcher(name), tool_program(home, name), *_options(home, name)])
        exports = {"LD_LIBRARY_PATH": _library_path(home), **_settings(home, name)}
        lines = [f"export {key}={shlex.quote(value)}" for key, value in exports.items()]
        script = home.bin / name
        script.write_text("\n".join(["#!/bin/sh", *lines, f'exec {command} "$@"', ""]))
        script.chmod(0o755)


def write_container_settings(home: Home) -> None:
    """Write what Podman, Buildah and skopeo read, all of it pointing into the state folder."""
    folder = home.state / "containers"
    policy_folder = folder / "home/.config/containers"
    policy_folder.mkdir(parents=True)
    (policy_folder / "policy.json").write_text(json.dumps({"default": [{"type": "insecureAcceptAnything"}]}))
    (folder / "registries.conf").write_text('[[registry]]\nlocation = "127.0.0.1"\ninsecure = true\n')
    driver = "overlay" if overlay_works(home.state) else "vfs"
    (folder / "storage.conf").write_text(
        f'[storage]\ndriver = "{driver}"\ngraphroot = "{folder}/storage"\nrunroot = "{podman_run_folder(home)}"\n'
    )
    if not _PODMAN_CACHE.exists():
        (home.state / _CACHE_MARKER).touch()
    (folder / "containers.conf").write_text(_containers_conf(home, folder))


def podman_run_folder(home: Home) -> Path:
    """Return Podman's run folder: in the state folder, or below ``/tmp`` where that path is too long for Podman."""
    inside = home.state / "podman"
    if len(os.fsencode(inside)) <= _LONGEST_RUNROOT:
        return inside
    return Path("/tmp") / home.cgroup


def remove_podman_leftovers(home: Home) -> None:
    """Remove what Podman keeps outside the state folder: a far run folder, and a cache that has no setting.

    A machine that had the cache's folder before ``up`` keeps it.
    """
    shutil.rmtree(podman_run_folder(home), ignore_errors=True)
    marker = home.state / _CACHE_MARKER
    if not marker.exists():
        return
    (_PODMAN_CACHE / "blob-info-cache-v1.boltdb").unlink(missing_ok=True)
    for folder in (_PODMAN_CACHE, _PODMAN_CACHE.parent):
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()


def write_docker_config(home: Home) -> None:
    """Write the Docker client's configuration; it names the folder where buildx and compose are."""
    home.docker_config.mkdir(parents=True)
    plugins = home.root / "usr/libexec/docker/cli-plugins"
    (home.docker_config / "config.json").write_text(json.dumps({"cliPluginsExtraDirs": [str(plugins)]}))


def _library_path(home: Home) -> str:
    return ":".join(map(str, home.libraries))


def _launcher(name: str) -> list[str]:
    """Return what runs a tool with other mounts than the host's, where it would not start with those.

    crun ends with "cgroups in hybrid mode not supported" where version 2 holds a controller beside version 1
    (libcrun_get_cgroup_mode in its cgroup-utils.c); with that one mount out of its sight it uses version 1. And where
    nobody has mounted control groups, the runtimes need them as the daemon does.
    """
    if name not in {"crun", "runc"}:
        return []
    if not control_groups_mounted():
        change = f"mount --no-mtab -t cgroup2 cgroup2 {CONTROL_GROUPS}"
    elif name == "crun" and _HYBRID_CONTROLLERS.is_file() and _HYBRID_CONTROLLERS.read_text().strip():
        change = f"umount {_HYBRID_CONTROLLERS.parent}"
    else:
        return []
    return ["unshare", "--mount", "--propagation", "slave", "--", "sh", "-c", f'{change} && exec "$@"', "sh"]


def _options(home: Home, name: str) -> list[str]:
    folder = home.state / "containers"
    match name:
        case "skopeo":
            return [
                "--policy",
                str(folder / "home/.config/containers/policy.json"),
                "--registries-conf",
                str(folder / "registries.conf"),
            ]
        case "crun" | "runc":
            return ["--root", str(home.state / name)]
        case _:
            return []


def _settings(home: Home, name: str) -> dict[str, str]:
    folder = home.state / "containers"
    if name in {"podman", "buildah"}:
        # The signature policy has no variable; it is looked for in the home folder before /etc.
        return {
            "HOME": str(folder / "home"),
            "CONTAINERS_CONF": str(folder / "containers.conf"),
            "CONTAINERS_STORAGE_CONF": str(folder / "storage.conf"),
            "CONTAINERS_REGISTRIES_CONF": str(folder / "registries.conf"),
        }
    if name == "skopeo":
        # It has no option for the folder of its blob cache: root's is /var/lib/containers, anybody else's is below
        # XDG_DATA_HOME, and this variable tells the two apart (containers/image, internal/rootless).
        return {"_CONTAINERS_ROOTLESS_UID": "65534", "XDG_DATA_HOME": str(folder / "data")}
    return {}


def _limits() -> str:
    """Return limits that Podman may set here: it would raise them, which a root without CAP_SYS_RESOURCE may not.

    Podman lowers its own number of processes to 32768, and a container cannot have more than Podman itself.
    """
    _, files = resource.getrlimit(resource.RLIMIT_NOFILE)
    _, processes = resource.getrlimit(resource.RLIMIT_NPROC)
    most = 32768 if processes == resource.RLIM_INFINITY else min(processes, 32768)
    return f'"nofile={files}:{files}", "nproc={most}:{most}"'


def _containers_conf(home: Home, folder: Path) -> str:
    def text(value: object) -> str:
        return json.dumps(str(value))

    # A container's supervisor starts Podman anew when the container ends, with no variables but these.
    supervisor = {
        "PATH": f"{home.bin}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "LD_LIBRARY_PATH": _library_path(home),
        **_settings(home, "podman"),
    }
    return "\n".join(
        [
            "[containers]",
            'netns = "host"',
            'cgroups = "disabled"',
            f"default_ulimits = [{_limits()}]",
            "[network]",
            f"network_config_dir = {text(folder / 'networks')}",
            f"cni_plugin_dirs = [{text(home.root / 'usr/lib/cni')}]",
            "[engine]",
            'cgroup_manager = "cgroupfs"',
            'events_logger = "file"',
            'lock_type = "file"',
            'image_copy_tmp_dir = "storage"',
            'runtime = "crun"',
            f"conmon_env_vars = [{', '.join(text(f'{name}={value}') for name, value in supervisor.items())}]",
            f"conmon_path = [{text(tool_program(home, 'conmon'))}]",
            # The place that `--root` alone leads to, for that second Podman is given nothing else.
            f"static_dir = {text(folder / 'storage/libpod')}",
            f"tmp_dir = {text(folder / 'tmp')}",
            f"volume_path = {text(folder / 'volumes')}",
            "[engine.runtimes]",
            f"crun = [{text(home.bin / 'crun')}]",
            "",
        ]
    )

"""Starter scripts for the unpacked tools, and the settings that keep each tool inside the cache folder.

A script sets the library path for its own tool alone, so that ``PATH`` is all that a caller changes.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
from pathlib import Path

from tools.engine.errors import EngineError
from tools.engine.home import Home

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
        "LD_LIBRARY_PATH": ":".join(map(str, home.libraries)),
    }


def write_wrappers(home: Home) -> None:
    """Make one starter script a tool in ``home.bin``."""
    shutil.rmtree(home.bin, ignore_errors=True)
    home.bin.mkdir(parents=True)
    libraries = ":".join(map(str, home.libraries))
    for name in TOOLS:
        command = shlex.join([tool_program(home, name), *_options(home, name)])
        exports = {"LD_LIBRARY_PATH": libraries, **_settings(home, name)}
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
    (folder / "storage.conf").write_text(
        f'[storage]\ndriver = "overlay"\ngraphroot = "{folder}/storage"\nrunroot = "{folder}/run"\n'
    )
    (folder / "containers.conf").write_text(_containers_conf(home, folder))


def write_docker_config(home: Home) -> None:
    """Write the Docker client's configuration; it names the folder where buildx and compose are."""
    home.docker_config.mkdir(parents=True)
    plugins = home.root / "usr/libexec/docker/cli-plugins"
    (home.docker_config / "config.json").write_text(json.dumps({"cliPluginsExtraDirs": [str(plugins)]}))


def _options(home: Home, name: str) -> list[str]:
    match name:
        case "skopeo":
            return ["--policy", str(home.state / "containers/home/.config/containers/policy.json")]
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
        return {"CONTAINERS_REGISTRIES_CONF": str(folder / "registries.conf")}
    return {}


def _containers_conf(home: Home, folder: Path) -> str:
    def text(value: object) -> str:
        return json.dumps(str(value))

    return "\n".join(
        [
            "[containers]",
            'netns = "host"',
            'cgroups = "disabled"',
            "[network]",
            f"network_config_dir = {text(folder / 'networks')}",
            f"cni_plugin_dirs = [{text(home.root / 'usr/lib/cni')}]",
            "[engine]",
            'cgroup_manager = "cgroupfs"',
            'events_logger = "file"',
            'runtime = "crun"',
            f"conmon_path = [{text(tool_program(home, 'conmon'))}]",
            f"static_dir = {text(folder / 'libpod')}",
            f"tmp_dir = {text(folder / 'tmp')}",
            f"volume_path = {text(folder / 'volumes')}",
            "[engine.runtimes]",
            f"crun = [{text(home.bin / 'crun')}]",
            "",
        ]
    )

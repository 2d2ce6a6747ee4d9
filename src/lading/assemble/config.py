"""The image's configuration and manifest, as bytes.

https://github.com/opencontainers/image-spec/blob/v1.1.1/config.md. `Healthcheck` is Docker's extension of it
(https://github.com/moby/docker-image-spec/blob/v1.3.1/spec.md): PascalCase keys, times in nanoseconds.
"""

import time
from collections.abc import Mapping, Sequence
from typing import Any

from lading.oci.model import Layer
from lading.plan.model import HealthCheck, RuntimeConfig

DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
"""Where engines look for programs of an image that does not say (moby, `oci.DefaultPathEnv`)."""
_NANOSECONDS = 1_000_000_000


def image_config(
    runtime: RuntimeConfig,
    layers: Sequence[tuple[str, Layer]],
    *,
    architecture: str,
    mtime: int,
    labels: Mapping[str, str],
    base: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The configuration of an image: `layers` are titles and layers in order, the base image's own left out; `base` is
    the base image's configuration, whose layers, history and environment come first; `labels` join the plan's."""
    inherited = None if base is None else base.get("config") or {}
    base = base or {}
    created = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(mtime))
    history = _inherited_history(base)
    history += [{"created": created, "created_by": f"lading: {title}"} for title, _ in layers]
    diff_ids = [*(base.get("rootfs") or {}).get("diff_ids", ()), *(layer.diff_id for _, layer in layers)]
    document: dict[str, Any] = {"created": created, "architecture": architecture, "os": "linux"}
    if base.get("variant"):
        document["variant"] = base["variant"]
    document["config"] = _execution(runtime, inherited, labels)
    document["rootfs"] = {"type": "layers", "diff_ids": diff_ids}
    document["history"] = history
    return document


def _inherited_history(base: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The base image's history with an entry for each of its layers: it may have none (the specification lets builders
    leave it out), and then ours would be taken for that of other layers."""
    told = [dict(entry) for entry in base.get("history") or ()]
    layers = len((base.get("rootfs") or {}).get("diff_ids") or ())
    if sum(not entry.get("empty_layer") for entry in told) == layers:
        return told
    return [{"created_by": "base image"} for _ in range(layers)]


def _execution(
    runtime: RuntimeConfig, inherited: Mapping[str, Any] | None, labels: Mapping[str, str]
) -> dict[str, Any]:
    """The configuration's `config`; `inherited` is that of an image base.

    It is what BuildKit makes of a Dockerfile: what that cannot take back of its base (ports, volumes) stays.
    """
    below = inherited or {}
    config: dict[str, Any] = {"User": runtime.user}
    ports = dict(below.get("ExposedPorts") or {})
    if runtime.port is not None:
        ports[f"{runtime.port}/tcp"] = {}
    if ports:
        config["ExposedPorts"] = dict(sorted(ports.items()))
    volumes = {**(below.get("Volumes") or {}), **{path: {} for path in runtime.volumes}}
    if volumes:
        config["Volumes"] = dict(sorted(volumes.items()))
    config["Env"] = _environment(runtime, inherited)
    # What is empty is left out, as BuildKit does. An entrypoint of one's own clears an inherited Cmd.
    if runtime.entrypoint:
        config["Entrypoint"] = list(runtime.entrypoint)
    if runtime.command:
        config["Cmd"] = list(runtime.command)
    config["WorkingDir"] = runtime.workdir
    merged = {**(below.get("Labels") or {}), **dict(runtime.labels), **labels}
    config["Labels"] = dict(sorted(merged.items()))
    config["StopSignal"] = runtime.stop_signal
    if runtime.health:
        config["Healthcheck"] = _health(runtime.health)
    elif inherited is not None:
        config["Healthcheck"] = {"Test": ["NONE"]}  # where it says nothing, it says what the base says
    return config


def _environment(runtime: RuntimeConfig, inherited: Mapping[str, Any] | None) -> list[str]:
    merged: dict[str, str] = {}
    for line in (inherited or {}).get("Env") or ():
        name, _, value = str(line).partition("=")
        merged[name] = value
    own = dict(runtime.env)
    if "PATH" in own and inherited is not None:
        # The plan's folders come first, the base image's own stay reachable behind them.
        own["PATH"] += f":{merged.get('PATH', DEFAULT_PATH)}"
    merged.update(own)
    return [f"{name}={value}" for name, value in merged.items()]


def _health(health: HealthCheck) -> dict[str, Any]:
    return {
        "Test": ["CMD", *health.command],
        "Interval": int(health.interval * _NANOSECONDS),
        "Timeout": int(health.timeout * _NANOSECONDS),
        "StartPeriod": int(health.start_period * _NANOSECONDS),
        "Retries": health.retries,
    }

"""The team's word and the service's own become one strategy for a service, with every default applied. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from msgspec import UNSET, UnsetType

from lading.errors import UsageError
from lading.strategy.model import (
    Amount,
    AmountStrategy,
    Common,
    FileStrategy,
    FolderStrategy,
    Health,
    HealthStrategy,
    ImageFile,
    ImageFolder,
    ImageStrategy,
    Prove,
    ProveStrategy,
    Read,
    Resources,
    ResourcesStrategy,
    ServiceSettings,
    ServiceStrategy,
)
from lading.strategy.values import bytes_of, numbers_of, seconds_of

BASE = "distroless"
USER = "65532:65532"
"""The user that distroless images call `nonroot`."""
PLATFORMS = ("linux/amd64",)
INTERVAL, TIMEOUT, START_PERIOD, RETRIES = "30s", "10s", "5s", 3
"""The times of the health check where nobody says others."""
CPUS, MEMORY = 0.5, "512MiB"
"""What one container may take where nobody says otherwise. Half of the limits is kept free for it."""

HEALTHY_WITHIN, STOP_WITHIN = "10s", "10s"
"""What a service is held to where nobody says otherwise. Docker kills what has not stopped after ten seconds
(https://docs.docker.com/reference/cli/docker/container/stop/), Kubernetes after thirty."""

SUITE = "trixie"
"""The Debian release of images of packages."""
FOLDER_MODE, FILE_MODE = 0o755, 0o644

T = TypeVar("T")


def resolve(read: Read, service: str, folder: str) -> ServiceStrategy:
    """What holds for the service called `service` in `folder`.

    Its settings are those whose `path` is its folder, else those under its name without a `path`. Raises `UsageError`
    when the user is root and nobody has allowed that, or when more is kept free for a container than it may take.
    """
    key, own = own_settings(read, service, folder)
    resolver = _Resolver(read, service, [(own, f"services.{key}."), (read.strategy, "")])
    return ServiceStrategy(**resolver.shared(), dockerfile=own.dockerfile or "", origins=resolver.origins)


def resolve_image(read: Read, name: str) -> ImageStrategy:
    """What holds for the image of packages called `name`: its own settings, and of the team's those that hold for all
    images. Raises as `resolve` does. `KeyError` when there is no such image.
    """
    own, team = read.strategy.images[name], read.strategy
    common = Common(**{key: getattr(team, key) for key in Common.__struct_fields__})
    resolver = _Resolver(read, name, [(own, f"images.{name}."), (common, "")])
    shared = resolver.shared() | {"base": own.base or ""}
    accounts = tuple((one, numbers_of(ids)) for one, ids in _pairs(own.accounts or {}))
    return ImageStrategy(
        **shared,
        suite=own.suite or SUITE,
        without=tuple(sorted(set(own.without))) if own.without is not UNSET else None,
        entrypoint=tuple(own.entrypoint or ()),
        workdir=own.workdir or "",
        accounts=accounts,
        folders=tuple(_folder(path, one, shared) for path, one in _pairs(own.directories or {})),
        files=tuple(_file(path, one) for path, one in _pairs(own.files or {})),
        links=_pairs(own.links or {}),
        origins=resolver.origins,
    )


def _folder(path: str, one: ImageFolder, shared: Mapping[str, Any]) -> FolderStrategy:
    """A folder, which belongs to the image's user where nobody says another."""
    uid, gid = numbers_of(one.owner) if one.owner else (shared["uid"], shared["gid"])
    return FolderStrategy(path=path, uid=uid, gid=gid, mode=FOLDER_MODE if one.mode is UNSET else one.mode)


def _file(path: str, one: ImageFile) -> FileStrategy:
    """A file; a text ends with a line break, as text files do."""
    content = one.content or ""
    ending = "" if content.endswith("\n") or not content else "\n"
    mode = FILE_MODE if one.mode is UNSET else one.mode
    return FileStrategy(path=path, mode=mode, content=content + ending, source=one.source or "")


def own_settings(read: Read, service: str, folder: str) -> tuple[str, ServiceSettings]:
    """The name and settings of a service in `[services]`; empty settings when it has none."""
    services = read.strategy.services
    for name, settings in services.items():
        if settings.path and normal_folder(settings.path) == folder:
            return name, settings
    named = services.get(service)
    return service, named if named and not named.path else ServiceSettings()


def normal_folder(path: str) -> str:
    """A folder as the survey names it.

    >>> normal_folder("./services//api/"), normal_folder(".")
    ('services/api', '.')
    """
    return "/".join(part for part in path.split("/") if part not in ("", ".")) or "."


Level = tuple[Common, str]
"""Settings, and the path of their keys."""


class _Resolver:
    """Settings in levels, the strongest first, and where each value that counts was set."""

    def __init__(self, read: Read, service: str, levels: Sequence[Level]) -> None:
        self._read = read
        self._service = service
        self._levels = tuple(levels)
        self._origins: dict[str, str] = {}

    @property
    def origins(self) -> tuple[tuple[str, str], ...]:
        """Where each key that somebody has set was set, as far as it was looked at."""
        return tuple(sorted(self._origins.items()))

    def shared(self) -> dict[str, Any]:
        """What every `ServiceStrategy` has."""
        uid, gid = self._user()
        budget: str = self._pick("budget", "")
        return {
            "service": self._service,
            "image": self._image(),
            "base": self._pick("base", BASE),
            "interpreter": self._pick("interpreter", ""),
            "python": self._pick("python", None),
            "uid": uid,
            "gid": gid,
            "platforms": tuple(self._pick("platforms", PLATFORMS)),
            "budget": bytes_of(budget) if budget else None,
            "compression": self._pick("compression", "gzip"),
            "port": self._pick("port", None),
            "health": self._health(),
            "env": _pairs(self._joined("env")),
            "labels": _pairs(self._joined("labels")),
            "groups": tuple(self._pick("groups", ())),
            "extras": tuple(self._pick("extras", ())),
            "include": tuple(self._pick("include", ())),
            "exclude": tuple(self._pick("exclude", ())),
            "packages": tuple(sorted(set(self._pick("packages", ())))),
            "build_packages": tuple(sorted(set(self._pick("build_packages", ())))),
            "missing_libraries": tuple(sorted(set(self._pick("missing_libraries", ())))),
            "volumes": tuple(sorted(set(self._pick("volumes", ())))),
            "command": tuple(self._pick("command", ())),
            "processes": tuple((name, tuple(words)) for name, words in _pairs(self._joined("processes"))),
            "stop_signal": self._pick("stop_signal", "SIGTERM"),
            "replicas": self._pick("replicas", 1),
            "resources": self._resources(),
            "source": self._pick("source", None),
            "revision": self._pick("revision", None),
            "engine": self._pick("engine", "embedded"),
            "prove": self._prove(),
        }

    def _pick(self, name: str, default: T) -> T:
        """The service's value, else the team's, else the default; remembers where it was."""
        key = name.replace("_", "-")
        for settings, path in self._levels:
            value: T | UnsetType = getattr(settings, name, UNSET)
            if value is not UNSET:
                self._origins[key] = f"{self._read.origin} › {path}{key}"
                return value
        return default

    def _joined(self, name: str) -> dict[str, Any]:
        """The team's table with the service's keys over it."""
        joined: dict[str, Any] = {}
        for settings, path in reversed(self._levels):
            table: Mapping[str, Any] | UnsetType = getattr(settings, name, UNSET)
            for key, value in ({} if table is UNSET else table).items():
                joined[key] = value
                self._origins[f"{name}.{key}"] = f"{self._read.origin} › {path}{name}.{key}"
        return joined

    def _user(self) -> tuple[int, int]:
        uid, gid = numbers_of(self._pick("user", USER))
        if uid == 0 and not self._pick("allow_root", False):
            raise UsageError(
                f"the service {self._service} would run as root",
                where=self._origins["user"],
                fix="name a user such as `65532:65532`, or set `allow-root = true` if it must be root",
            )
        return uid, gid

    def _image(self) -> str:
        whole: str = self._pick("image", "")
        if whole:
            return whole
        registry = self._pick("registry", "")
        return f"{registry}/{self._service}" if registry else self._service

    def _resources(self) -> ResourcesStrategy:
        said: dict[str, Any] = {}
        for settings, path in reversed(self._levels):
            given = settings.resources if isinstance(settings.resources, Resources) else Resources()
            for name in Resources.__struct_fields__:
                amount = getattr(given, name)
                for key in Amount.__struct_fields__ if isinstance(amount, Amount) else ():
                    if getattr(amount, key) is not UNSET:
                        said[f"{name}.{key}"] = getattr(amount, key)
                        self._origins[f"resources.{name}.{key}"] = f"{self._read.origin} › {path}resources.{name}.{key}"
        limits = AmountStrategy(
            cpus=float(said.get("limits.cpus", CPUS)), memory=bytes_of(said.get("limits.memory", MEMORY))
        )
        kept, memory = said.get("reservations.cpus"), said.get("reservations.memory")
        reservations = AmountStrategy(
            cpus=limits.cpus / 2 if kept is None else float(kept),
            memory=limits.memory // 2 if memory is None else bytes_of(memory),
        )
        self._check_kept(limits, reservations)
        return ResourcesStrategy(limits=limits, reservations=reservations)

    def _check_kept(self, limits: AmountStrategy, reservations: AmountStrategy) -> None:
        for key in ("cpus", "memory"):
            if getattr(reservations, key) > getattr(limits, key):
                raise UsageError(
                    f"more {key} is kept free for {self._service} than it may take",
                    where=self._origins[f"resources.reservations.{key}"],
                    fix=f"raise resources.limits.{key}, or lower resources.reservations.{key}",
                )

    def _health(self) -> HealthStrategy:
        enabled = True
        values: dict[str, Any] = {}
        for settings, path in reversed(self._levels):
            said: bool | Health | UnsetType = getattr(settings, "health", UNSET)
            if isinstance(said, UnsetType):
                continue
            enabled = said is not False
            self._origins["health"] = f"{self._read.origin} › {path}health"
            for name in said.__struct_fields__ if isinstance(said, Health) else ():
                value = getattr(said, name)
                if value is not UNSET:
                    values[name] = value
                    key = name.replace("_", "-")
                    self._origins[f"health.{key}"] = f"{self._read.origin} › {path}health.{key}"
        return HealthStrategy(
            enabled=enabled,
            path=values.get("path"),
            interval=seconds_of(values.get("interval", INTERVAL)),
            timeout=seconds_of(values.get("timeout", TIMEOUT)),
            start_period=seconds_of(values.get("start_period", START_PERIOD)),
            retries=values.get("retries", RETRIES),
            command=tuple(values.get("command", ())),
        )

    def _prove(self) -> ProveStrategy:
        values: dict[str, Any] = {}
        for settings, path in reversed(self._levels):
            said = settings.prove if isinstance(settings.prove, Prove) else Prove()
            for name in Prove.__struct_fields__:
                value = getattr(said, name)
                if value is not UNSET:
                    values[name] = {**values.get(name, {}), **value} if isinstance(value, dict) else value
                    key = name.replace("_", "-")
                    self._origins[f"prove.{key}"] = f"{self._read.origin} › {path}prove.{key}"
        return ProveStrategy(
            ready=values.get("ready"),
            healthy=seconds_of(values.get("healthy_within", HEALTHY_WITHIN)),
            stop=seconds_of(values.get("stop_within", STOP_WITHIN)),
            env=_pairs(values.get("env", {})),
            waived=_pairs(values.get("waive", {})),
        )


def _pairs(table: Mapping[str, T]) -> tuple[tuple[str, T], ...]:
    return tuple(sorted(table.items()))

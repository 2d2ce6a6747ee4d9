"""The instructions that change no files: variables, users, commands and the rest of the configuration."""

import posixpath
from collections.abc import Iterable

from msgspec.structs import replace

from lading.check.dockerfile.model import (
    AnyInstruction,
    Arg,
    Cmd,
    Command,
    Entrypoint,
    Env,
    ExecForm,
    Expose,
    Healthcheck,
    Label,
    Onbuild,
    Pair,
    Shell,
    Stopsignal,
    User,
    Volume,
    Workdir,
)
from lading.check.model.scene import Scene
from lading.check.model.state import Config, Launch
from lading.check.stages.scope import Scope


def settle(instruction: AnyInstruction, scene: Scene, scope: Scope) -> None:
    """Do what an instruction does to a stage. Those that run or copy are not done here."""
    config = scene.now.config
    match instruction:
        case Env(pairs=pairs):
            scene.now = replace(scene.now, env=scene.now.env.but(dict(_values(pairs, scope))))
        case Arg(pairs=pairs):
            for pair in pairs:
                name = scope.text(pair.name) or pair.name.text
                value = scope.argument(name, pair.value)
                scene.now = replace(scene.now, arguments={**scene.now.arguments, name: value})
        case Workdir(path=path):
            _work_in(scope.text(path), scene)
        case User(user=user):
            scene.now = replace(scene.now, user=scope.text(user))
        case Shell(words=words):
            scene.now = replace(scene.now, shell=tuple(word.text for word in words))
        case Entrypoint(command=command):
            cmd = config.cmd if _is_own(config.cmd, scene) else None
            scene.now = replace(scene.now, config=replace(config, entrypoint=launch(command, scene), cmd=cmd))
        case Cmd() | Healthcheck() | Expose() | Label() | Volume() | Stopsignal() | Onbuild():
            scene.now = replace(scene.now, config=configured(instruction, config, scene, scope))
        case _:
            pass


def _is_own(cmd: Launch | None, scene: Scene) -> bool:
    """Whether a command was set in this stage; ENTRYPOINT takes that of its base away
    (https://docs.docker.com/reference/dockerfile/#understand-how-cmd-and-entrypoint-interact)."""
    return cmd is not None and cmd.origin.act != "base" and cmd.origin.stage == scene.origin.stage


def configured(
    instruction: Cmd | Healthcheck | Expose | Label | Volume | Stopsignal | Onbuild,
    config: Config,
    scene: Scene,
    scope: Scope,
) -> Config:
    """A configuration with what an instruction adds to it."""
    match instruction:
        case Cmd(command=command):
            made = replace(config, cmd=launch(command, scene))
        case Healthcheck(command=command):
            made = replace(config, health=launch(command, scene), no_health=command is None)
        case Expose(ports=ports):
            made = replace(config, ports=(*config.ports, *(scope.text(one) or one.text for one in ports)))
        case Label(pairs=pairs):
            made = replace(config, labels={**config.labels, **dict(_values(pairs, scope))})
        case Volume(paths=paths):
            made = replace(config, volumes=(*config.volumes, *(scope.text(one) or one.text for one in paths)))
        case Stopsignal(signal=signal):
            made = replace(config, stop_signal=scope.text(signal) or "")
        case Onbuild(instruction=later):
            made = replace(config, onbuild=(*config.onbuild, later))
    return made


def launch(command: Command | None, scene: Scene) -> Launch | None:
    """A command as the configuration keeps it; nothing for an empty list, which takes a base's away."""
    match command:
        case ExecForm(words=words):
            return Launch(words=tuple(word.text for word in words), origin=scene.origin) if words else None
        case None:
            return None
        case _:
            return Launch(words=(*scene.now.shell, command.text), script=command.text, origin=scene.origin)


def _work_in(path: str | None, scene: Scene) -> None:
    """A folder that is missing is made, and is the user's that USER names
    (https://docs.docker.com/reference/dockerfile/#workdir)."""
    at = None if path is None else scene.absolute(path)
    if at is None:
        scene.now = replace(scene.now, workdir=None)
        return
    at = posixpath.normpath(at)
    scene.folder(at)
    scene.now = replace(scene.now, workdir=at)


def _values(pairs: Iterable[Pair], scope: Scope) -> Iterable[tuple[str, str | None]]:
    """Every value is made with the variables that were set before the instruction."""
    for pair in pairs:
        yield scope.text(pair.name) or pair.name.text, "" if pair.value is None else scope.text(pair.value)

"""RUN: its mounts, its shell, and what the commands in it do (https://docs.docker.com/reference/dockerfile/#run)."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from msgspec.structs import replace

from lading.check.dockerfile.model import Mount, Run
from lading.check.effects.perform import perform
from lading.check.model.changes import Unmoded
from lading.check.model.entry import Entry
from lading.check.model.files import Files
from lading.check.model.nodes import Node, folder, present, unknown
from lading.check.model.scene import Scene
from lading.check.model.step import Call
from lading.check.shell.run import run_calls
from lading.check.stages.copying import Sources


def run_all(run: Run, mounts: Sequence[tuple[Mount, Sources]], scene: Scene) -> tuple[Call, ...]:
    """Do a RUN. Variables, the folder and the user are again what they were, and the mounts are gone."""
    before = scene.now
    env = before.env.but({name: value for name, value in before.arguments.items() if name not in before.env.values})
    scene.now = replace(before, env=env)
    with _mounted(mounts, scene):
        calls = tuple(_calls(run, scene))
    if any(call.invocation.name == "umask" for call in calls):
        scene.now = replace(scene.now, files=Files(Unmoded(scene.origin)(scene.now.files.root)))
    scene.now = replace(scene.now, env=before.env, workdir=before.workdir, user=before.user)
    return calls


def _calls(run: Run, scene: Scene) -> Iterator[Call]:
    """Each command of the script, with the stage before and after it."""
    for invocation in run_calls(run, scene.now):
        own = Scene(scene.now, scene.origin)
        perform(invocation, own)
        yield Call(invocation=invocation, before=scene.now, after=own.now, needs=tuple(own.needs))
        scene.now = own.now


def _performed(run: Run, scene: Scene) -> Iterator[Call]:
    """Every command with what was before and after it. What it needed is the call's own."""
    for invocation in run_calls(run, scene.now):
        before = scene.now
        scene.needs = []
        perform(invocation, scene)
        yield Call(invocation=invocation, before=before, after=scene.now, needs=tuple(scene.needs))


@contextmanager
def _mounted(mounts: Sequence[tuple[Mount, Sources]], scene: Scene) -> Iterator[None]:
    """What is mounted hides what is at its target, and is gone afterwards; the target itself stays, empty."""
    hidden: list[tuple[str, Files]] = []
    for mount, sources in mounts:
        target = _target(mount)
        at = None if target is None else scene.absolute(target)
        if at is None:
            continue
        hidden.append((at, scene.now.files))
        scene.put(at, _node(mount, sources, scene))
    yield
    for at, files in reversed(hidden):
        old = files.node(at)
        scene.put(at, unknown(scene.origin) if old.presence == "absent" else old)


def _target(mount: Mount) -> str | None:
    """Where a mount is seen; a secret's default is https://docs.docker.com/reference/dockerfile/#run---mounttypesecret."""
    named = mount.option("target", "dst", "destination")
    if named or mount.type != "secret":
        return named or None
    name = mount.option("id") or mount.option("source", "src").rpartition("/")[2]
    return f"/run/secrets/{name}" if name and not mount.option("env") else None


def _node(mount: Mount, sources: Sources, scene: Scene) -> Node:
    """What a mount shows: a bind what is at its source, a cache what an earlier build has left there."""
    match mount.type:
        case "bind":
            return sources.files.node("/" + mount.option("source", "src").lstrip("/"))
        case "tmpfs":
            return folder(Entry(kind="folder", origin=scene.origin, mode=0o1777))
        case "cache":
            top = Entry(kind="folder", origin=scene.origin)
            return Node("present", scene.origin, top)
    return present(Entry(kind="file", origin=scene.origin)) if mount.option("required") else unknown(scene.origin)

"""One command of a script is carried out on a stage."""

from collections.abc import Iterator
from contextlib import contextmanager

from msgspec.structs import replace

from lading.check.effects.accounts import read_lines
from lading.check.effects.asked import Asked, Word
from lading.check.effects.output import output
from lading.check.effects.table import effect_of
from lading.check.model.scene import Scene
from lading.check.model.state import Variables
from lading.check.shell.model import Invocation, Redirect, Value

_LONGEST_PIPE = 8
"""Commands of a pipe that are followed back to tell what the last one reads."""
_CHANGE_VARIABLES = (".", "source")
"""Commands whose variables stay, up to the end of the RUN."""
_NO_FILES = ("/dev/null", "/dev/stdout", "/dev/stderr", "/dev/tty")


def perform(call: Invocation, scene: Scene, depth: int = 0) -> None:
    """Do to a stage what a command does to it: with its own working folder, variables and user, and with what it is
    redirected to. Where it may not have run, what it changes is not known. `depth` counts the scripts around it."""
    if not call.conditional:
        _perform(call, scene, depth)
        return
    with scene.perhaps():
        _perform(call, scene, depth)


def asked_of(call: Invocation, scene: Scene, depth: int = 0) -> Asked:
    """The command as its effect sees it."""
    redirected = next((one for one in reversed(call.redirects) if one.operator.startswith("<")), None)
    return Asked(
        program=call.name,
        called=call.program or "",
        words=tuple(map(_word, call.arguments)),
        input=_input(call, redirected, scene, 0),
        fed=redirected is not None or call.piped_from is not None,
        feeder=tuple(value.text for value in call.piped_from.words) if call.piped_from is not None else (),
        depth=depth,
    )


def _perform(call: Invocation, scene: Scene, depth: int) -> None:
    with _around(call, scene):
        if call.words and call.program is None:
            scene.blur_all()
            return
        asked = asked_of(call, scene, depth)
        said = output(asked, scene) if call.redirects else None
        if call.words:
            effect_of(asked)(asked, scene)
        for redirect in call.redirects:
            if redirect.writes and redirect.target is not None:
                _redirect(redirect, said if redirect.descriptor in ("", "1") else None, scene)


def _redirect(redirect: Redirect, said: bytes | None, scene: Scene) -> None:
    path = redirect.target.text if redirect.target else None
    if path in _NO_FILES:
        return
    if ">>" not in redirect.operator:
        scene.write(path, said)
        return
    scene.append(path, said)
    if path in ("/etc/passwd", "/etc/group") and said is not None:
        read_lines(path, said.decode(errors="replace"), scene)


def _input(call: Invocation, redirected: Redirect | None, scene: Scene, depth: int) -> bytes | None:
    """What a command reads: a heredoc, a file, or what the command before it in a pipe writes."""
    if redirected is not None:
        if redirected.content is not None:
            return redirected.content.encode(errors="replace")
        entry = scene.look(redirected.target.text).entry if redirected.target else None
        return entry.content.read() if entry and entry.content else None
    before = call.piped_from
    if before is None or depth > _LONGEST_PIPE:
        return None
    source = next((one for one in reversed(before.redirects) if one.operator.startswith("<")), None)
    fed = _input(before, source, scene, depth + 1)
    return output(Asked(program=before.name, words=tuple(map(_word, before.arguments)), input=fed, fed=True), scene)


@contextmanager
def _around(call: Invocation, scene: Scene) -> Iterator[None]:
    """The command's own surroundings, which end with it."""
    before = scene.now
    variables = {name: value if isinstance(value, str) else None for name, value in call.variables.items()}
    assigned = {name: value.text for name, value in call.assignments}
    unset = {name for name, value in call.variables.items() if value is None}
    values = {name: value for name, value in before.env.values.items() if name not in unset}
    own = {name: value for name, value in variables.items() if name not in unset}
    scene.now = replace(
        before,
        workdir=call.workdir,
        env=Variables({**values, **own, **assigned}, before.env.closed),
        user=before.user if call.user is None else call.user.text,
    )
    yield
    env = scene.now.env if call.name in _CHANGE_VARIABLES else before.env
    scene.now = replace(scene.now, workdir=before.workdir, env=env, user=before.user)


def _word(value: Value) -> Word:
    text = value.text
    return Word(text, pattern=value.is_pattern and text is not None and any(sign in text for sign in "*?["))

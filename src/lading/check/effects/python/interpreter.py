"""Python itself: `python -m venv`, `python -m pip`, and whatever else it is started with."""

import posixpath
import re
from collections.abc import Sequence

from lading.check.effects.asked import Arguments, Asked, Word
from lading.check.effects.installers import installer_of
from lading.check.effects.python import pip
from lading.check.effects.python.environment import create, environment_of
from lading.check.effects.reach import put_folders, roam
from lading.check.model.scene import Scene

_VALUED = ("-W", "-X", "-c", "-m")
_BYTECODE = ("compileall", "py_compile")
_HARMLESS = (*_BYTECODE, "site", "sysconfig", "platform", "json", "pytest", "unittest", "http.server", "ensurepip")


def python(asked: Asked, scene: Scene) -> None:
    """`python …`, by whichever name."""
    module, rest = _module(asked.words)
    if module == "venv":
        _venv(asked, rest, scene)
    elif module == "virtualenv":
        virtualenv(asked.but(rest), scene)
    elif module == "pip":
        pip.run(asked.but(rest), scene, environment_of(asked.called or asked.program, scene))
    elif module in _HARMLESS or (asked.words and asked.words[0].text in ("--version", "-V", "-VV")):
        return
    elif installer := (installer_of(asked) if asked.fed else None):
        installer(asked, scene)
    elif module == "build":
        put_folders(scene, scene.absolute(".") or "/", ["dist"])
    elif asked.fed and module == "" and not any(word.plain and not word.plain.startswith("-") for word in rest):
        scene.blur_all()  # a program that is read from somewhere
    else:
        _own_program(asked, module, rest, scene)


def virtualenv(asked: Asked, scene: Scene) -> None:
    """`virtualenv folder`."""
    args = Arguments(asked.words, ("-p", "--python", "--prompt"))
    at = scene.absolute(args.plain[-1]) if args.operands and args.plain[-1] else None
    if at is None:
        roam(scene)
        return
    asked_for = args.text("-p", "--python") or "python3"
    create(scene, at, environment_of(asked_for, scene) or environment_of("python", scene), pip=True)


def _venv(asked: Asked, words: Sequence[Word], scene: Scene) -> None:
    args = Arguments(words, ("--prompt",))
    base = environment_of(asked.called or asked.program, scene)
    for path in args.plain:
        at = None if path is None else scene.absolute(path)
        if at is None:
            roam(scene)
        else:
            create(scene, at, base, pip=not args.has("--without-pip"), clear=args.has("--clear"))


def _module(words: Sequence[Word]) -> tuple[str, list[Word]]:
    """The module behind `-m`, empty where there is none, and the words behind it or behind Python's own options."""
    for at, word in enumerate(words):
        text = word.text or ""
        if text == "-m":
            return (words[at + 1].plain or "?" if at + 1 < len(words) else "?"), list(words[at + 2 :])
        if re.match(r"-[a-zA-Z]*m\Z", text) and at + 1 < len(words):
            return words[at + 1].plain or "?", list(words[at + 2 :])
        if text == "-c" or not text.startswith("-") or text == "-":
            return "", list(words[at:])
    return "", []


def _own_program(asked: Asked, module: str, rest: Sequence[Word], scene: Scene) -> None:
    """A program of the project's own, or a line of code: it may write where it likes, and installs nothing."""
    script = rest[0].plain if rest and not module else None
    if script and not script.startswith("-"):
        scene.need(script, f"`{posixpath.basename(asked.program)}` runs it")
    roam(scene)

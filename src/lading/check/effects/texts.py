"""Programs that change texts, and small ones that make or mark files."""

import re
from collections.abc import Mapping

from lading.check.effects.asked import Arguments, Asked
from lading.check.effects.effect import Effect
from lading.check.effects.paths import paths
from lading.check.model.scene import Scene

_UNIX_LINES = re.compile(r"""s([/|,#])(?:\\r|\r|\^M)\+?\$?\1\1g?\Z""")


def sed(asked: Asked, scene: Scene) -> None:
    """`sed -i script file…`: the texts are others now. Carriage returns at the ends of lines are seen to go."""
    args = Arguments(asked.words, ("-e", "--expression", "-f", "--file", "-l", "--line-length"))
    if not any(one.name in ("-i", "--in-place") for one in args.given) and not _in_place(asked):
        return
    said = [word.plain for word in args.operands[:1]] if not args.has("-e", "-f", "--expression", "--file") else []
    scripts = [*args.values("-e", "--expression"), *said]
    mends = bool(scripts) and all(one is not None and _UNIX_LINES.match(one) for one in scripts)
    for path in paths(args.operands[len(said) :], scene).known:
        scene.need(path, "`sed -i` changes it")
        _rewrite(path, scene, mends=mends)


def dos2unix(asked: Asked, scene: Scene) -> None:
    """`dos2unix file…`."""
    for path in paths(Arguments(asked.words).operands, scene).known:
        _rewrite(path, scene, mends=True)


def tee(asked: Asked, scene: Scene) -> None:
    """`… | tee -a file…`."""
    args = Arguments(asked.words)
    for path in args.plain:
        if args.has("-a", "--append"):
            scene.append(path, asked.input)
        else:
            scene.write(path, asked.input)


def truncate(asked: Asked, scene: Scene) -> None:
    """`truncate -s 0 file`."""
    args = Arguments(asked.words, ("-s", "--size", "-r", "--reference"))
    for path in args.plain:
        scene.write(path)


def _in_place(asked: Asked) -> bool:
    """`-i.bak`, `-ri`: getopt knows that the value of `-i` is optional and joined."""
    return any(re.match(r"-[nrsEuz]*i|--in-place=", word.text or "") for word in asked.words)


def _rewrite(path: str, scene: Scene, *, mends: bool) -> None:
    entry = scene.look(path).entry
    data = entry.content.read() if mends and entry is not None and entry.content is not None else None
    scene.write(path, None if data is None else data.replace(b"\r\n", b"\n"))


EFFECTS: Mapping[str, Effect] = {
    "dos2unix": dos2unix,
    "sed": sed,
    "tee": tee,
    "truncate": truncate,
}

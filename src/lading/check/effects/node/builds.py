"""What scripts of a `package.json` leave: known for builds of Next.js and Vite, else anything in the project."""

import re
from collections.abc import Iterable
from posixpath import join, split
from typing import NamedTuple

from lading.check.effects.node.modules import manifest
from lading.check.effects.reach import put_folders, roam
from lading.check.effects.surroundings import read
from lading.check.model.scene import Scene

_NEXT_CONFIGS = ("next.config.js", "next.config.mjs", "next.config.ts", "next.config.cjs")
_VITE_CONFIGS = ("vite.config.js", "vite.config.mjs", "vite.config.ts", "vite.config.mts", "vite.config.cjs")
_OUTPUT = re.compile(r"""\boutput\s*:\s*["'](standalone|export)["']""")


class _Left(NamedTuple):
    """What a build leaves: folders for certain, and a path that it certainly does not make."""

    folders: tuple[str, ...] = ()
    never: str = ""


def run_script(scene: Scene, folder: str, name: str | None) -> None:
    """`npm run name`, whatever the manager is called."""
    scene.need(join(folder, "package.json"), "it says what the script is")
    command = _command(scene, folder, name) or ""
    left = _Left()
    if re.search(r"\bnext build\b", command):
        left = _next(scene, folder)
    elif re.search(r"\bvite build\b", command):
        left = _vite(scene, folder, command)
    roam(scene)
    for path in left.folders:
        above, last = split(join(folder, path))
        put_folders(scene, above, [last])
    if left.never:
        scene.remove(join(folder, left.never))


def _command(scene: Scene, folder: str, name: str | None) -> str | None:
    said = (manifest(scene, folder) or {}).get("scripts")
    command = said.get(name) if isinstance(said, dict) and name else None
    return command if isinstance(command, str) else None


def _next(scene: Scene, folder: str) -> _Left:
    """`.next`, with `standalone` in it where the configuration says so
    (https://nextjs.org/docs/app/api-reference/config/next-config-js/output)."""
    config = _configuration(scene, folder, _NEXT_CONFIGS)
    if config is None or "distDir" in config:
        return _Left()
    said = _OUTPUT.search(config)
    if said:
        return _Left((".next", ".next/standalone") if said[1] == "standalone" else (".next", "out"))
    tells_all = "output" not in config and "..." not in config
    return _Left((".next",), ".next/standalone" if tells_all else "")


def _vite(scene: Scene, folder: str, command: str) -> _Left:
    """`dist`, unless the configuration names another folder (https://vite.dev/config/build-options.html)."""
    config = _configuration(scene, folder, _VITE_CONFIGS)
    if config is None or "--outDir" in command or "outDir" in config or "root" in config:
        return _Left()
    return _Left(("dist",))


def _configuration(scene: Scene, folder: str, names: Iterable[str]) -> str | None:
    """The text of a configuration by any of its names; empty where there is none, nothing where it is not known."""
    texts = []
    for name in names:
        found = scene.look(join(folder, name))
        data = b"" if found.absent else read(scene, found.path)
        if data is None:
            return None
        texts.append(data.decode(errors="replace"))
    return "".join(texts)

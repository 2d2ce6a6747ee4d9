"""What scripts of a `package.json` leave: known for builds of Next.js and Vite, else anything in the project."""

import re
from posixpath import join

from lading.check.effects.node.modules import manifest
from lading.check.effects.reach import put_folders, roam
from lading.check.effects.surroundings import read
from lading.check.model.scene import Scene

_NEXT_CONFIGS = ("next.config.js", "next.config.mjs", "next.config.ts", "next.config.cjs")
_VITE_CONFIGS = ("vite.config.js", "vite.config.mjs", "vite.config.ts", "vite.config.mts", "vite.config.cjs")
_OUTPUT = re.compile(r"""\boutput\s*:\s*["'](standalone|export)["']""")


def run_script(scene: Scene, folder: str, name: str | None) -> None:
    """`npm run name`, whatever the manager is called."""
    scene.need(join(folder, "package.json"), "it says what the script is")
    command = _command(scene, folder, name)
    roam(scene)
    if command is None:
        return
    if re.search(r"\bnext build\b", command):
        _next(scene, folder)
    elif re.search(r"\bvite build\b", command):
        _vite(scene, folder, command)


def _command(scene: Scene, folder: str, name: str | None) -> str | None:
    said = (manifest(scene, folder) or {}).get("scripts")
    command = said.get(name) if isinstance(said, dict) and name else None
    return command if isinstance(command, str) else None


def _next(scene: Scene, folder: str) -> None:
    """`.next`, with `standalone` in it where the configuration says so
    (https://nextjs.org/docs/app/api-reference/config/next-config-js/output)."""
    configs = [scene.look(join(folder, name)) for name in _NEXT_CONFIGS]
    texts = [read(scene, one.path) for one in configs if one.present]
    config = b"\n".join(text for text in texts if text is not None).decode(errors="replace")
    if None in texts or "distDir" in config:
        return
    put_folders(scene, folder, [".next"])
    said = _OUTPUT.search(config)
    if said:
        put_folders(scene, *((join(folder, ".next"), ["standalone"]) if said[1] == "standalone" else (folder, ["out"])))
    elif all(one.absent for one in configs) or (texts and "output" not in config and "..." not in config):
        scene.remove(join(folder, ".next/standalone"))


def _vite(scene: Scene, folder: str, command: str) -> None:
    """`dist`, unless the configuration names another folder (https://vite.dev/config/build-options.html)."""
    configs = [scene.look(join(folder, name)) for name in _VITE_CONFIGS]
    texts = [read(scene, one.path) for one in configs if one.present]
    if any(one.presence == "unknown" for one in configs) or None in texts:
        return
    if "--outDir" in command or any(b"outDir" in (text or b"") or b"root" in (text or b"") for text in texts):
        return
    put_folders(scene, folder, ["dist"])

"""npm (https://docs.npmjs.com/cli/commands), Yarn, pnpm and Bun."""

import posixpath
import re
from collections.abc import Mapping
from posixpath import join

from lading.check.effects.asked import Arguments, Asked
from lading.check.effects.effect import Effect
from lading.check.effects.node.builds import run_script
from lading.check.effects.node.modules import lay_modules, manifest
from lading.check.effects.reach import put_files, put_folders, roam, spread, spread_programs
from lading.check.effects.surroundings import home
from lading.check.model.scene import Scene

_VALUED = (
    "--omit", "--include", "--only", "--prefix", "-w", "--workspace", "--registry", "--cache", "--loglevel", "-C",
    "--dir", "--cwd", "--filter", "-F", "--network-timeout", "--cache-folder", "--install-directory",
    "--modules-folder", "--fetch-retries", "--fetch-timeout", "--userconfig", "--store-dir",
)  # fmt: skip
_GLOBAL = ("-g", "--global")
_LOCKS: Mapping[str, str] = {"yarn": "yarn.lock", "pnpm": "pnpm-lock.yaml"}


def npm(asked: Asked, scene: Scene) -> None:
    """`npm ci`, `npm install`, `npm run`."""
    args = Arguments(asked.words, _VALUED)
    verb = args.plain[0] if args.operands else None
    names = args.plain[1:]
    folder = _folder(args, scene, "--prefix")
    if verb is None or folder is None:
        scene.blur_all()
    elif args.has(*_GLOBAL) or args.text("--location") == "global":
        _install_globally(verb, names, args, scene)
    elif verb in ("ci", "clean-install"):
        scene.need(join(folder, "package.json"), f"`npm {verb}` reads it")
        if scene.look(join(folder, "npm-shrinkwrap.json")).absent:
            scene.need(join(folder, "package-lock.json"), f"`npm {verb}` installs what it says")
        _install(folder, args, scene, clean=True)
    elif verb in ("install", "i", "add", "update", "uninstall", "prune", "rebuild", "link"):
        if not names:
            scene.need(join(folder, "package.json"), f"`npm {verb}` reads it")
        _install(folder, args, scene, clean=not names and verb in ("install", "i"))
    elif verb in ("run", "run-script", "start", "test", "exec", "init", "create", "x"):
        run_script(scene, folder, names[0] if names and verb.startswith("run") else None)


def _alone(args: Arguments) -> str:
    """What Yarn and pnpm do where no command is named: they install, or nothing where they are asked of themselves."""
    return "" if args.has("-v", "--version", "-h", "--help") else "install"


def yarn(asked: Asked, scene: Scene) -> None:
    """`yarn install`, `yarn build`."""
    args = Arguments(asked.words, _VALUED)
    plain = args.plain
    verb = plain[0] if plain else _alone(args)
    folder = _folder(args, scene, "--cwd")
    if verb is None or folder is None:
        scene.blur_all()
    elif verb == "install":
        _locked_install("yarn", folder, args, scene)
    elif verb == "global":
        _install_globally("install", plain[2:], args, scene)
    elif verb in ("add", "remove", "workspaces", "workspace", "dlx", "set", "plugin"):
        roam(scene)
    elif verb not in ("", "cache", "config", "check", "info", "why", "audit"):
        run_script(scene, folder, plain[1] if verb == "run" and len(plain) > 1 else verb)


def pnpm(asked: Asked, scene: Scene) -> None:
    """`pnpm install`, `pnpm build`, and Bun's commands, which are called the same."""
    args = Arguments(asked.words, _VALUED)
    plain = args.plain
    verb = plain[0] if plain else _alone(args)
    folder = _folder(args, scene, "--dir" if args.has("--dir") else "-C")
    if verb is None or folder is None:
        scene.blur_all()
    elif args.has(*_GLOBAL):
        _install_globally(verb, plain[1:], args, scene)
    elif verb in ("install", "i", "ci", "fetch"):
        _locked_install(asked.program, folder, args, scene)
    elif verb == "deploy" and len(plain) > 1 and plain[-1]:
        at = scene.absolute(plain[-1]) or "/"
        put_folders(scene, posixpath.dirname(at), [posixpath.basename(at)])
        scene.grow(at)
    elif verb in ("add", "remove", "dlx", "exec", "prune", "update", "rebuild"):
        roam(scene)
    elif verb not in ("", "config", "store", "audit", "setup"):
        run_script(scene, folder, plain[1] if verb in ("run", "x") and len(plain) > 1 else verb)


def npx(_asked: Asked, scene: Scene) -> None:
    """`npx tool`, `node program.js`: the project's own doing."""
    roam(scene)


def corepack(asked: Asked, scene: Scene) -> None:
    """`corepack enable`: `yarn` and `pnpm` lie beside `corepack` (https://github.com/nodejs/corepack)."""
    args = Arguments(asked.words, ("--install-directory",))
    if args.plain[:1] == ["enable"]:
        found = scene.which("corepack")
        at = posixpath.dirname(found.links[0] if found.links else found.path) if found.present else "/usr/local/bin"
        folder = args.text("--install-directory")
        names = [one for one in args.plain[1:] if one] or ["yarn", "pnpm"]
        programs = [*names, *({"yarn": "yarnpkg", "pnpm": "pnpx"}[one] for one in names if one in ("yarn", "pnpm"))]
        put_files(scene, at if folder == "" else folder or "/usr/local/bin", dict.fromkeys(programs))
    below = home(scene)
    if below:
        scene.grow(f"{below}/.cache")


def _install(folder: str, args: Arguments, scene: Scene, *, clean: bool) -> None:
    if not clean or manifest(scene, folder) is None:
        put_folders(scene, folder, ["node_modules"])
    else:
        lay_modules(scene, folder, without_dev=_without_dev(args, scene))
    spread(scene, folder, missing=["node_modules"])  # scripts of packages, and the project's own `postinstall`
    below = home(scene)
    if below and below != folder:
        scene.grow(below)


def _locked_install(tool: str, folder: str, args: Arguments, scene: Scene) -> None:
    lock = _LOCKS.get(tool)
    scene.need(join(folder, "package.json"), f"`{tool} install` reads it")
    if lock and args.has("--frozen-lockfile", "--immutable"):
        option = "--frozen-lockfile" if args.has("--frozen-lockfile") else "--immutable"
        if tool == "pnpm" or option == "--immutable":
            scene.need(join(folder, lock), f"`{tool} install {option}` installs what it says")
    put_folders(scene, folder, ["node_modules"])
    roam(scene)


def _install_globally(verb: str, names: list[str | None], args: Arguments, scene: Scene) -> None:
    """Global packages come to `lib/node_modules` and `bin` of where node is."""
    if verb not in ("install", "i", "add", "ci"):
        return
    found = scene.which("node")
    prefix = scene.now.env.get("NPM_CONFIG_PREFIX") or scene.now.env.get("npm_config_prefix")
    if prefix == "":
        prefix = posixpath.dirname(posixpath.dirname(found.path)) if found.present else "/usr/local"
    said = args.text("--prefix")
    prefix = said or prefix or "/usr/local"
    spread_programs(scene, f"{prefix}/bin")
    scene.grow(f"{prefix}/lib/node_modules")
    for name in names:
        bare = re.sub(r"(?<=.)@.*", "", name or "")
        if bare and re.fullmatch(r"[a-z0-9._-]+", bare):
            put_folders(scene, f"{prefix}/lib/node_modules", [bare])
        programs = _PROGRAMS.get(bare)
        if programs:
            put_files(scene, f"{prefix}/bin", dict.fromkeys(programs))


_PROGRAMS: Mapping[str, tuple[str, ...]] = {
    "@nestjs/cli": ("nest",),
    "corepack": ("corepack",),
    "npm": ("npm", "npx"),
    "pm2": ("pm2", "pm2-runtime"),
    "pnpm": ("pnpm", "pnpx"),
    "serve": ("serve",),
    "turbo": ("turbo",),
    "typescript": ("tsc", "tsserver"),
    "yarn": ("yarn", "yarnpkg"),
}
"""Programs of packages that are installed globally in images."""


def _folder(args: Arguments, scene: Scene, option: str) -> str | None:
    said = args.text(option)
    if said is None:
        return None
    return scene.absolute(said or ".")


def _without_dev(args: Arguments, scene: Scene) -> bool | None:
    """Whether packages for development are left out (https://docs.npmjs.com/cli/commands/npm-ci#omit)."""
    omitted = [*args.values("--omit")]
    if args.has("--production", "--prod") or "dev" in omitted or args.text("--only") in ("prod", "production"):
        return True
    if "dev" in [*args.values("--include")]:
        return False
    set_to = [
        scene.now.env.get(name) for name in ("NODE_ENV", "NPM_CONFIG_OMIT", "npm_config_omit", "NPM_CONFIG_PRODUCTION")
    ]
    if None in set_to or None in omitted:
        return None
    return "production" in set_to or "dev" in set_to or "true" in set_to


EFFECTS: Mapping[str, Effect] = {
    "bun": pnpm,
    "bunx": npx,
    "corepack": corepack,
    "node": npx,
    "npm": npm,
    "npx": npx,
    "pnpm": pnpm,
    "pnpx": npx,
    "tsc": npx,
    "yarn": yarn,
    "yarnpkg": yarn,
}

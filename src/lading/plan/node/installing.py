"""The words with which each package manager installs what a lock names, and nothing else. Pure.

- npm: https://docs.npmjs.com/cli/commands/npm-ci
- pnpm: https://pnpm.io/cli/install, https://pnpm.io/filtering
- Yarn 1: https://classic.yarnpkg.com/en/docs/cli/install
- Yarn since 2: https://yarnpkg.com/cli/install, https://yarnpkg.com/cli/workspaces/focus

Nothing of any package runs: who needs its install script is named, and gets it afterwards (`rebuild_words`).
"""

import posixpath
from collections.abc import Mapping

from lading.plan.model import NodeInstall

PACKAGES: Mapping[str, str] = {"pnpm": "pnpm", "yarn": "yarn", "berry": "@yarnpkg/cli-dist"}
"""What the managers that do not come with node are called in the registry."""
UNSAID: Mapping[str, str] = {"pnpm": "10.34.8", "yarn": "1.22.22", "berry": "4.18.1"}
"""Their versions where `packageManager` says none: the newest that Lading was tested with."""
UNSAID_DIGESTS: Mapping[str, str] = {
    "pnpm": "sha512.f627a8e971343afe49dfd0f63d028234201dfa831d5cb588733e1e5f8db26bf1"
    "6989a32161ab5c1b4db3b1fdbc373160606b5b89e002df6dd19a85adf91fc5a8",
    "yarn": "sha512.a6b2f7906b721bba3d67d4aff083df04dad64c399707841b7acf00f6b133b7ac"
    "24255f2652fa22ae3534329dc6180534e98d17432037ff6fd140556e2bb3137e",
    "berry": "sha512.107f80e13c40b41597284d03190c56f41a3d72b5c72c9ef799fc634d026ebfc5"
    "e89cd5964e97a2f014392637331c9354f4644e4f27303059fc88ebd12195d470",
}
"""What their packages in those versions hash to."""
LEFTOVERS = (
    ".cache", ".package-lock.json", ".package-map.json", ".modules.yaml", ".pnpm-workspace-state-v1.json",
    ".yarn-integrity", ".yarn-state.yml", ".pnpm/lock.yaml",
)  # fmt: skip
"""What managers write into `node_modules` for themselves."""


def manager_package(install: NodeInstall) -> str:
    """The package that brings the manager, with its version; empty for npm, which comes with node."""
    if install.manager == "npm":
        return ""
    return f"{PACKAGES[install.manager]}@{install.version or UNSAID[install.manager]}"


def install_words(install: NodeInstall, *, production: bool) -> tuple[str, ...]:
    """The manager's program and its words, to be run beside the lock."""
    match install.manager:
        case "npm":
            return _npm(install, production)
        case "pnpm":
            chosen = () if install.member == "." else (f"--filter={{{install.member}}}...",)
            kind = "--prod" if production else "--prod=false"
            return "pnpm", "install", "--frozen-lockfile", "--ignore-scripts", kind, *chosen
        case "yarn":
            kind = "--production=true" if production else "--production=false"
            return "yarn", "install", "--frozen-lockfile", "--ignore-scripts", "--non-interactive", kind
        case "berry":
            return ("yarn", "workspaces", "focus", "--production") if production else ("yarn", "install", "--immutable")


def install_env(install: NodeInstall) -> Mapping[str, str]:
    """Variables that a manager needs to be told the same."""
    if install.manager != "berry":
        return {}
    return {
        "YARN_ENABLE_SCRIPTS": "false",
        "YARN_ENABLE_TELEMETRY": "false",
        "YARN_NODE_LINKER": "node-modules",
        "YARN_NM_MODE": "classic",
    }


def rebuild_words(install: NodeInstall) -> tuple[str, ...]:
    """What lets the packages that may, run their install scripts; nothing where none may."""
    if not install.scripts:
        return ()
    if install.manager == "pnpm":
        return "pnpm", "rebuild", *install.scripts
    return "npm", "rebuild", "--no-audit", "--no-fund", *install.scripts


def strangers(install: NodeInstall) -> tuple[str, ...]:
    """The folders of a workspace's members that a service is not made of: the manager has to see their manifests, and
    nothing of them ships. Sorted."""
    seen = {posixpath.dirname(path) for path in install.manifests if posixpath.basename(path) == "package.json"}
    return tuple(sorted(seen - {"", install.member, *install.local}))


def _npm(install: NodeInstall, production: bool) -> tuple[str, ...]:
    words = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    words.append("--omit=dev" if production else "--include=dev")
    if install.member != ".":
        words += [f"--workspace={one}" for one in (install.member, *install.local)]
        words.append("--include-workspace-root=false" if production else "--include-workspace-root")
    return tuple(words)

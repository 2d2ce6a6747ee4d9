"""What a program finds around it: its user's home, and the files of the project that it works on."""

from collections.abc import Callable
from posixpath import dirname, join

from lading.check.effects.reach import perhaps_files, roam
from lading.check.model.scene import Scene

_TRACES = (".cache", ".config", ".local", ".npm", ".yarn", ".yarnrc", ".bun", ".node-gyp")
_PLACES = (
    "GOCACHE", "GOMODCACHE", "NPM_CONFIG_CACHE", "PIP_CACHE_DIR", "PNPM_HOME", "POETRY_CACHE_DIR", "UV_CACHE_DIR",
    "XDG_CACHE_HOME", "npm_config_cache",
)  # fmt: skip
"""Variables that name another place for a cache."""

Read = Callable[[str], bytes | None]
"""The bytes of a file, by its path; nothing where they are not known."""


def home(scene: Scene) -> str | None:
    """The home folder: `HOME`, else what the user's account says; nothing where it is not known.

    BuildKit sets `HOME` for RUN from the image's `/etc/passwd`, and to `/root` for root.
    """
    said = scene.now.env.get("HOME")
    if said:
        return said
    if scene.now.is_root:
        return "/root"
    account = scene.now.accounts.user((scene.now.user or "").partition(":")[0])
    return account.home if account else None


def read(scene: Scene, path: str) -> bytes | None:
    """The bytes of a file; nothing where they are not known."""
    entry = scene.look(path).entry
    return entry.content.read() if entry is not None and entry.content is not None else None


def reader(scene: Scene, folder: str) -> Read:
    """Files of a folder, by their paths in it."""
    return lambda path: read(scene, join(folder, path))


def nearest(scene: Scene, name: str) -> str | None:
    """The folder that has a file, from the working folder upwards; nothing where none is known to have it."""
    folder = scene.now.workdir
    while folder:
        if scene.look(join(folder, name)).present:
            return folder
        folder = dirname(folder) if folder != "/" else ""
    return None


def leave_traces(scene: Scene) -> None:
    """A tool keeps caches and settings in the user's home, and what it works with in `/tmp`, unless it is told of
    another place."""
    folder = home(scene)
    if folder is None:
        roam(scene)
    else:
        perhaps_files(scene, folder, _TRACES)
    scene.grow("/tmp")  # noqa: S108
    for name in _PLACES:
        place = scene.now.env.get(name)
        if place:
            scene.grow(place)


def is_on(value: str | None) -> bool | None:
    """Whether a variable that is set to this says yes; nothing where it is not known."""
    return None if value is None else value.strip().lower() in ("1", "true", "yes", "on", "t", "y")

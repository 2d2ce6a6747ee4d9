"""Scripts that projects have people pipe into a shell (`curl … | sh`): what the well-known ones install."""

import re
from collections.abc import Callable
from posixpath import join

from lading.check.effects.asked import Asked
from lading.check.effects.effect import Effect
from lading.check.effects.reach import put_files
from lading.check.effects.surroundings import home
from lading.check.model.scene import Scene


def installer_of(asked: Asked) -> Effect | None:
    """What a script does that a command reads from another, which has fetched it; nothing where that is not known."""
    addresses = [word for word in asked.feeder if word and "://" in word]
    return next((effect for pattern, effect in _KNOWN for one in addresses if pattern.match(one)), None)


def _into(folder: Callable[[Scene], str | None], *programs: str) -> Effect:
    """An installer that puts programs into a folder, and else only below the user's home."""

    def effect(_asked: Asked, scene: Scene) -> None:
        at, below = folder(scene), home(scene)
        if at is None or below is None:
            scene.grow("/")
            return
        scene.folder(below)
        scene.grow(below)
        put_files(scene, at, dict.fromkeys(programs))

    return effect


def _poetry(scene: Scene) -> str | None:
    """https://python-poetry.org/docs/#installing-with-the-official-installer."""
    said = scene.now.env.get("POETRY_HOME")
    return _below_home(scene, ".local/bin") if said == "" else (None if said is None else join(said, "bin"))


def _uv(scene: Scene) -> str | None:
    """https://docs.astral.sh/uv/reference/installer/."""
    for name in ("UV_INSTALL_DIR", "XDG_BIN_HOME"):
        said = scene.now.env.get(name)
        if said != "":
            return said
    return _below_home(scene, ".local/bin")


def _cargo(scene: Scene) -> str | None:
    """https://rust-lang.github.io/rustup/installation/index.html."""
    said = scene.now.env.get("CARGO_HOME")
    return _below_home(scene, ".cargo/bin") if said == "" else (None if said is None else join(said, "bin"))


def _bun(scene: Scene) -> str | None:
    said = scene.now.env.get("BUN_INSTALL")
    return _below_home(scene, ".bun/bin") if said == "" else (None if said is None else join(said, "bin"))


def _below_home(scene: Scene, path: str) -> str | None:
    folder = home(scene)
    return None if folder is None else join(folder, path)


def _nodesource(_asked: Asked, scene: Scene) -> None:
    """https://github.com/nodesource/distributions: apt has another source then, and what is needed to read it."""
    scene.write("/etc/apt/sources.list.d/nodesource.sources")
    scene.grow("/usr/share/keyrings")
    put_files(scene, "/usr/bin", dict.fromkeys(("curl", "gpg")))


_KNOWN: tuple[tuple[re.Pattern[str], Effect], ...] = (
    (re.compile(r"https?://install\.python-poetry\.org"), _into(_poetry, "poetry")),
    (re.compile(r"https?://astral\.sh/uv/([0-9.]+/)?install\.sh"), _into(_uv, "uv", "uvx")),
    (re.compile(r"https?://sh\.rustup\.rs"), _into(_cargo, "cargo", "rustc", "rustup")),
    (re.compile(r"https?://bun\.(sh|com)/install"), _into(_bun, "bun")),
    (re.compile(r"https?://deb\.nodesource\.com/setup_"), _nodesource),
)

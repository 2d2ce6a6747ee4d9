"""A stage to run commands in, and to ask what it holds afterwards."""

from collections.abc import Mapping

from msgspec.structs import replace

from lading.check.bases.find import base_state
from lading.check.effects.perform import perform
from lading.check.model.entry import Act, Nature, Origin
from lading.check.model.scene import Scene
from lading.check.shell.run import script_calls
from lading.finding import Place


def origin_of(text: str, act: Act = "run") -> Origin:
    return Origin(act=act, place=Place(path="Dockerfile"), text=text, stage=0)


class Stage:
    """`FROM image`, with files copied and variables set, in a working folder."""

    def __init__(
        self,
        image: str,
        files: Mapping[str, str] | None = None,
        *,
        env: Mapping[str, str] | None = None,
        workdir: str = "/app",
    ) -> None:
        self.scene = Scene(base_state(image, origin_of(image, "base"), "x86_64"), origin_of("COPY", "copy"))
        self.scene.folder(workdir)
        self.scene.change_dir(workdir)
        for path, text in (files or {}).items():
            self.scene.write(path, text.encode())
        for name, value in (env or {}).items():
            self.env(name, value)

    def env(self, name: str, value: str) -> "Stage":
        """`ENV name=value`, with PATH replaced."""
        self.scene.set_env(name, value.replace("$PATH", self.scene.now.path or ""))
        return self

    def user(self, name: str) -> "Stage":
        """`USER name`."""
        self.scene.now = replace(self.scene.now, user=name)
        return self

    def run(self, *lines: str) -> "Stage":
        """`RUN line` for each; what the last one needs is kept."""
        for line in lines:
            scene = Scene(self.scene.now, origin_of(f"RUN {line}"))
            for call in script_calls(line, scene.now):
                perform(call, scene)
            self.scene = scene
        return self

    def holds(self, *paths: str) -> dict[str, str]:
        """What is known of paths, links at their ends not followed."""
        return {path: self.scene.look(path, follow=False).presence for path in paths}

    def finds(self, *programs: str) -> dict[str, str]:
        """What is known of programs on PATH."""
        return {name: self.scene.which(name).presence for name in programs}

    def nature(self, path: str) -> Nature | None:
        """What a file is for who starts it."""
        entry = self.scene.look(path).entry
        return entry.program if entry else None

    def missing(self) -> list[str]:
        """What the last command needed and is certainly not there."""
        return [need.found.path for need in self.scene.needs if need.found.absent]

    def text(self, path: str) -> str | None:
        """A file's text, where it is known."""
        entry = self.scene.look(path).entry
        return entry.text if entry else None

    def mode(self, path: str) -> int | None:
        """A path's mode."""
        entry = self.scene.look(path).entry
        return entry.mode if entry else None

    def owner(self, path: str) -> tuple[int | None, int | None] | None:
        """A path's owner."""
        entry = self.scene.look(path).entry
        return (entry.owner.uid, entry.owner.gid) if entry and entry.owner else None

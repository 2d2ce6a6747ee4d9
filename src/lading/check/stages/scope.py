"""Variables in the words of instructions.

https://docs.docker.com/reference/dockerfile/#environment-replacement: ENV goes before ARG; FROM knows the ARGs above it
only, and those that BuildKit sets by itself.
"""

from collections.abc import Mapping
from typing import Literal

from lading.check.dockerfile.model import Arg, Dockerfile, Word
from lading.check.dockerfile.words import UNKNOWN, Variable, expand
from lading.check.model.scene import Scene

PLATFORM = {
    "TARGETOS": "linux", "BUILDPLATFORM": None, "BUILDOS": None, "BUILDARCH": None, "BUILDVARIANT": None,
    "TARGETPLATFORM": None, "TARGETARCH": None, "TARGETVARIANT": None, "TARGETSTAGE": None,
}  # fmt: skip
"""https://docs.docker.com/reference/dockerfile/#automatic-platform-args-in-the-global-scope."""

Escape = Literal["\\", "`"]


class Globals:
    """The ARGs above the first FROM. `given` are those that a build is told."""

    def __init__(self, dockerfile: Dockerfile, given: Mapping[str, str | None]) -> None:
        self.escape: Escape = dockerfile.escape
        self.given = given
        self.values: dict[str, str | None] = {**PLATFORM, **{name: given[name] for name in PLATFORM if name in given}}
        for arg in dockerfile.arguments:
            self._declare(arg)

    def text(self, word: Word) -> str | None:
        """A word of FROM or of a global ARG; nothing where it is not known."""
        return expand(word.text, self._look, self.escape).text

    def _look(self, name: str) -> Variable:
        return _variable(self.values[name]) if name in self.values else None

    def _declare(self, arg: Arg) -> None:
        for pair in arg.pairs:
            name = pair.name.text
            default = self.text(pair.value) if pair.value is not None else None
            self.values[name] = self.given.get(name, default)


class Scope:
    """The variables of a stage at one of its instructions."""

    def __init__(self, scene: Scene, outer: Globals) -> None:
        self._scene = scene
        self._outer = outer

    def text(self, word: Word) -> str | None:
        """A word with its variables replaced and its quotes removed; nothing where it is not known."""
        return expand(word.text, self._look, self._outer.escape).text

    def raw(self, text: str) -> str | None:
        """A text with its variables replaced, quotes kept: a heredoc's."""
        return expand(text, self._look, self._outer.escape, quotes=False).text

    def argument(self, name: str, default: Word | None) -> str | None:
        """The value of an ARG: what the build is told, else its default, else that of the global one."""
        if name in self._outer.given:
            return self._outer.given[name]
        return self.text(default) if default is not None else self._outer.values.get(name)

    def _look(self, name: str) -> Variable:
        now = self._scene.now
        if name in now.env.values:
            return _variable(now.env.values[name])
        if name in now.arguments:
            return _variable(now.arguments[name])
        return None if now.env.closed else UNKNOWN


def _variable(value: str | None) -> Variable:
    return UNKNOWN if value is None else value

"""The script that starts a project's development server, which notices edits itself. Pure."""

import re
from collections.abc import Callable, Mapping, Sequence

from lading.survey.model import DevelopmentServer, Fact
from lading.survey.node.commands import plain_words
from lading.survey.node.package import PackageFacts

SCRIPTS = ("dev", "start:dev", "develop", "serve", "start")
"""Names of such scripts, the usual first."""

_NOT_SERVING = frozenset({"build", "optimize", "preview"})
_MADE = frozenset({"build", "dist", "lib", "out", ".output"})


def _runs_source(rest: Sequence[str]) -> bool:
    """Whether no word names a file that only a build makes."""
    return _MADE.isdisjoint(word.removeprefix("./").partition("/")[0] for word in rest)


_STARTS: Mapping[str, Callable[[Sequence[str]], bool]] = {
    "astro": lambda rest: rest[:1] == ["dev"],
    "nest": lambda rest: rest[:1] == ["start"] and not {"--watch", "-w"}.isdisjoint(rest),
    "next": lambda rest: rest[:1] == ["dev"],
    "ng": lambda rest: rest[:1] == ["serve"],
    "node": lambda rest: any(re.match(r"--watch(?:=|-path|\Z)", word) for word in rest) and _runs_source(rest),
    "nodemon": _runs_source,
    "nuxt": lambda rest: rest[:1] == ["dev"],
    "nuxi": lambda rest: rest[:1] == ["dev"],
    "react-router": lambda rest: rest[:1] == ["dev"],
    "react-scripts": lambda rest: rest[:1] == ["start"],
    "ts-node-dev": lambda _rest: True,
    "tsx": lambda rest: rest[:1] == ["watch"],
    "vite": lambda rest: _NOT_SERVING.isdisjoint(rest[:1]),
    "vue-cli-service": lambda rest: rest[:1] == ["serve"],
}
"""Programs that watch what they run, and with which words they do."""


def development_server(package: PackageFacts) -> Fact[DevelopmentServer] | None:
    """The first script that is one such program and nothing else: words behind it reach the program."""
    for name in SCRIPTS:
        words, note = plain_words(package.scripts.get(name, ""))
        if not note and words[0] in _STARTS and _STARTS[words[0]](words[1:]):
            server = DevelopmentServer(script=name, program=words[0])
            return Fact(value=server, source=f"package.json › scripts.{name}")
    return None

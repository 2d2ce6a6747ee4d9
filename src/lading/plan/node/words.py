"""What a container starts: the words behind the entrypoint, which is node itself. Pure."""

from collections.abc import Sequence

from lading.survey.node.commands import PROGRAMS
from lading.survey.node.processes import PORT

_SUFFIXES = (".js", ".mjs", ".cjs", ".ts", ".mts", ".cts")


def node_words(words: Sequence[str], port: int) -> tuple[str, ...] | None:
    """A command as words for node, or nothing when node cannot run it.

    >>> node_words(("node", "dist/server.js"), 80), node_words(("next", "start"), 80), node_words(("sh", "-c", "x"), 80)
    (('dist/server.js',), ('node_modules/next/dist/bin/next', 'start'), None)
    """
    program, *rest = (word.replace(PORT, str(port)) for word in words)
    if program == "node":
        return tuple(rest) or None
    if program in PROGRAMS:
        return PROGRAMS[program][1], *rest
    if program.startswith(("-", "node_modules/")) or program.endswith(_SUFFIXES):
        return program.removeprefix("./"), *rest
    return None


def health_command(node: str, port: int, path: str, timeout: float) -> tuple[str, ...]:
    """A check by node itself: exit code 0 for a status from 200 to 399, else 1. `timeout` is in seconds."""
    code = (
        f'require("http").get({{host:"127.0.0.1",port:{port},path:"{path}",timeout:{timeout * 1000:.0f}}},'
        "r=>process.exit(r.statusCode>=200&&r.statusCode<400?0:1))"
        '.on("timeout",()=>process.exit(1)).on("error",()=>process.exit(1))'
    )
    return node, "-e", code

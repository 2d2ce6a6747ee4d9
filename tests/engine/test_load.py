"""`--load` and `--push` send only what is missing: after a changed source line, the application's layer."""

import json
import secrets
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.engine.conftest import Program
from tests.engine.service import ALONE, Json, append, copy_of_example

from lading.oci.layout import read_layout
from lading.oci.load import Engine, load
from lading.proc import Runner

Tools = Callable[[str], Program]
SMALL = 100_000
"""Bytes for manifests and configurations."""


@pytest.mark.parametrize("engine", ["docker", "podman"])
def test_a_changed_line_sends_only_the_application(engine: str, lading: Program, tool: Tools, tmp_path: Path) -> None:
    folder = copy_of_example(tmp_path / "riskshield", lading)
    name = f"riskshield-load-{secrets.token_hex(4)}:1"
    # The other engine is not there, or does not answer.
    environ = {**lading.environ, "PATH": path_with(engine, tool, tmp_path)}
    if engine == "podman":
        environ["DOCKER_HOST"] = f"unix://{tmp_path}/nobody"
    command = Program(path=lading.path, environ=environ)

    def build(*flags: str | Path) -> Json:
        (report,) = json.loads(command("build", "--format", "json", "-t", name, *flags, cwd=folder))["builds"]
        return dict(report)

    try:
        first = build("--load")
        (told,) = first["delivered"]
        assert told.startswith(f"loaded {name} into {engine} (")
        append(folder / "src" / "main.py", "LOADED = 'again'")
        second = build("--output", tmp_path / "layout")
        (before,), (after,) = first["platforms"], second["platforms"]
        assert [layer["digest"] for layer in before["layers"][:2]] == [layer["digest"] for layer in after["layers"][:2]]
        application = after["layers"][2]
        report = load(
            read_layout(tmp_path / "layout").open(""), name, runner=Runner(), env=environ, engine=which(engine)
        )
        assert (report.way, report.layers_sent, report.layers_present) == ("pull", 1, 2)
        assert application["size"] < report.bytes_sent < application["size"] + SMALL
        assert build("--load")["delivered"] == [f"loaded {name} into {engine} (0 layers sent, 3 there already)"]
        said = tool(engine)("run", "--rm", *ALONE, name, "-c", "import src.main; print(src.main.LOADED)")
        assert said.strip() == "again"
    finally:
        tool(engine).attempt("rmi", "--force", name)


def which(engine: str) -> Engine:
    """The engine's name as its type."""
    return "docker" if engine == "docker" else "podman"


def path_with(engine: str, tool: Tools, folder: Path) -> str:
    """A PATH on which that engine is the only one."""
    programs = folder / "programs"
    programs.mkdir()
    (programs / engine).symlink_to(tool(engine).path)
    return f"{programs}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

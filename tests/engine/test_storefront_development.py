"""Developing the storefront: one command starts all three, and an edit of each is in the next answer of the same
container.

The containers share one network that has nothing else in it (the test engine has no bridge), and stand on images that
are made here: a second file of compose says so, as a team would do it.
"""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

from tests.engine.conftest import Program
from tests.engine.service import until
from tests.engine.storefront import EXAMPLE
from tests.engine.test_compose import Compose, composed
from tests.support.public_bases import PublicBases
from tools.engine.home import Home

PORTS = {"backend": 8080, "storefront": 3000, "storefront-site": 8090}
FOLDERS = {"backend": "backend", "storefront": "frontend", "storefront-site": "site"}
EDITS = {
    "backend": ("backend/internal/catalogue/catalogue.json", "Stoneware cup", "Porcelain cup", "/products"),
    "storefront": ("frontend/src/server/health.ts", '"healthy"', '"as edited"', "/health"),
    "storefront-site": ("site/index.html", "Things that last", "Things that were edited", "/"),
}
"""What is edited of each, and the path whose answer has it."""


def stand_ins(folder: Path, bases: PublicBases) -> str:
    """What is different here, as JSON, which is YAML too."""
    lines = []
    for name, place in FOLDERS.items():
        file = folder / place / "Dockerfile.dev"
        text, flags = bases.stand_in(file.read_text(), base=folder)
        file.write_text(text)
        contexts = dict(pair.split("=", 1) for pair in flags[1::2])
        own: dict[str, object] = {"build": {"network": "host", "additional_contexts": contexts}}
        own["network_mode"] = "none" if name == "backend" else "service:backend"
        if name == "storefront":
            own["environment"] = {"BACKEND_URL": "http://127.0.0.1:8080"}
        lines.append(f"  {name}: {json.dumps(own)[:-1]}, ports: !reset [] }}")
    return "services:\n" + "\n".join(lines) + "\n"


def asking(docker: Program, container: str) -> Callable[[str, str], str]:
    """Asks services by node, from inside of a container."""

    def ask(service: str, path: str) -> str:
        code = f"fetch('http://127.0.0.1:{PORTS[service]}{path}').then(a => a.text()).then(console.log)"
        done = docker.attempt("exec", container, "node", "-e", code)
        return done.stdout.decode()  # nothing while it starts

    return ask


def test_an_edit_is_in_the_next_answer_of_the_same_container(
    lading: Program, docker: Program, engine_home: Home, tmp_path: Path
) -> None:
    folder = tmp_path / "storefront"
    shutil.copytree(
        EXAMPLE, folder, ignore=shutil.ignore_patterns("node_modules", "dist", "lading.lock", "lading.toml")
    )
    settings = (EXAMPLE / "lading.toml").read_text()
    (folder / "lading.toml").write_text(settings.replace('path = "site"\nport = 8080', 'path = "site"\nport = 8090'))
    lading("render", "dockerfile", "--dev", "--write", cwd=folder)
    lading("render", "compose", "--dev", "--write", cwd=folder)
    bases = PublicBases(home=engine_home, folder=tmp_path)
    (folder / "compose.test.yaml").write_text(stand_ins(folder, bases))
    with composed(docker, folder, "compose.dev.yaml", "compose.test.yaml") as project:
        project("up", "--detach", "--build")
        before = _containers(project)
        ask = asking(docker, before["storefront"][0])

        def runs() -> bool:
            return all(one["State"]["Running"] for name in FOLDERS for one in project.containers(name))

        def shows(service: str, words: str) -> None:
            _, _, _, path = EDITS[service]
            until(lambda: words in ask(service, path) or None, runs, lambda: project("logs", service))

        for service, (_, old, _, _) in EDITS.items():
            shows(service, old.strip('"'))
        docker("exec", before["backend"][0], "/lading/probe", "http://127.0.0.1:8080/health", "10s")
        for service, (name, old, new, _) in EDITS.items():
            file = folder / name
            text = file.read_text()
            assert old in text
            file.write_text(text.replace(old, new))
            shows(service, new.strip('"'))
        assert "Porcelain cup" in ask("storefront", "/")
        (folder / "backend/main.go").write_text("package main\n\nfunc main() { does not compile\n")
        until(lambda: "syntax error" in project("logs", "backend") or None, runs, lambda: project("logs"))
        assert "Porcelain cup" in ask("backend", "/products")
        assert _containers(project) == before


def _containers(project: Compose) -> dict[str, tuple[str, str, str]]:
    """Each service's container: its id, when it was started, and as whom."""
    found = {}
    for service in FOLDERS:
        (one,) = project.containers(service)
        found[service] = str(one["Id"]), str(one["State"]["StartedAt"]), str(one["Config"]["User"])
    return found

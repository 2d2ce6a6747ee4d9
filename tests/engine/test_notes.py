"""The notes on a distroless base, and their debug variant: the same image with a shell, made by both engines."""

import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.engine.conftest import Program
from tests.engine.service import ALONE, CLOSED, container
from tests.support.examples import copy_of
from tests.support.public_bases import PublicBases
from tools.engine.home import Home

from lading.plan.debug import PROGRAMS

PORT = 8000
TEA = {"title": "Tea", "text": "Green tea: eighty degrees, three minutes."}
POST = (
    "import http.client as h, sys;"
    f"c = h.HTTPConnection('127.0.0.1', {PORT}, timeout=60);"
    "c.request('POST', '/notes', sys.argv[1], {'Content-Type': 'application/json'});"
    "a = c.getresponse(); print(a.status, a.read().decode())"
)


@dataclass(frozen=True, kw_only=True)
class Built:
    """The example, its layout, and in Docker: its image, the debug variant, and that by Docker from the Dockerfile."""

    folder: Path
    image: str
    debug: str
    rendered: str


@pytest.fixture(scope="module")
def built(
    lading: Program, docker: Program, engine_home: Home, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Built]:
    """All three, by the real command line."""
    folder = copy_of("notes", tmp_path_factory.mktemp("notes"))
    layout, tag = folder.with_name("layout"), secrets.token_hex(4)
    names = {kind: f"lading-notes-{kind}:{tag}" for kind in ("plain", "rendered")}
    lading("lock", "--debug-shell", cwd=folder)
    lading("build", "--quiet", "-t", names["plain"], "-o", layout, "-o", folder.with_name("plain.tar"), cwd=folder)
    lading("build", "--quiet", "--debug-shell", "-t", names["plain"], "-o", folder.with_name("debug.tar"), cwd=folder)
    for kind in ("plain", "debug"):
        docker("load", "--quiet", "--input", folder.with_name(f"{kind}.tar"))
    lading("render", "dockerfile", "--debug-shell", "--write", cwd=folder)
    bases = PublicBases(home=engine_home, folder=tmp_path_factory.mktemp("bases"))
    text, flags = bases.stand_in((folder / "Dockerfile.debug").read_text(), base=layout)
    (folder / "Dockerfile.debug").write_text(text)
    where = ("--file", folder / "Dockerfile.debug", "--tag", names["rendered"])
    docker("buildx", "build", "--quiet", "--load", "--network=host", *where, *flags, folder)
    debug = f"{names['plain']}-debug"
    yield Built(folder=folder, image=names["plain"], debug=debug, rendered=names["rendered"])
    docker.attempt("rmi", "--force", *names.values(), debug)


def layers(docker: Program, image: str) -> list[str]:
    (told,) = json.loads(docker("inspect", image))
    found: list[str] = told["RootFS"]["Layers"]
    return found


def test_notes_are_kept_with_nothing_but_python_in_the_image(docker: Program, built: Built) -> None:
    with container(docker, built.image, *CLOSED, *ALONE) as running:
        running.wait(PORT)
        status, _, body = docker("exec", running.name, running.interpreter, "-c", POST, json.dumps(TEA)).partition(" ")
        assert (int(status), json.loads(body)["id"]) == (201, 1)
        found: object = running.get("/notes?q=degr", PORT)[1]
        assert found == [json.loads(body)]
        assert running.get("/health/ready", PORT)[0] == 200
        for shell in ("sh", "/bin/sh", "/busybox/sh"):
            assert docker.attempt("exec", running.name, shell, "-c", "true").returncode != 0


def test_the_debug_variant_is_the_same_layers_and_one_on_top(docker: Program, built: Built) -> None:
    plain, debug = layers(docker, built.image), layers(docker, built.debug)
    assert debug[:-1] == plain
    (told,) = json.loads(docker("inspect", built.debug))
    assert told["Config"]["Labels"]["lading.debug-shell"] == "/busybox/sh"
    (plain_told,) = json.loads(docker("inspect", built.image))
    assert {name: told["Config"].get(name) for name in ("User", "Entrypoint", "Cmd", "Healthcheck")} == {
        name: plain_told["Config"].get(name) for name in ("User", "Entrypoint", "Cmd", "Healthcheck")
    }


@pytest.mark.parametrize("kind", ["debug", "rendered"])
def test_a_shell_sees_what_the_service_sees(docker: Program, built: Built, kind: str) -> None:
    image = {"debug": built.debug, "rendered": built.rendered}[kind]
    with container(docker, image, *CLOSED, *ALONE) as running:
        running.wait(PORT)
        script = f"id -u; wget -q -O - http://127.0.0.1:{PORT}/health; echo; ls /app; command -v python"
        user, health, *names = docker("exec", running.name, "sh", "-c", script).splitlines()
        assert user == "65532"
        assert json.loads(health)["status"] == "healthy"
        assert "notes" in names
        assert names[-1] == "/app/.venv/bin/python"


def test_every_program_is_there_in_both(docker: Program, built: Built) -> None:
    def said(image: str, script: str) -> list[str]:
        alone = ("run", "--rm", *CLOSED, *ALONE, "--entrypoint", "/busybox/sh")
        return docker(*alone, image, "-c", script).splitlines()

    known = set(said(built.debug, "/busybox/busybox --list"))
    assert set(PROGRAMS) <= known
    listed = [said(image, "ls -l /busybox | sed 's/^\\([^ ]*\\).* \\([^ ]* -> .*\\)$/\\1 \\2/; /-> /!d'")
              for image in (built.debug, built.rendered)]  # fmt: skip
    assert listed[0] == listed[1]
    assert len(listed[0]) == len(PROGRAMS)
    files = ("/busybox/busybox", "/usr/share/doc/busybox-static/copyright", "/var/lib/dpkg/status.d/busybox-static")
    sums = [said(image, f"sha256sum {' '.join(files)}; stat -c '%a %u %g' {' '.join(files)}")
            for image in (built.debug, built.rendered)]  # fmt: skip
    assert sums[0] == sums[1]

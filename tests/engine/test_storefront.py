"""The storefront as its team has decided: within its budgets, for two platforms, and working together in Docker."""

import http.client
import json
import socket
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from tests.engine.conftest import Program
from tests.engine.elf import Closure
from tests.engine.rootfs import Rootfs
from tests.engine.service import ALONE, CLOSED, Container, container, until
from tests.engine.storefront import PLATFORMS, SERVICES, Shop, shop

STARTS = {"backend": "/app/backend", "storefront": "/nodejs/bin/node", "storefront-site": "/lading/static-server"}
HOST = ("--network", "host")

__all__ = ["shop"]


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a server answered."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def json(self) -> Any:
        """The body, if it is JSON."""
        return json.loads(self.body)


@pytest.fixture(scope="module")
def roots(
    shop: Shop, tool: Callable[[str], Program], tmp_path_factory: pytest.TempPathFactory
) -> Mapping[tuple[str, str], Rootfs]:
    """The images as skopeo copies them and umoci unpacks them, by service and architecture."""
    folder = tmp_path_factory.mktemp("unpacked")
    found: dict[tuple[str, str], Rootfs] = {}
    for service in SERVICES:
        layout = folder / service
        shop.lading("build", "-o", layout, "-t", "1", "--platform", PLATFORMS, service, cwd=shop.folder)
        for architecture in ("amd64", "arm64"):
            bundle = folder / f"{service}-{architecture}"
            copy = f"{bundle}-copy:1"
            tool("skopeo")("copy", "--override-arch", architecture, f"oci:{layout}:1", f"oci:{copy}")
            tool("umoci")("unpack", "--image", copy, bundle)
            found[service, architecture] = Rootfs(bundle / "rootfs")
    return found


def ask(port: int, path: str, method: str = "GET", body: str | None = None, **headers: str) -> Answer:
    """Ask a server of this machine."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        return Answer(status=answer.status, headers=answer.headers, body=answer.read())
    finally:
        connection.close()


def answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def listening(service: Container, port: int) -> None:
    """Wait until a server listens."""
    until(lambda: answers(port) or None, service.runs, service.logs)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def variables(**values: object) -> tuple[str, ...]:
    return tuple(word for name, value in values.items() for word in ("--env", f"{name}={value}"))


@pytest.mark.parametrize(("service", "budget"), [("storefront", 150_000_000), ("backend", 50_000_000)])
def test_every_image_is_within_the_record_s_size(service: str, budget: int, shop: Shop) -> None:
    platforms = shop.reports[service]["platforms"]
    assert [one["platform"] for one in platforms] == PLATFORMS.split(",")
    for one in platforms:
        assert sum(layer["unpacked"] for layer in one["layers"]) < budget


def test_front_and_back_end_work_together(docker: Program, shop: Shop) -> None:
    back, front = free_port(), free_port()
    settings = variables(PORT=front, BACKEND_URL=f"http://127.0.0.1:{back}")
    with (
        container(docker, shop.image("storefront"), *CLOSED, *HOST, *settings) as pages,
        container(docker, shop.image("backend"), *CLOSED, *HOST, *variables(PORT=back)) as goods,
    ):
        listening(pages, front)
        listening(goods, back)
        assert ask(front, "/health/ready").json == {"status": "ready", "dependencies": {"backend": "ok"}}
        assert b"Stoneware cup" in ask(front, "/").body
        ordered = ask(
            front, "/cart/items", "POST", urlencode({"sku": "cup-01", "quantity": 2}),
            Accept="text/html", Content_Type="application/x-www-form-urlencoded", X_Request_ID="from-the-test",
        )  # fmt: skip
        assert (ordered.status, ordered.headers["Location"]) == (303, "/cart")
        cookie = ordered.headers["Set-Cookie"].partition(";")[0]
        assert "€37.00" in ask(front, "/cart", Cookie=cookie).body.decode()
        assert '"request":"from-the-test"' in goods.logs()  # one id through both logs
        docker("stop", goods.name)
        assert goods.inspect()["State"]["ExitCode"] == 0
        assert ask(front, "/health/ready").status == 503
        assert ask(front, "/").status == 503
        docker("stop", pages.name)
        assert pages.inspect()["State"]["ExitCode"] == 0


@pytest.mark.parametrize("service", SERVICES)
def test_docker_finds_it_healthy(service: str, docker: Program, shop: Shop) -> None:
    with container(docker, shop.image(service), *CLOSED, *ALONE, "--health-interval", "1s") as running:

        def state() -> str | None:
            told = str(running.inspect()["State"]["Health"]["Status"])
            return told if told != "starting" else None

        assert until(state, running.runs, running.logs) == "healthy"
        identity = Path(f"/proc/{running.inspect()['State']['Pid']}/status").read_text()
        assert "Uid:\t65532\t65532\t65532\t65532" in identity


def test_the_site_is_served_as_a_site_should_be(docker: Program, shop: Shop) -> None:
    port = free_port()
    with container(docker, shop.image("storefront-site"), *CLOSED, *HOST, *variables(PORT=port)) as site:
        listening(site, port)
        page = ask(port, "/", Accept_Encoding="gzip, br")
        assert (page.status, page.headers["Content-Encoding"], page.headers["Vary"]) == (200, "br", "Accept-Encoding")
        assert page.headers["Cache-Control"] == "no-cache"
        assert ask(port, "/", If_None_Match=page.headers["ETag"], Accept_Encoding="br").status == 304
        plain = ask(port, "/")
        assert b"Things that last" in plain.body
        script = plain.body.decode().partition('src="/assets/')[2].partition('"')[0]
        assert ask(port, f"/assets/{script}").headers["Cache-Control"].endswith("immutable")
        assert ask(port, "/.well-known/security.txt").status == 200
        for path in ("/package.json", "/../etc/passwd", "/assets/", "/src/main.js"):
            assert ask(port, path).status == 404, path


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("architecture", ["amd64", "arm64"])
def test_every_program_finds_what_it_is_linked_with(
    service: str, architecture: str, roots: Mapping[tuple[str, str], Rootfs]
) -> None:
    closure = Closure(roots[service, architecture], architecture)
    assert list(closure.problems()) == []
    assert STARTS[service] in closure.files


@pytest.mark.parametrize("architecture", ["amd64", "arm64"])
def test_no_image_has_what_made_it(architecture: str, roots: Mapping[tuple[str, str], Rootfs]) -> None:
    found = {service: set(roots[service, architecture].files) for service in SERVICES}
    assert {"/app/dist/server/main.js", "/app/node_modules/express/package.json"} <= found["storefront"]
    assert {"/srv/index.html", "/srv/index.html.br", "/srv/index.html.gz"} <= found["storefront-site"]
    for names in found.values():
        own = [name for name in names if "/node_modules/" not in name]
        assert [name for name in own if name.endswith((".go", ".ts", ".tsx", "/npm", "/sh", "package-lock.json"))] == []
        assert not any(name.startswith(("/app/src/", "/app/test/", "/app/node_modules/vite/")) for name in names)


def test_the_arm64_images_run(tool: Callable[[str], Program], roots: Mapping[tuple[str, str], Rootfs]) -> None:
    """On this machine's emulator: every instruction is the other architecture's."""
    emulator = tool("qemu-aarch64-static")
    back, front = free_port(), free_port()
    goods, pages = roots["backend", "arm64"], roots["storefront", "arm64"]
    settings = {"HOST": "127.0.0.1", "BACKEND_URL": f"http://127.0.0.1:{back}"}
    with (
        emulated(emulator, goods, "/app/backend", **settings, PORT=str(back)) as first,
        emulated(emulator, pages, "/nodejs/bin/node", "dist/server/main.js", **settings, PORT=str(front)) as second,
    ):
        until(lambda: answers(back) or None, lambda: first.poll() is None, str)
        until(lambda: answers(front) or None, lambda: second.poll() is None, str)
        assert ask(front, "/health/ready").status == 200
        assert b"Stoneware cup" in ask(front, "/").body


@contextmanager
def emulated(
    emulator: Program, root: Rootfs, program: str, *words: str, **env: str
) -> Iterator["subprocess.Popen[bytes]"]:
    """A program of an unpacked image, run by the emulator in its /app until the block ends."""
    command: list[str | Path] = [emulator.path, "-L", root.folder, root.at(program), *words]
    with subprocess.Popen(command, cwd=root.at("/app"), env=env) as process:
        try:
            yield process
        finally:
            process.kill()

"""Services of the fleet in Docker: one speaks HTTP, one gRPC, and both find each other; a worker sends what its server
has accepted, in the tables that its migration has made. Both engines make them."""

import json
import secrets
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.engine.conftest import Program
from tests.engine.service import ALONE, CLOSED, Container, Json, container, until
from tests.support.examples import copy_of
from tests.support.gobake import Offline, fetch_modules
from tests.support.public_bases import PublicBases
from tests.support.tools import missing
from tools.engine.home import Home

SERVICES = ("cart", "inventory", "notification")
PASSWORD = secrets.token_hex(8)
CLIENT = '''package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"orders.example/fleet/api/inventory"
)

// ask METHOD URL BODY, or ask stock ADDRESS SKU QUANTITY.
func main() {
	var said string
	var err error
	if os.Args[1] == "stock" {
		said, err = stock(os.Args[2], os.Args[3], os.Args[4])
	} else {
		said, err = http_(os.Args[1], os.Args[2], os.Args[3])
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(said)
}

func http_(method, url, body string) (string, error) {
	request, err := http.NewRequest(method, url, bytes.NewBufferString(body))
	if err != nil {
		return "", err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", err
	}
	text, err := io.ReadAll(answer.Body)
	return fmt.Sprintf("[%d, %s]", answer.StatusCode, text), err
}

func stock(address, sku, text string) (string, error) {
	connection, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return "", err
	}
	quantity, _ := strconv.ParseInt(text, 10, 64)
	client := inventory.NewInventoryClient(connection)
	request := &inventory.SetStockRequest{Sku: sku, Quantity: quantity}
	level, err := client.SetStock(context.Background(), request, grpc.WaitForReady(true))
	return fmt.Sprint(level.GetAvailable()), err
}
'''  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Built:
    """Services in Docker after `lading build --load`, and a client for them that runs in any container's network."""

    folder: Path
    registry: str
    client: Path
    docker: Program

    def image(self, service: str) -> str:
        return f"{self.registry}/{service}:latest"

    def ask(self, one: Container, *words: str) -> str:
        """The client's answer, asked from the network of a container."""
        flags = ("--network", f"container:{one.name}", "--volume", f"{self.client}:/ask:ro", "--entrypoint", "/ask")
        return self.docker("run", "--rm", *flags, self.image(SERVICES[0]), *words)

    def http(self, one: Container, method: str, path: str, body: object = None) -> tuple[int, Json]:
        """Status and JSON of an HTTP service."""
        text = "" if body is None else json.dumps(body)
        status, answer = json.loads(self.ask(one, method, f"http://127.0.0.1:8080{path}", text))
        return int(status), answer


@pytest.fixture(scope="module")
def built(lading: Program, docker: Program, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Built]:
    if shutil.which("go") is None:
        missing("go is not on this machine")
    folder = copy_of("fleet", tmp_path_factory.mktemp("fleet"))
    registry = f"lading-fleet-{secrets.token_hex(4)}"
    settings = folder / "lading.toml"
    settings.write_text(f'registry = "{registry}"\n{settings.read_text()}')
    lading("build", "--quiet", "--load", *SERVICES, cwd=folder)
    (folder / "ask").mkdir()
    (folder / "ask/main.go").write_text(CLIENT)
    client = folder.with_name("client")
    environ = {**docker.environ, "CGO_ENABLED": "0"}
    Program(path=Path(shutil.which("go") or ""), environ=environ)("build", "-o", client, "./ask", cwd=folder)
    yield Built(folder=folder, registry=registry, client=client, docker=docker)
    docker.attempt("rmi", "--force", *(f"{registry}/{name}:latest" for name in SERVICES))


def healthy(one: Container) -> str:
    """Wait for the verdict of the image's own health check."""

    def state() -> str | None:
        found = str(one.inspect()["State"]["Health"]["Status"])
        return found if found != "starting" else None

    return until(state, one.runs, one.logs)


def env(**variables: str) -> list[str]:
    """Variables for `docker run`."""
    return [word for name, value in variables.items() for word in ("--env", f"{name}={value}")]


def test_http_and_grpc_are_healthy_and_talk_to_each_other(built: Built) -> None:
    soon = ("--health-interval", "1s")
    with container(built.docker, built.image("inventory"), *CLOSED, *ALONE, *soon) as inventory:
        assert healthy(inventory) == "healthy"
        shared = (*CLOSED, *soon, "--network", f"container:{inventory.name}")
        with container(
            built.docker, built.image("cart"), *shared, *env(INVENTORY_ADDRESS="127.0.0.1:9090")
        ) as cart:  # fmt: skip
            assert healthy(cart) == "healthy"
            assert built.ask(cart, "stock", "127.0.0.1:9090", "PEN", "5").strip() == "5"
            line = {"sku": "PEN", "quantity": 5, "unit": {"minor": 150, "currency": "EUR"}}
            status, basket = built.http(cart, "PUT", "/carts/ada/lines", line)
            assert (status, basket["quote"]["total"]) == (200, {"minor": 750, "currency": "EUR"})
            status, problem = built.http(cart, "PUT", "/carts/ada/lines", {**line, "quantity": 6})
            assert (status, problem["detail"]) == (409, "only 5 of PEN can be had")


def test_a_server_that_does_not_answer_is_not_healthy(built: Built) -> None:
    """The probe is what tells, not that the container runs."""
    with container(built.docker, built.image("inventory"), *CLOSED, *ALONE, *env(PORT="9999")) as one:
        until(lambda: True if "listening" in one.logs() else None, one.runs, one.logs)
        done = built.docker.attempt("exec", one.name, "/lading/probe", "grpc://127.0.0.1:9090", "2s")
        assert done.returncode != 0
        assert built.docker.attempt("exec", one.name, "/lading/probe", "grpc://127.0.0.1:9999", "2s").returncode == 0


def test_it_ends_by_itself_when_it_is_asked_to(built: Built) -> None:
    for service in ("cart", "inventory"):
        with container(built.docker, built.image(service), *CLOSED, *ALONE) as one:
            until(lambda one=one: True if "listening" in one.logs() else None, one.runs, one.logs)  # type: ignore[misc]
            built.docker("stop", "--time", "120", one.name)
            assert one.inspect()["State"]["ExitCode"] == 0
            assert '"msg":"ended"' in one.logs()


@pytest.mark.parametrize("process", ["migrate", "worker"])
def test_without_a_database_a_process_says_so(process: str, built: Built) -> None:
    done = built.docker.attempt("run", "--rm", *CLOSED, *ALONE, built.image("cart"), process)
    assert done.returncode == 2
    assert b"DATABASE_URL is not set" in done.stdout


@pytest.fixture(scope="module")
def postgres(built: Built, lading: Program, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Container]:
    """A database of an image that Lading has assembled of Debian's packages."""
    stores = copy_of("stockbook", tmp_path_factory.mktemp("stores")) / "stores"
    archive, image = stores.with_name("postgres.tar"), f"{built.registry}/postgres:1"
    lading("build", "postgres", "--quiet", "-t", image, "-o", archive, cwd=stores)
    built.docker("load", "--quiet", "--input", archive)
    settings = env(POSTGRES_USER="fleet", POSTGRES_PASSWORD=PASSWORD, POSTGRES_DB="notification")
    with container(built.docker, image, *CLOSED, *ALONE, *settings) as one:
        check = ("exec", one.name, "/usr/lib/postgresql/17/bin/pg_isready", "--quiet", "--host", "127.0.0.1")
        until(lambda: built.docker.attempt(*check).returncode == 0 or None, one.runs, one.logs)
        yield one
    built.docker.attempt("rmi", "--force", image)


def test_a_worker_sends_what_the_server_accepted(built: Built, postgres: Container) -> None:
    url = f"postgres://fleet:{PASSWORD}@127.0.0.1:5432/notification"
    shared = (*CLOSED, "--network", f"container:{postgres.name}", *env(DATABASE_URL=url, QUEUE_PAUSE="100ms"))
    image = built.image("notification")
    migrated = [built.docker("run", "--rm", *shared, image, "migrate") for _ in range(2)]
    assert '"applied":["0000_jobs.sql","0001_messages.sql"]' in migrated[0]
    assert '"applied":null' in migrated[1]
    with (
        container(built.docker, image, *shared) as web,
        container(built.docker, image, *shared, command=("worker",)) as worker,
    ):
        until(lambda: True if "listening" in web.logs() else None, web.runs, web.logs)
        assert built.http(web, "GET", "/readyz")[0] == 200
        blanks = {"name": "Ada", "amount": "3.00 EUR", "order": "7"}
        status, message = built.http(
            web, "POST", "/messages", {"to": "ada@example.org", "text": "order-paid", "blanks": blanks}
        )
        assert (status, message["state"]) == (200, "accepted")

        def sent() -> bool | None:
            return built.http(web, "GET", f"/messages/{message['id']}")[1]["state"] == "sent" or None

        assert until(sent, worker.runs, worker.logs)


def test_what_is_rendered_is_baked_together_and_runs(
    built: Built, lading: Program, docker: Program, engine_home: Home, tmp_path: Path
) -> None:
    layout = tmp_path / "layout"
    lading("build", "--quiet", "--output", layout, "cart", cwd=built.folder)
    lading("render", "dockerfile", "cart", "inventory", "--write", cwd=built.folder)
    bases = PublicBases(home=engine_home, folder=tmp_path / "bases")
    bases.folder.mkdir()
    modules = fetch_modules(tmp_path / "modules", built.folder, docker.environ)
    offline, targets = Offline(bases=bases, modules=modules), {}
    for service in ("cart", "inventory"):
        rendered = built.folder / "services" / service / "Dockerfile"
        text, contexts = offline.stand_in(rendered.read_text(), base=layout)
        rendered.write_text(text)
        targets[service] = {"contexts": contexts, "tags": [f"{built.registry}/baked-{service}:1"]}
    (tmp_path / "stand-ins.json").write_text(json.dumps({"target": targets}))
    lading("render", "bake", "cart", "inventory", "--write", cwd=built.folder)
    files = ("--file", "docker-bake.hcl", "--file", tmp_path / "stand-ins.json")
    docker("buildx", "bake", *files, cwd=built.folder)
    try:
        for service in targets:
            with container(
                docker, f"{built.registry}/baked-{service}:1", *CLOSED, *ALONE, "--health-interval", "1s"
            ) as one:  # fmt: skip
                assert healthy(one) == "healthy"
    finally:
        docker.attempt("rmi", "--force", *(f"{built.registry}/baked-{service}:1" for service in targets))

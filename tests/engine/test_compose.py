"""The rendered compose files with the real engine: production starts in order, and development notices an edit.

Three things are changed by a second file, as a team would do it: containers have a network of their own with nothing in
it (the test engine has no bridge), no ports of this machine, and base images that are made here.
"""

import json
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest
from tests.engine.conftest import Program
from tests.engine.service import Container, Json, until
from tests.support.members import member
from tests.support.projects import FASTAPI_APP, tree_of
from tests.support.public_bases import PublicBases
from tools.engine.home import Home

from lading.plan.model import Process
from lading.render.compose import compose
from lading.render.development import development

PROJECT = """\
[project]
name = "shop"
version = "1.0.0"
requires-python = ">=3.11"
dependencies = ["starlette", "uvicorn"]

[dependency-groups]
dev = ["iniconfig"]
"""

MAIN = """\
import os

from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

KEY = os.environ["SIGNING_KEY"]


async def health(request):
    return JSONResponse({"version": "one"})


app = Starlette(routes=[Route("/health", health)])
"""

SETTINGS = """\
base = "slim"
replicas = 3
health = { path = "/health", interval = "1s", start-period = "60s" }
processes = { migrate = ["python", "migrate.py"], worker = ["python", "worker.py"] }
resources = { limits = { cpus = 0.5, memory = "256MiB" } }
"""

ALONE = "network_mode: none, ports: !reset []"


@dataclass(frozen=True, kw_only=True)
class Compose:
    """A project of compose: its folder, the files that it is made of, and its name."""

    docker: Program
    folder: Path
    files: tuple[str, ...]
    name: str

    @property
    def words(self) -> list[str]:
        """How every command of it begins."""
        return ["compose", "-p", self.name, *(word for file in self.files for word in ("-f", file))]

    def __call__(self, *words: str) -> str:
        return self.docker(*self.words, *words, cwd=self.folder)

    def containers(self, service: str) -> list[Json]:
        """What Docker knows of the containers of a service, ended ones as well."""
        names = self("ps", "--all", "--quiet", service).split()
        return [dict(one) for one in json.loads(self.docker("inspect", *names))] if names else []


@contextmanager
def composed(docker: Program, folder: Path, *files: str) -> Iterator[Compose]:
    """A project that leaves nothing behind."""
    found = Compose(docker=docker, folder=folder, files=files, name=f"lading-compose-{secrets.token_hex(4)}")
    try:
        yield found
    finally:
        docker.attempt(*found.words, "down", "--volumes", "--timeout", "1", "--rmi", "local", cwd=folder)


@pytest.fixture(scope="module")
def shop(lading: Program, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small service with a migration and a worker, built; its layout is beside its folder."""
    folder = tmp_path_factory.mktemp("compose") / "shop"
    folder.mkdir()
    (folder / "pyproject.toml").write_text(PROJECT)
    (folder / "main.py").write_text(MAIN)
    (folder / "migrate.py").write_text("import time\ntime.sleep(1)\nprint('migrated')\n")
    (folder / "worker.py").write_text("import time\nwhile True:\n    time.sleep(1)\n")
    (folder / "lading.toml").write_text(SETTINGS)
    uv = Program(path=lading.path.with_name("uv"), environ={**lading.environ, "UV_PYTHON_DOWNLOADS": "never"})
    uv("lock", "--quiet", "--python", lading.path.with_name("python"), cwd=folder)
    lading("build", "-t", "lading-compose-shop:1", "-o", folder.with_name("layout"), "-o", folder.with_name("shop.tar"),
           cwd=folder)  # fmt: skip
    return folder


@pytest.fixture
def keyed(docker: Program) -> Program:
    """The Docker client, with what the service needs of its environment."""
    return Program(
        path=docker.path,
        environ={**docker.environ, "SIGNING_KEY": "a $ecret", "SHOP_IMAGE": "lading-compose-shop:1"},
    )


def test_compose_accepts_both_files_and_says_what_is_missing(
    shop: Path, lading: Program, docker: Program, keyed: Program
) -> None:
    lading("render", "compose", "--write", cwd=shop)
    lading("render", "compose", "--dev", "--write", cwd=shop)
    for file in ("compose.yaml", "compose.dev.yaml"):
        assert keyed("compose", "-f", file, "config", cwd=shop)
    refused = docker.attempt("compose", "-f", "compose.yaml", "config", cwd=shop)
    assert refused.returncode
    assert b"SIGNING_KEY" in refused.stderr


HOSTILE = (
    "a $HOME ${HOME} $$ `id` $(id)", "'single' and \"double\"", "line\nbreak\n", "# no comment", "- no list", "--flag",
    "yes", "1e3", "0o17", "12:30", "~", "{a: b}", "a: b", "&x *y !z", "\\n", "\ttab ", "é 日本 \U0001f600", "\u2028",
)  # fmt: skip


def test_composes_own_parser_reads_hostile_words_as_they_are(docker: Program, tmp_path: Path) -> None:
    plain = member(tree_of({"main.py": FASTAPI_APP}, name="shop"))
    worker = Process(name="worker", command=HOSTILE, source="")
    place = "a $b # c"
    processes = (*plain.plan.processes, worker)
    plan = msgspec.structs.replace(plain.plan, processes=processes, folder=place, context=place)
    one = plain._replace(plan=plan)
    for text in (compose([one]), development([one])):
        (tmp_path / "compose.yaml").write_text(text)
        said = docker("compose", "config", "--format", "json", "--no-interpolate", cwd=tmp_path)
        assert [word.replace("$$", "$") for word in json.loads(said)["services"]["shop-worker"]["command"]] == [
            *HOSTILE
        ]
        found = json.loads(docker("compose", "config", "--format", "json", cwd=tmp_path))["services"]["shop-worker"]
        assert [word.replace("$$", "$") for word in found["command"]] == [*HOSTILE]
    assert found["build"]["context"].replace("$$", "$") == str(tmp_path / "a $b # c")


def test_production_migrates_once_and_then_starts_every_replica(shop: Path, lading: Program, keyed: Program) -> None:
    keyed("load", "--quiet", "--input", shop.with_name("shop.tar"))
    lading("render", "compose", "--write", cwd=shop)
    services = "".join(f"  {name}: {{ {ALONE} }}\n" for name in ("shop", "shop-migrate", "shop-worker"))
    (shop / "compose.test.yaml").write_text(f"services:\n{services}")
    with composed(keyed, shop, "compose.yaml", "compose.test.yaml") as project:
        project("up", "--detach")

        def healthy() -> list[Json] | None:
            found = project.containers("shop")
            return found if {one["State"]["Health"]["Status"] for one in found} == {"healthy"} else None

        replicas = until(healthy, lambda: True, lambda: "")
        (migrated,) = project.containers("shop-migrate")
        (worker,) = project.containers("shop-worker")
        assert migrated["State"]["ExitCode"] == 0
        assert len(replicas) == 3
        for one in (*replicas, worker):
            assert one["State"]["StartedAt"] > migrated["State"]["FinishedAt"]
            host = one["HostConfig"]
            assert (host["ReadonlyRootfs"], host["CapDrop"], host["Init"]) == (True, ["ALL"], True)
            assert host["SecurityOpt"] == ["no-new-privileges:true"]
            assert (host["Memory"], host["NanoCpus"]) == (256 << 20, 500_000_000)
            assert host["RestartPolicy"]["Name"] == "unless-stopped"
            assert one["Config"]["User"] == "65532:65532"
            assert "SIGNING_KEY=a $ecret" in one["Config"]["Env"]
        assert "Health" not in worker["State"]
        container = Container(docker=keyed, name=str(replicas[0]["Id"]))
        assert container.get("/health") == (200, {"version": "one"})
        assert container.python("open('/tmp/x', 'w').close(); print('temporary')") == "temporary\n"
        with pytest.raises(AssertionError, match="Read-only file system"):
            container.python("open('/app/x', 'w')")
    keyed("rmi", "--force", "lading-compose-shop:1")


@pytest.fixture
def bases(engine_home: Home, tmp_path: Path) -> PublicBases:
    """Stand-ins for public images."""
    return PublicBases(home=engine_home, folder=tmp_path)


@pytest.mark.parametrize("base", ["slim", "distroless"])
def test_an_edited_file_is_in_the_next_answer(
    base: str, shop: Path, lading: Program, docker: Program, bases: PublicBases
) -> None:
    built = shop.with_name("layout")
    shop = Path(shutil.copytree(shop, bases.folder / "shop"))
    (shop / "lading.toml").write_text(SETTINGS.replace('"slim"', f'"{base}"'))
    lading("render", "dockerfile", "--dev", "--write", cwd=shop)
    lading("render", "compose", "--dev", "--write", cwd=shop)
    text, flags = bases.stand_in((shop / "Dockerfile.dev").read_text(), base=built)
    (shop / "Dockerfile.dev").write_text(text)
    contexts = json.dumps(dict(pair.split("=", 1) for pair in flags[1::2]))
    build = f"build: {{ network: host, additional_contexts: {contexts} }}"
    services = "".join(f"  {name}: {{ {ALONE}, {build} }}\n" for name in ("shop", "shop-migrate", "shop-worker"))
    (shop / "compose.test.yaml").write_text(f"services:\n{services}")
    with composed(docker, shop, "compose.dev.yaml", "compose.test.yaml") as project:
        project("up", "--detach", "--build")
        (before,) = project.containers("shop")
        container = Container(docker=docker, name=str(before["Id"]), interpreter="/opt/venv/bin/python")
        container.wait()
        assert container.get("/health") == (200, {"version": "one"})
        assert container.python("import iniconfig; print('for development')") == "for development\n"
        (shop / "extra.py").write_text('VERSION = "two"\n')
        changed = MAIN.replace('"one"', "VERSION").replace("import os", "import os\nfrom extra import VERSION")
        (shop / "main.py").write_text(changed)

        def answer() -> bool | None:
            try:
                return container.get("/health") == (200, {"version": "two"}) or None
            except AssertionError:  # it is just starting again
                return None

        until(answer, container.runs, container.logs)
        (after,) = project.containers("shop")
        assert (after["Id"], after["State"]["StartedAt"]) == (before["Id"], before["State"]["StartedAt"])
        assert after["Config"]["User"] == "65532:65532"
        with pytest.raises(AssertionError, match="Read-only file system"):
            container.python("open('/app/main.py', 'w')")

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path

import pytest
from tests.support.runtimes import CRUN, DOCKER, install
from tests.unit.prove.samples import MemoryImage, an_image

from lading.digest import digest_of
from lading.errors import StepFailed, Unavailable, UsageError, VerificationFailed
from lading.oci.documents import Health, RunConfig
from lading.oci.load import Engine
from lading.oci.model import Image, Platform
from lading.oci.partial import index_of
from lading.proc import Runner
from lading.prove.attend import attend_to_the_end, exit_code, health_command, run_container, wait_healthy
from lading.prove.container import Change, Container, Request, Runtime, image_for, machine, run_config, slug
from lading.prove.engine import EngineRuntime
from lading.prove.folder import BundleRuntime
from lading.store import Store

SCRIPT = "import sys; sys.exit(int(sys.argv[1]))"


def sample(*command: str, health: Sequence[str] = (), **config: object) -> MemoryImage:
    """An image whose process is this machine's Python: the runtimes of these tests run it without a container."""
    return an_image(
        {"app/hello": b"hello"},
        config={
            "User": "65532:65532",
            "Cmd": list(command),
            "WorkingDir": "/app",
            "Healthcheck": {"Test": ["CMD", *health]},
            **config,
        },
    )


def no_load(engine: Engine, name: str, image: Image) -> None:
    raise AssertionError("nothing is loaded here")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


@pytest.fixture
def said() -> list[str]:
    return []


def run(
    runtimes: Sequence[Runtime],
    request: Request,
    said: list[str],
    attend: Callable[[Container, "subprocess.Popen[bytes]"], int] = attend_to_the_end,
) -> int:
    return run_container(request, runtimes, runner=Runner(), attend=attend, say=said.append)


def python(code: str, *words: str) -> tuple[str, ...]:
    return (sys.executable, "-c", code, *words)


@pytest.mark.skipif(machine().architecture != "amd64", reason="the sample images are for amd64")
class TestFolder:
    """crun and runc."""

    @pytest.fixture
    def crun(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, store: Store) -> BundleRuntime:
        install(tmp_path / "crun", monkeypatch, crun=CRUN)
        return BundleRuntime("crun", Runner(), store)

    def test_the_exit_code_is_the_processs(self, crun: BundleRuntime, store: Store, said: list[str]) -> None:
        image = sample(*python(SCRIPT, "7"), ExposedPorts={"8080/tcp": {}})
        assert run([crun], Request(name="app", content=image), said) == 7
        assert said == ["app runs with crun at http://127.0.0.1:8080"]
        assert list((store.root / "tmp").iterdir()) == []

    def test_files_variables_and_command(self, crun: BundleRuntime, tmp_path: Path, said: list[str]) -> None:
        out = tmp_path / "out"
        code = "import os, pathlib, sys; pathlib.Path(sys.argv[1]).write_text(open('hello').read() + os.environ['A'])"
        request = Request(
            name="app", content=sample("false"), command=python(code, str(out)), env=(("A", " wörld\nx"),)
        )
        assert run([crun], request, said) == 0
        assert out.read_text() == "hello wörld\nx"

    def test_the_unpacked_image_is_kept_for_the_next_time(
        self, crun: BundleRuntime, store: Store, said: list[str]
    ) -> None:
        request = Request(name="app", content=sample(*python(SCRIPT, "0")))
        run([crun], request, said)
        (kept,) = (store.root / "roots").iterdir()
        before = (kept / "app/hello").stat().st_ino
        run([crun], request, said)
        assert (kept / "app/hello").stat().st_ino == before

    def test_a_writable_root_is_nobody_elses(self, crun: BundleRuntime, store: Store, said: list[str]) -> None:
        code = "open('hello', 'w').write('changed')"
        request = Request(name="app", content=sample(*python(code)), read_only=False)
        assert run([crun], request, said) == 0
        assert not (store.root / "roots").exists()
        assert list((store.root / "tmp").iterdir()) == []

    def test_healthy(self, crun: BundleRuntime, tmp_path: Path, said: list[str]) -> None:
        ready = tmp_path / "ready"
        serve = "import pathlib, sys, time; pathlib.Path(sys.argv[1]).touch(); time.sleep(600)"
        check = "import pathlib, sys; sys.exit(not pathlib.Path(sys.argv[1]).exists())"
        image = sample(*python(serve, str(ready)), health=python(check, str(ready)))

        def attend(container: Container, process: "subprocess.Popen[bytes]") -> int:
            assert wait_healthy(container, process, runner=Runner(), timeout=600) >= 0
            assert process.poll() is None
            self.process = process
            return 0

        assert run([crun], Request(name="app", content=image), said, attend) == 0
        assert self.process.poll() is not None

    def test_a_container_that_ends_is_not_healthy(self, crun: BundleRuntime, tmp_path: Path, said: list[str]) -> None:
        log = tmp_path / "log"
        log.write_text("Traceback\nImportError: no module")
        image = sample(*python(SCRIPT, "3"), health=["false"])

        def attend(container: Container, process: "subprocess.Popen[bytes]") -> int:
            wait_healthy(container, process, runner=Runner(), timeout=600, log=log)
            raise AssertionError

        with pytest.raises(StepFailed, match="exit code 3 before it was healthy") as caught:
            run([crun], Request(name="app", content=image), said, attend)
        assert "ImportError: no module" in caught.value.what

    def test_patience_ends(self, crun: BundleRuntime, said: list[str]) -> None:
        image = sample(*python("import time; time.sleep(600)"), health=python("import sys; sys.exit('not yet')"))

        def attend(container: Container, process: "subprocess.Popen[bytes]") -> int:
            self.process = process
            wait_healthy(container, process, runner=Runner(), timeout=0.01)
            raise AssertionError

        with pytest.raises(StepFailed, match=r"not healthy within 0\.01 seconds") as caught:
            run([crun], Request(name="app", content=image), said, attend)
        assert "not yet" in caught.value.what
        assert self.process.poll() is not None

    def test_signals_are_passed_on(self, crun: BundleRuntime, said: list[str]) -> None:
        code = (
            "import os, pathlib, signal, sys, time\n"
            "signal.signal(signal.SIGTERM, lambda *_: sys.exit(42))\n"
            "os.kill(int(sys.argv[1]), signal.SIGTERM)\n"
            "time.sleep(600)"
        )
        image = sample(*python(code, str(os.getpid())))
        assert threading.current_thread() is threading.main_thread()
        before = signal.getsignal(signal.SIGTERM)
        assert run([crun], Request(name="app", content=image), said) == 42
        assert signal.getsignal(signal.SIGTERM) is before

    def test_the_third_interruption_kills(self, crun: BundleRuntime, said: list[str]) -> None:
        code = (
            "import os, signal, sys, time\n"
            "signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
            "for _ in range(3):\n"
            "    os.kill(int(sys.argv[1]), signal.SIGINT)\n"
            "    time.sleep(0.2)\n"
            "time.sleep(600)"
        )
        assert run([crun], Request(name="app", content=sample(*python(code, str(os.getpid())))), said) == 137

    def test_a_runtime_that_cannot_start_it_is_passed_over(
        self, crun: BundleRuntime, store: Store, monkeypatch: pytest.MonkeyPatch, said: list[str]
    ) -> None:
        monkeypatch.setenv("BROKEN_RUNTIME", "1")
        with pytest.raises(Unavailable) as caught:
            run([crun, BundleRuntime("runc", Runner(), store)], Request(name="app", content=sample("true")), said)
        assert caught.value.exit_code == 69
        assert "crun: nothing works here" in caught.value.what
        assert "runc: it is not installed" in caught.value.what

    def test_it_has_no_ports_of_its_own(self, crun: BundleRuntime) -> None:
        request = Request(name="app", content=sample("true"), publish=("8080",))
        assert "no network of its own" in crun.problem(request)


@pytest.mark.skipif(machine().architecture != "amd64", reason="the sample images are for amd64")
class TestEngine:
    """Docker and Podman."""

    @pytest.fixture
    def state(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        folder = install(tmp_path / "docker", monkeypatch, docker=DOCKER)
        (folder / "bridge").touch()
        return folder

    def calls(self, state: Path, name: str) -> list[list[str]]:
        lines = (state / "calls").read_text().splitlines()
        return [words for words in map(json.loads, lines) if words[0] == name]

    def docker(self, state: Path, store: Store) -> EngineRuntime:
        def load(engine: Engine, name: str, image: Image) -> None:
            (state / name.replace("/", "_")).write_text(digest_of(image.manifest))
            with (state / "calls").open("a") as calls:
                calls.write(json.dumps(["load", engine, name]) + "\n")

        return EngineRuntime("docker", Runner(), store, load)

    def test_it_is_loaded_once_and_run_without_privileges(self, state: Path, store: Store, said: list[str]) -> None:
        request = Request(name="Team/App:1", content=sample(ExposedPorts={"8080/tcp": {}}), command=python(SCRIPT, "5"))
        docker = self.docker(state, store)
        assert run([docker], request, said) == 5
        assert run([docker], request, said) == 5
        assert self.calls(state, "load") == [["load", "docker", "lading-run/team-app-1:latest"]]
        (created, _) = self.calls(state, "create")
        assert "--read-only" in created
        assert created[created.index("--cap-drop") :][:2] == ["--cap-drop", "ALL"]
        assert "no-new-privileges" in created
        published = created[created.index("--publish") + 1]
        assert published.startswith("127.0.0.1:")
        assert published.endswith(":8080")
        assert said[0] == f"Team/App:1 runs with docker at http://{published.removesuffix(':8080')}"
        assert (state / "containers").read_text() == "{}"

    def test_what_is_watched_has_limits_and_volumes_in_memory(self, state: Path, store: Store, said: list[str]) -> None:
        request = Request(
            name="app",
            content=sample(Volumes={"/data": {}, "/x:exec": {}}),
            command=python(SCRIPT, "0"),
            user="1000000001:0",
            memory=64,
            pids=10,
            isolated=True,
            scratch=True,
        )
        assert run([self.docker(state, store)], request, said) == 0
        (created,) = self.calls(state, "create")
        flags = set(pairwise(created))
        assert {("--user", "1000000001:0"), ("--memory", "64"), ("--memory-swap", "64"), ("--pids-limit", "10")} < flags
        assert ("--network", "none") in flags
        folders = [value for flag, value in pairwise(created) if flag == "--tmpfs"]
        assert folders == [
            "/tmp:rw,nosuid,nodev,mode=1777",
            "/data:rw,nosuid,nodev,mode=1777,uid=1000000001,gid=0",
        ]

    def test_what_was_written_is_told_without_what_the_engine_put_there(
        self, state: Path, store: Store, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        told = "C /etc\nA /etc/hosts\nC /app\nA /app/x\nD /app/hello\nC /run\nA /run/.containerenv\nA /.dockerenv\n"
        monkeypatch.setenv("FAKE_DIFF", told)
        with self.docker(state, store).container(Request(name="app", content=sample("true"))) as container:
            assert container.changes() == (Change("/app/hello", "removed"), Change("/app/x", "added"))

    def test_secrets_are_not_on_the_command_line(
        self, state: Path, store: Store, tmp_path: Path, said: list[str]
    ) -> None:
        out = tmp_path / "out"
        code = "import os, pathlib, sys; pathlib.Path(sys.argv[1]).write_text(os.environ['TOKEN'])"
        request = Request(
            name="app",
            content=sample(),
            command=python(code, str(out)),
            env=(("TOKEN", "hunter2 #1"),),
            host_network=True,
        )
        assert run([self.docker(state, store)], request, said) == 0
        assert out.read_text() == "hunter2 #1"
        assert "hunter2" not in (state / "calls").read_text()
        assert "host" in self.calls(state, "create")[0]

    def test_an_engine_without_a_bridge_uses_the_hosts_network(
        self, state: Path, store: Store, said: list[str]
    ) -> None:
        (state / "bridge").unlink()
        request = Request(name="app", content=sample(ExposedPorts={"8080/tcp": {}}), command=python(SCRIPT, "0"))
        assert run([self.docker(state, store)], request, said) == 0
        assert said == ["app runs with docker at http://127.0.0.1:8080"]

    def test_what_does_not_listen_has_neither_port_nor_health_check(
        self, state: Path, store: Store, said: list[str]
    ) -> None:
        content = sample(ExposedPorts={"8080/tcp": {}})
        request = Request(name="app", content=content, command=python(SCRIPT, "0"), listens=False)
        assert run([self.docker(state, store)], request, said) == 0
        created = self.calls(state, "create")[0]
        assert "--publish" not in created
        assert "--no-healthcheck" in created
        assert said == ["app runs with docker"]

    def test_ports_are_published_as_asked(self, state: Path, store: Store, said: list[str]) -> None:
        request = Request(name="app", content=sample(), command=python(SCRIPT, "0"), publish=("0.0.0.0:9000:80",))
        run([self.docker(state, store)], request, said)
        created = self.calls(state, "create")[0]
        assert created[created.index("--publish") + 1] == "0.0.0.0:9000:80"
        assert said == ["app runs with docker at http://127.0.0.1:9000"]

    def test_a_container_that_could_not_be_started_is_told_from_one_that_failed(
        self, state: Path, store: Store, monkeypatch: pytest.MonkeyPatch, said: list[str]
    ) -> None:
        monkeypatch.setenv("BROKEN_START", "1")
        request = Request(name="app", content=sample(), command=python(SCRIPT, "0"))
        with pytest.raises(Unavailable, match="could not start the container"):
            run([self.docker(state, store)], request, said)
        assert (state / "containers").read_text() == "{}"

    def test_an_engine_that_does_not_answer_says_why(
        self, state: Path, store: Store, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("BROKEN_RUNTIME", "1")
        request = Request(name="app", content=sample())
        assert self.docker(state, store).problem(request) == "Cannot connect to the Docker daemon"
        assert EngineRuntime("podman", Runner(), store, no_load).problem(request) == "it is not installed"

    def test_healthy(self, state: Path, store: Store, tmp_path: Path, said: list[str]) -> None:
        ready = tmp_path / "ready"
        serve = "import pathlib, sys, time; pathlib.Path(sys.argv[1]).touch(); time.sleep(600)"
        check = "import pathlib, sys; sys.exit(not pathlib.Path(sys.argv[1]).exists())"
        image = sample(health=python(check, str(ready)))

        def attend(container: Container, process: "subprocess.Popen[bytes]") -> int:
            wait_healthy(container, process, runner=Runner(), timeout=600)
            return 0

        request = Request(name="app", content=image, command=python(serve, str(ready)))
        assert run([self.docker(state, store)], request, said, attend) == 0
        assert (state / "containers").read_text() == "{}"


def test_the_image_for_this_machine_is_chosen() -> None:
    amd64, arm64 = sample("a"), sample("b")
    index = index_of(
        [(Platform(os="linux", architecture="amd64"), amd64), (Platform(os="linux", architecture="arm64"), arm64)]
    )
    request = Request(name="app", content=index)
    assert image_for(request, Platform(os="linux", architecture="arm64")).manifest == arm64.manifest
    with pytest.raises(UsageError, match="s390x"):
        image_for(request, Platform(os="linux", architecture="s390x"))


@pytest.mark.parametrize(
    ("test", "command"),
    [(("CMD", "a", "b"), ["a", "b"]), (("CMD-SHELL", "a || b"), ["/bin/sh", "-c", "a || b"])],
)
def test_health_commands(test: tuple[str, ...], command: list[str]) -> None:
    assert health_command(RunConfig(healthcheck=Health(test=test))) == command


@pytest.mark.parametrize("test", [(), ("NONE",), ("CMD",), ("CMD-SHELL",)])
def test_no_health_check(test: tuple[str, ...]) -> None:
    with pytest.raises(UsageError, match="no health check"):
        health_command(RunConfig(healthcheck=Health(test=test)))


@pytest.mark.parametrize(
    "config",
    [{"Cmd": ["a\0"]}, {"WorkingDir": "/\0"}, {"Healthcheck": {"Test": ["CMD", "\0"]}}, {"Volumes": {"\0": {}}}],
)
def test_a_configuration_that_no_command_line_can_hold_is_refused(config: dict[str, object]) -> None:
    with pytest.raises(VerificationFailed, match="NUL"):
        run_config(an_image({"a": b""}, config=config))


def test_exit_codes_are_those_of_shells() -> None:
    assert (exit_code(3), exit_code(-15)) == (3, 143)


@pytest.mark.parametrize(("name", "expected"), [("Registry.Example/a_b:1", "registry-example-a-b-1"), ("…", "image")])
def test_slugs(name: str, expected: str) -> None:
    assert slug(name) == expected

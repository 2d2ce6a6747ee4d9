"""The embedded engine from end to end, offline: packages and wheels made by hand, uv and this machine's Python real."""

import io
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from tests.support.debmirror import Deb, build_deb
from tests.support.wheels import build_wheel

from lading.assemble.engine import EmbeddedEngine
from lading.assemble.go.command import GoCommand
from lading.assemble.node.tool import NodeTool
from lading.assemble.python.uv import Uv
from lading.assemble.python.wheel_fetch import WheelFetcher
from lading.assemble.python.wheels import Wheel
from lading.assemble.result import BuildReport, Event, Noted
from lading.assemble.stored import StoredIndex, blobs_of, open_stored
from lading.assemble.workshop import Workshop
from lading.digest import Digest, digest_of
from lading.errors import StepFailed, UsageError
from lading.http import Http
from lading.lock.model import DebianPin, PackageSet, Pins
from lading.oci.model import Image
from lading.plan.model import (
    Accounts,
    CopyFromStage,
    CopyTree,
    DebianBase,
    Plan,
    PythonDependencies,
    RuntimeConfig,
    Stage,
)
from lading.proc import Runner
from lading.store import Store
from lading.toolchain.model import ToolPin
from lading.toolchain.uv import find_uv
from lading.tree import FolderTree

PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
BASE = DebianBase(name="distroless", suite="trixie", roots=("tool",), interpreter=f"/usr/bin/python{PYTHON}")


class LocalSources:
    """Packages from memory, uv from this machine: nothing else is needed, and nothing else is there."""

    def __init__(self, folder: Path, store: Store, debs: dict[Digest, bytes]) -> None:
        self._folder = folder
        self._store = store
        self._debs = debs
        self.asked: list[str] = []

    def package(self, pin: DebianPin) -> Path:
        self.asked.append(pin.name)
        path = self._folder / f"{pin.name}.deb"
        path.write_bytes(self._debs[pin.digest])
        return path

    def base_image(self, reference: str, manifest: Digest) -> Image:
        raise AssertionError("no plan here has an image base")

    def wheel(self, wheel: Wheel, project: Path, scratch: Path) -> Path | None:
        return WheelFetcher(Http, {}).fetch(wheel, project, scratch)

    def uv(self, folder: Path, pins: Pins) -> Uv:
        self.asked.append("uv")
        tool = find_uv(runner=Runner(), env={}, store=self._store)
        return Uv(tool.path, Runner(), folder, sys.executable)

    def go(self, least: str, pins: Pins) -> GoCommand:
        raise AssertionError("no plan here has a program in Go")

    def node(self, line: str, pins: Pins) -> NodeTool:
        raise AssertionError("no plan here has a step of Node")

    def tool_wheel(self, pin: ToolPin, scratch: Path) -> Path:
        raise AssertionError("no plan here ships a tool")


class Bench:
    """A project, its packages, and a store."""

    def __init__(self, tmp_path: Path) -> None:
        self.folder = tmp_path / "project"
        self.folder.mkdir()
        self.wheels = tmp_path / "wheels"
        self.wheels.mkdir()
        build_wheel(self.wheels, "greet", scripts={"greet": "greet:main"}, files={"greet/deep.py": b"X = 1\n"})
        build_wheel(self.wheels, "extra", files={"extra/more.py": b"Y = 2\n"})
        (self.folder / "src").mkdir()
        (self.folder / "src/main.py").write_text("import greet\n")
        (self.folder / "src/broken.py").write_text("print 'for another Python'\n")
        (self.folder / "secret.pem").write_text("-")
        self.depend("greet")
        self.store = Store(tmp_path / "store")
        self.tmp_path = tmp_path
        deb = build_deb(Deb(name="tool", files={"usr/bin/tool": b"1", "usr/lib/python3/x.py": b"a = 1\n"}))
        self.debs = {digest_of(deb): deb}
        pin = DebianPin(
            suite="trixie",
            architecture="amd64",
            name="tool",
            version="1.0-1",
            source="tool",
            archive="debian",
            path="pool/main/t/tool/tool_1.0-1_amd64.deb",
            digest=digest_of(deb),
            size=len(deb),
        )
        arm_deb = build_deb(Deb(name="tool", architecture="arm64", files={"usr/bin/tool": b"2"}))
        self.debs[digest_of(arm_deb)] = arm_deb
        arm = msgspec.structs.replace(pin, architecture="arm64", digest=digest_of(arm_deb), size=len(arm_deb))
        names = ("tool",)
        self.pins = Pins(
            debian=(pin, arm),
            sets=tuple(
                PackageSet(suite="trixie", architecture=architecture, roots=names, without=(), names=names)
                for architecture in ("amd64", "arm64")
            ),
        )
        self.sources = LocalSources(tmp_path, self.store, self.debs)
        self.events: list[Event] = []

    def depend(self, *names: str) -> None:
        listed = ", ".join(f'"{name}"' for name in names)
        (self.folder / "pyproject.toml").write_text(
            f'[project]\nname = "svc"\nversion = "1"\nrequires-python = ">=3.11"\ndependencies = [{listed}]\n'
            f'[tool.uv]\nno-index = true\nfind-links = ["{self.wheels}"]\n'
        )
        tool = find_uv(runner=Runner(), env={}, store=Store(self.wheels.parent / "tools"))
        subprocess.run([tool.path, "lock", "-q", "--offline", "--python", sys.executable], cwd=self.folder, check=True)

    def plan(self, *platforms: str) -> Plan:
        return Plan(
            service="svc",
            folder=".",
            context=".",
            image="svc",
            platforms=platforms or ("linux/amd64",),
            stages=(
                Stage(
                    name="build",
                    base=BASE,
                    why="",
                    steps=(
                        PythonDependencies(
                            manager="uv",
                            lock="uv.lock",
                            project="pyproject.toml",
                            python=PYTHON,
                            interpreter=BASE.interpreter,
                            venv="/app/.venv",
                            why="",
                        ),
                    ),
                ),
                Stage(
                    name="runtime",
                    base=BASE,
                    why="",
                    steps=(
                        Accounts(user="nonroot", uid=65532, gid=65532, home="/home/nonroot", why=""),
                        CopyFromStage(stage="build", path="/app/.venv", why=""),
                        CopyTree(
                            source=".",
                            destination="/app",
                            exclude=("*.pem", "uv.lock", "pyproject.toml"),
                            python=PYTHON,
                            why="",
                        ),
                    ),
                ),
            ),
            config=RuntimeConfig(
                user="65532:65532",
                workdir="/app",
                env=(("PATH", "/app/.venv/bin"),),
                entrypoint=("/app/.venv/bin/python",),
                command=("-m", "src.main"),
            ),
            processes=(),
            budget=10_000_000,
        )

    def build(self, plan: Plan | None = None, store: Store | None = None, mtime: int = 0) -> BuildReport:
        with Workshop(
            store=store or self.store,
            sources=self.sources,
            tree=FolderTree(self.folder),
            folder=self.folder,
            listener=self.events.append,
            mtime=mtime,
            jobs=2,
        ) as workshop:
            return EmbeddedEngine(workshop).build_service(plan or self.plan(), self.pins)[1]


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "uv-cache"))
    monkeypatch.setenv("UV_OFFLINE", "1")
    return Bench(tmp_path)


def contents(store: Store, image: Image) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for layer in image.layers:
        with tarfile.open(fileobj=io.BytesIO(b"".join(layer.chunks())), mode="r:gz") as archive:
            for member in archive:
                file = archive.extractfile(member) if member.isfile() else None
                found[member.name] = file.read() if file else b""
    return found


def image_of(bench: Bench, digest: Digest) -> Image:
    image = open_stored(bench.store, digest)
    assert not isinstance(image, StoredIndex)
    return image  # type: ignore[return-value]


def test_an_image_has_base_dependencies_and_application(bench: Bench) -> None:
    report = bench.build()
    assert [layer.title for layer in report.platforms[0].layers] == ["base", "dependencies", "application"]
    image = image_of(bench, report.digest)
    files = contents(bench.store, image)
    site = f"app/.venv/lib/python{PYTHON}/site-packages"
    tag = f"cpython-{PYTHON.replace('.', '')}"
    assert files["app/src/main.py"] == b"import greet\n"
    assert f"app/src/__pycache__/main.{tag}.pyc" in files
    assert f"app/src/__pycache__/broken.{tag}.pyc" not in files
    assert f"{site}/greet/__pycache__/deep.{tag}.pyc" in files
    assert "app/secret.pem" not in files
    assert "app/uv.lock" not in files
    config = msgspec.json.decode(image.config)
    assert config["config"]["User"] == "65532:65532"
    assert config["config"]["Cmd"] == ["-m", "src.main"]
    assert bench.store.image("svc") == report.digest


def test_a_second_build_asks_nobody_and_reuses_all(bench: Bench) -> None:
    first = bench.build()
    bench.sources.asked.clear()
    again = bench.build()
    assert again.digest == first.digest
    assert bench.sources.asked == []
    assert all(step.reused for step in again.steps)


def test_a_changed_line_makes_the_application_and_says_why(bench: Bench) -> None:
    first = bench.build()
    bench.sources.asked.clear()
    (bench.folder / "src/main.py").write_text("import greet  # changed\n")
    second = bench.build()
    assert second.digest != first.digest
    assert bench.sources.asked == []
    reused = {step.step: step.reused for step in second.steps}
    assert reused == {"base": True, "dependencies": True, "application": False}
    (reason,) = next(step.reasons or () for step in second.steps if step.step == "application")
    assert reason.input == "src/main.py"


def test_an_added_dependency_packs_one_wheel(bench: Bench) -> None:
    bench.build()
    bench.depend("greet", "extra")
    report = bench.build()
    step = next(step for step in report.steps if step.step == "dependencies")
    assert (step.made, step.reused) == (1, False)
    assert [(reason.input, reason.before, reason.after) for reason in step.reasons or ()] == [
        ("uv.lock: extra", "", "1.0")
    ]


def test_what_only_uv_can_install_comes_beside_what_is_read(bench: Bench) -> None:
    build_wheel(bench.wheels, "headers", files={"headers-1.0.data/headers/headers.h": b"#define X 1\n"})
    bench.depend("greet", "headers")
    report = bench.build()
    files = contents(bench.store, image_of(bench, report.digest))
    site = f"app/.venv/lib/python{PYTHON}/site-packages"
    assert {f"{site}/greet/deep.py", f"{site}/headers/__init__.py"} <= files.keys()
    assert [data for path, data in files.items() if path.endswith("/headers.h")] == [b"#define X 1\n"]
    (step,) = (step for step in report.steps if step.step == "dependencies")
    assert step.made == 2


def test_other_stores_times_and_umasks_give_the_same_digest(bench: Bench, tmp_path: Path) -> None:
    import os

    first = bench.build()
    elsewhere = tmp_path / "elsewhere" / "deep"
    shutil.copytree(bench.folder, elsewhere)
    for path in elsewhere.rglob("*"):
        os.utime(path, (1, 1))
    bench.folder = elsewhere
    old = os.umask(0o077)
    try:
        second = bench.build(store=Store(tmp_path / "other-store"))
    finally:
        os.umask(old)
    assert second.digest == first.digest


def test_source_date_epoch_is_the_time_of_everything(bench: Bench) -> None:
    report = bench.build(mtime=1_700_000_000)
    image = image_of(bench, report.digest)
    assert msgspec.json.decode(image.config)["created"] == "2023-11-14T22:13:20Z"
    for layer in image.layers:
        with tarfile.open(fileobj=io.BytesIO(b"".join(layer.chunks())), mode="r:gz") as archive:
            assert {member.mtime for member in archive} == {1_700_000_000}


def test_two_platforms_make_an_index(bench: Bench) -> None:
    report = bench.build(bench.plan("linux/amd64", "linux/arm64"))
    index = open_stored(bench.store, report.digest)
    assert isinstance(index, StoredIndex)
    files = {str(descriptor.platform): contents(bench.store, image) for descriptor, image in index.images}
    assert files["linux/amd64"]["usr/bin/tool"] == b"1"
    assert files["linux/arm64"]["usr/bin/tool"] == b"2"
    assert files["linux/arm64"]["app/src/main.py"] == b"import greet\n"


def test_a_lost_blob_is_made_anew(bench: Bench) -> None:
    first = bench.build()
    for digest in blobs_of(bench.store, first.digest):
        bench.store.blob(digest).unlink(missing_ok=True)
    assert bench.build().digest == first.digest
    files = contents(bench.store, image_of(bench, first.digest))
    assert "app/src/main.py" in files


def test_a_truncated_blob_is_made_anew(bench: Bench) -> None:
    first = bench.build()
    for digest in blobs_of(bench.store, first.digest):
        path = bench.store.blob(digest)
        if path.exists() and path.stat().st_size > 20:
            path.write_bytes(path.read_bytes()[:-5])
    again = bench.build()
    assert again.digest == first.digest
    contents(bench.store, image_of(bench, again.digest))


def test_a_base_that_the_lock_lacks_is_told(bench: Bench) -> None:
    bench.pins = Pins()
    with pytest.raises(UsageError, match="the lock does not have the distroless base") as caught:
        bench.build()
    assert caught.value.fix == "lading lock"


def test_two_wheels_with_the_same_file_are_told_and_settled(bench: Bench) -> None:
    build_wheel(bench.wheels, "twin", files={"greet/deep.py": b"X = 'twin'\n"})
    bench.depend("greet", "twin")
    report = bench.build()
    files = contents(bench.store, image_of(bench, report.digest))
    assert files[f"app/.venv/lib/python{PYTHON}/site-packages/greet/deep.py"] == b"X = 'twin'\n"
    assert any(isinstance(event, Noted) and "two places" in event.text for event in bench.events)


def test_a_link_out_of_the_project_is_refused(bench: Bench) -> None:
    (bench.folder / "src/passwd").symlink_to("/etc/passwd")
    with pytest.raises(UsageError, match="leads out"):
        bench.build()


def test_a_file_that_changes_while_it_is_packed_is_noticed(bench: Bench) -> None:
    class Shifting(FolderTree):
        def chunks(self, path: str) -> Iterator[bytes]:
            if path == "src/main.py":
                (self.root / path).write_text("import brand  # same len\n"[:13])
            return super().chunks(path)

    with (
        Workshop(
            store=bench.store,
            sources=bench.sources,
            tree=Shifting(bench.folder),
            folder=bench.folder,
            listener=bench.events.append,
        ) as workshop,
        pytest.raises(StepFailed, match="changed while"),
    ):
        EmbeddedEngine(workshop).build_service(bench.plan(), bench.pins)

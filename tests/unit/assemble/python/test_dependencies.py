import csv
import hashlib
import io
import sys
import tarfile
import tomllib
from base64 import urlsafe_b64encode
from pathlib import Path

import pytest
from tests.support.projects import uv_lock
from tests.support.wheels import build_wheel

from lading.assemble.layers import StoredLayer, compose
from lading.assemble.python.installed import Installed, installed_below
from lading.assemble.python.uv import Uv
from lading.assemble.python.wheel_packer import WheelPacker, point_script
from lading.assemble.python.wheels import Target, Wheel
from lading.assemble.segment import Segment
from lading.digest import digest_of
from lading.errors import StepFailed, VerificationFailed
from lading.plan.model import PythonDependencies
from lading.proc import Runner
from lading.store import Store
from lading.toolchain.uv import find_uv

AMD64 = Target(platform="linux/amd64", python="3.13.5", glibc=41)
SITE = "app/.venv/lib/python3.13/site-packages"


@pytest.fixture
def uv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Uv:
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "uv-cache"))
    monkeypatch.setenv("UV_OFFLINE", "1")
    folder = tmp_path / "project"
    folder.mkdir()
    tool = find_uv(runner=Runner(), env={}, store=Store(tmp_path / "store"))
    return Uv(tool.path, Runner(), folder, sys.executable)


def wheel_of(path: Path, *, digest: str = "") -> Wheel:
    name, version = path.name.split("-")[:2]
    return Wheel(
        name=name,
        version=version,
        filename=path.name,
        url=path.as_uri(),
        digest=digest or digest_of(path.read_bytes()),  # type: ignore[arg-type]
        size=path.stat().st_size,
        index="",
    )


def install(uv: Uv, tmp_path: Path, *wheels: Wheel) -> dict[str, Installed]:
    prefix = tmp_path / "install" / "prefix"
    prefix.mkdir(parents=True)
    uv.install(wheels, AMD64, prefix)
    return installed_below(prefix)


def packer(tmp_path: Path) -> WheelPacker:
    return WheelPacker(
        Store(tmp_path / "store"),
        venv="/app/.venv",
        target=AMD64,
        compression="gzip",
        mtime=0,
        compiler=None,
        bytecode="",
    )


def unpack(tmp_path: Path, segment: Segment) -> dict[str, tuple[tarfile.TarInfo, bytes]]:
    store = Store(tmp_path / "store")
    record = compose(store, "dependencies", [segment], compression="gzip", mtime=0)
    found = {}
    with tarfile.open(fileobj=io.BytesIO(b"".join(StoredLayer(store, record).chunks())), mode="r:gz") as archive:
        for member in archive:
            file = archive.extractfile(member) if member.isfile() else None
            found[member.name] = (member, file.read() if file else b"")
    return found


def test_a_wheel_is_laid_out_as_in_the_image_with_scripts_and_a_true_record(uv: Uv, tmp_path: Path) -> None:
    path = build_wheel(tmp_path, "tool", scripts={"tool": "tool:main"}, files={"tool/data.txt": b"x"})
    wheel = wheel_of(path)
    installed = install(uv, tmp_path, wheel)["tool"]
    segment = packer(tmp_path).pack(installed, wheel.digest)
    found = unpack(tmp_path, segment)
    script, data = found["app/.venv/bin/tool"]
    assert script.mode == 0o755
    assert data.startswith(b"#!/app/.venv/bin/python\n")
    assert str(tmp_path).encode() not in data
    assert f"{SITE}/tool/data.txt" in found
    for name, digest, size in csv.reader(found[f"{SITE}/tool-1.0.dist-info/RECORD"][1].decode().splitlines()):
        if not digest:
            continue
        target = "app/.venv/bin/tool" if name.startswith("../") else f"{SITE}/{name}"
        body = found[target][1]
        assert digest == "sha256=" + urlsafe_b64encode(hashlib.sha256(body).digest()).rstrip(b"=").decode()
        assert int(size) == len(body)
    assert packer(tmp_path).known(wheel.digest) == segment


@pytest.mark.parametrize(("groups", "expected"), [((), {"main"}), (("dev",), {"main", "tool"})])
def test_no_group_is_installed_that_was_not_asked_for(
    groups: tuple[str, ...], expected: set[str], uv: Uv, tmp_path: Path
) -> None:
    folder = tmp_path / "project"
    project = '[project]\nname = "x"\nversion = "1"\nrequires-python = ">=3.11"\ndependencies = ["main"]\n'
    named = '[dependency-groups]\ndev = ["tool"]\ndocs = ["pages"]\n[tool.uv]\ndefault-groups = ["dev", "docs"]\n'
    (folder / "pyproject.toml").write_text(project + named)
    lock = uv_lock("main", name="x", groups={"dev": ["tool"], "docs": ["pages"]})
    for name in ("main", "tool", "pages"):
        wheel = f'url = "https://packages.example/{name}-1.0-py3-none-any.whl", hash = "sha256:{"0" * 64}", size = 1'
        source = 'source = { registry = "https://packages.example/simple" }'
        head = f'[[package]]\nname = "{name}"\nversion = "1.0"\n{source}\n'
        lock = lock.replace(head, f"{head}wheels = [{{ {wheel} }}]\n")
    (folder / "uv.lock").write_text(lock)
    step = PythonDependencies(
        manager="uv", lock="uv.lock", project="pyproject.toml", python="3.13", interpreter="/usr/bin/python3.13",
        venv="/app/.venv", groups=groups, why="",
    )  # fmt: skip
    assert {package["name"] for package in tomllib.loads(uv.export(step))["packages"]} == expected


def test_a_tampered_wheel_is_refused_by_name(uv: Uv, tmp_path: Path) -> None:
    path = build_wheel(tmp_path, "tool")
    wheel = wheel_of(path)
    build_wheel(tmp_path, "tool", files={"tool/backdoor.py": b"import os"})
    with pytest.raises(VerificationFailed, match="tool"):
        install(uv, tmp_path, wheel)


def test_a_wheel_that_cannot_be_had_is_one_clear_error(uv: Uv, tmp_path: Path) -> None:
    path = build_wheel(tmp_path, "tool")
    wheel = wheel_of(path)
    path.unlink()
    with pytest.raises(StepFailed, match="tool"):
        install(uv, tmp_path, wheel)


def test_a_record_that_leaves_the_environment_is_refused(uv: Uv, tmp_path: Path) -> None:
    path = build_wheel(tmp_path, "tool")
    wheel = wheel_of(path)
    installed = install(uv, tmp_path, wheel)["tool"]
    record = tmp_path / "install/prefix/lib" / next((tmp_path / "install/prefix/lib").iterdir()).name / "site-packages"
    record_file = record / "tool-1.0.dist-info/RECORD"
    record_file.write_text(record_file.read_text() + "../../../../../../etc/passwd,,\n")
    installed = Installed(record, "tool-1.0.dist-info")
    with pytest.raises(VerificationFailed, match="outside the environment"):
        packer(tmp_path).pack(installed, wheel.digest)


def test_the_environment_points_at_the_images_python(tmp_path: Path) -> None:
    found = unpack(tmp_path, packer(tmp_path).environment("/usr/bin/python3.13"))
    assert found["app/.venv/bin/python"][0].linkname == "/usr/bin/python3.13"
    assert found["app/.venv/bin/python3.13"][0].linkname == "python"
    assert found["app/.venv/pyvenv.cfg"][1].decode().splitlines() == [
        "home = /usr/bin",
        "implementation = CPython",
        f"version_info = {AMD64.minor}",
        "include-system-site-packages = false",
    ]
    assert found[SITE][0].isdir()


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        (b"#!/host/python3\nimport x\n", b"#!/new/python\nimport x\n"),
        (b"#!/bin/sh\n'''exec' '/very long/python' \"$0\" \"$@\"\n' '''\nimport x\n", b"#!/new/python\nimport x\n"),
        (b"#!/bin/sh\necho hi\n", b"#!/bin/sh\necho hi\n"),
        (b"\x7fELF", b"\x7fELF"),
    ],
)
def test_scripts_point_at_the_images_python(script: bytes, expected: bytes) -> None:
    assert point_script(script, b"/new/python") == expected

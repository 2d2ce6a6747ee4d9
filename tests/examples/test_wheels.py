"""Real wheels, read and installed: both ways make the same segment."""

import sys
import tomllib
from pathlib import Path

from tests.examples.test_riskshield import project
from uv import find_uv_bin

from lading.assemble.python.installed import installed_below
from lading.assemble.python.uv import Uv
from lading.assemble.python.wheel_archive import WheelArchive, opened
from lading.assemble.python.wheel_fetch import WheelFetcher
from lading.assemble.python.wheel_packer import WheelPacker
from lading.assemble.python.wheels import Target, Wheel, choose
from lading.assemble.segment import Segment
from lading.http import Http
from lading.plan.model import PythonDependencies
from lading.proc import Runner
from lading.store import Store

__all__ = ["project"]

TARGET = Target(platform="linux/arm64", python="3.13.5", glibc=41)


def test_every_wheel_is_laid_out_as_uv_lays_it_out(project: Path, tmp_path: Path) -> None:
    uv = Uv(Path(find_uv_bin()), Runner(), project, sys.executable)
    step = PythonDependencies(
        manager="uv", lock="uv.lock", project="pyproject.toml", python="3.13", interpreter="/usr/bin/python3.13",
        venv="/app/.venv", why="",
    )  # fmt: skip
    chosen = choose(tomllib.loads(uv.export(step))["packages"], TARGET, where="uv.lock")
    wheels = [one for one in chosen if isinstance(one, Wheel)]
    assert len(wheels) == len(chosen)
    prefix = tmp_path / "uv" / "prefix"
    prefix.mkdir(parents=True)
    uv.install(wheels, TARGET, prefix)
    installed = installed_below(prefix)
    http = Http()
    fetcher = WheelFetcher(lambda: http, {})
    by_uv, by_us = packer(tmp_path / "by-uv"), packer(tmp_path / "by-us")
    different: list[str] = []
    try:
        for wheel in wheels:
            path = fetcher.fetch(wheel, project, tmp_path)
            assert path is not None, f"{wheel.filename} is left to uv"
            with opened(path) as file:
                read: Segment = by_us.pack(WheelArchive(file, name=wheel.name, version=wheel.version), wheel.digest)
            if read != by_uv.pack(installed[wheel.name], wheel.digest):
                different.append(wheel.filename)
    finally:
        http.close()
    assert len(wheels) > 30
    assert different == []


def packer(folder: Path) -> WheelPacker:
    return WheelPacker(
        Store(folder), venv="/app/.venv", target=TARGET, compression="gzip", mtime=0, compiler=None, bytecode=""
    )

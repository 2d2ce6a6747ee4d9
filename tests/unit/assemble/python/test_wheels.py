from pathlib import Path
from typing import Any

import pytest

from lading.assemble.python.wheels import Target, choose_wheels, install_list
from lading.errors import LadingError, Problems, StepFailed, VerificationFailed

AMD64 = Target(platform="linux/amd64", python="3.13.5", glibc=41)
ARM64 = Target(platform="linux/arm64", python="3.13.5", glibc=41)
INDEX = "https://packages.example/simple"


def package(name: str, *filenames: str, **more: Any) -> dict[str, Any]:
    wheels = [
        {"url": f"https://packages.example/{file}", "size": 10, "hashes": {"sha256": f"{number:064x}"}}
        for number, file in enumerate(filenames)
    ]
    return {"name": name, "version": "1.0", "index": INDEX, "wheels": wheels, **more}


def chosen(target: Target, *packages: dict[str, Any]) -> list[str]:
    return [wheel.filename for wheel in choose_wheels({"packages": packages}, target, where="uv.lock")]


ALL = package(
    "fast",
    "fast-1.0-py3-none-any.whl",
    "fast-1.0-cp313-cp313-manylinux_2_17_x86_64.manylinux2014_x86_64.whl",
    "fast-1.0-cp313-cp313-manylinux_2_28_x86_64.whl",
    "fast-1.0-cp313-cp313-manylinux_2_17_aarch64.whl",
    "fast-1.0-cp313-cp313-musllinux_1_2_x86_64.whl",
    "fast-1.0-cp312-cp312-manylinux_2_28_x86_64.whl",
    "fast-1.0-cp313-cp313-macosx_11_0_arm64.whl",
)


def test_the_best_wheel_of_the_target_is_chosen() -> None:
    assert chosen(AMD64, ALL) == ["fast-1.0-cp313-cp313-manylinux_2_28_x86_64.whl"]
    assert chosen(ARM64, ALL) == ["fast-1.0-cp313-cp313-manylinux_2_17_aarch64.whl"]


def test_an_older_glibc_gets_an_older_wheel() -> None:
    assert chosen(Target(platform="linux/amd64", python="3.13.5", glibc=17), ALL) == [
        "fast-1.0-cp313-cp313-manylinux_2_17_x86_64.manylinux2014_x86_64.whl"
    ]


def test_a_stable_abi_wheel_of_an_older_python_serves() -> None:
    assert chosen(AMD64, package("abi", "abi-1.0-cp39-abi3-manylinux2014_x86_64.whl")) == [
        "abi-1.0-cp39-abi3-manylinux2014_x86_64.whl"
    ]


def test_markers_are_judged_for_the_target() -> None:
    windows = package("colorama", "colorama-1.0-py3-none-any.whl", marker="sys_platform == 'win32'")
    old = package("tomli", "tomli-1.0-py3-none-any.whl", marker="python_full_version < '3.11'")
    arm = package("neon", "neon-1.0-py3-none-any.whl", marker="platform_machine == 'aarch64'")
    assert chosen(AMD64, windows, old, arm) == []
    assert chosen(ARM64, windows, old, arm) == ["neon-1.0-py3-none-any.whl"]


def test_every_package_without_a_wheel_is_named_with_a_way_out() -> None:
    source_only = package("legacy")
    other = package("mac", "mac-1.0-cp313-cp313-macosx_11_0_arm64.whl")
    with pytest.raises(Problems) as caught:
        chosen(AMD64, source_only, other)
    text = str(caught.value)
    assert "legacy 1.0 has no wheel for Python 3.13 on linux/amd64 (its lock has a source distribution only)" in text
    assert "mac 1.0 has no wheel for Python 3.13 on linux/amd64" in text
    assert "uv add" in text
    assert caught.value.exit_code == 3


@pytest.mark.parametrize("kind", ["vcs", "directory", "archive"])
def test_other_sources_are_named(kind: str) -> None:
    with pytest.raises(StepFailed, match=f"comes from a {kind} source"):
        chosen(AMD64, {"name": "x", "version": "1", kind: {"url": "git@host.example:x"}})


@pytest.mark.parametrize(
    "broken",
    [
        {"name": "../../etc", "version": "1"},
        {"name": "x", "version": "1\n[[packages]]"},
        package("x", "x-1.0-py3-none-any.whl")
        | {"wheels": [{"url": "https://packages.example/x-1.0-py3-none-any.whl", "hashes": {"sha256": "zz"}}]},
    ],
)
def test_a_hostile_lock_is_refused(broken: dict[str, Any]) -> None:
    with pytest.raises(LadingError) as caught:
        chosen(AMD64, broken)
    assert isinstance(caught.value, StepFailed | VerificationFailed)


def test_the_install_list_is_toml_that_says_the_same() -> None:
    import tomllib

    nasty = package("x", "x-1.0-py3-none-any.whl")
    nasty["wheels"][0]["url"] = 'https://packages.example/a"b\\c/x-1.0-py3-none-any.whl'
    (wheel,) = choose_wheels({"packages": [nasty]}, AMD64, where="uv.lock")
    (read,) = tomllib.loads(install_list([wheel], Path("/project")))["packages"]
    assert read["wheels"][0]["url"] == wheel.url
    assert read["wheels"][0]["hashes"]["sha256"] == wheel.digest.removeprefix("sha256:")
    assert (read["name"], read["version"], read["index"]) == ("x", "1.0", INDEX)

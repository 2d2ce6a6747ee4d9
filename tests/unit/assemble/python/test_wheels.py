from pathlib import Path
from typing import Any

import pytest

from lading.assemble.python.wheels import Checkout, Sdist, Target, Wheel, choose, install_list
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
    found = choose(packages, target, where="uv.lock")
    return [one.filename for one in found if not isinstance(one, Checkout)]


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
    nothing = package("legacy")
    other = package("mac", "mac-1.0-cp313-cp313-macosx_11_0_arm64.whl")
    with pytest.raises(Problems) as caught:
        chosen(AMD64, nothing, other)
    text = str(caught.value)
    assert "legacy 1.0 has no wheel for Python 3.13 on linux/amd64, and no source distribution" in text
    assert "mac 1.0 has no wheel for Python 3.13 on linux/amd64" in text
    assert "leave linux/amd64 out" in text
    assert caught.value.exit_code == 3


def test_a_source_distribution_is_what_is_left_where_no_wheel_fits() -> None:
    sdist = {"url": "https://packages.example/mac-1.0.tar.gz", "size": 3, "hashes": {"sha256": "a" * 64}}
    (found,) = choose(
        [package("mac", "mac-1.0-cp313-cp313-macosx_11_0_arm64.whl", sdist=sdist)], AMD64, where="uv.lock"
    )
    assert isinstance(found, Sdist)
    assert (found.filename, found.digest, found.size) == ("mac-1.0.tar.gz", "sha256:" + "a" * 64, 3)


def git(url: str = "https://git.example/x.git", commit: str = "a" * 40, **more: str) -> dict[str, Any]:
    return {"name": "X", "version": "1", "vcs": {"type": "git", "url": url, "commit-id": commit, **more}}


def test_a_commit_of_git_is_a_choice_without_credentials() -> None:
    (found,) = choose([git("https://user:secret@git.example/x.git", subdirectory="lib")], AMD64, where="uv.lock")
    assert isinstance(found, Checkout)
    assert (found.name, found.url, found.subfolder) == ("x", "https://git.example/x.git", "lib")
    (other,) = choose([git(commit="b" * 40)], AMD64, where="uv.lock")
    assert isinstance(other, Checkout)
    assert found.digest != other.digest


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        (git(commit="main"), "not from one commit of git"),
        (git(type="hg"), "not from one commit of git"),
        ({"name": "x", "version": "1", "directory": {"path": "../x"}}, "no project of this repository"),
        ({"name": "x", "archive": {"url": "https://packages.example/x-1-py3-none-any.whl"}}, "without a hash"),
    ],
)
def test_places_that_are_not_followed_are_named(entry: dict[str, Any], told: str) -> None:
    with pytest.raises(StepFailed, match=told):
        chosen(AMD64, entry)


def test_a_wheel_at_an_address_of_its_own_is_a_wheel() -> None:
    archive = {"url": "https://packages.example/x-1.5-py3-none-any.whl", "hashes": {"sha256": "c" * 64}}
    (found,) = choose([{"name": "x", "archive": archive}], AMD64, where="uv.lock")
    assert isinstance(found, Wheel)
    assert (found.version, found.filename) == ("1.5", "x-1.5-py3-none-any.whl")


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
    (wheel,) = choose([nasty], AMD64, where="uv.lock")
    assert isinstance(wheel, Wheel)
    (read,) = tomllib.loads(install_list([wheel], Path("/project")))["packages"]
    assert read["wheels"][0]["url"] == wheel.url
    assert read["wheels"][0]["hashes"]["sha256"] == wheel.digest.removeprefix("sha256:")
    assert (read["name"], read["version"], read["index"]) == ("x", "1.0", INDEX)

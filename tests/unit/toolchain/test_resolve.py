"""Resolving through the real uv, over a folder of wheels made by hand."""

from pathlib import Path

import pytest
from tests.unit.toolchain.wheelhouse import Wheelhouse

from lading.digest import digest_of
from lading.errors import RemoteFailed, StepFailed
from lading.proc import Runner
from lading.toolchain.model import Release, Tool, Wheel
from lading.toolchain.resolve import pin_tool, releases_of, resolve, wheel_for
from lading.toolchain.uv import own_uv

SHA = "5" * 64
DIGEST = digest_of(b"")


@pytest.fixture
def wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Wheelhouse:
    house = Wheelhouse(tmp_path / "wheels")
    house.use(monkeypatch)
    return house


@pytest.fixture
def uv() -> Tool:
    path = own_uv()
    assert path, "the development environment has uv"
    return Tool(path, "")


def test_the_newest_release_and_what_it_needs_with_every_wheel_of_each(
    wheels: Wheelhouse, uv: Tool, tmp_path: Path
) -> None:
    wheels.add("maker", "1.0")
    maker = wheels.add("maker", "2.0", requires=["carrier>=1", "for-windows; sys_platform == 'win32'"])
    amd64 = wheels.add("carrier", "1.2", "py3-none-manylinux_2_17_x86_64")
    arm64 = wheels.add("carrier", "1.2", "py3-none-manylinux_2_28_aarch64")
    wheels.add("for-windows", "1.0")
    assert resolve(["maker>=1"], uv=uv, runner=Runner(), cwd=tmp_path, python="3.13") == (
        Release(
            "carrier",
            "1.2",
            (
                Wheel("carrier-1.2-py3-none-manylinux_2_17_x86_64.whl", amd64),
                Wheel("carrier-1.2-py3-none-manylinux_2_28_aarch64.whl", arm64),
            ),
        ),
        Release("maker", "2.0", (Wheel("maker-2.0-py3-none-any.whl", maker),)),
    )


def test_it_follows_the_python_that_is_asked_for(wheels: Wheelhouse, uv: Tool, tmp_path: Path) -> None:
    wheels.add("maker", "2.0", requires=["backport; python_version < '3.12'"])
    wheels.add("backport", "1.0")
    names = [
        [release.name for release in resolve(["maker"], uv=uv, runner=Runner(), cwd=tmp_path, python=python)]
        for python in ("3.11", "3.13")
    ]
    assert names == [["backport", "maker"], ["maker"]]


def test_the_projects_own_settings_count(wheels: Wheelhouse, uv: Tool, tmp_path: Path) -> None:
    wheels.add("maker", "1.0")
    wheels.add("maker", "2.0")
    (tmp_path / "pyproject.toml").write_text(
        '[project]\nname = "x"\nversion = "1"\n[tool.uv]\nconstraint-dependencies = ["maker<2"]\n'
    )
    found = resolve(["maker"], uv=uv, runner=Runner(), cwd=tmp_path, python="3.13")
    assert [release.version for release in found] == ["1.0"]


def test_a_requirement_that_nothing_fits_is_told_with_uvs_words(wheels: Wheelhouse, uv: Tool, tmp_path: Path) -> None:
    wheels.add("maker", "1.0")
    with pytest.raises(
        StepFailed, match=r"(?s)nothing in the package index fits maker>3 on Python 3\.13.*maker"
    ) as caught:
        resolve(["maker>3"], uv=uv, runner=Runner(), cwd=tmp_path, python="3.13")
    assert caught.value.exit_code == 3


def test_an_index_that_does_not_answer_is_a_failure_of_the_remote(
    uv: Tool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UV_DEFAULT_INDEX", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "cache"))
    with pytest.raises(RemoteFailed, match="the package index could not be asked for maker"):
        resolve(["maker"], uv=uv, runner=Runner(), cwd=tmp_path, python="3.13")


def test_a_tool_is_pinned_in_one_version_for_each_platform_that_has_a_wheel(
    wheels: Wheelhouse, uv: Tool, tmp_path: Path
) -> None:
    wheels.add("carrier", "1.3", "py3-none-musllinux_1_1_x86_64")
    digests = {
        tag: wheels.add("carrier", "1.2", f"py3-none-{tag}")
        for tag in (
            "manylinux_2_17_aarch64.manylinux2014_aarch64.musllinux_1_1_aarch64",
            "manylinux_2_28_aarch64",
            "manylinux_2_17_x86_64.manylinux2014_x86_64",
            "musllinux_1_1_x86_64",
            "macosx_11_0_arm64",
            "win_amd64",
        )
    }
    pins = pin_tool("carrier", requirement="carrier<1.3", uv=uv, runner=Runner(), cwd=tmp_path)
    assert {pin.platform: pin.digest for pin in pins} == {
        "linux/amd64": digests["manylinux_2_17_x86_64.manylinux2014_x86_64"],
        "linux/arm64": digests["manylinux_2_17_aarch64.manylinux2014_aarch64.musllinux_1_1_aarch64"],
        "darwin/arm64": digests["macosx_11_0_arm64"],
    }
    assert {(pin.name, pin.version) for pin in pins} == {("carrier", "1.2")}
    with pytest.raises(StepFailed, match="nothing in the package index fits carrier>2") as caught:
        pin_tool("carrier", requirement="carrier>2", uv=uv, runner=Runner(), cwd=tmp_path)
    assert caught.value.fix == "let the package index offer carrier: builds use it"
    with pytest.raises(StepFailed, match="no release of carrier has a wheel for linux/amd64"):
        pin_tool("carrier", requirement="carrier", uv=uv, runner=Runner(), cwd=tmp_path, platforms=("linux/amd64",))


@pytest.mark.parametrize(
    ("platform", "expected"),
    [
        ("linux/amd64", "t-1-py3-none-manylinux_2_17_x86_64.whl"),
        ("darwin/amd64", "t-1-py3-none-macosx_10_12_universal2.whl"),
    ],
)
def test_of_several_wheels_the_one_that_asks_least_of_the_system(platform: str, expected: str) -> None:
    names = (
        "t-1-py3-none-macosx_10_12_universal2.whl",
        "t-1-py3-none-macosx_11_0_x86_64.whl",
        "t-1-py3-none-manylinux_2_17_x86_64.whl",
        "t-1-py3-none-manylinux_2_5_i686.whl",
        "t-1-py3-none-manylinux_2_28_x86_64.whl",
        "t-1-py3-none-musllinux_1_1_x86_64.whl",
        "not a wheel.whl",
    )
    wheel = wheel_for(Release("t", "1", tuple(Wheel(name, DIGEST) for name in names)), platform)
    assert wheel
    assert wheel.filename == expected


def pylock(package: str) -> str:
    return f'lock-version = "1.0"\n[[packages]]\n{package}\n'


def test_file_names_come_from_the_name_or_from_the_end_of_the_address() -> None:
    hashes = f'hashes = {{ sha256 = "{SHA}" }}'
    text = pylock(
        'name = "A_b"\nversion = "1"\nwheels = ['
        f'{{ name = "a_b-1-py3-none-any.whl", url = "https://packages.example/x", {hashes} }},'
        f'{{ url = "https://packages.example/x/a_b-1%2Blocal-py3-none-any.whl#sha256=0", {hashes} }},'
        f'{{ path = "../wheels/a_b-1-cp313-none-any.whl", {hashes} }}]'
    )
    (release,) = releases_of(text, python="3.13")
    assert release.name == "a-b"
    assert [wheel.filename for wheel in release.wheels] == [
        "a_b-1+local-py3-none-any.whl",
        "a_b-1-cp313-none-any.whl",
        "a_b-1-py3-none-any.whl",
    ]
    assert "example" not in repr(release)


def test_a_release_for_one_of_the_architectures_counts() -> None:
    wheel = f'wheels = [{{ url = "https://packages.example/x-1-py3-none-any.whl", hashes = {{ sha256 = "{SHA}" }} }}]'
    for marker, count in (("platform_machine == 'aarch64'", 1), ("platform_machine == 'riscv64'", 0)):
        text = pylock(f'name = "x"\nversion = "1"\nmarker = "{marker}"\n{wheel}')
        assert len(releases_of(text, python="3.13")) == count


@pytest.mark.parametrize(
    ("package", "told"),
    [
        ('name = "x"\nversion = "1"\nsdist = { url = "https://packages.example/x-1.tar.gz" }', "x 1 has no wheel"),
        (
            'name = "x"\nversion = "1"\nwheels = [{ name = "x-1-py3-none-any.whl", hashes = {} }]',
            "the index gives no SHA-256 for x-1-py3-none-any.whl",
        ),
        ('name = "x"\nversion = "1"\nmarker = "nonsense >"\nwheels = []', "a marker that cannot be read"),
        ("name = ", "uv gave no readable pylock.toml"),
    ],
)
def test_what_cannot_be_pinned_is_named(package: str, told: str) -> None:
    with pytest.raises(StepFailed, match=told):
        releases_of(pylock(package), python="3.13")

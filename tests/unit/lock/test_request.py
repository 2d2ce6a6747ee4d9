"""What plans ask of a lock."""

import pytest
from tests.unit.lock.samples import small_lock

from lading.errors import UsageError
from lading.lock.model import BuildSet, PackageSet, Pins
from lading.lock.request import (
    BaseRequest,
    ImageRequest,
    LockRequest,
    compiler_base,
    joined,
    on_known_platforms,
    request_of,
    request_of_pins,
)
from lading.plan.model import (
    Base,
    CopyTree,
    DebianBase,
    ImageBase,
    Plan,
    PythonDependencies,
    PythonProject,
    RuntimeConfig,
    Stage,
    Step,
)

DISTROLESS = DebianBase(name="distroless", suite="trixie", roots=("tzdata", "libc6"), without=("debconf",))
PYTHON_IMAGE = ImageBase(reference="python:3.13-slim", interpreter="/usr/local/bin/python3.13")


def plan(
    *bases: Base,
    platforms: tuple[str, ...] = ("linux/amd64",),
    steps: tuple[Step, ...] = (),
    folder: str = ".",
) -> Plan:
    return Plan(
        service="api",
        folder=folder,
        context=folder,
        image="api",
        platforms=platforms,
        stages=tuple(
            Stage(name=f"s{number}", base=base, steps=steps if number == 0 else (), why="")
            for number, base in enumerate(bases)
        ),
        config=RuntimeConfig(user="1:1", workdir="/app", env=(), entrypoint=(), command=()),
        processes=(),
    )


def project(*requires: str, python: str = "3.13") -> PythonProject:
    return PythonProject(
        project="pyproject.toml",
        python=python,
        interpreter="/usr/bin/python3.13",
        venv="/app/.venv",
        build_requires=requires,
        why="",
    )


def dependencies(python: str) -> PythonDependencies:
    return PythonDependencies(
        manager="uv",
        lock="uv.lock",
        project="pyproject.toml",
        python=python,
        interpreter="/usr/local/bin/python3",
        venv="/app/.venv",
        why="",
    )


def test_only_the_tools_that_steps_use_are_pinned() -> None:
    assert request_of([plan(DISTROLESS)]).tools == ()
    assert request_of([plan(DISTROLESS), plan(DISTROLESS, steps=(project("hatchling"),))]).tools == ("uv",)


def test_the_bases_of_all_stages_on_all_platforms_once_each_with_their_roots_sorted() -> None:
    plans = [plan(DISTROLESS, DISTROLESS, platforms=("linux/arm64", "linux/amd64")), plan(DISTROLESS)]
    assert request_of(plans) == LockRequest(
        bases=tuple(
            BaseRequest(suite="trixie", architecture=of, roots=("libc6", "tzdata"), without=("debconf",))
            for of in ("amd64", "arm64")
        ),
    )


def test_an_image_with_a_python_also_asks_for_debians_own_of_the_same_minor() -> None:
    request = request_of([plan(PYTHON_IMAGE, steps=(dependencies("3.13"),))])
    assert request.images == (ImageRequest(reference="python:3.13-slim", platform="linux/amd64"),)
    assert [(base.suite, base.architecture) for base in request.bases] == [("trixie", "amd64")]
    wanted = compiler_base("3.13")
    assert wanted
    assert request.bases[0].roots == tuple(sorted(wanted.roots))


@pytest.mark.parametrize(
    "plans",
    [
        plan(PYTHON_IMAGE, steps=(dependencies("3.12"),)),
        plan(PYTHON_IMAGE),
        plan(ImageBase(reference="alpine:3.22"), steps=(dependencies("3.13"),)),
        plan(PYTHON_IMAGE, steps=(CopyTree(source=".", destination="/app", why=""),)),
    ],
)
def test_no_debian_base_where_debian_has_no_such_python_or_the_image_has_none(plans: Plan) -> None:
    request = request_of([plans])
    assert request.bases == ()
    assert len(request.images) == 1


def test_pythons_that_debian_has() -> None:
    bases = {python: compiler_base(python) for python in ("3.11", "3.12", "3.13", "")}
    assert {python: base and base.suite for python, base in bases.items()} == {
        "3.11": "bookworm",
        "3.12": None,
        "3.13": "trixie",
        "": None,
    }


def test_build_requirements_are_named_from_the_repositorys_root_and_written_one_way() -> None:
    plans = [
        plan(DISTROLESS, steps=(project("wheel", " hatchling  >= 1.27", "wheel"),), folder="services/api"),
        plan(DISTROLESS, steps=(project("hatchling"),)),
        plan(DISTROLESS, steps=(project(),), folder="services/none"),
    ]
    assert request_of(plans).builds == (
        BuildSet(project="pyproject.toml", python="3.13", requires=("hatchling",)),
        BuildSet(project="services/api/pyproject.toml", python="3.13", requires=("hatchling >= 1.27", "wheel")),
    )


def test_a_build_requirement_that_is_an_address_cannot_be_pinned() -> None:
    with pytest.raises(UsageError, match=r"cannot be pinned: 'x @ https://packages\.example/x\.whl'") as caught:
        request_of([plan(DISTROLESS, steps=(project("x @ https://packages.example/x.whl"),), folder="api")])
    assert caught.value.where == "api/pyproject.toml › build-system.requires"


def test_a_platform_that_no_base_is_assembled_for_is_told_with_those_that_are() -> None:
    with pytest.raises(UsageError, match="the base distroless cannot be assembled for linux/riscv64") as caught:
        request_of([plan(DISTROLESS, platforms=("linux/riscv64",))])
    assert "linux/amd64, linux/arm64" in caught.value.fix
    assert request_of([plan(ImageBase(reference="x:1"), platforms=("linux/riscv64",))]).images[0].platform


def test_nothing_is_asked_for_nothing() -> None:
    assert request_of([]) == LockRequest()


def test_a_lock_tells_what_it_was_made_for() -> None:
    request = request_of_pins(small_lock())
    assert [(base.architecture, base.roots) for base in request.bases] == [
        ("amd64", ("libc6", "tzdata")),
        ("arm64", ("libc6", "tzdata")),
    ]
    assert request.tools == ("uv",)
    assert [image.platform for image in request.images] == ["linux/arm64"]
    assert request.builds == small_lock().build_sets


def test_joined_requests_ask_for_all_of_it_and_for_a_projects_newest_requirements() -> None:
    old = request_of_pins(
        Pins(
            sets=(PackageSet(suite="bookworm", architecture="amd64", roots=("a1",), without=(), names=("a1",)),),
            build_sets=(
                BuildSet(project="a/pyproject.toml", python="3.13", requires=("old",)),
                BuildSet(project="b/pyproject.toml", python="3.13", requires=("kept",)),
            ),
        )
    )
    new = request_of([plan(DISTROLESS, steps=(project("new"),), folder="a")])
    both = joined([old, new])
    assert [base.suite for base in both.bases] == ["bookworm", "trixie"]
    assert [build.requires for build in both.builds] == [("new",), ("kept",)]
    assert joined([both, both]) == both


def test_platforms_that_a_lock_has_are_kept_for_the_releases_and_images_that_are_still_asked_for() -> None:
    image = "registry.example:5000/team/python:3.13-slim"
    request = LockRequest(
        bases=(
            BaseRequest(suite="trixie", architecture="amd64", roots=("new",), without=()),
            BaseRequest(suite="bookworm", architecture="amd64", roots=("new",), without=()),
        ),
        images=(
            ImageRequest(reference=image, platform="linux/amd64"),
            ImageRequest(reference="other:1", platform="linux/amd64"),
        ),
    )
    kept = on_known_platforms(request, small_lock())
    assert [(base.suite, base.architecture) for base in kept.bases] == [
        ("bookworm", "amd64"),
        ("trixie", "amd64"),
        ("trixie", "arm64"),
    ]
    assert [(found.reference, found.platform) for found in kept.images] == [
        ("other:1", "linux/amd64"),
        (image, "linux/amd64"),
        (image, "linux/arm64"),
    ]
    assert on_known_platforms(LockRequest(), small_lock()) == LockRequest()

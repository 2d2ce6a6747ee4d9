"""`lading.lock` as text: what is written is read, and what is not as it must be is refused with its line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.lock.samples import locks, small_lock

from lading.errors import Problems, UsageError
from lading.lock.file import read_lock, write_lock
from lading.lock.model import Pins, sorted_pins

DIGEST = "sha256:" + "0" * 64
DEB = f"deb trixie libc6 amd64 2.41-12 glibc debian pool/main/g/glibc/libc6_2.41-12_amd64.deb 2846664 {DIGEST}"
BASE = "base trixie amd64\n  roots libc6\n  packages libc6"


def problems(text: str) -> list[str]:
    """What is said of a lock that is refused, a line for each problem."""
    with pytest.raises((UsageError, Problems)) as caught:
        read_lock(text, "lading.lock")
    found = caught.value.problems if isinstance(caught.value, Problems) else (caught.value,)
    assert all(problem.fix and problem.exit_code == 2 for problem in found)
    return [f"{problem.where} {problem.what}" for problem in found]


@given(locks())
def test_what_is_written_is_read(pins: Pins) -> None:
    assert read_lock(write_lock(pins), "lading.lock") == pins


@given(locks())
def test_the_text_does_not_depend_on_the_order_of_pins(pins: Pins) -> None:
    shuffled = Pins(
        debian=tuple(reversed(pins.debian)),
        sets=tuple(reversed(pins.sets)),
        tools=tuple(reversed(pins.tools)),
        build=tuple(reversed(pins.build)),
        build_sets=tuple(reversed(pins.build_sets)),
        bases=tuple(reversed(pins.bases)),
    )
    assert write_lock(shuffled) == write_lock(pins)
    assert sorted_pins(shuffled) == pins


@given(st.text(max_size=300) | st.builds("lock 1\n{}".format, st.text(max_size=300)))
def test_no_text_at_all_makes_anything_but_pins_or_an_error_of_its_own(text: str) -> None:
    try:
        pins = read_lock(text, "lading.lock")
    except (UsageError, Problems):
        return
    assert read_lock(write_lock(pins), "lading.lock") == pins


@given(locks(), st.data())
def test_a_damaged_lock_never_lets_a_hostile_field_through(pins: Pins, data: st.DataObject) -> None:
    text = write_lock(pins)
    at = data.draw(st.integers(0, len(text)))
    hostile = data.draw(st.sampled_from(["../", "/etc/passwd", "\0", "\n", " ", "$(x)", "-", "http://x.example/", "é"]))
    try:
        read = read_lock(text[:at] + hostile + text[at:], "lading.lock")
    except (UsageError, Problems):
        return
    for pin in read.debian:
        assert pin.path.startswith("pool/")
        assert not any(part.startswith(".") or not part for part in pin.path.split("/"))
        assert pin.archive in ("debian", "debian-security")
    for tool in read.tools:
        assert "/" not in tool.filename
        assert not tool.filename.startswith("-")
    for build in read.build_sets:
        assert ".." not in build.project.split("/")
        assert not build.project.startswith("/")


def test_a_reviewer_reads_it() -> None:
    assert write_lock(small_lock()) == (
        "# lading.lock: what `lading build` may use, pinned. Made by `lading lock`; keep it in version control.\n"
        "# `lading lock --upgrade` moves it, `lading lock --check` tells what is outdated.\n"
        "lock 1\n"
        "\n"
        "base trixie amd64\n"
        "  roots libc6 tzdata\n"
        "  without debconf\n"
        "  packages gcc-14-base libc6 tzdata\n"
        "base trixie arm64\n"
        "  roots libc6 tzdata\n"
        "  without debconf\n"
        "  packages gcc-14-base libc6 tzdata\n"
        "\n"
        + "".join(
            f"deb trixie {pin.name} {pin.architecture} {pin.version} {pin.name} debian {pin.path} 1234 {pin.digest}\n"
            for pin in small_lock().debian
        )
        + "\n"
        f"image registry.example:5000/team/python:3.13-slim linux/arm64 {small_lock().bases[0].digest} "
        f"{small_lock().bases[0].manifest}\n"
        "\n"
        f"tool uv 0.13.8 linux/amd64 uv-0.13.8-py3-none-manylinux_2_17_x86_64.whl {small_lock().tools[0].digest}\n"
        "\n"
        "requires services/my%20api/pyproject.toml 3.13 hatchling >=1.27\n"
        "requires services/my%20api/pyproject.toml 3.13 wheel\n"
        f"wheel services/my%20api/pyproject.toml 3.13 hatchling 1.33.0 {' '.join(small_lock().build[0].digests)}\n"
    )


def test_the_packages_of_one_name_lie_side_by_side() -> None:
    names = [line.split()[2:4] for line in write_lock(small_lock()).splitlines() if line.startswith("deb ")]
    assert names == [
        ["gcc-14-base", "amd64"],
        ["gcc-14-base", "arm64"],
        ["libc6", "amd64"],
        ["libc6", "arm64"],
        ["tzdata", "all"],
    ]


def test_packages_of_a_base_are_found_in_any_order_of_its_roots_and_sorted_by_name() -> None:
    pins = read_lock(write_lock(small_lock()), "lading.lock")
    packages = pins.packages("trixie", "arm64", ("tzdata", "libc6"), ("debconf",))
    assert packages is not None
    assert [(pin.name, pin.architecture) for pin in packages] == [
        ("gcc-14-base", "arm64"),
        ("libc6", "arm64"),
        ("tzdata", "all"),
    ]
    assert pins.packages("trixie", "arm64", ("libc6",), ("debconf",)) is None


def test_build_requirements_are_found_for_what_they_were_resolved_from() -> None:
    pins = small_lock()
    project = "services/my api/pyproject.toml"
    found = pins.build_requirements(project, "3.13", ("wheel", "hatchling >=1.27"))
    assert found is not None
    assert [pin.name for pin in found] == ["hatchling"]
    assert pins.build_requirements(project, "3.13", ("wheel",)) is None
    assert pins.build_requirements(project, "3.11", ("wheel", "hatchling >=1.27")) is None
    assert pins.build_requirements(project, "3.11", ()) == ()


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (DEB.replace("pool/main/g", "pool/../g"), "is not the path of a .deb below a mirror's pool/"),
        (DEB.replace("pool/main", "/pool/main"), "is not the path of a .deb"),
        (DEB.replace("pool/main", "https://mirror.example/pool/main"), "is not the path of a .deb"),
        (DEB.replace("libc6_2.41-12_amd64.deb", "libc6"), "is not the path of a .deb"),
        (DEB.replace(" debian ", " elsewhere "), "'elsewhere' is not an archive"),
        (DEB.replace(DIGEST, "sha256:" + "g" * 64), "is not a sha256 digest"),
        (DEB.replace(DIGEST, "sha512:" + "0" * 64), "is not a sha256 digest"),
        (DEB.replace("2846664", "-1"), "'-1' is not a size in bytes"),
        (DEB.replace("2846664", "99999999999"), "is not a size in bytes"),
        (DEB.replace("2846664", "٣"), "is not a size in bytes"),
        (DEB.replace("libc6 amd64", "LIBC6 amd64"), "'LIBC6' is not a package name"),
        (DEB.replace("libc6 amd64", "--flag amd64"), "'--flag' is not a package name"),
        (DEB.replace("trixie", "tri/xie"), "'tri/xie' is not a suite"),
        (DEB.replace("2.41-12 glibc", "2.41$(x) glibc"), "is not a Debian version"),
        (DEB + " more", "a `deb` line has 9 fields, and this one 10"),
        (DEB.replace("trixie ", "trixie  "), "a `deb` line has 9 fields, and this one 10"),
        (f"tool uv 0.9 linux/amd64 ../uv.whl {DIGEST}", "'../uv.whl' is not the file name of a wheel"),
        (f"tool uv 0.9 linux/amd64 -uv.whl {DIGEST}", "'-uv.whl' is not the file name of a wheel"),
        (f"tool uv 0.9 linux uv.whl {DIGEST}", "'linux' is not a platform"),
        (f"tool uv --pre linux/amd64 uv.whl {DIGEST}", "'--pre' is not a package version"),
        (f"image -x linux/amd64 {DIGEST} {DIGEST}", "'-x' is not an image reference"),
        ("requires ../x/pyproject.toml 3.13 wheel", "'../x/pyproject.toml' is not a path below the repository"),
        ("requires %2e%2e/pyproject.toml 3.13 wheel", "'../pyproject.toml' is not a path below the repository"),
        ("requires pyproject.toml three wheel", "'three' is not a Python version"),
        ("requires pyproject.toml 3.13 x @ https://packages.example/x.whl", "is not a requirement"),
        ("requires pyproject.toml 3.13 -r other.txt", "is not a requirement"),
        (f"wheel pyproject.toml 3.13 Wheel_ 1 {DIGEST}", "'Wheel_' is not a normalised package name"),
        (f"wheel pyproject.toml 3.13 wheel 1 {DIGEST} md5:0", "'md5:0' is not a sha256 digest"),
        ("wheel pyproject.toml 3.13 wheel 1", "a `wheel` line has 5 fields, and this one 4"),
        ("<<<<<<< HEAD", "a merge conflict is left in the lock"),
        ("=======", "a merge conflict is left in the lock"),
        ("rpm x", "a lock has no lines of the kind 'rpm'"),
        ("  roots libc6", "a lock has no lists of the kind 'roots' here"),
        (f"{BASE}\n{DEB}\n  roots libc6", "a base has one line of roots, and this is its second"),
        (f"{BASE}\n  with x\n{DEB}", "a lock has no lists of the kind 'with' here"),
        (BASE, "libc6 of trixie on amd64 is not pinned"),
        (f"{BASE.replace('amd64', 'arm64')}\n{DEB}", "libc6 of trixie on arm64 is not pinned"),
        (f"{BASE}\n{DEB}\n{DEB.replace(' amd64 ', ' all ')}", "pinned both for amd64 and for all architectures"),
        (f"{BASE}\n{BASE}\n{DEB}", "this base of trixie on amd64 is there twice"),
        (f"base trixie amd64\n  roots libc6\n{DEB}", "a base has no line of packages"),
        (f"{DEB}\n{DEB}", "deb trixie libc6 amd64 is pinned twice"),
        (
            f"tool uv 0.8 linux/amd64 uv.whl {DIGEST}\ntool uv 0.9 linux/amd64 uv.whl {DIGEST}",
            "tool uv linux/amd64 is pinned twice",
        ),
    ],
)
def test_a_line_that_is_not_as_it_must_be_is_refused_with_its_number(line: str, told: str) -> None:
    found = problems(f"# a comment\nlock 1\n\n{line}\n")
    assert len(found) == 1
    assert told in found[0]
    number = int(found[0].split(" ")[0].removeprefix("lading.lock:"))
    assert 4 <= number <= 3 + len(line.split("\n"))


def test_all_problems_are_told_together() -> None:
    text = f"lock 1\n{DEB.replace('trixie', 'X').replace('2846664', '0')}\nrpm x\n{DEB.replace('amd64.deb', 'amd64')}\n"
    assert [line.split(" ")[0] for line in problems(text)] == [
        "lading.lock:2",
        "lading.lock:2",
        "lading.lock:3",
        "lading.lock:4",
    ]


@pytest.mark.parametrize("text", ["", "\n", "# only a comment\n", "lock\n", "lock one\n", '{"version": 1}', f"{DEB}\n"])
def test_what_is_no_lock_says_so_once(text: str) -> None:
    found = problems(text)
    assert len(found) == 1
    assert "this is no lock of Lading" in found[0]


def test_a_lock_of_a_newer_lading_says_so_once() -> None:
    assert problems(f"lock 2\nnew kind of line\n{DEB}\n") == [
        "lading.lock:1 this lock is of version 2, and this Lading reads version 1"
    ]

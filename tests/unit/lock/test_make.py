"""Making locks: only what is missing is resolved, and what stays fits what is new."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.lock.archive import MemoryPackages, MemorySources

from lading.errors import Problems, RemoteFailed, UsageError
from lading.lock.file import read_lock, write_lock
from lading.lock.make import covers, make_lock
from lading.lock.model import BuildSet, Pins
from lading.lock.request import BaseRequest, ImageRequest, LockRequest, joined, request_of_pins


def base(*roots: str, architecture: str = "amd64", without: tuple[str, ...] = (), suite: str = "trixie") -> BaseRequest:
    return BaseRequest(suite=suite, architecture=architecture, roots=tuple(sorted(roots)), without=without)


def request(*bases: BaseRequest) -> LockRequest:
    return LockRequest(bases=tuple(sorted(bases)))


def versions(pins: Pins) -> set[str]:
    return {f"{pin.name} {pin.version} {pin.architecture}" for pin in pins.debian}


@pytest.fixture
def sources() -> MemorySources:
    found = MemorySources()
    found.add(
        "libc6 2.41-1 both", "python 3.13-1 both libc6 (>= 2.40), tzdata", "tzdata 2026a all", "libpq5 17-1 both libc6"
    )
    found.add("other 1 both")
    found.images["python:3.13-slim"] = "first"
    found.releases.update(hatchling="1.0", wheel="0.40")
    return found


BOTH = request(base("python"), base("python", architecture="arm64"))


def test_a_base_is_pinned_with_all_that_it_needs_and_shares_what_is_for_all_architectures(
    sources: MemorySources,
) -> None:
    pins = make_lock(BOTH, sources=sources)
    assert versions(pins) == {
        "libc6 2.41-1 amd64",
        "libc6 2.41-1 arm64",
        "python 3.13-1 amd64",
        "python 3.13-1 arm64",
        "tzdata 2026a all",
    }
    for architecture in ("amd64", "arm64"):
        packages = pins.packages("trixie", architecture, ("python",), ())
        assert packages is not None
        assert [pin.name for pin in packages] == ["libc6", "python", "tzdata"]
    assert covers(pins, BOTH) == ()
    assert read_lock(write_lock(pins), "lading.lock") == pins


def test_a_fresh_lock_is_kept_whole_and_nothing_is_looked_up(sources: MemorySources) -> None:
    whole = LockRequest(
        bases=BOTH.bases,
        images=(ImageRequest(reference="python:3.13-slim", platform="linux/amd64"),),
        tools=("uv",),
        builds=(BuildSet(project="pyproject.toml", python="3.13", requires=("hatchling",)),),
    )
    pins = make_lock(whole, sources=sources)
    sources.asked.clear()
    sources.add("libc6 2.41-2 both", "tzdata 2026b all")
    sources.images["python:3.13-slim"], sources.tools["uv"], sources.releases["hatchling"] = "second", "0.14.0", "2.0"
    assert make_lock(whole, old=pins, sources=sources) == pins
    assert sources.asked == []
    upgraded = make_lock(whole, old=pins, upgrade=True, sources=sources)
    assert "libc6 2.41-2 amd64" in versions(upgraded)
    assert {pin.version for pin in upgraded.tools} == {"0.14.0"}
    assert [pin.version for pin in upgraded.build] == ["2.0"]
    assert upgraded.bases[0].digest != pins.bases[0].digest


def test_what_is_no_longer_asked_for_is_dropped(sources: MemorySources) -> None:
    pins = make_lock(joined([BOTH, request(base("libpq5"), base("other"))]), sources=sources)
    assert make_lock(request(base("libpq5")), old=pins, sources=sources) == make_lock(
        request(base("libpq5")), sources=sources
    )


def test_a_new_package_is_added_in_what_is_pinned_already_though_newer_is_there(sources: MemorySources) -> None:
    pins = make_lock(BOTH, sources=sources)
    sources.add("libc6 2.41-2 both", "tzdata 2026b all")
    more = request(*BOTH.bases, base("libpq5", "python"))
    grown = make_lock(more, old=pins, sources=sources)
    assert versions(grown) == versions(pins) | {"libpq5 17-1 amd64"}
    assert covers(grown, more) == ()


def test_a_release_is_pinned_anew_as_a_whole_when_the_archive_dropped_what_is_pinned(sources: MemorySources) -> None:
    pins = make_lock(BOTH, sources=sources)
    sources.add("libc6 2.41-2 both", "tzdata 2026b all")
    sources.drop("libc6", "2.41-1")
    grown = make_lock(request(*BOTH.bases, base("libpq5")), old=pins, sources=sources)
    assert versions(grown) == {
        "libc6 2.41-2 amd64",
        "libc6 2.41-2 arm64",
        "python 3.13-1 amd64",
        "python 3.13-1 arm64",
        "tzdata 2026b all",
        "libpq5 17-1 amd64",
    }


def test_a_release_is_pinned_anew_when_something_new_needs_newer(sources: MemorySources) -> None:
    pins = make_lock(request(base("python")), sources=sources)
    sources.add("libc6 2.42-1 both", "newer 1 both libc6 (>= 2.42)")
    grown = make_lock(request(base("python"), base("newer")), old=pins, sources=sources)
    assert "libc6 2.42-1 amd64" in versions(grown)
    assert "libc6 2.41-1 amd64" not in versions(grown)


def test_another_release_is_left_alone(sources: MemorySources) -> None:
    bookworm = base("libc6", suite="bookworm")
    pins = make_lock(request(bookworm), sources=sources)
    sources.add("libc6 2.41-2 both")
    grown = make_lock(request(bookworm, base("libc6")), old=pins, sources=sources)
    assert {(pin.suite, pin.version) for pin in grown.debian} == {("bookworm", "2.41-1"), ("trixie", "2.41-2")}


def test_another_architecture_gets_the_versions_of_the_first(sources: MemorySources) -> None:
    pins = make_lock(request(base("python")), sources=sources)
    sources.add("libc6 2.41-2 both", "tzdata 2026b all")
    assert versions(make_lock(BOTH, old=pins, sources=sources)) == versions(pins) | {
        "libc6 2.41-1 arm64",
        "python 3.13-1 arm64",
    }


def test_architectures_never_drift_apart_but_for_rebuilds_of_one_of_them(sources: MemorySources) -> None:
    pins = make_lock(request(base("libc6")), sources=sources)
    sources.drop("libc6", "2.41-1")
    sources.add("libc6 2.41-1+b1 arm64", "libc6 2.41-1 amd64")
    both = request(base("libc6"), base("libc6", architecture="arm64"))
    assert versions(make_lock(both, old=pins, sources=sources)) == {"libc6 2.41-1 amd64", "libc6 2.41-1+b1 arm64"}
    sources.drop("libc6", "2.41-1+b1")
    sources.add("libc6 2.41-2 both")
    assert versions(make_lock(both, old=pins, sources=sources)) == {"libc6 2.41-2 amd64", "libc6 2.41-2 arm64"}


def test_a_mirror_in_the_middle_of_an_update_is_told(sources: MemorySources) -> None:
    class Torn(MemorySources):
        def index(self, suite: str, architecture: str) -> MemoryPackages:
            if architecture == "arm64":
                self.add("tzdata 2026b all")
            return super().index(suite, architecture)

    torn = Torn()
    torn.packages = list(sources.packages)
    with pytest.raises(RemoteFailed, match="two versions of tzdata all: 2026a, 2026b") as caught:
        make_lock(BOTH, sources=torn)
    assert "try again" in caught.value.fix


def test_a_root_that_does_not_exist_is_told_beside_a_lock_as_well(sources: MemorySources) -> None:
    pins = make_lock(BOTH, sources=sources)
    with pytest.raises(UsageError, match="libpq55"):
        make_lock(request(*BOTH.bases, base("libpq55")), old=pins, sources=sources)


def test_all_roots_that_do_not_exist_are_told_together(sources: MemorySources) -> None:
    pins = make_lock(BOTH, sources=sources)
    wanted = request(*BOTH.bases, base("libpq55", "nothing"), base("libpq55", architecture="arm64"))
    for old in (None, pins):
        with pytest.raises(Problems) as caught:
            make_lock(wanted, old=old, sources=sources)
        assert [problem.what for problem in caught.value.problems] == [
            "Debian trixie has no package 'libpq55' for amd64",
            "Debian trixie has no package 'nothing' for amd64",
            "Debian trixie has no package 'libpq55' for arm64",
        ]


def test_a_further_platform_of_an_image_is_taken_from_the_image_that_is_pinned(sources: MemorySources) -> None:
    reference = "python:3.13-slim"
    amd64 = LockRequest(images=(ImageRequest(reference=reference, platform="linux/amd64"),))
    both = LockRequest(images=(*amd64.images, ImageRequest(reference=reference, platform="linux/arm64")))
    pins = make_lock(amd64, sources=sources)
    sources.images[reference] = "second"
    sources.asked.clear()
    grown = make_lock(both, old=pins, sources=sources)
    assert sources.asked == ["python:3.13-slim linux/amd64 linux/arm64 as it was"]
    assert {pin.digest for pin in grown.bases} == {pins.bases[0].digest}
    assert covers(pins, both) == ("the image python:3.13-slim is not pinned for linux/arm64",)
    assert covers(grown, both) == ()


def test_changed_build_requirements_are_resolved_again_and_those_of_other_projects_kept(sources: MemorySources) -> None:
    first = BuildSet(project="a/pyproject.toml", python="3.13", requires=("hatchling",))
    second = BuildSet(project="b/pyproject.toml", python="3.13", requires=("hatchling",))
    changed = BuildSet(project="b/pyproject.toml", python="3.13", requires=("hatchling", "wheel"))
    pins = make_lock(LockRequest(builds=(first, second)), sources=sources)
    sources.releases["hatchling"] = "2.0"
    sources.asked.clear()
    wanted = LockRequest(builds=(first, changed))
    assert covers(pins, wanted) == ("what builds b/pyproject.toml on Python 3.13 (hatchling, wheel) is not pinned",)
    grown = make_lock(wanted, old=pins, sources=sources)
    assert sources.asked == ["b/pyproject.toml: hatchling, wheel"]
    assert [(pin.project, pin.name, pin.version) for pin in grown.build] == [
        ("a/pyproject.toml", "hatchling", "1.0"),
        ("b/pyproject.toml", "hatchling", "2.0"),
        ("b/pyproject.toml", "wheel", "0.40"),
    ]


def test_what_a_lock_lacks_is_told_in_words(sources: MemorySources) -> None:
    pins = make_lock(request(base("python", without=("tzdata",))), sources=sources)
    wanted = LockRequest(
        bases=(base("libpq5", "python"), base("python", architecture="arm64"), base("python", suite="bookworm")),
        tools=("uv",),
    )
    assert covers(pins, wanted) == (
        "the packages of Debian trixie on amd64 are not those that are pinned (+ libpq5, - without tzdata)",
        "Debian trixie on arm64 is not pinned",
        "Debian bookworm on amd64 is not pinned",
        "the tool uv is not pinned",
    )


ROOTS = st.sets(st.sampled_from(["libc6", "python", "tzdata", "libpq5", "other"]), min_size=1, max_size=3)
BASES = st.builds(lambda roots, of: base(*roots, architecture=of), ROOTS, st.sampled_from(["amd64", "arm64"]))
REQUESTS = st.sets(BASES, min_size=1, max_size=4).map(lambda bases: request(*bases))


@given(REQUESTS, REQUESTS, st.sampled_from(["nothing", "moved", "replaced"]))
def test_whatever_was_pinned_and_whatever_moved_the_lock_answers_the_request_and_is_sound(
    first: LockRequest, second: LockRequest, world: str
) -> None:
    sources = MemorySources()
    sources.add("libc6 2.41-1 both", "python 3.13-1 both libc6, tzdata", "tzdata 2026a all", "libpq5 17-1 both libc6")
    sources.add("other 1 both")
    pins = make_lock(first, sources=sources)
    if world != "nothing":
        sources.add("libc6 2.41-2 both", "tzdata 2026b all")
    if world == "replaced":
        sources.drop("libc6", "2.41-1")
    grown = make_lock(second, old=pins, sources=sources)
    assert covers(grown, second) == ()
    assert request_of_pins(grown).bases == second.bases
    assert read_lock(write_lock(grown), "lading.lock") == grown
    assert make_lock(second, old=grown, sources=sources) == grown
    found: dict[str, set[str]] = {}
    for pin in grown.debian:
        found.setdefault(pin.name, set()).add(pin.version)
    assert all(len(versions) == 1 for versions in found.values())

"""What is outdated, and what changed."""

from tests.unit.lock.archive import MemorySources

from lading.lock.changes import Change, changes
from lading.lock.check import outdated
from lading.lock.make import make_lock
from lading.lock.model import BuildSet, Pins
from lading.lock.request import BaseRequest, ImageRequest, LockRequest

REQUEST = LockRequest(
    bases=tuple(
        BaseRequest(suite="trixie", architecture=of, roots=("libc6", "tzdata"), without=()) for of in ("amd64", "arm64")
    ),
    images=(ImageRequest(reference="python:3.13-slim", platform="linux/amd64"),),
    tools=("uv",),
    builds=(BuildSet(project="pyproject.toml", python="3.13", requires=("hatchling",)),),
)


def world() -> MemorySources:
    sources = MemorySources()
    sources.add("libc6 2.41-12 both", "tzdata 2026a all")
    sources.images["python:3.13-slim"] = "first"
    sources.releases["hatchling"] = "1.0"
    return sources


def package(name: str, before: str, after: str, *platforms: str, security: bool = False) -> Change:
    return Change(
        kind="package",
        name=name,
        scope="trixie",
        before=before,
        after=after,
        platforms=platforms,
        security=security,
    )


def test_nothing_is_outdated_when_nothing_moved() -> None:
    sources = world()
    assert outdated(make_lock(REQUEST, sources=sources), sources) == ()


def test_an_update_is_told_once_for_all_architectures_that_it_is_the_same_on() -> None:
    sources = world()
    pins = make_lock(REQUEST, sources=sources)
    sources.add("libc6 2.41-13 both", "tzdata 2026b all")
    assert outdated(pins, sources) == (
        package("libc6", "2.41-12", "2.41-13", "amd64", "arm64"),
        package("tzdata", "2026a", "2026b", "all"),
    )


def test_a_security_update_is_one_even_when_a_newer_update_came_after_it() -> None:
    sources = world()
    pins = make_lock(REQUEST, sources=sources)
    sources.add("libc6 2.41-12+deb13u1 both", origin="security")
    sources.add("libc6 2.41-12+deb13u2 amd64")
    assert outdated(pins, sources) == (
        package("libc6", "2.41-12", "2.41-12+deb13u1", "arm64", security=True),
        package("libc6", "2.41-12", "2.41-12+deb13u2", "amd64", security=True),
    )


def test_a_security_update_that_is_pinned_already_does_not_make_the_next_update_one() -> None:
    sources = world()
    sources.add("libc6 2.41-12+deb13u1 both", origin="security")
    pins = make_lock(REQUEST, sources=sources)
    sources.add("libc6 2.41-12+deb13u2 both")
    assert outdated(pins, sources) == (package("libc6", "2.41-12+deb13u1", "2.41-12+deb13u2", "amd64", "arm64"),)


def test_an_archive_that_went_back_offers_nothing_newer_and_one_that_lost_a_package_says_so() -> None:
    sources = world()
    pins = make_lock(REQUEST, sources=sources)
    sources.drop("libc6", "2.41-12")
    sources.drop("tzdata", "2026a")
    sources.add("libc6 2.40-1 both")
    assert outdated(pins, sources) == (package("tzdata", "2026a", "", "all"),)


def test_images_tools_and_build_requirements_count() -> None:
    sources = world()
    pins = make_lock(REQUEST, sources=sources)
    sources.images["python:3.13-slim"], sources.tools["uv"], sources.releases["hatchling"] = "second", "0.14.0", "2.0"
    image, tool, build = outdated(pins, sources)
    assert (image.kind, image.name, image.platforms) == ("image", "python:3.13-slim", ("linux/amd64",))
    assert image.before == pins.bases[0].manifest != image.after
    assert tool == Change(
        kind="tool",
        name="uv",
        scope="",
        before="0.13.8",
        after="0.14.0",
        platforms=("linux/amd64", "linux/arm64"),
    )
    assert build == Change(
        kind="build requirement",
        name="hatchling",
        scope="pyproject.toml (Python 3.13)",
        before="1.0",
        after="2.0",
        platforms=(),
    )


def test_what_changed_between_two_locks_is_what_was_outdated() -> None:
    sources = world()
    pins = make_lock(REQUEST, sources=sources)
    sources.add("libc6 2.41-12+deb13u1 both", origin="security")
    sources.tools["uv"] = "0.14.0"
    upgraded = make_lock(REQUEST, old=pins, upgrade=True, sources=sources)
    assert changes(pins, upgraded) == outdated(pins, sources)
    assert changes(pins, upgraded)[0].security
    assert changes(upgraded, upgraded) == ()


def test_what_is_new_has_no_before_and_is_no_security_update_and_what_is_gone_has_no_after() -> None:
    sources = world()
    sources.add("libc6 2.41-12+deb13u1 both", origin="security")
    pins = make_lock(LockRequest(bases=REQUEST.bases), sources=sources)
    assert changes(Pins(), pins) == (
        package("libc6", "", "2.41-12+deb13u1", "amd64", "arm64"),
        package("tzdata", "", "2026a", "all"),
    )
    assert [change.after for change in changes(pins, Pins())] == ["", ""]

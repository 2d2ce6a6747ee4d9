"""The real sources of pins: a signed Debian mirror on loopback, uv over a folder of wheels, a registry."""

import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from tests.support.debmirror import Deb, DebMirror, public_key, signing_key
from tests.support.images import AMD64, layer_of, make_image, make_index
from tests.support.registry import registry
from tests.unit.toolchain.wheelhouse import Wheelhouse

from lading.digest import digest_of
from lading.errors import Problems, UsageError, VerificationFailed
from lading.http import Http
from lading.lock.check import outdated
from lading.lock.file import write_lock
from lading.lock.make import make_lock
from lading.lock.model import BuildSet
from lading.lock.request import BaseRequest, ImageRequest, LockRequest
from lading.lock.sources import PinSources
from lading.oci.model import Platform
from lading.oci.registry import Registry
from lading.proc import Runner
from lading.store import Store

BASES = tuple(
    BaseRequest(suite="trixie", architecture=of, roots=("app",), without=("helper",)) for of in ("amd64", "arm64")
)
LAYER = layer_of({"a": b"1"})
Make = Callable[..., PinSources]
BUILD = BuildSet(project="services/api/pyproject.toml", python="3.13", requires=("maker>=1",))


@pytest.fixture
def mirror(tmp_path: Path) -> Iterator[DebMirror]:
    with DebMirror(tmp_path / "mirror") as served:
        for of in ("amd64", "arm64"):
            served.add(Deb(name="app", depends="libone (>= 1.0), helper, data", architecture=of))
            served.add(Deb(name="libone", architecture=of, source="one (1.0-1)"))
            served.add(Deb(name="helper", depends="more", architecture=of))
        served.add(Deb(name="data", architecture="all"))
        served.publish()
        yield served


@pytest.fixture
def wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Wheelhouse:
    house = Wheelhouse(tmp_path / "wheels")
    house.use(monkeypatch)
    house.add("uv", "0.9.1", "py3-none-manylinux_2_17_x86_64")
    house.add("uv", "0.8.1", "py3-none-manylinux_2_17_aarch64")
    house.add("maker", "1.0", requires=["part"])
    house.add("maker", "2.0", requires=["part"])
    house.add("part", "1.0")
    return house


@pytest.fixture
def http() -> Iterator[Http]:
    pool = Http(environ={})
    yield pool
    pool.close()


@pytest.fixture
def make_sources(tmp_path: Path, mirror: DebMirror, http: Http) -> Make:
    """Sources as another process would make them: nothing but the store is shared."""
    root, runner, store = tmp_path / "repository", Runner(), Store(tmp_path / "store")
    (root / "services" / "api").mkdir(parents=True)

    def make(notes: list[str] | None = None, keys: Sequence[bytes] | None = None) -> PinSources:
        return PinSources(
            root=root,
            store=store,
            http=lambda: http,
            runner=lambda: runner,
            mirrors=lambda: mirror.mirrors,
            registry=lambda: Registry(http, {}, runner),
            env={"PATH": ""},
            now=lambda: mirror.now + 60,
            keys=mirror.keys if keys is None else keys,
            note=(notes if notes is not None else []).append,
        )

    return make


def test_packages_come_from_the_signed_index_and_each_index_is_read_once(tmp_path: Path, make_sources: Make) -> None:
    notes: list[str] = []
    pins = make_lock(LockRequest(bases=BASES), sources=make_sources(notes))
    assert [(pin.name, pin.architecture, pin.source) for pin in pins.debian] == [
        ("app", "amd64", "app"),
        ("app", "arm64", "app"),
        ("data", "all", "data"),
        ("libone", "amd64", "one"),
        ("libone", "arm64", "one"),
    ]
    for pin in pins.debian:
        assert (tmp_path / "mirror" / pin.archive / pin.path).stat().st_size == pin.size
    assert notes == ["looking up Debian trixie for amd64", "looking up Debian trixie for arm64"]
    assert "127.0.0.1" not in write_lock(pins)


def test_an_index_that_another_key_signed_is_refused(make_sources: Make) -> None:
    with pytest.raises(Problems, match="the signature of the release file") as caught:
        make_lock(LockRequest(bases=BASES), sources=make_sources(keys=[public_key(signing_key("Another"))]))
    assert {type(problem) for problem in caught.value.problems} == {VerificationFailed}


def test_an_update_and_a_security_update_are_outdated_and_upgraded(mirror: DebMirror, make_sources: Make) -> None:
    request = LockRequest(bases=BASES)
    pins = make_lock(request, sources=make_sources())
    for of in ("amd64", "arm64"):
        mirror.add(Deb(name="libone", version="1.0-1+deb13u1", architecture=of), suite="security")
    mirror.add(Deb(name="data", version="1.0-2", architecture="all"), suite="updates")
    mirror.publish()
    sources = make_sources()
    assert make_lock(request, old=pins, sources=sources) == pins
    assert [(change.name, change.after, change.platforms, change.security) for change in outdated(pins, sources)] == [
        ("data", "1.0-2", ("all",), False),
        ("libone", "1.0-1+deb13u1", ("amd64", "arm64"), True),
    ]
    upgraded = make_lock(request, old=pins, upgrade=True, sources=sources)
    assert {pin.archive for pin in upgraded.debian if pin.name == "libone"} == {"debian-security"}
    assert outdated(upgraded, sources) == ()


def test_a_new_base_beside_a_lock_takes_what_is_pinned_as_long_as_the_mirror_has_it(
    mirror: DebMirror, make_sources: Make
) -> None:
    pins = make_lock(LockRequest(bases=BASES[:1]), sources=make_sources())
    for of in ("amd64", "arm64"):
        mirror.add(Deb(name="libone", version="1.0-2", architecture=of), suite="updates")
    mirror.publish()
    grown = make_lock(LockRequest(bases=BASES), old=pins, sources=make_sources())
    assert {pin.version for pin in grown.debian} == {"1.0-1"}
    assert set(pins.debian) < set(grown.debian)


def test_tools_and_build_requirements_come_from_the_index_that_uv_is_set_to(
    tmp_path: Path, make_sources: Make, wheels: Wheelhouse
) -> None:
    sources = make_sources()
    (tmp_path / "repository" / "services" / "api" / "pyproject.toml").write_text(
        '[project]\nname = "api"\nversion = "1"\n[tool.uv]\nconstraint-dependencies = ["maker<2"]\n'
    )
    pins = make_lock(LockRequest(tools=("uv",), builds=(BUILD,)), sources=sources)
    assert [(pin.name, pin.version, pin.platform) for pin in pins.tools] == [("uv", "0.9.1", "linux/amd64")]
    found = pins.build_requirements(BUILD.project, "3.13", BUILD.requires)
    assert found is not None
    assert [(pin.name, pin.version, len(pin.digests)) for pin in found] == [("maker", "1.0", 1), ("part", "1.0", 1)]
    assert str(wheels.folder) not in write_lock(pins)
    assert sys.executable not in write_lock(pins)


def image_request(reference: str, *platforms: str) -> LockRequest:
    return LockRequest(images=tuple(ImageRequest(reference=reference, platform=on) for on in platforms))


def test_an_image_is_pinned_by_index_and_by_the_manifest_of_each_platform(make_sources: Make, http: Http) -> None:
    index = make_index([LAYER], AMD64, Platform(os="linux", architecture="arm64", variant="v8"))
    with registry() as there:
        reference = f"{there.host}/team/python:3.13"
        Registry(http, {}, Runner()).push(reference, index)
        there.mark()
        pins = make_lock(image_request(reference, "linux/amd64", "linux/arm64"), sources=make_sources())
        assert there.given < 4000  # manifests only: no layer and no configuration
    assert [pin.digest for pin in pins.bases] == [digest_of(index.manifest)] * 2
    assert [(pin.platform, pin.manifest) for pin in pins.bases] == [
        ("linux/amd64", digest_of(index.images[0][1].manifest)),
        ("linux/arm64", digest_of(index.images[1][1].manifest)),
    ]


def test_an_image_of_one_platform_is_pinned_by_its_manifest(make_sources: Make, http: Http) -> None:
    image = make_image([LAYER])
    with registry() as there:
        reference = f"{there.host}/python:3.13"
        Registry(http, {}, Runner()).push(reference, image)
        (pin,) = make_lock(image_request(reference, "linux/amd64"), sources=make_sources()).bases
        with pytest.raises(UsageError, match="there is no image for linux/arm64") as caught:
            make_lock(image_request(reference, "linux/arm64"), sources=make_sources())
    assert pin.digest == pin.manifest == digest_of(image.manifest)
    assert caught.value.where == reference
    assert "linux/amd64" in caught.value.fix


def test_every_platform_that_an_image_lacks_is_told_with_those_that_it_has(make_sources: Make, http: Http) -> None:
    with registry() as there:
        reference = f"{there.host}/python:3.13"
        Registry(http, {}, Runner()).push(reference, make_index([LAYER], AMD64))
        with pytest.raises(Problems) as caught:
            make_lock(image_request(reference, "linux/arm/v7", "linux/arm64"), sources=make_sources())
    assert [problem.what for problem in caught.value.problems] == [
        "there is no image for linux/arm/v7",
        "there is no image for linux/arm64",
    ]
    assert all("linux/amd64" in problem.fix for problem in caught.value.problems)


def test_a_tag_that_moved_is_outdated_and_a_further_platform_comes_from_the_image_that_is_pinned(
    make_sources: Make, http: Http
) -> None:
    first, second = make_index([LAYER]), make_index([layer_of({"b": b"2"})])
    with registry() as there:
        reference = f"{there.host}/python:3.13"
        client = Registry(http, {}, Runner())
        client.push(reference, first)
        pins = make_lock(image_request(reference, "linux/amd64"), sources=make_sources())
        client.push(reference, second)
        (change,) = outdated(pins, make_sources())
        assert (change.kind, change.after) == ("image", digest_of(second.images[0][1].manifest))
        both = image_request(reference, "linux/amd64", "linux/arm64")
        grown = make_lock(both, old=pins, sources=make_sources())
        assert {pin.digest for pin in grown.bases} == {digest_of(first.manifest)}
        upgraded = make_lock(both, old=grown, upgrade=True, sources=make_sources())
        assert {pin.digest for pin in upgraded.bases} == {digest_of(second.manifest)}

"""`lading build --debug-shell`: the same image with busybox on top, which never takes the place of the image itself."""

import json
from typing import Any

import pytest
from tests.support.debmirror import Deb
from tests.support.world import World

from lading.digest import Digest
from lading.store import Store

BUSYBOX = b"\x7fELF of " + b"busybox" * 1000


@pytest.fixture
def shop(world: World) -> World:
    """A world whose mirror has a busybox."""
    for architecture in ("amd64", "arm64"):
        files = {
            "usr/bin/busybox": BUSYBOX + architecture.encode(),
            "usr/share/doc/busybox-static/copyright": b"GPL-2",
            "usr/share/doc/busybox-static/examples/x.sh": b"#!/bin/sh\n",
        }
        world.mirror.add(
            Deb(name="busybox-static", architecture=architecture, files=files, modes={"usr/bin/busybox": 0o755})
        )
    world.mirror.publish()
    return world


def manifest(world: World, digest: str) -> Any:
    return json.loads(Store(world.store).read(Digest(digest)))


def build(world: World, *words: str) -> str:
    return world.build("--quiet", *words)


def test_all_layers_but_the_last_are_those_of_the_image_that_ships(shop: World) -> None:
    assert shop.lading("lock", "--debug-shell").code == 0
    plain, debug = (manifest(shop, build(shop, *words)) for words in ([], ["--debug-shell"]))
    assert debug["layers"][:-1] == plain["layers"]
    assert shop.images() == ["svc", "svc-debug"]


def test_a_lock_without_the_shell_builds_what_ships_and_names_the_way_to_the_variant(shop: World) -> None:
    assert shop.lading("lock").code == 0
    assert build(shop)
    told = shop.refused("build", "--debug-shell", code=2)
    assert "busybox-static of Debian" in told
    assert "lading lock --debug-shell" in told
    assert shop.images() == ["svc"]


def test_a_lock_that_has_the_shell_keeps_it(shop: World) -> None:
    build(shop, "--debug-shell")  # which makes the lock
    assert shop.lading("lock").code == 0
    assert shop.lading("lock", "--upgrade").code == 0
    build(shop, "--debug-shell", "--locked")


def test_a_whole_name_gets_a_tag_of_its_own(shop: World) -> None:
    build(shop, "--debug-shell", "--tag", "registry.example/svc:7", "--tag", "7")
    assert shop.images() == ["registry.example%2Fsvc:7-debug", "svc-debug", "svc-debug:7"]


def test_a_package_without_busybox_is_refused(world: World) -> None:
    for architecture in ("amd64", "arm64"):
        world.mirror.add(Deb(name="busybox-static", architecture=architecture, files={"usr/bin/other": b""}))
    world.mirror.publish()
    assert "the package has no usr/bin/busybox" in world.refused("build", "--debug-shell", code=5)
    assert world.images() == []

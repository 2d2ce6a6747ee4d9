from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from tests.support.debmirror import Deb, DebMirror
from tests.support.httpd import Answer, Request, serve

from lading.debian.fetch import LARGEST_DEB, fetch_deb
from lading.debian.mirrors import Mirrors
from lading.digest import Digest, digest_of
from lading.errors import RemoteFailed, VerificationFailed
from lading.http import Http
from lading.store import Store

PATH = "pool/main/f/foo/foo_1.0-1_amd64.deb"
DATA = bytes(range(256)) * 4000


@pytest.fixture
def http() -> Iterator[Http]:
    with closing(Http(sleep=lambda _: None)) as http:
        yield http


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


def fetch(
    base: str, http: Http, store: Store, *, digest: Digest | None = None, size: int = len(DATA), path: str = PATH
) -> tuple[Path, list[int]]:
    moved: list[int] = []
    found = fetch_deb(
        archive="debian",
        path=path,
        digest=digest or digest_of(DATA),
        size=size,
        mirrors=Mirrors(f"{base}/debian", f"{base}/debian-security"),
        http=http,
        store=store,
        moved=moved.append,
    )
    return found, moved


def files(store: Store) -> list[Path]:
    return [path for path in store.root.rglob("*") if path.is_file()]


def test_a_package_is_fetched_once(http: Http, store: Store) -> None:
    with serve(lambda _: Answer(body=DATA)) as site:
        found, moved = fetch(site.base, http, store)
        assert found.read_bytes() == DATA
        assert sum(moved) == len(DATA)
        assert fetch(site.base, http, store) == (found, [])
        assert site.asked == [f"GET /debian/{PATH}"]


def test_from_the_mirror_of_its_archive(http: Http, store: Store, tmp_path: Path) -> None:
    with DebMirror(tmp_path / "mirror") as mirror:
        file = mirror.add(Deb(name="libstdc++6", files={"usr/lib/x": b"x"}), suite="security")
        data = file.read_bytes()
        path = fetch_deb(
            archive="debian-security",
            path="pool/main/l/libstdc++6/libstdc++6_1.0-1_amd64.deb",
            digest=digest_of(data),
            size=len(data),
            mirrors=mirror.mirrors,
            http=http,
            store=store,
        )
    assert path.read_bytes() == data


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (DATA[:-1] + b"x", "is not what was promised"),
        (DATA + b"x", "is longer than"),
        (DATA[:-1], "instead of the"),
        (b"", "instead of the"),
    ],
)
def test_a_tampered_package_is_refused_by_name(http: Http, store: Store, body: bytes, told: str) -> None:
    with serve(lambda _: Answer(body=body)) as site, pytest.raises(VerificationFailed) as caught:
        fetch(site.base, http, store)
    assert "foo_1.0-1_amd64.deb" in caught.value.what
    assert told in caught.value.what
    assert caught.value.where.startswith(site.base)
    assert files(store) == []


def test_no_more_than_the_promised_size_is_read(http: Http, store: Store) -> None:
    with serve(lambda _: Answer(body=DATA * 50)) as site, pytest.raises(VerificationFailed):
        fetch(site.base, http, store, size=10)
    assert files(store) == []


def test_a_mirror_that_has_moved_on(http: Http, store: Store) -> None:
    with serve(lambda _: Answer(404)) as site, pytest.raises(RemoteFailed) as caught:
        fetch(site.base, http, store)
    assert caught.value.fix == "lading lock --upgrade"
    assert len(site.asked) == 1


def test_another_refusal(http: Http, store: Store) -> None:
    with serve(lambda _: Answer(403)) as site, pytest.raises(RemoteFailed, match="status 403"):
        fetch(site.base, http, store)


def test_a_download_that_breaks_off_begins_anew(http: Http, store: Store) -> None:
    answers = iter([Answer(body=DATA, cut=300_000), Answer(body=DATA, cut=10), Answer(body=DATA)])
    with serve(lambda _: next(answers)) as site:
        found, moved = fetch(site.base, http, store)
    assert found.read_bytes() == DATA
    assert sum(moved) == len(DATA)
    assert len(site.asked) == 3


def test_a_download_that_always_breaks_off_is_given_up(http: Http, store: Store) -> None:
    def cut(request: Request) -> Answer:
        return Answer(body=DATA, cut=300_000)

    with serve(cut) as site, pytest.raises(RemoteFailed, match="connection"):
        fetch(site.base, http, store)
    assert len(site.asked) == 3
    assert files(store) == []


@pytest.mark.parametrize(
    "path", ["../../etc/passwd", "/pool/x.deb", "pool/../x.deb", "pool/x.txt", "http://x/pool/x.deb"]
)
def test_a_path_that_is_none_of_a_pool_is_refused(http: Http, store: Store, path: str) -> None:
    with serve(lambda _: Answer(body=DATA)) as site:
        with pytest.raises(VerificationFailed):
            fetch(site.base, http, store, path=path)
        assert site.asked == []


@pytest.mark.parametrize("size", [0, -1, LARGEST_DEB + 1])
def test_an_absurd_size_is_refused(http: Http, store: Store, size: int) -> None:
    with serve(lambda _: Answer(body=DATA)) as site:
        with pytest.raises(VerificationFailed, match="a package of"):
            fetch(site.base, http, store, size=size)
        assert site.asked == []


def test_a_blob_that_was_cut_by_a_crash_is_fetched_again(http: Http, store: Store) -> None:
    with serve(lambda _: Answer(body=DATA)) as site:
        found, _ = fetch(site.base, http, store)
        found.write_bytes(DATA[:100])
        assert fetch(site.base, http, store)[0].read_bytes() == DATA

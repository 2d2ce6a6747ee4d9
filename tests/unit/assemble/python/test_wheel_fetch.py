from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.httpd import Answer, Request, Reset, serve

from lading.assemble.python.wheel_fetch import WheelFetcher
from lading.assemble.python.wheels import Wheel
from lading.digest import digest_of
from lading.http import Http

DATA = b"a wheel" * 1000


def wheel(url: str, *, data: bytes = DATA, size: int = len(DATA), name: str = "tool") -> Wheel:
    filename = f"{name}-1.0-py3-none-any.whl"
    return Wheel(name=name, version="1.0", filename=filename, url=url, digest=digest_of(data), size=size, index="")


@pytest.fixture
def http() -> Iterator[Http]:
    client = Http(environ={}, sleep=lambda _: None)
    yield client
    client.close()


@pytest.fixture
def fetcher(http: Http) -> WheelFetcher:
    return WheelFetcher(lambda: http, {})


@pytest.mark.parametrize("size", [len(DATA), 0])
def test_a_wheel_comes_by_its_address(fetcher: WheelFetcher, size: int, tmp_path: Path) -> None:
    with serve(lambda _: Answer(body=DATA)) as site:
        path = fetcher.fetch(wheel(f"{site.base}/tool.whl", size=size), tmp_path / "project", tmp_path)
    assert path is not None
    assert path.parent == tmp_path
    assert path.read_bytes() == DATA


@pytest.mark.parametrize(
    "answer",
    [
        Answer(status=401, headers={"WWW-Authenticate": "Basic"}),
        Answer(status=403),
        Answer(status=404),
        Answer(status=503, headers={"Retry-After": "3600"}),
        Answer(body=b"<html>log in</html>"),
        Answer(body=DATA + b"more"),
        Answer(body=DATA[:-1]),
        Answer(body=DATA, cut=100),
        Answer(status=302, headers={"Location": "ftp://elsewhere.example/x"}),
    ],
)
def test_what_is_not_simply_there_is_left_to_uv(fetcher: WheelFetcher, answer: Answer, tmp_path: Path) -> None:
    with serve(lambda _: answer) as site:
        assert fetcher.fetch(wheel(f"{site.base}/tool.whl"), tmp_path, tmp_path) is None
        assert site.asked == ["GET /tool.whl"], "uv tries again, with what it knows"
    assert list(tmp_path.iterdir()) == []


def test_a_host_that_refuses_is_not_asked_again(fetcher: WheelFetcher, tmp_path: Path) -> None:
    def answer(_: Request) -> Answer:
        raise Reset

    with serve(answer) as site, serve(lambda _: Answer(body=DATA)) as other:
        for name in ("a", "b", "c"):
            assert fetcher.fetch(wheel(f"{site.base}/{name}.whl"), tmp_path, tmp_path) is None
        assert len(site.asked) == 1
        assert fetcher.fetch(wheel(f"{other.base}/tool.whl"), tmp_path, tmp_path) is not None


def test_one_wrong_wheel_says_nothing_of_the_others(fetcher: WheelFetcher, tmp_path: Path) -> None:
    with serve(lambda request: Answer(body=DATA if request.path == "/tool.whl" else b"-")) as site:
        assert fetcher.fetch(wheel(f"{site.base}/wrong.whl"), tmp_path, tmp_path) is None
        assert fetcher.fetch(wheel(f"{site.base}/tool.whl"), tmp_path, tmp_path) is not None


def test_nothing_is_asked_offline_or_with_a_password_in_the_address(
    http: Http, fetcher: WheelFetcher, tmp_path: Path
) -> None:
    with serve(lambda _: Answer(body=DATA)) as site:
        assert (
            WheelFetcher(lambda: http, {"UV_OFFLINE": "1"}).fetch(wheel(f"{site.base}/tool.whl"), tmp_path, tmp_path)
            is None
        )
        address = site.base.replace("://", "://user:password@")
        assert fetcher.fetch(wheel(f"{address}/tool.whl"), tmp_path, tmp_path) is None
        assert site.asked == []


@pytest.mark.parametrize("form", ["relative", "absolute", "file"])
def test_a_local_wheel_stays_where_it_is(fetcher: WheelFetcher, form: str, tmp_path: Path) -> None:
    project = tmp_path / "project"
    path = project / "my wheels" / "tool.whl"
    path.parent.mkdir(parents=True)
    path.write_bytes(DATA)
    url = {"relative": "my wheels/tool.whl", "absolute": str(path), "file": path.as_uri()}[form]
    assert fetcher.fetch(wheel(url), project, tmp_path) == path
    path.write_bytes(DATA + b"changed")
    assert fetcher.fetch(wheel(url), project, tmp_path) is None
    path.unlink()
    assert fetcher.fetch(wheel(url), project, tmp_path) is None

import threading
from collections.abc import Iterator
from email.utils import formatdate
from pathlib import Path

import pytest
from tests.support.httpd import Answer, Request, Reset, serve
from tests.support.tls import make_authority

from lading.errors import RemoteFailed, VerificationFailed
from lading.http import Http, NoAnswer, origin_of


@pytest.fixture
def naps() -> list[float]:
    return []


@pytest.fixture
def http(naps: list[float]) -> Iterator[Http]:
    client = Http(sleep=naps.append, environ={}, timeout=10)
    yield client
    client.close()


class Script:
    """Answers in order, the last one for ever; remembers the requests."""

    def __init__(self, *answers: Answer | type[Reset]) -> None:
        self.answers = list(answers)
        self.requests: list[Request] = []
        self.bodies: list[bytes] = []
        self.lock = threading.Lock()

    def __call__(self, request: Request) -> Answer:
        with self.lock:
            answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
            self.requests.append(request)
        if not isinstance(answer, Answer):
            raise answer
        self.bodies.append(request.body())
        return answer


def test_get_reads_headers_and_body(http: Http) -> None:
    with serve(Script(Answer(headers={"X-Kind": "plain"}, body=b"hello"))) as site:
        with http.send("GET", f"{site.base}/a?b=c") as response:
            assert (response.status, response.headers["x-kind"], response.body()) == (200, "plain", b"hello")
        assert site.asked == ["GET /a?b=c"]


def test_connections_are_used_again(http: Http) -> None:
    ports: set[object] = set()
    with serve(Script(Answer(body=b"x"))) as site:
        for _ in range(3):
            with http.send("GET", site.base) as response:
                ports.add(response._raw.fp.raw._sock.getsockname()[1])  # type: ignore[attr-defined]
        assert len(ports) == 1


def test_an_unread_long_answer_costs_its_connection_and_not_the_next_request(http: Http) -> None:
    with serve(Script(Answer(body=b"x" * 3_000_000), Answer(body=b"second"))) as site:
        http.send("GET", site.base).close()
        with http.send("GET", site.base) as response:
            assert response.body() == b"second"


def test_a_closed_idle_connection_is_replaced(http: Http) -> None:
    answer = Script(Answer(body=b"x", headers={"Keep-Alive": "x"}))
    with serve(answer) as site:
        http.send("GET", site.base).close()
        (connection,) = next(iter(http._idle.values()))
        connection.sock.shutdown(2)
        with http.send("GET", site.base, again=False) as response:
            assert response.body() == b"x"


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_transient_statuses_are_retried(http: Http, naps: list[float], status: int) -> None:
    with serve(Script(Answer(status), Answer(status), Answer(body=b"x"))) as site:
        with http.send("GET", site.base) as response:
            assert response.status == 200
        assert len(site.asked) == 3
    assert len(naps) == 2
    assert naps[0] < naps[1] * 3  # backoff grows, jitter aside


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 501])
def test_refusals_are_not_retried(http: Http, status: int) -> None:
    with serve(Script(Answer(status))) as site:
        http.send("GET", site.base).close()
        assert len(site.asked) == 1


def test_retry_after_in_seconds_is_honoured(http: Http, naps: list[float]) -> None:
    with serve(Script(Answer(429, {"Retry-After": "7"}), Answer())) as site:
        http.send("GET", site.base).close()
    assert naps == [7.0]


def test_retry_after_as_a_date_is_honoured(http: Http, naps: list[float]) -> None:
    import time

    with serve(Script(Answer(503, {"Retry-After": formatdate(time.time() + 20, usegmt=True)}), Answer())) as site:
        http.send("GET", site.base).close()
    assert 15 <= naps[0] <= 20


@pytest.mark.parametrize("value", ["soon", "-5", "²", "Fri, 99 Foo 2020"])
def test_an_unreadable_retry_after_means_the_usual_backoff(http: Http, naps: list[float], value: str) -> None:
    with serve(Script(Answer(503, {"Retry-After": value.encode().decode("latin-1")}), Answer())) as site:
        http.send("GET", site.base).close()
    assert 0 < naps[0] < 1


def test_a_server_that_asks_for_an_hour_is_not_waited_for(http: Http, naps: list[float]) -> None:
    with serve(Script(Answer(429, {"Retry-After": "3600"}))) as site:
        with http.send("GET", site.base) as response:
            assert response.status == 429
        assert len(site.asked) == 1
    assert naps == []


def test_resets_are_retried_and_then_told(http: Http) -> None:
    with serve(Script(Reset)) as site:
        with pytest.raises(NoAnswer) as caught:
            http.send("GET", f"{site.base}/x?token=secret")
        assert len(site.asked) == 5
    assert "secret" not in str(caught.value)
    assert caught.value.exit_code == 4


def test_again_false_sends_once(http: Http) -> None:
    with serve(Script(Reset)) as site:
        with pytest.raises(NoAnswer):
            http.send("POST", site.base, again=False)
        assert len(site.asked) == 1


def test_nobody_listens(http: Http) -> None:
    with serve(Script(Answer())) as site:
        pass
    with pytest.raises(NoAnswer) as caught:
        http.send("GET", site.base)
    assert caught.value.where == site.base
    assert "HTTPS_PROXY" in caught.value.fix


def test_a_short_body_is_an_error(http: Http) -> None:
    with (
        serve(Script(Answer(body=b"x" * 1000, cut=400))) as site,
        http.send("GET", site.base) as response,
        pytest.raises(NoAnswer),
    ):
        response.body()


def test_a_body_over_the_limit_is_an_error(http: Http) -> None:
    with (
        serve(Script(Answer(body=b"x" * 1000))) as site,
        http.send("GET", site.base) as response,
        pytest.raises(RemoteFailed, match="longer than 999"),
    ):
        response.body(limit=999)


def test_streams_are_sent_with_their_length_and_made_anew_for_each_attempt(http: Http) -> None:
    made: list[int] = []

    def stream() -> Iterator[bytes]:
        made.append(1)
        yield b"ab"
        yield b"cd"

    answer = Script(Answer(503), Answer(201))
    with serve(answer) as site, http.send("PUT", site.base, headers={"Content-Length": "4"}, body=stream) as response:
        assert response.status == 201
    assert answer.bodies == [b"abcd", b"abcd"]
    assert len(made) == 2
    assert answer.requests[0].headers["Content-Length"] == "4"


def test_a_body_that_cannot_be_produced_is_told_as_such_and_not_retried(http: Http) -> None:
    made: list[int] = []

    def stream() -> Iterator[bytes]:
        made.append(1)
        yield b"half"
        raise VerificationFailed("the layer is not what was promised")

    with serve(Script(Answer())) as site:
        with pytest.raises(VerificationFailed):
            http.send("PUT", site.base, headers={"Content-Length": "8"}, body=stream)
        assert len(made) == 1
        with http.send("GET", site.base) as response:  # the broken connection is not used again
            assert response.status == 200


def test_an_answer_before_the_whole_body_was_read_is_heard(http: Http) -> None:
    def refuse(request: Request) -> Answer:
        request.read(10)
        return Answer(413, {"Connection": "close"}, b"too large")

    def stream() -> Iterator[bytes]:
        for _ in range(400):
            yield b"x" * 100_000

    with (
        serve(refuse) as site,
        http.send("PUT", site.base, headers={"Content-Length": str(40_000_000)}, body=stream, again=False) as response,
    ):
        assert response.status == 413


def test_redirects_are_followed_without_credentials_to_another_origin(http: Http) -> None:
    there = Script(Answer(body=b"blob"))
    with serve(there) as storage:
        here = Script(Answer(307, {"Location": f"{storage.base}/blob?signature=1"}))
        with serve(here) as site, http.send("GET", site.base, headers={"Authorization": "Bearer t"}) as response:
            assert response.body() == b"blob"
    assert here.requests[0].headers["Authorization"] == "Bearer t"
    assert "Authorization" not in there.requests[0].headers


def test_redirects_within_the_origin_keep_credentials(http: Http) -> None:
    answer = Script(Answer(302, {"Location": "/other"}), Answer(body=b"x"))
    with serve(answer) as site, http.send("HEAD", site.base, headers={"authorization": "Basic t"}) as response:
        assert response.status == 200
    assert [request.path for request in answer.requests] == ["/", "/other"]
    assert answer.requests[1].headers["authorization"] == "Basic t"


def test_redirects_in_a_circle_end(http: Http) -> None:
    with serve(Script(Answer(302, {"Location": "/again"}))) as site, pytest.raises(RemoteFailed, match="redirects"):
        http.send("GET", site.base)


def test_uploads_are_not_redirected(http: Http) -> None:
    with serve(Script(Answer(307, {"Location": "/other"}))) as site:
        with http.send("PUT", site.base, body=b"x") as response:
            assert response.status == 307
        assert len(site.asked) == 1


@pytest.mark.parametrize(
    "location", ["http://[::1", "ftp://h.example/x", "http://a:99999999/", "http://h:port/", "http:///x", "http://ü/"]
)
def test_a_location_that_is_no_address_is_refused_once(http: Http, naps: list[float], location: str) -> None:
    wire = location.encode().decode("latin-1")
    with serve(Script(Answer(302, {"Location": wire}))) as site, pytest.raises(RemoteFailed):
        http.send("GET", site.base)
    assert naps == []


def test_a_location_with_blanks_is_quoted(http: Http) -> None:
    answer = Script(Answer(302, {"Location": "/a b%20c?d=e f"}), Answer())
    with serve(answer) as site:
        http.send("GET", site.base).close()
        assert site.asked[1] == "GET /a%20b%20c?d=e%20f"


class TestTls:
    def test_an_unknown_authority_is_told_at_once(self, http: Http, naps: list[float], tmp_path: Path) -> None:
        with (
            serve(Script(Answer()), context=make_authority(tmp_path).context()) as site,
            pytest.raises(RemoteFailed, match="not trusted") as caught,
        ):
            http.send("GET", site.base)
        assert not isinstance(caught.value, NoAnswer)
        assert naps == []

    def test_a_trusted_authority_serves_its_host_only(self, http: Http, tmp_path: Path) -> None:
        authority = make_authority(tmp_path)
        with serve(Script(Answer(body=b"x")), context=authority.context()) as site:
            http.trust("127.0.0.1", site.port, [str(authority.ca_file)])
            with http.send("GET", site.base) as response:
                assert response.body() == b"x"
            with pytest.raises(RemoteFailed, match="not trusted"):
                http.send("GET", site.base.replace("127.0.0.1", "localhost"))

    def test_no_redirect_from_https_to_http(self, http: Http, tmp_path: Path) -> None:
        authority = make_authority(tmp_path)
        with (
            serve(Script(Answer())) as plain,
            serve(Script(Answer(302, {"Location": plain.base})), context=authority.context()) as site,
        ):
            http.trust("127.0.0.1", site.port, [str(authority.ca_file)])
            with pytest.raises(RemoteFailed, match="unencrypted"):
                http.send("GET", site.base)
            assert plain.asked == []

    def test_the_other_protocol_is_no_crash(self, http: Http) -> None:
        with serve(Script(Answer())) as site, pytest.raises(NoAnswer):
            http.send("GET", site.base.replace("http:", "https:"), again=False)


class TestProxy:
    def test_http_goes_through_the_proxy_with_the_whole_address(self, naps: list[float]) -> None:
        answer = Script(Answer(body=b"through"))
        with serve(answer) as site:
            http = Http(sleep=naps.append, environ={"http_proxy": f"http://user:p%40ss@127.0.0.1:{site.port}"})
            with http.send("GET", "http://mirror.example/debian/x") as response:
                assert response.body() == b"through"
            http.close()
            assert site.asked == ["GET http://mirror.example/debian/x"]
        assert answer.requests[0].headers["Proxy-Authorization"] == "Basic dXNlcjpwQHNz"
        assert answer.requests[0].headers["Host"] == "mirror.example"

    def test_https_goes_through_a_tunnel(self, naps: list[float]) -> None:
        with serve(Script(Answer(405))) as site:
            http = Http(sleep=naps.append, environ={"HTTPS_PROXY": f"127.0.0.1:{site.port}"})
            with pytest.raises(NoAnswer, match="no answer"):
                http.send("GET", "https://mirror.example/x", again=False)
            http.close()


def test_sixteen_threads_share_one_client(http: Http) -> None:
    bodies: list[bytes] = []

    def ask(base: str) -> None:
        for _ in range(10):
            with http.send("GET", base) as response:
                bodies.append(response.body())

    with serve(Script(Answer(body=b"x" * 5000))) as site:
        threads = [threading.Thread(target=ask, args=(site.base,)) for _ in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        http.close()
    assert bodies == [b"x" * 5000] * 160


def test_origins() -> None:
    assert origin_of("https://a.example/x") == ("https", "a.example", 443)
    assert origin_of("http://[::1]:5000/x") == ("http", "::1", 5000)

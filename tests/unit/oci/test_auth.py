import base64
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.httpd import Answer, Request, serve
from tests.support.images import layer_of, make_image
from tests.support.registry import Manners, registry
from tests.support.registry import Registry as There

from lading.errors import RemoteFailed
from lading.http import Http
from lading.oci.auth import Authorizer, Challenge, Token, choose, parse_challenges
from lading.oci.credentials import Credential
from lading.oci.endpoint import Refused
from lading.oci.registry import Registry
from lading.proc import Runner

ONE = layer_of({"a": b"1"})
USERS = {"me": "hunter2"}


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ('Basic realm="x y"', [Challenge(scheme="basic", realm="x y")]),
        ("Basic", [Challenge(scheme="basic")]),
        (
            'Bearer realm="https://auth.example/token?a=b",service="registry.example",scope="repository:a/b:pull,push"',
            [
                Challenge(
                    scheme="bearer",
                    realm="https://auth.example/token?a=b",
                    service="registry.example",
                    scope="repository:a/b:pull,push",
                )
            ],
        ),
        ('bearer  realm = "r" , error="insufficient_scope"', [Challenge(scheme="bearer", realm="r")]),
        ("Bearer realm=bare,service=s", [Challenge(scheme="bearer", realm="bare", service="s")]),
        ('Bearer realm="a\\"b"', [Challenge(scheme="bearer", realm='a"b')]),
        (
            'Basic realm="one", Bearer realm="two",service="s"',
            [Challenge(scheme="basic", realm="one"), Challenge(scheme="bearer", realm="two", service="s")],
        ),
        ('Negotiate, Basic realm="x"', [Challenge(scheme="negotiate"), Challenge(scheme="basic", realm="x")]),
        ('realm="no scheme"', []),
        ("", []),
    ],
)
def test_challenges_as_registries_write_them(header: str, expected: list[Challenge]) -> None:
    assert parse_challenges([header]) == expected


@given(st.lists(st.text(max_size=80), max_size=3))
def test_no_challenge_crashes_the_reader(headers: list[str]) -> None:
    choose(parse_challenges(headers))


def test_bearer_is_chosen_before_basic() -> None:
    basic, bearer = Challenge(scheme="basic"), Challenge(scheme="bearer", realm="r")
    assert choose([basic, bearer]) == bearer
    assert choose([basic]) == basic
    assert choose([Challenge(scheme="bearer"), Challenge(scheme="negotiate")]) is None


@pytest.fixture
def login(http: Http, tmp_path: Path) -> Callable[..., Registry]:
    """A client whose docker config holds one login for a registry."""

    def make(there: There, entry: dict[str, str] | None = None, **environ: str) -> Registry:
        plain = {"auth": base64.b64encode(b"me:hunter2").decode()}
        config = {"auths": {there.host: plain if entry is None else entry}}
        (tmp_path / "config.json").write_text(json.dumps(config))
        return Registry(http, {"DOCKER_CONFIG": str(tmp_path), **environ}, Runner())

    return make


def sent(there: There) -> list[str]:
    return [
        headers["Authorization"]
        for _, path, headers in there.headers
        if "Authorization" in headers and path[:3] == "/v2"
    ]


class TestBasic:
    def test_it_is_sent_when_it_is_asked_for(self, login: Callable[..., Registry]) -> None:
        with registry(basic=USERS) as there:
            client = login(there)
            image = make_image([ONE])
            client.push(f"{there.host}/app:1", image)
            assert client.pull(f"{there.host}/app:1").manifest == image.manifest
            unauthorised = [headers for _, _, headers in there.headers if "Authorization" not in headers]
            assert len(unauthorised) == 2  # the first request of the push, and of the pull

    def test_no_login_is_told_with_the_command(self, http: Http) -> None:
        with registry(basic=USERS) as there:
            with pytest.raises(Refused, match="wants a login") as caught:
                Registry(http, {}, Runner()).push(f"{there.host}/app:1", make_image([ONE]))
            assert caught.value.fix == f"docker login {there.host}"
            assert caught.value.exit_code == 4

    def test_a_wrong_password_is_told_without_it(self, login: Callable[..., Registry]) -> None:
        with registry(basic={"me": "another"}) as there:
            with pytest.raises(Refused) as caught:
                login(there).push(f"{there.host}/app:1", make_image([ONE]))
            assert "docker login" in caught.value.fix
            assert "hunter2" not in str(caught.value)

    def test_a_helper_that_failed_is_told(self, http: Http, tmp_path: Path) -> None:
        (tmp_path / "config.json").write_text('{"credsStore": "absent-helper"}')
        with registry(basic=USERS) as there, pytest.raises(Refused) as caught:
            Registry(http, {"DOCKER_CONFIG": str(tmp_path)}, Runner()).resolve(f"{there.host}/app:1")
        assert "docker-credential-absent-helper" in caught.value.fix


class TestBearer:
    def test_tokens_are_fetched_once_a_scope(self, login: Callable[..., Registry]) -> None:
        with registry(bearer=USERS) as there:
            client = login(there)
            image = make_image([ONE])
            client.push(f"{there.host}/app:1", image)
            assert len(there.token_requests) == 1
            assert there.tokens["token-0"] == ["app:pull", "app:push"]
            client.pull(f"{there.host}/app:1")
            assert there.tokens["token-1"] == ["app:pull"]
            assert all(value.startswith("Bearer token-") for value in sent(there))

    def test_anybody_may_pull_where_that_is_so(self, http: Http) -> None:
        with registry(bearer=USERS, manners=Manners(anonymous_pull=True)) as there:
            there.manifests["app"] = {}
            client = Registry(http, {}, Runner())
            with pytest.raises(Refused, match="does not give"):
                client.pull(f"{there.host}/app:1")  # seen, and not there
            with pytest.raises(RemoteFailed) as caught:
                client.push(f"{there.host}/app:1", make_image([ONE]))
            assert caught.value.fix == f"docker login {there.host}"

    def test_a_wrong_password_is_told_without_it(self, login: Callable[..., Registry]) -> None:
        with registry(bearer={"me": "another"}) as there:
            with pytest.raises(RemoteFailed, match="refused the login") as caught:
                login(there).push(f"{there.host}/app:1", make_image([ONE]))
            assert "hunter2" not in str(caught.value)
            assert "docker login" in caught.value.fix

    def test_an_expired_token_is_replaced_in_mid_push(self, login: Callable[..., Registry]) -> None:
        with registry(bearer=USERS) as there:
            client = login(there)
            client.push(f"{there.host}/app:1", make_image([ONE]))

            class Forgetful(dict[str, list[str]]):
                """Forgets every token once, after six requests."""

                uses = 0

                def get(self, key: str, default: list[str] | None = None) -> list[str]:  # type: ignore[override]
                    with there._lock:
                        self.uses += 1
                        if self.uses == 6:
                            self.update({key: [] for key in self})
                    return super().get(key, default or [])

            there.tokens = Forgetful()
            image = make_image([ONE, layer_of({"b": b"2"})])
            client.push(f"{there.host}/app:2", image)
            assert there.manifests["app"]["2"][1] == image.manifest
            assert len(there.tokens) == 2

    def test_identity_tokens_are_exchanged(self, login: Callable[..., Registry]) -> None:
        with registry(bearer=USERS) as there:
            there.identity_tokens.add("identity-hunter2")
            client = login(there, {"identitytoken": "identity-hunter2"})
            image = make_image([ONE])
            client.push(f"{there.host}/app:1", image)
            assert there.manifests["app"]["1"][1] == image.manifest
            assert [request.method for request in there.token_requests] == ["POST"]
            assert not any("identity-hunter2" in line for line in there.asked)

    def test_servers_that_call_it_access_token(self, login: Callable[..., Registry]) -> None:
        with registry(bearer=USERS, manners=Manners(only_access_token=True)) as there:
            login(there).push(f"{there.host}/app:1", make_image([ONE]))

    def test_a_token_that_the_user_has_already(self, login: Callable[..., Registry]) -> None:
        with registry(bearer=USERS) as there:
            there.tokens["given"] = ["app:pull", "app:push"]
            login(there, {"registrytoken": "given"}).push(f"{there.host}/app:1", make_image([ONE]))
            assert there.token_requests == []

    @pytest.mark.parametrize(
        "manners", [Manners(), Manners(first_scope_only=True), Manners(refuses_second_scope=True)], ids=str
    )
    def test_a_mount_asks_for_its_source_too_and_does_without(
        self, login: Callable[..., Registry], manners: Manners
    ) -> None:
        with registry(bearer=USERS) as there:
            client = login(there)
            client.push(f"{there.host}/base:1", make_image([ONE]))
            base = client.pull(f"{there.host}/base:1")
            there.manners = manners
            image = make_image([*base.layers, layer_of({"b": b"2"})])
            report = client.push(f"{there.host}/app:1", image)
            assert there.manifests["app"]["1"][1] == image.manifest
        assert report.blobs_mounted == (1 if manners == Manners() else 0)
        # the repository that is pushed to comes first
        scopes = [line for line in there.asked if line.startswith("GET /token")][-1]
        assert scopes.index("app%3Apull%2Cpush") < scopes.index("base%3Apull")


class TestRealms:
    """A token server is named by the registry: it is not believed about where passwords go."""

    def ask(self, http: Http, base: str, realm: str, insecure: frozenset[str] = frozenset()) -> str:
        credential = Credential(username="me", password="hunter2")
        authorizer = Authorizer(http, "registry.example", base, lambda: (credential, ""), insecure=insecure)
        return authorizer.challenged([f'Bearer realm="{realm}",service="s"'], ["repository:a:pull"], "")

    @pytest.mark.parametrize(
        ("base", "realm"),
        [
            ("https://registry.example", "http://registry.example/token"),
            ("https://registry.example", "http://127.0.0.1:9/token"),
            ("https://registry.example", "http://localhost:9/token"),
            ("http://127.0.0.1:5000", "http://auth.example/token"),
            ("http://127.0.0.1:5000", "http://127.0.0.1.example/token"),
        ],
    )
    def test_a_password_never_travels_in_the_clear(self, http: Http, base: str, realm: str) -> None:
        with pytest.raises(RemoteFailed, match="without TLS"):
            self.ask(http, base, realm)

    @pytest.mark.parametrize("realm", ["ftp://auth.example/", "/token", "https://", "", "https://[::1"])
    def test_a_realm_that_is_no_address(self, http: Http, realm: str) -> None:
        with pytest.raises(RemoteFailed):
            self.ask(http, "https://registry.example", realm)

    def test_loopback_registries_may_name_loopback_servers(self, http: Http) -> None:
        seen: list[Request] = []

        def token(request: Request) -> Answer:
            seen.append(request)
            return Answer(body=b'{"token": "t"}')

        with serve(token) as site:
            assert self.ask(http, "http://127.0.0.1:5000", f"{site.base}/token?x=y") == "Bearer t"
            assert site.asked == ["GET /token?x=y&service=s&scope=repository%3Aa%3Apull"]
        assert seen[0].headers["Authorization"] == "Basic bWU6aHVudGVyMg=="

    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"[]",
            b"{}",
            b'{"token": ""}',
            b'{"token": "a\\r\\nX: y"}',
            b'{"token": "a b"}',
            b'{"token": "\xc3\xbc"}',
        ],
    )
    def test_a_token_that_is_none(self, http: Http, body: bytes) -> None:
        with serve(lambda _: Answer(body=body)) as site, pytest.raises(RemoteFailed, match="gave no token"):
            self.ask(http, "http://127.0.0.1:5000", site.base)

    def test_a_redirect_of_the_token_server_gets_no_password(self, http: Http) -> None:
        seen: list[Request] = []

        def elsewhere(request: Request) -> Answer:
            seen.append(request)
            return Answer(body=b'{"token": "t"}')

        with serve(elsewhere) as other, serve(lambda _: Answer(302, {"Location": other.base})) as site:
            self.ask(http, "http://127.0.0.1:5000", site.base)
        assert "Authorization" not in seen[0].headers


def test_an_unknown_way_to_log_in(http: Http) -> None:
    with (
        serve(lambda _: Answer(401, {"WWW-Authenticate": "Negotiate"})) as site,
        pytest.raises(RemoteFailed, match="does not know"),
    ):
        Registry(http, {}, Runner()).resolve(f"127.0.0.1:{site.port}/app:1")


def test_no_repr_holds_a_token() -> None:
    assert "secret" not in repr(Token(value="Bearer secret", until=0.0))

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lading.errors import UsageError
from lading.http.proxy import Proxy, is_loopback, proxy_for
from lading.http.response import shown

PROXY = "http://proxy.example:3128"


def test_none_is_set() -> None:
    assert proxy_for("https", "a.example", 443, {}) is None


@pytest.mark.parametrize(
    ("scheme", "name"),
    [("https", "https_proxy"), ("https", "HTTPS_PROXY"), ("http", "http_proxy"), ("http", "ALL_PROXY")],
)
def test_either_case_and_all(scheme: str, name: str) -> None:
    assert proxy_for(scheme, "a.example", 80, {name: PROXY}) == Proxy(host="proxy.example", port=3128)


def test_the_other_scheme_does_not_count() -> None:
    assert proxy_for("http", "a.example", 80, {"HTTPS_PROXY": PROXY}) is None


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.8.9.10", "::1"])
def test_loopback_is_never_proxied(host: str) -> None:
    assert proxy_for("http", host, 80, {"ALL_PROXY": PROXY}) is None


@pytest.mark.parametrize(
    ("rule", "host", "port", "direct"),
    [
        ("a.example", "a.example", 443, True),
        ("A.Example", "a.EXAMPLE", 443, True),
        ("a.example", "sub.a.example", 443, True),
        ("a.example", "ba.example", 443, False),
        (".a.example", "sub.a.example", 443, True),
        (".a.example", "a.example", 443, False),
        ("*.a.example", "sub.a.example", 443, True),
        ("a.example:8443", "a.example", 8443, True),
        ("a.example:8443", "a.example", 443, False),
        ("b.example, a.example", "a.example", 443, True),
        ("10.0.0.0/8", "10.1.2.3", 443, True),
        ("10.0.0.0/8", "11.1.2.3", 443, False),
        ("fe80::/10", "fe80::1", 443, True),
        ("[fe80::1]:443", "fe80::1", 443, True),
        ("fe80::1", "fe80::1", 443, True),
        ("10.0.0.0/8", "a.example", 443, False),
        ("*", "a.example", 443, True),
        ("", "a.example", 443, False),
    ],
)
def test_no_proxy(rule: str, host: str, port: int, direct: bool) -> None:
    found = proxy_for("https", host, port, {"HTTPS_PROXY": PROXY, "NO_PROXY": rule})
    assert (found is None) is direct


@pytest.mark.parametrize("value", ["socks5://user:hunter2@h.example:1", "https://hunter2@h.example", "http://h:port"])
def test_what_cannot_be_spoken_to_is_told_without_its_password(value: str) -> None:
    with pytest.raises(UsageError) as caught:
        proxy_for("https", "a.example", 443, {"HTTPS_PROXY": value})
    assert caught.value.where == "HTTPS_PROXY"
    assert "hunter2" not in str(caught.value)


@given(st.text())
def test_loopback_is_decided_for_any_text(text: str) -> None:
    assert is_loopback(text) in (True, False)


@pytest.mark.parametrize("host", ["127.0.0.1.example", "127.0.0", "127.0.0.256", "128.0.0.1", "localhost.example"])
def test_lookalikes_are_not_loopback(host: str) -> None:
    assert not is_loopback(host)


@pytest.mark.parametrize(
    ("url", "text"),
    [
        ("https://user:secret@h.example:5/p?token=secret#secret", "https://h.example:5/p"),
        ("https://h.example", "https://h.example"),
        ("https://h.example/?secret=//x@y", "https://h.example/"),
    ],
)
def test_messages_show_no_secrets(url: str, text: str) -> None:
    assert shown(url) == text

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lading.digest import digest_of
from lading.errors import UsageError
from lading.oci.references import Reference, endpoint_of, host_of, insecure_registries, parse_reference

DIGEST = digest_of(b"")


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("python", "docker.io/library/python:latest"),
        ("python:3.13-slim", "docker.io/library/python:3.13-slim"),
        ("team/app", "docker.io/team/app:latest"),
        ("docker.io/python", "docker.io/library/python:latest"),
        ("index.docker.io/python", "docker.io/library/python:latest"),
        ("localhost/app", "localhost/app:latest"),
        ("localhost:5000/app", "localhost:5000/app:latest"),
        ("localhost:5000/team/app:1", "localhost:5000/team/app:1"),
        ("127.0.0.1:5000/app", "127.0.0.1:5000/app:latest"),
        ("[::1]:5000/app:1", "[::1]:5000/app:1"),
        ("[::1]/app", "[::1]/app:latest"),
        ("registry.example/a/b/c", "registry.example/a/b/c:latest"),
        ("REGISTRY/app", "REGISTRY/app:latest"),
        ("a__b-c---d/e.f", "docker.io/a__b-c---d/e.f:latest"),
        ("app:1/2", "app:1/2:latest"),
        (f"python@{DIGEST}", f"docker.io/library/python@{DIGEST}"),
        (f"registry.example/app:1@{DIGEST}", f"registry.example/app:1@{DIGEST}"),
    ],
)
def test_short_names_are_filled_in(text: str, whole: str) -> None:
    reference = parse_reference(text)
    assert str(reference) == whole
    assert parse_reference(str(reference)) == reference


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "empty"),
        ("https://registry.example/app", "no scheme"),
        ("App", "lower case"),
        ("registry.example/Team/App:1", "lower case"),
        ("app:", "not a tag"),
        ("a__b.example/app", "registry's host"),
        ("app: 1", "not a tag"),
        ("app:" + "x" * 129, "not a tag"),
        ("app:-x", "not a tag"),
        ("app@", "not a sha256 digest"),
        ("app@sha256:abc", "not a sha256 digest"),
        ("app@sha512:" + "0" * 128, "not a sha256 digest"),
        ("a//b", "not a repository"),
        ("/app", "not a repository"),
        ("registry.example/", "not a repository"),
        ("a b", "not a repository"),
        ("a..b", "not a repository"),
        ("a___b", "not a repository"),
        ("app\n", "not a repository"),
        ("äpp", "not a repository"),
        ("../app", "registry's host"),
        ("-x.example/app", "registry's host"),
        ("registry.example:99999/app", "registry's host"),
        ("registry.example:0/app", "registry's host"),
        ("0" * 64, "not a name"),
        ("registry.example/" + "a" * 240, "longer than 255"),
    ],
)
def test_what_is_wrong_is_said(text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        parse_reference(text)


def test_a_name_in_upper_case_is_given_back_corrected() -> None:
    with pytest.raises(UsageError) as caught:
        parse_reference("registry.example/Team/App:V1")
    assert "registry.example/team/app:V1" in caught.value.fix


def test_what_a_manifest_is_asked_for_by() -> None:
    assert parse_reference("app:1").target == "1"
    assert parse_reference(f"app:1@{DIGEST}").target == DIGEST
    assert str(parse_reference("app:1").at(DIGEST)) == f"docker.io/library/app@{DIGEST}"
    assert str(parse_reference(f"app@{DIGEST}").tagged("2")) == "docker.io/library/app:2"


@given(st.text(max_size=60) | st.from_regex(r"[a-zA-Z0-9./:@_-]{1,40}", fullmatch=True))
def test_any_text_is_a_reference_or_a_usage_error(text: str) -> None:
    try:
        reference = parse_reference(text)
    except UsageError:
        return
    assert parse_reference(str(reference)) == reference
    assert not set(str(reference)) & set(" \n\t?#%\\")


PARTS = st.from_regex(r"[a-z0-9]{1,8}((\.|_|__|-)[a-z0-9]{1,5}){0,2}", fullmatch=True)
HOSTS = st.from_regex(r"[a-z][a-z0-9-]{0,8}[a-z0-9]\.example(:[1-9][0-9]{0,3})?", fullmatch=True)
TAGS = st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,20}", fullmatch=True)


@given(HOSTS, st.lists(PARTS, min_size=1, max_size=3), TAGS)
def test_what_is_written_is_read_back(host: str, parts: list[str], tag: str) -> None:
    reference = Reference(registry=host, repository="/".join(parts), tag=tag)
    assert parse_reference(str(reference)) == reference


@pytest.mark.parametrize(
    ("registry", "endpoint"),
    [
        ("docker.io", "https://registry-1.docker.io"),
        ("registry.example", "https://registry.example"),
        ("registry.example:5000", "https://registry.example:5000"),
        ("localhost:5000", "http://localhost:5000"),
        ("127.0.0.1:5000", "http://127.0.0.1:5000"),
        ("127.9.9.9", "http://127.9.9.9"),
        ("[::1]:5000", "http://[::1]:5000"),
        ("127.0.0.1.example", "https://127.0.0.1.example"),
        ("lab.example:5000", "http://lab.example:5000"),
        ("lab.example", "https://lab.example"),
        ("plain.example:1", "http://plain.example:1"),
    ],
)
def test_only_loopback_and_listed_registries_go_without_tls(registry: str, endpoint: str) -> None:
    listed = insecure_registries({"LADING_INSECURE_REGISTRIES": "lab.example:5000, plain.example,"})
    assert endpoint_of(registry, listed) == endpoint


def test_an_installed_authority_means_tls_even_on_loopback() -> None:
    assert endpoint_of("localhost:5000", trusted=True) == "https://localhost:5000"


def test_hosts() -> None:
    assert [host_of(name) for name in ("a.example:1", "a.example", "[::1]:5", "[::1]")] == [
        "a.example", "a.example", "::1", "::1",
    ]  # fmt: skip

"""What a lock lets through is no more than what the packages that use it let through."""

from hypothesis import example, given
from hypothesis import strategies as st

from lading.debian.control import NAME, POOL_PATH
from lading.debian.versions import VERSION
from lading.digest import digest_of, parse_digest
from lading.lock import fields

NEAR = st.text("aZ09.+-~:_/% \0é", max_size=12)


@given(NEAR | st.text(max_size=200))
@example("a" * 129)
def test_package_names(text: str) -> None:
    assert fields.is_package(text) == bool(NAME.match(text))


@given(NEAR | st.text(max_size=300))
@example("1:")
@example(":1")
@example("1" * 10 + ":1")
@example("1:" + "1" * 255)
def test_debian_versions(text: str) -> None:
    if fields.is_debian_version(text):
        assert VERSION.match(text)
    else:
        assert not VERSION.match(text) or not text[0].isalnum() or len(text) > 255


@given(st.builds("pool/{}{}".format, NEAR, st.sampled_from(["", ".deb", "/.deb", "/a.deb", "\n.deb"])) | NEAR)
@example("pool/" + "a" * 600 + ".deb")
@example("pool/../a.deb")
@example("pool//a.deb")
@example("pool/a.deb\n")
def test_pool_paths(text: str) -> None:
    assert fields.is_pool_path(text) == bool(POOL_PATH.match(text) and len(text) <= 512)


@given(st.builds(digest_of, st.binary()), NEAR, st.integers(0, 71))
def test_digests(digest: str, noise: str, at: int) -> None:
    assert fields.is_digest(digest)
    text = digest[:at] + noise + digest[at:]
    if fields.is_digest(text):
        assert parse_digest(text) == text

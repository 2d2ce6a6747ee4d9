import subprocess
from collections.abc import Mapping
from contextlib import suppress
from email.utils import formatdate
from pathlib import Path

import pysequoia
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.debmirror import NOW, public_key, sign, signing_key, stanza

from lading.debian.release import archive_keys, verify_release
from lading.errors import VerificationFailed

HASH = "a" * 64
FIELDS = {
    "Origin": "Debian",
    "Suite": "stable",
    "Codename": "trixie",
    "Date": "Mon, 21 Sep 2026 13:46:40 UTC",
    "Acquire-By-Hash": "yes",
    "MD5Sum": f"\n {'b' * 32} 1 main/binary-amd64/Packages.xz",
    "SHA256": f"\n {HASH}     1234 main/binary-amd64/Packages.xz\n {'c' * 64} 0 main/x",
}
PACKAGE_KEYS = {
    # https://ftp-master.debian.org/keys.html
    "4d64fec119c2029067d6e791f8d2585b8783d481",  # release 12
    "b8b80b5b623eab6ad8775c45b7c5d7d6350947f8",  # archive 12
    "05ab90340c0c5e797f44a8c8254cf3b5aec0a8f0",  # security 12
    "41587f7db8c774bccf131416762f67a0b2c39de4",  # release 13
    "04b54c3cdca79751b16bc6b5225629df75b188bd",  # archive 13
    "5e04a1e3223a19a20706e20f9904613d4cce68c6",  # security 13
}


def signed(fields: Mapping[str, str] | None = None, key: pysequoia.Tsk | None = None) -> bytes:
    return sign(stanza({**FIELDS, **(fields or {})}), key or signing_key())


def refused(data: bytes, *, suite: str = "trixie", now: float = NOW, keys: tuple[bytes, ...] | None = None) -> str:
    with pytest.raises(VerificationFailed) as caught:
        verify_release(data, keys=keys or (public_key(signing_key()),), suite=suite, now=now, where="the mirror")
    assert caught.value.where == "the mirror"
    return caught.value.what


def test_a_signed_release() -> None:
    keys = (public_key(signing_key("somebody else")), public_key(signing_key()))
    data = signed({"Valid-Until": "Mon, 28 Sep 2026 13:46:40 UTC"})
    release = verify_release(data, keys=keys, suite="trixie", now=NOW, where="x")
    assert (release.suite, release.codename, release.by_hash) == ("stable", "trixie", True)
    assert (release.date, release.valid_until) == (NOW - 1600, NOW - 1600 + 7 * 86400)
    assert release.files == {
        "main/binary-amd64/Packages.xz": (f"sha256:{HASH}", 1234),
        "main/x": ("sha256:" + "c" * 64, 0),
    }


def test_the_suite_may_be_asked_for_by_either_name() -> None:
    for suite in ("stable", "trixie"):
        assert (
            verify_release(signed(), keys=[public_key(signing_key())], suite=suite, now=NOW, where="x").codename
            == "trixie"
        )
    assert "is of trixie, not of bookworm" in refused(signed(), suite="bookworm")


def test_an_armoured_key_serves() -> None:
    armoured = str(signing_key().extract_certificate()).encode()
    assert verify_release(signed(), keys=[armoured], suite="trixie", now=NOW, where="x").files


def test_a_strangers_signature_is_refused() -> None:
    assert "not one of Debian's archive keys'" in refused(signed(key=signing_key("a stranger")))
    assert "not one of Debian's archive keys'" in refused(signed(), keys=archive_keys())


def test_a_changed_text_is_refused() -> None:
    assert "signature" in refused(signed().replace(HASH.encode(), b"d" * 64))


def test_an_unsigned_text_is_refused() -> None:
    assert "not a signed release file" in refused(stanza(FIELDS).encode())
    inline = pysequoia.sign(signing_key().signer(), stanza(FIELDS).encode())
    assert "not a signed release file" in refused(inline)
    assert "not a signed release file" in refused(b"")


def test_nothing_counts_that_is_outside_of_the_signature() -> None:
    assert "not a signed release file" in refused(b"SHA256:\n" + signed())
    assert "not a signed release file" in refused(signed() + b"\nSHA256:\n")
    assert "not a signed release file" in refused(signed() + signed())


def test_headers_of_the_armour_are_not_read() -> None:
    data = signed().replace(b"\n\n", f"\nSHA256: {'e' * 64} 1 main/evil\n\n".encode(), 1)
    assert verify_release(data, keys=[public_key(signing_key())], suite="trixie", now=NOW, where="x").files.keys() == {
        "main/binary-amd64/Packages.xz",
        "main/x",
    }


def test_a_signature_cut_off_is_refused() -> None:
    data = signed()
    for cut in range(0, len(data) - 5, 97):
        refused(data[:cut])


@given(st.integers(0, 4000), st.integers(1, 255))
def test_a_byte_that_was_changed_changes_nothing_or_is_refused(position: int, change: int) -> None:
    honest = signed()
    data = bytearray(honest)
    data[position % len(data)] ^= change
    keys = [public_key(signing_key())]
    with suppress(VerificationFailed):
        changed = verify_release(bytes(data), keys=keys, suite="trixie", now=NOW, where="x")
        assert changed == verify_release(honest, keys=keys, suite="trixie", now=NOW, where="x")


def test_an_expired_release_is_refused() -> None:
    data = signed({"Valid-Until": formatdate(NOW - 1)})
    assert "has expired (2026-09-21 14:13 UTC)" in refused(data)


def test_a_release_from_the_future_is_refused() -> None:
    assert "dated in the future" in refused(signed(), now=NOW - 86400)
    keys = (public_key(signing_key()),)
    release = verify_release(signed({"Date": formatdate(NOW + 300)}), keys=keys, suite="trixie", now=NOW, where="x")
    assert release.date == NOW + 300


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"Date": "yesterday"}, "Date is not a date"),
        ({"Valid-Until": "never"}, "Valid-Until is not a date"),
        ({"SHA256": ""}, "no SHA-256"),
        ({"SHA256": "\n 0123 1 main/x"}, "damaged line"),
        ({"SHA256": f"\n {HASH} 1 ../x"}, "damaged line"),
        ({"SHA256": f"\n {HASH} 1 x\n {HASH} 2 x"}, "twice"),
        ({"Extra": "x\n\nSHA256: y"}, "2 stanzas"),
    ],
)
def test_what_is_unsound_is_refused_though_it_is_signed(fields: Mapping[str, str], told: str) -> None:
    assert told in refused(signed(fields))


def test_a_release_without_a_date_is_refused() -> None:
    fields = {name: value for name, value in FIELDS.items() if name != "Date"}
    assert "has no date" in refused(sign(stanza(fields), signing_key()))


def test_the_keys_that_ship_are_debians() -> None:
    certificates = [certificate for key in archive_keys() for certificate in pysequoia.Cert.split_bytes(key)]
    assert {certificate.fingerprint for certificate in certificates} == PACKAGE_KEYS
    assert not any(certificate.is_revoked for certificate in certificates)


KEYRINGS = sorted(
    path
    for suite in ("bookworm", "trixie")
    for path in Path("/usr/share/keyrings").glob(f"debian-archive-{suite}-*.gpg")
)


@pytest.mark.skipif(len(KEYRINGS) != 6, reason="debian-archive-keyring is not installed")
def test_the_keys_that_ship_are_those_of_debians_package() -> None:
    installed = {cert.fingerprint for path in KEYRINGS for cert in pysequoia.Cert.split_bytes(path.read_bytes())}
    assert installed == PACKAGE_KEYS


GNUPG = Path("/usr/bin/gpgv")


@pytest.mark.skipif(not GNUPG.exists(), reason="gpgv is not installed")
def test_gnupg_reads_the_mirrors_signatures_too(tmp_path: Path) -> None:
    (tmp_path / "key.gpg").write_bytes(public_key(signing_key()))
    (tmp_path / "InRelease").write_bytes(signed())
    done = subprocess.run(
        [GNUPG, "--keyring", tmp_path / "key.gpg", tmp_path / "InRelease"], capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr

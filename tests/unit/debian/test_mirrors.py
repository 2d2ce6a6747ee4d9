from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lading.debian.mirrors import CDN, Mirrors, find_mirrors, read_apt_files, setting_of
from lading.errors import UsageError, VerificationFailed

OFFICIAL = Mirrors(f"{CDN}/debian", f"{CDN}/debian-security")
ONE_LINE = """\
# deb http://commented.example/debian trixie main
deb-src http://source.example/debian trixie main
deb http://other.example/ubuntu noble main
deb [arch=amd64 signed-by=/usr/share/keyrings/x.gpg] http://mirror.example/debian/ bookworm main contrib # comment
deb http://second.example/debian bookworm main
deb http://security.example/debian-security bookworm-security main
"""
DEB822 = """\
Types: deb deb-src
# a comment inside
URIs: https://mirror.example/pub/debian
 https://other.example/debian
Suites: trixie trixie-updates
Components: main

Enabled: no
Types: deb
URIs: http://disabled.example/debian-security

types: deb
uris: http://security.example/debian-security/
suites: trixie-security
"""


def test_without_anything_the_official_network_serves() -> None:
    assert find_mirrors({}, {}) == OFFICIAL


def test_one_line_sources() -> None:
    assert find_mirrors({}, {"etc/apt/sources.list": ONE_LINE}) == Mirrors(
        "http://mirror.example/debian", "http://security.example/debian-security"
    )


def test_deb822_sources() -> None:
    assert find_mirrors({}, {"etc/apt/sources.list.d/debian.sources": DEB822}) == Mirrors(
        "https://mirror.example/pub/debian", "http://security.example/debian-security"
    )


def test_the_first_file_wins() -> None:
    files = {"a.list": "deb http://a.example/debian trixie main", "b.list": "deb http://b.example/debian trixie main"}
    assert find_mirrors({}, files) == Mirrors("http://a.example/debian", OFFICIAL.security)


def test_a_setting_wins() -> None:
    setting = {"debian-security": "http://set.example/debian-security/"}
    assert find_mirrors(setting, {"sources.list": ONE_LINE}) == Mirrors(
        "http://mirror.example/debian", "http://set.example/debian-security"
    )


@pytest.mark.parametrize(
    "line",
    [
        "deb file:/srv/debian trixie main",
        "deb cdrom:[Debian]/debian trixie main",
        "deb mirror+file:/etc/apt/mirrors/debian trixie main",
        "deb http://user:secret@mirror.example/debian trixie main",
        "deb http://packages.example/docker/linux/debian-extra trixie main",
        "deb [broken http://mirror.example/debian",
        "deb http://[broken/debian trixie main",
        "deb",
        "",
    ],
)
def test_entries_that_cannot_serve_are_passed_over(line: str) -> None:
    assert find_mirrors({}, {"a.list": line}) == OFFICIAL


@given(st.text(max_size=200))
def test_any_file_of_apts_is_survived(text: str) -> None:
    find_mirrors({}, {"a.list": f"deb {text}", "b.sources": f"Types: deb\nURIs: {text}"})


@pytest.mark.parametrize("value", ["mirror.example/debian", "ftp://x/debian", "http://", "http://u:p@x/debian", "/srv"])
def test_a_setting_that_is_no_address_is_an_error(value: str) -> None:
    with pytest.raises(UsageError) as caught:
        find_mirrors({"debian": value}, {})
    assert caught.value.where == "mirror of debian"


@pytest.mark.parametrize(
    "value", ["http://m.example", "http://m.example/", "http://m.example/debian", "http://m.example/debian/"]
)
def test_the_environments_setting(value: str) -> None:
    assert find_mirrors(setting_of(value), {}) == Mirrors("http://m.example/debian", "http://m.example/debian-security")


def test_an_empty_setting_is_none() -> None:
    assert setting_of(" ") == {}


def test_urls() -> None:
    mirrors = Mirrors("http://m.example/debian", "http://s.example/debian-security")
    assert mirrors.url("debian", "dists/trixie/InRelease") == "http://m.example/debian/dists/trixie/InRelease"
    assert (
        mirrors.url("debian-security", "pool/l/libstdc++6_1~2_amd64.deb")
        == "http://s.example/debian-security/pool/l/libstdc%2B%2B6_1~2_amd64.deb"
    )


def test_another_archive_is_refused() -> None:
    with pytest.raises(VerificationFailed, match="not an archive of Debian's: 'ubuntu'"):
        OFFICIAL.url("ubuntu", "pool/x.deb")


def test_reading_apts_files(tmp_path: Path) -> None:
    folder = tmp_path / "etc" / "apt" / "sources.list.d"
    assert read_apt_files(tmp_path) == {}
    folder.mkdir(parents=True)
    (folder / "b.sources").write_text(DEB822)
    (folder / "a.list").write_bytes(b"deb \xff")
    (folder / "a.list.disabled").write_text("no")
    (folder / "c.list").mkdir()
    (folder / "huge.list").write_bytes(b"#" * (2 << 20))
    (folder.parent / "sources.list").write_text(ONE_LINE)
    assert list(read_apt_files(tmp_path)) == [
        "etc/apt/sources.list",
        "etc/apt/sources.list.d/a.list",
        "etc/apt/sources.list.d/b.sources",
    ]

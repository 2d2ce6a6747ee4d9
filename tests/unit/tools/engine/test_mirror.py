from pathlib import Path

import pytest
from tools.engine.errors import EngineError
from tools.engine.mirror import FALLBACK_MIRROR, host_release, mirrors

OS_RELEASE = 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\nVERSION_CODENAME=bookworm\n'


def apt_folder(folder: Path, **files: str) -> Path:
    (folder / "sources.list.d").mkdir()
    for name, text in files.items():
        place = folder if name == "sources.list" else folder / "sources.list.d"
        (place / name).write_text(text)
    return folder


def test_the_release_is_the_code_name() -> None:
    assert host_release(OS_RELEASE) == "bookworm"


@pytest.mark.parametrize(
    ("text", "said"),
    [('ID=fedora\nPRETTY_NAME="Fedora 44"\n', "Fedora 44"), ("ID=debian\n", "VERSION_CODENAME")],
)
def test_another_host_is_refused_by_name(text: str, said: str) -> None:
    with pytest.raises(EngineError, match=said):
        host_release(text)


def test_the_variable_is_the_only_mirror_when_set(tmp_path: Path) -> None:
    folder = apt_folder(tmp_path, **{"sources.list": "deb http://mirror.example/debian bookworm main\n"})
    environ = {"LADING_DEBIAN_MIRROR": "http://other.example/debian/"}
    assert mirrors("bookworm", folder, environ) == ["http://other.example/debian"]


def test_one_line_sources_in_all_their_forms(tmp_path: Path) -> None:
    text = """
# deb http://comment.example/debian bookworm main
deb [arch=amd64 signed-by=/a.gpg] http://mirror.example/debian/ bookworm main contrib # why
deb-src http://source.example/debian bookworm main
deb http://security.example/debian-security bookworm-security main
deb cdrom:[Debian]/ bookworm main
deb http://vendor.example/apt bookworm stable
deb
"""
    assert mirrors("bookworm", apt_folder(tmp_path, **{"sources.list": text}), {}) == [
        "http://mirror.example/debian",
        FALLBACK_MIRROR,
    ]


def test_stanzas_in_all_their_forms(tmp_path: Path) -> None:
    text = """# a comment
Types: deb deb-src
# another, inside
URIs: http://one.example/debian
 https://two.example/debian
Suites: bookworm bookworm-updates
Components: main

Types: deb
URIs: http://off.example/debian
Suites: bookworm
Components: main
Enabled: no


Types: deb-src
URIs: http://source.example/debian
Suites: bookworm
Components: main
"""
    assert mirrors("bookworm", apt_folder(tmp_path, **{"debian.sources": text}), {}) == [
        "http://one.example/debian",
        "https://two.example/debian",
        FALLBACK_MIRROR,
    ]


def test_files_that_apt_ignores_are_ignored(tmp_path: Path) -> None:
    folder = apt_folder(tmp_path, **{"old.list.disabled": "deb http://mirror.example/debian bookworm main\n"})
    assert mirrors("bookworm", folder, {}) == [FALLBACK_MIRROR]

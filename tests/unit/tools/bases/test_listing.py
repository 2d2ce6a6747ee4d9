import io
import json
import tarfile
from pathlib import Path

import msgspec
import pytest
from tests.support.checking import origin
from tools.bases.__main__ import main, written
from tools.bases.image import read_archive
from tools.bases.listing import Entry, folders

from lading.check.bases import knowledge
from lading.check.bases.knowledge import Part, files_of, listings

ENTRIES = [
    Entry("/bin", "link", 0o777, "usr/bin"),
    Entry("/etc", "folder", 0o755),
    Entry("/etc/passwd", "file", 0o644),
    Entry("/opt", "folder", 0o755),
    Entry("/tmp", "folder", 0o1777),
    Entry("/usr", "folder", 0o755),
    Entry("/usr/bin", "folder", 0o755),
    Entry("/usr/bin/[", "file", 0o755),
    Entry("/usr/bin/bash", "file", 0o755, head=b"\x7fELF"),
    Entry("/usr/bin/two words", "file", 0o755),
    Entry("/usr/bin/script", "file", 0o755, head=b"#! /bin/sh -e\n"),
    Entry("/usr/bin/sh", "link", 0o777, "bash"),
    Entry("/usr/bin/su", "file", 0o4755),
    Entry("/usr/lib", "folder", 0o755),
    Entry("/usr/lib/x86_64-linux-gnu", "folder", 0o755),
    Entry("/usr/lib/x86_64-linux-gnu/libc.so.6", "file", 0o755),
]


def test_entries_become_words() -> None:
    found = folders(ENTRIES, {"/usr/bin/pager": "?", "/usr/lib/ld-musl.so": "!"})

    assert found["/usr/bin"] == "[ bash ?pager script#/bin/sh sh>bash su=4755"
    assert found["/tmp"] == ""
    assert found["/etc"] == "passwd=644 ..."
    assert found["/usr/lib"] == "!ld-musl.so {multiarch}/ ..."
    assert found["/usr/lib/{multiarch}"] == "libc.so.6"
    assert "/home" not in found


def test_what_was_written_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(knowledge, "DATA", tmp_path)
    (tmp_path / "made.json").write_text(written(Part(source="a test", folders=folders(ENTRIES, {}))))
    files = files_of(listings(("made",), "", "aarch64"), "glibc", origin("made", "base"))

    assert files.look("/bin/sh").path == "/usr/bin/bash"
    assert files.look("/usr/lib/aarch64-linux-gnu/libc.so.6").present
    assert files.look("/usr/lib/other").presence == "unknown"
    assert files.look("/usr/bin/other").absent
    assert files.look("/usr/bin/[").present
    su, tmp = files.look("/usr/bin/su").entry, files.look("/tmp").entry
    assert su is not None
    assert su.mode == 0o4755
    assert tmp is not None
    assert tmp.mode == 0o1777


def test_an_exported_image_becomes_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tools.bases.__main__.DATA", tmp_path)
    archive = tmp_path / "image.tar"
    with tarfile.open(archive, "w") as files:
        for name, kind, data in (
            ("./", tarfile.DIRTYPE, b""),
            ("./etc", tarfile.DIRTYPE, b""),
            ("./etc/passwd", tarfile.REGTYPE, b"root:x:0:0::/root:/bin/sh\n"),
            ("./bin", tarfile.DIRTYPE, b""),
            ("./bin/sh", tarfile.SYMTYPE, b""),
        ):
            member = tarfile.TarInfo(name)
            member.type, member.size, member.mode, member.linkname = kind, len(data), 0o755, "busybox"
            files.addfile(member, io.BytesIO(data))

    assert [entry.path for entry in read_archive(archive)] == ["/etc", "/etc/passwd", "/bin", "/bin/sh"]
    assert main([f"tiny={archive}"]) == 1, "it says that it would differ"
    assert main(["--write", f"tiny={archive}"]) == 0
    assert main([f"tiny={archive}"]) == 0
    made = msgspec.json.decode((tmp_path / "tiny.json").read_bytes(), type=Part)
    assert made.users == ("root:x:0:0::/root:/bin/sh",)
    assert made.folders["/bin"] == "sh>busybox"
    assert json.loads((tmp_path / "tiny.json").read_text())["folders"]["/"] == "bin/ dev/ etc/ proc/ sys/"

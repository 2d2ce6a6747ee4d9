import io
import tarfile

from hypothesis import given
from hypothesis import strategies as st

from lading.assemble import tarwrite

_SEGMENT = st.text(st.characters(exclude_characters="/\0", codec="utf-8"), min_size=1, max_size=60).filter(
    lambda text: text not in (".", "..")
)
PATHS = st.lists(_SEGMENT, min_size=1, max_size=6).map("/".join)


def opened(data: bytes) -> list[tarfile.TarInfo]:
    with tarfile.open(fileobj=io.BytesIO(data + tarwrite.TRAILER)) as archive:
        return archive.getmembers()


@given(PATHS, st.binary(max_size=2000), st.sampled_from([0o644, 0o755]), st.integers(0, 2**33 - 1))
def test_a_file_reads_back_as_it_was_written(path: str, data: bytes, mode: int, mtime: int) -> None:
    entry = tarwrite.file_entry(path, size=len(data), mode=mode, mtime=mtime) + data + tarwrite.padding(len(data))
    assert len(entry) % tarwrite.BLOCK == 0
    (member,) = opened(entry)
    assert (member.name, member.size, member.mode, member.mtime) == (path, len(data), mode, mtime)
    assert (member.uid, member.gid, member.uname, member.gname) == (0, 0, "", "")
    assert member.isfile()


@given(PATHS, PATHS)
def test_links_read_back(path: str, target: str) -> None:
    (link,) = opened(tarwrite.link_entry(path, target, mtime=0))
    assert (link.name, link.linkname, link.mode, link.issym()) == (path, target, 0o777, True)
    (hard,) = opened(tarwrite.hardlink_entry(path, target, mode=0o644, mtime=0))
    assert (hard.name, hard.linkname, hard.islnk()) == (path, target, True)


@given(PATHS)
def test_a_folder_reads_back(path: str) -> None:
    (folder,) = opened(tarwrite.folder_entry(path, mode=0o1777, mtime=1))
    assert (folder.name, folder.mode, folder.isdir()) == (path, 0o1777, True)


def test_a_file_beyond_eight_gibibytes_says_its_size_in_a_pax_record() -> None:
    size = 9 << 30
    header = tarwrite.file_entry("large", size=size, mode=0o644, mtime=0)
    info = tarfile.TarInfo.frombuf(header[-512:], "utf-8", "strict")
    assert info.size == 0
    assert f"size={size}\n".encode() in header


def test_a_short_ascii_name_costs_one_block() -> None:
    assert len(tarwrite.file_entry("a" * 100, size=0, mode=0o644, mtime=0)) == tarwrite.BLOCK


def test_the_length_of_a_record_counts_its_own_digits() -> None:
    for length in range(80, 120):
        (member,) = opened(tarwrite.file_entry("é" * length, size=0, mode=0o644, mtime=0))
        assert member.name == "é" * length

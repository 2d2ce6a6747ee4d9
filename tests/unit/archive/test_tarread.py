import io
import tarfile
from collections.abc import Callable, Iterable
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lading.archive import TarEntry, TarLimits, read_tar
from lading.errors import VerificationFailed

Member = tuple[tarfile.TarInfo, bytes]


def member(name: str, data: bytes = b"", kind: bytes = tarfile.REGTYPE, **more: object) -> Member:
    info = tarfile.TarInfo(name)
    info.type, info.size = kind, len(data)
    for key, value in more.items():
        setattr(info, key, value)
    return info, data


def tar(members: Iterable[Member], layout: int = tarfile.GNU_FORMAT) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=layout) as archive:
        for info, data in members:
            archive.addfile(info, io.BytesIO(data))
    return stream.getvalue()


def read(data: bytes, limits: TarLimits | None = None) -> list[tuple[str, str, bytes]]:
    entries = read_tar(io.BytesIO(data), where="a.tar", limits=limits or TarLimits())
    return [(entry.path, entry.kind, b"".join(entry.chunks())) for entry in entries]


def refused(data: bytes, limits: TarLimits | None = None) -> VerificationFailed:
    with pytest.raises(VerificationFailed) as caught:
        read(data, limits)
    assert caught.value.where.startswith("a.tar")
    return caught.value


NAMES = st.text(st.sampled_from("abcdefgé-+~. "), min_size=1, max_size=60).filter(lambda name: name not in (".", ".."))


@given(
    st.dictionaries(NAMES, st.binary(max_size=2000), max_size=8),
    st.sampled_from([tarfile.GNU_FORMAT, tarfile.PAX_FORMAT]),
    st.integers(0, 0o7777),
)
def test_what_tarfile_writes_is_read_back(files: dict[str, bytes], layout: int, mode: int) -> None:
    deep = {f"folder/{'x' * 80}/{name}": data for name, data in files.items()}
    data = tar([member(f"./{path}", content, mode=mode) for path, content in deep.items()], layout)
    entries = []
    for entry in read_tar(io.BytesIO(data), where="a.tar"):
        assert entry.mode == mode
        assert entry.size == len(deep[entry.path])
        entries.append((entry.path, b"".join(entry.chunks())))
    assert entries == list(deep.items())


def test_content_that_is_not_read_is_passed_over() -> None:
    data = tar([member("a", b"1" * 1_000_000), member("b", b"2")])
    assert [entry.path for entry in read_tar(io.BytesIO(data), where="a.tar")] == ["a", "b"]
    entries = read_tar(io.BytesIO(data), where="a.tar")
    first = next(entries).chunks()
    assert next(first)[:1] == b"1"
    assert b"".join(next(entries).chunks()) == b"2"
    with pytest.raises(RuntimeError, match="after the next entry"):
        next(first)


def test_every_kind_with_its_target() -> None:
    data = tar(
        [
            member("./", kind=tarfile.DIRTYPE),
            member("./usr/", kind=tarfile.DIRTYPE, mode=0o755),
            member("./usr/a", b"content", mode=0o4755, uid=7, gid=8, mtime=123),
            member("./usr/b", kind=tarfile.LNKTYPE, linkname="./usr/a"),
            member("./usr/c", kind=tarfile.SYMTYPE, linkname="../../etc/x"),
            member("./usr/d/", kind=tarfile.REGTYPE),
        ]
    )
    entries = list(read_tar(io.BytesIO(data), where="a.tar"))
    assert [(e.path, e.kind, e.target) for e in entries] == [
        ("usr", "folder", ""),
        ("usr/a", "file", ""),
        ("usr/b", "hardlink", "usr/a"),
        ("usr/c", "link", "../../etc/x"),
        ("usr/d", "folder", ""),
    ]
    assert (entries[1].mode, entries[1].uid, entries[1].gid, entries[1].mtime) == (0o4755, 7, 8, 123)


def test_extended_attributes_are_kept() -> None:
    info, data = member("ping", b"x")
    info.pax_headers = {"SCHILY.xattr.security.capability": "capability", "mtime": "12.75"}
    [entry] = read_tar(io.BytesIO(tar([(info, data)], tarfile.PAX_FORMAT)), where="a.tar")
    assert entry.xattrs == {"security.capability": b"capability"}
    assert entry.mtime == 12


def test_numbers_too_large_for_octal() -> None:
    data = tar([member("a", b"x", uid=10_000_000, mtime=1 << 40)], tarfile.GNU_FORMAT)
    [entry] = read_tar(io.BytesIO(data), where="a.tar")
    assert (entry.uid, entry.mtime) == (10_000_000, 1 << 40)


def test_a_time_before_1970() -> None:
    [entry] = read_tar(io.BytesIO(tar([member("a", mtime=-5)])), where="a.tar")
    assert entry.mtime == -5


@pytest.mark.parametrize(
    ("members", "told"),
    [
        ([member("/etc/passwd", b"x")], "absolute path"),
        ([member("../up", b"x")], "leads out"),
        ([member("a/../../up", b"x")], "leads out"),
        ([member("a/..", kind=tarfile.DIRTYPE)], "leads out"),
        ([member("line\nbreak", b"x")], "newline"),
        ([member("a", kind=tarfile.SYMTYPE, linkname="x\ny")], "newline"),
        ([member("a", kind=tarfile.SYMTYPE)], "without a usable target"),
        ([member("dev/sda", kind=tarfile.BLKTYPE)], "device node"),
        ([member("dev/null", kind=tarfile.CHRTYPE)], "device node"),
        ([member("pipe", kind=tarfile.FIFOTYPE)], "named pipe"),
        ([member("sparse", kind=tarfile.GNUTYPE_SPARSE)], "sparse"),
        ([member("odd", kind=b"Z")], "unknown kind"),
        ([member("a", kind=tarfile.LNKTYPE, linkname="b")], "hard link to 'b'"),
        ([member("b/", kind=tarfile.DIRTYPE), member("a", kind=tarfile.LNKTYPE, linkname="b")], "hard link to 'b'"),
        ([member("a", b"x"), member("b", kind=tarfile.LNKTYPE, linkname="../a")], "leads out"),
        ([member("a", b"1"), member("a", b"2")], "comes twice"),
        ([member("a", b"1"), member("./a", b"2")], "comes twice"),
        ([member("a/", kind=tarfile.DIRTYPE), member("a//", kind=tarfile.DIRTYPE)], "comes twice"),
        ([member("a/b", b"1"), member("a", kind=tarfile.SYMTYPE, linkname="/etc")], "comes twice"),
        ([member("a", kind=tarfile.SYMTYPE, linkname="/etc"), member("a/b", b"1")], "leads through 'a'"),
        ([member("a", b""), member("a/b/c", b"1")], "leads through 'a'"),
        ([member("x" * 5000, b"1")], "longer than 4096"),
        ([member("", b"1")], "without a name"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_unsafe_is_refused(members: list[Member], told: str) -> None:
    assert told in refused(tar(members)).what


def test_the_entry_is_named() -> None:
    assert refused(tar([member("ok", b"1"), member("/etc/passwd", b"x")])).where == "a.tar: /etc/passwd"


def test_a_folder_may_be_listed_after_what_is_in_it() -> None:
    assert [path for path, _, _ in read(tar([member("a/b", b"1"), member("a", kind=tarfile.DIRTYPE)]))] == ["a/b", "a"]


@pytest.mark.parametrize("name", ["a\0b", "../b"])
def test_long_names_are_checked_as_well(name: str) -> None:
    long_name = name.encode() + b"/" + b"x" * 200
    info = tarfile.TarInfo("././@LongLink")
    info.type, info.size = tarfile.GNUTYPE_LONGNAME, len(long_name)
    data = tar([(info, long_name), member("short", b"x")])
    refused(data)


def test_pax_records_are_checked() -> None:
    for records, told in (
        (b"20 path=/etc/passwd\n", "absolute"),
        (b"99 path=a\n", "damaged"),
        (b"0 path=a\n", "damaged"),
        (b"x path=a\n", "damaged"),
        (b"10 size=x\n", "no number"),
        (b"27 GNU.sparse.major=1.0000\n", "sparse"),
        (b"9 path=\xff\n", "not UTF-8"),
        (b"12 uid=-100\n", "no number"),
    ):
        info = tarfile.TarInfo("pax")
        info.type, info.size = tarfile.XHDTYPE, len(records)
        assert told in refused(tar([(info, records), member("short", b"")])).what


def test_extended_headers_do_not_pile_up() -> None:
    header = member("pax", b"13 comment=x\n", kind=tarfile.XHDTYPE)
    assert "twice" in refused(tar([header, header, member("a")])).what
    assert "ends after" in refused(tar([header])).what


def test_only_a_comment_may_be_global() -> None:
    comment = member("pax", b"13 comment=x\n", kind=tarfile.XGLTYPE)
    assert read(tar([comment, member("a", b"1")])) == [("a", "file", b"1")]
    assert "global" in refused(tar([member("pax", b"12 path=abc\n", kind=tarfile.XGLTYPE), member("a")])).what


def test_a_huge_extended_header_is_refused() -> None:
    info = tarfile.TarInfo("pax")
    info.type, info.size = tarfile.XHDTYPE, 1 << 40
    assert "longer than" in refused(info.tobuf(tarfile.GNU_FORMAT)).what


@given(st.integers(0, 3 * 512 + 700 + 511))
def test_an_archive_that_is_cut_off_is_refused(cut: int) -> None:
    whole = tar([member("a", b"x" * 700), member("b", kind=tarfile.SYMTYPE, linkname="a")])
    end = len(whole.rstrip(b"\0")) + 512
    assert read(whole[: -(-end // 512) * 512 + 512])
    refused(whole[: min(cut, end // 512 * 512)])


def test_an_archive_without_its_end_is_refused() -> None:
    whole = tar([member("a", b"x" * 512)])
    assert "ends early" in refused(whole[:1024]).what
    assert read(whole[:1536]) == [("a", "file", b"x" * 512)]


def test_data_behind_the_end_is_refused() -> None:
    assert "after its end" in refused(tar([member("a", b"x")]) + tar([member("b", b"y")])).what


@given(st.integers(0, 511), st.integers(1, 255))
def test_a_header_that_was_changed_never_passes(position: int, change: int) -> None:
    whole = bytearray(tar([member("a", b"x" * 10)]))
    whole[position] ^= change
    try:
        entries = read(bytes(whole))
    except VerificationFailed:
        return
    # Only the checksum's own spelling can change without notice.
    assert 148 <= position < 156
    assert entries == [("a", "file", b"x" * 10)]


@given(st.binary(max_size=3000))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    with suppress(VerificationFailed):
        read(data)


@pytest.mark.parametrize(
    ("limits", "told"),
    [
        (TarLimits(entries=2), "more than 2 entries"),
        (TarLimits(entry=99), "the limit is 99"),
        (TarLimits(total=250), "more than 250 bytes"),
    ],
)
def test_limits(limits: TarLimits, told: str) -> None:
    data = tar([member(name, b"x" * 100) for name in "abc"])
    assert told in refused(data, limits).what
    assert len(read(data, TarLimits(entries=3, entry=100, total=300))) == 3


def test_a_size_beyond_the_limit_is_refused_before_anything_is_read() -> None:
    info = tarfile.TarInfo("bomb")
    info.size = 1 << 60
    assert "the limit is" in refused(info.tobuf(tarfile.GNU_FORMAT)).what


def test_links_and_folders_have_no_content() -> None:
    for kind in (tarfile.DIRTYPE, tarfile.SYMTYPE):
        info = tarfile.TarInfo("a")
        info.type, info.linkname, info.size = kind, "b", 5
        assert "with content" in refused(info.tobuf(tarfile.GNU_FORMAT) + bytes(2048)).what


class Dribble:
    """A stream that gives a few bytes at a time, as sockets do."""

    def __init__(self, data: bytes, size: int) -> None:
        self._read: Callable[[int], bytes] = io.BytesIO(data).read
        self._size = size

    def read(self, size: int, /) -> bytes:
        return self._read(min(size, self._size))


@given(st.integers(1, 700))
def test_the_pieces_of_the_stream_do_not_matter(size: int) -> None:
    data = tar([member("a", bytes(range(256)) * 8), member("b" * 150, b"y")])
    entries = [(entry.path, b"".join(entry.chunks())) for entry in read_tar(Dribble(data, size), where="a.tar")]
    assert entries == [("a", bytes(range(256)) * 8), ("b" * 150, b"y")]


def test_an_entry_shows_itself() -> None:
    [entry] = read_tar(io.BytesIO(tar([member("a", b"xyz")])), where="a.tar")
    assert isinstance(entry, TarEntry)
    assert repr(entry) == "TarEntry(file 'a', 3 bytes)"

import gzip
import io
import lzma
import tracemalloc
import zlib
from typing import get_args

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from lading.archive import Compression, Inflated, inflate
from lading.archive.inflate import XZ_MEMORY
from lading.errors import VerificationFailed

COMPRESSED = ("gzip", "deflate", "xz", "zstd")


def compress(data: bytes, compression: Compression) -> bytes:
    match compression:
        case "gzip":
            return gzip.compress(data)
        case "deflate":
            return zlib.compress(data)[2:-4]
        case "xz":
            return lzma.compress(data)
        case "zstd":
            return zstandard.ZstdCompressor().compress(data)
        case "plain":
            return data


def opened(data: bytes, compression: Compression, limit: int = 1 << 30) -> Inflated:
    return inflate(io.BytesIO(data), compression, where="thing.tar", limit=limit)


def drained(stream: Inflated, size: int = 1000) -> bytes:
    parts = []
    while part := stream.read(size):
        assert len(part) <= size
        parts.append(part)
    return b"".join(parts)


@given(st.lists(st.binary(max_size=3000), min_size=1, max_size=4), st.sampled_from(get_args(Compression)))
def test_streams_one_after_the_other_unpack_as_one(parts: list[bytes], compression: Compression) -> None:
    packed = b"".join(compress(part, compression) for part in parts)
    assert drained(opened(packed, compression)) == b"".join(parts)


def test_many_small_streams_unpack_as_one() -> None:
    parts = [b"%d\n" % number for number in range(5000)]
    packed = b"".join(map(gzip.compress, parts))
    assert drained(opened(packed, "gzip")) == b"".join(parts)


def test_zeros_may_follow_an_xz_stream() -> None:
    packed = lzma.compress(b"one") + bytes(8) + lzma.compress(b"two") + bytes(4)
    assert drained(opened(packed, "xz")) == b"onetwo"


@pytest.mark.parametrize("compression", ["gzip", "xz"])
def test_data_that_is_cut_off_is_refused(compression: Compression) -> None:
    packed = compress(bytes(range(256)) * 1000, compression)
    for cut in (0, 5, len(packed) // 2, len(packed) - 1):
        with pytest.raises(VerificationFailed, match="ends early"):
            drained(opened(packed[:cut], compression))


@pytest.mark.parametrize("compression", COMPRESSED)
def test_damaged_data_is_refused(compression: Compression) -> None:
    packed = bytearray(compress(bytes(range(256)) * 1000, compression))
    packed[3] ^= 0xFF
    with pytest.raises(VerificationFailed, match="damaged") as caught:
        drained(opened(bytes(packed), compression))
    assert caught.value.where == "thing.tar"


@pytest.mark.parametrize("compression", ["gzip", "xz"])
def test_garbage_behind_a_stream_is_refused(compression: Compression) -> None:
    with pytest.raises(VerificationFailed, match="damaged"):
        drained(opened(compress(b"data", compression) + b"garbage", compression))


@pytest.mark.parametrize("compression", get_args(Compression))
def test_no_more_than_the_limit_is_given(compression: Compression) -> None:
    packed = compress(bytes(5000), compression)
    assert drained(opened(packed, compression, limit=5000)) == bytes(5000)
    with pytest.raises(VerificationFailed, match="more than 4999 bytes"):
        drained(opened(packed, compression, limit=4999))


@pytest.mark.parametrize("compression", COMPRESSED)
def test_a_bomb_is_never_held_in_memory(compression: Compression) -> None:
    packed = compress(bytes(100 << 20), compression)
    stream = opened(packed, compression, limit=200 << 20)
    tracemalloc.start()
    try:
        total = 0
        while piece := stream.read(1 << 16):
            total += len(piece)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert total == 100 << 20
    assert peak < 16 << 20  # of which xz takes 9 for its dictionary


def test_xz_that_asks_for_too_much_memory_is_refused() -> None:
    filters = [{"id": lzma.FILTER_LZMA2, "preset": 0, "dict_size": 2 * XZ_MEMORY}]
    packed = lzma.compress(b"small", filters=filters)
    with pytest.raises(VerificationFailed, match=r"damaged .*[Mm]emory"):
        drained(opened(packed, "xz"))

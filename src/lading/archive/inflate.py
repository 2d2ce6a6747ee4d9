"""gzip, deflate, xz, zstd and plain data as one kind of stream, read in bounded pieces whatever it says of itself."""

from collections.abc import Callable
from typing import IO, Literal, Protocol, cast

from lading.errors import VerificationFailed

Compression = Literal["gzip", "deflate", "xz", "zstd", "plain"]

PIECE = 1 << 16
"""Bytes of compressed data read at a time."""

XZ_MEMORY = 80 << 20
"""Bytes. `xz -9` needs 65 MiB to unpack; the format allows 4 GiB, which no file that Lading reads has any use for."""

ZSTD_WINDOW = 1 << 27
"""Bytes. `zstd --ultra -22` uses 128 MiB at most; the format allows terabytes (RFC 8878 section 3.1.1.1.2)."""


class Readable(Protocol):
    """What is read from: a file, a member of an archive, `Inflated` itself."""

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes, none at the end only."""


class _Decompressor(Protocol):
    """What `lzma.LZMADecompressor` and `isal.igzip_lib.IgzipDecompressor` have in common."""

    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int) -> bytes: ...


class Inflated:
    """The unpacked stream. `read` gives at most what is asked for, and so never holds more than that.

    `VerificationFailed` when the data is damaged, ends early, or unpacks to more than the limit.
    """

    def __init__(self, read: Callable[[int], bytes], damaged: tuple[type[Exception], ...], where: str, limit: int):
        self._read = read
        self._damaged = damaged
        self._where = where
        self._limit = limit
        self._total = 0

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes; none only at the end of the data."""
        try:
            data = self._read(size)
        except self._damaged as error:
            raise VerificationFailed(f"the compressed data is damaged ({error})", where=self._where) from error
        self._total += len(data)
        if self._total > self._limit:
            raise VerificationFailed(f"it unpacks to more than {self._limit} bytes", where=self._where)
        return data


def inflate(stream: Readable, compression: Compression, *, where: str, limit: int) -> Inflated:
    """Unpack `stream`, giving at most `limit` bytes; `where` names it in errors.

    Several compressed streams one after the other count as one, as the gzip, xz and zstd programs have it.
    A zstd frame that is cut off shows as an early end, not as an error: the content must tell (a tar archive does).
    """
    match compression:
        case "plain":
            return Inflated(stream.read, (), where, limit)
        case "gzip" | "deflate":
            from isal import igzip_lib

            kind = igzip_lib.DECOMP_GZIP if compression == "gzip" else igzip_lib.DECOMP_DEFLATE
            gzip = _Streams(stream, lambda: igzip_lib.IgzipDecompressor(kind), padded=False)
            damage = cast("type[Exception]", igzip_lib.IsalError)  # its stub makes it an instance
            return Inflated(gzip.read, (damage, EOFError), where, limit)
        case "xz":
            import lzma

            xz = _Streams(stream, lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=XZ_MEMORY), padded=True)
            return Inflated(xz.read, (lzma.LZMAError, EOFError), where, limit)
        case "zstd":
            import zstandard

            file = cast("IO[bytes]", stream)  # its stub asks for a whole file; it uses `read` alone
            decompressor = zstandard.ZstdDecompressor(max_window_size=ZSTD_WINDOW)
            zstd = decompressor.stream_reader(file, read_across_frames=True, closefd=False)
            return Inflated(zstd.read, (zstandard.ZstdError,), where, limit)


def inflate_whole(data: bytes, size: int, *, where: str) -> bytes:
    """Unpack a deflate stream in memory; at most one byte more than `size`, which the caller checks."""
    from isal import igzip_lib

    damage = cast("type[Exception]", igzip_lib.IsalError)
    try:
        return igzip_lib.IgzipDecompressor(igzip_lib.DECOMP_DEFLATE).decompress(data, size + 1)
    except damage as error:
        raise VerificationFailed(f"the compressed data is damaged ({error})", where=where) from error


class _Streams:
    """One or more compressed streams, each unpacked by a decompressor of its own.

    `padded`: whether zero bytes may follow a stream (https://tukaani.org/xz/xz-file-format.txt section 2.2).
    """

    def __init__(self, source: Readable, start: Callable[[], _Decompressor], *, padded: bool) -> None:
        self._source = source
        self._start = start
        self._padded = padded
        self._inner = start()
        self._pending = b""
        self._ended = False

    def read(self, size: int) -> bytes:
        while not self._ended:
            if self._inner.eof and not self._next_stream():
                break
            piece = b""
            if self._inner.needs_input:
                piece = self._pending or self._source.read(PIECE)
                self._pending = b""
                if not piece:
                    raise EOFError("it ends early")
            data = self._inner.decompress(piece, size)
            if data:
                return data
        return b""

    def _next_stream(self) -> bool:
        rest = self._inner.unused_data
        while not (rest := rest.lstrip(b"\0") if self._padded else rest):
            rest = self._source.read(PIECE)
            if not rest:
                self._ended = True
                return False
        self._pending = rest
        self._inner = self._start()
        return True

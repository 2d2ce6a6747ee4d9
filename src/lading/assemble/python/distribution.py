"""A Python distribution, wherever its files lie: what packing it needs to know.

Its list of files is its RECORD (https://packaging.python.org/specifications/recording-installed-packages/): rows of a
path relative to `site-packages`, a hash and a size in bytes.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple, Protocol


class Row(NamedTuple):
    """A row of RECORD. `hash` and `size` are empty for RECORD itself."""

    path: str
    hash: str
    size: str


class Member(Protocol):
    """One file of a distribution."""

    @property
    def path(self) -> str:
        """Its path in RECORD."""

    @property
    def size(self) -> int:
        """Bytes."""

    @property
    def executable(self) -> bool:
        """Whether it is a program."""

    def chunks(self) -> Iterator[bytes]:
        """Its bytes, once. `VerificationFailed` for what must not be in an image."""


class Distribution(Protocol):
    """One distribution."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def record(self) -> str:
        """The path of its RECORD."""

    def rows(self) -> Iterable[Row]:
        """What RECORD says of the files that ship, sorted by path."""

    def members(self) -> Iterator[Member]:
        """The files of `rows`, in their order. What RECORD itself holds is not asked for: see `written_record`."""


def parse_record(text: str) -> Iterator[Row]:
    """The rows of a RECORD; what is none is passed over, as installers do."""
    import csv

    for row in csv.reader(text.splitlines()):
        if len(row) == 3 and row[0]:
            yield Row(*row)


def written_record(rows: Iterable[Row], changed: Mapping[str, bytes]) -> bytes:
    """RECORD as it must read in the image, where the files `changed` have other bytes than their rows say."""
    import csv
    import io

    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    for row in rows:
        data = changed.get(row.path)
        writer.writerow(row if data is None else hashed_row(row.path, data))
    return out.getvalue().encode()


def hashed_row(path: str, data: bytes) -> Row:
    """The row of a file with these bytes (SHA-256 in URL-safe base64 without padding)."""
    from base64 import urlsafe_b64encode
    from hashlib import sha256

    encoded = urlsafe_b64encode(sha256(data).digest()).rstrip(b"=").decode()
    return Row(path, f"sha256={encoded}", str(len(data)))

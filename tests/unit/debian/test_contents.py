import io

import pytest

from lading.debian.contents import read_libraries
from lading.errors import VerificationFailed

TEXT = b"""\
bin/x admin/x
usr/lib/aarch64-linux-gnu/libpq.so.5 libs/libpq5
usr/lib/x86_64-linux-gnu/libpq.so libdevel/libpq-dev
usr/lib/x86_64-linux-gnu/libpq.so.5                              libs/libpq5
usr/lib/x86_64-linux-gnu/libGL.so.1  libs/libgl1,contrib/libs/libgl1-other
usr/lib/x86_64-linux-gnu/private/libpq.so.5 misc/other
usr/lib/libold.so.1 oldlibs/libold1,oldlibs/Not_A_Name
"""


def test_libraries_are_found_where_the_loader_looks() -> None:
    assert read_libraries(io.BytesIO(TEXT), "amd64", where="x") == {
        "libGL.so.1": ("libgl1", "libgl1-other"),
        "libold.so.1": ("libold1",),
        "libpq.so.5": ("libpq5",),
    }


def test_a_line_may_lie_across_pieces_and_not_be_endless() -> None:
    class Slow(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            return super().read(min(7, size or 7))

    assert read_libraries(Slow(TEXT), "arm64", where="x") == {"libold.so.1": ("libold1",), "libpq.so.5": ("libpq5",)}
    with pytest.raises(VerificationFailed):
        read_libraries(io.BytesIO(b"a" * (3 << 20)), "amd64", where="x")

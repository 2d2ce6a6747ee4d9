import io
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.debmirror import stanza

from lading.debian.compact import LONGEST_STANZA, PIECE, Compact, write_compact
from lading.debian.control import read_stanza
from lading.errors import VerificationFailed
from lading.store import Store


def compact(folder: Path, text: str | bytes) -> Compact:
    store = Store(folder)
    data = text.encode() if isinstance(text, str) else text
    with store.writer() as writer:
        write_compact(io.BytesIO(data), writer, where="Packages")
        return Compact(store.blob(writer.commit()), where="Packages")


def packages(stanzas: Sequence[Mapping[str, str]]) -> str:
    return "\n".join(map(stanza, stanzas))


NAMES = st.from_regex(r"[a-c][a-c+.-]{1,4}", fullmatch=True)
STANZAS = st.lists(
    st.tuples(NAMES, st.integers(0, 9), st.lists(st.tuples(NAMES, st.booleans()), max_size=3)), max_size=12
)


@given(stanzas=STANZAS, filler=st.sampled_from([1, 50_000]))
def test_every_package_is_found(
    tmp_path_factory: pytest.TempPathFactory, stanzas: list[tuple[str, int, list[tuple[str, bool]]]], filler: int
) -> None:
    listed = [
        {
            "Package": name,
            "Version": str(version),
            "Provides": ", ".join(f"{item} (= 1)" if with_version else item for item, with_version in provided),
            "Description": "x" * filler,
        }
        for name, version, provided in stanzas
    ]
    listed = [{field: value for field, value in fields.items() if value} for fields in listed]
    index = compact(tmp_path_factory.mktemp("store"), packages(listed))
    assert list(index.names()) == sorted(name for name, _, _ in stanzas)
    for name in {name for name, _, _ in stanzas}:
        found = [read_stanza(text, where="x") for text in index.stanzas(name)]
        assert found == [fields for fields in listed if fields["Package"] == name]
    for wanted in {item for _, _, provided in stanzas for item, _ in provided} | {"zz"}:
        assert set(index.providers(wanted)) == {
            name for name, _, provided in stanzas if wanted in {item for item, _ in provided}
        }


def test_what_is_not_there_is_not_found(tmp_path: Path) -> None:
    index = compact(tmp_path, packages([{"Package": name, "Version": "1"} for name in ("bb", "bb-dev", "cc")]))
    for name in ("b", "a", "bb-", "bb-de", "bbb", "c", "cc1", "zz", ""):
        assert index.stanzas(name) == []
        assert index.providers(name) == []


def test_an_empty_index(tmp_path: Path) -> None:
    index = compact(tmp_path, "")
    assert list(index.names()) == []
    assert index.stanzas("a") == index.providers("a") == []


def test_provides_over_several_lines(tmp_path: Path) -> None:
    index = compact(tmp_path, "Package: aa\nProvides: one,\n two (= 1),\n\tthree:any\nVersion: 1\n")
    assert [index.providers(name) for name in ("one", "two", "three:any")] == [["aa"]] * 3


def test_a_long_index_is_never_held_whole(tmp_path: Path) -> None:
    class Endless:
        held = 0

        def __init__(self) -> None:
            self.left = 400

        def read(self, size: int, /) -> bytes:
            assert size <= PIECE
            self.left -= 1
            return f"Package: p{self.left}\nDescription: {'x' * 100_000}\n\n".encode() if self.left else b""

    import tracemalloc

    store = Store(tmp_path)
    tracemalloc.start()
    with store.writer() as writer:
        write_compact(Endless(), writer, where="Packages")
        _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 12 << 20


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (b"Version: 1\nPackage: a\n", "without a package"),
        (b"Package: a\n\n\n\nnonsense\n", "without a package"),
        (b"Package: a\nDescription: " + b"x" * (LONGEST_STANZA + 2 * PIECE), "longer than"),
    ],
)
def test_what_is_no_index_is_refused(tmp_path: Path, text: bytes, told: str) -> None:
    with pytest.raises(VerificationFailed, match=told):
        compact(tmp_path, text)


def test_a_stanza_that_is_not_text_is_refused(tmp_path: Path) -> None:
    index = compact(tmp_path, b"Package: aa\nDescription: \xff\n")
    with pytest.raises(VerificationFailed, match="not UTF-8"):
        index.stanzas("aa")

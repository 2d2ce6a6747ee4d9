import hashlib
import io
import tarfile
from pathlib import Path

import pytest

from lading.assemble.compress import Compression
from lading.assemble.layers import LayerRecord, StoredLayer, compose, is_whole
from lading.assemble.segment import Segment, SegmentWriter
from lading.errors import StepFailed
from lading.store import Store


def segment(store: Store, files: dict[str, bytes], compression: Compression = "gzip", mtime: int = 0) -> Segment:
    with SegmentWriter(store, compression, mtime) as writer:
        for path, data in files.items():
            writer.file(path, data)
        return writer.finish()


def unpacked(layer: StoredLayer, compression: Compression) -> bytes:
    """The layer's tar, read member by member as a runtime does."""
    data = b"".join(layer.chunks())
    if compression == "gzip":
        import gzip

        return gzip.decompress(data)
    import zstandard

    return zstandard.ZstdDecompressor().stream_reader(io.BytesIO(data), read_across_frames=True).read()


@pytest.mark.parametrize("compression", ["gzip", "zstd"])
def test_a_layer_is_one_ordinary_archive(tmp_path: Path, compression: Compression) -> None:
    store = Store(tmp_path)
    parts = [
        segment(store, {"a/b/one": b"1", "a/two": b"2" * 3000}, compression),
        segment(store, {"a/c/three": b""}, compression),
    ]
    record = compose(store, "dependencies", parts, compression=compression, mtime=0)
    layer = StoredLayer(store, record)

    data = b"".join(layer.chunks())
    assert record.digest == "sha256:" + hashlib.sha256(data).hexdigest()
    assert record.size == len(data)
    tar = unpacked(layer, compression)
    assert record.diff_id == "sha256:" + hashlib.sha256(tar).hexdigest()
    with tarfile.open(fileobj=io.BytesIO(tar)) as archive:
        assert archive.getnames() == ["a", "a/b", "a/c", "a/b/one", "a/two", "a/c/three"]
    assert (record.files, record.unpacked) == (3, 3001)
    assert is_whole(store, record)


def test_a_folder_is_written_once_with_the_mode_it_was_asked_for(tmp_path: Path) -> None:
    store = Store(tmp_path)
    with SegmentWriter(store, "gzip", 0) as writer:
        writer.file("tmp/x", b"")
        writer.folder("tmp", mode=0o1777)
        first = writer.finish()
    record = compose(store, "base", [first, segment(store, {"tmp/y": b""})], compression="gzip", mtime=7)
    with tarfile.open(fileobj=io.BytesIO(unpacked(StoredLayer(store, record), "gzip"))) as archive:
        members = archive.getmembers()
    assert [(member.name, member.mode) for member in members if member.isdir()] == [("tmp", 0o1777)]
    assert members[0].mtime == 7


def test_gzip_members_carry_neither_time_nor_name(tmp_path: Path) -> None:
    store = Store(tmp_path)
    made = segment(store, {"a": b"x"})
    header = store.read(made.digest)[:10]
    assert header[3] == 0  # flags: no name, no comment, no extra field
    assert header[4:8] == bytes(4)  # time


def test_a_lost_piece_is_noticed(tmp_path: Path) -> None:
    store = Store(tmp_path)
    made = segment(store, {"a": b"x"})
    record = compose(store, "application", [made], compression="gzip", mtime=0)
    store.blob(made.digest).write_bytes(b"short")
    assert not is_whole(store, record)
    store.blob(made.digest).unlink()
    with pytest.raises(StepFailed, match="lost"):
        list(StoredLayer(store, record).chunks())


def test_the_same_content_is_the_same_layer_in_another_store(tmp_path: Path) -> None:
    def build(root: Path) -> LayerRecord:
        store = Store(root)
        parts = [segment(store, {"b": b"1"}), segment(store, {"a": b"2"})]
        return compose(store, "application", parts, compression="gzip", mtime=0)

    assert build(tmp_path / "one") == build(tmp_path / "two")


def test_a_file_of_another_size_than_announced_leaves_nothing(tmp_path: Path) -> None:
    store = Store(tmp_path)
    with pytest.raises(StepFailed, match="changed while"), SegmentWriter(store, "gzip", 0) as writer:
        writer.stream("a", iter([b"123"]), size=4)
    assert not (tmp_path / "blobs").exists()
    assert list((tmp_path / "tmp").iterdir()) == []

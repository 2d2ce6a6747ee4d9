"""Small real images in memory, written with the standard library's tar and gzip."""

import gzip
import io
import json
import tarfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

import zstandard

from lading.digest import Digest, digest_of
from lading.oci.model import (
    OCI_CONFIG,
    OCI_LAYER,
    OCI_LAYER_GZIP,
    OCI_LAYER_ZSTD,
    OCI_MANIFEST,
    Descriptor,
    Layer,
)


class Owned(NamedTuple):
    """A file (or, with a path that ends with `/`, a folder) with what a tar archive says of it beside its bytes."""

    data: bytes = b""
    mode: int = 0o644
    uid: int = 0
    gid: int = 0
    mtime: int = 0
    xattrs: Mapping[str, bytes] = MappingProxyType({})


Content = bytes | str | tarfile.TarInfo | Owned
"""A file's bytes, a symbolic link's target as `-> target`, or any entry."""


class MemoryLayer:
    """A layer of bytes in memory. `given` stands for a registry that sends something else than it promised."""

    def __init__(self, tar: bytes, media_type: str = OCI_LAYER_GZIP, given: bytes | None = None) -> None:
        compressors: dict[str, Callable[[bytes], bytes]] = {
            OCI_LAYER: bytes,
            OCI_LAYER_GZIP: gzip.compress,
            OCI_LAYER_ZSTD: zstandard.compress,
        }
        self._blob = compressors.get(media_type, gzip.compress)(tar)
        self._given = self._blob if given is None else given
        self.descriptor = Descriptor(media_type=media_type, digest=digest_of(self._blob), size=len(self._blob))
        self.diff_id = digest_of(tar)

    def chunks(self) -> Iterator[bytes]:
        for at in range(0, len(self._given), 1000):
            yield self._given[at : at + 1000]


class MemoryImage:
    """An image of layers in memory."""

    def __init__(
        self, layers: Sequence[Layer], config: Mapping[str, Any], history: Sequence[Mapping[str, Any]]
    ) -> None:
        document = {
            "os": "linux",
            "architecture": "amd64",
            "config": config,
            "rootfs": {"type": "layers", "diff_ids": [layer.diff_id for layer in layers]},
            "history": history,
        }
        self.config = json.dumps(document).encode()
        self.layers: Sequence[Layer] = layers
        self.manifest = json.dumps(
            {
                "schemaVersion": 2,
                "mediaType": OCI_MANIFEST,
                "config": {"mediaType": OCI_CONFIG, "digest": digest_of(self.config), "size": len(self.config)},
                "layers": [
                    {"mediaType": d.media_type, "digest": d.digest, "size": d.size}
                    for d in (layer.descriptor for layer in layers)
                ],
            }
        ).encode()

    @property
    def digest(self) -> Digest:
        return digest_of(self.manifest)


def tar_of(entries: Mapping[str, Content]) -> bytes:
    """A tar archive: a path that ends with `/` is a folder, text that begins with `-> ` a symbolic link."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for path, content in entries.items():
            info = content if isinstance(content, tarfile.TarInfo) else tarfile.TarInfo(path.rstrip("/"))
            data = b""
            if isinstance(content, Owned):
                data, info.mode, info.uid, info.gid, info.mtime = content[:5]
                info.size, info.type = len(data), tarfile.DIRTYPE if path.endswith("/") else tarfile.REGTYPE
                texts = {f"SCHILY.xattr.{name}": value.decode("latin-1") for name, value in content.xattrs.items()}
                info.pax_headers = texts
            elif path.endswith("/"):
                info.type, info.mode = tarfile.DIRTYPE, info.mode if isinstance(content, tarfile.TarInfo) else 0o755
            elif isinstance(content, str) and content.startswith("-> "):
                info.type, info.linkname = tarfile.SYMTYPE, content.removeprefix("-> ")
            elif not isinstance(content, tarfile.TarInfo):
                data = content.encode() if isinstance(content, str) else content
                info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def a_layer(entries: Mapping[str, Content], media_type: str = OCI_LAYER_GZIP) -> MemoryLayer:
    """A layer of files, links and folders."""
    return MemoryLayer(tar_of(entries), media_type)


def an_image(
    *layers: Mapping[str, Content] | MemoryLayer,
    config: Mapping[str, Any] | None = None,
    history: Sequence[Mapping[str, Any]] = (),
) -> MemoryImage:
    """An image of such layers."""
    made = [layer if isinstance(layer, MemoryLayer) else a_layer(layer) for layer in layers]
    return MemoryImage(made, config or {}, history)

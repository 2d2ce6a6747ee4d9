"""Small real images in memory."""

import gzip
import io
import tarfile
from collections.abc import Iterator, Mapping, Sequence

from lading.digest import Digest, digest_of
from lading.oci.content import is_index
from lading.oci.model import OCI_LAYER_GZIP, Descriptor, Image, Index, Layer, Platform
from lading.oci.partial import BuiltImage, BuiltIndex, image_of, index_of

AMD64 = Platform(os="linux", architecture="amd64")
ARM64 = Platform(os="linux", architecture="arm64")


class MemoryLayer:
    """A layer in memory; `opened` counts how often its bytes were asked for."""

    def __init__(self, data: bytes, diff_id: Digest, media_type: str = OCI_LAYER_GZIP) -> None:
        self.data = data
        self.diff_id = diff_id
        self.descriptor = Descriptor(media_type=media_type, digest=digest_of(data), size=len(data))
        self.opened = 0

    def chunks(self) -> Iterator[bytes]:
        self.opened += 1
        for start in range(0, len(self.data), 1 << 16):
            yield self.data[start : start + (1 << 16)]


def tar_of(files: Mapping[str, bytes | None]) -> bytes:
    """A tar of these files, in this order; a folder's content is `None`."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for path, content in files.items():
            member = tarfile.TarInfo(path)
            if content is None:
                member.type, member.mode = tarfile.DIRTYPE, 0o755
                archive.addfile(member)
            else:
                member.size, member.mode = len(content), 0o644
                archive.addfile(member, io.BytesIO(content))
    return out.getvalue()


def gzipped(data: bytes) -> bytes:
    """gzip with neither time nor name."""
    return gzip.compress(data, mtime=0)


def layer_of(files: Mapping[str, bytes | None]) -> MemoryLayer:
    """A gzip layer of these files."""
    tar = tar_of(files)
    return MemoryLayer(gzipped(tar), digest_of(tar))


def random_layer(size: int, seed: str = "") -> MemoryLayer:
    """A layer of about `size` incompressible bytes, the same for the same seed."""
    import random

    return layer_of({"blob": random.Random(seed or size).randbytes(size)})


def make_image(layers: Sequence[Layer], *, platform: Platform = AMD64, **config: object) -> BuiltImage:
    """An image of these layers; `config` are fields such as `Cmd` or `User`."""
    document: dict[str, object] = {"created": "2024-01-01T00:00:00Z", "architecture": platform.architecture}
    if platform.variant:
        document["variant"] = platform.variant
    document |= {"os": platform.os, "config": config}
    return image_of(document, layers)


def make_index(layers: Sequence[Layer], *platforms: Platform) -> BuiltIndex:
    """An index of one image a platform, all of these layers."""
    images: list[tuple[Platform, Image]] = [
        (platform, make_image(layers, platform=platform)) for platform in platforms or (AMD64, ARM64)
    ]
    return index_of(images)


def as_index(content: Image | Index) -> Index:
    """The content, which must be an index."""
    assert is_index(content)
    return content

"""An image that BuildKit has written as a layout becomes one of the store."""

from pathlib import Path

from lading.digest import Digest
from lading.oci.layout import blob_path, read_layout
from lading.oci.partial import manifest_descriptor, parts_of
from lading.store import Store


def keep(store: Store, folder: Path) -> tuple[Digest, frozenset[Digest]]:
    """Move the one image or index of a layout into the store; its digest, and which of its blobs were there before.

    The layout must lie in the store's own `tmp/`; it is not whole afterwards. Every blob is checked first:
    `VerificationFailed` for one that is not what its name says.
    """
    content = read_layout(folder).open()
    before: set[Digest] = set()
    for part in parts_of([content]):
        digest = part.descriptor.digest
        if store.has(digest, part.descriptor.size):
            before.add(digest)
            continue
        for _ in part.chunks():  # which checks them
            pass
        store.adopt(blob_path(folder, digest), digest)
    return manifest_descriptor(content).digest, frozenset(before)

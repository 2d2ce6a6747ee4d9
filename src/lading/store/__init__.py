"""The content-addressed store: blobs by digest, results by action key, image names.

Plain files under the user's cache folder, written to a temporary name and renamed: parallel builds may share it and
`kill -9` leaves nothing but files in `tmp/`, which `lading prune` removes. No locks, so none leak.

    blobs/sha256/ab/abcd…   bytes, named by what they are
    actions/ab/abcd…        the result of one action (JSON), named by the digest of its inputs
    images/<name>           the index or manifest digest that a name stands for
    state/<name>            small caches that may vanish at any time (file stamps, the inputs of the last build)
    roots/<key>/            unpacked trees that programs run from
    caches/<tool>/          what tools keep for themselves
    tmp/                    files being written
"""

from lading.place import default_root
from lading.store.store import BlobWriter, Store

__all__ = ["BlobWriter", "Store", "default_root"]

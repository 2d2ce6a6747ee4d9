"""Fetching a package that is pinned: by its path on a mirror, into the store, checked on the way."""

from pathlib import Path

from lading.debian.control import checked_pool_path
from lading.debian.download import Moved, NotThere, download
from lading.debian.mirrors import Mirrors
from lading.digest import Digest
from lading.errors import RemoteFailed, VerificationFailed
from lading.http import Http
from lading.store import Store

LARGEST_DEB = 8 << 30
"""Bytes. The largest package of Debian 13 has 3.2 GB (documentation)."""


def fetch_deb(
    *,
    archive: str,
    path: str,
    digest: Digest,
    size: int,
    mirrors: Mirrors,
    http: Http,
    store: Store,
    moved: Moved | None = None,
) -> Path:
    """The .deb's path in the store; nothing is fetched when it is there already, whole.

    `archive` (`debian` or `debian-security`), `path` (`pool/…`), `digest` and `size` (bytes) come from a signed index,
    or from a lock, which is checked here. `moved` is called with the number of bytes of each piece that arrives. Raises
    `RemoteFailed` (with what to do when the mirror has moved on) and `VerificationFailed` (then nothing is kept).
    """
    name = checked_pool_path(path, where=path[:120]).rpartition("/")[2]
    if not 0 < size <= LARGEST_DEB:
        raise VerificationFailed(f"a package of {size} bytes (the limit is {LARGEST_DEB})", where=path)
    url = mirrors.url(archive, path)
    try:
        return download(url, digest=digest, size=size, http=http, store=store, what=name, moved=moved)
    except NotThere as error:
        raise RemoteFailed(
            f"the mirror no longer has {name}: it has moved on to a newer version",
            where=url,
            fix="lading lock --upgrade",
        ) from error

"""Fetching from a mirror: small files whole, large ones into the store with hash and size checked on the way."""

from collections.abc import Callable
from pathlib import Path

from lading.digest import Digest
from lading.errors import RemoteFailed, VerificationFailed
from lading.http import Http, NoAnswer
from lading.store import BlobWriter, Store

ATTEMPTS = 3
"""How often a download is begun that breaks off half way (`Http` itself tries again only until an answer begins)."""

_FRESH = {"Cache-Control": "max-age=0"}
"""A proxy's stale release file would not go with the mirror's newer indexes."""

Moved = Callable[[int], None]
"""Called with the number of bytes that have just arrived; with a negative one when a download that broke off begins
anew, so that the sum is right."""


class NotThere(RemoteFailed):
    """The mirror answered that it has no such file (404 or 410)."""


def read_small(url: str, *, http: Http, limit: int) -> bytes:
    """A file of at most `limit` bytes, past any cache. `NotThere`, or `RemoteFailed`."""
    with http.send("GET", url, headers=_FRESH) as response:
        _check_status(response.status, url)
        return response.body(limit)


def download(
    url: str, *, digest: Digest, size: int, http: Http, store: Store, what: str, moved: Moved | None = None
) -> Path:
    """A file of known digest and size (bytes), put into the store unless it is there; its path.

    `what` names it in errors. `NotThere` or `RemoteFailed` when it does not come, `VerificationFailed` when it is not
    what was promised: nothing of it is kept then, and no more than `size` bytes are ever accepted.
    """
    moved = moved or _ignore
    for attempt in range(ATTEMPTS):
        if store.has(digest, size):
            break
        with http.send("GET", url) as response, store.writer() as writer:
            _check_status(response.status, url)
            try:
                for chunk in response.chunks():
                    if writer.size + len(chunk) > size:
                        raise _wrong(f"{what} is longer than the {size} bytes that were promised", url)
                    writer.write(chunk)
                    moved(len(chunk))
            except NoAnswer:
                moved(-writer.size)
                if attempt == ATTEMPTS - 1 or not http.pause(attempt, response):
                    raise
                continue
            _commit(writer, digest, size, what, url)
    return store.blob(digest)


def _commit(writer: BlobWriter, digest: Digest, size: int, what: str, url: str) -> None:
    if writer.size != size:
        raise _wrong(f"{what} has {writer.size} bytes instead of the {size} that were promised", url)
    try:
        writer.commit(digest, what=what)
    except VerificationFailed as error:
        raise _wrong(error.what, url, expected=digest) from error


def _ignore(_: int) -> None:
    pass


def _wrong(what: str, url: str, expected: str = "") -> VerificationFailed:
    return VerificationFailed(
        what,
        where=f"{url} (expected {expected})" if expected else url,
        fix="do not use it; the mirror may be in the middle of an update: try again later, or use another "
        "(LADING_DEBIAN_MIRROR)",
    )


def _check_status(status: int, url: str) -> None:
    if status in (404, 410):
        raise NotThere("the mirror has no such file", where=url, fix="check the mirror's address: lading doctor")
    if status != 200:
        raise RemoteFailed(
            f"the mirror answered with HTTP status {status}",
            where=url,
            fix="try again later, or use another mirror (LADING_DEBIAN_MIRROR)",
        )

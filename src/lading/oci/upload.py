"""One blob on its way into a repository: streamed in one piece, resumed or begun anew when that breaks.

https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pushing-blobs. One PATCH that streams the whole
blob, then a PUT that names it, is what Docker and go-containerregistry send, and so what every registry has seen. A
small blob goes along with the PUT, which saves a question; so do all blobs of containerd and BuildKit
(https://github.com/containerd/containerd/blob/v2.0.0/core/remotes/docker/pusher.go). Pieces with `Content-Range` are
the fallback (a proxy that limits a request's size, a registry that wants them).
"""

import re
import threading
from collections.abc import Callable, Iterator, Sequence
from urllib.parse import quote

from lading.errors import RemoteFailed
from lading.http import NoAnswer, Response
from lading.http.client import RETRIED_STATUSES
from lading.oci.content import checked
from lading.oci.endpoint import Endpoint
from lading.oci.parallel import Stopped
from lading.oci.partial import Part

ATTEMPTS = 5
"""How often a blob is begun anew, and how often each of these goes on where it broke, before the push is given up."""
SMALL = 256 << 10
"""Bytes up to which a blob goes along with its PUT: begun anew, should that break, it costs little."""
PIECE = 8 << 20
"""Bytes of one request of the chunked upload. At least 5 MiB: S3 behind a registry takes no smaller part but the last
(https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html)."""
SMALLEST_PIECE = 512 << 10
"""Bytes below which a proxy's limit is not met any more (nginx's is 1 MiB unless set)."""
DONE = frozenset({200, 201, 202, 204})
ANEW = frozenset({404, 410, 416})
"""The registry has lost the upload, or counts its bytes differently: begin anew."""
WHOLE_REFUSED = frozenset({400, 405, 411, 413, 501})
"""What registries and proxies answer when they will not take a blob in one piece."""


class _Anew(Exception):
    """The attempt has come to nothing; another may not."""

    def __init__(self, failure: RemoteFailed, *, wait: bool = True) -> None:
        super().__init__(failure.what)
        self.failure = failure
        self.wait = wait


class Uploader:
    """Sends blobs to one repository. Thread-safe.

    `moved` is told of bytes once, however often they are sent; `sent` counts every byte that went out.
    """

    def __init__(
        self, endpoint: Endpoint, scopes: Sequence[str], moved: Callable[[int], None], stop: threading.Event
    ) -> None:
        self._endpoint = endpoint
        self._scopes = tuple(scopes)
        self._moved = moved
        self._stop = stop
        self._lock = threading.Lock()
        self._together = True  # small blobs go along with the PUT
        self._piece = 0  # 0: in one piece
        self.sent = 0

    def exists(self, part: Part) -> bool:
        """Whether the repository has the blob. An answer that says neither yes nor no counts as no."""
        path = f"{self._endpoint.repository}/blobs/{part.descriptor.digest}"
        with self._endpoint.send("HEAD", path, scopes=self._scopes) as response:
            return response.status == 200

    def mount(self, part: Part, repository: str) -> str | None:
        """Take the blob over from another repository of the registry. Empty when that is done; else the address of an
        upload that was opened instead, or nothing.

        `mount` and `from` go together: Quay fails without `from`
        (https://github.com/google/go-containerregistry/blob/v0.20.0/pkg/v1/remote/write.go). Whatever goes wrong, the
        blob is uploaded: Harbor answers 401 or 400 (https://github.com/goharbor/harbor/issues/17097 and 22078), Docker
        Hub refuses a token (https://github.com/google/go-containerregistry/issues/1679), ECR mounts only what some
        manifest there refers to (https://github.com/aws/containers-roadmap/issues/2860), Artifactory nothing.
        """
        query = f"mount={quote(part.descriptor.digest, safe=':')}&from={quote(repository, safe='/')}"
        scopes = (*self._scopes, f"repository:{repository}:pull")
        try:
            target = f"{self._endpoint.repository}/blobs/uploads/?{query}"
            with self._endpoint.send("POST", target, scopes=scopes, headers=EMPTY) as response:
                if response.status == 201:
                    return ""
                return self._endpoint.location(response) if response.status == 202 else None
        except RemoteFailed:
            return None

    def upload(self, part: Part, location: str | None = None) -> None:
        """Send the blob; `location` is an upload that is open already. Raises what the registry says at last."""
        progress = _Progress(self._moved)
        for attempt in range(ATTEMPTS):
            try:
                # The last attempt may have had more success than its answer said.
                if not attempt or not self.exists(part):
                    self._attempt(part, location or self._open(), progress)
            except (_Anew, NoAnswer) as error:
                location = None
                failure = error.failure if isinstance(error, _Anew) else error
                wait = not isinstance(error, _Anew) or error.wait
                if attempt + 1 == ATTEMPTS or (wait and not self._endpoint.pause(attempt)):
                    raise failure from None
            else:
                progress.reached(part.descriptor.size)
                return

    def _attempt(self, part: Part, location: str, progress: "_Progress") -> None:
        if self._together and part.descriptor.size <= SMALL:
            data = b"".join(checked(part.chunks(), part.descriptor, where="the image"))
            self._commit(part, location, self._counted(data))
            return
        send = self._in_pieces if self._piece else self._whole
        self._commit(part, send(part, location, progress))

    def _open(self) -> str:
        path = f"{self._endpoint.repository}/blobs/uploads/"
        with self._endpoint.send("POST", path, scopes=self._scopes, headers=EMPTY) as response:
            if response.status != 202:
                raise self._endpoint.refusal(response, "the registry does not take an upload")
            return self._endpoint.location(response)

    def _whole(self, part: Part, location: str, progress: "_Progress") -> str:
        """The blob in one request. Where it breaks, the rest in another, if the registry can say how far it got."""
        offset = 0
        for attempt in range(ATTEMPTS):
            try:
                return self._stream(part, location, offset, progress)
            except NoAnswer:
                if attempt + 1 == ATTEMPTS or not self._endpoint.pause(attempt):
                    raise
                location, further = self._received(part, location)
                if further <= offset:
                    raise
                if further == part.descriptor.size:
                    return location
                offset = further
        raise AssertionError("the loop returns or raises")

    def _stream(self, part: Part, location: str, offset: int, progress: "_Progress") -> str:
        size = part.descriptor.size
        headers = {"Content-Type": "application/octet-stream", "Content-Length": str(size - offset)}
        if offset:
            headers["Content-Range"] = f"{offset}-{size - 1}"

        def body() -> Iterator[bytes]:
            done = 0
            for chunk in checked(part.chunks(), part.descriptor, where="the image"):
                fresh = chunk[max(0, offset - done) :]
                done += len(chunk)
                if fresh:
                    yield self._counted(fresh)
                    progress.reached(done)

        with self._endpoint.send(
            "PATCH", location, scopes=self._scopes, headers=headers, body=body, again=False
        ) as response:
            if response.status in WHOLE_REFUSED and not offset:
                self._piece = PIECE
            if response.status in WHOLE_REFUSED:
                raise _Anew(self._endpoint.refusal(response, "the registry does not take a layer"), wait=False)
            return self._next(response)

    def _received(self, part: Part, location: str) -> tuple[str, int]:
        """How many bytes of a broken upload the registry has, and where to send the rest; 0 when it does not say.

        https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pushing-a-blob-in-chunks
        """
        with self._endpoint.send("GET", location, scopes=self._scopes) as response:
            found = re.fullmatch(r"(?:bytes=)?0-([0-9]{1,18})", response.headers.get("Range", ""))
            if response.status != 204 or not found:
                return location, 0
            received = int(found[1]) + 1
            # "0-0" may mean one byte or none (https://github.com/distribution/distribution/issues/2363)
            if received <= 1 or received > part.descriptor.size:
                return location, 0
            return self._endpoint.location(response), received

    def _in_pieces(self, part: Part, location: str, progress: "_Progress") -> str:
        offset = 0
        for piece in _pieces(checked(part.chunks(), part.descriptor, where="the image"), self._piece):
            headers = {
                "Content-Type": "application/octet-stream",
                "Content-Length": str(len(piece)),
                "Content-Range": f"{offset}-{offset + len(piece) - 1}",
            }
            with self._endpoint.send(
                "PATCH", location, scopes=self._scopes, headers=headers, body=self._counted(piece), again=False
            ) as response:
                if response.status == 413 and self._piece > SMALLEST_PIECE:
                    self._piece = max(SMALLEST_PIECE, self._piece // 4)
                    raise _Anew(self._endpoint.refusal(response, "the registry takes no piece so large"), wait=False)
                location = self._next(response)
            offset += len(piece)
            progress.reached(offset)
        return location

    def _next(self, response: Response) -> str:
        """Where an accepted request leads, or the right error for one that was not."""
        if response.status in DONE:
            return self._endpoint.location(response)
        refusal = self._endpoint.refusal(response, "the registry does not take a layer")
        if response.status in RETRIED_STATUSES:
            if not self._endpoint.pause(0, response):
                raise refusal
            raise _Anew(refusal, wait=False)
        raise _Anew(refusal) if response.status in ANEW else refusal

    def _commit(self, part: Part, location: str, data: bytes = b"") -> None:
        """Name the blob, after its bytes or together with them."""
        mark = "&" if "?" in location else "?"
        target = f"{location}{mark}digest={quote(part.descriptor.digest, safe=':')}"
        headers = {"Content-Type": "application/octet-stream", "Content-Length": str(len(data))}
        with self._endpoint.send(
            "PUT", target, scopes=self._scopes, headers=headers, body=data, again=not data
        ) as response:
            if response.status in DONE:
                return
            refusal = self._endpoint.refusal(response, f"the registry does not take {part.descriptor.digest}")
            if data and response.status in WHOLE_REFUSED:
                self._together = False
                raise _Anew(refusal, wait=False)
            if data and response.status in RETRIED_STATUSES and self._endpoint.pause(0, response):
                raise _Anew(refusal, wait=False)
            raise _Anew(refusal) if response.status in (ANEW | {400}) else refusal

    def _counted(self, data: bytes) -> bytes:
        if self._stop.is_set():
            raise Stopped
        with self._lock:
            self.sent += len(data)
        return data


EMPTY = {"Content-Length": "0"}


class _Progress:
    """Tells how far a blob has come, and never goes back when a part of it is sent again."""

    def __init__(self, moved: Callable[[int], None]) -> None:
        self._moved = moved
        self._told = 0

    def reached(self, offset: int) -> None:
        if offset > self._told:
            self._moved(offset - self._told)
            self._told = offset


def _pieces(chunks: Iterator[bytes], size: int) -> Iterator[bytes]:
    """The stream cut anew into pieces of `size` bytes, the last one shorter."""
    held = bytearray()
    for chunk in chunks:
        held += chunk
        while len(held) >= size:
            yield bytes(held[:size])
            del held[:size]
    if held:
        yield bytes(held)

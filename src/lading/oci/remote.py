"""A repository of a registry as a source of images: resolved by tag, read by digest, every byte checked.

https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pull
"""

from collections.abc import Iterator

from lading.digest import Digest, digest_of, parse_digest
from lading.errors import RemoteFailed, VerificationFailed
from lading.http import NoAnswer, Response
from lading.oci.documents import DOCUMENT_LIMIT, INDEX_TYPES, MANIFEST_TYPES
from lading.oci.endpoint import Endpoint
from lading.oci.model import Descriptor
from lading.oci.references import Reference

ACCEPT = ", ".join((*INDEX_TYPES, *MANIFEST_TYPES))
ATTEMPTS = 5
"""How often the rest of a blob is asked for before its download is given up."""


class RepositorySource:
    """See `content.Source`: what a repository holds."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self.origin: Reference = endpoint.reference
        self.where = endpoint.reference.name
        self._scopes = (f"repository:{endpoint.reference.repository}:pull",)
        self._documents: dict[Digest, bytes] = {}

    def resolve(self, target: str) -> Descriptor:
        """What a tag or digest stands for now. `Refused` when there is no such image, or it may not be seen.

        By HEAD, which Docker Hub does not count against its limit (https://docs.docker.com/docker-hub/usage/pulls/),
        and by GET where HEAD is refused or leaves out what is needed. What HEAD says is believed until the bytes are
        there, and checked then.
        """
        with self._ask("HEAD", target) as response:
            descriptor = _described(response) if response.status == 200 else None
        if descriptor is None:
            with self._ask("GET", target) as response:
                if response.status != 200:
                    raise self._endpoint.refusal(response, f"the registry does not give {_called(target)}")
                data = response.body(DOCUMENT_LIMIT)
                media_type = _media_type(response)
            descriptor = Descriptor(media_type=media_type, digest=digest_of(data), size=len(data))
            self._documents[descriptor.digest] = data
        if target.startswith("sha256:") and descriptor.digest != target:
            raise VerificationFailed(
                f"the registry gave {descriptor.digest} for another digest", where=self._endpoint.where
            )
        return descriptor

    def document(self, descriptor: Descriptor) -> Iterator[bytes]:
        """See `Source.document`."""
        known = self._documents.get(descriptor.digest)
        if known is not None:
            yield known
            return
        with self._ask("GET", descriptor.digest) as response:
            if response.status != 200:
                raise self._endpoint.refusal(response, f"the registry does not give {descriptor.digest}")
            yield response.body(DOCUMENT_LIMIT)

    def blob(self, descriptor: Descriptor) -> Iterator[bytes]:
        """See `Source.blob`. A download that breaks half way goes on where it broke, where the registry lets it."""
        given = 0
        for attempt in range(ATTEMPTS):
            try:
                for chunk in self._rest(descriptor, given):
                    given += len(chunk)
                    yield chunk
            except NoAnswer:
                if attempt + 1 == ATTEMPTS or not self._endpoint.pause(attempt):
                    raise
            else:
                return

    def _rest(self, descriptor: Descriptor, offset: int) -> Iterator[bytes]:
        headers = {"Range": f"bytes={offset}-"} if offset else {}
        path = f"{self._endpoint.repository}/blobs/{parse_digest(descriptor.digest)}"
        with self._endpoint.send("GET", path, scopes=self._scopes, headers=headers) as response:
            if response.status == 206 and offset:
                self._check_range(response, offset)
                yield from response.chunks()
            elif response.status == 200:
                yield from _without(response.chunks(), offset)  # a registry need not know ranges
            else:
                raise self._endpoint.refusal(response, f"the registry does not give {descriptor.digest}")

    def _check_range(self, response: Response, offset: int) -> None:
        said = response.headers.get("Content-Range", "")
        if not said.startswith(f"bytes {offset}-"):
            raise RemoteFailed(f"the registry gave another part than was asked for ({said[:60]})", where=self.where)

    def _ask(self, method: str, target: str) -> Response:
        path = f"{self._endpoint.repository}/manifests/{target}"
        return self._endpoint.send(method, path, scopes=self._scopes, headers={"Accept": ACCEPT})


def _called(target: str) -> str:
    return target if target.startswith("sha256:") else f"the tag {target}"


def _described(response: Response) -> Descriptor | None:
    """The descriptor that the headers of a HEAD make, or nothing when they leave a part of it out."""
    digest, length = response.headers.get("Docker-Content-Digest", ""), response.headers.get("Content-Length", "")
    media_type = _media_type(response)
    if not digest or not length.isdigit() or media_type not in (*INDEX_TYPES, *MANIFEST_TYPES):
        return None
    return Descriptor(media_type=media_type, digest=parse_digest(digest, where=response.url), size=int(length))


def _media_type(response: Response) -> str:
    return str(response.headers.get("Content-Type", "")).partition(";")[0].strip()


def _without(chunks: Iterator[bytes], count: int) -> Iterator[bytes]:
    """The stream without its first `count` bytes."""
    for chunk in chunks:
        if count >= len(chunk):
            count -= len(chunk)
            continue
        yield chunk[count:]
        count = 0

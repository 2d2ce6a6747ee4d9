"""An image or index on its way into a registry: what is there stays, what is near is mounted, the rest is sent.

Layers and configurations first, then manifests, then the index, and the tag last, so that at no moment a name stands
for something that is not whole (https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#push).
"""

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Literal

import msgspec

from lading.digest import Digest
from lading.errors import UsageError
from lading.oci.endpoint import Endpoint, Refused
from lading.oci.model import Descriptor, Image, Index
from lading.oci.parallel import run_all
from lading.oci.partial import Part, images_of, manifest_descriptor, parts_of
from lading.oci.references import Reference
from lading.oci.remote import ACCEPT
from lading.oci.upload import SMALL, Uploader

How = Literal["sent", "present", "mounted"]
_Manifests = Mapping[Digest, tuple[Descriptor, bytes]]


class Pushed(msgspec.Struct, frozen=True, kw_only=True):
    """What one push left in a repository: worth remembering, because it makes the next push ask less.

    `repository` is registry and repository. As long as the registry has `manifest`, it has `digests` (the blobs and
    manifests below it): no registry removes what a manifest refers to.
    """

    repository: str
    manifest: Digest
    digests: frozenset[Digest]


class PushReport(msgspec.Struct, frozen=True, kw_only=True):
    """One push, looked back on. `bytes_sent` counts every byte of blobs and manifests that went out, also in vain.

    `blobs_*` count layers and configurations: sent, found there, mounted from another repository.
    """

    reference: Reference
    digest: Digest
    bytes_sent: int
    blobs_sent: int
    blobs_present: int
    blobs_mounted: int
    pushed: Pushed


class Push:
    """One push. `known` are earlier pushes: to this repository, or to others of its registry (to mount from)."""

    def __init__(self, endpoint: Endpoint, known: Iterable[Pushed], moved: Callable[[int], None]) -> None:
        self._endpoint = endpoint
        self._reference = endpoint.reference
        self._scopes = (f"repository:{endpoint.reference.repository}:pull,push",)
        self._known = tuple(known)
        self._stop = threading.Event()
        self._uploader = Uploader(endpoint, self._scopes, moved, self._stop)
        self._lock = threading.Lock()
        self._how: dict[Digest, How] = {}
        self._manifest_bytes = 0

    def run(self, content: Image | Index) -> PushReport:
        """Push, and tag. See `Registry.push` for what it raises."""
        top = manifest_descriptor(content)
        if self._reference.digest and self._reference.digest != top.digest:
            raise UsageError(
                f"the image is {top.digest}, and cannot be pushed under another digest",
                where=str(self._reference),
                fix="push to a tag",
            )
        manifests = {descriptor.digest: (descriptor, image.manifest) for descriptor, image in images_of(content)}
        manifests[top.digest] = (top, content.manifest)  # the last one: an index comes after its images
        blobs = [part for part in parts_of([content]) if part.descriptor.digest not in manifests]
        own = next((known for known in self._known if known.repository == self._reference.name), None)
        if own and own.manifest != top.digest:
            confirmed = self._send_changed(blobs, own)
        elif self._has_manifest(top.digest):
            confirmed = frozenset([*manifests, *self._present(blobs)])
        else:
            confirmed = frozenset()
            self._send_blobs(blobs)
        if top.digest not in confirmed or not self._has_manifest(top.digest, at=self._reference.target):
            self._put_all(blobs, manifests, top, confirmed)
        return self._report(top, {*manifests, *(part.descriptor.digest for part in blobs)})

    def _send_changed(self, blobs: Sequence[Part], own: Pushed) -> frozenset[Digest]:
        """Send what an earlier push to the repository did not; ask at the same time whether what it left is there.

        It is as long as its manifest is. Gives what is confirmed so.
        """
        fresh = [part for part in blobs if part.descriptor.digest not in own.digests]
        kept = [part for part in blobs if part.descriptor.digest in own.digests]
        there: list[bool] = []
        tasks = [lambda: there.append(self._has_manifest(own.manifest)), *self._tasks(fresh, fresh=True)]
        run_all(tasks, self._stop)
        if there == [True]:
            self._present(kept)
            return own.digests
        self._send_blobs(kept)
        return frozenset()

    def _put_all(
        self, blobs: Sequence[Part], manifests: _Manifests, top: Descriptor, confirmed: frozenset[Digest]
    ) -> None:
        try:
            self._put_manifests(manifests, top, confirmed)
        except Refused as refused:
            # The registry has lost what it said that it has, or mounts late: everything is looked at again, once.
            if refused.status not in (400, 404) or not {"present", "mounted"} & set(self._how.values()):
                raise
            self._known = ()
            self._send_blobs(blobs)
            self._put_manifests(manifests, top, frozenset())

    def _send_blobs(self, parts: Sequence[Part]) -> None:
        run_all(self._tasks(parts), self._stop)

    def _tasks(self, parts: Sequence[Part], *, fresh: bool = False) -> list[Callable[[], None]]:
        # The largest first: the last transfer to begin should be the shortest.
        ordered = sorted(parts, key=lambda part: -part.descriptor.size)
        return [partial(self._send_blob, part, fresh=fresh) for part in ordered]

    def _send_blob(self, part: Part, *, fresh: bool) -> None:
        """See that the repository has a blob.

        Of a `fresh` one it is known that the last push left it out: asking for a small one costs as much as sending it.
        """
        if not (fresh and part.descriptor.size <= SMALL) and self._uploader.exists(part):
            return self._note(part, "present")
        source = self._mountable(part)
        location = self._uploader.mount(part, source) if source else None
        if location == "":
            return self._note(part, "mounted")
        self._uploader.upload(part, location)
        return self._note(part, "sent")

    def _mountable(self, part: Part) -> str | None:
        """A repository of the same registry that has, or had, the blob; never the one that is pushed to."""
        prefix = f"{self._reference.registry}/"
        names = [part.origin.name] if part.origin else []
        names += [known.repository for known in self._known if part.descriptor.digest in known.digests]
        near = [name.removeprefix(prefix) for name in names if name.startswith(prefix)]
        return next((name for name in near if name != self._reference.repository), None)

    def _has_manifest(self, digest: Digest, *, at: str = "") -> bool:
        """Whether the repository has a manifest (at a tag). Any answer but yes counts as no: it is asked to save work.

        Artifactory says 403 for a tag that no repository behind a virtual one has:
        https://github.com/google/go-containerregistry/pull/1691, https://jfrog.atlassian.net/browse/RTFACT-13797
        """
        path = f"{self._endpoint.repository}/manifests/{at or digest}"
        with self._endpoint.send("HEAD", path, scopes=self._scopes, headers={"Accept": ACCEPT}) as response:
            said = response.headers.get("Docker-Content-Digest", "" if at else digest)
            return response.status == 200 and said == digest

    def _put_manifests(self, manifests: _Manifests, top: Descriptor, confirmed: frozenset[Digest]) -> None:
        for descriptor, data in manifests.values():
            if descriptor is top:
                self._put(descriptor, data, self._reference.tag or top.digest)
            elif descriptor.digest not in confirmed:
                self._put(descriptor, data, descriptor.digest)

    def _put(self, descriptor: Descriptor, data: bytes, target: str) -> None:
        path = f"{self._endpoint.repository}/manifests/{target}"
        headers = {"Content-Type": descriptor.media_type}
        with self._endpoint.send("PUT", path, scopes=self._scopes, headers=headers, body=data) as response:
            self._manifest_bytes += len(data)
            if response.status not in (200, 201, 202, 204):
                raise self._endpoint.refusal(response, "the registry does not take the image's manifest")

    def _present(self, parts: Sequence[Part]) -> list[Digest]:
        """Note that the repository has these."""
        for part in parts:
            self._note(part, "present")
        return [part.descriptor.digest for part in parts]

    def _note(self, part: Part, how: How) -> None:
        with self._lock:
            if self._how.get(part.descriptor.digest) != "sent":  # what was sent is there when it is looked for again
                self._how[part.descriptor.digest] = how

    def _report(self, top: Descriptor, digests: set[Digest]) -> PushReport:
        hows = list(self._how.values())
        return PushReport(
            reference=self._reference,
            digest=top.digest,
            bytes_sent=self._uploader.sent + self._manifest_bytes,
            blobs_sent=hows.count("sent"),
            blobs_present=hows.count("present"),
            blobs_mounted=hows.count("mounted"),
            pushed=Pushed(repository=self._reference.name, manifest=top.digest, digests=frozenset(digests)),
        )

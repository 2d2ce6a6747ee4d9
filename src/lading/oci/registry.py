"""Registries: what a name stands for, images pulled lazily, images pushed.

https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md
"""

from collections.abc import Callable, Iterable, Mapping
from functools import partial

from lading.digest import Digest
from lading.errors import UsageError
from lading.http import Http
from lading.oci.content import SourceLayer, is_index, open_content, select
from lading.oci.credentials import Credentials
from lading.oci.endpoint import Endpoint, installed_authorities, open_endpoint
from lading.oci.model import Descriptor, Image, Index, Layer, Platform
from lading.oci.partial import images_of, platform_of
from lading.oci.push import Push, Pushed, PushReport
from lading.oci.references import Reference, insecure_registries, parse_reference
from lading.oci.remote import RepositorySource
from lading.proc import Runner


class Registry:
    """Every registry there is. Logins, insecure registries and certificates come from `environ` and what it points to.

    References may be given as text. All methods raise `UsageError` for a name that is none, `RemoteFailed` when the
    registry cannot be reached or refuses, `VerificationFailed` when it gives what was not asked for. Thread-safe.
    """

    def __init__(self, http: Http, environ: Mapping[str, str], runner: Runner) -> None:
        self._http = http
        self._environ = environ
        self._credentials = Credentials(environ, runner)
        self._sources: dict[str, RepositorySource] = {}

    def resolve(self, reference: Reference | str) -> Descriptor:
        """What a name stands for now: media type, digest and size of its manifest or index."""
        named = _parsed(reference)
        return self._source(named).resolve(named.target)

    def open(self, reference: Reference | str) -> Image | Index:
        """The image or index of that name. Its parts are read when they are needed."""
        named = _parsed(reference)
        source = self._source(named)
        return open_content(source, source.resolve(named.target))

    def pull(self, reference: Reference | str, platform: Platform | None = None) -> Image:
        """The image of that name, for a platform; manifest and configuration are read, layers are not.

        Without a platform the name must stand for one image. `UsageError` lists the platforms there are.
        """
        named = _parsed(reference)
        content = self.open(named)
        if is_index(content):
            if platform is None:
                offers = sorted({str(child.platform) for child, _ in content.images})
                raise UsageError(
                    "an index of several images", where=str(named), fix=f"choose a platform: {', '.join(offers)}"
                )
            return select(content, platform, where=str(named))
        ((_, image),) = images_of(content)
        _ = image.layers  # an artifact that is no image is told here, and not when somebody needs its layers
        if platform is not None and _runs_on(platform_of(image)) != _runs_on(platform):
            raise UsageError(
                f"there is no image for {platform}", where=str(named), fix=f"its only platform is {platform_of(image)}"
            )
        return image

    def layer(self, reference: Reference | str, descriptor: Descriptor, diff_id: Digest) -> Layer:
        """A layer that is known already: nothing is asked of the registry until its bytes are."""
        return SourceLayer(self._source(_parsed(reference)), descriptor, diff_id)

    def push(
        self,
        reference: Reference | str,
        content: Image | Index,
        *,
        moved: Callable[[int], None] | None = None,
        known: Iterable[Pushed] = (),
    ) -> PushReport:
        """Send an image or index, and let the reference's tag stand for it.

        `known` are earlier pushes (`PushReport.pushed`), the latest first: those to the same repository save questions,
        those to others of the registry give layers to mount. `moved` is called with the number of blob bytes that have
        moved since the last call, from several threads. Nothing of it need be true any more: what the registry lacks is
        sent.
        """
        endpoint = self._endpoint(_parsed(reference))
        return Push(endpoint, known, moved or _nothing).run(content)

    def _source(self, reference: Reference) -> RepositorySource:
        known = self._sources.get(reference.name)
        if known is None:
            repository = Reference(registry=reference.registry, repository=reference.repository)
            known = self._sources.setdefault(reference.name, RepositorySource(self._endpoint(repository)))
        return known

    def _endpoint(self, reference: Reference) -> Endpoint:
        return open_endpoint(
            self._http,
            reference,
            partial(self._credentials.find, reference),
            insecure=insecure_registries(self._environ),
            authorities=installed_authorities(reference.registry, self._environ),
        )


def _parsed(reference: Reference | str) -> Reference:
    return parse_reference(reference) if isinstance(reference, str) else reference


def _runs_on(platform: Platform) -> tuple[str, str]:
    """What must agree: configurations often leave the variant out."""
    return platform.os, platform.architecture


def _nothing(count: int) -> None:
    """Tell nobody."""

"""One registry's HTTP API: requests with the right login, and refusals told in the registry's own words.

https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from lading.errors import LadingError, RemoteFailed
from lading.http import Http, NoAnswer, Response, joined, origin_of
from lading.http.client import Body
from lading.oci.auth import Authorizer, Find
from lading.oci.credentials import docker_config
from lading.oci.references import Reference, endpoint_of, host_of


class Refused(RemoteFailed):
    """The registry answered, and the answer is no. `status` is the HTTP status, `codes` are the specification's."""

    def __init__(self, what: str, *, where: str, fix: str, status: int, codes: frozenset[str]) -> None:
        super().__init__(what, where=where, fix=fix)
        self.status = status
        self.codes = codes


class Endpoint:
    """One repository's way to its registry. Thread-safe."""

    def __init__(self, http: Http, reference: Reference, base: str, authorizer: Authorizer) -> None:
        self._http = http
        self._base = base
        self._authorizer = authorizer
        self.reference = reference

    @property
    def repository(self) -> str:
        """The path of the repository's API: what `manifests/…` and `blobs/…` follow."""
        return f"/v2/{self.reference.repository}"

    def send(
        self,
        method: str,
        target: str,
        *,
        scopes: Sequence[str],
        headers: Mapping[str, str] | None = None,
        body: Body | None = None,
        again: bool = True,
    ) -> Response:
        """Send a request to a path below the registry, or to a whole address that the registry gave.

        The login goes to the registry's own origin only: an upload's address may be another host's. A 401 is answered
        with a login once. The caller closes the response.
        """
        url = joined(self._base, target)
        own = origin_of(url) == origin_of(self._base)
        used = self._authorizer.ready(scopes) if own else ""
        response = self._once(method, url, headers, body, again=again, authorization=used)
        if response.status != 401 or not own:
            return response
        with response:
            offered = response.headers.get_all("WWW-Authenticate") or []
            better = self._authorizer.challenged(offered, scopes, used)
            if better == used:
                raise self.refusal(response, "the registry wants a login")
        return self._once(method, url, headers, body, again=again, authorization=better)

    def location(self, response: Response) -> str:
        """The address for the next request of an upload: it may be relative, and its query must stay as it is."""
        value = response.headers.get("Location")
        if not value:
            raise RemoteFailed("the registry opened an upload without saying where (no Location)", where=self.where)
        url = joined(response.url, value)
        if self._base.startswith("https:") and url.startswith("http:"):
            if origin_of(url)[1] != origin_of(self._base)[1]:
                raise RemoteFailed("the registry sends an upload to an address without TLS", where=self.where)
            # A registry behind a proxy that ends TLS may not know that its clients speak https:
            # https://github.com/distribution/distribution/issues/996
            url = joined(self._base, "/" + url.partition("://")[2].partition("/")[2])
        return url

    def pause(self, attempt: int, response: Response | None = None) -> bool:
        """See `Http.pause`."""
        return self._http.pause(attempt, response)

    def refusal(self, response: Response, what: str) -> Refused:
        """The error for an answer that is no success: the registry's words, and what may help."""
        said, codes = _words(response)
        fix = self._fix(response.status, codes, said)
        told = f"{what} ({response.status}{f' {said}' if said else ''})"
        return Refused(told, where=self.where, fix=fix, status=response.status, codes=codes)

    @property
    def where(self) -> str:
        """The image's whole name."""
        return str(self.reference)

    def _once(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None,
        body: Body | None,
        *,
        again: bool,
        authorization: str,
    ) -> Response:
        sent = {**(headers or {}), **({"Authorization": authorization} if authorization else {})}
        try:
            return self._http.send(method, url, headers=sent, body=body, again=again)
        except NoAnswer as error:
            if "WRONG_VERSION_NUMBER" in error.what.upper().replace(" ", "_"):
                registry = self.reference.registry
                raise RemoteFailed(
                    "the registry does not speak TLS",
                    where=self.where,
                    fix=f"if that is meant to be so: LADING_INSECURE_REGISTRIES={registry}",
                ) from error
            raise

    def _fix(self, status: int, codes: frozenset[str], said: str) -> str:
        registry = self.reference.registry
        if "HTTP request to an HTTPS server" in said:
            return f"it speaks TLS: put its certificate authority into ~/.docker/certs.d/{registry}/ca.crt"
        if status in (401, 403):
            return self._authorizer.hint()
        if "NAME_UNKNOWN" in codes:
            return "create the repository in the registry first, or check its name"
        helps = {429: f"wait, or raise the limit: docker login {registry}", 404: "check the name and the tag"}
        return helps.get(status, "try again later" if status >= 500 else "")


def open_endpoint(
    http: Http, reference: Reference, find: Find, *, insecure: frozenset[str], authorities: Sequence[Path]
) -> Endpoint:
    """The way to a repository. `authorities` are PEM files that were installed for this registry (`certs.d`)."""
    base = endpoint_of(reference.registry, insecure, trusted=bool(authorities))
    if authorities:
        _, host, port = origin_of(base)
        http.trust(host, port, [str(path) for path in authorities])
    authorizer = Authorizer(http, reference.registry, base, find, insecure=insecure)
    return Endpoint(http, reference, base, authorizer)


def installed_authorities(
    registry: str, environ: Mapping[str, str], *, system: Path = Path("/etc/docker")
) -> list[Path]:
    """The certificate authorities that were installed for a registry, as Docker has it.

    `/etc/docker/certs.d/HOST:PORT/*.crt` and the same below the user's Docker configuration folder:
    https://docs.docker.com/engine/security/certificates/
    """
    found: list[Path] = []
    for root in (system, docker_config(environ)):
        folder = root / "certs.d" / registry
        if root != Path() and host_of(registry) and folder.is_dir():
            found += sorted(folder.glob("*.crt"))
    return found


class _Problem(msgspec.Struct):
    code: str = ""
    message: str = ""


class _Problems(msgspec.Struct):
    errors: list[_Problem] = []


def _words(response: Response) -> tuple[str, frozenset[str]]:
    """What a registry says of its refusal: https://…/distribution-spec/blob/v1.1.1/spec.md#error-codes."""
    try:
        data = response.body(1 << 16)
    except LadingError:
        return "", frozenset()
    try:
        problems = msgspec.json.decode(data, type=_Problems).errors
    except (msgspec.DecodeError, UnicodeDecodeError):
        text = data[:300].decode(errors="replace")
        return ("" if "<" in text else _clean(text)), frozenset()  # a proxy's page of HTML says nothing
    told = [f"{problem.code}: {problem.message}".strip(": ") for problem in problems]
    return _clean("; ".join(told)), frozenset(problem.code for problem in problems)


def _clean(text: str) -> str:
    """Foreign words in a message of ours: one line, printable, not long."""
    return "".join(mark if mark.isprintable() else " " for mark in text).strip()[:300]

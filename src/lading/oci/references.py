"""Names of images in registries: what people type, taken apart by the rules of the distribution project.

Grammar: https://github.com/distribution/reference/blob/v0.6.0/reference.go (and its normalize.go for what a short name
such as `python:3.13` stands for). Which registries are spoken to without TLS: those on the loopback interface, as
Docker does, and those in `LADING_INSECURE_REGISTRIES` (`host` or `host:port`, separated by commas).
"""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

import msgspec

from lading.digest import Digest, parse_digest
from lading.errors import UsageError, VerificationFailed

DOCKER_HUB = "docker.io"
DOCKER_HUB_API = "registry-1.docker.io"
"""Where the API of docker.io is: https://github.com/moby/moby/blob/v28.0.0/registry/config.go (`DefaultV2Registry`)."""
LONGEST_NAME = 255
"""Characters of a registry and repository together (`NameTotalLengthMax`)."""

_DOMAIN_LABEL = r"(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])"
_DOMAIN = rf"(?:{_DOMAIN_LABEL}(?:\.{_DOMAIN_LABEL})*|\[[a-fA-F0-9:]+\])(?::[0-9]+)?"
_COMPONENT = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_REPOSITORY = rf"{_COMPONENT}(?:/{_COMPONENT})*"
_TAG = r"\w[\w.-]{0,127}"


class Reference(msgspec.Struct, frozen=True, kw_only=True):
    """One image in one registry. `registry` is `host` or `host:port`; `tag` is empty where only a digest was given.

    `str()` gives the whole name: `docker.io/library/python:3.13@sha256:…`.
    """

    registry: str
    repository: str
    tag: str = ""
    digest: Digest | None = None

    def __str__(self) -> str:
        tag = f":{self.tag}" if self.tag else ""
        digest = f"@{self.digest}" if self.digest else ""
        return f"{self.name}{tag}{digest}"

    @property
    def name(self) -> str:
        """Registry and repository."""
        return f"{self.registry}/{self.repository}"

    @property
    def target(self) -> str:
        """What a manifest is asked for by: the digest where there is one, else the tag."""
        return self.digest or self.tag

    def at(self, digest: Digest) -> "Reference":
        """The same repository at a digest, without a tag."""
        return Reference(registry=self.registry, repository=self.repository, digest=digest)

    def tagged(self, tag: str) -> "Reference":
        """The same repository at a tag, without a digest."""
        return Reference(registry=self.registry, repository=self.repository, tag=tag)


def parse_reference(text: str) -> Reference:
    """`text` as a reference: docker.io, `library/` and `latest` are filled in. `UsageError` says what is wrong."""
    if not text:
        raise UsageError("an image name is empty")
    if "://" in text:
        raise _bad("an image name has no scheme", text, fix=f"write {text.partition('://')[2]!r}")
    rest, at, digest_text = text.partition("@")
    digest = _digest(digest_text, text) if at else None
    head, slash, last = rest.rpartition("/")
    last, colon, tag = last.partition(":")
    if colon and not _is(_TAG, tag):
        raise _bad(f"{tag!r} is not a tag", text, fix="a tag has up to 128 letters, digits, `_`, `.`, `-`")
    registry, repository = _split(head + slash + last)
    if not _is(_DOMAIN, registry) or not _is_port(registry):
        raise _bad(f"{registry!r} is not a registry's host or host:port", text)
    _check_repository(repository, text)
    if registry in (DOCKER_HUB, f"index.{DOCKER_HUB}"):
        registry = DOCKER_HUB
        repository = repository if "/" in repository else f"library/{repository}"
    if len(registry) + len(repository) + 1 > LONGEST_NAME:
        raise _bad(f"an image name is longer than {LONGEST_NAME} characters", text)
    return Reference(registry=registry, repository=repository, tag=tag or ("" if digest else "latest"), digest=digest)


def insecure_registries(environ: Mapping[str, str]) -> frozenset[str]:
    """The registries that the user lists as insecure (`LADING_INSECURE_REGISTRIES`)."""
    names = environ.get("LADING_INSECURE_REGISTRIES", "").split(",")
    return frozenset(name.strip() for name in names if name.strip())


def endpoint_of(registry: str, insecure: Iterable[str] = (), *, trusted: bool = False) -> str:
    """Where a registry's API is, without a slash at the end: `https://registry.example`, `http://localhost:5000`.

    `trusted` says that a certificate authority was installed for this very host and port (`certs.d`): then even a
    loopback registry is spoken to with TLS.
    """
    from lading.http.proxy import is_loopback

    host = host_of(registry)
    plain = is_loopback(host) or registry in insecure or host in insecure
    authority = DOCKER_HUB_API if registry == DOCKER_HUB else registry
    return f"{'http' if plain and not trusted else 'https'}://{authority}"


def host_of(registry: str) -> str:
    """The host of `host:port`, IPv6 without its brackets."""
    if registry.startswith("["):
        return registry[1:].partition("]")[0]
    return registry.partition(":")[0]


def _split(name: str) -> tuple[str, str]:
    """Registry and repository: the first part is a host when it could not be a repository's (or is `localhost`)."""
    first, slash, rest = name.partition("/")
    if slash and (any(mark in first for mark in ".:[") or first == "localhost" or first != first.lower()):
        return first, rest
    return DOCKER_HUB, name


def _check_repository(repository: str, text: str) -> None:
    if _is("[0-9a-f]{64}", repository):
        raise _bad("64 hexadecimal digits are a digest, not a name", text)
    if _is(_REPOSITORY, repository):
        return
    if repository != repository.lower() and _is(_REPOSITORY, repository.lower()):
        raise _bad(
            "a repository's name is in lower case", text, fix=f"write {text.replace(repository, repository.lower())!r}"
        )
    raise _bad(
        f"{repository!r} is not a repository's name",
        text,
        fix="write lower-case letters and digits, in parts separated by `/`, with single `.`, `_`, `-` between them",
    )


def _digest(digest_text: str, text: str) -> Digest:
    try:
        return parse_digest(digest_text)
    except VerificationFailed as error:
        raise _bad(error.what, text, fix="a digest is sha256: and 64 hexadecimal digits") from None


def _is_port(registry: str) -> bool:
    port = registry.rpartition("]")[2].rpartition(":")[2] if ":" in registry.rpartition("]")[2] else "1"
    return len(port) <= 5 and 0 < int(port) < 65536


def _is(pattern: str, text: str) -> bool:
    return _compiled(pattern).fullmatch(text) is not None


@lru_cache
def _compiled(pattern: str) -> "re.Pattern[str]":
    return re.compile(pattern, re.ASCII)


def _bad(what: str, text: str, *, fix: str = "") -> UsageError:
    return UsageError(what, where=text[:300], fix=fix)

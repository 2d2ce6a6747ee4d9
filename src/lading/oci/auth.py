"""How a registry's `401 Unauthorized` is answered: Basic, or a bearer token from the server that it names.

https://github.com/distribution/distribution/blob/v3.0.0/docs/content/spec/auth/token.md and oauth.md; RFC 7235 section
2.1 for the challenge. A password goes to the registry itself (Basic) or to the token server that it names, and nowhere
else; a token goes to the registry that asked for it, and nowhere else.
"""

import re
import threading
import time
from collections.abc import Callable, Sequence
from urllib.parse import urlencode, urlsplit

import msgspec

from lading.errors import RemoteFailed, UsageError
from lading.http import Http, is_loopback, origin_of, shown
from lading.oci.credentials import Credential

SHORTEST_LIFE = 60.0
"""Seconds that a token lives when its server does not say (token.md, `expires_in`)."""
MARGIN = 5.0
"""Seconds before its end from which on a token is not used any more."""
CLIENT = "lading"

_PIECES = re.compile(r'([\w-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s",]+))|([A-Za-z][\w-]*)(?=\s|,|$)')

Find = Callable[[], tuple[Credential | None, str]]
"""Looks the login up: it may read files and start a helper, so it is asked once, and only when it is needed."""


class Challenge(msgspec.Struct, frozen=True, kw_only=True):
    """One way to log in that a registry offers: the scheme in lower case and its parameters."""

    scheme: str
    realm: str = ""
    service: str = ""
    scope: str = ""


class Token(msgspec.Struct, frozen=True, kw_only=True):
    """A value of `Authorization` and until when (of the monotonic clock) it serves."""

    value: str
    until: float

    def __repr__(self) -> str:
        return "Token(…)"


class _Answer(msgspec.Struct):
    token: str = ""
    access_token: str = ""  # some registries set only this: https://github.com/google/go-containerregistry/issues/54
    expires_in: float | None = None


class Authorizer:
    """Keeps what one registry has asked for, and gives the `Authorization` for each set of scopes. Thread-safe."""

    def __init__(
        self, http: Http, registry: str, base: str, find: Find, *, insecure: frozenset[str] = frozenset()
    ) -> None:
        self._http = http
        self._registry = registry
        self._base = base
        self._find = find
        self._insecure = insecure
        self._lock = threading.RLock()
        self._challenge: Challenge | None = None
        self._tokens: dict[tuple[str, ...], Token] = {}
        self._login: tuple[Credential | None, str] | None = None

    def ready(self, scopes: Sequence[str]) -> str:
        """The `Authorization` for these scopes; empty as long as the registry has not asked for any."""
        if self._challenge is None:
            return ""
        with self._lock:
            token = self._tokens.get(tuple(scopes))
            if token is None or token.until < time.monotonic():
                token = self._obtain(self._challenge, tuple(scopes))
        return token.value

    def challenged(self, headers: Sequence[str], scopes: Sequence[str], used: str) -> str:
        """The `Authorization` that answers a 401 to a request that was sent with `used`.

        The same as `used` when there is no better one. `RemoteFailed` when no login is known or it is refused.
        """
        challenge = choose(parse_challenges(headers))
        with self._lock:
            kept = self._tokens.get(tuple(scopes))
            if kept and kept.value != used and self._challenge:
                return kept.value  # another thread has answered the same challenge meanwhile
            if challenge is None:
                raise RemoteFailed("the registry asks for a login in a way that Lading does not know", where=self._base)
            self._challenge = challenge
            return self._obtain(challenge, tuple(scopes)).value

    def hint(self) -> str:
        """What to do about a login that is missing or refused."""
        credential, trouble = self._looked_up()
        if trouble:
            return f"{trouble}; mend it, or docker login {self._registry}"
        known = "the login that is stored may not do this: " if credential else ""
        return f"{known}docker login {self._registry}"

    def _looked_up(self) -> tuple[Credential | None, str]:
        with self._lock:
            if self._login is None:
                self._login = self._find()
            return self._login

    def _obtain(self, challenge: Challenge, scopes: tuple[str, ...]) -> Token:
        credential, _ = self._looked_up()
        if credential and credential.registry_token:
            token = Token(value=_bearer(credential.registry_token, self._base), until=float("inf"))
        elif challenge.scheme == "basic":
            token = Token(value=_basic(credential) if credential else "", until=float("inf"))
        else:
            token = self._fetch(challenge, scopes, credential)
        self._tokens[scopes] = token
        return token

    def _fetch(self, challenge: Challenge, scopes: tuple[str, ...], credential: Credential | None) -> Token:
        realm = self._checked_realm(challenge.realm)
        # Some token servers look at the first scope only, so the repository's own goes first:
        # https://github.com/google/go-containerregistry/blob/v0.20.0/pkg/v1/remote/write.go (`scopesForUploadingImage`)
        wanted = [*scopes, *(scope for scope in challenge.scope.split() if not _covered(scope, scopes))]
        fields = {"service": challenge.service} if challenge.service else {}
        asked = time.monotonic()
        if credential and credential.identity_token:
            fields |= {"grant_type": "refresh_token", "client_id": CLIENT, "scope": " ".join(wanted)}
            form = urlencode({**fields, "refresh_token": credential.identity_token}).encode()
            headers = {"Content-Type": "application/x-www-form-urlencoded"}
            sent = self._http.send("POST", realm, headers=headers, body=form)
        else:
            headers = {"Authorization": _basic(credential)} if credential else {}
            query = urlencode([*fields.items(), *(("scope", scope) for scope in wanted)])
            sent = self._http.send("GET", f"{realm}{'&' if urlsplit(realm).query else '?'}{query}", headers=headers)
        with sent as response:
            if response.status != 200:
                known = "the login" if credential else "an anonymous login"
                raise RemoteFailed(
                    f"the token server refused {known} (status {response.status})", where=shown(realm), fix=self.hint()
                )
            answer = _decoded(response.body(1 << 20), realm)
        life = max(answer.expires_in or 0.0, SHORTEST_LIFE)
        value = _bearer(answer.token or answer.access_token, realm)
        return Token(value=value, until=asked + life - MARGIN)

    def _checked_realm(self, realm: str) -> str:
        """Refuse a token server to which a password would travel in the clear."""
        scheme, host, port = origin_of(realm)
        plain_registry = self._base.startswith("http:")
        trusted = is_loopback(host) or host in self._insecure or f"{host}:{port}" in self._insecure
        if scheme == "https" or (plain_registry and trusted):
            return realm
        raise RemoteFailed(
            "the registry sends logins to a token server without TLS",
            where=shown(realm),
            fix="use a registry whose token server has TLS",
        )


def parse_challenges(headers: Sequence[str]) -> list[Challenge]:
    """What `WWW-Authenticate` offers (it may come several times, or hold several challenges at once)."""
    found: list[dict[str, str]] = []
    for header in headers:
        for key, quoted, bare, scheme in _PIECES.findall(header):
            if scheme:
                found.append({"scheme": scheme.lower()})
            elif found and key.lower() in ("realm", "service", "scope"):
                found[-1].setdefault(key.lower(), re.sub(r"\\(.)", r"\1", quoted) or bare)
    return [msgspec.convert(fields, Challenge) for fields in found]


def choose(challenges: Sequence[Challenge]) -> Challenge | None:
    """Bearer before Basic: with both, Basic is for old clients."""
    for scheme in ("bearer", "basic"):
        for challenge in challenges:
            if challenge.scheme == scheme and (challenge.realm or scheme == "basic"):
                return challenge
    return None


def _covered(scope: str, scopes: Sequence[str]) -> bool:
    """Whether a scope's actions are all asked for already."""
    name, _, actions = scope.rpartition(":")
    for known in scopes:
        known_name, _, known_actions = known.rpartition(":")
        if name == known_name and set(actions.split(",")) <= set(known_actions.split(",")):
            return True
    return False


def _decoded(data: bytes, realm: str) -> _Answer:
    try:
        return msgspec.json.decode(data, type=_Answer)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise RemoteFailed("the token server gave no token", where=shown(realm)) from None


def _bearer(token: str, where: str) -> str:
    # It goes into a header as it is, so it must not be able to end one.
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        raise RemoteFailed("the token server gave no token", where=shown(where))
    return f"Bearer {token}"


def _basic(credential: Credential) -> str:
    from base64 import b64encode

    if ":" in credential.username:
        raise UsageError("a registry's user name cannot hold a colon (RFC 7617 section 2)")
    return "Basic " + b64encode(f"{credential.username}:{credential.password}".encode()).decode()

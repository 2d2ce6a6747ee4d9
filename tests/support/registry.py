"""A registry in this process: the distribution specification, as registries keep it, and as they break it.

`with registry() as there:` serves on a random loopback port. It counts requests and bytes, so that tests can state
what was neither downloaded nor uploaded, and misbehaves on request: `there.fail(…)` for single answers, `Manners` for
lasting habits of real registries.
"""

import base64
import hashlib
import itertools
import json
import re
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.support.httpd import Answer, Request, Reset, Site, serve

Blob = bytes


@dataclass(frozen=True, kw_only=True)
class Manners:
    """The lasting habits of one registry. The defaults are those of the reference implementation."""

    mount: int = 201  # the status of a mount: 201 mounts; 202 opens an upload; 400 and 401 refuse
    head_manifest: int = 200  # 403: Artifactory; 405: no HEAD at all
    head_bare: bool = False  # HEAD answers without Docker-Content-Digest
    absolute_location: bool = False
    location_host: str = ""  # another host (with scheme) for uploads
    download_host: str = ""  # blobs are redirected there
    ranges: bool = True
    whole: int = 202  # the status of a PATCH without Content-Range; 4xx: pieces only
    together: int = 201  # the status of a PUT that brings the blob along; 4xx: by PATCH only
    largest: int = 0  # bytes of a request, above which a proxy says 413
    status: bool = True  # GET of an upload tells how far it is
    checks: bool = True  # manifests whose blobs are missing are refused
    anonymous_pull: bool = False
    first_scope_only: bool = False  # the token server grants the first scope and ignores the others
    refuses_second_scope: bool = False  # Docker Hub: a token request with a foreign scope is refused
    token_life: int | None = None
    only_access_token: bool = False


@dataclass
class Fault:
    """One thing that goes wrong: for `times` requests that match, `answer`, or a reset after `cut` bytes."""

    method: str
    path: str
    times: int
    answer: Answer | None
    cut: int | None


@dataclass
class Upload:
    repository: str
    data: bytearray = field(default_factory=bytearray)


class Registry:
    """What the registry holds and has seen. `blobs` and `manifests` are by repository."""

    def __init__(self, manners: Manners, users: Mapping[str, str], scheme: str) -> None:
        self.manners = manners
        self.users = dict(users)
        self.scheme = scheme  # "", "basic" or "bearer"
        self.blobs: dict[str, dict[str, Blob]] = {}
        self.manifests: dict[str, dict[str, tuple[str, bytes]]] = {}
        self.received = 0
        self.given = 0
        self.headers: list[tuple[str, str, Mapping[str, str]]] = []
        self.token_requests: list[Request] = []
        self.tokens: dict[str, list[str]] = {}
        self.identity_tokens: set[str] = set()
        self._uploads: dict[str, Upload] = {}
        self._faults: list[Fault] = []
        self._numbers = itertools.count()
        self._lock = threading.RLock()
        self.site = Site(0, "")

    # What tests say and ask

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.site.port}"

    @property
    def asked(self) -> list[str]:
        return self.site.asked

    def count(self, method: str, path: str = "") -> int:
        """How many requests of that method held that text in their path."""
        return sum(line.startswith(f"{method} ") and path in line for line in self.asked)

    def fail(
        self, method: str, path: str = "", *, times: int = 1, status: int = 0, cut: int | None = None, **headers: str
    ) -> None:
        """Let the next matching requests fail with a status, or with a reset after `cut` bytes of the body."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = Answer(status, named) if status else None
        self._faults.append(Fault(method, path, times, answer, cut))

    def forget(self) -> None:
        """Lose everything, as a registry does whose disk was emptied."""
        self.blobs.clear()
        self.manifests.clear()

    def repository(self, name: str) -> dict[str, Blob]:
        return self.blobs.setdefault(name, {})

    def mark(self) -> None:
        """Start counting anew."""
        self.site.asked.clear()
        self.headers.clear()
        self.received = self.given = 0

    # What the server does

    def __call__(self, request: Request) -> Answer:
        with self._lock:
            self.headers.append((request.method, request.path, request.headers))
            fault = self._fault(request)
        if fault and fault.answer:
            request.body()
            return fault.answer
        if request.path == "/token":
            return self._token(request)
        return self._refused(request) or self._serve(request, fault)

    def _serve(self, request: Request, fault: Fault | None) -> Answer:
        match = re.fullmatch(r"/v2/(.+?)/(manifests|blobs/uploads|blobs)/?([^/]*)", request.path)
        if not match:
            return Answer(200 if request.path == "/v2/" else 404)
        repository, kind, name = match.groups()
        if kind == "manifests":
            return self._manifest(request, repository, name)
        if kind == "blobs":
            return self._blob(request, repository, name, fault)
        return self._upload(request, repository, name, fault)

    def _fault(self, request: Request) -> Fault | None:
        for fault in self._faults:
            enough = request.method != "PATCH" or int(request.headers.get("Content-Length", 0)) >= (fault.cut or 0)
            if fault.times and fault.method == request.method and fault.path in request.path and enough:
                fault.times -= 1
                return fault
        return None

    # Manifests

    def _manifest(self, request: Request, repository: str, name: str) -> Answer:
        kept = self.manifests.setdefault(repository, {})
        if request.method == "PUT":
            return self._put_manifest(request, repository, name)
        if request.method == "HEAD" and self.manners.head_manifest != 200:
            return Answer(self.manners.head_manifest)
        if name not in kept:
            return _error(404, "MANIFEST_UNKNOWN")
        media_type, data = kept[name]
        headers = {"Content-Type": media_type}
        if not (request.method == "HEAD" and self.manners.head_bare):
            headers["Docker-Content-Digest"] = _digest(data)
        return Answer(200, headers, data)

    def _put_manifest(self, request: Request, repository: str, name: str) -> Answer:
        data = request.body()
        if name.startswith("sha256:") and name != _digest(data):
            return _error(400, "DIGEST_INVALID")
        document = json.loads(data)
        kept = self.manifests[repository]
        if self.manners.checks:
            blobs = [document.get("config"), *document.get("layers", [])]
            missing = any(blob and blob["digest"] not in self.repository(repository) for blob in blobs)
            missing |= any(child["digest"] not in kept for child in document.get("manifests", []))
            if missing:
                return _error(400, "MANIFEST_BLOB_UNKNOWN")
        entry = (str(request.headers.get("Content-Type")), data)
        kept[name] = kept[_digest(data)] = entry
        return Answer(201, {"Location": f"/v2/{repository}/manifests/{name}", "Docker-Content-Digest": _digest(data)})

    # Blobs

    def _blob(self, request: Request, repository: str, digest: str, fault: Fault | None) -> Answer:
        data = self.repository(repository).get(digest)
        if data is None:
            return _error(404, "BLOB_UNKNOWN")
        if self.manners.download_host:
            location = f"{self.manners.download_host}/v2/{repository}/blobs/{digest}?signature=s3cret"
            return Answer(307, {"Location": location})
        headers, status = {"Content-Type": "application/octet-stream", "Docker-Content-Digest": digest}, 200
        asked = re.fullmatch(r"bytes=(\d+)-", request.headers.get("Range", ""))
        if asked and self.manners.ranges:
            start = int(asked[1])
            headers["Content-Range"] = f"bytes {start}-{len(data) - 1}/{len(data)}"
            data, status = data[start:], 206
        if request.method == "GET":
            with self._lock:
                self.given += len(data) if fault is None else fault.cut or 0
        return Answer(status, headers, data, fault.cut if fault else None)

    def _upload(self, request: Request, repository: str, name: str, fault: Fault | None) -> Answer:
        if request.method == "POST":
            return self._open(request, repository)
        upload = self._uploads.get(name)
        if upload is None or upload.repository != repository:
            request.body()
            return _error(404, "BLOB_UPLOAD_UNKNOWN")
        if request.method == "GET":
            known = self.manners.status
            return Answer(204, self._progress(repository, name, upload)) if known else Answer(404)
        if request.query.get("_state") != "opaque/+ value":
            request.body()
            return _error(400, "BLOB_UPLOAD_INVALID")
        patch = request.method == "PATCH"
        return (
            self._patch(request, repository, name, upload, fault)
            if patch
            else self._close(request, repository, name, upload)
        )

    def _open(self, request: Request, repository: str) -> Answer:
        digest, source = request.query.get("mount", ""), request.query.get("from", "")
        if digest and source and self.manners.mount == 201 and digest in self.repository(source):
            self.repository(repository)[digest] = self.repository(source)[digest]
            return Answer(201, {"Location": f"/v2/{repository}/blobs/{digest}"})
        if digest and self.manners.mount >= 400:
            return _error(self.manners.mount, "UNAUTHORIZED" if self.manners.mount == 401 else "BAD_REQUEST")
        with self._lock:
            name = f"upload{next(self._numbers)}"
            self._uploads[name] = Upload(repository)
        return Answer(202, self._progress(repository, name, self._uploads[name]))

    def _patch(self, request: Request, repository: str, name: str, upload: Upload, fault: Fault | None) -> Answer:
        length = int(request.headers.get("Content-Length", "0"))
        if self.manners.largest and length > self.manners.largest:
            return Answer(413, {"Connection": "close"})
        span = re.fullmatch(r"(\d+)-(\d+)", request.headers.get("Content-Range", ""))
        if span is None and self.manners.whole != 202:
            request.body()
            return Answer(self.manners.whole)
        if span and int(span[1]) != len(upload.data):
            request.body()
            return Answer(416, self._progress(repository, name, upload))
        left = length if fault is None or fault.cut is None else fault.cut
        while left and (piece := request.read(min(left, 1 << 14))):
            upload.data += piece
            left -= len(piece)
            with self._lock:
                self.received += len(piece)
        if fault is not None and fault.cut is not None:
            raise Reset
        return Answer(202, self._progress(repository, name, upload))

    def _close(self, request: Request, repository: str, name: str, upload: Upload) -> Answer:
        length = int(request.headers.get("Content-Length", "0"))
        if length and self.manners.together != 201:
            request.body()
            return Answer(self.manners.together)
        data = request.body()
        with self._lock:
            self.received += len(data)
        upload.data += data
        digest = request.query.get("digest", "")
        if _digest(bytes(upload.data)) != digest:
            del self._uploads[name]
            return _error(400, "DIGEST_INVALID")
        self.repository(repository)[digest] = bytes(upload.data)
        del self._uploads[name]
        return Answer(201, {"Location": f"/v2/{repository}/blobs/{digest}", "Docker-Content-Digest": digest})

    def _progress(self, repository: str, name: str, upload: Upload) -> dict[str, str]:
        path = f"/v2/{repository}/blobs/uploads/{name}?_state=opaque%2F%2B+value"
        if self.manners.location_host:
            path = self.manners.location_host + path
        elif self.manners.absolute_location:
            path = self.site.base + path
        return {"Location": path, "Range": f"0-{max(0, len(upload.data) - 1)}"}

    # Logins

    def _refused(self, request: Request) -> Answer | None:
        given = request.headers.get("Authorization", "")
        if self.scheme == "basic":
            if self._user(given):
                return None
            request.body()
            return _error(401, "UNAUTHORIZED", {"WWW-Authenticate": 'Basic realm="test registry"'})
        if self.scheme != "bearer":
            return None
        match = re.match(r"/v2/(.+?)/(manifests|blobs)", request.path)
        repository = match[1] if match else ""
        action = "pull" if request.method in ("GET", "HEAD") else "push"
        granted = self.tokens.get(given.removeprefix("Bearer "), [])
        source = request.query.get("from")
        if f"{repository}:{action}" in granted and (not source or f"{source}:pull" in granted):
            return None
        request.body()
        wanted = "pull" if action == "pull" else "pull,push"
        challenge = f'realm="{self.site.base}/token",service="test",scope="repository:{repository}:{wanted}"'
        return _error(401, "UNAUTHORIZED", {"WWW-Authenticate": f"Bearer {challenge}"})

    def _token(self, request: Request) -> Answer:
        from urllib.parse import parse_qs

        self.token_requests.append(request)
        if request.method == "POST":
            form = parse_qs(request.body().decode())
            if form.get("refresh_token", [""])[0] not in self.identity_tokens:
                return _error(401, "UNAUTHORIZED")
            user: str | None = "identity"
            scopes = form.get("scope", [""])[0].split()
        else:
            user = self._user(request.headers.get("Authorization", ""))
            line = next(line for line in reversed(self.asked) if "/token" in line)
            scopes = parse_qs(line.partition("?")[2]).get("scope", [])
        if user is None and (request.headers.get("Authorization") or not self.manners.anonymous_pull):
            return _error(401, "UNAUTHORIZED")
        if self.manners.refuses_second_scope and len(scopes) > 1:
            return _error(403, "DENIED")
        granted = []
        for scope in scopes[:1] if self.manners.first_scope_only else scopes:
            _, repository, actions = scope.split(":")
            granted += [f"{repository}:{action}" for action in actions.split(",") if user or action == "pull"]
        token = f"token-{len(self.tokens)}"
        self.tokens[token] = granted
        answer: dict[str, object] = {"access_token" if self.manners.only_access_token else "token": token}
        if self.manners.token_life is not None:
            answer["expires_in"] = self.manners.token_life
        return Answer(200, {"Content-Type": "application/json"}, json.dumps(answer).encode())

    def _user(self, authorization: str) -> str | None:
        if not authorization.startswith("Basic "):
            return None
        user, _, password = base64.b64decode(authorization[6:]).decode().partition(":")
        return user if self.users.get(user) == password else None


def _digest(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()


def _error(status: int, code: str, headers: Mapping[str, str] | None = None) -> Answer:
    body = json.dumps({"errors": [{"code": code, "message": f"{code.lower()} it is"}]}).encode()
    return Answer(status, {"Content-Type": "application/json", **(headers or {})}, body)


@contextmanager
def registry(
    *,
    manners: Manners | None = None,
    basic: Mapping[str, str] | None = None,
    bearer: Mapping[str, str] | None = None,
    context: ssl.SSLContext | None = None,
) -> Iterator[Registry]:
    """Serve a new, empty registry. `basic` and `bearer` are users and passwords, and switch logins on."""
    scheme = "basic" if basic is not None else "bearer" if bearer is not None else ""
    there = Registry(manners or Manners(), basic or bearer or {}, scheme)
    with serve(there, context=context) as site:
        there.site = site
        yield there

"""Logins for registries, found where Docker and Podman keep them.

Files, first found first served: `$DOCKER_CONFIG/config.json` (else `~/.docker/config.json`), `$REGISTRY_AUTH_FILE`,
`$XDG_RUNTIME_DIR/containers/auth.json`, `$XDG_CONFIG_HOME/containers/auth.json`. In each, the repository's own entry
wins over the host's (https://github.com/containers/image/blob/v5.34.0/docs/containers-auth.json.5.md), and a credential
helper over a stored password (https://docs.docker.com/reference/cli/docker/login/#credential-stores).

No message and no `repr` ever holds a secret.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from lading.errors import LadingError, UsageError
from lading.oci.references import DOCKER_HUB, Reference
from lading.proc import Runner

DOCKER_HUB_KEY = "https://index.docker.io/v1/"
"""What Docker calls its own registry in `config.json`, for historical reasons.

https://github.com/moby/moby/blob/v28.0.0/registry/config.go (`IndexServer`), https://github.com/google/ko/issues/90
"""
IDENTITY_USER = "<token>"
"""The user name by which a credential helper says that its secret is an identity token.

https://docs.docker.com/reference/cli/docker/login/#credential-helper-protocol
"""


class Credential(msgspec.Struct, frozen=True, kw_only=True):
    """A login: user and password, an identity token (exchanged for bearer tokens), or a bearer token itself."""

    username: str = ""
    password: str = ""
    identity_token: str = ""
    registry_token: str = ""

    def __repr__(self) -> str:
        return f"Credential({self.username!r}, …)"


class Credentials:
    """Looks logins up. `find` reads files and starts helpers only when a registry asks for a login."""

    def __init__(self, environ: Mapping[str, str], runner: Runner) -> None:
        self._environ = environ
        self._runner = runner

    def find(self, reference: Reference) -> tuple[Credential | None, str]:
        """The login for a repository, or nothing; and what went wrong on the way (a helper that failed), in words.

        `UsageError` when a file that is there cannot be read as what it should be.
        """
        troubles: list[str] = []
        for path in config_files(self._environ):
            file = _read(path)
            if file is None:
                continue
            for credential in self._from(file, path, reference, troubles):
                return credential, "; ".join(troubles)
        return None, "; ".join(troubles)

    def _from(self, file: "_File", path: Path, reference: Reference, troubles: list[str]) -> Iterator[Credential]:
        """What one file has for a repository, the best first."""
        stored = {_plain_key(key): entry for key, entry in (file.auths or {}).items()}
        helpers = {_plain_key(key): name for key, name in (file.cred_helpers or {}).items()}
        for key in _keys(reference):
            if key in helpers:
                yield from self._ask(helpers[key], key, troubles)
            if key in stored:
                credential = _decode(stored[key], f"{path} › auths › {key}")
                if credential:
                    yield credential
        if file.creds_store:
            yield from self._ask(file.creds_store, reference.registry, troubles)

    def _ask(self, helper: str, key: str, troubles: list[str]) -> Iterator[Credential]:
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", helper):
            troubles.append(f"{helper[:40]!r} is no name of a credential helper")
            return
        program = f"docker-credential-{helper}"
        server = DOCKER_HUB_KEY if key == DOCKER_HUB else key
        try:
            done = self._runner.run([program, "get"], stdin=server.encode(), env=self._environ)
        except LadingError as error:
            troubles.append(error.what)
            return
        if done.code:
            # A helper tells its errors on standard output; that it knows no login is one of them.
            words = (done.out.strip() or done.err.strip()).partition("\n")[0][:200]
            if "not found" not in words and not words.startswith("{"):
                troubles.append(f"{program} failed: {words or f'exit code {done.code}'}")
            return
        try:
            answer = msgspec.json.decode(done.out, type=_Answer)
        except msgspec.DecodeError:
            troubles.append(f"{program} gave no JSON")
            return
        if answer.Username == IDENTITY_USER:
            yield Credential(identity_token=answer.Secret)
        elif answer.Username or answer.Secret:
            yield Credential(username=answer.Username, password=answer.Secret)


def config_files(environ: Mapping[str, str]) -> tuple[Path, ...]:
    """Where logins may be, in the order of their weight. They need not exist."""
    home = Path(environ["HOME"]) if environ.get("HOME") else None
    files = [docker_config(environ) / "config.json"] if docker_config(environ) != Path() else []
    if environ.get("REGISTRY_AUTH_FILE"):
        files.append(Path(environ["REGISTRY_AUTH_FILE"]))
    if environ.get("XDG_RUNTIME_DIR"):
        files.append(Path(environ["XDG_RUNTIME_DIR"]) / "containers" / "auth.json")
    if environ.get("XDG_CONFIG_HOME"):
        files.append(Path(environ["XDG_CONFIG_HOME"]) / "containers" / "auth.json")
    elif home:
        files.append(home / ".config" / "containers" / "auth.json")
    return tuple(files)


def docker_config(environ: Mapping[str, str]) -> Path:
    """Docker's configuration folder: `$DOCKER_CONFIG`, else `~/.docker`; `Path()` when there is no home either."""
    if environ.get("DOCKER_CONFIG"):
        return Path(environ["DOCKER_CONFIG"])
    return Path(environ["HOME"]) / ".docker" if environ.get("HOME") else Path()


class _Entry(msgspec.Struct):
    auth: str | None = ""
    username: str | None = ""
    password: str | None = ""
    identitytoken: str | None = ""
    registrytoken: str | None = ""


class _File(msgspec.Struct, rename="camel"):
    auths: dict[str, _Entry] | None = None
    cred_helpers: dict[str, str] | None = None
    creds_store: str | None = ""


class _Answer(msgspec.Struct):
    Username: str = ""
    Secret: str = ""


def _read(path: Path) -> _File | None:
    try:
        data = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise UsageError(f"cannot read the registry logins: {error.strerror}", where=str(path)) from error
    try:
        return msgspec.json.decode(data or b"{}", type=_File)
    except (msgspec.DecodeError, UnicodeDecodeError):
        # What the decoder says could quote the file, and the file holds passwords.
        raise UsageError("the registry logins are not valid JSON of the expected shape", where=str(path)) from None


def _decode(entry: _Entry, where: str) -> Credential | None:
    if entry.identitytoken:
        return Credential(identity_token=entry.identitytoken)
    if entry.registrytoken:
        return Credential(registry_token=entry.registrytoken)
    if entry.auth:
        from base64 import b64decode

        try:
            username, colon, password = b64decode(entry.auth, validate=True).decode().partition(":")
        except ValueError:
            raise UsageError("the login is not base64 of user:password", where=where, fix="docker login") from None
        # Docker pads with NUL: https://github.com/docker/cli/blob/v28.0.0/cli/config/configfile/file.go (`decodeAuth`)
        password = password.rstrip("\0")
        if username == IDENTITY_USER:
            return Credential(identity_token=password)
        return Credential(username=username, password=password) if colon else None
    if entry.username and entry.password:
        return Credential(username=entry.username, password=entry.password)
    return None  # docker writes an empty entry where a helper keeps the login


def _keys(reference: Reference) -> Iterator[str]:
    """`host/team/app`, `host/team`, `host`."""
    name = reference.name
    while True:
        yield name
        name, slash, _ = name.rpartition("/")
        if not slash:
            return


def _plain_key(key: str) -> str:
    """A key of a file as `host` or `host/path`: schemes and API versions fall away, Docker Hub gets its one name."""
    plain = key.rpartition("://")[2].rstrip("/").removesuffix("/v1").removesuffix("/v2").rstrip("/")
    host, slash, path = plain.partition("/")
    return f"{DOCKER_HUB if host in ('index.docker.io', 'registry-1.docker.io') else host}{slash}{path}"

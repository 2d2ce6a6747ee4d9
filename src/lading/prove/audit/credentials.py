"""Files in which programs keep what they log in with, read as those programs read them.

Only a value counts that could be one: not empty, and no reference to a variable (`${NPM_TOKEN}`).
"""

import re
from collections.abc import Callable, Iterator, Mapping

import msgspec

LARGEST = 256 << 10
"""Bytes of such a file that is read."""
_PLACEHOLDER = re.compile(
    r"\$|%\(|\{\{|<|\*{3}|(?i:\b(?:changeme|change-me|your|token|password|secret|example|redacted)\b)"
)
_NETRC = re.compile(r"\bmachine\s+\S+(?:\s+(?:login|account)\s+\S+)*\s+password\s+(\S+)")
_NPMRC = re.compile(r"^[^#;\n]*(?::|^)\s*(?:_authToken|_auth|_password)\s*=\s*(\S+)", re.MULTILINE)
_PYPIRC = re.compile(r"^\s*password\s*[=:]\s*(\S+)", re.MULTILINE)
_IN_URL = re.compile(r"[a-z][a-z0-9+.-]*://(?P<user>[^\s/:@\"']*):((?!(?P=user)@)[^\s/@\"']{3,})@[^\s/\"']+")
"""A password that is the user's own name (`postgres:postgres`) is an example or a default, and no secret."""
_AWS = re.compile(r"^\s*aws_secret_access_key\s*=\s*([A-Za-z0-9/+]{40})\s*$", re.MULTILINE)
_PGPASS = re.compile(r"^[^#:\n]+:(?:\d+|\*):[^:\n]+:[^:\n]+:(\S+)$", re.MULTILINE)
_SHADOW = re.compile(r"^([^:\n]+):(\$[0-9a-z]+\$[^:\n]{20,}):", re.MULTILINE)
_CARGO = re.compile(r"^\s*token\s*=\s*\"([^\"]+)\"", re.MULTILINE)
_KUBECONFIG = re.compile(r"^\s*(?:token|client-key-data|password):\s*['\"]?([^\s'\"]{8,})", re.MULTILINE)


def holds_credentials(path: str, size: int) -> bool:
    """Whether a file is one of those, by its name, and of a size that can be."""
    return size <= LARGEST and _reader_of(path) is not None


def credentials_in(path: str, data: bytes) -> tuple[str, ...]:
    """What such a file holds, in words; nothing for one without a value that could be real."""
    reader = _reader_of(path)
    if reader is None:
        return ()
    return tuple(dict.fromkeys(reader(data.decode(errors="replace"))))


def password_in_address(text: str) -> bool:
    """Whether a text has an address with a password in it (`postgres://app:hunter2@db/app`)."""
    return any(_is_real(match[2]) for match in _IN_URL.finditer(text))


def _is_real(value: str) -> bool:
    return len(value.strip("\"'")) >= 3 and not _PLACEHOLDER.search(value)


def _by(pattern: re.Pattern[str], name: str) -> Callable[[str], Iterator[str]]:
    def read(text: str) -> Iterator[str]:
        if any(_is_real(match[match.re.groups]) for match in pattern.finditer(text)):
            yield name

    return read


def _shadow(text: str) -> Iterator[str]:
    """Password hashes of accounts (crypt(5)); locked ones have none."""
    for account, _ in _SHADOW.findall(text):
        yield f"the password (hashed) of {account}"


class _Login(msgspec.Struct):
    auth: str = ""
    identitytoken: str = ""
    password: str = ""


class _Docker(msgspec.Struct):
    auths: Mapping[str, _Login] = {}


def _docker(text: str) -> Iterator[str]:
    """Logins that lie in the file itself (https://docs.docker.com/reference/cli/docker/login/#credential-stores)."""
    try:
        document = msgspec.json.decode(text, type=_Docker)
    except msgspec.DecodeError:
        return
    if any(one.auth or one.identitytoken or one.password for one in document.auths.values()):
        yield "a login to a container registry"


def _dockercfg(text: str) -> Iterator[str]:
    """The older form: the logins themselves."""
    yield from _docker(f'{{"auths": {text}}}')


class _Google(msgspec.Struct):
    type: str = ""
    refresh_token: str = ""
    private_key: str = ""


def _google(text: str) -> Iterator[str]:
    try:
        document = msgspec.json.decode(text, type=_Google)
    except msgspec.DecodeError:
        return
    if document.type == "authorized_user" and document.refresh_token:
        yield "a login to Google Cloud"


_READERS: Mapping[str, Callable[[str], Iterator[str]]] = {
    ".netrc": _by(_NETRC, "a password of .netrc"),
    "_netrc": _by(_NETRC, "a password of .netrc"),
    ".npmrc": _by(_NPMRC, "a login to an npm registry"),
    ".pypirc": _by(_PYPIRC, "a login to a Python index"),
    "pip.conf": _by(_IN_URL, "a password in a Python index's address"),
    ".docker/config.json": _docker,
    ".dockercfg": _dockercfg,
    ".git-credentials": _by(_IN_URL, "a login to a git server"),
    ".git/config": _by(_IN_URL, "a login to a git server"),
    ".aws/credentials": _by(_AWS, "an access key of AWS"),
    ".config/gcloud/application_default_credentials.json": _google,
    ".pgpass": _by(_PGPASS, "a password of PostgreSQL"),
    ".cargo/credentials.toml": _by(_CARGO, "a login to a crate registry"),
    ".kube/config": _by(_KUBECONFIG, "a login to a Kubernetes cluster"),
}


_NAMES = frozenset(tail.rpartition("/")[2] for tail in _READERS)
"""Their last parts: nearly every other file is told apart by it alone."""


def _reader_of(path: str) -> Callable[[str], Iterator[str]] | None:
    if path == "etc/shadow":
        return _shadow
    if path.rpartition("/")[2] not in _NAMES:
        return None
    parts = path.rsplit("/", 3)
    return next(
        (_READERS[tail] for tail in ("/".join(parts[-count:]) for count in (1, 2, 3)) if tail in _READERS), None
    )

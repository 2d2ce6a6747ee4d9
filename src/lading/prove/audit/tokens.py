"""What secrets look like: only kinds that can be told from other text for certain, by a checksum, a structure that must
decode, or a prefix that their makers chose so that they can be found.

Names of variables never count, nor do certificates: dockle takes every variable called TOKEN and the authorities of
every image for secrets (its issues 154, 159, 250). Values that documentation uses as examples are known.

- Private keys: RFC 7468, RFC 8410, PROTOCOL.key of OpenSSH. The text between the lines must decode, and be as long as
  it says itself.
- GitHub and npm: the last six characters are a checksum
  (https://github.blog/engineering/behind-githubs-new-authentication-token-formats/).
- Web tokens (RFC 7519): both parts must decode, and only those count that hold for more than a month.
"""

import base64
import binascii
import re
import zlib
from collections.abc import Callable, Mapping
from typing import NamedTuple

import msgspec

LONGEST = 16 << 10
"""Bytes from the beginning of a secret that are looked at: a private key of 16,384 bits takes 13 kB as text."""
LOOK_BACK = 256
"""Bytes in front of a literal that are looked at."""
LONG_LIVED = 31 * 86_400
"""Seconds. A web token that ends sooner is of no use to who finds it in an image."""

_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_EXAMPLE = re.compile(rb"EXAMPLE|example|xxxxx|XXXXX|01234567|12345678|abcdefgh|ABCDEFGH|(.)\1{7}")
_BEGIN = re.compile(rb"-----BEGIN (?:RSA |EC |DSA |OPENSSH |ENCRYPTED |PGP )?PRIVATE KEY(?: BLOCK)?-----")
_END = b"-----END "
_LINE = re.compile(rb"""[ \t]*["']?(?:([A-Za-z0-9+/]*={0,2})|=[A-Za-z0-9+/]{4})["']?[ \t+,;]*""")
"""A line of base64, also as a string of code; a checksum (RFC 9580 section 6.1) is left out."""
_PRIVATE_KEY = b"PRIVATE KEY"
_DOCKER = b"dckr_pat_"
"""It may be followed by more `_`, and so has an anchor of its own."""
_SECRET_OF_AWS = re.compile(rb"(?<![A-Za-z0-9/+=])[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=])")
_AZURITE = b"Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq"
"""The key of Azure's storage emulator, the same for everybody."""


class _Kind(NamedTuple):
    """What a beginning may be the beginning of: `pattern` must match from there on, and `holds` be true of the match
    (and of the bytes around it)."""

    name: str
    pattern: re.Pattern[bytes]
    holds: Callable[[re.Match[bytes]], bool]


def token_at(data: bytes, start: int, beginning: bytes) -> str:
    """The name of the secret that begins at a place, or nothing where it only looks like one."""
    if beginning == _PRIVATE_KEY:
        return _private_key(data, start)
    kind = _KINDS[beginning]
    match = kind.pattern.match(data, start)
    if not match or _in_a_word(data, start) or not kind.holds(match):
        return ""
    return kind.name


def _in_a_word(data: bytes, start: int) -> bool:
    before = data[start - 1 : start] if start else b""
    return before.isalnum() or before in (b"_", b"-")


def _private_key(data: bytes, at: int) -> str:
    """A key in the text form of PEM, also as a string of JSON or code, with its line ends written out."""
    start = data.rfind(b"-----BEGIN ", max(0, at - 32), at)
    begin = _BEGIN.match(data, start) if start >= 0 else None
    end = data.find(_END, begin.end(), begin.end() + LONGEST) if begin else -1
    if not begin or end < 0:
        return ""
    body = data[begin.end() : end]
    try:
        key = base64.b64decode(_joined(body), validate=True)
    except binascii.Error:
        return ""
    if b"PGP" in begin[0]:
        return "a PGP private key" if len(key) > 64 and key[0] & 0x80 else ""
    if b"OPENSSH" in begin[0]:
        return "an SSH private key" if key.startswith(b"openssh-key-v1\0") else ""
    if b"ENCRYPTED" in begin[0] or b"Proc-Type:" in body:
        return "a private key with a passphrase" if len(key) >= 48 else ""
    return "a private key" if _is_der(key) else ""


def _joined(body: bytes) -> bytes:
    """The base64 of a key without its header lines, PGP's checksum, line ends, and the quotes of a string of code."""
    lines = body.replace(b"\\r", b"").replace(b"\\n", b"\n").splitlines()
    parts = (_LINE.fullmatch(line) for line in lines if b": " not in line)
    return b"".join((part[1] or b"") if part else b"!" for part in parts)


def _is_der(key: bytes) -> bool:
    """Whether it is one sequence of ASN.1, as long as it says (X.690 section 8.1.3)."""
    if len(key) < 16 or key[0] != 0x30:
        return False
    if key[1] < 0x80:
        return len(key) == key[1] + 2
    count = key[1] & 0x7F
    return 1 <= count <= 4 and len(key) == int.from_bytes(key[2 : 2 + count]) + 2 + count


def _checksum_holds(match: re.Match[bytes]) -> bool:
    token = match[0].rpartition(b"_")[2]
    left, digits = zlib.crc32(token[:-6]), ""
    for _ in range(6):
        left, digit = divmod(left, 62)
        digits = _BASE62[digit] + digits
    return token[-6:] == digits.encode()


def _with_a_secret(match: re.Match[bytes]) -> bool:
    """The id of a key of AWS says nothing alone; its secret stands near it."""
    if _EXAMPLE.search(match[0]):
        return False
    near = match.string[max(0, match.start() - LOOK_BACK) : match.end() + 512]
    return any(_is_mixed(found[0]) for found in _SECRET_OF_AWS.finditer(near) if not _EXAMPLE.search(found[0]))


def _is_mixed(text: bytes) -> bool:
    """Whether random characters look like this: of all kinds, and few of them often. A digest in hex does not."""
    kinds = (re.search(rb"[a-z]", text), re.search(rb"[A-Z]", text), re.search(rb"[0-9]", text))
    return all(kinds) and len(set(text)) >= len(text) // 2


def _varied(match: re.Match[bytes]) -> bool:
    """As `_mixed`, of letters alone."""
    return len(set(match["secret"])) > 17 and not _EXAMPLE.search(match[0])


def _mixed(match: re.Match[bytes]) -> bool:
    return not _EXAMPLE.search(match[0]) and _is_mixed(match["secret"])


def _not_the_emulators(match: re.Match[bytes]) -> bool:
    return _is_mixed(match["secret"]) and not match["secret"].startswith(_AZURITE)


class _Claims(msgspec.Struct):
    exp: float | None = None
    iat: float | None = None
    sub: object = None


class _Header(msgspec.Struct):
    alg: str


def _holds_for_long(match: re.Match[bytes]) -> bool:
    """A signed web token that never ends, or late. 1234567890 is whom the documentation's tokens are for."""
    try:
        header = msgspec.json.decode(_from_url(match[1]), type=_Header)
        claims = msgspec.json.decode(_from_url(match[2]), type=_Claims)
    except (msgspec.DecodeError, UnicodeDecodeError, binascii.Error):
        return False
    if header.alg.lower() == "none" or claims.sub in ("1234567890", None):
        return False
    return claims.exp is None or (claims.iat is not None and claims.exp - claims.iat > LONG_LIVED)


def _from_url(text: bytes) -> bytes:
    return base64.urlsafe_b64decode(text + b"=" * (-len(text) % 4))


def _no_example(match: re.Match[bytes]) -> bool:
    return not _EXAMPLE.search(match[0])


def _kind(name: str, pattern: bytes, holds: Callable[[re.Match[bytes]], bool] = _no_example) -> _Kind:
    return _Kind(name, re.compile(pattern), holds)


_KINDS: Mapping[bytes, _Kind] = {
    **dict.fromkeys(
        (b"ghp_", b"gho_", b"ghu_", b"ghs_", b"ghr_"),
        _kind("a GitHub token", rb"gh[pousr]_[A-Za-z0-9]{36}(?![A-Za-z0-9_])", _checksum_holds),
    ),
    b"github_pat_": _kind(
        "a GitHub token", rb"github_pat_[A-Za-z0-9]{22}_(?P<secret>[A-Za-z0-9]{59})(?![A-Za-z0-9])", _mixed
    ),
    b"npm_": _kind("an npm token", rb"npm_[A-Za-z0-9]{36}(?![A-Za-z0-9_])", _checksum_holds),
    b"glpat-": _kind("a GitLab token", rb"glpat-(?P<secret>[A-Za-z0-9_-]{20})(?![A-Za-z0-9_-])", _mixed),
    b"pypi-": _kind("an upload token of a Python index", rb"pypi-AgE[A-Za-z0-9_-]{60,}"),
    **dict.fromkeys(
        (b"AKIA", b"ASIA"), _kind("an access key of AWS", rb"A[KS]IA[A-Z2-7]{16}(?![A-Za-z0-9])", _with_a_secret)
    ),
    b"AccountKey=": _kind(
        "a key of an Azure storage account", rb"AccountKey=(?P<secret>[A-Za-z0-9+/]{86}==)", _not_the_emulators
    ),
    **dict.fromkeys(
        (b"xoxb-", b"xoxp-", b"xoxa-", b"xoxr-"),
        _kind(
            "a Slack token",
            rb"xox[abpr]-[0-9]{8,13}-[0-9]{8,13}-(?P<secret>[A-Za-z0-9-]{20,80})(?![A-Za-z0-9])",
            _mixed,
        ),
    ),
    b"hooks.slack.com": _kind(
        "the address of a Slack webhook",
        rb"hooks\.slack\.com/services/T[A-Z0-9]{8,12}/B[A-Z0-9]{8,12}/(?P<secret>[A-Za-z0-9]{24})(?![A-Za-z0-9])",
        _mixed,
    ),
    **dict.fromkeys(
        (b"sk_live_", b"rk_live_"),
        _kind("a Stripe key", rb"[sr]k_live_(?P<secret>[A-Za-z0-9]{24,100})(?![A-Za-z0-9])", _mixed),
    ),
    b"sk-ant-": _kind(
        "an Anthropic key", rb"sk-ant-[a-z]+[0-9]{2}-(?P<secret>[A-Za-z0-9_-]{80,110}AA)(?![A-Za-z0-9_-])", _mixed
    ),
    b"sk-proj-": _kind(
        "an OpenAI key", rb"sk-proj-(?P<secret>[A-Za-z0-9_-]{20,100}T3BlbkFJ[A-Za-z0-9_-]{20,100})", _mixed
    ),
    b"hf_": _kind("a Hugging Face token", rb"hf_(?P<secret>[A-Za-z]{34})(?![A-Za-z0-9_])", _varied),
    _DOCKER: _kind("a Docker Hub token", rb"dckr_pat_(?P<secret>[A-Za-z0-9_-]{27})(?![A-Za-z0-9_-])", _mixed),
    b"dop_v1_": _kind("a DigitalOcean token", rb"dop_v1_[a-f0-9]{64}(?![a-f0-9])"),
    b"hvs.": _kind("a Vault token", rb"hvs\.(?P<secret>[A-Za-z0-9_-]{90,120})(?![A-Za-z0-9_-])", _mixed),
    b"SG.": _kind("a SendGrid key", rb"SG\.(?P<secret>[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43})(?![A-Za-z0-9_-])", _mixed),
    b"AGE-SECRET-KEY-": _kind("an age key", rb"AGE-SECRET-KEY-1[QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L]{58}(?![A-Z0-9])"),
    b"eyJ": _kind(
        "a web token that holds for long",
        rb"(eyJ[A-Za-z0-9_-]{10,2000})\.(eyJ[A-Za-z0-9_-]{10,8000})\.[A-Za-z0-9_-]{40,2000}(?![A-Za-z0-9_-])",
        _holds_for_long,
    ),
}
"""What each beginning may be the beginning of."""


class Anchor(NamedTuple):
    """A pattern that is fast to look for, since it begins with a character that is the same always, and that ends where
    one of the beginnings ends."""

    pattern: re.Pattern[bytes]
    beginnings: tuple[bytes, ...]


def _anchor(pattern: bytes, *ends: bytes) -> Anchor:
    beginnings = (begin for begin in _KINDS if begin.endswith(ends) and (begin != _DOCKER or begin in ends))
    return Anchor(re.compile(pattern), tuple(beginnings))


ANCHORS = (
    Anchor(re.compile(_PRIVATE_KEY), (_PRIVATE_KEY,)),
    _anchor(rb"_(?=[A-Za-z0-9]{20})", b"_"),
    _anchor(rb"_pat_(?=[A-Za-z0-9_-]{20})", _DOCKER),
    _anchor(rb"-(?=[A-Za-z0-9_-]{20})", b"-"),
    _anchor(rb"\.(?=[A-Za-z0-9_-]{22})", b"."),
    _anchor(rb"A[KS]IA(?=[A-Z2-7]{16})", b"AKIA", b"ASIA"),
    _anchor(rb"AccountKey=", b"="),
    _anchor(rb"hooks\.slack\.com", b".com"),
    _anchor(rb"eyJ(?=[A-Za-z0-9_-]{10})", b"eyJ"),
)
"""What is looked for in every byte of an image. One pattern for all beginnings would take twice the time."""

"""Secrets of every kind, made when they are needed: none stands in a file."""

import base64
import json
import random
import zlib
from collections.abc import Mapping

_LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_RANDOM = random.Random(1)


def text(length: int, letters: str = _LETTERS) -> str:
    """Random characters."""
    return "".join(_RANDOM.choice(letters) for _ in range(length))


def with_checksum(prefix: str) -> str:
    """A token whose last six characters are a checksum of those before."""
    own, digits = text(30), ""
    left = zlib.crc32(own.encode())
    for _ in range(6):
        left, digit = divmod(left, 62)
        digits = _LETTERS[digit] + digits
    return f"{prefix}{own}{digits}"


def key(kind: str = "", *, data: bytes | None = None, line_end: str = "\n", head: str = "") -> str:
    """A private key in PEM: a sequence of ASN.1 of 300 bytes, or `data`."""
    own = b"\x30\x82\x01\x28" + _RANDOM.randbytes(296) if data is None else data
    body = base64.b64encode(own).decode()
    lines = [body[at : at + 64] for at in range(0, len(body), 64)]
    name = f"{kind} PRIVATE KEY".strip()
    return line_end.join(
        [f"-----BEGIN {name}-----", *([head, ""] if head else []), *lines, f"-----END {name}-----", ""]
    )


def web_token(claims: Mapping[str, object], algorithm: str = "HS256") -> str:
    """A signed web token."""
    parts = [json.dumps(one).encode() for one in ({"alg": algorithm, "typ": "JWT"}, claims)]
    signed = [base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts]
    return ".".join([*signed, text(43)])


def aws() -> str:
    """An access key and its secret, as a settings file has them."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
    return f"aws_access_key_id = AKIA{text(16, letters)}\naws_secret_access_key = {text(40)}\n"


def samples() -> Mapping[str, str]:
    """One of each kind, by the name that it is told by."""
    capitals = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
    return {
        "a private key": key("RSA"),
        "an SSH private key": key("OPENSSH", data=b"openssh-key-v1\0" + bytes(200)),
        "a private key with a passphrase": key("ENCRYPTED"),
        "a GitHub token": with_checksum("ghp_"),
        "an npm token": with_checksum("npm_"),
        "a GitLab token": f"glpat-{text(17)}a1B",
        "an upload token of a Python index": f"pypi-AgEIc{text(100)}",
        "an access key of AWS": aws(),
        "a key of an Azure storage account": f"AccountKey={text(86)}==",
        "a Slack token": f"xoxb-{text(12, '123456789')}-{text(12, '123456789')}-{text(21)}a1B",
        "the address of a Slack webhook": "https://hooks.slack.com/services/"
        f"T{text(9, capitals)}/B{text(9, capitals)}/{text(24)}",
        "a Stripe key": f"sk_live_{text(21)}a1B",
        "an Anthropic key": f"sk-ant-api03-{text(93)}AA",
        "an OpenAI key": f"sk-proj-{text(40)}T3BlbkFJ{text(40)}",
        "a Hugging Face token": f"hf_{text(34, _LETTERS[10:])}",
        "a Docker Hub token": f"dckr_pat_{text(24)}a1B",
        "a DigitalOcean token": f"dop_v1_{text(64, '0123456789abcdef')}",
        "a Vault token": f"hvs.{text(95)}",
        "a SendGrid key": f"SG.{text(22)}.{text(43)}",
        "an age key": f"AGE-SECRET-KEY-1{text(58, 'QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L')}",
        "a web token that holds for long": web_token({"sub": "service", "iat": 0, "exp": 10**9}),
    }

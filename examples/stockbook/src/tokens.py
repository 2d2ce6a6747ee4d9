"""Tokens of callers: a name and this service's signature of it. ``python -m src.tokens NAME`` makes one."""

import hmac
import re
import sys
from typing import Annotated

from fastapi import Depends, Header

from src.errors import NotAllowed
from src.settings import WebSettings
from src.stores import StoresHere

_NAME = re.compile(r"[a-z0-9-]{1,64}")


def token(name: str, key: bytes) -> str:
    """The token of a caller. ``ValueError`` for a name that is none: lower-case letters, digits and dashes."""
    if not _NAME.fullmatch(name):
        raise ValueError("a caller's name has lower-case letters, digits and dashes")
    return f"{name}.{hmac.digest(key, name.encode(), 'sha256').hex()}"


def caller(stores: StoresHere, authorization: Annotated[str, Header()] = "") -> str:
    """The name of who calls. Raises ``NotAllowed``."""
    scheme, _, given = authorization.partition(" ")
    name = given.partition(".")[0]
    known = scheme.lower() == "bearer" and _NAME.fullmatch(name)
    if not known or not hmac.compare_digest(given.encode(), token(name, stores.key).encode()):
        raise NotAllowed("send a token of this service: Authorization: Bearer NAME.SIGNATURE")
    return name


Caller = Annotated[str, Depends(caller)]

if __name__ == "__main__":
    [named] = sys.argv[1:] or ["somebody"]
    print(token(named, WebSettings().secret_key.get_secret_value().encode()))

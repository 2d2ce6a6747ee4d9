"""Lines of an htpasswd file, hashed by the C library's crypt(3): the registry takes bcrypt only, which Python lacks."""

import ctypes
import ctypes.util
import secrets

_ALPHABET = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"


def htpasswd_line(user: str, password: str) -> str:
    """Return `user:hash`. The lowest cost of bcrypt (crypt(5)) keeps each request of a test quick."""
    library = ctypes.CDLL(ctypes.util.find_library("crypt") or "libcrypt.so.1")
    library.crypt.restype = ctypes.c_char_p
    # 22 letters carry 128 bits of salt in 132; the last letter must leave the spare ones zero.
    salt = "".join(secrets.choice(_ALPHABET) for _ in range(21)) + "."
    hashed: bytes | None = library.crypt(password.encode(), f"$2b$04${salt}".encode())
    if hashed is None or not hashed.startswith(b"$2b$"):
        raise RuntimeError("this machine's libcrypt has no bcrypt")
    return f"{user}:{hashed.decode()}\n"

"""A suite's signed release file: who signed it, whether it is of now, and the hashes of the suite's indexes.

Format: https://wiki.debian.org/DebianRepository/Format. The signature is what everything else rests on.
"""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from lading.debian.control import read_stanza
from lading.digest import Digest
from lading.errors import VerificationFailed

CLOCK_TOLERANCE = 600.0
"""Seconds that this machine's clock may be behind the archive's."""

_BEGIN = b"-----BEGIN PGP SIGNED MESSAGE-----\n"
_END = b"-----END PGP SIGNATURE-----"
_FILE_LINE = re.compile(r" ([0-9a-f]{64}) +([0-9]{1,15}) ([A-Za-z0-9][A-Za-z0-9+._/-]*)\Z")
_AGAIN = "try again later, or use another mirror (LADING_DEBIAN_MIRROR)"


class Release(msgspec.Struct, frozen=True, kw_only=True):
    """A verified release file.

    `date` and `valid_until` are in seconds since 1970; `files` maps a path below the suite's folder to digest and size
    in bytes; `by_hash` says whether the mirror serves files under their hash as well.
    """

    suite: str
    codename: str
    date: float
    valid_until: float | None
    by_hash: bool
    files: Mapping[str, tuple[Digest, int]]


def archive_keys() -> tuple[bytes, ...]:
    """Debian's archive keys that ship with Lading: release and security keys of Debian 12 and 13."""
    return tuple(path.read_bytes() for path in sorted((Path(__file__).parent / "keys").glob("*.asc")))


def verify_release(data: bytes, *, keys: Sequence[bytes], suite: str, now: float, where: str) -> Release:
    """The release file in `data` (an `InRelease`), when one of `keys` signed it, it is `suite`'s, and it is of now.

    `keys` are OpenPGP certificates, armoured or not; `now` is in seconds since 1970; `where` names the file in errors.
    Only the signed text is read. Raises `VerificationFailed` for everything that does not hold.
    """
    fields = read_stanza(_signed_text(data, keys, where), where=where)
    if suite not in (fields.get("Suite"), fields.get("Codename")):
        told = fields.get("Codename") or fields.get("Suite") or "no suite at all"
        raise VerificationFailed(f"the release file is of {told}, not of {suite}", where=where, fix=_AGAIN)
    date = _time(fields.get("Date"), "Date", where)
    if date is None:
        raise VerificationFailed("the release file has no date", where=where, fix=_AGAIN)
    valid_until = _time(fields.get("Valid-Until"), "Valid-Until", where)
    _check_time(date, valid_until, now, where)
    return Release(
        suite=fields.get("Suite", ""),
        codename=fields.get("Codename", ""),
        date=date,
        valid_until=valid_until,
        by_hash=fields.get("Acquire-By-Hash", "no").lower() == "yes",
        files=_files(fields.get("SHA256", ""), where),
    )


def _signed_text(data: bytes, keys: Sequence[bytes], where: str) -> str:
    # The library would accept text before and after the signed message; a later reader might not.
    if not data.startswith(_BEGIN) or not data.rstrip().endswith(_END) or data.count(_BEGIN) != 1:
        raise VerificationFailed("this is not a signed release file", where=where, fix=_AGAIN)
    import pysequoia

    certificates = [certificate for key in keys for certificate in pysequoia.Cert.split_bytes(key)]
    try:
        verified = pysequoia.verify(data, lambda _: certificates)
        if not verified.valid_sigs or not verified.bytes:
            raise ValueError("no valid signatures found")
        return verified.bytes.decode()
    except (RuntimeError, ValueError) as error:  # what the library raises, and text that is not UTF-8
        said = str(error).partition("\n")[0].rstrip(".")
        raise VerificationFailed(
            f"the signature of the release file is not one of Debian's archive keys' ({said})", where=where, fix=_AGAIN
        ) from error


def _check_time(date: float, valid_until: float | None, now: float, where: str) -> None:
    if date > now + CLOCK_TOLERANCE:
        raise VerificationFailed(
            f"the release file is dated in the future ({_told(date)})", where=where, fix="check this machine's clock"
        )
    if valid_until is not None and valid_until < now:
        raise VerificationFailed(
            f"the release file has expired ({_told(valid_until)}): the mirror is stale, or somebody keeps updates back",
            where=where,
            fix="check this machine's clock, or use another mirror (LADING_DEBIAN_MIRROR)",
        )


def _time(text: str | None, field: str, where: str) -> float | None:
    if text is None:
        return None
    from datetime import UTC
    from email.utils import parsedate_to_datetime

    try:
        moment = parsedate_to_datetime(text)
        # "UTC", which Debian writes, is no zone of RFC 5322: without one, the time is in UTC all the same.
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError) as error:
        raise VerificationFailed(f"the release file's {field} is not a date: {text[:60]!r}", where=where) from error


def _told(moment: float) -> str:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%d %H:%M UTC")


def _files(text: str, where: str) -> dict[str, tuple[Digest, int]]:
    files: dict[str, tuple[Digest, int]] = {}
    for line in filter(None, text.split("\n")):
        found = _FILE_LINE.match(line)
        if not found:
            raise VerificationFailed(f"the release file has a damaged line: {line[:120]!r}", where=where, fix=_AGAIN)
        entry = (Digest(f"sha256:{found[1]}"), int(found[2]))
        if files.setdefault(found[3], entry) != entry:
            raise VerificationFailed(f"the release file lists {found[3]} twice, with two hashes", where=where)
    if not files:
        raise VerificationFailed("the release file lists no SHA-256 hashes", where=where, fix=_AGAIN)
    return files

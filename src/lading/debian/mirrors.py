"""Which mirror of Debian's archives to use: the setting, else the host's own apt sources, else the official CDN."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Literal
from urllib.parse import quote, urlsplit

import msgspec

from lading.errors import LadingError, UsageError, VerificationFailed

Archive = Literal["debian", "debian-security"]

CDN = "https://cloudfront.debian.net"
"""Debian's own content delivery network (https://www.debian.org/mirror/list)."""

_NO = frozenset({"no", "false", "off", "0", "without", "disable"})
_LARGEST_FILE = 1 << 20
"""Bytes. Sources files are a few lines; a larger one is none."""


class Mirrors(msgspec.Struct, frozen=True):
    """Base URLs of the two archives, without a trailing slash: `dists/` and `pool/` lie right below them."""

    debian: str
    security: str

    def url(self, archive: str, path: str) -> str:
        """The URL of a path below an archive, `debian` or `debian-security`; `VerificationFailed` for another.

        `+` is escaped, because object stores behind some mirrors read a bare one as a blank.
        """
        bases = {"debian": self.debian, "debian-security": self.security}
        if archive not in bases:
            raise VerificationFailed(f"not an archive of Debian's: {archive[:60]!r}", where=path)
        return f"{bases[archive]}/{quote(path, safe='/~')}"


def find_mirrors(setting: Mapping[str, str], apt_files: Mapping[str, str]) -> Mirrors:
    """The mirrors to use. Pure: `apt_files` (name → content) is what `read_apt_files` gives.

    `setting` maps `debian` and `debian-security` to base URLs and wins; then come entries of apt's that are Debian's
    own (their path ends in `/debian` or `/debian-security`), then the CDN. Raises `UsageError` for a setting that is no
    http or https URL. An apt file that cannot be understood is passed over: it is not Lading's to judge.
    """
    found = dict(_apt_mirrors(apt_files))
    return Mirrors(
        debian=_setting(setting, "debian") or found.get("debian") or f"{CDN}/debian",
        security=_setting(setting, "debian-security") or found.get("debian-security") or f"{CDN}/debian-security",
    )


def setting_of(value: str) -> dict[str, str]:
    """`LADING_DEBIAN_MIRROR` as a setting: the folder that holds `debian` and `debian-security`, or the first of them.

    >>> setting_of("http://mirror.example/debian")
    {'debian': 'http://mirror.example/debian', 'debian-security': 'http://mirror.example/debian-security'}
    """
    base = value.strip().rstrip("/").removesuffix("/debian")
    return {"debian": f"{base}/debian", "debian-security": f"{base}/debian-security"} if base else {}


def read_apt_files(root: Path = Path("/")) -> dict[str, str]:
    """The sources files of apt below `root`, name → content, in apt's order; what cannot be read is left out."""
    folder = root / "etc" / "apt"
    try:
        parts = sorted(path for path in (folder / "sources.list.d").iterdir() if path.suffix in (".list", ".sources"))
    except OSError:
        parts = []
    files: dict[str, str] = {}
    for path in [folder / "sources.list", *parts]:
        try:
            if path.stat().st_size <= _LARGEST_FILE:
                files[str(path.relative_to(root))] = path.read_text(errors="replace")
        except OSError:
            continue
    return files


def _setting(setting: Mapping[str, str], key: str) -> str:
    value = setting.get(key, "").strip().rstrip("/")
    if value and not _is_usable(value):
        raise UsageError(
            f"not a mirror's address: {value!r}",
            where=f"mirror of {key}",
            fix=f"give an http or https URL without user or password, such as http://mirror.example/{key}",
        )
    return value


def _apt_mirrors(files: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    found: dict[str, str] = {}
    for name, text in files.items():
        uris = _deb822(text, name) if name.endswith(".sources") else _one_line(text)
        for uri in uris:
            base = uri.rstrip("/")
            archive = base.rpartition("/")[2]
            if archive in ("debian", "debian-security") and _is_usable(base):
                found.setdefault(archive, base)
    yield from found.items()


def _one_line(text: str) -> Iterator[str]:
    """URIs of `deb [options] uri suite component …` lines (sources.list(5))."""
    for line in text.splitlines():
        words = line.partition("#")[0].split()
        if not words or words[0] != "deb":
            continue
        rest = words[1:]
        if rest and rest[0].startswith("["):
            while rest and not rest[0].endswith("]"):
                rest = rest[1:]
            rest = rest[1:]
        yield from rest[:1]


def _deb822(text: str, name: str) -> Iterator[str]:
    """URIs of enabled `Types: deb` stanzas (sources.list(5), "deb822-style format")."""
    from lading.debian.control import read_stanzas

    try:
        stanzas = list(read_stanzas(text, where=name))
    except LadingError:
        return
    for stanza in stanzas:
        fields = {field.lower(): value for field, value in stanza.items()}
        if "deb" in fields.get("types", "").split() and fields.get("enabled", "yes").lower() not in _NO:
            yield from fields.get("uris", "").split()


def _is_usable(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc and not parts.query

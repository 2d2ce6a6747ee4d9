"""Which Debian release this host is, and where its archive is to be had."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from tools.engine.errors import EngineError

MIRROR_VARIABLE = "LADING_DEBIAN_MIRROR"
FALLBACK_MIRROR = "http://cloudfront.debian.net/debian"

_NO = frozenset({"no", "false", "without", "off", "disable"})  # apt.conf(5)'s words for it


def host_release(os_release: str) -> str:
    """Return the code name in the text of ``/etc/os-release``, such as ``bookworm``.

    Raises ``EngineError`` when the host is not Debian: its packages would not run with the host's libraries.
    """
    values = dict(line.split("=", 1) for line in os_release.splitlines() if "=" in line)
    if values.get("ID", "").strip('"') != "debian":
        name = values.get("PRETTY_NAME", "unknown").strip('"')
        raise EngineError(f"the test engine is unpacked from Debian's packages and needs a Debian host; this is {name}")
    codename = values.get("VERSION_CODENAME", "").strip('"')
    if not codename:
        raise EngineError("/etc/os-release has no VERSION_CODENAME (Debian testing?); a released Debian is needed")
    return codename


def mirrors(release: str, apt_folder: Path, environ: Mapping[str, str]) -> list[str]:
    """Return archive addresses to try, best first: the variable's only, else the host's own and then the fallback."""
    if chosen := environ.get(MIRROR_VARIABLE):
        return [chosen.rstrip("/")]
    files = [apt_folder / "sources.list", *sorted((apt_folder / "sources.list.d").glob("*"))]
    found: list[str] = []
    for file in files:
        if file.suffix == ".list" and file.is_file():
            found.extend(_one_line_sources(file.read_text(), release))
        elif file.suffix == ".sources" and file.is_file():
            found.extend(_deb822_sources(file.read_text(), release))
    return list(dict.fromkeys([*found, FALLBACK_MIRROR]))


def _one_line_sources(text: str, release: str) -> Iterator[str]:
    """Yield the archives of ``deb [options] URI SUITE COMPONENT…`` lines (sources.list(5)) that serve the release."""
    for line in text.splitlines():
        words = line.partition("#")[0].split()
        if not words or words[0] != "deb":
            continue
        if len(words) > 1 and words[1].startswith("["):
            end = next((at for at, word in enumerate(words) if word.endswith("]")), len(words))
            words = [words[0], *words[end + 1 :]]
        if len(words) >= 4 and _serves(words[1], [words[2]], words[3:], release):
            yield words[1].rstrip("/")


def _deb822_sources(text: str, release: str) -> Iterator[str]:
    """Yield the archives of the stanzas (sources.list(5), deb822 style) that serve the release."""
    for stanza in _stanzas(text):
        if "deb" not in stanza.get("types", "").split() or stanza.get("enabled", "yes").lower() in _NO:
            continue
        suites, components = stanza.get("suites", "").split(), stanza.get("components", "").split()
        for uri in stanza.get("uris", "").split():
            if _serves(uri, suites, components, release):
                yield uri.rstrip("/")


def _stanzas(text: str) -> Iterator[dict[str, str]]:
    stanza: dict[str, str] = {}
    key = ""
    for line in [*text.splitlines(), ""]:
        if line.startswith("#"):
            continue
        if not line.strip():
            if stanza:
                yield stanza
            stanza = {}
        elif line[0].isspace():
            stanza[key] = stanza.get(key, "") + " " + line.strip()
        else:
            name, _, value = line.partition(":")
            key = name.strip().lower()
            stanza[key] = value.strip()


def _serves(uri: str, suites: list[str], components: list[str], release: str) -> bool:
    return uri.startswith(("http://", "https://")) and release in suites and "main" in components

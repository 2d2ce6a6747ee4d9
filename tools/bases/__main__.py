"""`python -m tools.bases [--write] SUITE…`, `python -m tools.bases [--write] NAME=ARCHIVE…`: make data anew.

A suite is a release of Debian (`trixie`), whose packages are fetched from the machine's own mirror; an archive is a tar
of an image's files (`docker export`, Alpine's minirootfs). Files, users and packages become new in the data file; what
else it says stays.
"""

import argparse
import json
import os
import re
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

import msgspec
from msgspec.structs import replace

from lading.check.bases.knowledge import DATA, Part
from tools.bases.debian import read_debian
from tools.bases.image import read_archive
from tools.bases.listing import Entry, folders
from tools.engine.home import find_home
from tools.engine.mirror import host_release, mirrors
from tools.engine.packages import AptRoot

UNMERGED = ("bullseye",)
"""Releases whose images have `/bin` beside `/usr/bin`, or as a link to it."""
_NO_MUSL = {"/usr/lib/ld-musl-{machine}.so.1": "!"}
_ADDUSER = {f"/usr/sbin/{name}": "?" for name in ("adduser", "addgroup", "deluser", "delgroup")}
SIGNED: Mapping[str, Mapping[str, str]] = {
    "debian-bookworm": _NO_MUSL,
    "debian-trixie": {**_NO_MUSL, **_ADDUSER},
}
"""What some images of a release have and others not, and what an open folder certainly lacks."""


def main(arguments: list[str] | None = None) -> int:
    """Do it; 1 where the data is not what was read and nothing was written."""
    parser = argparse.ArgumentParser(prog="python -m tools.bases", description=__doc__)
    parser.add_argument("--write", action="store_true", help="write the data")
    parser.add_argument("sources", nargs="+", metavar="SUITE|NAME=ARCHIVE")
    args = parser.parse_args(arguments)
    changed = [_one(source, write=args.write) for source in args.sources]
    return 1 if any(changed) and not args.write else 0


def _one(source: str, *, write: bool) -> bool:
    name, is_archive, archive = source.partition("=")
    if is_archive:
        entries, packages = list(read_archive(Path(archive))), None
    else:
        packages = Path(__file__).with_name(f"debian-{name}.txt").read_text().split()
        entries, name = _debian(name, packages), f"debian-{name}"
    path = DATA / f"{name}.json"
    old = msgspec.json.decode(path.read_bytes(), type=Part) if path.exists() else Part(source=source)
    part = replace(
        old,
        folders=folders(entries, {**SIGNED.get(name, {}), **_elsewhere(entries, name)}),
        users=_lines(entries, "/etc/passwd", "/usr/share/base-passwd/passwd.master") or old.users,
        groups=_lines(entries, "/etc/group", "/usr/share/base-passwd/group.master") or old.groups,
        packages=" ".join(packages) if packages is not None else old.packages,
    )
    text = written(part)
    changed = not path.exists() or path.read_text() != text
    print(f"{name}: {'differs' if changed else 'as it was'}")
    if write and changed:
        path.write_text(text)
    return changed


def _elsewhere(entries: list[Entry], name: str) -> Mapping[str, str]:
    """Where programs may be, too, in images of a release that are made both ways."""
    if name.removeprefix("debian-") not in UNMERGED:
        return {}
    programs = {entry.path for entry in entries if re.fullmatch(r"(/usr)?/s?bin/[^/]+", entry.path)}
    others = {path.removeprefix("/usr") if path.startswith("/usr/") else f"/usr{path}" for path in programs}
    return dict.fromkeys(others - programs, "?")


def written(part: Part) -> str:
    """A data file's text: a line for each field and folder."""
    fields = {name: value for name, value in msgspec.to_builtins(part).items() if value != _default(name)}
    shown = [f"  {json.dumps(name)}: {_shown(value)}" for name, value in fields.items()]
    return "{\n" + ",\n".join(shown) + "\n}\n"


def _shown(value: object) -> str:
    if not isinstance(value, dict) or not value:
        return json.dumps(value)
    return "{\n" + ",\n".join(f"    {json.dumps(key)}: {json.dumps(one)}" for key, one in value.items()) + "\n  }"


def _default(name: str) -> object:
    return msgspec.to_builtins(Part(source="")).get(name)


def _lines(entries: list[Entry], *paths: str) -> tuple[str, ...]:
    found = next((entry.head for path in paths for entry in entries if entry.path == path and entry.head), b"")
    return tuple(found.decode().splitlines())


def _debian(suite: str, packages: list[str]) -> list[Entry]:
    home = find_home()
    mirror = mirrors(host_release(Path("/etc/os-release").read_text()), Path("/etc/apt"), os.environ)[0]
    with tempfile.TemporaryDirectory() as work:
        keyring = home.root / "usr/share/keyrings/debian-archive-keyring.gpg"
        apt = AptRoot(folder=Path(work) / "apt", release=suite, keyring=keyring, status=Path(os.devnull))
        apt.prepare(mirror)
        return list(read_debian(apt, packages, merged=suite not in UNMERGED))


if __name__ == "__main__":
    sys.exit(main())

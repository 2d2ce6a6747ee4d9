"""An index of real wheels made by hand, in a folder: the simple repository API (PEP 503), which uv and pip read."""

import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from lading.digest import Digest, digest_of


class Wheelhouse:
    """`environment` makes uv and pip look here and nowhere else."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._pages: dict[str, list[str]] = {}

    def add(
        self,
        name: str,
        version: str,
        tag: str = "py3-none-any",
        *,
        requires: Sequence[str] = (),
        scripts: Mapping[str, bytes] | None = None,
    ) -> Digest:
        """Make one wheel; its digest."""
        stem = f"{name.replace('-', '_')}-{version}"
        path = self.folder / f"{stem}-{tag}.whl"
        metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        metadata += "".join(f"Requires-Dist: {requirement}\n" for requirement in requires)
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(f"{stem}.dist-info/METADATA", metadata)
            archive.writestr(f"{stem}.dist-info/WHEEL", f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {tag}\n")
            archive.writestr(f"{stem}.dist-info/RECORD", "")
            for script, content in (scripts or {}).items():
                archive.writestr(f"{stem}.data/scripts/{script}", content)
        digest = digest_of(path.read_bytes())
        self._list(name, path.name, digest)
        return digest

    def use(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Let every uv and pip of this test see this index only."""
        simple = (self.folder / "simple").as_uri()
        for name, value in {
            "UV_DEFAULT_INDEX": simple,
            "UV_CACHE_DIR": str(self.folder.with_name("uv-cache")),
            "PIP_INDEX_URL": simple,
            "PIP_NO_CACHE_DIR": "1",
        }.items():
            monkeypatch.setenv(name, value)
        for name in ("UV_INDEX", "UV_EXTRA_INDEX_URL", "UV_FIND_LINKS", "PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS"):
            monkeypatch.delenv(name, raising=False)

    def _list(self, name: str, filename: str, digest: Digest) -> None:
        page = self._pages.setdefault(name, [])
        page.append(f'<a href="../../{filename}#{digest.replace(":", "=")}">{filename}</a><br>')
        folder = self.folder / "simple" / name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "index.html").write_text(f"<!DOCTYPE html><html><body>{''.join(page)}</body></html>")

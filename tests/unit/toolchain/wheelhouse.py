"""A folder of real wheels made by hand, which uv and pip take for an index."""

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
        return digest_of(path.read_bytes())

    def use(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Let every uv and pip of this test see this folder only."""
        for name, value in {
            "UV_NO_INDEX": "1",
            "UV_FIND_LINKS": str(self.folder),
            "UV_CACHE_DIR": str(self.folder.with_name("uv-cache")),
            "PIP_NO_INDEX": "1",
            "PIP_FIND_LINKS": str(self.folder),
            "PIP_NO_CACHE_DIR": "1",
        }.items():
            monkeypatch.setenv(name, value)

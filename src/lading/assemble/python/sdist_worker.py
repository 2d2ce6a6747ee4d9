"""The inside of a build of a source distribution: run by the target's own Python, isolated. It knows nothing of Lading.

    python -c <this text> ARCHIVE FOLDER OUT

unpacks ARCHIVE into FOLDER, which is empty, and has its backend write a wheel into OUT, as PEP 517 says. The last line
that it writes is the wheel's file name.
"""

import importlib
import os
import re
import sys
import tarfile
import tomllib
import zipfile
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

LEGACY = {"build-backend": "setuptools.build_meta:__legacy__"}
"""What builds a project that names no backend (PEP 517, "Source trees")."""


def unpack(archive: Path, folder: Path) -> Path:
    """The one folder at the top of an archive, unpacked."""
    if archive.suffix == ".zip":
        with zipfile.ZipFile(archive) as packed:
            packed.extractall(folder)  # noqa: S202  # isolated, and below the folder in any case
    else:
        with tarfile.open(archive) as packed:
            packed.extractall(folder, filter="data")
    (top,) = folder.iterdir()
    return top


def build_system(project: Path) -> dict[str, Any]:
    """The table of a project, or what stands for it."""
    file = project / "pyproject.toml"
    told = tomllib.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    return {**LEGACY, **told.get("build-system", {})}


def backend_of(system: dict[str, Any], project: Path) -> Any:
    """The object that builds."""
    sys.path[:0] = [str(project / path) for path in system.get("backend-path", ())]
    module, _, attribute = system["build-backend"].partition(":")
    backend: Any = importlib.import_module(module)
    for name in filter(None, attribute.split(".")):
        backend = getattr(backend, name)
    return backend


def is_there(requirement: str) -> bool:
    """Whether what a backend asks for is installed; its version is the backend's own affair."""
    found = re.match(r"[A-Za-z0-9._-]+", requirement)
    try:
        return not found or bool(version(found[0]))
    except PackageNotFoundError:
        return False


def main(archive: str, folder: str, out: str) -> None:
    """Build."""
    project = unpack(Path(archive), Path(folder))
    os.chdir(project)
    backend = backend_of(build_system(project), project)
    asked = getattr(backend, "get_requires_for_build_wheel", None)
    lacking = [one for one in (asked() if asked else ()) if not is_there(one)]
    if lacking:
        sys.exit(f"the build wants more than its pyproject.toml says: {', '.join(lacking)}")
    name = backend.build_wheel(out)
    sys.stdout.write(f"\n{name}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])

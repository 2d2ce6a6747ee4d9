"""Rendered Dockerfiles of Go services as one `docker buildx bake` takes them on an engine whose containers have no
network: bake of buildx 0.13 cannot give them this machine's. Modules come from a folder instead.

    modules = fetch_modules(folder / "modules", module)
    offline = Offline(bases=bases, modules=modules)
    text, contexts = offline.stand_in(rendered, base=layout)
"""

import json
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tests.support.public_bases import PublicBases

_GO_IMAGE = re.compile(r"^FROM (?:--\S+ )*(golang:[^@\s]+)", re.MULTILINE)
_MODULES = "modules"


def fetch_modules(folder: Path, module: Path, env: Mapping[str, str]) -> Path:
    """Fetch everything that a Go module needs, as a folder that the go command takes as a proxy (`file://…`)."""
    cache = folder.with_name(f"{folder.name}-cache")
    own = {**env, "GOMODCACHE": str(cache), "GOFLAGS": "-modcacherw"}
    subprocess.run(["go", "-C", module, "mod", "download"], env=own, check=True)
    shutil.copytree(cache / "cache" / "download", folder, ignore=shutil.ignore_patterns("sumdb", "*.lock"))
    shutil.rmtree(cache)
    return folder


@dataclass(frozen=True, kw_only=True)
class Offline:
    """The public bases, with an image of Go that brings the modules along."""

    bases: PublicBases
    modules: Path

    def stand_in(self, text: str, *, base: Path) -> tuple[str, dict[str, str]]:
        """A rendered Dockerfile whose steps take no network, and a stand-in for each of its images, by name."""
        found = _GO_IMAGE.search(text)
        assert found, "there is no stage of Go"
        variables = [f"GOPROXY=file:///{_MODULES}"]
        go = self.bases.with_files("go-modules", self.bases.golang(), {_MODULES: self.modules}, variables)
        bases = replace(self.bases, own={**self.bases.own, found[1]: go})
        text, flags = bases.stand_in(text, base=base)
        return re.sub(r"^RUN ", "RUN --network=none ", text, flags=re.MULTILINE), contexts(flags)


def contexts(flags: Sequence[str]) -> dict[str, str]:
    """What follows each `--build-context`, by name."""
    return dict(flag.split("=", 1) for flag in flags[1::2])


def write_bake(file: Path, targets: Mapping[str, Mapping[str, object]]) -> None:
    """A file for `docker buildx bake` that builds all of these."""
    quiet = {"attest": ["type=provenance,disabled=true"]}
    document = {
        "group": {"default": {"targets": [*targets]}},
        "target": {name: {**quiet, **target} for name, target in targets.items()},
    }
    file.write_text(json.dumps(document, indent=1))

"""The base by itself: in a store, as on a machine that has built another service, and in a registry, for the peer."""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from lading.assemble.stored import StoredImage, open_stored
from lading.http import Http
from lading.oci.layout import read_layout
from lading.oci.partial import image_of
from lading.oci.registry import Registry
from lading.proc import Runner
from lading.store import Store


class Base(NamedTuple):
    """A store that holds the base and nothing of the service, and the base's name in the registry (or nothing)."""

    store: Path
    reference: str


def push_base(folder: Path, service: Path, env: dict[str, str], registry: str) -> Base:
    """Build a service without dependencies on the same base and the same user, and push its base layer as an image."""
    other = folder / "other"
    other.mkdir()
    (other / "pyproject.toml").write_text(
        '[project]\nname = "other"\nversion = "1"\nrequires-python = ">=3.11"\ndependencies = []\n'
    )
    (other / "main.py").write_text("print('other')\n")
    (other / ".python-version").write_text("3.13\n")
    (other / "lading.toml").write_text('user = "1000:1000"\n[services.other]\ncommand = ["main.py"]\n')
    shutil.copyfile(service / "lading.lock", other / "lading.lock")
    store = folder / "other-store"
    tools = Path(sys.executable).parent
    env = {
        **env,
        "LADING_STORE": str(store),
        "UV_PYTHON_DOWNLOADS": "never",
        "UV_CACHE_DIR": str(folder / "other-cache"),
    }
    subprocess.run([tools / "uv", "lock", "--quiet", "--python", sys.executable], cwd=other, env=env, check=True)
    subprocess.run([tools / "lading", "build", "--quiet", "--locked"], cwd=other, env=env, check=True)
    if not registry:
        return Base(store, "")
    opened = Store(store)
    digest = opened.image("other")
    image = open_stored(opened, digest) if digest else None
    if not isinstance(image, StoredImage):
        raise SystemExit("the base was not built")
    layer = image.layers[0]
    config = {
        "architecture": "amd64",
        "os": "linux",
        "config": {"Env": ["PATH=/usr/local/bin:/usr/bin"]},
        "rootfs": {"type": "layers", "diff_ids": [layer.diff_id]},
    }
    reference = f"{registry}/bench/base:1"
    Registry(Http(), env, Runner()).push(reference, image_of(config, [layer]))
    return Base(store, reference)


def pulled(flags: list[str], registry: str, env: dict[str, str]) -> list[str]:
    """Flags of BuildKit that name layouts (`NAME=oci-layout://FOLDER:TAG`) with images in their place that the engine
    has: what a build machine has pulled before, and what no emptied cache takes away."""
    found = []
    for flag in flags:
        name, _, layout = flag.partition("=oci-layout://")
        if layout:
            folder = Path(layout.rpartition(":")[0])
            reference = f"{registry}/bench/{folder.name.lower()}:1"
            Registry(Http(), env, Runner()).push(reference, read_layout(folder).open())
            subprocess.run(["docker", "pull", "--quiet", reference], env=env, check=True, stdout=subprocess.DEVNULL)
        found.append(f"{name}=docker-image://{reference}" if layout else flag)
    return found

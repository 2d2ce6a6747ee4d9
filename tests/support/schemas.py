"""The JSON schemas of the OCI image specification, from its Go module: they are fetched, never kept here."""

import json
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft4Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT4

MODULE = "github.com/opencontainers/image-spec@v1.1.1"


class NoSchemas(Exception):
    """They cannot be had here; the text says why."""


@cache
def schemas() -> dict[str, Draft4Validator]:
    """Validators by kind of document: `image-manifest`, `image-index`, `config`, `image-layout`, `content-descriptor`.

    Raises `NoSchemas` without the go command or without a network.
    """
    go = shutil.which("go")
    if go is None:
        raise NoSchemas("the go command is not on this machine")
    done = subprocess.run([go, "mod", "download", "-json", MODULE], capture_output=True, cwd="/", check=False)
    try:
        folder = Path(json.loads(done.stdout)["Dir"]) / "schema"
    except (ValueError, KeyError):
        raise NoSchemas(f"the image specification cannot be fetched: {done.stderr.decode().strip()[:200]}") from None
    loaded = {path.name: json.loads(path.read_text()) for path in folder.glob("*.json")}
    # They refer to each other by file name, relative to where they say that they are: in one of two folders.
    places = ("https://opencontainers.org/schema/", "https://opencontainers.org/schema/image/")
    known: Registry[Any] = Registry().with_resources(
        (place + name, Resource.from_contents(schema, default_specification=DRAFT4))
        for name, schema in loaded.items()
        for place in places
    )
    return {
        name.removesuffix("-schema.json"): Draft4Validator(schema, registry=known) for name, schema in loaded.items()
    }

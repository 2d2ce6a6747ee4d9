"""The JSON schema of SARIF 2.1.0 by OASIS, from a Go module that carries it: it is fetched, never kept here."""

import json
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft4Validator
from tests.support.schemas import NoSchemas

MODULE = "github.com/owenrumney/go-sarif/v3@v3.1.0"
_SOURCE = Path("pkg/report/v210/sarif/schema.go")


@cache
def sarif_schema() -> Draft4Validator:
    """The validator. Raises `NoSchemas` without the go command or without a network."""
    go = shutil.which("go")
    if go is None:
        raise NoSchemas("the go command is not on this machine")
    done = subprocess.run([go, "mod", "download", "-json", MODULE], capture_output=True, cwd="/", check=False)
    try:
        source = (Path(json.loads(done.stdout)["Dir"]) / _SOURCE).read_text()
    except (ValueError, KeyError):
        raise NoSchemas(f"the schema cannot be fetched: {done.stderr.decode().strip()[:200]}") from None
    found = re.search(r"`(\{.*\})\s*`", source, re.DOTALL)
    assert found, "the module keeps the schema as a raw string"
    schema: Any = json.loads(found[1])
    return Draft4Validator(schema)

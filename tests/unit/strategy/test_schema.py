import json
import tomllib

import jsonschema
import pytest

from lading.errors import LadingError
from lading.strategy.read import read_strategy
from lading.strategy.schema import KEYS, SHIPPED, schema, text


def test_the_shipped_schema_is_the_one_that_the_code_makes() -> None:
    assert SHIPPED.read_text(encoding="utf-8") == text(), "python -m lading.strategy.schema"


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(schema())


def test_every_key_is_described_and_every_description_has_a_key() -> None:
    named = {key for part in schema()["$defs"].values() for key in part.get("properties", {})}
    assert named == set(KEYS)


GOOD = """
base = "slim"
user = "1000"
platforms = ["linux/amd64", "linux/arm64"]
budget = "200MB"
[services.api]
path = "services/api"
health = { path = "/up", interval = "1m30s" }
processes = { worker = ["celery", "-A", "x", "worker"] }
[images.db]
packages = ["postgresql-17"]
volumes = ["/var/lib/postgresql"]
health = { command = ["pg_isready"] }
files."/etc/x.conf" = { content = "a\\nb\\n", mode = 0o600 }
directories."/var/lib/x" = { owner = "999" }
[mirrors]
debian = "http://mirror.example/debian"
"""


def test_the_schema_and_the_reader_accept_the_same_settings() -> None:
    jsonschema.validate(tomllib.loads(GOOD), schema())
    read_strategy(GOOD.encode(), None)


@pytest.mark.parametrize("bad", [
    "prot = 1", "port = 0", "user = 'root'", "env = { A = 1 }", "health = 'x'", "services = { A_b = {} }",
    "base = 'X'", "platforms = []", "mirrors = { x = 'http://a' }", "command = 'x'", "images = { db = {} }",
    "images = { db = { packages = [] } }", "images = { db = { packages = ['x1'], base = 'alpine' } }",
    "images = { db = { packages = ['x1'], volumes = ['/a/../b'] } }",
    "images = { db = { packages = ['x1'], files = { '/a' = { content = 'x', mode = 755 } } } }",
])  # fmt: skip
def test_the_schema_and_the_reader_refuse_the_same_settings(bad: str) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(tomllib.loads(bad), json.loads(text()))
    with pytest.raises(LadingError):
        read_strategy(bad.encode(), None)

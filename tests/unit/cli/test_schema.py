import argparse
import io
import json

from lading.cli import schema
from lading.cli.context import Context
from lading.strategy.schema import schema as made


def test_the_schema_is_printed_as_it_is_made() -> None:
    out = io.StringIO()
    schema.arguments(argparse.ArgumentParser())
    assert schema.run(argparse.Namespace(), Context(env={}, out=out)) == 0
    assert json.loads(out.getvalue()) == made()

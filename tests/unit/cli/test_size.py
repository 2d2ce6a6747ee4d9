import io
import json
from pathlib import Path

import pytest
from tests.unit.prove.samples import an_image

from lading.cli import size
from lading.cli.arguments import parse
from lading.cli.context import Context
from lading.errors import UsageError
from lading.oci.layout import write_layout
from lading.oci.model import Platform
from lading.oci.partial import index_of


@pytest.fixture
def here(tmp_path: Path) -> Path:
    index = index_of(
        [
            (
                Platform(os="linux", architecture="amd64"),
                an_image({"app/a": b"1" * 1000}, config={"WorkingDir": "/app"}),
            ),
            (Platform(os="linux", architecture="arm64"), an_image({"app/a": b"1" * 2000})),
        ]
    )
    write_layout(tmp_path / "out", {"app:1": index})
    return tmp_path


def told(here: Path, *words: str) -> str:
    args = parse("size", size, words)
    out = io.StringIO()
    assert args is not None
    assert size.run(args, Context(env={"LADING_STORE": str(here / "store")}, cwd=here, out=out)) == 0
    return out.getvalue()


def test_text(here: Path) -> None:
    text = told(here, "out", "--platform", "linux/amd64")
    assert text.startswith("out  linux/amd64\n")
    assert "the application" in text
    assert "1.0 kB" in text


def test_json(here: Path) -> None:
    result = json.loads(told(here, "out", "--platform", "linux/arm64", "--format", "json"))
    # The samples' configuration says amd64; which image of the index it is shows in its size.
    assert result["unpacked"] == 2000


def test_at_least_one_package(here: Path) -> None:
    with pytest.raises(UsageError, match="--top"):
        told(here, "out", "--top", "0")

import io
import json
from pathlib import Path

import pytest
from tests.unit.prove.samples import MemoryImage, an_image

from lading.cli import validate
from lading.cli.arguments import parse
from lading.cli.context import Context
from lading.digest import hex_of
from lading.errors import LadingError
from lading.oci.layout import write_layout


def a_layout(folder: Path) -> MemoryImage:
    """An image of somebody else's: its tar has no folders, which Lading's own rules ask for."""
    image = an_image({"app/main.py": b"1"}, history=[{"created_by": "COPY . /app", "created": "2026-01-01T00:00:00Z"}])
    write_layout(folder / "out", {"app:1": image})
    return image


def run(folder: Path, *words: str) -> tuple[int, str]:
    args = parse("validate", validate, words)
    assert args is not None
    out = io.StringIO()
    code = validate.run(args, Context(env={"LADING_STORE": str(folder / "store")}, cwd=folder, out=out))
    return code, out.getvalue()


def broken(folder: Path, image: MemoryImage) -> None:
    """One byte of a layer is another."""
    name = hex_of(image.layers[0].descriptor.digest)
    blob = folder / "out" / "blobs" / "sha256" / name
    data = blob.read_bytes()
    blob.chmod(0o644)
    blob.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))


def test_a_good_image(tmp_path: Path) -> None:
    image = a_layout(tmp_path)
    assert run(tmp_path, "out") == (0, f"out is valid: 1 image, 1 layer\n{image.digest}\n")


def test_a_changed_byte_is_found(tmp_path: Path) -> None:
    broken(tmp_path, a_layout(tmp_path))
    with pytest.raises(LadingError) as caught:
        run(tmp_path, "out")
    assert caught.value.exit_code == 5
    assert "out: image › layer 1" in str(caught.value)


def test_json(tmp_path: Path) -> None:
    image = a_layout(tmp_path)
    code, text = run(tmp_path, "out", "--format", "json")
    assert (code, json.loads(text)) == (0, {"image": "out", "digest": image.digest, "valid": True, "problems": []})
    broken(tmp_path, image)
    code, text = run(tmp_path, "out", "--format", "json")
    told = json.loads(text)
    assert (code, told["valid"]) == (5, False)
    assert set(told["problems"][0]) == {"where", "what"}


def test_layers_of_somebody_else_come_first() -> None:
    image = an_image(
        {"a": b"1"}, {"b": b"2"}, {"c": b"3"},
        history=[
            {"created_by": "RUN x"}, {"created_by": "ENV A=1", "empty_layer": True},
            {"created_by": "lading: dependencies"}, {"created_by": "lading: application"},
        ],
    )  # fmt: skip
    assert validate.foreign_layers(image) == 1
    assert validate.foreign_layers(an_image({"a": b"1"}, {"b": b"2"})) == 2

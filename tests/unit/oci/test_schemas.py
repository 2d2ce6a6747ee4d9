"""What Lading writes passes the JSON schemas of the OCI image specification."""

import json
from pathlib import Path

import pytest
from jsonschema import Draft4Validator
from tests.support.images import AMD64, ARM64, layer_of, make_image
from tests.support.schemas import NoSchemas, schemas
from tests.support.tools import missing

from lading.oci.layout import read_layout, write_layout
from lading.oci.model import Platform
from lading.oci.partial import image_of, images_of, index_of

LAYERS = [layer_of({"a": b"1"}), layer_of({"b": b"2"})]


@pytest.fixture(scope="module")
def validators() -> dict[str, Draft4Validator]:
    try:
        return schemas()
    except NoSchemas as reason:
        missing(str(reason))


def broken(validator: Draft4Validator, document: bytes) -> list[str]:
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(json.loads(document))]


def test_every_document_of_a_layout(validators: dict[str, Draft4Validator], tmp_path: Path) -> None:
    config = {
        "User": "65532:65532",
        "Env": ["A=b"],
        "Entrypoint": ["/x"],
        "Cmd": ["y"],
        "ExposedPorts": {"8080/tcp": {}},
        "Labels": {"a": "b"},
        "StopSignal": "SIGTERM",
        "WorkingDir": "/app",
    }
    arm = Platform(os="linux", architecture="arm", variant="v7")
    images = [(platform, make_image(LAYERS, platform=platform, **config)) for platform in (AMD64, ARM64, arm)]
    annotated = image_of({"architecture": "amd64", "os": "linux"}, LAYERS, {"org.opencontainers.image.title": "x"})
    write_layout(tmp_path / "out", {"app:1": index_of(images, {"a": "b"}), "one:1": annotated})
    assert broken(validators["image-layout"], (tmp_path / "out" / "oci-layout").read_bytes()) == []
    assert broken(validators["image-index"], (tmp_path / "out" / "index.json").read_bytes()) == []
    layout = read_layout(tmp_path / "out")
    for name in ("app:1", "one:1"):
        content = layout.open(name)
        if name == "app:1":
            assert broken(validators["image-index"], content.manifest) == []
        for _, image in images_of(content):
            assert broken(validators["image-manifest"], image.manifest) == []
            assert broken(validators["config"], image.config) == []


def test_the_schemas_refuse_what_is_wrong(validators: dict[str, Draft4Validator]) -> None:
    assert broken(validators["image-manifest"], b'{"schemaVersion": 2}')
    assert broken(validators["image-index"], b'{"schemaVersion": 2, "manifests": [{}]}')
    assert broken(validators["config"], b"{}")

"""A team's own Dockerfile through the real BuildKit: where the image goes, what it is called, what is kept."""

import json
import secrets
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.engine.buildkit_service import HOST, OwnService, own_service
from tests.engine.conftest import Program
from tools.engine.home import Home

from lading.http import Http
from lading.oci.content import is_index
from lading.oci.layout import read_layout
from lading.oci.model import Image
from lading.oci.partial import config_of, images_of
from lading.oci.registry import Registry
from lading.oci.validate import validate
from lading.proc import Runner


@pytest.fixture
def fresh() -> str:
    """Text that no other build has, so that nothing of it is cached anywhere."""
    return secrets.token_hex(8)


@pytest.fixture
def service(tmp_path: Path, engine_home: Home, lading: Program, docker: Program) -> OwnService:
    """One service of its own."""
    docker("buildx", "version")
    return own_service(tmp_path / "own", engine_home, lading)


@pytest.fixture
def http() -> Iterator[Http]:
    client = Http(environ={})
    yield client
    client.close()


def only_image(folder: Path) -> Image:
    """The one image of a layout."""
    ((_, image),) = images_of(read_layout(folder).open())
    return image


def test_a_layout_and_an_archive_are_valid(service: OwnService, fresh: str, lading: Program, tmp_path: Path) -> None:
    service.dockerfile(f"echo {fresh} > /made")
    layout, archive = tmp_path / "layout", tmp_path / "image.tar"
    report = service.build("-o", layout, "-o", archive, "-t", "2.1")
    assert [step["reused"] for step in report["steps"]].count(False) >= 1
    assert report["delivered"] == [f"wrote the OCI layout {layout}", f"wrote the archive {archive}"]
    for path in (layout, archive):
        assert report["digest"] in lading("validate", path)
    assert read_layout(layout).names == ("docker.io/library/own:2.1",)
    (platform,) = report["platforms"]
    assert platform["unpacked"] > 1_000_000
    assert [layer["files"] for layer in platform["layers"]] == [1, 1]


def test_an_image_in_the_engine_runs(service: OwnService, fresh: str, docker: Program) -> None:
    name = f"bk-own-{fresh}:1"
    service.dockerfile(f"echo {fresh} > /made")
    report = service.build("--load", "-t", name)
    try:
        assert report["delivered"][0].startswith(f"loaded {name} into docker")
        assert docker("run", "--rm", "--network", "none", name, "cat", "/made/hello").strip() == fresh
        assert docker("run", "--rm", "--network", "none", name, "id", "-u").strip() == "65532"
    finally:
        docker.attempt("rmi", "--force", name)


def test_a_pushed_image_is_what_the_report_says(service: OwnService, fresh: str, registry: str, http: Http) -> None:
    name = f"{registry}/buildkit/own-{fresh}:1"
    service.dockerfile(f"echo {fresh} > /made")
    report = service.build("--push", "-t", name)
    client = Registry(http, {}, Runner())
    assert client.resolve(name).digest == report["digest"]
    assert validate(client.open(name), base_layers=9) == ()
    (told,) = service.build("--push", "-t", name)["delivered"]
    assert told.startswith(f"pushed {name} (sent 0 B")


def test_several_platforms_are_one_index(service: OwnService, tmp_path: Path) -> None:
    (service.folder / "Dockerfile").write_text("FROM scratch\nCOPY busybox /app/\n")
    report = service.build("--platform", "linux/amd64,linux/arm64", "-o", tmp_path / "layout")
    assert [one["platform"] for one in report["platforms"]] == ["linux/amd64", "linux/arm64"]
    content = read_layout(tmp_path / "layout").open()
    assert is_index(content)
    assert validate(content, base_layers=9) == ()


def test_the_same_source_gives_the_same_image_whatever_its_times(
    service: OwnService, fresh: str, docker: Program, tmp_path: Path
) -> None:
    service.dockerfile(f"echo {fresh} > /made", word=fresh)
    first = service.build("-o", tmp_path / "first")
    forget(docker, fresh)
    for path in service.folder.iterdir():
        path.touch()
    second = service.build()
    assert not all(step["reused"] for step in second["steps"])
    assert first["digest"] == second["digest"]
    image = only_image(tmp_path / "first")
    assert config_of(image).created == "1970-01-01T00:00:00Z"
    for layer in image.layers:
        blob = tmp_path / "first" / "blobs" / layer.descriptor.digest.replace(":", "/")
        with tarfile.open(blob) as archive:
            assert {member.mtime for member in archive} == {0}


def forget(docker: Program, text: str) -> None:
    """Take the steps whose instructions hold a text out of the builder's cache: the next build makes them afresh."""
    records = docker("buildx", "du", "--verbose").split("\n\n")
    for record in records:
        fields = dict(line.partition(":")[::2] for line in record.splitlines())
        if text in fields.get("Description", ""):
            docker("buildx", "prune", "--force", "--all", "--filter", f"id={fields['ID'].strip()}")


def test_labels_are_the_strategy_s_and_its_own(service: OwnService, fresh: str, tmp_path: Path) -> None:
    service.dockerfile(f"echo {fresh} > /made")
    hostile = """it's "a, b" = $HOME \\\\ # é –leading"""
    quoted = json.dumps(hostile, ensure_ascii=False)
    (service.folder / "lading.toml").write_text(
        f'registry = "registry.example/team"\nrevision = "abc"\nlabels = {{ "com.example.x" = {quoted} }}\n'
    )
    report = service.build("-o", tmp_path / "layout")
    assert report["image"] == "registry.example/team/own"
    config = config_of(only_image(tmp_path / "layout")).config
    assert config is not None
    assert config.labels == {
        "com.example.x": hostile,
        "org.opencontainers.image.revision": "abc",
        "org.opencontainers.image.title": "own",
    }


def test_folders_with_marks_of_csv_and_of_shells(
    tmp_path: Path, engine_home: Home, lading: Program, fresh: str
) -> None:
    odd = tmp_path / 'a, "b"=${c} d;é'
    service = own_service(odd / "ctx", engine_home, lading)
    environ = {**lading.environ, "LADING_STORE": str(odd / "store")}
    service = OwnService(folder=service.folder, lading=Program(path=lading.path, environ=environ))
    service.dockerfile(f"echo {fresh} > /made")
    report = service.build("-o", odd / "lay,out", "-C", service.folder)
    assert report["digest"] in lading("validate", odd / "lay,out")
    assert list((odd / "store" / "tmp").iterdir()) == []


def test_nothing_is_written_into_the_repository(service: OwnService, fresh: str) -> None:
    service.dockerfile(f"echo {fresh} > /made")
    (service.folder / ".dockerignore").write_text("*\n!busybox\n")
    before = sorted(service.folder.iterdir())
    service.build()
    assert sorted(service.folder.iterdir()) == before


def test_a_dockerfile_s_own_ignore_file_counts(service: OwnService, tmp_path: Path) -> None:
    (service.folder / "Dockerfile").write_text("FROM scratch\nCOPY . /app/\n")
    (service.folder / ".dockerignore").write_text("*\n")
    (service.folder / "Dockerfile.dockerignore").write_text("Dockerfile*\n")
    (platform,) = service.build("-o", tmp_path / "layout")["platforms"]
    assert platform["layers"][0]["files"] == 2  # busybox and .dockerignore


def test_services_of_lading_toml_share_what_is_the_same(
    tmp_path: Path, engine_home: Home, lading: Program, docker: Program, fresh: str
) -> None:
    for name in ("one", "two"):
        own_service(tmp_path / name, engine_home, lading).dockerfile(f"head -c 16 /dev/urandom > /made; : {fresh}")
    (tmp_path / "lading.toml").write_text(
        'labels = { team = "x" }\n'
        + "".join(f'[services.{name}]\npath = "{name}"\ndockerfile = "Dockerfile"\n' for name in ("one", "two"))
    )
    told = json.loads(lading("build", "-C", tmp_path, "--format", "json", *HOST))["builds"]
    assert [report["service"] for report in told] == ["one", "two"]
    first, second = (report["platforms"][0]["layers"] for report in told)
    assert first[1]["digest"] == second[1]["digest"]  # what is random was made once
    assert told[0]["digest"] != told[1]["digest"]  # their titles differ


def test_provenance_is_there_when_it_is_asked_for(service: OwnService, lading: Program, tmp_path: Path) -> None:
    (service.folder / "Dockerfile").write_text("FROM scratch\nCOPY busybox /app/\n")
    service.build("-o", tmp_path / "without")
    assert not is_index(read_layout(tmp_path / "without").open())
    report = service.build("-o", tmp_path / "with", "--provenance", "max")
    content = read_layout(tmp_path / "with").open()
    assert [str(descriptor.platform) for descriptor, _ in images_of(content)] == ["linux/amd64", "unknown/unknown"]
    assert [one["platform"] for one in report["platforms"]] == ["linux/amd64"]
    assert "is valid" in lading("validate", tmp_path / "with")


def test_zstd_layers(service: OwnService, tmp_path: Path) -> None:
    (service.folder / "Dockerfile").write_text("FROM scratch\nCOPY busybox /app/\n")
    service.build("-o", tmp_path / "layout", "--compression", "zstd")
    (layer,) = only_image(tmp_path / "layout").layers
    assert layer.descriptor.media_type.endswith("tar+zstd")


def test_a_cache_in_a_registry_serves_a_builder_that_knows_nothing(
    service: OwnService, docker: Program, registry: str, fresh: str
) -> None:
    cache = f"{registry}/buildkit/cache-{fresh}"
    service.dockerfile(f"head -c 16 /dev/urandom > /made; : {fresh}", word=fresh)
    first = service.build("--cache", cache)
    forget(docker, fresh)
    alone = service.build()
    assert len(ran(alone)) == 1  # the builder does know nothing
    assert alone["digest"] != first["digest"]
    forget(docker, fresh)
    second = service.build("--cache", cache)
    assert ran(second) == []
    assert second["digest"] == first["digest"]


def ran(report: dict[str, object]) -> list[str]:
    """The RUN steps that were not reused."""
    steps = report["steps"]
    assert isinstance(steps, list)
    return [step["step"] for step in steps if " RUN " in step["step"] and not step["reused"]]


def test_a_named_context_stands_for_an_image(service: OwnService, fresh: str, lading: Program, tmp_path: Path) -> None:
    service.dockerfile(f"echo {fresh} > /made")
    service.build("-o", tmp_path / "base", "-t", "base:1")
    (service.folder / "Dockerfile").write_text("FROM company/base:7\nCOPY Dockerfile /app/\n")
    report = service.build(
        "-o", tmp_path / "layout", "--build-context", f"company/base:7=oci-layout://{tmp_path}/base:1"
    )
    assert [layer["reused"] for layer in report["platforms"][0]["layers"]] == [True, True, False]

import csv as csv_module
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.buildkit.samples import job

from lading.buildkit.command import cache_refs, command, csv
from lading.buildkit.model import Options
from lading.errors import UsageError

FOLDER = Path("/scratch")


def test_a_build_into_a_layout() -> None:
    words = command(job(labels=(("a", "b"),), mtime=7), Options(), "layout", FOLDER)
    assert words == [
        "docker",
        "buildx",
        "build",
        "--progress=rawjson",
        "--file=/scratch/Dockerfile",
        "--metadata-file=/scratch/metadata.json",
        "--platform=linux/amd64",
        "--build-arg=SOURCE_DATE_EPOCH=7",
        "--output=type=oci,tar=false,dest=/scratch/layout,oci-mediatypes=true,rewrite-timestamp=true",
        "--label=a=b",
        "--provenance=false",
        "--sbom=false",
        "/repo/api",
    ]


def test_a_push_by_the_builder() -> None:
    several = job(platforms=("linux/amd64", "linux/arm64"), compression="zstd")
    words = command(several, Options(), "registry", FOLDER, ["r.example/a:1", "r.example/a:2"])
    assert "--platform=linux/amd64,linux/arm64" in words
    assert "--output=type=image,push=true,oci-mediatypes=true,rewrite-timestamp=true,compression=zstd" in words
    assert [word for word in words if word.startswith("--tag")] == ["--tag=r.example/a:1", "--tag=r.example/a:2"]


def test_what_a_person_says_is_passed_on_in_one_word_each() -> None:
    options = Options(
        builder="-fleet",
        network="none",
        secrets=("id=a,env=A", "--id=b"),
        ssh=("default",),
        contexts=("base=docker-image://r.example/base:1",),
        cache_from=("type=gha",),
        cache_to=("type=gha,mode=max",),
        provenance="max",
        sbom="r.example/scanner:1",
    )
    words = command(job(), options, "layout", FOLDER)
    for word in (
        "--builder=-fleet",
        "--network=none",
        "--secret=id=a,env=A",
        "--secret=--id=b",
        "--ssh=default",
        "--build-context=base=docker-image://r.example/base:1",
        "--cache-from=type=gha",
        "--cache-to=type=gha,mode=max",
        "--provenance=mode=max",
        "--sbom=generator=r.example/scanner:1",
    ):
        assert word in words


def test_a_cache_of_each_platform() -> None:
    options = Options(cache="r.example/cache/")
    words = command(job(platforms=("linux/amd64", "linux/arm64")), options, "layout", FOLDER)
    assert [word for word in words if word.startswith("--cache")] == [
        "--cache-from=type=registry,ref=r.example/cache/api:linux-amd64",
        "--cache-from=type=registry,ref=r.example/cache/api:linux-arm64",
        "--cache-to=type=registry,ref=r.example/cache/api:linux-amd64,mode=max,image-manifest=true,oci-mediatypes=true",
        "--cache-to=type=registry,ref=r.example/cache/api:linux-arm64,mode=max,image-manifest=true,oci-mediatypes=true",
    ]


@pytest.mark.parametrize(
    "repository", ["", "r.example/UPPER", "r.example/a b", "r.example/a,mode=min", "https://r.example/a"]
)
def test_a_cache_that_cannot_be_named(repository: str) -> None:
    with pytest.raises(UsageError, match="no cache can have that name"):
        cache_refs(repository, "api", ["linux/amd64"])


@given(
    st.dictionaries(st.from_regex(r"[a-z-]{1,8}", fullmatch=True), st.text(st.characters(exclude_characters="\r\0")))
)
def test_fields_read_back_as_they_were(fields: dict[str, str]) -> None:
    lines = io.StringIO(csv(fields), newline="")  # Go's reader and this one agree on quotes
    read = next(csv_module.reader(lines, strict=True), [])
    assert dict(field.partition("=")[::2] for field in read) == fields


@given(st.text(), st.text(min_size=1))
def test_no_value_becomes_a_flag_of_its_own(label: str, value: str) -> None:
    words = command(job(labels=((label, value),)), Options(secrets=(value,)), "layout", FOLDER)
    assert f"--label={label}={value}" in words
    assert len(words) == 14

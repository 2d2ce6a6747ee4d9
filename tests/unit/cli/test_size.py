import io
import json
import shutil
import sys
from pathlib import Path

import pytest
from tests.support.buildx import install_buildx
from tests.unit.buildkit.samples import LOGS
from tests.unit.prove.samples import an_image

from lading.cli import size
from lading.cli.arguments import parse
from lading.cli.context import Context
from lading.errors import UsageError
from lading.oci.archive import write_archive
from lading.oci.layout import write_layout
from lading.oci.model import Platform
from lading.oci.partial import index_of

LARGER = an_image({"app/a": b"1" * 4000, "app/node_modules/vite/index.js": b"2" * 6000})


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
    write_layout(tmp_path / "older", {"app:0": LARGER})
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


def test_against_another_image(here: Path) -> None:
    text = told(here, "out", "--platform", "linux/amd64", "--compare", "older")
    assert text.startswith("out  linux/amd64\nagainst older\n")
    assert "10.0 kB  1.0 kB        90%" in text
    assert "vite" in text
    result = json.loads(told(here, "out", "--platform", "linux/amd64", "--compare", "older:0", "--format", "json"))
    assert result["unpacked"] == {"image": 1000, "other": 10_000, "reduction": 0.9}


def test_against_an_image_of_another_platform_only(here: Path) -> None:
    write_layout(here / "arm", {"a": index_of([(Platform(os="linux", architecture="arm64"), LARGER)])})
    with pytest.raises(UsageError, match="linux/amd64"):
        told(here, "out", "--platform", "linux/amd64", "--compare", "arm")


def test_against_a_dockerfile(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    buildx = install_buildx(here, says=LOGS / "success.log", image=LARGER)
    monkeypatch.setenv("PATH", f"{buildx.bin}:/usr/bin:/bin")
    (here / "naive").mkdir()
    (here / "naive/Dockerfile").write_text("FROM scratch\nCOPY . .\n")
    (here / "naive/Dockerfile.dockerignore").write_text("out\n")
    flags = ("--context", ".", "--network", "host", "--build-context", "node:24=oci-layout:///x:1")
    words = ("out", "--platform", "linux/amd64", "--compare-dockerfile", "naive/Dockerfile", *flags)
    result = json.loads(told(here, *words, "--format", "json"))
    assert result["other"] == "naive/Dockerfile"
    assert result["unpacked"]["reduction"] == 0.9
    assert buildx.files() == {"Dockerfile": "FROM scratch\nCOPY . .\n", "Dockerfile.dockerignore": "out\n"}
    assert {"--platform=linux/amd64", "--network=host", "--build-context=node:24=oci-layout:///x:1"} <= {
        *buildx.flags()
    }
    assert buildx.flags()[-1] == str(here)


def test_against_an_image_in_docker(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_archive(here / "saved.tar", {"team/app:0": LARGER})
    (here / "bin").mkdir()
    program = here / "bin/docker"
    program.write_text(
        f"#!{sys.executable}\nimport shutil, sys\n"
        "assert sys.argv[1:3] == ['image', 'save'] and sys.argv[4] == '--', sys.argv\n"
        "if sys.argv[5] != 'team/app:0': sys.exit('No such image: ' + sys.argv[5])\n"
        f"shutil.copy({str(here / 'saved.tar')!r}, sys.argv[3].partition('=')[2])\n"
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{here / 'bin'}:/usr/bin:/bin")
    text = told(here, "out", "--platform", "linux/amd64", "--compare", "docker-daemon:team/app:0")
    assert "against docker-daemon:team/app:0" in text
    assert "90%" in text
    assert told(here, "docker-daemon:team/app:0").startswith("docker-daemon:team/app:0  linux/amd64")
    with pytest.raises(UsageError, match="No such image: --privileged"):
        told(here, "out", "--platform", "linux/amd64", "--compare", "docker-daemon:--privileged")
    assert [path for path in (here / "store/tmp").iterdir() if path.is_dir()] == []


def test_where_docker_is_not(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(here / "nothing"))
    assert shutil.which("docker") is None
    with pytest.raises(UsageError, match="not installed"):
        told(here, "out", "--compare", "docker-daemon:app")


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("--network", "host"), "--network without a Dockerfile"),
        (("--compare", "older", "--context", "."), "--context without a Dockerfile"),
        (("--compare", "older", "--compare-dockerfile", "x"), "not allowed"),
        (("--compare", "nothing"), "there is no image 'nothing'"),
        (("--compare-dockerfile", "nowhere/Dockerfile"), "no such folder|cannot read"),
        (("--compare-dockerfile", "Dockerfile", "--context", "nowhere"), "no such folder"),
    ],
)
def test_what_cannot_be_compared(words: tuple[str, ...], complaint: str, here: Path) -> None:
    with pytest.raises(UsageError, match=complaint):
        told(here, "out", "--platform", "linux/amd64", *words)

"""`lading build` through a stand-in for buildx: what it is asked for, and what is told of the result."""

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.support.buildx import Buildx, install_buildx
from tests.support.images import layer_of, make_image, make_index
from tests.support.registry import registry
from tests.unit.buildkit.samples import LOGS

from lading.cli import build
from lading.cli.arguments import parse
from lading.cli.context import Context
from lading.cli.images import find_image
from lading.digest import digest_of
from lading.errors import LadingError, Problems, StepFailed, UsageError
from lading.http import Http
from lading.oci.layout import read_layout
from lading.oci.registry import Registry
from lading.proc import Runner

IMAGE = make_image([layer_of({"app": None, "app/main": b"x" * 5000})], User="65532:65532")
Install = Callable[..., Buildx]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Put a stand-in in front of PATH: by default it makes `IMAGE`."""

    def begin(says: str = "success", **more: Any) -> Buildx:
        more.setdefault("image", IMAGE)
        buildx = install_buildx(tmp_path, says=LOGS / f"{says}.log", **more)
        monkeypatch.setenv("PATH", f"{buildx.bin}:/usr/bin:/bin")
        return buildx

    return begin


@pytest.fixture
def service(tmp_path: Path) -> Path:
    """The folder of a service that Lading cannot plan."""
    folder = tmp_path / "repo" / "api"
    folder.mkdir(parents=True)
    (folder / "Dockerfile").write_text("FROM scratch\nCOPY . /app/\n")
    (folder / "main.go").write_text("package main\n")
    return folder


def run(folder: Path, *words: str) -> tuple[int, str, str]:
    """`lading build` in a folder: exit code and both outputs."""
    args = parse("build", build, words)
    assert args is not None
    out, err = io.StringIO(), io.StringIO()
    env = {"LADING_STORE": str(folder.parent / "store"), "HOME": str(folder)}
    context = Context(env=env, cwd=folder, out=out, err=err, quiet=args.quiet)
    try:
        code = build.run(args, context)
    finally:
        context.http.close()
    return code, out.getvalue(), err.getvalue()


def refusal(folder: Path, *words: str) -> LadingError:
    """The error of a command line that is refused."""
    with pytest.raises(LadingError) as caught:
        run(folder, *words)
    return caught.value


def test_a_dockerfile_of_its_own(install: Install, service: Path) -> None:
    buildx = install()
    code, out, err = run(service, "--from-dockerfile", "Dockerfile", "-o", "layout", "-t", "7")
    assert code == 0
    assert out.splitlines()[:2] == ["api", digest_of(IMAGE.manifest)]
    assert "wrote the OCI layout layout" in out
    assert "ran 4 of 4 steps" in out
    assert read_layout(service / "layout").names == ("docker.io/library/api:7",)
    assert "[api linux/amd64] build 2/2 RUN" in err
    assert buildx.flags()[-1] == str(service)
    assert buildx.files() == {"Dockerfile": "FROM scratch\nCOPY . /app/\n"}
    assert "--label=org.opencontainers.image.title=api" in buildx.flags()
    store = Context(env={"LADING_STORE": str(service.parent / "store")}).store
    assert dict(store.images()) == {"api": digest_of(IMAGE.manifest), "api:7": digest_of(IMAGE.manifest)}


def test_the_strategy_holds_for_it(install: Install, service: Path) -> None:
    buildx = install(image=make_index([layer_of({"app": b"1"})]))
    (service.parent / "lading.toml").write_text(
        'registry = "r.example/team"\nplatforms = ["linux/amd64", "linux/arm64"]\nrevision = "abc"\n'
        'compression = "zstd"\nbudget = "1KB"\n[services.shop]\npath = "api"\nlabels = { team = "x" }\n'
    )
    code, out, _ = run(service, "--from-dockerfile", "Dockerfile", "--format", "json", "--cache", "r.example/cache")
    assert code == 0
    (report,) = json.loads(out)["builds"]
    assert (report["service"], report["image"], report["within_budget"]) == ("shop", "r.example/team/shop", True)
    for word in (
        "--platform=linux/amd64,linux/arm64",
        "--label=org.opencontainers.image.revision=abc",
        "--label=team=x",
        "--cache-from=type=registry,ref=r.example/cache/shop:linux-arm64",
    ):
        assert word in buildx.flags()
    assert any(word.endswith("compression=zstd") for word in buildx.flags())


def test_lading_toml_may_name_the_dockerfile(install: Install, service: Path) -> None:
    buildx = install()
    (service / "build").mkdir()
    (service / "build" / "Dockerfile").write_text("FROM scratch\n")
    (service / "build" / "Dockerfile.dockerignore").write_text("*.md\n")
    (service.parent / "lading.toml").write_text(
        'registry = "r.example/team"\n[services.api]\npath = "api"\ndockerfile = "build/Dockerfile"\n'
    )
    assert run(service.parent, "-q")[:2] == (0, f"{digest_of(IMAGE.manifest)}\n")
    assert buildx.flags()[-1] == str(service)
    assert buildx.files() == {"Dockerfile": "FROM scratch\n", "Dockerfile.dockerignore": "*.md\n"}
    assert run(service.parent, "api", "-q")[0] == 0
    context = Context(env={"LADING_STORE": str(service.parent.parent / "store")}, cwd=service.parent)
    for text in ("api", "."):
        assert find_image(context, text).content.manifest == IMAGE.manifest
    assert "the embedded engine builds no Dockerfiles" in refusal(service.parent, "--engine", "embedded").what
    (service / "build" / "Dockerfile").unlink()
    error = refusal(service.parent)
    assert (error.exit_code, error.where) == (2, "lading.toml › services.api.dockerfile")


def test_an_image_that_would_run_as_root_is_noted(install: Install, service: Path) -> None:
    install(image=make_image([layer_of({"app": b"1"})]))
    assert "note: it runs as root: Dockerfile sets no USER" in run(service, "--from-dockerfile", "Dockerfile")[1]
    (service / "lading.toml").write_text('user = "0"\nallow-root = true\n')
    assert "root" not in run(service, "--from-dockerfile", "Dockerfile")[1]


def test_a_remote_builder_pushes_by_itself(install: Install, service: Path) -> None:
    buildx = install(driver="kubernetes")
    (service / "lading.toml").write_text('budget = "1MB"\n')
    with registry() as there:
        name = f"{there.host}/team/api:1"
        client = Http(environ={})
        Registry(client, {}, Runner()).push(name, IMAGE)  # the stand-in pushes nothing
        client.close()
        code, out, _ = run(service, "--from-dockerfile", "Dockerfile", "--push", "-t", name, "--builder", "fleet")
    assert code == 0
    assert f"pushed {name} (by the builder)" in out
    assert "its budget was not judged" in out
    assert buildx.flags(0) == ["buildx", "inspect", "--builder=fleet"]
    assert f"--tag={name}" in buildx.flags()
    assert any(word.startswith("--output=type=image,push=true") for word in buildx.flags())


def test_docker_s_own_builder_is_pushed_for(install: Install, service: Path) -> None:
    buildx = install(driver="docker")
    with registry() as there:
        name = f"{there.host}/team/api:1"
        assert f"pushed {name} (sent" in run(service, "--from-dockerfile", "Dockerfile", "--push", "-t", name)[1]
        client = Http(environ={})
        assert Registry(client, {}, Runner()).resolve(name).digest == digest_of(IMAGE.manifest)
        client.close()
    assert any(word.startswith("--output=type=oci") for word in buildx.flags())


def test_a_failure_leaves_nothing(install: Install, service: Path) -> None:
    install("failing-run", code=1, image=None)
    error = refusal(service, "--from-dockerfile", "Dockerfile")
    assert isinstance(error, StepFailed)
    assert error.where == "Dockerfile:3"
    assert list((service.parent / "store" / "tmp").iterdir()) == []


def test_one_that_fails_among_several_is_named(install: Install, service: Path) -> None:
    install("failing-run", code=1, image=None)
    (service.parent / "web").mkdir()
    (service.parent / "web" / "Dockerfile").write_text("FROM scratch\n")
    (service.parent / "lading.toml").write_text(
        "".join(f'[services.{name}]\npath = "{name}"\ndockerfile = "Dockerfile"\n' for name in ("api", "web"))
    )
    error = refusal(service.parent)
    assert isinstance(error, Problems)
    assert [problem.what.partition(":")[0] for problem in error.problems] == ["api", "web"]


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (("--from-dockerfile", "absent"), "cannot read absent"),
        (("--from-dockerfile", "."), "cannot read"),
        (("--from-dockerfile", "Dockerfile", "Bad_Name"), "is no name of a service"),
        (("--from-dockerfile", "Dockerfile", "a", "b"), "builds one service"),
        (("--from-dockerfile", "Dockerfile", "--engine", "embedded"), "builds no Dockerfiles"),
        (("--from-dockerfile", "Dockerfile", "--platform", "linux/s390x"), "cannot build for linux/s390x"),
        (("--from-dockerfile", "Dockerfile", "-t", "Bad:Name:1"), ""),
        (("--from-dockerfile", "Dockerfile", "--cache", "not a name"), "no cache can have that name"),
    ],
)
def test_what_cannot_be_asked_for(install: Install, service: Path, words: tuple[str, ...], what: str) -> None:
    buildx = install()
    error = refusal(service, *words)
    assert isinstance(error, UsageError)
    assert what in error.what
    assert buildx.calls == []


def test_every_flag_of_buildkit_is_known_by_name() -> None:
    words = [word for flag in build.BUILDKIT_FLAGS.values() for word in (flag, "true")]
    args = parse("build", build, words)
    assert args is not None
    assert all(getattr(args, name) for name in build.BUILDKIT_FLAGS)

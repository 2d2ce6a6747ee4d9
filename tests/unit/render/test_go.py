"""Dockerfiles of Go services: what each kind of module needs, and nothing else."""

import re

from tests.support.dockerfile import parse

from lading.plan.bases import static_base
from lading.plan.model import (
    Accounts,
    BaseFiles,
    GoBinaries,
    GoProgram,
    OwnProgram,
    Plan,
    RuntimeConfig,
    ScratchBase,
    Stage,
    Step,
    ToolchainBase,
)
from lading.programs import source_of
from lading.render.dockerfile import dockerfile
from lading.render.dockerignore import dockerignore

GO = ToolchainBase(name="go", version="1.26.3")
CONFIG = RuntimeConfig(user="65532:65532", workdir="/app", env=(), entrypoint=(), command=("/app/shop",))


def binaries(**more: object) -> GoBinaries:
    """A step with two programs."""
    given = {
        "module": ".",
        "go": "1.26.3",
        "programs": (GoProgram(name="shop", package="cmd/shop"), GoProgram(name="job", package="cmd/worker")),
        "path": "/app",
        "manifests": ("go.mod", "go.sum"),
        "why": "for a test",
    }
    return GoBinaries(**{**given, **more})  # type: ignore[arg-type]


def text_of(step: Step, *runtime: Step, base: object = None) -> str:
    """The Dockerfile of a plan with one build stage."""
    return dockerfile(plan_of(step, *runtime, base=base))


def plan_of(step: Step, *runtime: Step, base: object = None) -> Plan:
    return Plan(
        service="shop",
        folder=".",
        context=".",
        image="shop",
        platforms=("linux/amd64",),
        stages=(
            Stage(name="build", base=GO, steps=(step,), why="builds"),
            Stage(name="runtime", base=base or static_base(), steps=runtime, why="ships"),  # type: ignore[arg-type]
        ),
        config=CONFIG,
        processes=(),
    )


def commands(text: str) -> list[str]:
    """The commands of every RUN, without flags."""
    _, instructions = parse(text)
    return [re.sub(r"\s+", " ", one.rest) for one in instructions if one.name == "RUN"]


def test_modules_come_before_the_source_and_programs_keep_their_names() -> None:
    download, build = commands(text_of(binaries()))
    assert download == "go mod download"
    flags = "-trimpath -buildvcs=false '-ldflags=-s -w' -o"
    assert build == (
        f'mkdir -p /app && GOARCH="$TARGETARCH" go build {flags} /app/ ./cmd/shop '
        f'&& GOARCH="$TARGETARCH" go build {flags} /app/job ./cmd/worker'
    )


def test_it_builds_where_it_runs_and_for_any_target() -> None:
    text = text_of(binaries())
    assert "FROM --platform=$BUILDPLATFORM golang:1.26.3-alpine AS build\nARG TARGETARCH\n" in text
    assert "CGO_ENABLED=0" in text
    assert "GOWORK=off" in text


def test_a_workspace_keeps_its_go_work() -> None:
    text = text_of(binaries(workspace=True, manifests=("a/go.mod", "a/go.sum", "go.work")))
    assert "GOWORK" not in text
    assert "--mount=type=bind,source=a/go.mod,target=/src/a/go.mod" in text


def test_vendored_modules_are_not_downloaded() -> None:
    text = text_of(binaries(vendored=True))
    assert len(commands(text)) == 1
    assert 'GOFLAGS="-mod=vendor"' in text


def test_a_module_without_others_downloads_nothing() -> None:
    assert len(commands(text_of(binaries(manifests=("go.mod",))))) == 1


def test_private_modules_take_git_and_the_caller_s_credentials() -> None:
    text = text_of(binaries(private=("git.example.com/acme/auth",)))
    assert "FROM --platform=$BUILDPLATFORM golang:1.26.3 AS build" in text
    assert "GOPRIVATE=git.example.com/acme/auth" in text
    assert "--mount=type=secret,id=netrc,target=/root/.netrc" in text


def test_a_module_in_a_folder_is_built_there() -> None:
    text = text_of(binaries(module="go", manifests=("go/go.mod", "go/go.sum")))
    assert "WORKDIR /src/go\n" in text
    assert "--mount=type=bind,target=/src " in text


def test_our_own_program_is_written_out_whole() -> None:
    text = text_of(OwnProgram(name="probe", path="/lading/probe", why="asks"))
    for _, source in source_of("probe"):
        assert source in text
    assert commands(text)[-1].endswith("-o /lading/probe .")


def test_an_empty_base_takes_files_from_the_static_one() -> None:
    step = BaseFiles(base=static_base(), paths=("/etc/ssl/certs/ca-certificates.crt",), why="authorities")
    text = text_of(binaries(), step, base=ScratchBase())
    assert "FROM gcr.io/distroless/static-debian13:nonroot AS base-files\n" in text
    assert "FROM scratch AS runtime\n" in text
    path = "/etc/ssl/certs/ca-certificates.crt"
    assert f"COPY --link --from=base-files --chown=0:0 {path} {path}\n" in text


def test_an_empty_base_knows_nobody_and_so_the_user_is_written() -> None:
    step = Accounts(user="nonroot", uid=65532, gid=65532, home="/home/nonroot", why="a name and a home for the user")
    assert "<<passwd" not in text_of(binaries(), step)
    text = text_of(binaries(), step, base=ScratchBase())
    assert "nonroot:x:65532:65532:nonroot:/home/nonroot:/usr/sbin/nologin\n" in text
    assert "COPY --link --from=build --chown=0:0 /home/nonroot/ /home/nonroot/\n" in text


def test_the_context_has_every_manifest_whatever_is_left_out() -> None:
    text = dockerignore(plan_of(binaries(exclude=("**/*.mod", "services/other"))))
    assert "\nservices/other\n" in text
    assert "\n!go.mod\n" in text

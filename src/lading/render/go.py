"""The steps of Go services as instructions: programs compiled for the target on the machine that builds.

Each does what the embedded engine does (`lading.assemble.go`), so that both make the same programs, byte by byte, where
both have the same version of Go. The caches have the same names in every Dockerfile: BuildKit shares them, so that many
services compile what they have in common once.
"""

import posixpath
from collections.abc import Iterator

from lading.plan.bases import beside_compilers
from lading.plan.model import BaseFiles, GoBinaries, GoProgram, OwnProgram, Stage
from lading.programs import source_of
from lading.render.debian import install
from lading.render.instructions import (
    Arg,
    Blank,
    Comment,
    Copy,
    Env,
    From,
    Instruction,
    Mount,
    Run,
    Workdir,
    Write,
)
from lading.render.public import pinned, public_base
from lading.render.quoting import command
from lading.render.reasons import sentence
from lading.render.scene import ARCHITECTURE, Blocks, Scene

SOURCE = "/src"
"""Where the build stage has the context, without copying it."""
_MODULES = Mount(kind="cache", id="go-mod", target="/go/pkg/mod")
_COMPILED = Mount(kind="cache", id="go-build", target="/root/.cache/go-build")
_CREDENTIALS = Mount(kind="secret", id="netrc", target="/root/.netrc")
"""For modules that are not everybody's; without the secret there is no such file."""
_SETTINGS = Mount(kind="secret", id="go-env", target="/root/.config/go/env")
"""The file of `go env -w`, for a GOPROXY of one's own: its address may hold a login, so it is no build argument."""
_BUILD = ("go", "build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w")
_FOR_TARGET = f'GOARCH="${ARCHITECTURE}" '
_FILES = "base-files"
"""The stage that is a base of which the runtime stage has some files."""


def golang_image(step: GoBinaries | None, version: str) -> str:
    """The Docker Official Image of a version (https://hub.docker.com/_/golang). Alpine's has no git, which private
    modules may take, and neither Debian's libc nor compilers for C."""
    if step and step.builder:
        return f"golang:{version}-{step.builder.suite}"
    return f"golang:{version}" if step and step.private else f"golang:{version}-alpine"


def build_stage(stage: Stage, version: str, scene: Scene) -> Iterator[Instruction]:
    """The stage with the toolchain, which fetches no other one."""
    built = next((step for step in stage.steps if isinstance(step, GoBinaries)), None)
    builder = built.builder if built else None
    told = "It runs as what builds: Go compiles for any platform from any other"
    if builder:
        told = "It runs as the target: C's compilers build for their own platform, so BuildKit emulates another one"
    yield Comment((f"{stage.name}: {stage.why}. {told}.", *scene.reasons.told("base", "Go")))
    image = golang_image(built, version)
    yield From(pinned(image, scene.pins, scene.plan.platforms), stage.name, native=builder is None)
    yield Arg(ARCHITECTURE)
    yield Env(tuple(sorted(go_settings(built).items())))
    yield Blank()
    packages = beside_compilers(builder) if builder else ()
    if packages:
        yield from install(*packages, why=f"What is compiled with parts in C needs {', '.join(packages)}")


def blocks(step: GoBinaries | OwnProgram | BaseFiles, scene: Scene) -> Blocks:
    """A step of a Go service."""
    match step:
        case GoBinaries():
            return binaries(step, scene)
        case OwnProgram():
            return own_program(step)
        case BaseFiles():
            return base_files(step, scene)


def go_settings(step: GoBinaries | None) -> dict[str, str]:
    """What the go command is told (https://pkg.go.dev/cmd/go#hdr-Environment_variables): as in the embedded engine."""
    vendored, workspace = step is not None and step.vendored, step is not None and step.workspace
    linked = step is not None and step.builder is not None
    settings = {"CGO_ENABLED": "1" if linked else "0", "GOOS": "linux", "GOTOOLCHAIN": "local"}
    settings["GOFLAGS"] = "-mod=vendor" if vendored else "-mod=readonly"
    if not workspace:
        settings["GOWORK"] = "off"
    if step and step.private:
        settings["GOPRIVATE"] = ",".join(step.private)
    return settings


def binaries(step: GoBinaries, scene: Scene) -> Blocks:
    """The programs, in one command: what they have in common is compiled once."""
    return Blocks(made=(*_download(step), *_build(step, scene), Blank()))


def own_program(step: OwnProgram) -> Blocks:
    """One of Lading's own programs, from its source, which the Dockerfile holds itself."""
    folder = f"/{step.name}"
    made = (
        Workdir(folder),
        Comment((f"{sentence(step.why)}. The whole source of it, which depends on nothing but Go.",)),
        Write(files=source_of(step.name), folder=f"{folder}/", mode="644"),
        Blank(),  # hadolint reads no instruction right behind a here-document
        Run((_FOR_TARGET + command(*_BUILD, "-o", step.path, "."),), mounts=(_COMPILED,)),
        Blank(),
    )
    return Blocks(made=made)


def base_files(step: BaseFiles, scene: Scene) -> Blocks:
    """Files of a base, from the public image of it."""
    image = pinned(public_base(step.base).runtime, scene.pins, scene.plan.platforms)
    before = (Comment((f"{_FILES}: {step.why}.",)), From(image, _FILES), Blank())
    copies = (
        Copy(sources=(path,), destination=path, stage=_FILES, owner="0:0", link=True) for path in step.paths
    )  # fmt: skip
    return Blocks(before=before, shipped=(Comment((f"{sentence(step.why)}.",)), *copies, Blank()))


def _download(step: GoBinaries) -> Iterator[Instruction]:
    """Others' modules, before any source is looked at: fetched anew only when a go.mod or go.sum changes."""
    yield Workdir(posixpath.normpath(f"{SOURCE}/{step.module}"))
    if step.vendored or not any(path.endswith(".sum") for path in step.manifests):
        return
    binds = (Mount(kind="bind", source=path, target=f"{SOURCE}/{path}") for path in step.manifests)
    yield Comment((
        "Others' modules, by the hashes in go.sum. For modules that are not everybody's: "
        "`docker build --secret id=netrc,src=$HOME/.netrc`; for a GOPROXY of your own: "
        "`--secret id=go-env,src=$HOME/.config/go/env`.",
    ))  # fmt: skip
    yield Run((command("go", "mod", "download"),), mounts=(_MODULES, _CREDENTIALS, _SETTINGS, *binds))
    yield Blank()


def _build(step: GoBinaries, scene: Scene) -> Iterator[Instruction]:
    yield Comment((
        f"{sentence(step.why)}. The source is seen as it is, and copied into no layer.",
        *scene.reasons.told("application", "cgo", *(f"binary {program.name}" for program in step.programs)),
    ))  # fmt: skip
    mounts = (Mount(kind="bind", target=SOURCE), _MODULES, _COMPILED, _CREDENTIALS, _SETTINGS)
    yield Run((command("mkdir", "-p", step.path), *_commands(step)), mounts=mounts)


def _commands(step: GoBinaries) -> Iterator[str]:
    """One command for all programs that are called like their folders; one for each that is not."""
    plain = [program for program in step.programs if posixpath.basename(program.package) == program.name]
    if plain:
        yield _FOR_TARGET + command(*_BUILD, "-o", f"{step.path}/", *map(package_of, plain))
    for program in step.programs:
        if program not in plain:
            yield _FOR_TARGET + command(*_BUILD, "-o", f"{step.path}/{program.name}", package_of(program))


def package_of(program: GoProgram) -> str:
    """A program's package as the go command takes it."""
    return "." if program.package == "." else f"./{program.package}"

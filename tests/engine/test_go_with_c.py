"""A program with parts in C: compiled with Debian's compilers, isolated; by BuildKit too; and told where that cannot
be."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.engine.conftest import Program
from tests.engine.service import ALONE, CLOSED, Container, container
from tests.support.public_bases import PublicBases
from tools.engine.home import Home

PROGRAM = """\
package main

// #cgo pkg-config: libwebp
// #include <webp/decode.h>
// #include "scale.h"
import "C"

import (
	"fmt"
	"net/http"
)

func main() {
	http.HandleFunc("/health", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, `{"scaled": %d, "webp": %d}`, C.scale(21), C.WebPGetDecoderVersion()>>16)
	})
	panic(http.ListenAndServe(":8080", nil))
}
"""
SCALE = "int scale(int number) { return FACTOR * number; }\n"
NAME = "lading-go-with-c"


@pytest.fixture(scope="module")
def folder(lading: Program, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A service that is linked with a library, and includes a file of its own that only the compiler knows of."""
    found = tmp_path_factory.mktemp("c") / "pictures"
    (found / "deep").mkdir(parents=True)
    (found / "go.mod").write_text("module example.test/pictures\n\ngo 1.24\n")
    (found / "main.go").write_text(PROGRAM)
    (found / "scale.h").write_text("int scale(int number);\n")
    (found / "scale.c").write_text(f'#include "deep/factor.h"\n{SCALE}')
    (found / "deep/factor.h").write_text("#define FACTOR 2\n")
    (found / "lading.toml").write_text('build-packages = ["libwebp-dev"]\n')
    lading("lock", cwd=found)
    return found


@pytest.fixture(scope="module")
def embedded(folder: Path, lading: Program, docker: Program) -> Iterator[str]:
    """Its image by the embedded engine."""
    lading("build", "--locked", "--load", "-t", f"{NAME}:embedded", cwd=folder)
    yield f"{NAME}:embedded"
    docker("rmi", "--force", f"{NAME}:embedded")


def answered(server: Container) -> tuple[int, dict[str, object]]:
    server.wait()
    return server.get("/health")


def test_it_runs_with_the_library_that_the_lock_has_added(docker: Program, folder: Path, embedded: str) -> None:
    assert " libwebp.so.7 libwebp7 pictures\n" in (folder / "lading.lock").read_text()
    with container(docker, embedded, *CLOSED, *ALONE) as server:
        assert answered(server) == (200, {"scaled": 42, "webp": 1})


def test_a_file_that_only_the_compiler_reads_makes_another_program(
    folder: Path, lading: Program, embedded: str, docker: Program
) -> None:
    assert "nothing changed" in lading("build", "--locked", cwd=folder)
    (folder / "deep/factor.h").write_text("#define FACTOR 3\n")
    lading("build", "--locked", "--load", "-t", f"{NAME}:changed", cwd=folder)
    try:
        with container(docker, f"{NAME}:changed", *CLOSED, *ALONE) as server:
            assert answered(server) == (200, {"scaled": 63, "webp": 1})
    finally:
        docker("rmi", "--force", f"{NAME}:changed")
        (folder / "deep/factor.h").write_text("#define FACTOR 2\n")


def test_a_foreign_architecture_is_told_with_the_way_out(folder: Path, lading: Program, embedded: str) -> None:
    lading("lock", "--platform", "linux/arm64", cwd=folder)
    refused = lading.attempt("build", "--platform", "linux/arm64", cwd=folder)
    told = refused.stderr.decode()
    assert refused.returncode == 2, told
    assert "compiled on linux/arm64, which this machine is not" in told
    assert "--engine buildkit" in told


def test_what_the_compiler_lacks_is_offered_by_name(folder: Path, lading: Program, embedded: str) -> None:
    settings = folder / "lading.toml"
    said = settings.read_text()
    settings.write_text("")
    try:
        refused = lading.attempt("build", cwd=folder)
    finally:
        settings.write_text(said)
    told = refused.stderr.decode()
    assert refused.returncode == 3, told
    assert "Package libwebp was not found" in told
    assert 'build-packages = ["libwebp-dev"]' in told


@pytest.fixture
def bases(engine_home: Home, tmp_path: Path) -> PublicBases:
    (tmp_path / "bases").mkdir()
    return PublicBases(home=engine_home, folder=tmp_path / "bases")


@pytest.mark.usefixtures("embedded")
def test_buildkit_builds_it_from_the_rendered_dockerfile(
    docker: Program, folder: Path, lading: Program, bases: PublicBases, tmp_path: Path
) -> None:
    layout = tmp_path / "layout"
    lading("build", "-o", layout, cwd=folder)
    text, flags = bases.stand_in(lading("render", "dockerfile", cwd=folder), base=layout)
    file = tmp_path / "Dockerfile"
    # The stand-in for the official image of Go lacks the compilers that this one has.
    file.write_text(text.replace("recommends libwebp-dev", "recommends gcc libc6-dev pkg-config libwebp-dev"))
    name = f"{NAME}:buildkit"
    where = ("--network=host", "--tag", name, "--file", file)
    docker("buildx", "build", "--quiet", "--load", *where, *flags, folder)
    try:
        with container(docker, name, *CLOSED, *ALONE) as server:
            assert answered(server) == (200, {"scaled": 42, "webp": 1})
    finally:
        docker("rmi", "--force", name)

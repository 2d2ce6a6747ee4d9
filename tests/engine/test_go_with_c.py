"""A program with parts in C: compiled with Debian's compilers, isolated; by BuildKit too; and told where that cannot
be."""

import json
import shutil
from pathlib import Path

import pytest
from tests.engine.conftest import Program
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


def answer(lading: Program, image: str | Path, folder: Path) -> dict[str, int]:
    """What a service says that has become healthy."""
    told = lading("run", "--wait-healthy", "--probe", "/health", image, cwd=folder)
    found: dict[str, int] = json.loads(told[told.index("{") : told.index("}") + 1])
    return found


@pytest.fixture(scope="module")
def built(folder: Path, lading: Program) -> Path:
    """The folder, its image built by the embedded engine."""
    lading("build", "--locked", cwd=folder)
    return folder


def test_it_runs_with_the_library_that_the_lock_has_added(lading: Program, built: Path) -> None:
    assert " libwebp.so.7 libwebp7 pictures\n" in (built / "lading.lock").read_text()
    assert answer(lading, "pictures", built) == {"scaled": 42, "webp": 1}


def test_a_file_that_only_the_compiler_reads_makes_another_program(lading: Program, built: Path) -> None:
    assert b"nothing changed" in lading.attempt("build", "--locked", cwd=built).stdout
    (built / "deep/factor.h").write_text("#define FACTOR 3\n")
    try:
        lading("build", "--locked", cwd=built)
        assert answer(lading, "pictures", built) == {"scaled": 63, "webp": 1}
    finally:
        (built / "deep/factor.h").write_text("#define FACTOR 2\n")


def test_a_foreign_architecture_is_told_with_the_way_out(built: Path, lading: Program) -> None:
    lading("lock", "--platform", "linux/arm64", cwd=built)
    refused = lading.attempt("build", "--platform", "linux/arm64", cwd=built)
    told = refused.stderr.decode()
    assert refused.returncode == 2, told
    assert "compiled on linux/arm64, which this machine is not" in told
    assert "--engine buildkit" in told


def test_what_the_compiler_lacks_is_offered_by_name(built: Path, lading: Program, tmp_path: Path) -> None:
    copy = tmp_path / "pictures"
    shutil.copytree(built, copy, ignore=shutil.ignore_patterns("lading.*"))
    refused = lading.attempt("build", cwd=copy)
    told = refused.stderr.decode()
    assert refused.returncode == 3, told
    assert "Package libwebp was not found" in told
    assert 'build-packages = ["libwebp-dev"]' in told


@pytest.fixture
def bases(engine_home: Home, tmp_path: Path) -> PublicBases:
    (tmp_path / "bases").mkdir()
    return PublicBases(home=engine_home, folder=tmp_path / "bases")


def test_buildkit_builds_it_from_the_rendered_dockerfile(
    docker: Program, built: Path, lading: Program, bases: PublicBases, tmp_path: Path
) -> None:
    layout, archive = tmp_path / "layout", tmp_path / "image.tar"
    lading("build", "-o", layout, cwd=built)
    text, flags = bases.stand_in(lading("render", "dockerfile", cwd=built), base=layout)
    file = tmp_path / "Dockerfile"
    # The stand-in for the official image of Go lacks the compilers that this one has.
    file.write_text(text.replace("recommends libwebp-dev", "recommends gcc libc6-dev pkg-config libwebp-dev"))
    where = ("--network=host", "--file", file, "--output", f"type=oci,dest={archive}")
    docker("buildx", "build", "--quiet", *where, *flags, built)
    assert answer(lading, archive, built) == {"scaled": 42, "webp": 1}

"""What `go list` prints, reduced: files below the context, modules outside of it, nothing of the standard library."""

import json
from collections.abc import Mapping

import pytest

from lading.assemble.go.listing import Package, read_listing

CONTEXT = "/home/team/shop"


def printed(*packages: Mapping[str, object]) -> str:
    """Objects as the go command prints them."""
    return "".join(json.dumps(one, indent="\t") + "\n" for one in packages)


FMT = {"ImportPath": "fmt", "Dir": "/usr/lib/go/src/fmt", "Standard": True, "DepOnly": True, "GoFiles": ["print.go"]}
LIB = {
    "ImportPath": "other.org/lib/v2/deep",
    "Dir": "/home/team/go/pkg/mod/other.org/lib@v2.1.0/deep",
    "DepOnly": True,
    "Module": {"Path": "other.org/lib/v2", "Version": "v2.1.0"},
    "GoFiles": ["lib.go"],
}
OWN = {
    "ImportPath": "example.test/shop/pkg/page",
    "Dir": f"{CONTEXT}/pkg/page",
    "DepOnly": True,
    "Module": {"Path": "example.test/shop", "Main": True},
    "GoFiles": ["page.go"],
    "SFiles": ["fast_amd64.s"],
    "EmbedFiles": ["html/index.html"],
}
MAIN = {
    "ImportPath": "example.test/shop/cmd/shop",
    "Dir": f"{CONTEXT}/cmd/shop",
    "Name": "main",
    "Module": {"Path": "example.test/shop", "Main": True, "GoVersion": "1.26.0"},
    "DefaultGODEBUG": "madvdontneed=1",
    "GoFiles": ["main.go"],
    "Deps": ["example.test/shop/pkg/page", "fmt", "other.org/lib/v2/deep", "unsafe"],
}


def test_programs_and_packages() -> None:
    listing = read_listing(printed(FMT, LIB, OWN, MAIN), CONTEXT)
    assert listing.packages == {
        "other.org/lib/v2/deep": Package(module="other.org/lib/v2 v2.1.0"),
        "example.test/shop/pkg/page": Package(
            files=("pkg/page/fast_amd64.s", "pkg/page/html/index.html", "pkg/page/page.go")
        ),
        "example.test/shop/cmd/shop": Package(files=("cmd/shop/main.go",)),
    }
    (program,) = listing.programs.values()
    assert listing.programs == {"cmd/shop": program}
    assert program.packages == ("example.test/shop/cmd/shop", "example.test/shop/pkg/page", "other.org/lib/v2/deep")
    assert program.language == "go 1.26.0 madvdontneed=1"
    assert listing.whole


def test_what_replaces_a_module_stands_for_it() -> None:
    module = {"Path": "other.org/lib/v2", "Version": "v2.1.0", "Replace": {"Path": "fork.org/lib", "Version": "v3.0.0"}}
    listing = read_listing(printed({**LIB, "Module": module}), CONTEXT)
    assert listing.packages["other.org/lib/v2/deep"].module == "fork.org/lib v3.0.0"


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        ({"Error": {"Pos": "main.go:3:8", "Err": "no such package"}}, "main.go:3:8: no such package"),
        ({"DepsErrors": [{"Err": "deep down"}, {"Err": "another"}]}, "deep down"),
        ({"Name": "lib"}, "example.test/shop/cmd/shop is not a program"),
    ],
)
def test_what_stands_against_a_program(more: Mapping[str, object], problem: str) -> None:
    listing = read_listing(printed(OWN, {**MAIN, **more}), CONTEXT)
    assert listing.programs["cmd/shop"].problem == problem
    assert not listing.whole


def test_what_could_not_be_had_is_named() -> None:
    error = {"Pos": "main.go:3:8", "Err": "no secure protocol found for repository"}
    absent = {"ImportPath": "git.example.test/team/greet.git", "DepOnly": True, "Error": error}
    listing = read_listing(printed(OWN, {**MAIN, "DepsErrors": [error]}, absent), CONTEXT)
    told = "main.go:3:8: git.example.test/team/greet.git: no secure protocol found for repository"
    assert listing.programs["cmd/shop"].problem == told


@pytest.mark.parametrize("text", ["{", "not json", '{"ImportPath": '])
def test_what_is_no_listing(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        read_listing(text, CONTEXT)

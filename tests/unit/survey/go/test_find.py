"""Repositories in Go, from their files to facts; and what peers get wrong about them."""

from collections.abc import Mapping

import pytest

from lading.survey.model import GoService, Survey
from lading.survey.survey import survey
from lading.tree import MemoryTree

MAIN = "package main\n\nfunc main() {}\n"
SERVER = """package main

import "net/http"

func main() {
	http.HandleFunc("/healthz", ok)
	http.ListenAndServe(":8080", nil)
}
"""


def surveyed(files: Mapping[str, str]) -> Survey:
    """The survey of a repository."""
    return survey(MemoryTree(files))


def services(files: Mapping[str, str]) -> dict[str, GoService]:
    """The Go services of a repository, by name."""
    return {one.name.value: one for one in surveyed(files).services if isinstance(one, GoService)}


def module(path: str = "example.com/shop", *lines: str) -> str:
    """A go.mod."""
    return "\n".join([f"module {path}", "go 1.26.0", *lines, ""])


def test_a_program_and_what_it_says_with_its_source() -> None:
    (one,) = services({"go.mod": module(), "main.go": SERVER}).values()
    assert (one.name.value, one.folder, one.root, one.context) == ("shop", ".", ".", ".")
    assert (one.go.value, one.go.source) == ("1.26.0", "go.mod:2")
    assert one.port is not None
    assert (one.port.value, one.port.source) == (8080, "main.go:7")
    assert [(fact.value, fact.source) for fact in one.health] == [("/healthz", "main.go:6")]
    assert [(fact.value.name, fact.value.process, fact.value.package) for fact in one.binaries] == [
        ("shop", "web", ".")
    ]  # fmt: skip


def test_every_program_is_found_not_only_the_first() -> None:
    found = services({"go.mod": module(), **{f"cmd/{name}/main.go": MAIN for name in ("api", "admin", "report")}})
    assert sorted(found) == ["admin", "api", "report"]


def test_a_folder_called_cmd_is_no_program_by_its_name() -> None:
    assert services({"go.mod": module(), "cmd/tool.go": "package cmd\n", "main.go": MAIN}).keys() == {"shop"}


def test_a_program_for_another_system_or_for_tests_is_none() -> None:
    files = {
        "go.mod": module(),
        "main.go": MAIN,
        "cmd/win/main_windows.go": MAIN,
        "cmd/gen/main.go": "//go:build ignore\n\n" + MAIN,
        "cmd/test/main_test.go": MAIN,
        "testdata/x/main.go": MAIN,
        "vendor/example.com/y/main.go": MAIN,
    }
    (one,) = services(files).values()
    assert [fact.value.package for fact in one.binaries] == ["."]


def test_programs_with_equal_names_stay_apart() -> None:
    files = {
        f"services/{name}/cmd/{program}/main.go": MAIN for name in ("auth", "pay") for program in ("api", "migrate")
    }
    found = services({"go.mod": module(), **files})
    packages = {name: [fact.value.package for fact in one.binaries] for name, one in found.items()}
    assert packages == {
        "auth": ["services/auth/cmd/api", "services/auth/cmd/migrate"],
        "pay": ["services/pay/cmd/api", "services/pay/cmd/migrate"],
    }


def test_what_shared_packages_say_counts_for_who_imports_them() -> None:
    files = {
        "go.mod": module(),
        "services/a/main.go": 'package main\n\nimport "example.com/shop/pkg/web"\n\nfunc main() { web.Run() }\n',
        "services/b/main.go": MAIN,
        "pkg/web/web.go": SERVER.replace("package main", "package web").replace("func main", "func Run"),
    }
    found = services(files)
    assert found["a"].port is not None
    assert found["a"].port.source == "../../pkg/web/web.go:7"
    assert found["b"].port is None
    assert found["a"].nested == ("services/b",)


def test_a_service_that_another_imports_is_part_of_its_source() -> None:
    files = {
        "go.mod": module(),
        "services/a/main.go": 'package main\n\nimport _ "example.com/shop/services/b/client"\n\nfunc main() {}\n',
        "services/b/main.go": MAIN,
        "services/b/client/client.go": "package client\n",
    }
    assert services(files)["a"].nested == ()


def test_a_workspace_is_built_from_its_root() -> None:
    files = {
        "go.work": "go 1.26.3\nuse (\n ./auth\n ./shared\n)\n",
        "auth/go.mod": module("example.com/auth"),
        "auth/main.go": 'package main\n\nimport "example.com/shared/web"\n\nfunc main() { web.Run() }\n',
        "shared/go.mod": module("example.com/shared"),
        "shared/web/web.go": SERVER.replace("package main", "package web").replace("func main", "func Run"),
        "alone/go.mod": module("example.com/alone"),
        "alone/main.go": MAIN,
    }
    found = services(files)
    auth, alone = found["auth"], found["alone"]
    assert (auth.root, auth.context, auth.workspace) == (".", ".", True)
    assert auth.go.value == "1.26.3"
    assert auth.port is not None
    assert auth.manifests == ("auth/go.mod", "go.work", "shared/go.mod")
    assert [fact.value.package for fact in auth.binaries] == ["auth"]
    assert (alone.root, alone.context, alone.workspace) == ("alone", "alone", False)


def test_a_local_replacement_widens_the_context() -> None:
    files = {
        "api/go.mod": module("example.com/api", "require example.com/lib v0.0.0", "replace example.com/lib => ../lib"),
        "api/main.go": 'package main\n\nimport "example.com/lib"\n\nfunc main() { lib.Run() }\n',
        "lib/go.mod": module("example.com/lib"),
        "lib/lib.go": SERVER.replace("package main", "package lib").replace("func main", "func Run"),
    }
    one = services(files)["api"]
    assert (one.folder, one.root, one.context) == ("api", "api", ".")
    assert one.manifests == ("api/go.mod", "lib/go.mod")
    assert one.port is not None


@pytest.mark.parametrize(
    ("text", "needs"),
    [
        ('package main\n\nimport "C"\n\nfunc main() {}\n', 'import "C" in main.go'),
        ('package main\n\nimport _ "github.com/mattn/go-sqlite3"\n\nfunc main() {}\n', "github.com/mattn/go-sqlite3"),
        ('//go:build cgo\n\npackage main\n\nimport "C"\n', None),
        (MAIN, None),
    ],
)
def test_cgo_is_found_and_a_fallback_is_enough(text: str, needs: str | None) -> None:
    files = {"go.mod": module(), "go.sum": "", "main.go": text, "other.go": MAIN}
    (one,) = services(files).values()
    assert (one.cgo.value if one.cgo else None) == needs


def test_cgo_of_a_package_that_nobody_imports_does_not_matter() -> None:
    files = {"go.mod": module(), "main.go": MAIN, "unused/c.go": 'package unused\n\nimport "C"\n'}
    assert services(files)["shop"].cgo is None


def test_grpc_health_and_its_port() -> None:
    text = """package main

import "google.golang.org/grpc/health/grpc_health_v1"

func main() {
	listener, _ := net.Listen("tcp", ":"+env("GRPC_PORT", "9090"))
	grpc_health_v1.RegisterHealthServer(server, health)
	server.Serve(listener)
}
"""
    files = {
        "go.mod": module("example.com/shop", "require google.golang.org/grpc v1.80.0"),
        "go.sum": "",
        "main.go": text,
    }
    one = services(files)["shop"]
    assert one.grpc is not None
    assert (one.grpc.value, one.grpc.source) == (9090, "main.go:7")
    assert one.port is not None
    assert one.port.value == 9090


def test_backing_services_by_driver_and_variable() -> None:
    text = """package main

import (
	"os"

	"github.com/jackc/pgx/v5/pgxpool"
)

func main() { pgxpool.New(ctx, os.Getenv("DATABASE_URL")) }
"""
    files = {
        "go.mod": module("example.com/shop", "require github.com/jackc/pgx/v5 v5.7.0"),
        "go.sum": "",
        "main.go": text,
    }
    one = services(files)["shop"]
    assert [(fact.value.kind, fact.value.carriers[0].variable) for fact in one.backing] == [
        ("postgres", "DATABASE_URL")
    ]
    assert [fact.value.name for fact in one.variables] == ["DATABASE_URL"]


def test_modules_of_the_same_owner_are_likely_private() -> None:
    files = {
        "go.mod": module(
            "git.example.com/acme/shop", "require git.example.com/acme/auth v1.0.0", "require other.org/x v1.0.0"
        ),
        "go.sum": "",
        "main.go": MAIN,
    }
    assert services(files)["shop"].private == ("git.example.com/acme/auth",)


def test_a_module_without_its_sums_is_told_with_the_way_out() -> None:
    files = {"api/go.mod": module("example.com/api", "require other.org/x v1.0.0"), "api/main.go": MAIN}
    (refused,) = surveyed(files).unsupported
    assert refused.what == "there is no go.sum, so what other.org/x would bring is not known"
    assert refused.fix == "go -C api mod tidy"


def test_a_broken_file_is_told_with_its_line() -> None:
    (refused,) = surveyed({"api/go.mod": "module m\ngo two\n", "api/main.go": MAIN}).unsupported
    assert refused.what == "go.mod cannot be read: line 2: 'two' is no version of Go"
    assert refused.file == "api/go.mod"


def test_a_library_is_no_service_and_no_problem() -> None:
    assert surveyed({"go.mod": module(), "lib.go": "package shop\n"}) == Survey()


def test_vendored_modules_need_no_sums() -> None:
    files = {
        "go.mod": module("example.com/shop", "require other.org/x v1.0.0"),
        "vendor/modules.txt": "# other.org/x v1.0.0\n",
        "main.go": MAIN,
    }
    assert services(files)["shop"].vendored


def test_a_program_for_developers_is_a_service_where_somebody_names_it() -> None:
    tree = MemoryTree({"go.mod": module(), "main.go": MAIN, "tools/gen/main.go": MAIN})
    assert [one.folder for one in survey(tree).services] == ["."]
    assert {one.folder for one in survey(tree, asked=["tools/gen"]).services} == {".", "tools/gen"}


def test_python_and_go_in_one_repository() -> None:
    files = {
        "go/go.mod": module("example.com/back"),
        "go/main.go": MAIN,
        "py/pyproject.toml": '[project]\nname = "front"\nversion = "1"\nrequires-python = ">=3.13"\n',
        "py/uv.lock": """version = 1
requires-python = ">=3.13"

[[package]]
name = "front"
version = "1"
source = { virtual = "." }
""",
        "py/main.py": "print(1)\n",
    }
    assert [one.name.value for one in surveyed(files).services] == ["back", "front"]

import pytest
from tests.unit.check.effects.stage import Stage

from lading.check.model.entry import Binary

GO = "golang:1.24"
FILES = {
    "/src/go.mod": "module code.example/me/shop/v2\n\ngo 1.24\n",
    "/src/main.go": "package main\n",
    "/src/cmd/server/main.go": 'package main\n\nimport (\n\t"net/http"\n)\n',
}


def build(line: str, image: str = GO, **env: str) -> Stage:
    return Stage(image, FILES, env=env, workdir="/src").run(line)


@pytest.mark.parametrize(
    ("line", "path"),
    [
        ("go build -o /server ./cmd/server", "/server"),
        ("go build -ldflags='-s -w' -trimpath -o bin/api .", "/src/bin/api"),
        ("go build -o /out/ ./cmd/server", "/out/server"),
        ("go build", "/src/shop"),
        ("go build ./cmd/server", "/src/server"),
        ("go build -C cmd/server -o /s", "/s"),
        ("go install ./cmd/server", "/go/bin/server"),
        ("go install code.example/tools/v3@latest", "/go/bin/tools"),
        ("GOBIN=/usr/local/bin go install code.example/tools/cmd/air@v1", "/usr/local/bin/air"),
    ],
)
def test_where_programs_come_to(line: str, path: str) -> None:
    stage = build(line)
    assert stage.holds(path) == {path: "present"}
    assert stage.mode(path) == 0o755
    assert stage.missing() == []


def test_what_programs_are_linked_with() -> None:
    assert build("CGO_ENABLED=0 GOOS=linux go build -o /s ./cmd/server").nature("/s") == Binary(libc="static")
    assert build("go build -o /s ./cmd/server", CGO_ENABLED="0").nature("/s") == Binary(libc="static")
    assert build("go build -o /s ./cmd/server", CGO_ENABLED="1").nature("/s") == Binary(libc="glibc")
    assert build("go build -o /s ./cmd/server").nature("/s") == Binary(libc="glibc")
    assert build("go build -o /s ./cmd/server", "golang:1.24-alpine").nature("/s") is None
    assert build("go build -tags netgo -o /s ./cmd/server").nature("/s") is None
    assert build("""go build -ldflags '-linkmode external -extldflags "-static"' -o /s .""").nature("/s") == Binary(
        libc="static"
    )
    assert build("GOOS=windows go build -o /s .").nature("/s") is None


def test_files_that_are_needed() -> None:
    assert Stage(GO, workdir="/src").run("go build -o /s .").missing() == ["/src/go.mod"]
    assert Stage(GO, workdir="/src").run("go mod download").missing() == ["/src/go.mod"]
    for fine in ("go build -a std", "go build main.go", "GO111MODULE=off go build", "go build $(x)"):
        assert Stage(GO, workdir="/src").run(fine).missing() == []
    assert build("go build -o /s ./cmd/worker").missing() == ["/src/cmd/worker"]


def test_several_programs_are_somewhere_in_a_folder() -> None:
    stage = build("mkdir /out && go build -o /out ./...")
    assert stage.holds("/out", "/out/server", "/other") == {
        "/out": "present",
        "/out/server": "unknown",
        "/other": "absent",
    }


def test_other_commands_leave_the_system_alone() -> None:
    stage = build("go mod download && go vet ./... && go test ./... && go generate ./...")
    assert stage.holds("/go/bin/psql", "/go/bin/tool", "/usr/bin/tool", "/src/made") == {
        "/go/bin/psql": "absent", "/go/bin/tool": "unknown", "/usr/bin/tool": _before("/usr/bin/tool"),
        "/src/made": "unknown",
    }  # fmt: skip


def _before(path: str) -> str:
    return Stage(GO).holds(path)[path]

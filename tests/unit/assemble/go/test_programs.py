"""Programs compiled by the real go command: one for all that changed, none for what did not, always the same bytes."""

import gzip
import io
import shutil
import tarfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from tests.support.goprojects import GO_MOD, Bench, needs_go, plans_of, program, write

from lading.assemble.segment import Segment
from lading.assemble.steps import Made
from lading.errors import LadingError, StepFailed

pytestmark = needs_go

FLEET = {
    "go.mod": GO_MOD,
    "services/auth/cmd/auth/main.go": program("auth", "pkg/log", "pkg/text"),
    "services/auth/cmd/migrate/main.go": program("auth migrated", "pkg/log"),
    "services/pay/cmd/pay/main.go": program("pay", "pkg/log"),
    "services/pay/cmd/migrate/main.go": program("pay migrated"),
    "pkg/log/log.go": 'package log\n\nfunc init() { println("log") }\n',
    "pkg/text/text.go": 'package text\n\nimport _ "embed"\n\n//go:embed words.txt\nvar Words string\n\n'
    "func init() { println(Words) }\n",
    "pkg/text/words.txt": "words",
    "README.md": "a fleet",
}


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Go's cache of what was compiled: the runtime takes longer than everything else."""
    return tmp_path_factory.mktemp("go-cache")


@pytest.fixture
def bench(tmp_path: Path, cache: Path) -> Bench:
    """A fleet of two services."""
    write(tmp_path / "fleet", FLEET)
    return Bench(tmp_path / "fleet", tmp_path / "store", cache)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, cache: Path) -> Bench:
    """A fleet that was built before."""
    folder = tmp_path_factory.mktemp("built")
    write(folder / "fleet", FLEET)
    bench = Bench(folder / "fleet", folder / "store", cache)
    made(bench)
    return bench


def made(bench: Bench, platform: str = "linux/amd64") -> dict[str, Made | LadingError]:
    """What one build makes of every service, or why not."""
    plans = plans_of(bench.folder)
    found: dict[str, Made | LadingError] = {}
    with bench.workshop(plans) as workshop:
        for name, step in bench.steps(workshop, plans, platform).items():
            try:
                step.inputs()
                found[name] = step.make()
            except LadingError as error:
                found[name] = error
    return found


def commands(bench: Bench) -> list[str]:
    """The go commands since this was last asked: the words behind `go`."""
    words = [line.split()[1] for line in bench.runner.commands]
    bench.runner.commands.clear()
    return [word for word in words if word != "version"]


def packed(found: Mapping[str, Made | LadingError]) -> dict[str, int]:
    """How many programs of each service were packed."""
    return {name: one.packed for name, one in found.items() if isinstance(one, Made)}


def files(bench: Bench, segments: tuple[Segment, ...]) -> Iterator[tuple[str, int, bytes]]:
    """What segments hold: paths, modes, bytes."""
    for segment in segments:
        data = gzip.decompress(bench.store.blob(segment.digest).read_bytes()) + bytes(1024)
        with tarfile.open(fileobj=io.BytesIO(data)) as archive:
            for entry in archive:
                file = archive.extractfile(entry)
                assert file is not None
                yield entry.name, entry.mode, file.read()


def test_one_command_builds_everything_and_equal_names_stay_apart(bench: Bench) -> None:
    found = made(bench)
    assert commands(bench) == ["list", "build"]
    assert packed(found) == {"auth": 2, "pay": 2}
    for name, one in found.items():
        assert isinstance(one, Made)
        held = {path: data for path, _, data in files(bench, one.segments)}
        assert held.keys() == {f"app/{name}", "app/migrate"}
        assert f"{name} migrated".encode() in held["app/migrate"]
        assert all(mode == 0o755 for _, mode, _ in files(bench, one.segments))


def test_with_nothing_changed_no_process_is_started(bench: Bench) -> None:
    first = made(bench)
    commands(bench)
    again = made(bench)
    assert bench.runner.commands == []
    assert packed(again) == {"auth": 0, "pay": 0}
    assert {name: one.segments for name, one in again.items() if isinstance(one, Made)} == {
        name: one.segments for name, one in first.items() if isinstance(one, Made)
    }


CHANGES: dict[str, tuple[str, dict[str, int], list[str]]] = {
    "services/pay/cmd/pay/main.go": (program("paid", "pkg/log"), {"auth": 0, "pay": 1}, ["build"]),
    "pkg/log/log.go": ('package log\n\nfunc init() { println("LOG") }\n', {"auth": 2, "pay": 1}, ["build"]),
    "pkg/text/words.txt": ("other words", {"auth": 1, "pay": 0}, ["build"]),
    "pkg/log/more.go": ("package log\n\nvar More = 1\n", {"auth": 2, "pay": 1}, ["list", "build"]),
    "services/pay/cmd/migrate/main.go": (program("x", "pkg/log"), {"auth": 0, "pay": 1}, ["list", "build"]),
    "README.md": ("a larger fleet", {"auth": 0, "pay": 0}, []),
    "pkg/log/log_test.go": ("package log\n", {"auth": 0, "pay": 0}, []),
    "pkg/unused/unused.go": ("package unused\n", {"auth": 0, "pay": 0}, ["list"]),
}
"""A changed file, its new text, the programs that are packed for it, and the go commands that are run."""


@pytest.mark.parametrize("path", CHANGES)
def test_a_change_rebuilds_what_it_is_in_and_no_more(path: str, built: Bench, tmp_path: Path, cache: Path) -> None:
    text, expected, asked = CHANGES[path]
    for folder in (built.folder, built.store.root):
        shutil.copytree(folder, tmp_path / folder.name)
    bench = Bench(tmp_path / built.folder.name, tmp_path / built.store.root.name, cache)
    write(bench.folder, {path: text})
    assert packed(made(bench)) == expected
    assert commands(bench) == asked


def test_a_service_that_does_not_compile_hides_no_other(bench: Bench) -> None:
    write(bench.folder, {"services/auth/cmd/auth/main.go": "package main\n\nfunc main() { nothing() }\n"})
    found = made(bench)
    error = found["auth"]
    assert isinstance(error, StepFailed)
    assert error.what.startswith("go cannot build services/auth/cmd/auth (exit code 1)\n")
    assert "services/auth/cmd/auth/main.go:3:15: undefined: nothing" in error.what
    assert error.where == "go.mod"
    assert packed(found) == {"pay": 2}
    assert commands(bench) == ["list", "build"]


def test_a_service_that_imports_what_is_not_there_hides_no_other(bench: Bench) -> None:
    write(bench.folder, {"services/auth/cmd/auth/main.go": program("auth", "pkg/gone")})
    found = made(bench)
    error = found["auth"]
    assert isinstance(error, StepFailed)
    assert "pkg/gone" in error.what
    assert packed(found) == {"pay": 2}


def test_the_same_source_gives_the_same_bytes_wherever_it_lies(bench: Bench, tmp_path: Path, cache: Path) -> None:
    elsewhere = Bench(tmp_path / "elsewhere" / "deeper", tmp_path / "store2", cache, {"GOFLAGS": "-tags=odd -race"})
    write(elsewhere.folder, FLEET)
    here, there = made(bench)["auth"], made(elsewhere)["auth"]
    assert isinstance(here, Made)
    assert isinstance(there, Made)
    assert [one.digest for one in here.segments] == [one.digest for one in there.segments]
    for _, _, data in files(bench, here.segments):
        assert str(tmp_path).encode() not in data
        assert b".symtab" not in data


def test_the_environment_of_the_caller_changes_nothing(
    bench: Bench, tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = made(bench)["pay"]
    settings = {
        "GOFLAGS": "-ldflags=-X=main.a=b",
        "GOAMD64": "v3",
        "CGO_ENABLED": "1",
        "GOOS": "windows",
        "GOROOT": "/no",
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    (tmp_path / "config" / "go").mkdir(parents=True)
    (tmp_path / "config" / "go" / "env").write_text("GOAMD64=v3\nGOFLAGS=-tags=odd\n")
    other = Bench(bench.folder, tmp_path / "store2", cache, {**settings, "XDG_CONFIG_HOME": str(tmp_path / "config")})
    after = made(other)["pay"]
    assert isinstance(before, Made)
    assert isinstance(after, Made)
    assert [one.digest for one in before.segments] == [one.digest for one in after.segments]


def test_another_architecture_is_compiled_for_without_emulation(bench: Bench) -> None:
    one = made(bench, "linux/arm64")["pay"]
    assert isinstance(one, Made)
    for _, _, data in files(bench, one.segments):
        assert data[:4] == b"\x7fELF"
        assert data[18:20] == (183).to_bytes(2, "little")  # EM_AARCH64 (ELF, e_machine)


def test_a_file_that_changes_while_it_is_compiled_is_an_error(bench: Bench) -> None:
    plans = plans_of(bench.folder)
    with bench.workshop(plans) as workshop:
        steps = bench.steps(workshop, plans, "linux/amd64")
        steps["pay"].inputs()
        write(bench.folder, {"pkg/log/log.go": 'package log\n\nfunc init() { println("late") }\n'})
        with pytest.raises(StepFailed, match="a file changed while it was compiled"):
            steps["pay"].make()


def test_a_workspace_and_its_modules(tmp_path: Path, cache: Path) -> None:
    files_of = {
        "go.work": "go 1.24\n\nuse (\n\t./auth\n\t./shared\n)\n",
        "auth/go.mod": "module example.test/auth\n\ngo 1.24\n",
        "auth/main.go": 'package main\n\nimport _ "example.test/shared"\n\nfunc main() {}\n',
        "shared/go.mod": "module example.test/shared\n\ngo 1.24\n",
        "shared/shared.go": 'package shared\n\nfunc init() { println("shared") }\n',
    }
    write(tmp_path / "work", files_of)
    bench = Bench(tmp_path / "work", tmp_path / "store", cache)
    assert packed(made(bench)) == {"auth": 1}
    write(bench.folder, {"shared/shared.go": 'package shared\n\nfunc init() { println("changed") }\n'})
    assert packed(made(bench)) == {"auth": 1}


def test_vendored_modules_are_built_from_the_repository(tmp_path: Path, cache: Path) -> None:
    files_of = {
        "go.mod": "module example.test/shop\n\ngo 1.24\n\nrequire example.invalid/lib v1.0.0\n",
        "main.go": 'package main\n\nimport "example.invalid/lib"\n\nfunc main() { println(lib.Name) }\n',
        "vendor/modules.txt": "# example.invalid/lib v1.0.0\n## explicit; go 1.24\nexample.invalid/lib\n",
        "vendor/example.invalid/lib/lib.go": 'package lib\n\nconst Name = "vendored"\n',
    }
    write(tmp_path / "shop", files_of)
    bench = Bench(tmp_path / "shop", tmp_path / "store", cache, {"GOPROXY": "off"})
    assert packed(made(bench)) == {"shop": 1}
    write(bench.folder, {"vendor/example.invalid/lib/lib.go": 'package lib\n\nconst Name = "changed"\n'})
    assert packed(made(bench)) == {"shop": 1}


def test_a_module_that_nobody_has_is_told_in_go_s_words(tmp_path: Path, cache: Path) -> None:
    files_of = {
        "go.mod": "module example.test/shop\n\ngo 1.24\n\nrequire example.invalid/lib v1.0.0\n",
        "go.sum": "example.invalid/lib v1.0.0 h1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n",
        "main.go": 'package main\n\nimport _ "example.invalid/lib"\n\nfunc main() {}\n',
    }
    write(tmp_path / "shop", files_of)
    error = made(Bench(tmp_path / "shop", tmp_path / "store", cache, {"GOPROXY": "off"}))["shop"]
    assert isinstance(error, StepFailed)
    assert "main.go:3:8: example.invalid/lib: module lookup disabled by GOPROXY=off" in error.what


def test_a_newer_go_than_there_is(tmp_path: Path, cache: Path) -> None:
    write(tmp_path / "shop", {"go.mod": "module example.test/shop\n\ngo 1.999.0\n", "main.go": program("x")})
    plans = plans_of(tmp_path / "shop")
    bench = Bench(tmp_path / "shop", tmp_path / "store", cache)
    with bench.workshop(plans) as workshop, pytest.raises(StepFailed, match=r"Go 1\.999\.0 or newer is needed"):
        bench.steps(workshop, plans, "linux/amd64")

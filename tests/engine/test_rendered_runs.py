"""Docker builds what Lading renders, and the service in it runs as its team has decided."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.engine.conftest import Program
from tests.engine.service import ALONE, CLOSED, Built, append, container, copy_of_example
from tests.support.public_bases import PublicBases
from tools.engine.home import Home

from lading.render.bake import Target, bake
from lading.render.instructions import Blank, Cmd, Entrypoint, Env, Instruction, Label, Workdir, written

HOSTILE = ("", " ", "'", '"', "\\", "a\\", "$HOME", "${HOME}", "$(id)", "`id`", "#x", "--x", "<<EOF", "é漢", '\\"',
           "\\$x", "a=b c=d", '["a"]', "*", "\t", "'\"'", "\\\\")  # fmt: skip
ON_ONE_LINE_OR_NOT = (*HOSTILE, "a\nb", "a\rb", "\u2028")

PACKAGE = """
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[tool.hatch.build.targets.wheel]
packages = ["src"]"""


@pytest.fixture(scope="module")
def bases(engine_home: Home, tmp_path_factory: pytest.TempPathFactory) -> PublicBases:
    return PublicBases(home=engine_home, folder=tmp_path_factory.mktemp("bases"))


def build(docker: Program, folder: Path, text: str, name: str, *flags: str) -> dict[str, Any]:
    """Build a Dockerfile with its folder as the context; what the image says of its run."""
    file = folder.with_name(f"{name}.Dockerfile")
    file.write_text(text)
    ignore = folder / "Dockerfile.dockerignore"
    if ignore.exists():
        file.with_name(f"{file.name}.dockerignore").write_text(ignore.read_text())
    docker("buildx", "build", "--quiet", "--load", "--network=host", "--tag", name, "--file", file, *flags, folder)
    (told,) = json.loads(docker("inspect", name))
    return dict(told["Config"])


@pytest.fixture(scope="module", params=["distroless", "slim", "distroless with libraries", "distroless as a package"])
def service(
    request: pytest.FixtureRequest,
    docker: Program,
    lading: Program,
    bases: PublicBases,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[str]:
    """The name of the reference service's image, built by Docker from its rendered Dockerfile on each base."""
    kind: str = request.param
    built: Built = request.getfixturevalue("slim" if kind == "slim" else "riskshield")
    settings = {"slim": 'base = "slim"', "distroless with libraries": 'packages = ["libpq5", "libmagic1t64"]'}
    folder = copy_of_example(tmp_path_factory.mktemp("rendered") / "riskshield", lading, settings.get(kind, ""))
    if "package" in kind:
        append(folder / "pyproject.toml", PACKAGE)
        uv = Program(path=lading.path.with_name("uv"), environ={**lading.environ, "UV_PYTHON_DOWNLOADS": "never"})
        uv("lock", "--quiet", "--python", lading.path.with_name("python"), cwd=folder)
        lading("lock", cwd=folder)
    lading("render", "dockerfile", "--write", cwd=folder)
    text, flags = bases.stand_in((folder / "Dockerfile").read_text(), base=built.layout)
    name = f"rendered-{kind.replace(' ', '-')}:test"
    build(docker, folder, text, name.partition(":")[0], "--tag", name, *flags)
    yield name
    docker("rmi", "--force", name, name.partition(":")[0])


def test_it_runs_with_nothing_to_write_to_and_nobody_s_privileges(docker: Program, service: str) -> None:
    with container(docker, service, *CLOSED, *ALONE) as running:
        running.wait()
        assert running.get("/health")[0] == 200
        assert running.python("import os; print(os.getuid(), os.getgid())").split() == ["1000", "1000"]
        if "libraries" in service:
            running.python("import ctypes; ctypes.CDLL('libpq.so.5'); ctypes.CDLL('libmagic.so.1')")


def test_nothing_of_the_build_is_in_it(docker: Program, service: str) -> None:
    """No installer, lock or test; bytecode that is used as it is, for the paths where it lies (PEP 552)."""
    code = (
        "import json, pathlib; root = pathlib.Path('/app');"
        "files = [path for path in root.rglob('*') if path.is_file()];"
        "own = [path.relative_to(root).as_posix() for path in files if '.venv' not in path.parts];"
        "pycs = [path for path in files if path.suffix == '.pyc'];"
        "kinds = sorted({path.read_bytes()[4] for path in pycs});"
        "bins = sorted(path.name for path in pathlib.Path('/app/.venv').iterdir());"
        "loose = [str(path) for path in files if path.stat().st_mode & 0o022 or path.stat().st_uid];"
        "import src.keys; compiled = src.keys.__loader__.get_code('src.keys').co_filename;"
        "print(json.dumps([own, kinds, bins, loose, compiled]))"
    )
    command = ("run", "--rm", *CLOSED, *ALONE, service, "-c", code)
    own, kinds, environment, loose, compiled = json.loads(docker(*command))
    assert all(path.startswith("src/") for path in own), own
    assert bool(own) != ("package" in service), "source or wheel"
    assert kinds == [1], "unchecked-hash"
    assert environment == ["bin", "lib", "lib64", "pyvenv.cfg"]
    assert loose == []
    site = "/app/.venv/lib/python3.13/site-packages" if "package" in service else "/app"
    assert compiled == f"{site}/src/keys.py"


def test_buildkit_reads_hostile_text_back(docker: Program, tmp_path: Path) -> None:
    """The real reader, for what the tests of the renderer read with one of their own."""
    (tmp_path / "context").mkdir()
    instructions: list[Instruction] = [
        Env(tuple((f"NAME{at}", text) for at, text in enumerate(HOSTILE))),
        Label(tuple((f"org.example.n{at}", text) for at, text in enumerate(HOSTILE))),
        Workdir("/a \"b' $c\\ #é"),
        Blank(),
        Entrypoint(("/x", *ON_ONE_LINE_OR_NOT)),
        Cmd(ON_ONE_LINE_OR_NOT),
    ]
    config = build(docker, tmp_path / "context", "FROM scratch\n" + written(instructions), "hostile-text")
    try:
        variables = dict(line.split("=", 1) for line in config["Env"])
        assert [variables[f"NAME{at}"] for at in range(len(HOSTILE))] == list(HOSTILE)
        assert [config["Labels"][f"org.example.n{at}"] for at in range(len(HOSTILE))] == list(HOSTILE)
        assert config["WorkingDir"] == "/a \"b' $c\\ #é"
        assert config["Entrypoint"] == ["/x", *ON_ONE_LINE_OR_NOT]
        assert config["Cmd"] == list(ON_ONE_LINE_OR_NOT)
    finally:
        docker("rmi", "--force", "hostile-text")


def test_bake_reads_hostile_text_back(docker: Program, tmp_path: Path) -> None:
    hostile = [one for one in HOSTILE if one.strip()] + ["a\nb", "$${x}", "%%{x}", "%{ if true }"]
    targets = [
        Target(service=f"s{at}", context=f"/{one}", dockerfile="/x", image="x", version="1", platforms=())
        for at, one in enumerate(hostile)
    ]
    (tmp_path / "docker-bake.hcl").write_text(bake(targets))
    found = json.loads(docker("buildx", "bake", "--print", "--file", tmp_path / "docker-bake.hcl"))["target"]
    assert [found[f"s{at}"]["context"] for at in range(len(hostile))] == [f"/{one}" for one in hostile]

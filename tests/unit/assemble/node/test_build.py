"""Builds, run for real: in a copy of the source, with a declared environment, and only when something has changed."""

import json
from pathlib import Path

import pytest
from tests.unit.assemble.node.bench import Bench
from tests.unit.assemble.node.conftest import Npm

from lading.assemble.node.build import BuildStep
from lading.errors import StepFailed, UsageError
from lading.plan.model import NodeBuild
from lading.toolchain.uv import machine_platform

BUILD = """
const fs = require("fs");
fs.mkdirSync("dist", { recursive: true });
fs.writeFileSync("dist/env.json", JSON.stringify(process.env));
fs.writeFileSync("dist/where.js", `// built in ${process.cwd()}\\n` + fs.readFileSync("src/main.js"));
fs.writeFileSync("dist/odd.json", JSON.stringify(require("is-odd")(3)));
fs.writeFileSync("node_modules/.cache-of-nobody", "kept");
"""
NAMED = {"devDependencies": {"is-odd": "3.0.1"}, "scripts": {"build": "node build.js", "start": "node dist/where.js"}}


@pytest.fixture
def project(bench: Bench, npm: Npm) -> Bench:
    bench.package(**NAMED, description=str(bench.folder))  # no other test's packages are kept under the same key
    bench.write({"build.js": BUILD, "src/main.js": "first();\n", ".env": "SECRET=1"})
    npm(bench.folder, "install", "--package-lock-only")
    return bench


def made(bench: Bench, settings: str = "") -> tuple[dict[str, str], dict[str, bytes]]:
    """What the build depends on, and what it makes."""
    plan = bench.plan(settings)
    with bench.workshop() as workshop:
        (step,) = [step for step in plan.stage("build").steps if isinstance(step, NodeBuild)]
        layer = BuildStep(workshop, plan, step=step, pins=bench.pins, platform=machine_platform())
        return layer.inputs(), {path: data for path, (_, data) in bench.files(layer.make()).items()}


def test_a_build_sees_a_declared_environment_and_nothing_else(project: Bench) -> None:
    _, files = made(project, 'env = { VITE_TITLE = "Shop" }\nport = 1\n')
    seen = json.loads(files["app/dist/env.json"])
    assert "very-secret" not in json.dumps(seen)
    assert "NPM_TOKEN" not in seen
    assert (seen["NODE_ENV"], seen["CI"], seen["TZ"], seen["VITE_TITLE"]) == ("production", "1", "UTC", "Shop")
    assert files["app/dist/odd.json"] == b"true"
    assert set(files) == {"app/dist/env.json", "app/dist/odd.json", "app/dist/where.js", "app/package.json"}


def test_a_build_runs_apart_from_the_files_and_processes_of_the_user(project: Bench) -> None:
    (project.folder.parent / "secret").write_text("very-secret")
    look = """
const fs = require("fs"), os = require("os");
const tried = path => { try { return fs.readFileSync(path, "utf8"); } catch (error) { return error.code; } };
const written = path => { try { fs.writeFileSync(path, ""); return "written"; } catch (error) { return error.code; } };
fs.mkdirSync("dist", { recursive: true });
fs.writeFileSync("dist/where.js", JSON.stringify({
  folder: process.cwd(), home: os.homedir(), user: os.userInfo().username, root: fs.readdirSync("/"),
  secret: tried(process.env.LOOK_AT), usr: written("/usr/x"), own: written("/project/x"),
  processes: fs.readdirSync("/proc").filter(name => /^[0-9]+$/.test(name)).length,
}));
"""
    project.write({"build.js": look})
    _, files = made(project, f'env = {{ LOOK_AT = "{project.folder.parent / "secret"}" }}\nport = 1\n')
    seen = json.loads(files["app/dist/where.js"])
    if seen["folder"] != "/project":
        pytest.skip("this machine allows no namespaces")
    assert {seen["home"], seen["user"]} == {"/home/build", "build"}
    assert not {"root", "var", "opt", "srv"} & set(seen["root"])
    assert (seen["secret"], seen["usr"], seen["own"]) == ("ENOENT", "EROFS", "written")
    assert seen["processes"] < 6


def test_where_nothing_can_run_apart_it_is_told_and_built(
    project: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unable = tmp_path / "unable.py"
    unable.write_text('import sys\nsys.stderr.write("isolate: no namespaces\\n")\nsys.exit(125)\n')
    monkeypatch.setattr("lading.assemble.isolated.WORKER", unable)
    _, files = made(project, "port = 1")
    assert files["app/dist/where.js"] == b"// built in /project\nfirst();\n"
    assert any("can read your files" in told for told in project.told)


def test_what_is_bundled_for_this_machine_is_no_part_of_an_image_for_another(bench: Bench, npm: Npm) -> None:
    """A framework takes the packages with it that it was built beside."""
    build = r'require("fs").mkdirSync(".output/server", { recursive: true });' + "".join(
        f"require('fs').writeFileSync('.output/server/{name}', {text!r});"
        for name, text in (("index.mjs", "started()"), ("sharp.node", "\x7fELF and so on"))
    )
    bench.package(dependencies={"nuxt": "file:nuxt"}, scripts={"build": "node build.js"})
    bench.write({"build.js": build, "nuxt/package.json": '{"name": "nuxt", "version": "1.0.0"}'})
    npm(bench.folder, "install", "--package-lock-only")
    plan = bench.plan()
    (step,) = [step for step in plan.stage("build").steps if isinstance(step, NodeBuild)]
    here, other = sorted(("linux/amd64", "linux/arm64"), key=lambda one: one != machine_platform())
    with bench.workshop() as workshop:
        built = BuildStep(workshop, plan, step=step, pins=bench.pins, platform=here)
        assert "app/.output/server/sharp.node" in bench.files(built.make())
        refused = BuildStep(workshop, plan, step=step, pins=bench.pins, platform=other)
        assert refused.inputs() != built.inputs()
        with pytest.raises(UsageError, match=f"for {here} with glibc and not for {other}") as caught:
            refused.make()
    assert "buildkit" in caught.value.fix


def test_where_it_was_built_shows_nowhere(project: Bench) -> None:
    assert made(project, "port = 1")[1]["app/dist/where.js"] == b"// built in /project\nfirst();\n"


def test_a_changed_line_runs_the_script_and_installs_nothing(project: Bench) -> None:
    before, _ = made(project, "port = 1")
    assert any(" ci " in command for command in project.ran)
    project.ran.clear()
    project.write({"src/main.js": "second();\n", ".env": "SECRET=2", "src/main.test.js": "x"})
    after, files = made(project, "port = 1")
    assert files["app/dist/where.js"].endswith(b"second();\n")
    assert not any(" ci " in command for command in project.ran)
    assert {name for name in before if before[name] != after.get(name)} == {"src/main.js"}
    assert after.keys() == before.keys()


def test_a_build_that_fails_says_what_it_said(project: Bench) -> None:
    project.write({"build.js": "console.error('no such colour'); process.exit(3)"})
    with pytest.raises(StepFailed, match=r"(?s)the script 'build' failed \(exit code 3\).*no such colour"):
        made(project, "port = 1")


def test_a_build_that_makes_something_else_is_told_what_is_missing(project: Bench) -> None:
    project.write({"build.js": "require('fs').mkdirSync('out')"})
    with pytest.raises(StepFailed, match="the build did not make dist"):
        made(project, "port = 1")


def test_a_site_is_compressed_beforehand(bench: Bench, npm: Npm) -> None:
    bench.package(devDependencies={"vite": "0.0.0-none"}, scripts={"build": "node build.js"})
    text = "const fs = require('fs'); fs.mkdirSync('dist/assets', { recursive: true });"
    for path, size in (("index.html", 5000), ("assets/a.png", 5000), ("small.css", 10)):
        text += f"fs.writeFileSync('dist/{path}', 'x'.repeat({size}));"
    bench.write({"build.js": text})
    root = {"devDependencies": {"vite": "0.0.0-none"}}
    bench.write({"package-lock.json": json.dumps({"lockfileVersion": 3, "packages": {"": root}})})
    plan = bench.plan()
    with bench.workshop() as workshop:
        (step,) = [step for step in plan.stage("build").steps if isinstance(step, NodeBuild)]
        assert step.compress
        bench.package(scripts={"build": "node build.js"})
        bench.write({"package-lock.json": json.dumps({"lockfileVersion": 3, "packages": {"": {}}})})
        layer = BuildStep(workshop, plan, step=step, pins=bench.pins, platform=machine_platform())
        files = bench.files(layer.make())
    assert set(files) == {
        "srv/index.html", "srv/index.html.br", "srv/index.html.gz", "srv/assets/a.png", "srv/small.css",
    }  # fmt: skip


@pytest.mark.parametrize("code", ["fs.symlinkSync('/etc', 'dist')", "fs.symlinkSync('../..', 'dist')"])
def test_a_build_that_leads_out_ships_nothing_of_this_machine(project: Bench, code: str) -> None:
    project.write({"build.js": f"const fs = require('fs'); {code};"})
    with pytest.raises(UsageError, match="dist leads out of the project"):
        made(project, "port = 1")

"""Production packages, installed by each manager for real: what ships is what the lock names for production."""

import json
import shutil
from pathlib import Path

import pytest
from tests.unit.assemble.node.bench import Bench
from tests.unit.assemble.node.conftest import Npm

from lading.assemble.node.modules import ModulesStep, leave_out_foreign, package_of, packages_below
from lading.assemble.node.parts import Machine, missing
from lading.errors import UsageError, VerificationFailed
from lading.plan.model import NodeModules, Plan

SERVER = {"server.js": "require('is-odd'); require('http').createServer().listen(process.env.PORT || 3000)"}
NAMED = {
    "dependencies": {"is-odd": "3.0.1"},
    "devDependencies": {"left-pad": "1.3.0"},
    "scripts": {"start": "node server.js"},
}
PACKAGES = {"is-odd", "is-number"}
"""is-odd, and what it needs."""


def made(bench: Bench, plan: Plan, platform: str = "linux/amd64") -> dict[str, bytes]:
    with bench.workshop() as workshop:
        (step,) = [step for step in plan.stage("modules").steps if isinstance(step, NodeModules)]
        layer = ModulesStep(workshop, plan, step=step, pins=bench.pins, platform=platform)
        assert not {"very-secret"}.intersection(layer.inputs().values())
        return {path: data for path, (_, data) in bench.files(layer.make()).items()}


def names(files: dict[str, bytes]) -> set[str]:
    """The names of the packages whose manifests are there."""
    return {json.loads(data)["name"] for path, data in files.items() if path.endswith("/package.json")}


def test_npm(bench: Bench, npm: Npm) -> None:
    bench.package(**NAMED)
    bench.write(SERVER)
    npm(bench.folder, "install", "--package-lock-only")
    files = made(bench, bench.plan())
    assert names(files) == PACKAGES
    assert not [path for path in files if ".package-lock.json" in path or "/.cache/" in path]
    assert all("very-secret" not in command for command in bench.ran)
    assert made(bench, bench.plan()) == files
    assert names(made(bench, bench.plan(), "linux/arm64")) == PACKAGES


@pytest.mark.parametrize(
    ("manager", "lock", "words"),
    [
        ("pnpm@10.34.8", "pnpm-lock.yaml", ("install", "--lockfile-only")),
        ("yarn@1.22.22", "yarn.lock", ("install", "--ignore-scripts", "--silent")),
        ("@yarnpkg/cli-dist@4.18.1", "yarn.lock", ("install", "--mode=update-lockfile")),
    ],
)
def test_other_managers(bench: Bench, npm: Npm, manager: str, lock: str, words: tuple[str, ...]) -> None:
    said = {"packageManager": "yarn@4.18.1"} if "cli-dist" in manager else {}
    bench.package(**NAMED, **said)
    bench.write(SERVER)
    program = "pnpm" if "pnpm" in manager else "yarn"
    npm(bench.folder, "exec", "--yes", f"--package={manager}", "--", program, *words)
    shutil.rmtree(bench.folder / "node_modules", ignore_errors=True)
    assert (bench.folder / lock).is_file()
    files = made(bench, bench.plan())
    assert names(files) == PACKAGES
    assert not [path for path in files if path.rpartition("/")[2].startswith((".modules", ".yarn", ".pnpm-workspace"))]


def test_a_manager_that_is_not_the_one_that_is_said_is_refused(bench: Bench) -> None:
    bench.package(**NAMED, packageManager=f"yarn@1.22.22+sha512.{'0' * 128}")
    bench.write({**SERVER, "yarn.lock": "# yarn lockfile v1\n"})
    with pytest.raises(VerificationFailed, match=r"yarn@1\.22\.22 is not what package\.json › packageManager says"):
        made(bench, bench.plan())


def test_another_package_than_the_locked_one_is_refused(bench: Bench, npm: Npm) -> None:
    bench.package(**NAMED)
    bench.write(SERVER)
    npm(bench.folder, "install", "--package-lock-only")
    lock = json.loads((bench.folder / "package-lock.json").read_text())
    lock["packages"]["node_modules/is-odd"]["integrity"] = f"sha512-{'A' * 86}=="
    bench.write({"package-lock.json": json.dumps(lock)})
    with pytest.raises(VerificationFailed, match="a package is not the one that was locked"):
        made(bench, bench.plan())


def test_scripts_are_not_run_for_another_machine(bench: Bench) -> None:
    bench.package(**NAMED)
    entry = {"version": "1.0.0", "hasInstallScript": True}
    root = {"dependencies": NAMED["dependencies"], "devDependencies": NAMED["devDependencies"]}
    lock = {"lockfileVersion": 3, "packages": {"": root, "node_modules/native": entry}}
    bench.write({**SERVER, "package-lock.json": json.dumps(lock)})
    with pytest.raises(UsageError, match="native: installing runs scripts") as caught:
        made(bench, bench.plan(), "linux/arm64")
    assert 'engine = "buildkit"' in caught.value.fix


@pytest.mark.parametrize(
    ("path", "package"),
    [
        ("node_modules/a/b.js", "node_modules/a"),
        ("node_modules/.bin/a", "node_modules/.bin"),
        ("node_modules/@a/b/node_modules/c/d.js", "node_modules/@a/b"),
        ("node_modules/.pnpm/a@1.0.0/node_modules/a/b.js", "node_modules/.pnpm/a@1.0.0"),
        ("apps/web/node_modules/a/b.js", "apps/web/node_modules/a"),
    ],
)
def test_a_file_is_of_the_outermost_package(path: str, package: str) -> None:
    assert package_of(path) == package


def test_links_to_what_does_not_ship_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "node_modules/a").mkdir(parents=True)
    (tmp_path / "node_modules/a/.package-lock.json").write_text("{}")
    (tmp_path / "node_modules/.package-lock.json").write_text("{}")
    (tmp_path / "node_modules/gone").symlink_to("../packages/gone")
    (tmp_path / "package.json").write_text("{}")
    found = {name: [entry.path for entry in entries] for name, entries in packages_below(tmp_path)}
    assert found == {"node_modules/a": ["node_modules/a/.package-lock.json"]}


def test_parts_for_other_machines_are_left_out(tmp_path: Path) -> None:
    parts = {
        "plain": {}, "linux": {"os": ["linux"], "cpu": ["arm64"], "libc": ["glibc"]}, "mac": {"os": ["darwin"]},
        "intel": {"cpu": "x64"}, "musl": {"libc": ["musl"]}, "@scope/not-windows": {"os": ["!win32"]},
    }  # fmt: skip
    for name, said in parts.items():
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "package.json").write_text(json.dumps(said))
    leave_out_foreign(tmp_path, Machine.of("arm64", "glibc"))
    kept = {path.parent.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("package.json")}
    assert kept == {"plain", "linux", "@scope/not-windows"}


def test_a_part_for_the_target_that_npm_left_out_is_missed(tmp_path: Path) -> None:
    entries = {
        "": {"dependencies": {"there": "1", "absent": "1"}, "optionalDependencies": {"@part/for-tests": "1"}},
        "node_modules/there": {
            "dependencies": {"y": "1"},
            "optionalDependencies": dict.fromkeys(
                ("@part/linux-x64", "@part/linux-x64-musl", "@part/linux-arm64", "@part/wasm"), "1"
            ),
        },
        "node_modules/absent": {"optional": True, "os": ["darwin"], "dependencies": {"x": "1"}},
        "node_modules/@part/wasm": {"optional": True, "cpu": ["wasm32"], "dependencies": {"wasm-runtime": "1"}},
        "node_modules/wasm-runtime": {"optional": True},
        "node_modules/@part/linux-x64": {"optional": True, "os": ["linux"], "cpu": ["x64"], "libc": ["glibc"]},
        "node_modules/@part/linux-x64-musl": {"optional": True, "cpu": ["x64"], "libc": ["musl"]},
        "node_modules/@part/linux-arm64": {"optional": True, "os": ["linux"], "cpu": ["arm64"]},
        "node_modules/@part/for-tests": {"optional": True, "dev": True},
        "node_modules/absent/node_modules/x": {"optional": True},
        "node_modules/there/node_modules/y": {"optional": True},
    }
    (tmp_path / "node_modules/there").mkdir(parents=True)
    lock = json.dumps({"packages": entries}).encode()
    assert missing(lock, tmp_path, Machine.of("amd64", "glibc")) == (
        "node_modules/@part/linux-x64", "node_modules/there/node_modules/y",
    )  # fmt: skip
    assert missing(b"{", tmp_path, Machine.of("amd64", "glibc")) == ()

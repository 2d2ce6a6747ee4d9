"""Plans of Node services and sites: what is built where, what ships, and what starts."""

import json

import msgspec
import pytest
from tests.unit.survey.node.projects import EXPRESS, lock, package, service_of, tree_of

from lading.errors import LadingError, Problems, UsageError
from lading.plan.make import make_plan, starts
from lading.plan.model import (
    CopyFromStage,
    CopyTree,
    DebianBase,
    ImageBase,
    NodeBuild,
    NodeModules,
    NodeOutput,
    NodeProgram,
    OwnProgram,
    Plan,
    ToolchainBase,
)
from lading.plan.node.words import health_command, node_words
from lading.strategy.read import read_strategy
from lading.strategy.resolve import resolve
from lading.tree import MemoryTree, Patterns

BUILT = {"build": "tsc", "start": "node dist/main.js"}


def planned(tree: MemoryTree, settings: str = "", name: str = "") -> Plan:
    facts = service_of(tree, name)
    strategy = resolve(read_strategy(settings.encode(), None), facts.name.value, facts.folder)
    return make_plan(facts, strategy).plan


def refused(tree: MemoryTree, settings: str = "") -> str:
    with pytest.raises((UsageError, Problems)) as caught:
        planned(tree, settings)
    error: LadingError = caught.value
    return str(error)


def server(**more: object) -> MemoryTree:
    own = package(scripts=BUILT, dependencies={"express": "^5"}, **more)
    return tree_of(own, {"src/main.ts": EXPRESS, "views/a.ejs": "", ".env": "SECRET=1", "README.md": ""})


def test_a_built_server_ships_its_output_its_packages_and_node() -> None:
    plan = planned(server())
    build, modules, runtime = plan.stages
    assert [stage.base for stage in (build, modules)] == [ToolchainBase(name="node", version="24")] * 2
    (built,) = build.steps
    assert isinstance(built, NodeBuild)
    assert built.runs == ((".", "build"),)
    assert built.outputs == (
        NodeOutput(source="dist", destination="/app/dist"),
        NodeOutput(source="package.json", destination="/app/package.json"),
        NodeOutput(source="views", destination="/app/views"),
    )
    assert [type(step) for step in modules.steps] == [NodeModules]
    assert isinstance(runtime.base, DebianBase)
    assert not any("python" in root or root in ("coreutils", "dash") for root in runtime.base.roots)
    copied = [step.path for step in runtime.steps if isinstance(step, CopyFromStage)]
    assert copied == ["/app/node_modules", "/app"]
    assert [step.path for step in runtime.steps if isinstance(step, NodeProgram)] == ["/nodejs/bin/node"]
    assert not any(isinstance(step, CopyTree) for step in runtime.steps)


def test_a_server_is_started_by_node_and_not_by_npm() -> None:
    config = planned(server()).config
    assert (config.entrypoint, config.command) == (("/nodejs/bin/node",), ("dist/main.js",))
    assert config.user == "65532:65532"
    assert dict(config.env)["NODE_ENV"] == "production"
    assert dict(config.env)["PORT"] == "3000"
    assert config.health
    assert config.health.command[:2] == ("/nodejs/bin/node", "-e")


def test_development_and_secrets_are_in_no_build_and_no_image() -> None:
    (build, *_) = planned(server()).stages
    (built,) = build.steps
    assert isinstance(built, NodeBuild)
    hidden = Patterns(built.exclude)
    assert all(hidden.matches(path) for path in (".env", ".npmrc", "dist/old.js", "src/main.test.ts", "keys/a.pem"))
    assert not any(hidden.matches(path) for path in ("src/main.ts", "tsconfig.json", "views/a.ejs"))


def test_source_that_runs_ships_without_what_is_for_developing() -> None:
    own = package(scripts={"start": "node a.js"}, dependencies={"express": "*"})
    plan = planned(tree_of(own, {"a.js": EXPRESS}))
    assert [stage.name for stage in plan.stages] == ["modules", "runtime"]
    (source,) = [step for step in plan.runtime.steps if isinstance(step, CopyTree)]
    hidden = Patterns(source.exclude)
    assert all(hidden.matches(path) for path in ("a.test.js", "test/a.js", ".eslintrc.json", "package-lock.json"))
    assert not hidden.matches("package.json")


def test_without_packages_nothing_is_installed() -> None:
    plan = planned(MemoryTree({"package.json": package(scripts={"start": "node a.js"}), "a.js": EXPRESS}))
    assert [(stage.name, stage.steps) for stage in plan.stages[:-1]] == [("build", ())]


def test_a_site_is_files_and_a_server_of_them() -> None:
    own = package(scripts={"build": "vite build"}, devDependencies={"vite": "^8", "react": "^19"})
    plan = planned(tree_of(own, {"index.html": ""}))
    assert isinstance(plan.runtime.base, DebianBase)
    assert plan.runtime.base.name == "static"
    built = plan.stage("build").steps[0]
    assert isinstance(built, NodeBuild)
    assert (built.outputs, built.compress) == ((NodeOutput(source="dist", destination="/srv"),), True)
    assert [type(step) for step in plan.stage("server").steps] == [OwnProgram]
    assert plan.config.entrypoint == ("/lading/static-server",)
    assert dict(plan.config.env)["STATIC_FALLBACK"] == "index.html"
    assert plan.config.health
    assert plan.config.health.command == ("/lading/static-server", "-probe")
    assert not any(isinstance(step, NodeProgram | NodeModules) for stage in plan.stages for step in stage.steps)


def test_next_standalone_needs_no_packages() -> None:
    own = package(scripts={"build": "next build"}, dependencies={"next": "^16"})
    plan = planned(tree_of(own, {"next.config.mjs": 'export default { output: "standalone" };'}))
    assert [stage.name for stage in plan.stages] == ["build", "runtime"]
    built = plan.stage("build").steps[0]
    assert isinstance(built, NodeBuild)
    assert [(one.source, one.destination, one.optional) for one in built.outputs] == [
        (".next/standalone", "/app", False),
        (".next/static", "/app/.next/static", False),
        ("public", "/app/public", True),
    ]
    assert plan.config.command == ("server.js",)
    assert dict(plan.config.env)["HOSTNAME"] == "0.0.0.0"


def test_only_named_packages_may_run_something_and_in_production_only_its_own() -> None:
    own = package(scripts=BUILT, dependencies={"native": "1"}, devDependencies={"tool": "1"})
    packages = {
        "node_modules/native": {"version": "1.0.0", "hasInstallScript": True},
        "node_modules/tool": {"version": "1.0.0", "hasInstallScript": True, "dev": True},
    }
    plan = planned(tree_of(own, {"src/main.ts": ""}, packages), "port = 1")
    build, modules, _ = plan.stages
    steps = [*build.steps, *modules.steps]
    assert [step.install.scripts for step in steps if isinstance(step, NodeBuild | NodeModules)] == [
        ("native", "tool"), ("native",),
    ]  # fmt: skip
    assert any("native, tool" in note for note in plan.notes)


def test_a_member_of_a_workspace_keeps_its_place() -> None:
    root = package("shop", workspaces=["apps/*", "packages/*"])
    web = package("@shop/web", scripts=BUILT, dependencies={"@shop/ui": "*", "a": "1"})
    ui = package("@shop/ui", scripts={"build": "tsc"})
    folders = {"": root, "apps/web": web, "packages/ui": ui, "apps/other": package("other")}
    files = {f"{folder}/package.json".lstrip("/"): text for folder, text in folders.items()}
    plan = planned(MemoryTree({**files, "package-lock.json": lock(*folders.items())}), name="web")
    built = plan.stage("build").steps[0]
    assert isinstance(built, NodeBuild)
    assert (plan.context, plan.folder, plan.config.workdir) == (".", "apps/web", "/app/apps/web")
    assert built.runs == (("packages/ui", "build"), ("apps/web", "build"))
    assert [one.destination for one in built.outputs] == [
        "/app/apps/web/dist", "/app/apps/web/package.json", "/app/packages/ui",
    ]  # fmt: skip
    hidden = Patterns(built.exclude)
    assert hidden.matches("apps/other/index.ts")
    assert not any(hidden.matches(path) for path in ("apps/web/src/a.ts", "packages/ui/a.ts", "tsconfig.base.json"))


def test_an_image_with_node_in_it_decides_which() -> None:
    plan = planned(server(), 'base = "node:22-slim"')
    assert plan.runtime.base == ImageBase(reference="node:22-slim", interpreter="/usr/local/bin/node")
    assert plan.stages[0].base == ToolchainBase(name="node", version="22")
    assert plan.config.entrypoint == ("/usr/local/bin/node",)


@pytest.mark.parametrize(
    ("more", "settings", "told"),
    [
        ({"engines": {"node": ">=99"}}, "", "wants node >=99, and the lines that are supported are 24, 22, 20"),
        ({"engines": {"node": "24.x"}}, 'base = "node:22-slim"', "wants node 24, and node:22-slim has 22"),
        ({}, 'base = "company/base:1"', "it is not known where the node of company/base:1 is"),
        ({}, 'command = ["sh", "-c", "node a.js"]', "the image's node cannot run 'sh -c node a.js'"),
    ],
)
def test_what_stands_against_a_plan(more: dict[str, object], settings: str, told: str) -> None:
    assert told in refused(server(**more), settings)


def test_a_start_that_needs_what_production_lacks_is_refused() -> None:
    own = package(scripts={"build": "next build"}, devDependencies={"next": "^16"})
    assert "starts with next, which is not among its production packages" in refused(tree_of(own, {}))


def test_a_library_is_no_service() -> None:
    own = package(scripts={"build": "tsc"}, main="dist/index.js", devDependencies={"typescript": "*"})
    facts = service_of(tree_of(own, {"src/index.ts": ""}))
    assert not starts(facts, resolve(read_strategy(b"", None), "shop", "."))


def test_a_plan_reads_back_as_the_same_plan() -> None:
    plan = planned(server())
    assert msgspec.json.decode(msgspec.json.encode(plan), type=Plan) == plan
    assert json.loads(msgspec.json.encode(plan))["context"] == "."


@pytest.mark.parametrize(
    ("words", "made"),
    [
        (("node", "--import", "./otel.js", "dist/a.js"), ("--import", "./otel.js", "dist/a.js")),
        (("dist/a.js", "--port", "{port}"), ("dist/a.js", "--port", "80")),
        (("prisma", "migrate", "deploy"), ("node_modules/prisma/build/index.js", "migrate", "deploy")),
        (("npm", "start"), None),
        (("node",), None),
    ],
)
def test_words_for_node(words: tuple[str, ...], made: tuple[str, ...] | None) -> None:
    assert node_words(words, 80) == made


def test_the_health_check_needs_no_shell() -> None:
    node, flag, code = health_command("/nodejs/bin/node", 3000, "/health", 2.5)
    assert (node, flag) == ("/nodejs/bin/node", "-e")
    assert 'port:3000,path:"/health",timeout:2500' in code


def test_packages_are_for_the_c_library_of_the_base() -> None:
    def libc(base: str) -> str:
        (modules,) = planned(server(), f'base = "{base}"').stage("modules").steps
        assert isinstance(modules, NodeModules)
        return modules.libc

    assert [libc(base) for base in ("distroless", "node:24-slim", "node:24.6.0-alpine3.22")] == [
        "glibc",
        "glibc",
        "musl",
    ]

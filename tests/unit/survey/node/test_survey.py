"""Node projects of a repository: what each is, and what stands against building it."""

import json

import pytest
from tests.unit.survey.node.projects import EXPRESS, lock, package, service_of, surveyed, tree_of

from lading.survey.model import BuildOutput, Fact, NodeService
from lading.tree import MemoryTree

BUILT = {"build": "tsc", "start": "node dist/main.js"}


def test_a_plain_server_runs_from_its_source() -> None:
    own = package(scripts={"start": "node server.js"}, dependencies={"express": "^5"}, devDependencies={"jest": "*"})
    found = service_of(tree_of(own, {"server.js": EXPRESS, "server.test.js": "process.env.ONLY_IN_TESTS"}))
    assert (found.kind, found.source_runs, found.outputs, found.script) == ("server", True, (), None)
    assert found.start
    assert found.start.value == ("server.js",)
    assert found.port
    assert (found.port.value, found.port.source) == (3000, "server.js:5")
    assert found.port_variable
    assert [fact.value for fact in found.health] == ["/health"]
    assert found.production == ("express",)
    assert (found.packages.manager, found.packages.lock) == ("npm", "package-lock.json")
    assert not found.variables


def test_a_built_server_ships_its_output_and_what_it_reads_beside() -> None:
    own = package(scripts=BUILT, type="module", dependencies={"express": "^5", "prisma": "^6"})
    files = {"src/main.ts": EXPRESS, "views/index.ejs": "", "prisma/migrations/1/migration.sql": ""}
    found = service_of(tree_of(own, files))
    assert not found.source_runs
    assert [output.source for output in found.outputs] == ["dist", "package.json", "prisma", "views"]
    (migrate,) = found.processes
    assert migrate.value.words == ("node_modules/prisma/build/index.js", "migrate", "deploy")
    assert migrate.value.runs_once


def test_what_a_build_left_behind_tells_nothing() -> None:
    own = package(scripts={"build": "next build"}, dependencies={"next": "^16"})
    found = service_of(tree_of(own, {".next/server/app.js": "process.env.X; listen(1)", "app/page.tsx": ""}))
    assert found.variables == ()
    assert found.port == Fact(value=3000, source="Next.js's own", certainty="found")


def test_a_server_that_does_not_end_by_itself_is_told_of() -> None:
    own = package(scripts=BUILT, dependencies={"@nestjs/core": "^12"})
    plain = "async function main() { const app = await NestFactory.create(App); await app.listen(3000); }"
    (note,) = service_of(tree_of(own, {"src/main.ts": plain})).notes
    assert "SIGTERM" in note
    assert not service_of(tree_of(own, {"src/main.ts": f"{plain}\napp.enableShutdownHooks();"})).notes


def test_a_server_of_ones_own_makes_a_server_of_what_vite_builds() -> None:
    own = package(scripts={"build": "vite build", "start": "node dist/server/main.js"}, devDependencies={"vite": "^8"})
    found = service_of(tree_of(own, {"src/server/main.ts": EXPRESS}))
    assert (found.kind, found.outputs[0]) == ("server", BuildOutput("dist", "dist"))
    assert found.framework
    assert found.framework.value == "Vite"


@pytest.mark.parametrize(
    ("names", "fallback"), [({"vite": "^8", "react": "^19"}, "index.html"), ({"vite": "^8"}, ""), ({"astro": "^6"}, "")]
)
def test_a_site_of_one_page_answers_for_its_own_paths(names: dict[str, str], fallback: str) -> None:
    found = service_of(tree_of(package(scripts={"build": "x", "dev": "y"}, devDependencies=names), {"index.html": ""}))
    assert (found.kind, found.fallback, found.start) == ("site", fallback, None)


def test_every_line_of_a_procfile_is_kept() -> None:
    own = package(scripts={"start": "node a.js", "worker": "node never.js"}, dependencies={"express": "*"})
    lines = "web: node web.js --port $PORT\nworker: node worker.js\nclock: node clock.js\nrelease: ./migrate.sh\n"
    found = service_of(tree_of(own, {"web.js": "", "Procfile": lines}))
    assert {one.value.name: (one.value.words, one.value.note) for one in found.processes} == {
        "web": (("web.js", "--port", "{port}"), ""),
        "worker": (("worker.js",), ""),
        "clock": (("clock.js",), ""),
        "release": ((), "./migrate.sh is no file that node runs"),
    }


def test_scripts_with_telling_names_are_processes() -> None:
    scripts = {
        "start": "node a.js",
        "worker:prod": "node dist/worker.js",
        "worker": "nodemon worker.ts",
        "db:migrate": "knex migrate:latest",
        "migrate:create": "knex migrate:make",
        "cron": "node cron.js",
    }
    found = service_of(tree_of(package(scripts=scripts, dependencies={"knex": "*"}), {"a.js": ""}))
    assert {one.value.name: one.value.words for one in found.processes} == {
        "worker": ("dist/worker.js",),
        "migrate": ("node_modules/knex/bin/cli.js", "migrate:latest"),
        "cron": ("cron.js",),
    }


def test_nest_joins_its_controllers_paths() -> None:
    own = package(scripts=BUILT, dependencies={"@nestjs/core": "^11"})
    source = "@Controller('status')\nexport class Status {\n  @Get('health')\n  health() {}\n}\n"
    found = service_of(tree_of(own, {"src/status.controller.ts": source}))
    assert [(fact.value, fact.source) for fact in found.health] == [("/status/health", "src/status.controller.ts:3")]


def test_a_file_may_answer_by_being_there() -> None:
    own = package(scripts={"build": "next build"}, dependencies={"next": "^16"})
    found = service_of(tree_of(own, {"app/api/health/route.ts": "", "app/(shop)/page.tsx": ""}))
    assert [fact.value for fact in found.health] == ["/api/health"]


def test_drivers_lead_to_backing_services() -> None:
    own = package(scripts={"start": "node a.js"}, dependencies={"pg": "^8", "ioredis": "^5"})
    found = service_of(tree_of(own, {"a.js": "connect(process.env.DATABASE_URL); redis(process.env.REDIS_URL)"}))
    assert [(one.value.kind, one.value.carriers[0].variable) for one in found.backing] == [
        ("postgres", "DATABASE_URL"), ("redis", "REDIS_URL"),
    ]  # fmt: skip


SERVER = package(scripts={"start": "node a.js"}, dependencies={"express": "^5"})


@pytest.mark.parametrize(
    ("files", "what", "fix"),
    [
        ({"package.json": SERVER}, "there is no lock file", "npm install --package-lock-only"),
        (
            {"package.json": SERVER, "package-lock.json": lock(("", SERVER)), "yarn.lock": ""},
            "there are several lock files: yarn.lock and package-lock.json",
            "keep the one",
        ),
        ({"package.json": SERVER, "bun.lock": "{}"}, "Bun is not supported", "npm install --package-lock-only"),
        (
            {"package.json": package(packageManager="yarn@4.5.0", dependencies={"a": "1"}, scripts={"build": "x"})},
            "there is no lock file",
            "yarn install --mode=update-lockfile",
        ),
        (
            {"package.json": package(packageManager="pnpm@10.0.0", scripts={"build": "x"}), "yarn.lock": ""},
            "packageManager says pnpm, and yarn.lock is Yarn's",
            "make the two agree",
        ),
        (
            {"package.json": SERVER, "package-lock.json": lock(("", package(dependencies={"express": "^4"})))},
            "package-lock.json is stale: package.json has changed since (express)",
            "npm install --package-lock-only",
        ),
        ({"package.json": "{", "package-lock.json": "{}"}, "package.json cannot be read", ""),
        ({"package.json": SERVER, "package-lock.json": "{}"}, "older than npm 7", "npm install"),
    ],
)
def test_what_stands_against_a_project_is_told_with_the_way_out(files: dict[str, str], what: str, fix: str) -> None:
    found = surveyed(MemoryTree({"a.js": "", **files}))
    assert not found.services
    (refused,) = found.unsupported
    assert what in refused.what
    assert fix in refused.fix


def test_settings_of_tools_are_no_project() -> None:
    own = package(scripts={"lint": "eslint ."}, devDependencies={"eslint": "*"})
    assert surveyed(MemoryTree({"package.json": own})) == surveyed(MemoryTree({}))


WEB = package("@shop/web", scripts={"build": "x", "start": "node dist/a.js"}, dependencies={"@shop/ui": "*", "a": "1"})
UI = package("@shop/ui", scripts={"build": "tsc"}, dependencies={"@shop/base": "*", "b": "1"})
BASE = package("@shop/base", main="index.js")
API = package("@shop/api", scripts={"start": "node a.js"}, dependencies={"express": "^5"})
ROOT = package("shop", private=True, workspaces=["apps/*", "packages/*"], engines={"node": "22"})


def workspace(**more: str) -> MemoryTree:
    folders = {"": ROOT, "apps/web": WEB, "apps/api": API, "packages/ui": UI, "packages/base": BASE}
    files = {f"{folder}/package.json".lstrip("/"): text for folder, text in folders.items()}
    others = {"apps/api/a.js": EXPRESS, "packages/ui/index.ts": "", "packages/base/index.js": ""}
    return MemoryTree({**files, **others, "package-lock.json": lock(*folders.items()), **more})


def test_a_member_of_a_workspace_is_made_of_its_own_local_packages() -> None:
    web, api = (service_of(workspace(), name) for name in ("web", "api"))
    assert (web.folder, web.root) == ("apps/web", ".")
    assert web.packages.member == "apps/web"
    assert web.packages.local == ("packages/base", "packages/ui")
    assert web.builds == ("packages/ui",)
    assert web.production == ("a", "b")
    # A manager looks at every manifest of a workspace, whomever it installs for.
    assert "apps/api/package.json" in web.packages.manifests
    assert (api.packages.local, api.production, api.node.value) == ((), ("express",), "22")


def test_libraries_and_the_root_of_a_workspace_are_no_services() -> None:
    found = surveyed(workspace())
    services = [one for one in found.services if isinstance(one, NodeService)]
    assert [one.name.value for one in services if one.start or one.kind == "site"] == ["api", "web"]
    assert not found.unsupported


def test_a_dependency_outside_of_the_repository_of_packages_is_refused() -> None:
    own = json.loads(SERVER) | {"dependencies": {"other": "file:../other"}}
    text = json.dumps(own)
    tree = MemoryTree({"app/package.json": text, "app/package-lock.json": lock(("", text)), "app/a.js": ""})
    (refused,) = surveyed(tree).unsupported
    assert "other comes from file:../other, outside of the folder that has the lock" in refused.what


def test_python_and_node_side_by_side_are_two_services() -> None:
    own = package("front", scripts={"build": "vite build"}, devDependencies={"vite": "^8"})
    tree = MemoryTree({
        "front/package.json": own, "front/package-lock.json": lock(("", own)), "front/index.html": "",
        "api/pyproject.toml": '[project]\nname = "api"\nversion = "1"\n', "api/requirements.txt": "fastapi\n",
    })  # fmt: skip
    found = surveyed(tree)
    assert "front" in [one.name.value for one in found.services]


@pytest.mark.parametrize(("more", "told"), [("", True), ("process.on('SIGTERM', () => server.close())", False)])
def test_a_server_that_would_not_end_when_it_is_asked_is_told(more: str, told: bool) -> None:
    own = package(scripts={"start": "node a.js"}, dependencies={"express": "^5"})
    notes = service_of(tree_of(own, {"a.js": EXPRESS + more})).notes
    assert any("SIGTERM" in note for note in notes) is told


@pytest.mark.parametrize("folder", ["../../etc", "/../etc", "a/../../b"])
def test_what_leads_out_of_the_project_is_a_problem(folder: str) -> None:
    own = package(scripts={"build": "vite build"}, devDependencies={"vite": "^8"})
    found = service_of(tree_of(own, {"vite.config.js": f"export default {{ build: {{ outDir: '{folder}' }} }}"}))
    ((what, _),) = found.problems
    assert "outside of the project" in what

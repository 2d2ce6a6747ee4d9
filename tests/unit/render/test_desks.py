"""Services in Go and in Node as they are developed in containers: what starts them, and what holds of each image."""

from typing import Any

import pytest
import yaml
from tests.support.dockerfile import parse
from tests.support.golden import examples
from tests.support.members import service
from tests.unit.survey.node.projects import EXPRESS, lock, package, service_of

from lading.plan.make import make_plan
from lading.plan.model import Process
from lading.render.desks import desk_of
from lading.render.development import development
from lading.render.roles import Member
from lading.render.workplace import Desk, Start
from lading.strategy.read import read_strategy
from lading.strategy.resolve import resolve
from lading.tree import MemoryTree
from lading.tree.patterns import Patterns, parse_ignore_file


def node_member(settings: str = "", /, files: dict[str, str] | None = None, **said: Any) -> Member:
    """A service in Node with this `package.json`; its source is one file."""
    said.setdefault("dependencies", {"express": "^5"})
    own = package(**said)
    tree = MemoryTree(
        {"package.json": own, "package-lock.json": lock(("", own)), "server.js": EXPRESS, **(files or {})}
    )
    facts = service_of(tree)
    strategy = resolve(read_strategy(settings.encode(), None), facts.name.value, facts.folder)
    return Member(make_plan(facts, strategy).plan, facts, strategy)


def desk(member: Member) -> Desk:
    found = desk_of(member)
    assert found is not None
    return found


def started(member: Member) -> Start:
    return desk(member).start(member.plan.processes[0])


EXAMPLES = examples()
BUILT = {"build": "tsc", "start": "node dist/a.js"}


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_nothing_of_production_is_lost(name: str) -> None:
    member = EXAMPLES[name][0]
    _, instructions = parse(desk(member).dockerfile(None))
    said = {one.name: one for one in instructions}
    assert said["USER"].rest == member.plan.config.user
    assert said["EXPOSE"].rest == str(member.plan.config.port)
    assert said["STOPSIGNAL"].rest == member.plan.config.stop_signal
    assert [one.rest.split()[1:] for one in instructions if one.name == "FROM"] == [["AS", "development"]]
    assert ":" in said["FROM"].rest
    assert desk(member).health()


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_no_secret_gets_into_the_build(name: str) -> None:
    ignored = Patterns(parse_ignore_file(desk(EXAMPLES[name][0]).dockerignore()))
    assert all(ignored.matches(path) for path in (".env", "a/key.pem", ".git/HEAD", "main.go", "src/index.ts"))


def test_a_program_in_go_is_built_from_its_own_package_and_once_where_it_ends_by_itself() -> None:
    member = EXAMPLES["fleet.auth"][0]
    web, migrate = (next(one for one in member.plan.processes if one.name == name) for name in ("web", "migrate"))
    assert desk(member).start(web) == (("/src", "./services/auth/cmd/auth"), True)
    assert desk(member).start(migrate, once=True) == (("--once", "/src", "./services/auth/cmd/migrate"), False)
    other = Process(name="other", command=("/bin/other", "-v"), source="")
    assert desk(member).start(other) == (("/bin/other", "-v"), False)


def test_the_caches_of_go_are_a_volume_of_their_own() -> None:
    found = yaml.safe_load(development([EXAMPLES["fleet.auth"][0]]))
    assert {"type": "volume", "source": "auth.caches", "target": "/caches"} in found["services"]["auth"]["volumes"]
    assert "auth.caches" in found["volumes"]
    assert found["services"]["auth"]["build"] == {"context": ".", "dockerfile": "services/auth/Dockerfile.dev"}


@pytest.mark.parametrize(("scripts", "dependencies", "words"), [
    ({"start": "node server.js"}, {}, ("--", "node", "server.js")),
    ({"dev": "node --watch server.js", "start": "node server.js"}, {}, ("--watches", "--", "npm", "run", "dev")),
    (BUILT, {}, ("--build", ".", "build", "--", "node", "dist/a.js")),
    ({**BUILT, "dev": "nodemon dist/a.js"}, {}, ("--build", ".", "build", "--", "node", "dist/a.js")),
    ({**BUILT, "dev": "tsx watch src/a.ts"}, {}, ("--watches", "--", "npm", "run", "dev")),
    ({**BUILT, "dev": "vite"}, {"vite": "^8"}, ("--build", ".", "build", "--", "node", "dist/a.js")),
    ({"dev": "next dev --turbo", "build": "next build", "start": "next start"}, {"next": "^16", "react": "^19"},
     ("--watches", "--", "npm", "run", "dev", "--", "--hostname", "0.0.0.0", "--port", "8081")),
])  # fmt: skip
def test_what_starts_a_service_in_node(
    scripts: dict[str, str], dependencies: dict[str, str], words: tuple[str, ...]
) -> None:
    member = node_member("port = 8081", scripts=scripts, dependencies={"express": "^5", **dependencies})
    assert started(member) == (words, True)


def test_a_process_that_ends_by_itself_is_not_started_again() -> None:
    member = node_member(scripts=BUILT)
    job = Process(name="migrate", command=("dist/migrate.js",), source="")
    words = ("--once", "--build", ".", "build", "--", "node", "dist/migrate.js")
    assert desk(member).start(job, once=True) == (words, False)


def test_a_site_without_a_development_server_runs_as_it_ships() -> None:
    said: dict[str, Any] = {"dependencies": {}, "devDependencies": {"vite": "^8"}}
    page = {"index.html": "<p>", "server.js": ""}
    assert desk_of(node_member(files=page, scripts={"build": "vite build"}, **said)) is None
    served = node_member(files=page, scripts={"dev": "cross-env A=1 vite", "build": "vite build"}, **said)
    assert started(served).command[:5] == ("--watches", "--", "npm", "run", "dev")
    assert 'path:"/"' in desk(served).health()[-1]


def test_a_member_of_a_workspace_has_the_whole_of_it_and_may_write_there() -> None:
    root = package("all", workspaces=["apps/*", "libs/*"])
    web = package("web", scripts=BUILT, dependencies={"express": "^5", "words": "1.2.3"})
    words = package("words")
    locked = lock(
        ("", root), ("apps/web", web), ("libs/words", words),
        packages={"node_modules/words": {"resolved": "libs/words", "link": True},
                  "node_modules/web": {"resolved": "apps/web", "link": True}},
    )  # fmt: skip
    tree = MemoryTree({
        "package.json": root, "package-lock.json": locked, "apps/web/package.json": web, "apps/web/src/a.ts": EXPRESS,
        "libs/words/package.json": words, "libs/words/index.js": "",
    })  # fmt: skip
    facts = service_of(tree, "web")
    strategy = resolve(read_strategy(b"", None), "web", facts.folder)
    member = Member(make_plan(facts, strategy).plan, facts, strategy)
    _, instructions = parse(desk(member).dockerfile(None))
    (install,) = (one.rest for one in instructions if one.name == "RUN")
    assert install.endswith("&& chown -R 65532:65532 /app")
    assert [one.rest for one in instructions if one.name == "WORKDIR"] == ["/app", "/app/apps/web"]
    ignored = Patterns(parse_ignore_file(desk(member).dockerignore()))
    assert not any(ignored.matches(path) for path in ("package-lock.json", "libs/words/package.json"))
    build = yaml.safe_load(development([member]))["services"]["web"]["build"]
    assert build == {"context": ".", "dockerfile": "apps/web/Dockerfile.dev"}


@pytest.mark.parametrize("member", [node_member('volumes = ["/data"]'), service(settings='volumes = ["/data"]')])
def test_a_volume_is_there_and_belongs_to_the_user(member: Member) -> None:
    found = yaml.safe_load(development([member]))
    assert {"type": "volume", "source": "shop-data", "target": "/data"} in found["services"]["shop"]["volumes"]
    assert "shop-data" in found["volumes"]
    _, instructions = parse(desk(member).dockerfile(None))
    made = [one.rest for one in instructions if one.name == "RUN"]
    assert made[-1].split() == ["mkdir", "-p", "/data", "&&", "chown", "65532:65532", "/data"]

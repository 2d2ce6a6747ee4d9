"""Dockerfiles of Node services: each manager in its own words, and nothing that runs unasked."""

import pytest
from tests.unit.survey.node.projects import EXPRESS, lock, package, service_of, tree_of

from lading.plan.make import make_plan
from lading.render.dockerfile import dockerfile
from lading.strategy.read import read_strategy
from lading.strategy.resolve import resolve
from lading.tree import MemoryTree

OWN = {"scripts": {"build": "tsc", "start": "node dist/a.js"}, "dependencies": {"express": "^5"}}


def text_of(tree: MemoryTree, settings: str = "", name: str = "") -> str:
    facts = service_of(tree, name)
    strategy = resolve(read_strategy(settings.encode(), None), facts.name.value, facts.folder)
    return dockerfile(make_plan(facts, strategy).plan).replace(" \\\n    ", " ")


@pytest.mark.parametrize(
    ("said", "files", "words"),
    [
        ({}, {}, ("npm ci --ignore-scripts --no-audit --no-fund --omit=dev",)),
        (
            {"packageManager": "pnpm@9.15.0"},
            {"pnpm-lock.yaml": ""},
            ("npm install --global --no-audit --no-fund pnpm@9.15.0", "pnpm install --frozen-lockfile"),
        ),
        ({}, {"yarn.lock": ""}, ("yarn@1.22.22", "yarn install --frozen-lockfile --ignore-scripts")),
        (
            {"packageManager": "yarn@4.9.0"},
            {"yarn.lock": "", ".yarnrc.yml": ""},
            ("@yarnpkg/cli-dist@4.9.0", "YARN_ENABLE_SCRIPTS=false", "yarn workspaces focus --production"),
        ),
    ],
)  # fmt: skip
def test_each_manager_installs_what_is_locked(
    said: dict[str, str], files: dict[str, str], words: tuple[str, ...]
) -> None:
    own = package(**OWN, **said)
    locked = files or {"package-lock.json": lock(("", own))}
    text = text_of(MemoryTree({"package.json": own, "src/a.ts": EXPRESS, **locked}))
    assert all(word in text for word in words)
    assert "FROM gcr.io/distroless/nodejs24-debian13:nonroot AS runtime" in text
    assert 'CMD ["dist/a.js"]' in text


def test_who_may_run_something_is_named_and_gets_a_compiler() -> None:
    packages = {"node_modules/native": {"version": "1.0.0", "hasInstallScript": True}}
    text = text_of(tree_of(package(**OWN), {"src/a.ts": EXPRESS}, packages))
    assert text.count("npm rebuild --no-audit --no-fund native") == 2
    assert "FROM node:24-trixie AS modules" in text


@pytest.mark.parametrize(
    ("base", "stages"),
    [
        ("slim", ["node:24-trixie-slim", "node:24-trixie-slim", "node:24-trixie-slim"]),
        ("node:22-alpine", ["node:22-trixie-slim", "node:22-alpine", "node:22-alpine"]),
    ],
)
def test_packages_are_installed_where_they_will_run(base: str, stages: list[str]) -> None:
    text = text_of(tree_of(package(**OWN), {"src/a.ts": EXPRESS}), f'base = "{base}"')
    found = [line.split(" AS ")[0].split()[-1] for line in text.splitlines() if line.startswith("FROM ")]
    assert found == stages


def test_of_a_workspace_only_what_ships_is_left() -> None:
    root = package("shop", workspaces=["apps/*"])
    folders = {"": root, "apps/web": package("@shop/web", **OWN), "apps/other": package("@shop/other")}
    files = {f"{folder}/package.json".lstrip("/"): text for folder, text in folders.items()}
    text = text_of(
        MemoryTree({**files, "package-lock.json": lock(*folders.items()), "apps/web/src/a.ts": ""}), name="web"
    )
    assert "COPY apps/other/package.json apps/other/package.json" in text
    assert "rm -rf /app/apps/other" in text
    assert "(cd apps/web && npm run build)" in text
    assert "WORKDIR /app/apps/web" in text

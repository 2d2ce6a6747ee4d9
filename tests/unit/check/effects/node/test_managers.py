import json

import pytest
from tests.unit.check.effects.stage import Stage

NODE = "node:22-slim"
MANIFEST = json.dumps({"name": "shop", "scripts": {"build": "next build", "compile": "tsc", "bundle": "vite build"}})
LOCK = json.dumps(
    {
        "name": "shop",
        "lockfileVersion": 3,
        "packages": {
            "": {"name": "shop"},
            "node_modules/next": {"version": "15.0.0", "bin": {"next": "dist/bin/next"}},
            "node_modules/@scope/tool": {"version": "1.0.0", "bin": "cli.js"},
            "node_modules/typescript": {"version": "5.0.0", "dev": True, "bin": {"tsc": "bin/tsc"}},
            "node_modules/sharp": {"version": "1.0.0", "optional": True},
            "node_modules/next/node_modules/nested": {"version": "1.0.0", "bin": "nested.js"},
        },
    }
)
FILES = {"/app/package.json": MANIFEST, "/app/package-lock.json": LOCK}
MODULES = "/app/node_modules"


@pytest.mark.parametrize(
    ("line", "env", "typescript"),
    [
        ("npm ci", {}, "present"),
        ("npm ci --omit=dev", {}, "absent"),
        ("npm install --production", {}, "absent"),
        ("npm ci", {"NODE_ENV": "production"}, "absent"),
        ("NODE_ENV=production npm ci --include=dev", {}, "present"),
    ],
)
def test_a_lock_tells_what_is_installed(line: str, env: dict[str, str], typescript: str) -> None:
    stage = Stage(NODE, FILES, env=env).run(line)
    expected = {
        f"{MODULES}/next": "present",
        f"{MODULES}/@scope/tool": "present",
        f"{MODULES}/typescript": typescript,
        f"{MODULES}/.bin/tsc": typescript,
        f"{MODULES}/.bin/next": "present",
        f"{MODULES}/.bin/vite": "unknown",
        f"{MODULES}/sharp": "unknown",
        f"{MODULES}/express": "unknown",
    }
    found = stage.holds(*expected)
    assert found == expected | {path: found[path] for path in (f"{MODULES}/.bin/vite", f"{MODULES}/express")}
    assert stage.scene.look(f"{MODULES}/.bin/next").path == f"{MODULES}/next/dist/bin/next"


def test_files_that_are_needed() -> None:
    assert Stage(NODE).run("npm ci").missing() == ["/app/package.json", "/app/package-lock.json"]
    assert Stage(NODE, {"/app/package.json": MANIFEST}).run("npm install").missing() == []
    assert Stage(NODE).run("npm run build").missing() == ["/app/package.json"]
    assert Stage(NODE).run("npm --prefix web ci").missing() == ["/app/web/package.json", "/app/web/package-lock.json"]
    assert Stage(NODE, {"/app/package.json": "{}"}).run("pnpm install --frozen-lockfile").missing() == [
        "/app/pnpm-lock.yaml"
    ]


def test_what_a_build_leaves() -> None:
    plain = Stage(NODE, FILES | {"/app/next.config.js": "module.exports = {}"}).run("npm run build")
    assert plain.holds("/app/.next", "/app/.next/static", "/app/.next/standalone", "/app/dist") == {
        "/app/.next": "present", "/app/.next/static": "unknown", "/app/.next/standalone": "absent",
        "/app/dist": "unknown",
    }  # fmt: skip
    alone = Stage(NODE, FILES | {"/app/next.config.mjs": 'export default { output: "standalone" }'}).run(
        "npm run build"
    )
    assert alone.holds("/app/.next/standalone", "/app/.next/standalone/server.js") == {
        "/app/.next/standalone": "present", "/app/.next/standalone/server.js": "unknown",
    }  # fmt: skip
    unsure = Stage(NODE, FILES | {"/app/next.config.js": "module.exports = { output: process.env.OUTPUT }"})
    assert unsure.run("npm run build").holds("/app/.next/standalone") == {"/app/.next/standalone": "unknown"}
    assert Stage(NODE, FILES).run("yarn bundle").holds("/app/dist") == {"/app/dist": "present"}
    assert Stage(NODE, FILES | {"/app/vite.config.ts": "outDir: 'x'"}).run("pnpm run bundle").holds("/app/dist") == {
        "/app/dist": "unknown"
    }


def test_a_build_leaves_the_system_alone() -> None:
    stage = Stage(NODE, FILES).run("npm ci && npm run compile && npx prisma generate && node scripts/x.js")
    assert stage.finds("curl", "node") == {"curl": "absent", "node": "present"}
    assert stage.holds("/app/package.json", "/app/build") == {"/app/package.json": "present", "/app/build": "unknown"}


def test_what_is_installed_globally() -> None:
    stage = Stage(NODE).run("npm install -g pnpm@9 pm2 @nestjs/cli && npm cache clean --force")
    assert stage.finds("pnpm", "pm2-runtime", "nest", "curl", "other") == {
        "pnpm": "present", "pm2-runtime": "present", "nest": "present", "curl": "absent", "other": "unknown",
    }  # fmt: skip


def test_corepack() -> None:
    stage = Stage(NODE).run("corepack enable && corepack prepare pnpm@9 --activate")
    assert stage.finds("pnpm", "yarn", "curl") == {"pnpm": "present", "yarn": "present", "curl": "absent"}
    assert Stage("node:22-slim").run("corepack enable pnpm").finds("pnpx") == {"pnpx": "present"}


def test_a_lock_that_is_none() -> None:
    for lock in ("{", "[]", '{"packages": 1}', '{"lockfileVersion": 1}', "\ud800".encode("utf-8", "replace").decode()):
        stage = Stage(NODE, {"/app/package.json": MANIFEST, "/app/package-lock.json": lock}).run("npm ci")
        assert stage.holds(MODULES, f"{MODULES}/next") == {MODULES: "present", f"{MODULES}/next": "unknown"}

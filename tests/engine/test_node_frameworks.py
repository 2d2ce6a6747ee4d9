"""Server frameworks of Node, built with their real packages, and asked for a page by the image's own health check."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import pytest
from tests.engine.conftest import Program

UNTIL = "2026-10-01"
"""No package is newer: each test locks what the registry had then."""


class Project(NamedTuple):
    """A framework's smallest project: its package.json but for the name, and its other files."""

    package: Mapping[str, object]
    files: Mapping[str, str]


REACT_ROUTER = Project(
    {
        "type": "module",
        "scripts": {"build": "react-router build", "start": "react-router-serve ./build/server/index.js"},
        "dependencies": {
            "@react-router/node": "^7", "@react-router/serve": "^7", "isbot": "^5", "react": "^19", "react-dom": "^19",
            "react-router": "^7",
        },
        "devDependencies": {"@react-router/dev": "^7", "typescript": "^5", "vite": "^7"},
    },
    {
        "vite.config.ts": 'import { reactRouter } from "@react-router/dev/vite";\n'
        "export default { plugins: [reactRouter()] };\n",
        "app/routes.ts": 'import { index } from "@react-router/dev/routes";\nexport default [index("home.tsx")];\n',
        "app/root.tsx": 'import { Outlet } from "react-router";\n'
        'export default () => <html lang="en"><body><Outlet /></body></html>;\n',
        "app/home.tsx": "export default () => <h1>Six times seven is {6 * 7}</h1>;\n",
        "tsconfig.json": '{ "compilerOptions": { "jsx": "react-jsx" } }\n',
    },
)  # fmt: skip
SVELTE_KIT = Project(
    {
        "type": "module",
        "scripts": {"build": "vite build"},
        "devDependencies": {
            "@sveltejs/adapter-node": "^5", "@sveltejs/kit": "^2", "@sveltejs/vite-plugin-svelte": "^6", "svelte": "^5",
            "vite": "^7",
        },
    },
    {
        "vite.config.js": 'import { sveltekit } from "@sveltejs/kit/vite";\n'
        "export default { plugins: [sveltekit()] };\n",
        "svelte.config.js": 'import adapter from "@sveltejs/adapter-node";\n'
        "export default { kit: { adapter: adapter() } };\n",
        "src/app.html": '<html lang="en"><head>%sveltekit.head%</head><body>%sveltekit.body%</body></html>\n',
        "src/routes/+page.svelte": "<h1>Six times seven is {6 * 7}</h1>\n",
    },
)  # fmt: skip
ASTRO = Project(
    {
        "type": "module",
        "scripts": {"build": "astro build"},
        "dependencies": {"@astrojs/node": "^9", "astro": "^5"},
    },
    {
        "astro.config.mjs": 'import node from "@astrojs/node";\n'
        'export default { output: "server", adapter: node({ mode: "standalone" }) };\n',
        "src/pages/index.astro": "<h1>Six times seven is {6 * 7}</h1>\n",
    },
)


@pytest.mark.parametrize("project", [REACT_ROUTER, SVELTE_KIT, ASTRO], ids=["react-router", "sveltekit", "astro"])
def test_its_page_is_served(project: Project, lading: Program, tool: Callable[[str], Program], tmp_path: Path) -> None:
    folder = tmp_path / "shop"
    for path, text in project.files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    (folder / "package.json").write_text(json.dumps({"name": "shop", "private": True, **project.package}))
    (folder / "lading.toml").write_text('health = { path = "/" }\n')
    tool("npm")("install", "--package-lock-only", "--ignore-scripts", f"--before={UNTIL}", cwd=folder)
    lading("build", cwd=folder)
    told = lading("run", "--wait-healthy", "--probe", "/", "shop", cwd=folder)
    assert "Six times seven is" in told
    assert "42" in told

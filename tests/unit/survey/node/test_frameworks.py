"""What projects are made with, and what their builds leave: each framework by a tiny project."""

import json

import pytest

from lading.survey.node.frameworks import Look, framework_of
from lading.survey.node.package import read_package


def look(*names: str, files: dict[str, str] | None = None, scripts: dict[str, str] | None = None) -> Look:
    said = {"dependencies": dict.fromkeys(names, "*"), "scripts": scripts or {}}
    return Look(read_package(json.dumps(said).encode()), files or {})


@pytest.mark.parametrize(
    ("names", "files", "told"),
    [
        (("next",), {"next.config.mjs": 'export default { output: "standalone" };'},
         ("Next.js", "server", ".next/standalone")),
        (("next",), {"next.config.js": "module.exports = { output: 'export' }"}, ("Next.js", "site", "out")),
        (("next",), {"next.config.ts": "// output: 'export'\nexport default {}"}, ("Next.js", "server", ".next")),
        (("next",), {}, ("Next.js", "server", ".next")),
        (("nuxt",), {}, ("Nuxt", "server", ".output")),
        (("nuxt",), {"nuxt.config.ts": "export default { ssr: false }"}, ("Nuxt", "site", ".output/public")),
        (("@tanstack/react-start", "vite"), {}, ("TanStack Start", "server", ".output")),
        (("@sveltejs/kit", "@sveltejs/adapter-node"), {}, ("SvelteKit", "server", "build")),
        (("@sveltejs/kit", "@sveltejs/adapter-static", "vite"), {}, ("SvelteKit", "site", "build")),
        (("astro",), {}, ("Astro", "site", "dist")),
        (("astro", "@astrojs/node"), {"astro.config.mjs": "export default { output: 'server' }"},
         ("Astro", "server", "dist")),
        (("@react-router/dev", "@react-router/serve", "vite"), {}, ("React Router", "server", "build")),
        (("@react-router/dev", "vite"), {"react-router.config.ts": "export default { ssr: false }"},
         ("React Router", "site", "build/client")),
        (("@nestjs/core",), {}, ("NestJS", "server", "dist")),
        (("vite", "react"), {}, ("Vite", "site", "dist")),
        (("vite",), {"vite.config.ts": 'export default { build: { outDir: "./public_html" } }'},
         ("Vite", "site", "public_html")),
        (("react-scripts",), {}, ("Create React App", "site", "build")),
        (("@docusaurus/core",), {}, ("Docusaurus", "site", "build")),
    ],
)  # fmt: skip
def test_frameworks(names: tuple[str, ...], files: dict[str, str], told: tuple[str, str, str]) -> None:
    found = framework_of(look(*names, files=files))
    assert found
    assert (found.name, found.kind, found.outputs[0][0]) == told


def test_next_ships_what_its_standalone_server_lacks() -> None:
    found = framework_of(look("next", files={"next.config.js": "module.exports = { output: 'standalone' }"}))
    assert found
    assert found.bundled
    assert found.start == ("server.js",)
    assert found.outputs[1:] == ((".next/static", ".next/static", False), ("public", "public", True))


def test_an_adapter_that_says_nothing_is_a_problem() -> None:
    found = framework_of(look("@sveltejs/kit", "@sveltejs/adapter-auto"))
    assert found
    assert found.problem
    assert "adapter-node" in found.problem[1]


@pytest.mark.parametrize(
    ("names", "files", "port"),
    [
        (("next",), {}, 3000),
        (("nuxt",), {}, 3000),
        (("astro", "@astrojs/node"), {"astro.config.mjs": "export default { output: 'server' }"}, 4321),
        (("@react-router/dev", "@react-router/serve"), {}, 3000),
        (("@nestjs/core",), {}, None),
    ],
)
def test_servers_listen_where_their_frameworks_usually_do(
    names: tuple[str, ...], files: dict[str, str], port: int | None
) -> None:
    found = framework_of(look(*names, files=files))
    assert found
    assert found.port == port


def test_sveltekit_is_configured_by_vite_or_by_a_file_of_its_own() -> None:
    said = 'export default { plugins: [sveltekit({ adapter: adapter({ out: "made" }) })] }'
    for file, text in (("vite.config.ts", said), ("svelte.config.js", said)):
        found = framework_of(look("@sveltejs/kit", "@sveltejs/adapter-node", files={file: text}))
        assert found
        assert (found.source, found.start) == (f"{file} › adapter", ("made/index.js",))


def test_a_plain_server_has_no_framework() -> None:
    assert framework_of(look("express")) is None

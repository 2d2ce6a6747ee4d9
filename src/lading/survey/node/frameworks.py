"""What a project is made with, and what its build leaves: a server, or a site of plain files. Pure.

Each rule says where the framework tells of it.
"""

import re
from collections.abc import Callable, Mapping
from typing import Literal, NamedTuple

from lading.survey.node.package import PackageFacts

Kind = Literal["server", "site"]
Output = tuple[str, str, bool]
"""A file or folder of the project after its build, where it goes in the application's folder, and whether it may be
missing."""


class Framework(NamedTuple):
    """A framework as a project uses it. `start` are words for node; `bundled` says that the output has all modules that
    it loads; `port` is where its server listens unless told otherwise; `problem` is what stands against building it,
    with the way out."""

    name: str
    kind: Kind
    outputs: tuple[Output, ...] = ()
    start: tuple[str, ...] = ()
    bundled: bool = False
    port: int | None = None
    source: str = "package.json › dependencies"
    problem: tuple[str, str] | None = None
    note: str = ""
    needs: str = ""


class Look(NamedTuple):
    """What can be seen of a project: its `package.json`, and the texts of its configuration files, by path."""

    package: PackageFacts
    texts: Mapping[str, str]

    def has(self, *names: str) -> bool:
        """Whether the project names one of these packages."""
        return any(name in self.package.every for name in names)

    def config(self, stem: str) -> tuple[str, str]:
        """The path and text of a configuration file, whatever its suffix; both empty where there is none."""
        for path, text in sorted(self.texts.items()):
            if path.rpartition(".")[0] == stem:
                return path, _without_comments(text)
        return "", ""


def framework_of(look: Look) -> Framework | None:
    """The framework of a project, or nothing where it uses none that says what it makes."""
    return next((found for rule in _RULES if (found := rule(look))), None)


def _next(look: Look) -> Framework | None:
    """Next.js (https://nextjs.org/docs/app/api-reference/config/next-config-js/output)."""
    if not look.has("next"):
        return None
    path, text = look.config("next.config")
    said = _setting(text, "output")
    source = f"{path} › output" if said else "package.json › dependencies.next"
    folder = _setting(text, "distDir") or ".next"
    if said == "export":
        return Framework("Next.js", "site", (("out" if folder == ".next" else folder, ".", False),), source=source)
    static = (f"{folder}/static", f"{folder}/static", False)
    if said == "standalone":
        outputs: tuple[Output, ...] = ((f"{folder}/standalone", ".", False), static, ("public", "public", True))
        return Framework("Next.js", "server", outputs, ("server.js",), bundled=True, port=3000, source=source)
    return Framework(
        "Next.js",
        "server",
        ((folder, folder, False), ("public", "public", True), *([(path, path, False)] if path else [])),
        ("node_modules/next/dist/bin/next", "start"),
        port=3000,
        source=source,
        note='the image has all production modules: `output: "standalone"` in next.config makes it much smaller',
        needs="next",
    )


def _nitro(look: Look) -> Framework | None:
    """Nuxt, and others whose server is Nitro's (https://nuxt.com/docs/getting-started/deployment)."""
    name = "Nuxt" if look.has("nuxt") else "TanStack Start" if look.has(*_TANSTACK) else ""
    if not name:
        return None
    build = look.package.scripts.get("build", "")
    if "generate" in build or _setting(look.config("nuxt.config")[1], "ssr") == "false":
        return Framework(name, "site", ((".output/public", ".", False),))
    start = (".output/server/index.mjs",)
    return Framework(name, "server", ((".output", ".output", False),), start, bundled=True, port=3000)


_TANSTACK = ("@tanstack/react-start", "@tanstack/solid-start", "@solidjs/start")


def _svelte_kit(look: Look) -> Framework | None:
    """SvelteKit (https://svelte.dev/docs/kit/adapters). Vite's own configuration has its settings, or a file does."""
    if not look.has("@sveltejs/kit"):
        return None
    path, text = look.config("svelte.config")
    if not path:
        path, text = look.config("vite.config")
    source = f"{path} › adapter" if path else "package.json › devDependencies"
    if look.has("@sveltejs/adapter-static"):
        folder = _setting(text, "pages") or "build"
        return Framework("SvelteKit", "site", ((folder, ".", False),), source=source)
    if look.has("@sveltejs/adapter-node"):
        folder = _setting(text, "out") or "build"
        start = (f"{folder}/index.js",)
        return Framework("SvelteKit", "server", ((folder, folder, False),), start, port=3000, source=source)
    problem = (
        "SvelteKit's adapter does not say what is made for a container",
        "npm install --save-dev @sveltejs/adapter-node (a server) or @sveltejs/adapter-static (a site)",
    )
    return Framework("SvelteKit", "server", problem=problem)


def _astro(look: Look) -> Framework | None:
    """Astro (https://docs.astro.build/en/guides/on-demand-rendering/)."""
    if not look.has("astro"):
        return None
    path, text = look.config("astro.config")
    folder = (_setting(text, "outDir") or "dist").removeprefix("./").strip("/")
    server = look.has("@astrojs/node") and (_setting(text, "output") in ("server", "hybrid") or "adapter" in text)
    if not server:
        return Framework("Astro", "site", ((folder, ".", False),), source=path or "package.json › dependencies.astro")
    if _setting(text, "mode") == "middleware":
        return Framework("Astro", "server", problem=("Astro's node adapter makes no server of its own in this mode",
                         'set `mode: "standalone"` in astro.config'))  # fmt: skip
    start = (f"{folder}/server/entry.mjs",)
    return Framework("Astro", "server", ((folder, folder, False),), start, port=4321, source=f"{path} › adapter")


def _react_router(look: Look) -> Framework | None:
    """React Router and Remix (https://reactrouter.com/how-to/spa)."""
    name = "React Router" if look.has("@react-router/dev") else "Remix" if look.has("@remix-run/dev") else ""
    if not name:
        return None
    path, text = look.config("react-router.config")
    where = path or "package.json › dependencies"
    if _setting(text, "ssr") == "false" or (
        name == "Remix" and _setting(look.config("vite.config")[1], "ssr") == "false"
    ):
        return Framework(name, "site", (("build/client", ".", False),), source=where)
    package, file = ("@react-router/serve", "bin.js") if name == "React Router" else ("@remix-run/serve", "dist/cli.js")
    start = (f"node_modules/{package}/{file}", "./build/server/index.js")
    outputs: tuple[Output, ...] = (("build", "build", False), ("public", "public", True))
    return Framework(name, "server", outputs, start, port=3000, source=where, needs=package)


def _nest(look: Look) -> Framework | None:
    """Nest (https://docs.nestjs.com/cli/usages#nest-build)."""
    if "@nestjs/core" not in look.package.dependencies:
        return None
    return Framework("NestJS", "server", (("dist", "dist", False),), ("dist/main.js",))


def _plain_site(look: Look) -> Framework | None:
    """Builders that make plain files unless somebody starts a server of his own."""
    for package, (name, folder) in _SITES.items():
        if look.has(package):
            path, text = look.config("vite.config" if package == "vite" else "-")
            said = _setting(text, "outDir").removeprefix("./").strip("/")
            root = _setting(text, "root").removeprefix("./").strip("/")
            made = said or (f"{root}/dist" if root else folder)
            source = f"{path} › build.outDir" if said else f"package.json › dependencies.{package}"
            return Framework(name, "site", ((made, ".", False),), source=source)
    return None


_SITES: Mapping[str, tuple[str, str]] = {
    "@docusaurus/core": ("Docusaurus", "build"),
    "vitepress": ("VitePress", ".vitepress/dist"),
    "@11ty/eleventy": ("Eleventy", "_site"),
    "gatsby": ("Gatsby", "public"),
    "react-scripts": ("Create React App", "build"),
    "@vue/cli-service": ("Vue CLI", "dist"),
    "parcel": ("Parcel", "dist"),
    "vite": ("Vite", "dist"),
}
_RULES: tuple[Callable[[Look], Framework | None], ...] = (
    _next, _nitro, _svelte_kit, _astro, _react_router, _nest, _plain_site,
)  # fmt: skip
CONFIGS = ("next.config", "nuxt.config", "svelte.config", "astro.config", "react-router.config", "vite.config")
"""The configuration files that the rules read, without their suffixes."""


def _setting(text: str, name: str) -> str:
    """The plain value of a setting: a string, a number, or a word such as `false`; nothing for any other."""
    found = re.search(rf"(?<![\w$.]){name}\s*:\s*(?:\"([^\"\n]*)\"|'([^'\n]*)'|(true|false)\b)", text)
    return next((group for group in found.groups() if group), "") if found else ""


def _without_comments(text: str) -> str:
    return re.sub(r"/\*.*?\*/|(?<![:\"'])//[^\n]*", "", text, flags=re.DOTALL)

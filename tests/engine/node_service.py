"""Small services in Node for the engine: built, with one package of the registry; by npm, by pnpm, or as a workspace's
member."""

import json
from pathlib import Path

_ODD = "sha512-CQpnWPrDwmP1+SMHXZhtLtJv90yiyVfluGsX5iNCVkrhQtU3TQHsUWPG9wkdk9Lgd5yNpAg9jQEo90CBaXgWMA=="
_NUMBER = "sha512-Wu1VHeILBK8KAWJUAiSZQX94GmOE45Rg6/538fKwiloUu21KncEkYGPqob2oSZ5mUT73vLGrHQjKw3KMPwfDzg=="
_PACKAGES = {
    "node_modules/is-number": {"version": "6.0.0", "integrity": _NUMBER},
    "node_modules/is-odd": {"version": "3.0.1", "integrity": _ODD, "dependencies": {"is-number": "^6.0.0"}},
}
_PNPM_LOCK = f"""lockfileVersion: '9.0'

importers:

  .:
    dependencies:
      is-odd:
        specifier: 3.0.1
        version: 3.0.1

packages:

  is-number@6.0.0:
    resolution: {{integrity: {_NUMBER}}}

  is-odd@3.0.1:
    resolution: {{integrity: {_ODD}}}

snapshots:

  is-number@6.0.0: {{}}

  is-odd@3.0.1:
    dependencies:
      is-number: 6.0.0
"""
_SERVER = """const odd = require("is-odd");
const { name } = require(process.env.SHARED || "./name");

const server = require("http").createServer((request, response) => {
  if (request.url === "/healthz") return response.end("ok");
  response.end(`${name} ${odd(3)} ${process.getuid()}`);
});
server.listen(process.env.PORT || 8080);
process.on("SIGTERM", () => server.close(() => process.exit(0)));
"""
_BUILD = """const fs = require("fs");
fs.mkdirSync("dist", { recursive: true });
for (const file of fs.readdirSync("src")) fs.copyFileSync(`src/${file}`, `dist/${file}`);
fs.writeFileSync("dist/where.txt", `${process.cwd()} ${process.env.TZ}\\n`);
"""
_SCRIPTS = {"build": "node build.js", "start": "node dist/server.js"}


def node_service(folder: Path, kind: str, settings: str = "") -> Path:
    """Write a service into a folder, with lines for its lading.toml."""
    own: dict[str, object] = {
        "name": "shop",
        "version": "1.0.0",
        "scripts": _SCRIPTS,
        "dependencies": {"is-odd": "3.0.1"},
    }
    files = {
        "src/server.js": _SERVER,
        "src/name.js": 'exports.name = "shop";\n',
        "build.js": _BUILD,
        ".env": "SECRET=1\n",
    }
    if kind == "workspace":
        files = {f"apps/shop/{path}": text for path, text in files.items()}
        files |= _workspace(own)
    else:
        files["package.json"] = json.dumps(own)
        files |= {"package-lock.json": _lock({"": own})} if kind == "npm" else {"pnpm-lock.yaml": _PNPM_LOCK}
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (folder / "lading.toml").write_text(f"{settings}\n")
    return folder


def _workspace(own: "dict[str, object]") -> dict[str, str]:
    """The service as a member, beside a library that it is made of and one that it is not."""
    root: dict[str, object] = {"name": "shops", "private": True, "workspaces": ["apps/*", "libs/*"]}
    shop = {**own, "name": "@shops/shop", "dependencies": {"is-odd": "3.0.1", "@shops/base": "*"}}
    base: dict[str, object] = {"name": "@shops/base", "version": "1.0.0", "main": "index.js"}
    other = {**base, "name": "@shops/other"}
    folders = {"": root, "apps/shop": shop, "libs/base": base, "libs/other": other}
    files = {f"{folder}/package.json".lstrip("/"): json.dumps(said) for folder, said in folders.items()}
    return {
        **files,
        "package-lock.json": _lock(folders),
        "libs/base/index.js": 'exports.name = "base";\n',
        "libs/other/index.js": "",
        "apps/shop/src/name.js": 'exports.name = require("@shops/base").name;\n',
    }


def _lock(folders: "dict[str, dict[str, object]]") -> str:
    links = {
        f"node_modules/{said['name']}": {"resolved": folder, "link": True} for folder, said in folders.items() if folder
    }
    return json.dumps({"name": "shop", "lockfileVersion": 3, "packages": {**folders, **links, **_PACKAGES}})

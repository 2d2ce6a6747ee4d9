"""A small service whose checkout has all that makes copying go wrong."""

from pathlib import Path

from tests.engine.conftest import Program

PROJECT = """\
[project]
name = "awkward"
version = "0.1"
requires-python = ">=3.11"
dependencies = ["uvicorn"]
"""

SETTINGS = """\
command = ["python", "-m", "app.main"]
port = 9000
health = false
include = ["keys/public.pem"]
exclude = ["left out", "**/*.tmp"]
source = "https://git.example/awkward"
revision = "4f0c1d2e"

[env]
AWKWARD = 'a "b" $HOME \\ #c'
EMPTY = ""

[labels]
"org.example.note" = "it's «quoted» $PATH"

[processes]
worker = ["python", "-m", "app.jobs"]
migrate = ["python", "app/a b/schéma.py"]
"""

FILES = {
    "app/__init__.py": "",
    "app/main.py": "KNOWN = {'one', 'two'}\n\n\ndef known(word):\n    return word in {'one', 'two'}\n",
    "app/jobs.py": "print('work')\n",
    "app/broken.py": "def half(:\n",
    "app/script.py": "#!/usr/bin/env python\nprint('run')\n",
    "app/warns.py": "assert (1, 'always true')\n",
    "app/two.dots.py": "DOTS = 2\n",
    "app/.py": "NAMELESS = True\n",
    "app/empty.py": "",
    "app/a b/schéma.py": "ÉTAT = 'où'\n",
    "app/漢字/データ.txt": "名\n",
    "app/-rf/--help": "no flag",
    "app/a\"b'c$d": "quotes",
    "app/.hidden/.dot": "dot",
    "app/data/template.tmp": "left out",
    "app/readme.py/inside.txt": "a folder that is called like a module",
    "app/__pycache__/main.cpython-313.pyc": "stale",
    "app/old.pyc": "stale",
    "bin/run": "#!/bin/sh\nexec true\n",
    "bin/tool": "#!/usr/bin/env python3\n",
    "left out/file": "no",
    "node_modules/x/index.js": "no",
    "tests/test_app.py": "no",
    "keys/private.pem": "secret",
    "keys/public.pem": "included by name",
    ".env": "SECRET=1",
    ".dockerignore": "*.bak\n",
    ".gitignore": "node_modules\n",
    "notes.bak": "no",
    ".venv/pyvenv.cfg": "no",
    "nested/build/kept": "only at the top is a folder of that name left out",
}
LINKS = {
    "app/linked.py": "main.py",
    "app/twice.py": "a b/../linked.py",
    "app/linked": "a b",
    "app/through.py": "linked/schéma.py",
    "app/dangling.py": "nowhere.py",
    "app/unshipped.py": "../tests/test_app.py",
    "app/loop.py": "loop.py",
    "current": "app/data/../漢字",
    "venv": "/somewhere/else",
}
MODES = {
    "app/main.py": 0o600,
    "app/jobs.py": 0o777,
    "app/script.py": 0o755,
    "app/empty.py": 0o444,
    "bin/run": 0o4755,
    "bin/tool": 0o500,
    "app/漢字/データ.txt": 0o666,
}
FOLDERS = {"app/a b": 0o2775, "app/漢字": 0o1777, "app/.hidden": 0o700, "keys": 0o777}


def awkward_service(folder: Path, lading: Program, settings: str) -> Path:
    """The service in a new folder, with its locks; `settings` are lines for the top of its lading.toml."""
    for path, text in {"pyproject.toml": PROJECT, "lading.toml": f"{settings}\n{SETTINGS}", **FILES}.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    for path, target in LINKS.items():
        (folder / path).symlink_to(target)
    for name in ("empty", "hollow/inner", "app/void"):
        (folder / name).mkdir(parents=True)
    uv = Program(path=lading.path.with_name("uv"), environ={**lading.environ, "UV_PYTHON_DOWNLOADS": "never"})
    uv("lock", "--quiet", "--python", lading.path.with_name("python"), cwd=folder)
    lading("lock", cwd=folder)
    for path, mode in {**MODES, **FOLDERS}.items():
        (folder / path).chmod(mode)
    return folder

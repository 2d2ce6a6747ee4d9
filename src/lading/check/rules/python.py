"""Modules that a Python command imports, and whether the Python that runs it has them."""

import posixpath
import re
import sys
from collections.abc import Iterator

from lading.check.model.files import Found
from lading.check.model.state import State

PYTHON = re.compile(r"python(?:3(?:\.\d+)?)?\Z")
_IMPORT = re.compile(r"(?:^|[;\n:])[ \t]*(?:import[ \t]+([\w., \t]+)|from[ \t]+(\w+)[\w.]*[ \t]+import\b)")


def wanted_modules(words: tuple[str, ...]) -> tuple[str, ...]:
    """The top-level modules that `python -c "…"` and `python -m …` certainly import, of the standard library none."""
    code = python_code(words)
    names = [] if code is None else list(_imported(code))
    if PYTHON.match(words[0].rpartition("/")[2] if words else ""):
        names += [words[at + 1].partition(".")[0] for at, word in enumerate(words[:-1]) if word == "-m" and at < 4]
    seen = dict.fromkeys(name for name in names if name.isidentifier() and name not in sys.stdlib_module_names)
    return tuple(seen)


def python_code(words: tuple[str, ...]) -> str | None:
    """The code of `python -c`, where the words are such a command."""
    if not words or not PYTHON.match(words[0].rpartition("/")[2]):
        return None
    for at, word in enumerate(words[1:-1], 1):
        if word == "-c":
            return words[at + 1]
        if not word.startswith("-"):
            return None
    return None


def _imported(code: str) -> Iterator[str]:
    if "try" in code or "find_spec" in code:
        return
    for several, one in _IMPORT.findall(code):
        for name in [one] if one else several.split(","):
            if name.strip():
                yield name.split()[0].partition(".")[0]


def lacks_module(state: State, program: str, module: str) -> Found | None:
    """The place that a module is certainly missing from, in every folder that this Python would look in; else
    nothing."""
    if state.env.is_set("PYTHONPATH") is not False or state.env.is_set("PYTHONHOME") is not False:
        return None
    if state.workdir is None or not _absent_in(state, state.workdir, module):
        return None
    folders = site_folders(state, program)
    # A module that a known distribution brings is a folder or a file; the model knows the one of both that it is.
    if not folders or not all(state.files.look(f"{folder}/{module}").absent for folder in folders):
        return None
    if any(state.files.look(f"{folder}/{module}.py").present for folder in folders):
        return None
    return state.files.look(f"{folders[0]}/{module}")


def _absent_in(state: State, folder: str, module: str) -> bool:
    names = (module, f"{module}.py")
    return all(state.files.look(f"{folder.rstrip('/')}/{name}").absent for name in names)


def site_folders(state: State, program: str) -> list[str]:
    """The folders of installed modules of a Python: of its virtual environment, else of its own prefix. None where it
    is not known."""
    found = state.files.which(program, state.path)
    if not found.present:
        return []
    first = found.links[0] if found.links else found.path
    prefix = posixpath.dirname(posixpath.dirname(first))
    config = state.files.look(f"{prefix}/pyvenv.cfg")
    if config.present and config.entry is not None:
        text = config.entry.text
        if text is not None and "include-system-site-packages = true" in text:
            return []
    elif not config.absent:
        return []
    else:
        prefix = posixpath.dirname(posixpath.dirname(found.path))
        if prefix != "/usr/local":  # Debian's own Python looks in more places
            return []
    libraries = state.files.names(f"{prefix}/lib")
    return [f"{prefix}/lib/{name}/site-packages" for name in libraries if re.fullmatch(r"python3\.\d+", name)]

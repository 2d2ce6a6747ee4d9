"""What a container starts: the words behind the entrypoint, which is the image's own Python. Pure."""

import re
from collections.abc import Callable, Collection, Mapping, Sequence

from lading.survey.model import App
from lading.survey.python.processes import PORT

MODULES: Mapping[str, str] = {
    "alembic": "alembic",
    "arq": "arq",
    "celery": "celery",
    "daphne": "daphne",
    "django-admin": "django",
    "dramatiq": "dramatiq",
    "fastapi": "fastapi",
    "flask": "flask",
    "granian": "granian",
    "gunicorn": "gunicorn",
    "hypercorn": "hypercorn",
    "rq": "rq.cli",
    "uvicorn": "uvicorn",
    "waitress-serve": "waitress",
}
"""Programs that are started as modules: `python -m` puts the working folder on the module path, a script does not."""

_PYTHON = re.compile(r"python(?:3(?:\.\d+)?)?\Z")
_SCRIPT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*\Z")
_SHELL = re.compile(r"(?:ba|da|a|z|k)?sh\Z|.*\.sh\Z")
"""No package installs these as scripts of Python: whoever names one wants a shell."""

Start = Callable[[App, int], tuple[str, ...]]


def _uvicorn(app: App, port: int) -> tuple[str, ...]:
    factory = ("--factory",) if app.factory else ()
    return "-m", "uvicorn", app.target, *factory, "--host", "0.0.0.0", "--port", str(port)  # noqa: S104


def _granian(app: App, port: int) -> tuple[str, ...]:
    factory = ("--factory",) if app.factory else ()
    start = ("-m", "granian", "--interface", app.protocol, app.target, *factory)
    return *start, "--host", "0.0.0.0", "--port", str(port)  # noqa: S104


def _bound(program: str) -> Start:
    def start(app: App, port: int) -> tuple[str, ...]:
        return "-m", program, f"{app.target}{'()' if app.factory else ''}", "--bind", f"0.0.0.0:{port}"

    return start


def _daphne(app: App, port: int) -> tuple[str, ...]:
    return "-m", "daphne", "-b", "0.0.0.0", "-p", str(port), app.target  # noqa: S104


def _waitress(app: App, port: int) -> tuple[str, ...]:
    factory = ("--call",) if app.factory else ()
    return "-m", "waitress", "--host=0.0.0.0", f"--port={port}", *factory, app.target


SERVERS: Mapping[str, Mapping[str, Start]] = {
    "asgi": {"uvicorn": _uvicorn, "granian": _granian, "hypercorn": _bound("hypercorn"), "daphne": _daphne},
    "wsgi": {
        "gunicorn": _bound("gunicorn"),
        "granian": _granian,
        "waitress": _waitress,
        "hypercorn": _bound("hypercorn"),
    },
}
"""Servers by the interface that they serve, the preferred first, and how each is started."""


def server_for(app: App, packages: Collection[str]) -> str | None:
    """The preferred server among the installed packages that can serve an app."""
    usable = (name for name in SERVERS[app.protocol] if name in packages)
    return next((name for name in usable if not (name == "daphne" and app.factory)), None)


def serve(app: App, server: str, port: int) -> tuple[str, ...]:
    """The words that serve an app on all of the container's addresses."""
    return SERVERS[app.protocol][server](app, port)


def python_words(words: Sequence[str], venv: str, port: int) -> tuple[str, ...] | None:
    """A command as words for the image's Python, or nothing when that cannot run it.

    `celery worker` becomes `-m celery worker`, `python manage.py` becomes `manage.py`, a console script its path.
    Shells and their scripts are what it cannot run.
    """
    program, *rest = (word.replace(PORT, str(port)) for word in words)
    program = program.removeprefix("./")
    if _PYTHON.match(program):
        return tuple(rest) or None
    if program.startswith(("-", f"{venv}/bin/")) or program.endswith(".py"):
        return program, *rest
    if program in MODULES:
        return "-m", MODULES[program], *rest
    if _SCRIPT.match(program) and not _SHELL.match(program):
        return f"{venv}/bin/{program}", *rest
    return None


def health_command(python: str, port: int, path: str, timeout: float) -> tuple[str, ...]:
    """A check with the image's own Python: exit code 0 for a status from 200 to 399, else 1.

    `-I -S` leaves out the environment, the user's and the site's packages: a check starts in some 30 ms and depends on
    nothing that the service has installed. `timeout` is in seconds.
    """
    code = (
        "import http.client as h;"
        f'c=h.HTTPConnection("127.0.0.1",{port},timeout={timeout:g});'
        f'c.request("GET","{path}");'
        "raise SystemExit(not 200<=c.getresponse().status<400)"
    )
    return python, "-I", "-S", "-c", code

"""Distributions that services are made of: the programs that they install, and the modules that they are imported by.

A name that stands here is brought by its distribution and by nobody else: where a complete list of what is installed
lacks the distribution, the program and the module are certainly not there. Of distributions that are not here nothing
can be told but that they may bring anything else.
"""

from collections.abc import Iterator, Mapping

_SCRIPTS = """
    aerich aerich
    alembic alembic
    ansible-core ansible ansible-playbook ansible-galaxy
    apache-airflow airflow
    arq arq
    awscli aws
    black black blackd
    bandit bandit
    build pyproject-build
    celery celery
    circus circusd circusctl
    coverage coverage
    daphne daphne
    dbt-core dbt
    ddtrace ddtrace-run
    django django-admin
    dramatiq dramatiq
    flake8 flake8
    flask flask
    gunicorn gunicorn
    granian granian
    hatch hatch
    honcho honcho
    huey huey_consumer
    httpie http https
    hypercorn hypercorn
    ipython ipython ipython3
    isort isort
    jupyter-core jupyter
    jupyterlab jupyter-lab
    litestar litestar
    locust locust
    mako mako-render
    mlflow mlflow
    mypy mypy dmypy stubgen stubtest
    newrelic newrelic-admin
    notebook jupyter-notebook
    nox nox
    opentelemetry-instrumentation opentelemetry-instrument opentelemetry-bootstrap
    pdm pdm
    pip pip pip3
    pip-tools pip-compile pip-sync
    pipenv pipenv
    poetry poetry
    pre-commit pre-commit
    prefect prefect
    pylint pylint
    pytest pytest py.test
    rq rq rqworker
    ruff ruff
    sanic sanic
    scrapy scrapy
    streamlit streamlit
    supervisor supervisord supervisorctl
    tox tox
    twine twine
    uv uv uvx
    uvicorn uvicorn
    virtualenv virtualenv
    waitress waitress-serve
    watchdog watchmedo
    watchfiles watchfiles
    wheel wheel
    yoyo-migrations yoyo
"""

_MODULES = """
    aiohttp aiohttp
    alembic alembic
    asyncpg asyncpg
    beautifulsoup4 bs4
    boto3 boto3
    celery celery
    cryptography cryptography
    django django
    fastapi fastapi
    flask flask
    grpcio grpc
    gunicorn gunicorn
    httpx httpx
    jinja2 jinja2
    mypy mypy
    numpy numpy
    pandas pandas
    pip pip
    pillow PIL
    psutil psutil
    psycopg psycopg
    pydantic pydantic
    pydantic-settings pydantic_settings
    pyjwt jwt
    pymysql pymysql
    pytest pytest
    pyyaml yaml
    redis redis
    requests requests
    scikit-learn sklearn
    scipy scipy
    sentry-sdk sentry_sdk
    sqlalchemy sqlalchemy
    starlette starlette
    structlog structlog
    tornado tornado
    uvicorn uvicorn
    urllib3 urllib3
"""

_SHARED_SCRIPTS: Mapping[str, tuple[str, ...]] = {
    "fastapi": ("fastapi", "fastapi-cli"),
    "uwsgi": ("uwsgi", "pyuwsgi"),
    "dotenv": ("python-dotenv",),
}
"""Programs that one of several distributions brings, some only of some versions: they can be missed, not promised."""

_SHARED_MODULES: Mapping[str, tuple[str, ...]] = {
    "psycopg2": ("psycopg2", "psycopg2-binary"),
    "cv2": ("opencv-python", "opencv-python-headless", "opencv-contrib-python", "opencv-contrib-python-headless"),
    "dotenv": ("python-dotenv",),
}


def _read(table: str) -> dict[str, tuple[str, ...]]:
    return {name: tuple(rest) for name, *rest in (line.split() for line in table.strip().splitlines())}


SCRIPTS: Mapping[str, tuple[str, ...]] = _read(_SCRIPTS)
"""The programs that a distribution certainly brings, by its normalised name."""

MODULES: Mapping[str, tuple[str, ...]] = _read(_MODULES)
"""The same, of modules and packages by the name that they are imported by."""


def missing_scripts(installed: frozenset[str]) -> Iterator[str]:
    """The known programs that no distribution of these brings."""
    yield from _missing(installed, SCRIPTS, _SHARED_SCRIPTS)


def missing_modules(installed: frozenset[str]) -> Iterator[str]:
    """The known modules that no distribution of these brings."""
    yield from _missing(installed, MODULES, _SHARED_MODULES)


def _missing(
    installed: frozenset[str], own: Mapping[str, tuple[str, ...]], shared: Mapping[str, tuple[str, ...]]
) -> Iterator[str]:
    yield from (name for one, names in own.items() if one not in installed for name in names)
    yield from (name for name, owners in shared.items() if installed.isdisjoint(owners))

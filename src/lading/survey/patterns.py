"""Names of files that are no part of a running service: secrets, and what is only for developing it.

Patterns as in `.dockerignore`. The plan leaves them out of every image; the survey tells which of them are there.
"""

import re
from collections.abc import Iterable, Sequence

from lading.place import UNFINISHED

SECRETS = (
    "**/.env", "**/.env.*", "**/*.env", "**/.envrc", "**/.flaskenv", "**/.netrc", "**/.npmrc", "**/.pypirc",
    "**/.pgpass", "**/.htpasswd", "**/.git-credentials", "**/.aws", "**/.azure", "**/.gcloud", "**/.kube",
    "**/.docker", "**/.ssh", "**/.gnupg", "**/*.pem", "**/*.key", "**/*.p12", "**/*.pfx", "**/*.jks", "**/*.keystore",
    "**/*.kdbx", "**/*.asc", "**/*.gpg", "**/id_rsa*", "**/id_dsa*", "**/id_ecdsa*", "**/id_ed25519*",
    "**/credentials.json",
    "**/service-account*.json", "**/service_account*.json", "**/secrets.yaml", "**/secrets.yml", "**/secrets.json",
    "**/secrets.toml", "**/*.tfstate", "**/*.tfstate.*", "**/*.tfvars",
)  # fmt: skip
"""Files that look like secrets. They ship only when `include` in lading.toml names them."""

DEVELOPMENT = (
    "**/tests", "**/test", "**/conftest.py", "**/test_*.py", "**/*_test.py", "docs", "doc", "examples", "example",
    "**/.git*", "**/.dockerignore", "**/Dockerfile*", "**/*.Dockerfile", "**/Containerfile*", "**/compose*.y*ml",
    "**/docker-compose*", "**/docker-bake.*", ".github", ".gitlab*", ".circleci", ".buildkite", ".azure-pipelines",
    "azure-pipelines*.yml", "bitbucket-pipelines.yml", "Jenkinsfile*", ".travis.yml", ".drone.yml", "**/.devcontainer",
    ".pre-commit-config.yaml", ".editorconfig", "**/.DS_Store", "**/Thumbs.db", "**/*.swp", "**/*~", "**/*.orig",
    "**/*.pyc", "**/*.pyo", "**/*.egg-info", "**/.coverage*", "htmlcov", "coverage.xml", "**/*.log", "build", "dist",
    "/*.md", "/*.rst", "Makefile", "justfile", "Justfile", "Taskfile.y*ml", "tox.ini", "noxfile.py", "pytest.ini",
    "mypy.ini", ".ruff.toml", "ruff.toml", ".flake8", ".pylintrc", "pyrightconfig.json", "mkdocs.yml", "renovate.json",
    "uv.lock", "uv.toml", "poetry.lock", "poetry.toml", "pdm.lock", "Pipfile", "Pipfile.lock", "pylock*.toml",
    "requirements*.txt", "requirements*.in", "pyproject.toml", "setup.cfg", "setup.py", ".python-version",
    ".tool-versions", "mise.toml", ".mise.toml", "runtime.txt", "Procfile*", "lading.toml", "lading.lock", "**/*.ipynb",
    "**/.ipynb_checkpoints",
    f"**/.*{UNFINISHED}",
)  # fmt: skip
"""What is only there for those who develop. What running code imports or names ships all the same."""

HEALTH_NAMES = (
    "health", "healthz", "livez", "live", "liveness", "alive", "healthcheck", "health-check", "health_check", "ping",
    "heartbeat", "readyz", "ready", "readiness",
)  # fmt: skip
"""Last parts of paths that answer whether a service works, the best first: liveness before readiness, because a
container that is unhealthy is restarted, and restarting mends no dependency."""

_SECRET_VARIABLE = re.compile(
    r"(?:^|_)(?:PASSWORD|PASSWD|SECRET|TOKEN|CREDENTIALS?|API_?KEY|(?:ACCESS|ENCRYPTION|PRIVATE|SECRET|SIGNING)_KEY)\Z"
)


def names_secret(variable: str) -> bool:
    """Whether an environment variable holds a secret, by its name.

    >>> names_secret("DB_PASSWORD"), names_secret("TOKEN_URL")
    (True, False)
    """
    return _SECRET_VARIABLE.search(variable.upper()) is not None


def is_example(path: str) -> bool:
    """Whether a file that looks like a secret is one that nobody misses in an image: `.env`, which the environment
    stands for, and examples of it."""
    name = path.rpartition("/")[2]
    return name.startswith(".env") or name.endswith((".example", ".sample", ".template", ".dist"))


def rebased(lines: Iterable[str], folder: str) -> tuple[str, ...]:
    """The lines of the repository's `.dockerignore` as they read from a folder below it; those about other places are
    left out.

    >>> rebased(["**/tmp", "services/api/local.db", "*/*/cache", "other"], "services/api")
    ('**/tmp', 'local.db', 'cache')
    """
    if folder == ".":
        return tuple(lines)
    found = (_rebased(line, folder.split("/")) for line in lines)
    return tuple(line for line in found if line)


def _rebased(line: str, parts: Sequence[str]) -> str:
    from fnmatch import fnmatchcase

    negative = "!" if line.startswith("!") else ""
    words = [word for word in line.removeprefix("!").strip().split("/") if word not in ("", ".")]
    for position, word in enumerate(words):
        if word == "**" or position == len(parts):
            return negative + "/".join(words[position:])
        if not fnmatchcase(parts[position], word):
            return ""
    # The pattern is a folder above, with all that is in it.
    return f"{negative}**" if words else ""

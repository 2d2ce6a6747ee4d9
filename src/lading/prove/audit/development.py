"""Packages that are for developing and not for running."""

from collections.abc import Iterator
from typing import Literal

from lading.finding import Finding, Place, Rule
from lading.prove.audit.found import found, listed, weight
from lading.prove.audit.inside import Inside
from lading.prove.size import PackageSize

RULE = Rule(
    id="development-dependency",
    severity="warning",
    title="packages for development are installed",
    why="Test runners, linters and type checkers are weight, and code that nobody watches in production. They come "
    "from installing all groups of a lock into what ships.",
)
RULES = (RULE,)

_PYTHON = frozenset({
    "autopep8", "bandit", "basedpyright", "black", "bpython", "build", "bumpversion", "coverage", "debugpy",
    "factory-boy", "flake8", "hatch", "hypothesis", "ipdb", "ipykernel", "ipython", "isort", "jupyter", "jupyterlab",
    "locust", "mkdocs", "mypy", "nose", "notebook", "nox", "pdbpp", "pip-audit", "pip-tools", "pre-commit", "pudb",
    "pycodestyle", "pydocstyle", "pyflakes", "pylint", "pyright", "pytest", "responses", "respx", "ruff", "safety",
    "sphinx", "testcontainers", "tox", "twine", "vulture", "yapf",
})  # fmt: skip
_NODE = frozenset({
    "@babel/cli", "@biomejs/biome", "@playwright/test", "@testing-library/react", "ava", "chai", "concurrently",
    "cypress", "eslint", "husky", "jasmine", "jest", "karma", "lint-staged", "mocha", "nodemon", "nyc", "playwright",
    "prettier", "rimraf", "sinon", "storybook", "stylelint", "supertest", "ts-jest", "ts-node", "ts-node-dev", "vitest",
    "webpack-dev-server",
})  # fmt: skip


def look(inside: Inside) -> Iterator[Finding]:
    """One finding a language."""
    for kind, name in (("python", "Python"), ("node", "Node"), ("debian", "Debian")):
        packages = _of(inside, kind)
        if packages:
            size = sum(package.size for package in packages)
            message = (
                f"packages of {name} for development take {weight(size)}: {listed([one.name for one in packages], 8)}"
            )
            yield found(RULE, message, _place(inside, packages[0]), help=_HELP[kind])


def development(inside: Inside) -> tuple[str, ...]:
    """The names of all such packages."""
    return tuple(package.name for kind in ("python", "node", "debian") for package in _of(inside, kind))


_HELP = {
    "python": "install without development groups: uv sync --no-dev, poetry install --only main",
    "node": "npm ci --omit=dev, or pnpm install --prod, in the stage whose node_modules ships",
    "debian": "install -dev packages in a stage of its own",
}


def _of(inside: Inside, kind: Literal["python", "node", "debian"] | str) -> list[PackageSize]:
    found = [package for package in inside.size.packages if package.kind == kind and _is_development(package)]
    return sorted(found, key=lambda package: (-package.size, package.name))


def _is_development(package: PackageSize) -> bool:
    match package.kind:
        case "python":
            return package.name in _PYTHON or package.name.startswith(("types-", "pytest-"))
        case "node":
            return package.name in _NODE or package.name.startswith(("@types/", "eslint-"))
        case "debian":
            return package.name.endswith("-dev")
        case _:
            return False


def _place(inside: Inside, package: PackageSize) -> Place:
    """A file of the package."""
    for path in inside.files:
        owner = inside.owner(path)
        if owner and (owner.kind, owner.name) == (package.kind, package.name):
            return inside.place(path)
    return Place(path=package.name)

"""Which source ships: all but secrets, what is only for development, and what somebody has left out. Pure."""

from collections.abc import Iterable, Iterator

from lading.strategy.model import ServiceStrategy
from lading.survey.model import ServiceFacts
from lading.survey.patterns import DEVELOPMENT, SECRETS
from lading.tree.patterns import Patterns

_NOT_FOR_WHEELS = (
    "**/tests", "**/test", "docs", "examples", ".github", ".gitlab*", ".circleci", "**/.dockerignore", "**/Dockerfile*",
    "**/compose*.y*ml", "**/docker-compose*", "lading.toml", "lading.lock", "uv.lock", ".python-version", "Makefile",
)  # fmt: skip
"""What no build of a wheel reads. A README, a licence or `.gitignore` may well be read."""


def source_excludes(facts: ServiceFacts, strategy: ServiceStrategy) -> tuple[str, ...]:
    """The patterns of what is not copied. The last that matches counts.

    In this order: the repository's own, development files, what the code needs of them, the strategy's, other projects
    inside this one, secrets, and what the strategy includes by name.
    """
    return (
        *facts.ignored,
        *DEVELOPMENT,
        *_kept(facts.ships),
        *strategy.exclude,
        *map(escaped, facts.nested),
        *SECRETS,
        *(f"!{pattern}" for pattern in strategy.include),
    )


def wheel_excludes(facts: ServiceFacts, strategy: ServiceStrategy) -> tuple[str, ...]:
    """The patterns of what the build of the project's wheel does not see."""
    return (
        *_NOT_FOR_WHEELS,
        *_kept(facts.ships),
        *strategy.exclude,
        *map(escaped, facts.nested),
        *SECRETS,
        *(f"!{pattern}" for pattern in strategy.include),
    )


def part_excludes(strategy: ServiceStrategy) -> tuple[str, ...]:
    """The patterns of what the build of a wheel does not see of a project that the service depends on."""
    return (*_NOT_FOR_WHEELS, *strategy.exclude, *SECRETS, *(f"!{pattern}" for pattern in strategy.include))


def placed(patterns: Iterable[str], folder: str) -> tuple[str, ...]:
    """Patterns of a folder, as they read from the folder that it is in.

    >>> placed(("docs", "!/a", "**/*.pem"), "services/api")
    ('services/api/docs', '!services/api/a', 'services/api/**/*.pem')
    """
    if folder == ".":
        return tuple(patterns)
    return tuple(f"{'!' * one.startswith('!')}{folder}/{one.lstrip('!').lstrip('/')}" for one in patterns)


def left_out(facts: ServiceFacts, strategy: ServiceStrategy) -> tuple[str, ...]:
    """Files that look like secrets, that somebody may miss in the image, and that nobody has included."""
    included = Patterns(strategy.include)
    return tuple(path for path in facts.secrets if not included.matches(path))


def _kept(paths: Iterable[str]) -> Iterator[str]:
    return (f"!{escaped(path)}" for path in paths)


def escaped(path: str) -> str:
    r"""A path as a pattern that means just it.

    >>> escaped("a[1]*.py")
    'a\\[1]\\*.py'
    """
    return "".join(f"\\{letter}" if letter in "*?[\\!" else letter for letter in path)

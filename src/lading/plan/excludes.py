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
        *map(_escaped, facts.nested),
        *SECRETS,
        *(f"!{pattern}" for pattern in strategy.include),
    )


def wheel_excludes(facts: ServiceFacts, strategy: ServiceStrategy) -> tuple[str, ...]:
    """The patterns of what the build of the project's wheel does not see."""
    return (
        *_NOT_FOR_WHEELS,
        *_kept(facts.ships),
        *strategy.exclude,
        *map(_escaped, facts.nested),
        *SECRETS,
        *(f"!{pattern}" for pattern in strategy.include),
    )


def left_out(facts: ServiceFacts, strategy: ServiceStrategy) -> tuple[str, ...]:
    """Files that look like secrets, that somebody may miss in the image, and that nobody has included."""
    included = Patterns(strategy.include)
    return tuple(path for path in facts.secrets if not included.matches(path))


def _kept(paths: Iterable[str]) -> Iterator[str]:
    return (f"!{_escaped(path)}" for path in paths)


def _escaped(path: str) -> str:
    r"""A path as a pattern that means just it.

    >>> _escaped("a[1]*.py")
    'a\\[1]\\*.py'
    """
    return "".join(f"\\{letter}" if letter in "*?[\\!" else letter for letter in path)

"""The ignore file of a rendered Dockerfile. Pure.

BuildKit takes `Dockerfile.dockerignore` beside a Dockerfile before a folder's `.dockerignore`, so a team's own stays
what it is; its lines are among the plan's patterns.
https://docs.docker.com/build/concepts/context/#filename-and-location
"""

import re
from collections.abc import Iterable, Iterator

from lading.errors import UsageError
from lading.plan.model import Plan
from lading.render.context import context_of
from lading.render.marker import marker


def dockerignore(plan: Plan) -> str:
    """The text of `Dockerfile.dockerignore`. `UsageError` for a pattern with a line break in it."""
    context = context_of(plan)
    found = [
        *(f"# {line}" for line in marker("lading render dockerignore")),
        "",
        "# Neither secrets nor what is only for developing, nor what the team has left out. The last match counts.",
        *lines(context.patterns),
    ]
    if context.again:
        found += ["", "# The build reads these; the image does not get them."]
        found += lines(f"!{path}" for path in context.again)
    return "\n".join(found) + "\n"


def lines(patterns: Iterable[str]) -> Iterator[str]:
    """Patterns as lines of an ignore file that mean just these; `UsageError` for what no line can say."""
    for pattern in patterns:
        if re.search("[\0\r\n\ud800-\udfff]", pattern):
            raise UsageError(
                "an ignore file cannot say a line break, NUL or what is not UTF-8",
                where=repr(pattern),
                fix="rename the file or folder",
            )
        sign = "!" if pattern.startswith("!") else ""
        path = pattern.removeprefix("!")
        # A `#` in front would make it a comment, and blanks at the ends of a line are not read. `./` and `/.` change
        # nothing of what a path means.
        before = "./" if path[:1].isspace() or path.startswith("#") else ""
        after = "/." if path[-1:].isspace() else ""
        yield f"{sign}{before}{path}{after}"

"""Every error that Lading raises on purpose.

The tree, with the exit code of each kind (`docs/exit-codes.md`)::

    LadingError
    ├── StrategyNotMet     1   the image is there, and is not what the strategy asks for
    ├── UsageError         2   bad usage or configuration: flags, lading.toml, a project that cannot be planned
    ├── StepFailed         3   a build step failed: dependencies, bytecode, a toolchain, the disk
    ├── RemoteFailed       4   a registry, a package mirror or the network failed
    ├── VerificationFailed 5   something did not verify: a signature, a hash, an archive that is not safe
    └── Unavailable        69  this machine lacks what the command needs: a container runtime (`EX_UNAVAILABLE`)

A bug exits with 70 (`EX_SOFTWARE` of sysexits.h). A message has three parts: what happened, where, what to do next.
"""

from collections.abc import Iterable

EXIT_DONE = 0
EXIT_BUG = 70


class LadingError(Exception):
    """One problem, told in three parts.

    `what` is a sentence without a full stop, `where` names a place that the reader can open (a file and key, a URL, a
    package), `fix` says what to do next, usually as a command. Both are optional, `what` is not.
    """

    exit_code: int = EXIT_BUG
    kind: str = "error"

    def __init__(self, what: str, *, where: str = "", fix: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.fix = fix

    def __str__(self) -> str:
        lines = [self.what]
        if self.where:
            lines.append(f"  at: {self.where}")
        if self.fix:
            lines.append(f"  do: {self.fix}")
        return "\n".join(lines)


class StrategyNotMet(LadingError):
    """The image is there, and is not what the strategy asks for (a budget, say)."""

    exit_code = 1
    kind = "strategy not met"


class UsageError(LadingError):
    """Bad usage or configuration; nothing was started."""

    exit_code = 2
    kind = "bad usage or configuration"


class StepFailed(LadingError):
    """A build step failed."""

    exit_code = 3
    kind = "build step failed"


class RemoteFailed(LadingError):
    """A registry, a package mirror or the network failed; trying again may help."""

    exit_code = 4
    kind = "remote failed"


class VerificationFailed(LadingError):
    """Something did not verify: a signature, a hash, an unsafe archive."""

    exit_code = 5
    kind = "did not verify"


class Unavailable(LadingError):
    """What the command needs is not on this machine, and Lading cannot bring it along (`EX_UNAVAILABLE`)."""

    exit_code = 69
    kind = "unavailable"


class Problems(LadingError):
    """All problems of one input, reported together. Its exit code is the first one's.

    >>> Problems([UsageError("a"), UsageError("b")]).exit_code
    2
    """

    def __init__(self, problems: Iterable[LadingError]) -> None:
        self.problems = tuple(problems)
        first = self.problems[0]
        super().__init__(first.what, where=first.where, fix=first.fix)
        self.exit_code = first.exit_code
        self.kind = first.kind

    def __str__(self) -> str:
        return "\n".join(str(problem) for problem in self.problems)


def raise_all(problems: Iterable[LadingError]) -> None:
    """Raise what was found: nothing, the one problem, or all of them as `Problems`."""
    found = list(problems)
    if len(found) == 1:
        raise found[0]
    if found:
        raise Problems(found)

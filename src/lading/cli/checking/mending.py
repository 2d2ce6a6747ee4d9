"""Files mended round by round, and what that changed."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from lading.check.look import read_text
from lading.check.mend import mend
from lading.errors import LadingError, StepFailed
from lading.finding import Finding
from lading.whole import write_whole

if TYPE_CHECKING:
    from lading.cli.checking.checker import Checker, Outcome

MOST_ROUNDS = 10
"""Rounds of mending. Fixes that undo each other would go on for ever."""


class Change(NamedTuple):
    """A file before and after, and how many findings that mended in it."""

    path: str
    before: str
    after: str
    mended: int

    def diff(self) -> list[str]:
        """The unified diff of it, as git writes and reads it."""
        from difflib import unified_diff

        before, after = self.before.splitlines(keepends=True), self.after.splitlines(keepends=True)
        lines = unified_diff(before, after, f"a/{self.path}", f"b/{self.path}")
        return [line.rstrip("\n") for line in lines]


def mend_all(checker: "Checker", *, dry: bool) -> "tuple[Outcome, Sequence[Change]]":
    """What is still found when everything that can be mended is, and what that took.

    Each file is written whole or not at all, unless `dry`: then nothing is written. Raises `StepFailed` for one that
    cannot be written.
    """
    first: dict[str, str] = {}
    last: dict[str, str] = {}
    counts: dict[str, int] = {}
    for _ in range(MOST_ROUNDS):
        outcome = checker.check()
        mended = mend(_mendable(outcome, last), _sources(checker, outcome))
        if not mended.texts:
            break
        for finding in mended.findings:
            counts[finding.place.path] = counts.get(finding.place.path, 0) + 1
        for path, text in mended.texts.items():
            file = checker.path_of(path)
            before = checker.looker.texts.get(file)
            first.setdefault(path, read_text(file) if before is None else before)
            last[path] = text
            checker.looker.texts[file] = text
    if not dry:
        for path, text in last.items():
            _write(checker.path_of(path), text)
        if last.keys() - set(outcome.looked_at):
            outcome = checker.check()  # with an ignore file as it is now
    changes = [Change(path, first[path], text, counts.get(path, 0)) for path, text in last.items()]
    return outcome, [one for one in changes if one.before != one.after]


def _mendable(outcome: "Outcome", changed: Mapping[str, str]) -> list[Finding]:
    """The findings whose fixes can be applied: other files than those that are looked at (an ignore file) are read from
    the disk, so what a fix has changed in one is not seen again, and is changed once."""
    elsewhere = changed.keys() - set(outcome.looked_at)
    return [one for one in outcome.kept if one.fix and not any(edit.path in elsewhere for edit in one.fix.edits)]


def _sources(checker: "Checker", outcome: "Outcome") -> dict[str, str]:
    """The texts that fixes are for: those that were looked at, and others that they name (an ignore file)."""
    sources = dict(outcome.sources)
    for finding in outcome.kept:
        for edit in finding.fix.edits if finding.fix else ():
            if edit.path not in sources:
                sources[edit.path] = _text_of(checker, edit.path)
    return sources


def _text_of(checker: "Checker", path: str) -> str:
    file = checker.path_of(path)
    if file in checker.looker.texts:
        return checker.looker.texts[file]
    try:
        return read_text(file)
    except LadingError:
        return ""


def _write(file: Path, text: str) -> None:
    try:
        real = file.resolve()
        mode = real.stat().st_mode & 0o7777 if real.exists() else 0o644
        write_whole(real, (text.encode("utf-8", "surrogateescape"),))
        real.chmod(mode)
    except OSError as error:
        raise StepFailed(f"cannot write the mended file: {error.strerror}", where=str(file)) from error

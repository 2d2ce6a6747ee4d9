"""What one command finds, and which of it counts."""

import argparse
import os
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path

import msgspec
from msgspec import UNSET

from lading.check.baseline import Baseline, Named, part, read_baseline
from lading.check.builds import Builds
from lading.check.look import SYNTAX, Looked
from lading.check.suppress import RULES as SUPPRESSION_RULES
from lading.cli.checking.looking import Looker
from lading.cli.context import Context
from lading.cli.project import find_root
from lading.errors import UsageError
from lading.finding import SEVERITIES, Finding, Rule, Severity, fingerprint, rule_name
from lading.report.findings.model import Findings, Kind, Suppressed
from lading.strategy.model import Checking, Read
from lading.tree import Patterns


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What was found: the findings that count, in the order of files and lines, and those that do not. `sources` are
    the texts of all files, by the names that findings use; `cwd` is the folder that these names start in."""

    looked_at: tuple[str, ...]
    sources: Mapping[str, str]
    kept: tuple[Finding, ...]
    suppressed: tuple[Suppressed, ...]
    cwd: Path

    def findings(self, fail_on: Severity | None) -> Findings:
        """All of it, for a report."""
        return Findings(
            findings=self.kept,
            looked_at=self.looked_at,
            noun="file",
            rules={rule.id: rule for rule in all_rules()},
            sources=self.sources,
            suppressed=self.suppressed,
            fail_on=fail_on,
        )

    def named(self, folder: Path) -> list[Named]:
        """The findings that count, with their files as a baseline in `folder` calls them."""
        lines = {path: text.split("\n") for path, text in self.sources.items()}
        named: list[Named] = []
        for one in self.kept:
            path = Path(os.path.relpath(self.cwd / one.place.path, folder)).as_posix()
            named.append(Named(path, fingerprint(one, lines.get(one.place.path, ()), path), one))
        return named

    def without(self, findings: Mapping[Finding, str], kind: Kind) -> "Outcome":
        """The same, but for findings that do not count, each for a reason."""
        left_out = tuple(Suppressed(finding=one, kind=kind, reason=reason) for one, reason in findings.items())
        kept = tuple(one for one in self.kept if one not in findings)
        return msgspec.structs.replace(self, kept=kept, suppressed=self.suppressed + left_out)


class Checker:
    """One command's work. `given` is the text of a Dockerfile that came from standard input."""

    def __init__(self, args: argparse.Namespace, context: Context, *, given: str | None = None) -> None:
        self._args = args
        self._context = context
        self._cwd = context.cwd.resolve()
        self._given = given
        self._root = find_root(self._cwd)
        self.looker = Looker(args, context, root=self._root, read=self._read, given=given)

    @cached_property
    def _read(self) -> Read:
        from lading.strategy.read import FILE, PROJECT_FILE, read_strategy

        own, project = (_bytes(self._root / name) for name in (FILE, PROJECT_FILE))
        return read_strategy(own, project)

    @property
    def _settings(self) -> Checking:
        return self._read.strategy.check

    @property
    def fail_on(self) -> Severity | None:
        """The mildest severity that makes the command fail."""
        said = self._args.fail_on or (self._settings.fail_on if self._settings.fail_on is not UNSET else "error")
        return None if said == "never" else said

    def path_of(self, name: str) -> Path:
        """The file that a finding names."""
        return self._cwd / name

    def check(self) -> Outcome:
        """Look at everything once, and judge it."""
        self._refuse_unknown_rules()
        builds = self.looker.builds() if self._given is None else None
        looked = list(self.looker.looked(builds or Builds({}, {}, {})))
        for name, problem in builds.broken.items() if builds else ():
            self._context.note(f"{name} was left out: {problem}")
        outcome = self._outcome(looked, builds.texts if builds else {})
        outcome = outcome.without({one: reason for one in outcome.kept if (reason := self._reason(one))}, "setting")
        return self._but_known(outcome)

    def _outcome(self, looked: Sequence[Looked], texts: Mapping[str, str]) -> Outcome:
        left_out = (pair for each in looked for pair in each.judged.left_out)
        found = [*(one for each in looked for one in each.judged.kept), *self._of_hadolint(looked)]
        return Outcome(
            looked_at=tuple(one.path for one in looked),
            sources={**texts, **{one.path: one.text for one in looked}},
            kept=tuple(sorted(dict.fromkeys(self._chosen(found)), key=_order)),
            suppressed=tuple(Suppressed(finding=one, kind="comment", reason=reason) for one, reason in left_out),
            cwd=self._cwd,
        )

    def _of_hadolint(self, looked: Sequence[Looked]) -> Sequence[Finding]:
        # It reads files itself: what comes from elsewhere, and what fixes would make of a file, it cannot see.
        if self._args.no_hadolint or self._given is not None or self.looker.texts:
            return ()
        from lading.check.hadolint import hadolint

        return hadolint([one.path for one in looked], self._context.runner) or ()

    def _chosen(self, findings: Iterable[Finding]) -> Iterable[Finding]:
        """Those of the rules that the command line asks for."""
        only, ignored = set(self._args.only), set(self._args.ignore)
        names = ((one, rule_name(one)) for one in findings)
        return (one for one, name in names if (not only or name in only) and name not in ignored)

    def _reason(self, finding: Finding) -> str:
        """Why the settings say that a finding does not count; empty where they do not."""
        ignored = self._settings.ignore.get(rule_name(finding))
        if ignored is None:
            return ""
        path = os.path.relpath(self._cwd / finding.place.path, self._root)
        return ignored.reason if ignored.paths is UNSET or Patterns(ignored.paths).matches(path) else ""

    def _but_known(self, outcome: Outcome) -> Outcome:
        """Leave out what the baseline knows."""
        file = self._baseline_file()
        if file is None or self._args.write_baseline:
            return outcome
        _, old = part(outcome.named(file.parent), self._baseline(file))
        return outcome.without(dict.fromkeys(old, ""), "baseline")

    def _baseline_file(self) -> Path | None:
        if self._args.baseline:
            return (self._cwd / str(self._args.baseline)).resolve()
        said = self._settings.baseline
        return None if said is UNSET else self._root / str(said)

    def _baseline(self, file: Path) -> Baseline:
        try:
            return read_baseline(file.read_bytes(), str(file))
        except OSError as error:
            fix = f"lading check --write-baseline {file}"
            raise UsageError(f"cannot read the baseline: {error.strerror}", where=str(file), fix=fix) from None

    def _refuse_unknown_rules(self) -> None:
        known = {rule.id for rule in all_rules()}
        for name in (*self._args.only, *self._args.ignore):
            if "/" not in name and name not in known:
                from difflib import get_close_matches

                near = get_close_matches(name, known, n=1)
                fix = f"did you mean {near[0]}?" if near else "lading check --rules lists them"
                raise UsageError(f"there is no rule {name!r}", fix=fix)


def all_rules() -> tuple[Rule, ...]:
    """Every rule of `lading check`, by id."""
    from lading.check.rules.all import RULES

    return tuple(sorted((SYNTAX, *SUPPRESSION_RULES, *RULES), key=lambda rule: rule.id))


def _order(finding: Finding) -> tuple[object, ...]:
    span = finding.place.span
    at = (span.line, span.column) if span else (0, 0)
    return finding.place.path, at, SEVERITIES.index(finding.severity), rule_name(finding), finding.message


def _bytes(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None

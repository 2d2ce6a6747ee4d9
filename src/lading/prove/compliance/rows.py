"""The requirements that reading an image, its plan and its lock shows. Each is one function. Pure."""

from collections.abc import Callable

from lading.finding import SEVERITIES
from lading.prove.compliance.model import Evidence, Expected
from lading.prove.requirement import Requirement, row, unseen
from lading.prove.words import listed, megabytes

Row = Callable[[Expected, Evidence], Requirement | None]
"""A requirement, or nothing where it is not asked of such an image."""

_LINKING = frozenset(
    {
        "loader-not-in-image",
        "library-not-in-image",
        "library-not-found",
        "symbol-version-missing",
        "wrong-architecture",
        "other-c-library",
        "script-without-interpreter",
        "packages-of-another-python",
        "extension-of-another-python",
        "program-cannot-start",
        "no-command",
    }
)
"""Rules of the audit: what is in the image cannot run there."""
_PREFIX = "org.opencontainers.image."
_LABELS = ("title", "version", "revision", "source")
_LOWEST_OPEN_PORT = 1024
"""Ports below it are only root's to open (ip(7))."""


def _stages(expected: Expected, evidence: Evidence) -> Requirement | None:
    facts = evidence.audit.facts
    tools = [*facts.tools, *facts.managers]
    said = f"left in it: {listed(tools)}" if tools else "no compiler, build tool or package manager is left in it"
    if expected.stages and len(expected.stages) == 1:
        return None  # nothing is built for it
    how = " → ".join(expected.stages)
    return row("multi-stage", "Multi-stage build", not tools, how, said)


def _user(expected: Expected, evidence: Evidence) -> Requirement:
    user = evidence.audit.facts.user
    numbers = f"UID {user.uid}, GID {user.gid}" if user.uid is not None else "no numbers are known"
    met = user.uid not in (None, 0) and user.numeric
    kind = "by number" if user.numeric else f"by name ({user.said})" if user.said else "nobody said, so root"
    if expected.user and user.said != expected.user:
        return row("non-root", "Non-root user", False, expected.user, f"the image says {user.said or 'nothing'}")
    return row("non-root", "Non-root user", met, numbers, kind)


def _base(expected: Expected, evidence: Evidence) -> Requirement:
    facts = evidence.audit.facts
    layers = facts.size.layers[: facts.base_layers]
    if not layers:
        return unseen("base", "Small base image", "nothing tells which layers are the base's")
    share = sum(layer.unpacked for layer in layers)
    said = f"{megabytes(share)} of {megabytes(facts.size.unpacked)} on disk"
    if not expected.base:
        return unseen("base", "Small base image", f"{said}; no strategy says which bases are allowed")
    return row("base", "Small base image", True, expected.base, said)


def _budget(expected: Expected, evidence: Evidence) -> Requirement:
    unpacked = evidence.audit.facts.size.unpacked
    title, said = "Size within budget", f"{megabytes(unpacked)} on disk"
    if expected.budget is None:
        return unseen("budget", title, f"{said}; no budget is set")
    how = f"{megabytes(expected.budget)} at most"
    return row("budget", title, unpacked <= expected.budget, how, said)


def _port(expected: Expected, evidence: Evidence) -> Requirement | None:
    ports = evidence.audit.facts.ports
    if not expected.serves and not ports:
        return None
    numbers = [int(port.partition("/")[0]) for port in ports if port.partition("/")[0].isdecimal()]
    wanted = [expected.port] if expected.port else numbers
    met = bool(numbers) and all(port in numbers and port >= _LOWEST_OPEN_PORT for port in wanted)
    seen = evidence.verification.trial("own") if evidence.verification else None
    answers = seen is not None and seen.health is not None and seen.health.good
    how = listed(f"EXPOSE {port.removesuffix('/tcp')}" for port in ports)
    if any(port < _LOWEST_OPEN_PORT for port in wanted):
        said = f"only root may open ports below {_LOWEST_OPEN_PORT}"
    else:
        said = "none" if not ports else "it answers there" if answers else "any user may open it"
    return row("port", "Port exposed", met, how, said)


def _shell(expected: Expected, evidence: Evidence) -> Requirement | None:
    shells = evidence.audit.facts.shells
    if expected.closed is False:
        return None  # the strategy wants one
    said = f"there is {listed(shells)}" if shells else "none was found by its name"
    return row("no-shell", "No shell", not shells, "a base without one" if expected.closed else "", said)


def _tools(_: Expected, evidence: Evidence) -> Requirement:
    facts = evidence.audit.facts
    left = [*facts.managers, *facts.tools]
    said = f"there is {listed(left)}" if left else "no package manager, compiler, curl or git"
    return row("no-tools", "No tools to build or fetch", not left, "", said)


def _development(expected: Expected, evidence: Evidence) -> Requirement:
    packages = evidence.audit.facts.development
    said = f"there is {listed(packages)}" if packages else "none was found"
    how = _planned(expected, "installed without those for development")
    return row("no-development", "No development packages", not packages, how, said)


def _secrets(expected: Expected, evidence: Evidence) -> Requirement:
    number = evidence.audit.facts.secrets
    said = f"{number} found by their content" if number else "none in any layer, by content"
    how = _planned(expected, "files that look like one do not ship")
    return row("no-secrets", "No secrets", not number, how, said)


def _complete(_: Expected, evidence: Evidence) -> Requirement:
    linking = evidence.audit.facts.linking
    wrong = [finding for finding in evidence.audit.findings if finding.rule in _LINKING and finding.severity == "error"]
    said = wrong[0].message if wrong else f"{linking.needs} libraries are needed by {linking.dynamic} files, and there"
    if not wrong and not linking.dynamic:
        said = "its programs need no library"
    return row("complete", "Nothing missing at run time", not wrong, "", said)


def _privileged(_: Expected, evidence: Evidence) -> Requirement:
    files = evidence.audit.facts.privileged
    said = f"there is {listed(files)}" if files else "no set-user-ID bit, no file capability"
    return row("no-privileged-files", "No privileged files", not files, "", said)


def _audit(_: Expected, evidence: Evidence) -> Requirement:
    found = evidence.audit.findings
    counts = ((level, sum(one.severity == level for one in found)) for level in SEVERITIES)
    told = ", ".join(f"{number} of severity {level}" for level, number in counts if number)
    errors = [one for one in found if one.severity == "error"]
    said = f"{errors[0].message} ({told})" if errors else told or "nothing found"
    accepted = f"; {len(evidence.audit.accepted)} accepted for a reason" if evidence.audit.accepted else ""
    return row("audit", "Clean audit", not errors, "lading audit", f"{said}{accepted}")


def _scanned(_: Expected, evidence: Evidence) -> Requirement:
    scan, title = evidence.scan, "Scanned for vulnerabilities"
    if scan is None:
        return unseen("scanned", title, evidence.unscanned or "no scanner was asked")
    told = ", ".join(f"{number} {severity.lower()}" for severity, number in scan.found if number)
    return row("scanned", title, not told, scan.tool, told or "none known of high or critical severity")


def _pinned(expected: Expected, _: Evidence) -> Requirement:
    pinned, title = expected.pinned, "Everything pinned"
    if pinned is None:
        return unseen("pinned", title, "no lading.lock says what it was made of")
    how = "lading.lock and the project's own lock"
    if pinned.missing:
        return row("pinned", title, False, how, f"the lock is stale: {listed(pinned.missing)}")
    if pinned.unhashed:
        return row("pinned", title, False, how, "the list of requirements has packages without a hash")
    return row("pinned", title, True, how, f"{' and '.join(pinned.told) or 'nothing'} by hash")


def _reproducible(expected: Expected, evidence: Evidence) -> Requirement:
    rebuilt, title = evidence.rebuilt, "Reproducible"
    how = _planned(expected, "made of what is pinned, with one time for all files")
    if rebuilt is not None:
        said = f"built again in an empty store: {'the same digest' if rebuilt.same else rebuilt.digest}"
        return row("reproducible", title, rebuilt.same, how, said)
    timed = [one for one in evidence.audit.findings if one.rule == "time-of-build"]
    if timed:
        return row("reproducible", title, False, how, timed[0].message)
    said = f"created {evidence.audit.facts.created[:10] or 'at no time'}, as every file in it"
    return row("reproducible", title, True, how, f"{said}; --rebuild builds it again")


def _labels(expected: Expected, evidence: Evidence) -> Requirement:
    labels = evidence.audit.facts.labels
    has = [name for name in _LABELS if labels.get(_PREFIX + name)]
    lacking = [name for name, value in expected.labels if labels.get(name) != value]
    if lacking:
        return row("labels", "Labels", False, "OCI image labels", f"missing or another: {listed(lacking)}")
    said = f"it tells {', '.join(has)}" if has else "it tells nothing of itself"
    return row("labels", "Labels", bool(has), "OCI image labels", said)


def _platforms(expected: Expected, evidence: Evidence) -> Requirement:
    there, title = evidence.platforms, "Platforms"
    if not expected.platforms:
        return unseen("platforms", title, f"{listed(there)}; no strategy says which")
    lacking = [platform for platform in expected.platforms if platform not in there]
    said = f"no image for {listed(lacking)}" if lacking else f"there is one for {listed(there)}"
    return row("platforms", title, not lacking, listed(expected.platforms), said)


def _planned(expected: Expected, words: str) -> str:
    """How the plan sees to it; nothing is known of how others' images were made."""
    return words if expected.service else ""


FIRST: tuple[Row, ...] = (_stages, _user, _base, _budget, _port)
"""What stands before the evidence of running it, as people ask for it."""
THEN: tuple[Row, ...] = (
    _shell,
    _tools,
    _development,
    _secrets,
    _privileged,
    _complete,
    _audit,
    _scanned,
    _pinned,
    _reproducible,
    _labels,
    _platforms,
)
"""What stands behind it."""

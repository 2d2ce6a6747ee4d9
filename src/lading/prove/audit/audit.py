"""The audit of one image: all concerns, what is ignored, and the facts."""

from collections.abc import Iterable, Mapping
from itertools import chain
from pathlib import Path

from lading.finding import SEVERITIES, Finding, Place, Rule
from lading.oci.model import Image
from lading.prove.audit import (
    development,
    leftovers,
    linking,
    metadata,
    modules,
    permissions,
    programs,
    scripts,
    secrets,
    size,
    starting,
    who,
)
from lading.prove.audit.inside import Inside
from lading.prove.audit.model import Accepted, Audit, Expectations, Facts, Ignored
from lading.prove.audit.walk import look_inside
from lading.tree.patterns import Patterns

RULES: tuple[Rule, ...] = tuple(
    chain(
        who.RULES,
        starting.RULES,
        secrets.RULES,
        linking.RULES,
        scripts.RULES,
        modules.RULES,
        size.RULES,
        permissions.RULES,
        programs.RULES,
        development.RULES,
        leftovers.RULES,
        metadata.RULES,
    )
)
"""Every rule, in the order in which findings of one severity are told."""
_ORDER = {rule.id: number for number, rule in enumerate(RULES)}
_NOTHING = Expectations()


def audit(image: Image, expected: Expectations = _NOTHING, *, folder: Path | None = None) -> Audit:
    """Read an image once and tell what is wrong with it, and what was measured.

    `folder` takes large programs while they are looked at (by default the system's own for such). Nothing of the image
    is run. Raises `VerificationFailed` for layers that are unsafe or not what the manifest says, `UsageError` for a
    base that the image does not stand on.
    """
    inside = look_inside(image, expected, folder)
    start, pythons = starting.Starting(inside), modules.Pythons(inside)
    closure = linking.Closure(inside, start.started)
    there = programs.programs(inside)
    found = chain(
        who.look(inside),
        start.look(),
        secrets.look(inside),
        closure.look(),
        scripts.look(inside, start.started),
        pythons.look(),
        size.look(inside),
        permissions.look(inside),
        programs.look(inside, there),
        development.look(inside),
        leftovers.look(inside),
        metadata.look(inside),
    )
    findings, accepted = _parted(found, expected.ignore)
    facts = _facts(inside, start, closure, pythons, there)
    return Audit(findings=findings, accepted=accepted, facts=facts)


def _facts(
    inside: Inside,
    start: starting.Starting,
    closure: linking.Closure,
    pythons: modules.Pythons,
    there: Mapping[programs.Kind, tuple[str, ...]],
) -> Facts:
    return Facts(
        size=inside.size,
        base_layers=inside.origin.layers,
        base_known_by=inside.origin.known_by,
        wasted=size.wasted(inside),
        user=inside.user,
        workdir=inside.run.working_dir or "/",
        command=inside.command,
        program=f"/{start.program}" if start.program else "",
        health=start.health,
        health_program=f"/{start.health_program}" if start.health_program else "",
        stop_signal=inside.run.stop_signal,
        ports=tuple(sorted(inside.run.exposed_ports or ())),
        labels=dict(inside.run.labels or {}),
        created=inside.config.created,
        shells=there["shell"],
        managers=there["manager"],
        tools=there["tool"],
        development=development.development(inside),
        privileged=permissions.privileged(inside),
        writable=len(permissions.writable(inside)),
        secrets=secrets.count(inside),
        linking=closure.facts,
        modules=pythons.facts,
    )


def _parted(found: Iterable[Finding], ignore: Iterable[Ignored]) -> tuple[tuple[Finding, ...], tuple[Accepted, ...]]:
    """What counts and what does not, each with the worst first."""
    ignoring = [(one, Patterns(one.paths)) for one in ignore]
    findings, accepted = list[Finding](), list[Accepted]()
    for finding in sorted(found, key=_order):
        reason = next((one.reason for one, paths in ignoring if _matches(one, paths, finding)), None)
        if reason is None:
            findings.append(finding)
        else:
            accepted.append(Accepted(finding=finding, reason=reason))
    return tuple(findings), tuple(accepted)


def _matches(one: Ignored, paths: Patterns, finding: Finding) -> bool:
    return one.rule == finding.rule and (not one.paths or paths.matches(finding.place.path.removeprefix("/")))


def _order(finding: Finding) -> tuple[int, int, Place, str]:
    """The worst first, then as `RULES` has them."""
    return SEVERITIES.index(finding.severity), _ORDER[finding.rule], finding.place, finding.message

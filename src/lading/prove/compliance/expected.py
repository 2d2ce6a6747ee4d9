"""What a plan and its strategy promise. Pure."""

from lading.lock.make import covers
from lading.lock.model import Pins
from lading.lock.request import request_of
from lading.plan.model import Base, DebianBase, ImageBase, Plan, PythonDependencies, ScratchBase, ToolchainBase
from lading.prove.compliance.model import Expected, Pinned
from lading.strategy.model import ServiceStrategy


def expected_of(plan: Plan, strategy: ServiceStrategy, pins: Pins | None) -> Expected:
    """The promises of a plan, and of the lock that it is built with."""
    base = plan.runtime.base
    return Expected(
        service=plan.service,
        stages=tuple(stage.name for stage in plan.stages),
        base=base_in_words(base),
        closed=_closed(base),
        user=plan.config.user,
        budget=plan.budget,
        port=plan.config.port,
        serves=plan.config.port is not None,
        labels=plan.config.labels,
        platforms=plan.platforms,
        pinned=_pinned(plan, pins) if pins else None,
        waived=strategy.prove.waived,
    )


def base_in_words(base: Base) -> str:
    """What an image stands on, as a person says it."""
    match base:
        case DebianBase(name=name, suite=suite):
            return f"{name} (packages of Debian {suite})"
        case ImageBase(reference=reference):
            return reference
        case ScratchBase():
            return "scratch"
        case ToolchainBase(name=name, version=version):
            return f"{name} {version}"


def _closed(base: Base) -> bool | None:
    """Whether nothing of such a base is a shell; nothing where it is somebody else's image."""
    match base:
        case DebianBase(name=name):
            return name != "slim"
        case ScratchBase():
            return True
        case ImageBase() | ToolchainBase():
            return None


def _pinned(plan: Plan, pins: Pins) -> Pinned:
    request = request_of([plan])
    sets = (pins.packages(one.suite, one.architecture, one.roots, one.without) or () for one in request.bases)
    packages = {pin.name for found in sets for pin in found}
    images = {one.reference for one in request.images}
    counted = ((len(packages), "Debian package"), (len(images), "base image"), (len(request.tools), "tool"))
    steps = (step for stage in plan.stages for step in stage.steps)
    return Pinned(
        told=tuple(f"{number} {noun}{'' if number == 1 else 's'}" for number, noun in counted if number),
        missing=covers(pins, request),
        unhashed=any(isinstance(step, PythonDependencies) and step.unhashed for step in steps),
    )

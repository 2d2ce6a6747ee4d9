"""The Python of one image: what its wheels are chosen for, and what compiles its modules."""

from collections.abc import Mapping, Sequence
from typing import Any, Self

from lading.assemble.python.bytecode import Compiler, tag_of
from lading.assemble.python.dependencies import DependenciesStep
from lading.assemble.python.interpreter import from_host, from_packages, identity_of, interpreter_packages
from lading.assemble.python.wheels import Target
from lading.assemble.steps import Bytecode, target_of
from lading.assemble.workshop import Workshop
from lading.lock.model import DebianPin, Pins
from lading.lock.request import compiler_base
from lading.plan.model import CopyTree, DebianBase, Plan, PythonDependencies, PythonProject


class PythonSetting:
    """The Python of a plan on one platform. `target` is what wheels are chosen for."""

    def __init__(self, workshop: Workshop, plan: Plan, pins: Pins, target: Target, bytecode: Bytecode) -> None:
        self._workshop = workshop
        self._plan = plan
        self._pins = pins
        self.target = target
        self.bytecode = bytecode

    @classmethod
    def of(
        cls,
        workshop: Workshop,
        plan: Plan,
        pins: Pins,
        platform: str,
        *,
        packages: Sequence[DebianPin],
        base_config: Mapping[str, Any] | None,
    ) -> Self | None:
        """The setting of a plan, or nothing when no step of it is for a Python. `packages` are those of a Debian base,
        `base_config` is the configuration of an image base."""
        python = _python_of(plan)
        if not python:
            return None
        environment = ((base_config or {}).get("config") or {}).get("Env") or ()
        full = next((str(line)[15:] for line in environment if str(line).startswith("PYTHON_VERSION=")), "")
        target = target_of(packages, python, platform, full)
        return cls(workshop, plan, pins, target, _bytecode(workshop, plan, pins, python))

    def dependencies(self, step: PythonDependencies) -> DependenciesStep:
        """The layer of a plan's dependencies."""
        return DependenciesStep(
            self._workshop, self._plan, step=step, pins=self._pins, target=self.target, bytecode=self.bytecode
        )


def _bytecode(workshop: Workshop, plan: Plan, pins: Pins, python: str) -> Bytecode:
    """Who compiles: the packages of the base, or of a base with the same Python, else a Python of this machine."""
    base, extra = plan.runtime.base, compiler_base(python)
    bases = [base] if isinstance(base, DebianBase) else []
    packages = interpreter_packages(pins, [*bases, *([extra] if extra else [])], python)
    if packages:
        identity = identity_of(packages, python)
        compiler = workshop.compiler(
            identity,
            lambda: Compiler(
                identity=identity,
                tag=tag_of(python),
                ready=lambda: from_packages(workshop.store, packages, python, workshop.packages),
                processes=workshop.jobs,
                spare=workshop.spare,
            ),
        )
        return Bytecode(identity, compiler, packages)
    import shutil

    from lading.proc import Runner

    found = from_host(python, Runner(), shutil.which)
    if found is None:
        workshop.note(f"no Python {python} runs on this machine: the image has no bytecode and starts more slowly")
        return Bytecode("none", None)
    return Bytecode(
        found.identity,
        workshop.compiler(
            found.identity,
            lambda: Compiler(identity=found.identity, tag=found.tag, ready=lambda: found, processes=workshop.jobs),
        ),
    )


def _python_of(plan: Plan) -> str:
    """The Python (`major.minor`) that steps of a plan are for, or nothing."""
    for stage in plan.stages:
        for step in stage.steps:
            if isinstance(step, PythonDependencies | PythonProject | CopyTree) and step.python:
                return step.python
    return ""

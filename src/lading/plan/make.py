"""Facts and strategy become a plan. Pure: the same facts and strategy, the same plan."""

from lading.plan.reasons import Planned
from lading.strategy.model import ImageStrategy, ServiceStrategy
from lading.survey.model import GoService, NodeService, PackagesService, PythonService, Service


def make_plan(facts: Service, strategy: ServiceStrategy, *, revision: str = "") -> Planned:
    """The plan of one service. `revision` is the source's, for a label, or empty where it is not known for sure.

    Raises `UsageError`, or `Problems` with all that stands against it.
    """
    match facts:
        case PythonService():
            from lading.plan.python.make import python_plan

            return python_plan(facts, strategy, revision=revision)
        case GoService():
            from lading.plan.go.make import go_plan

            return go_plan(facts, strategy, revision=revision)
        case NodeService():
            from lading.plan.node.make import node_plan

            return node_plan(facts, strategy, revision=revision)
        case PackagesService():
            from lading.plan.packages.make import packages_plan

            if not isinstance(strategy, ImageStrategy):
                raise AssertionError("an image of packages has the strategy of one")
            return packages_plan(facts, strategy, revision=revision)


def starts(facts: Service, strategy: ServiceStrategy) -> bool:
    """Whether a project has anything to start: else it is a library, and no service."""
    if strategy.command or any(not fact.value.runs_once for fact in facts.processes):
        return True
    match facts:
        case PythonService():
            return facts.app is not None
        case NodeService():
            return facts.start is not None or facts.kind == "site"
        case GoService():
            return True
        case PackagesService():
            return True  # else its plan tells what is missing

"""What was decided and why, collected on the way: reasons, notes for people, problems."""

from typing import Generic, Literal, NamedTuple, TypeVar

import msgspec

from lading.errors import LadingError, UsageError
from lading.plan.model import Plan
from lading.strategy.model import ServiceStrategy
from lading.survey.model import Certainty, Fact, ServiceFacts

Topic = Literal["base", "dependencies", "application", "start", "run"]

T = TypeVar("T")
S = TypeVar("S", bound=ServiceFacts)


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """One decision: what about (`topic` groups them), the value in words, where it is from, and how sure that is."""

    topic: Topic
    name: str
    value: str
    source: str
    certainty: Certainty = "declared"


class Planned(NamedTuple):
    """A plan, and every decision behind it with its source."""

    plan: Plan
    decisions: tuple[Decision, ...]


class Notebook(Generic[S]):
    """Collects while deciding about one service. After a problem, deciding goes on with something harmless, so that all
    problems are reported together."""

    def __init__(self, facts: S, strategy: ServiceStrategy) -> None:
        self.facts = facts
        self.strategy = strategy
        self.name = strategy.service
        self.reasons: list[Decision] = []
        self.notes: list[str] = list(facts.notes)
        self.problems: list[LadingError] = []

    def origin(self, key: str) -> str:
        """Where a key of the strategy was set."""
        return self.strategy.origin(key) or "default"

    def said(self, key: str, value: T) -> Fact[T]:
        """What the strategy says, as a fact."""
        return Fact(value=value, source=self.origin(key))

    def reason(self, topic: Topic, name: str, fact: Fact[str] | Fact[int]) -> None:
        """Write down a fact that decided something."""
        self.add(topic, name, str(fact.value), fact.source, fact.certainty)

    def add(self, topic: Topic, name: str, value: str, source: str, certainty: Certainty = "declared") -> None:
        """Write down a decision."""
        self.reasons.append(Decision(topic=topic, name=name, value=value, source=source, certainty=certainty))

    def note(self, text: str) -> None:
        """Write down what a person should see."""
        self.notes.append(text)

    def problem(self, what: str, *, where: str, fix: str) -> None:
        """Write down what stands against a plan."""
        self.problems.append(UsageError(what, where=where, fix=fix))

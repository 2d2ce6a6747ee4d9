"""What the comments of a rendered file say: the plan's own words, and the decisions behind them with their sources."""

from collections.abc import Sequence

from lading.plan.reasons import Decision, Topic


class Reasons:
    """The decisions of a plan, by name."""

    def __init__(self, decisions: Sequence[Decision]) -> None:
        self._decisions = decisions

    def told(self, topic: Topic, *names: str) -> tuple[str, ...]:
        """A line for each decision about a topic that has one of these names, in their order:
        `port 8080: lading.toml › port`."""
        about = [one for one in self._decisions if one.topic == topic]
        return tuple(_line(one) for name in names for one in about if one.name == name)

    def told_of(self, topic: Topic, word: str) -> tuple[str, ...]:
        """A line for each decision about a topic whose name starts with a word (`env`, `for`)."""
        return tuple(_line(one) for one in self._decisions if one.topic == topic and one.name.startswith(f"{word} "))


def sentence(words: str) -> str:
    """A plan's words as the start of a sentence."""
    return words[:1].upper() + words[1:]


def _line(one: Decision) -> str:
    guess = " (a guess)" if one.certainty == "assumed" else ""
    return f"{one.name} {one.value}{guess}: {one.source}"

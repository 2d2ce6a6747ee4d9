"""A script gone through in the order in which a shell would, with what is known beforehand.

Exit statuses: https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html#tag_19_09, and `set -e` of
#tag_19_26. It is taken for granted that the script has succeeded: what comes behind an `exit 1` in a branch has run.
"""

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from lading.check.dockerfile.patterns import matches
from lading.check.dockerfile.positions import Passage
from lading.check.dockerfile.words import UNKNOWN
from lading.check.shell import grammar
from lading.check.shell.commands import Commands
from lading.check.shell.manner import Manner
from lading.check.shell.memory import Memory
from lading.check.shell.model import Invocation, Kind
from lading.check.shell.syntax import (
    AndOr,
    Assignment,
    Background,
    Broken,
    Case,
    For,
    Function,
    If,
    Node,
    Not,
    Pipeline,
    Redirected,
    Simple,
    Subshell,
    Text,
    While,
)  # fmt: skip
from lading.check.shell.syntax import (
    Sequence as Parts,
)
from lading.check.shell.values import tokens

MOST_ROUNDS = 32
"""Words of a `for` that are gone through one by one."""


class Walker(Commands):
    """Goes through a script."""

    def walk(self, manner: Manner) -> Iterator[Invocation]:
        """The commands of the whole script."""
        yield from self.node(grammar.script(self._passage.text), manner)

    def script(self, passage: Passage, memory: Memory, kind: Kind, manner: Manner) -> Iterator[Invocation]:
        """The commands of another script that this one runs."""
        yield from Walker(passage, memory, kind, self.course).walk(manner)

    def node(self, node: Node, manner: Manner) -> Iterator[Invocation]:
        """The commands of a part of the script; none once it has ended."""
        if self.memory.ended or self.course.left <= 0:
            yield from self._rest(manner)
            return
        match node:
            case Simple():
                yield from self.simple(node, manner)
            case Parts(parts):
                for index, part in enumerate(parts):
                    yield from self.node(part, manner if index == len(parts) - 1 else manner.but(final=False))
            case AndOr():
                yield from self._and_or(node, manner)
            case Pipeline(parts):
                yield from self._pipeline(parts, manner)
            case If() | While() | For() | Case():
                yield from self._choice(node, manner)
            case _:
                yield from self._enclosed(node, manner)

    def _enclosed(
        self, node: Not | Background | Subshell | Redirected | Function | Broken, manner: Manner
    ) -> Iterator[Invocation]:
        match node:
            case Not(body):
                yield from self.node(body, manner.ignored())
            case Background(body):
                yield from self.apart(body, manner.unseen())
            case Subshell(body):
                yield from self.apart(body, manner)
            case Redirected(body, redirections):
                yield from self.node(body, self.redirected(redirections, manner))
            case Function(name, body):
                self.memory.define(name, body)
            case Broken():
                yield self.unreadable(manner)

    def _choice(self, node: If | While | For | Case, manner: Manner) -> Iterator[Invocation]:
        match node:
            case If():
                yield from self._if(node, manner)
            case While(condition, body):
                self._blur(_assigned(node))
                yield from self.node(condition, manner.ignored())
                yield from self._round(body, manner)
            case For():
                yield from self._for(node, manner)
            case Case():
                yield from self._case(node, manner)

    def _rest(self, manner: Manner) -> Iterator[Invocation]:
        """Once, what is beyond the budget."""
        if not self.memory.ended and not self.course.left:
            yield self.unreadable(manner)

    def _perhaps(self, node: Node, manner: Manner, others: list[Memory]) -> Iterator[Invocation]:
        """A part that may not be run. What its shell knows at its end is put to `others`."""
        before = self.memory
        self.memory = before.copy()
        yield from self.node(node, manner.but(conditional=True))
        others.append(self.memory)
        self.memory = before

    def _maybe(self, node: Node, manner: Manner) -> Iterator[Invocation]:
        """A part that may not be run, and what holds afterwards."""
        ways: list[Memory] = []
        yield from self._perhaps(node, manner, ways)
        self.memory.become([self.memory.copy(), *ways])

    def _and_or(self, node: AndOr, manner: Manner) -> Iterator[Invocation]:
        """`a && b || c`: each depends on those before it, and its failure may be caught by one behind it."""
        sure = True
        for index, part in enumerate(node.parts):
            is_last = index == len(node.parts) - 1
            handler = _handler(node, index)
            own = manner if is_last else manner.but(guarded=True)
            if handler is not None:
                own = own.but(final=True) if self._fails(handler) else own.ignored()
            if index and (node.operators[index - 1] == "||" or not sure):
                yield from self._maybe(part, own)
            else:
                yield from self.node(part, own)
            sure = sure and own.final
            if self.memory.ended:
                return

    def _pipeline(self, parts: Sequence[Node], manner: Manner) -> Iterator[Invocation]:
        """Each part is a shell of its own, and reads what the one before it writes."""
        before = manner.piped_from
        for index, part in enumerate(parts):
            is_last = index == len(parts) - 1
            own = manner if is_last or self.memory.stops_in_pipes else manner.unseen()
            own = own.but(piped_from=before, outputs=manner.outputs if is_last else ())
            for call in self.apart(part, own):
                before = before if call.substituted else call
                yield call

    def _if(self, node: If, manner: Manner) -> Iterator[Invocation]:
        """The first condition is always tried; each body has a memory of its own."""
        start = self.memory
        ways: list[Memory] = []
        self.memory = start.copy()
        tried = manner
        for condition, body in node.branches:
            yield from self.node(condition, tried.ignored())
            yield from self._perhaps(body, manner, ways)
            tried = manner.but(conditional=True)
        if node.otherwise is not None:
            yield from self._perhaps(node.otherwise, manner, ways)
        else:
            ways.append(self.memory)
        self.memory = start
        start.become(ways)

    def _round(self, body: Parts, manner: Manner) -> Iterator[Invocation]:
        """The body of a loop that is run any number of times."""
        doubt = self.memory.doubt
        yield from self._maybe(body, manner.but(final=False))
        if self.memory.doubt == "loop":
            self.memory.doubt = doubt

    def _for(self, node: For, manner: Manner) -> Iterator[Invocation]:
        texts = self._rounds(node)
        if texts is None:
            self._blur({node.name, *_assigned(node)} - {""})
            yield from self._round(node.body, manner)
            return
        doubt = self.memory.doubt
        for index, text in enumerate(texts):
            self.memory.put(node.name, text)
            yield from self.node(node.body, manner if index == len(texts) - 1 else manner.but(final=False))
            if self.memory.ended == "continue":
                self.memory.ended = ""
            if self.memory.ended:
                break
        if self.memory.ended == "break":
            self.memory.ended = ""
        if self.memory.doubt == "loop":
            self.memory.doubt = doubt

    def _rounds(self, node: For) -> list[str] | None:
        """The words of a `for`, where all are known and not too many."""
        if node.words is None:
            positional = self.memory.positional if node.name else None
            return None if positional is None else list(positional[:MOST_ROUNDS])
        expander = self.expander()
        values = [value for word in node.words for value in expander.words(word)]
        texts = [value.text for value in values if value.text is not None and not value.is_pattern]
        return texts if len(texts) == len(values) <= MOST_ROUNDS else None

    def _case(self, node: Case, manner: Manner) -> Iterator[Invocation]:
        """The first item whose pattern matches, where that is known; else any may be the one."""
        expander = self.expander()
        subject = expander.value(node.word).text
        start = self.memory
        ways: list[Memory] = []
        covers = False
        for patterns, body in node.items:
            fits = None if node.falls else self._fits(subject, patterns)
            if fits and not ways:
                yield from self.node(body, manner)
                return
            if fits is not False:
                yield from self._perhaps(body, manner, ways)
            covers = fits is True or self._is_all(patterns)
            if covers:
                break
        start.become(ways if covers and ways else [start.copy(), *ways])

    def _fits(self, subject: str | None, patterns: Sequence[Text]) -> bool | None:
        """Whether one of the patterns matches; None where that is not known."""
        answers = [self._matches(subject, one) for one in patterns]
        return True if any(answers) else (None if None in answers else False)

    def _matches(self, subject: str | None, pattern: Text) -> bool | None:
        text = self.expander().value(pattern).text
        if subject is None or text is None or set(self._written(pattern)) & set("['\"@+!\\"):
            return None
        return matches(subject, tokens(text))

    def _is_all(self, patterns: Sequence[Text]) -> bool:
        return any(self._written(one) == "*" for one in patterns)

    def _fails(self, node: Node) -> bool:
        """Whether it certainly ends the script with a failure: `exit 1`, also behind other commands in braces."""
        match node:
            case Parts(parts) if parts:
                return self._fails(parts[-1])
            case Simple(words=words) if words and self._written(words[0]) == "exit":
                return len(words) == 1 or self._written(words[1]).strip("0").isdigit()
        return False

    def _written(self, word: Text) -> str:
        return self._passage.text[word.start : word.end]

    def _blur(self, names: set[str]) -> None:
        for name in names:
            self.memory.put(name, UNKNOWN)


def _handler(node: AndOr, index: int) -> Node | None:
    """What is run when a part fails: what stands behind the next `||`, if there is one."""
    for at in range(index, len(node.operators)):
        if node.operators[at] == "||":
            return node.parts[at + 1]
    return None


def _assigned(node: object) -> set[str]:
    """The variables that a part of a script sets by `name=value` or goes through by `for`."""
    names = {node.name} if isinstance(node, Assignment | For) else set()
    if isinstance(node, msgspec.Struct):
        parts: Iterable[object] = (getattr(node, field) for field in node.__struct_fields__)
    else:
        parts = node if isinstance(node, tuple) else ()
    return names.union(*(_assigned(one) for one in parts if isinstance(one, tuple | msgspec.Struct)))

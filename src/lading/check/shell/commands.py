"""Simple commands of a script: their words, what the shell itself does for them, and what they run in their turn."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence

import msgspec

from lading.check.dockerfile.positions import Passage, joined
from lading.check.dockerfile.words import UNKNOWN
from lading.check.shell.builtins import BUILTINS
from lading.check.shell.manner import Manner
from lading.check.shell.memory import Memory
from lading.check.shell.model import Invocation, Kind, Redirect, Value
from lading.check.shell.syntax import Assignment, Inner, Node, Redirection, Simple, Text
from lading.check.shell.values import Expander
from lading.check.shell.wrappers import Wrapped, unwrapped

MOST_COMMANDS = 4_000
"""Commands of a script; nested loops could make any number."""

DEEPEST = 8
"""Functions that call functions, scripts in scripts."""


class Course:
    """What scripts in scripts share: how many commands there may still be (`left`), and which redirections around
    several commands have been written to (`begun`)."""

    def __init__(self) -> None:
        self.left = MOST_COMMANDS
        self.begun: set[Redirect] = set()


class Commands(ABC):
    """Runs the simple commands of a script. `memory` is what its shell knows, and changes on the way."""

    def __init__(self, passage: Passage, memory: Memory, kind: Kind, course: Course) -> None:
        self.memory = memory
        self._passage = passage
        self._kind = kind
        self.course = course

    @abstractmethod
    def node(self, node: Node, manner: Manner) -> Iterator[Invocation]:
        """The commands of a part of the script."""

    @abstractmethod
    def script(self, passage: Passage, memory: Memory, kind: Kind, manner: Manner) -> Iterator[Invocation]:
        """The commands of another script that this one runs."""

    def expander(self) -> Expander:
        """What expands words as they are now."""
        memory = self.memory
        return Expander(
            self._passage, memory.get, memory.put, positional=memory.positional, has_braces=self._kind == "bash"
        )

    def simple(self, node: Simple, manner: Manner) -> Iterator[Invocation]:
        """A simple command, and what is run for its words."""
        for inner in _substitutions(node):
            if inner.body is not None:
                unseen = manner.unseen().but(substituted=True, outputs=(), piped_from=None)
                yield from self.apart(inner.body, unseen)
        expander = self.expander()
        words = tuple(value for word in node.words for value in expander.words(word))
        assignments = tuple((one.name, self._assigned(one, expander)) for one in node.assignments)
        redirects = tuple(self._redirect(one, expander) for one in node.redirections)
        if not words:
            for name, value in assignments:
                self.memory.put(name, UNKNOWN if value.text is None else value.text)
        if words or redirects:
            call = Invocation(
                words=words,
                span=self._passage.span(node.start, node.end),
                assignments=assignments,
                redirects=redirects,
            )
            yield from self.run(call, manner)
        self._doubt(manner)

    def _doubt(self, manner: Manner) -> None:
        """With `set -e` in a shell whose failure nobody sees, what follows may not be run, and the script goes on."""
        if self.memory.stops_on_failure and not (self.memory.counts or manner.guarded):
            self.memory.doubt = "script"

    def apart(self, node: Node, manner: Manner) -> Iterator[Invocation]:
        """A part in a shell of its own: what it changes in its memory is gone afterwards."""
        memory = self.memory
        self.memory = memory.copy()
        self.memory.counts = manner.is_checked(memory)
        yield from self.node(node, manner)
        self.memory = memory

    def unreadable(self, manner: Manner) -> Invocation:
        """The whole script as something that could do anything."""
        text = self._passage.text
        word = Value(text=None, is_many=True, written=text, span=self._passage.span(0, len(text)))
        return self._call(Invocation(words=(word,), span=word.span), manner)

    def run(self, call: Invocation, manner: Manner) -> Iterator[Invocation]:
        """A command with its words expanded: a function, a wrapper, something of the shell's own, or a program."""
        name = call.program or ""
        function = self.memory.functions.get(name)
        if function is not None and manner.depth < DEEPEST:
            yield from self._called(function, call, manner)
            return
        wrapped = unwrapped(call.words) if call.words else None
        if wrapped is not None and manner.depth < DEEPEST:
            yield from self._wrapped(call, wrapped, manner)
            return
        if name == "eval" and (text := _joined(call.arguments)) is not None and manner.depth < DEEPEST:
            passage = _pinned(text, call.words[-1])
            inside = self._around(call.redirects, manner.but(depth=manner.depth + 1))
            yield from self.script(passage, self.memory, self._kind, inside)
            return
        yield self._call(call, manner)
        if call.words and not manner.wrappers:
            self._do(call)

    def _call(self, call: Invocation, manner: Manner) -> Invocation:
        self.course.left -= 1
        memory = self.memory
        return msgspec.structs.replace(
            call,
            workdir=memory.workdir,
            variables=memory.variables,
            conditional=manner.conditional or bool(memory.doubt),
            checked=manner.is_checked(memory),
            piped_from=manner.piped_from,
            wrappers=manner.wrappers,
            user=manner.user,
            redirects=(*call.redirects, *self._inherited(call.redirects, manner)),
            substituted=manner.substituted,
        )

    def _do(self, call: Invocation) -> None:
        """What a command of the shell's own does to the shell."""
        if call.program is None:
            self.memory.forget()
        elif do := BUILTINS.get(call.program):
            do(self.memory, call.arguments)

    def _called(self, body: Node, call: Invocation, manner: Manner) -> Iterator[Invocation]:
        """A function's body, with the arguments as its own."""
        outer, doubt = self.memory.positional, self.memory.doubt
        self.memory.positional = _texts(call.arguments)
        yield from self.node(body, self._around(call.redirects, manner.but(depth=manner.depth + 1)))
        self.memory.positional = outer
        if self.memory.ended == "return":
            self.memory.ended = ""
        if self.memory.doubt in {"loop", "function"}:
            self.memory.doubt = doubt

    def _wrapped(self, call: Invocation, wrapped: Wrapped, manner: Manner) -> Iterator[Invocation]:
        inside = manner.but(
            wrappers=(*manner.wrappers, call.words[0]), user=wrapped.user or manner.user, depth=manner.depth + 1
        )
        if wrapped.script is not None:
            yield from self._shell(call, wrapped, inside)
            return
        inner = msgspec.structs.replace(
            call, words=wrapped.words, assignments=(*call.assignments, *wrapped.assignments)
        )
        yield from self.run(inner, inside)
        if call.program == "exec" and not self.memory.ended:
            self.memory.ended = "exit"

    def _shell(self, call: Invocation, wrapped: Wrapped, manner: Manner) -> Iterator[Invocation]:
        """`sh -c 'script'`."""
        value = wrapped.script
        if value is None or value.text is None:
            yield self._call(call, manner.but(wrappers=manner.wrappers[:-1]))
            return
        memory = self.memory.copy()
        memory.functions = {}
        memory.positional = _texts(wrapped.arguments[1:])
        memory.stops_on_failure, memory.stops_in_pipes = "e" in wrapped.options, "p" in wrapped.options
        memory.counts = manner.is_checked(self.memory)
        for name, assigned in call.assignments:
            memory.put(name, UNKNOWN if assigned.text is None else assigned.text)
        if "l" in wrapped.options:
            memory.forget()
        inside = self._around(call.redirects, manner)
        yield from self.script(_pinned(value.text, value), memory, wrapped.kind, inside)

    def _assigned(self, one: Assignment, expander: Expander) -> Value:
        value = expander.value(one.value)
        if not one.appends:
            return value
        before = self.memory.get(one.name)
        text = None if value.text is None or before is UNKNOWN else (before or "") + value.text
        return msgspec.structs.replace(value, text=text, prefix=text or "")

    def redirected(self, redirections: Sequence[Redirection], manner: Manner) -> Manner:
        """The manner for what stands inside of redirections."""
        expander = self.expander()
        return self._around(tuple(self._redirect(one, expander) for one in redirections), manner)

    def _around(self, own: Sequence[Redirect], manner: Manner) -> Manner:
        self.course.begun.difference_update(own)
        return manner.but(outputs=(*own, *_not_taken(manner.outputs, own)))

    def _redirect(self, one: Redirection, expander: Expander) -> Redirect:
        span = self._passage.span(one.start, one.end)
        if one.document is not None:
            return Redirect(operator="<<", content=_content(one, expander, self._passage.text), span=span)
        target = expander.value(one.target)
        if one.operator == "<<<":
            content = None if target.text is None else f"{target.text}\n"
            return Redirect(operator="<<<", content=content, span=span)
        return Redirect(operator=one.operator, descriptor=one.descriptor, target=target, span=span)

    def _inherited(self, own: Sequence[Redirect], manner: Manner) -> Iterator[Redirect]:
        """Where the output goes because of redirections around: what comes second is appended."""
        for one in _not_taken(manner.outputs, own):
            yield msgspec.structs.replace(one, operator=">>") if one in self.course.begun else one
            self.course.begun.add(one)


def _not_taken(around: Sequence[Redirect], own: Sequence[Redirect]) -> Iterator[Redirect]:
    """The redirections around that write to files, and count for a command with some of its own."""
    taken = {one.descriptor or "1" for one in own if "<" not in one.operator}
    return (one for one in around if one.writes and (one.descriptor or "1") not in taken)


def _substitutions(node: Simple) -> Iterator[Inner]:
    """The `$(…)` of a command's words, in their order."""
    texts: list[Text] = [one.value for one in node.assignments]
    texts += node.words
    for redirection in node.redirections:
        texts += [redirection.target, *([redirection.document.text] if redirection.document else [])]
    for text in texts:
        yield from (inner for inner in text.inner if inner.body is not None)


def _content(one: Redirection, expander: Expander, text: str) -> str | None:
    document = one.document
    if document is None:
        return None
    word = document.text
    content = expander.document(word) if document.expands else text[word.start : word.end]
    if content is None or not document.strips_tabs:
        return content
    return "".join(line.lstrip("\t") for line in content.splitlines(keepends=True))


def _texts(values: Sequence[Value]) -> tuple[str, ...] | None:
    known = tuple(one.text for one in values if one.text is not None)
    return known if len(known) == len(values) else None


def _joined(values: Sequence[Value]) -> str | None:
    known = _texts(values)
    return None if known is None else " ".join(known)


def _pinned(text: str, value: Value) -> Passage:
    """A script that is a word of another: where each character stands, if it is written as it is, else where the word
    does."""
    span = value.span
    at = value.written.find(text) if text else -1
    if at >= 0 and span.line == span.end_line and "\n" not in value.written:
        return joined([(text, span.line, span.column + at)])
    return joined((character, span.line, span.column) for character in text or " ")

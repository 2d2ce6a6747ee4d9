"""Shell scripts: text to tree.

Grammar: https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html#tag_19_10, with what bash adds as
far as it changes where commands begin and end.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache

from lading.check.shell.syntax import (
    AndOr,
    Assignment,
    Background,
    Broken,
    Case,
    Document,
    For,
    Function,
    If,
    Node,
    Not,
    Pipeline,
    Redirected,
    Redirection,
    Sequence,
    Simple,
    Subshell,
    Text,
    While,
)  # fmt: skip
from lading.check.shell.words import Unreadable, WordReader

LONGEST = 200_000
"""In characters; longer scripts are not read."""

KEPT = 256
"""Trees that are remembered: a model and several rules ask for the same ones, and services are built alike."""

_SPACE = re.compile(r"(?:[ \t\r\v\f]|\\\n)+")
_COMMENT = re.compile(r"#[^\n]*")
_ASSIGNMENT = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(?:\[[^\]\s]*\])?(\+?)=")
_REDIRECT = re.compile(r"(\d*|\{\w+\})(<<<|<<-|<<|>>|>\||>&|<&|<>|&>>|&>|<(?!\()|>(?!\())")
_RESERVED = re.compile(
    r"(?:if|then|elif|else|fi|for|select|while|until|do|done|case|esac|function|\[\[|[{}!])(?=[\s;&|<>()]|$)"
)
_RESERVED_ENDS = frozenset({"then", "do", "done", "fi", "elif", "else", "esac", "}"})


@lru_cache(KEPT)
def script(text: str) -> Sequence:
    """The tree of a script; never raises. What cannot be read is a `Broken` at the end."""
    if len(text) > LONGEST:
        return Sequence((Broken(0, len(text), "it is too long to be read"),))
    reader = _Reader(text, 0, len(text))
    try:
        return reader.commands("")
    except Unreadable as unreadable:
        return Sequence((*reader.top, Broken(min(unreadable.at, len(text)), len(text), str(unreadable))))
    except RecursionError:
        return Sequence((Broken(0, len(text), "it is nested too deeply"),))


class _Reader(WordReader):
    """Reads commands. `top` are the outermost that are complete."""

    def __init__(self, text: str, at: int, end: int, depth: int = 0) -> None:
        super().__init__(text, at, end, depth)
        self.top: list[Node] = []
        self._documents: list[Document] = []

    def within(self, start: int, end: int) -> "_Reader":
        return _Reader(self.text, start, end, self._depth)

    def commands(self, stop: str) -> Sequence:
        parts: list[Node] = [] if stop else self.top
        self._list(parts)
        if stop and not self._takes(stop):
            raise self.fail(f"`{stop}` is missing")
        if not stop and self.at < self.end:
            raise self.fail(f"`{self.peek()}` is not expected here")
        return Sequence(tuple(parts))

    def _list(self, parts: list[Node]) -> None:
        """Commands up to where the list ends, or to what cannot begin one."""
        while True:
            self._skip_lines()
            if self.at >= self.end or self.peek() in ";)" or self._reserved() in _RESERVED_ENDS:
                return
            part = self._and_or()
            self._skip()
            if self._takes_background():
                part = Background(part)
            elif self.peek() == ";" and self.peek(2) not in {";;", ";&"}:
                self.at += 1
            parts.append(part)

    def _takes_background(self) -> bool:
        if self.peek() != "&" or self.peek(2) in {"&&", "&>"}:
            return False
        self.at += 1
        return True

    def _skip(self) -> None:
        if match := _SPACE.match(self.text, self.at, self.end):
            self.at = match.end()
        if self.peek() == "#" and (self.at == 0 or not self._in_word()):
            match = _COMMENT.match(self.text, self.at, self.end)
            self.at = match.end() if match else self.at

    def _in_word(self) -> bool:
        return self.text[self.at - 1] not in " \t\r\v\f\n;&|()<>`"

    def _skip_lines(self) -> None:
        self._skip()
        while self.peek() == "\n":
            self.at += 1
            self._read_documents()
            self._skip()

    def _read_documents(self) -> None:
        for document in self._documents:
            start = self.at
            while self.at < self.end:
                line_end = self.text.find("\n", self.at, self.end)
                line_end = self.end if line_end < 0 else line_end
                line = self.text[self.at : line_end].rstrip("\r")
                stop, self.at = self.at, min(line_end + 1, self.end)
                if (line.lstrip("\t") if document.strips_tabs else line) == document.end_word:
                    break
            else:
                stop = self.end
            document.text = self.document(start, stop) if document.expands else Text(start, stop)
        self._documents = []

    def _takes(self, operator: str) -> bool:
        if not self.text.startswith(operator, self.at, self.end):
            return False
        self.at += len(operator)
        return True

    def _reserved(self) -> str:
        """The word that begins here, as far as it could be a reserved one."""
        match = _RESERVED.match(self.text, self.at, self.end)
        return match[0] if match else ""

    def _expect(self, word: str) -> None:
        self._skip_lines()
        if self._reserved() != word:
            raise self.fail(f"`{word}` is missing")
        self.at += len(word)

    def _and_or(self) -> Node:
        parts, operators = [self._pipeline()], list[str]()
        while True:
            self._skip()
            operator = self.peek(2)
            if operator not in {"&&", "||"}:
                return AndOr(tuple(parts), tuple(operators)) if operators else parts[0]
            self.at += 2
            self._skip_lines()
            operators.append(operator)
            parts.append(self._pipeline())

    def _pipeline(self) -> Node:
        if self._reserved() == "!":
            self.at += 1
            self._skip()
            with self.deeper():
                return Not(self._pipeline())
        parts = [self._command()]
        while True:
            self._skip()
            if self.peek() != "|" or self.peek(2) == "||":
                return parts[0] if len(parts) == 1 else Pipeline(tuple(parts))
            self.at += 2 if self.peek(2) == "|&" else 1
            self._skip_lines()
            parts.append(self._command())

    def _command(self) -> Node:
        with self.deeper():
            begins = "(" if self.peek() == "(" else self._reserved()
            read = self._compounds().get(begins) if begins else None
            if read is None:
                return self._simple()
            body = read()
            redirections = tuple(self._redirections())
            return Redirected(body, redirections) if redirections else body

    def _compounds(self) -> Mapping[str, Callable[[], Node]]:
        return {
            "(": self._parenthesized,
            "{": self._group,
            "[[": self._test,
            "if": self._if,
            "for": self._for,
            "select": self._for,
            "while": self._while,
            "until": self._while,
            "case": self._case,
            "function": self._function,
        }

    def _body(self, *ends: str) -> Sequence:
        """The commands up to one of these reserved words, which stays."""
        parts: list[Node] = []
        self._list(parts)
        if self._reserved() not in ends:
            raise self.fail(f"`{ends[0]}` is missing")
        return Sequence(tuple(parts))

    def _parenthesized(self) -> Node:
        start = self.at
        if self.peek(2) == "((":
            self._parentheses()
            return Simple(start, self.at, (), (), ())
        self.at += 1
        return Subshell(self.commands(")"))

    def _group(self) -> Sequence:
        self._expect("{")
        body = self._body("}")
        self._expect("}")
        return body

    def _test(self) -> Simple:
        """`[[ … ]]`, in which operators mean other things."""
        start, words = self.at, []
        while self.at < self.end:
            self._skip_lines()
            word = self.word()
            if word is None:
                self.at += 1
                continue
            words.append(word)
            if self.text[word.start : word.end] == "]]":
                return Simple(start, self.at, (), tuple(words), ())
        raise Unreadable("`]]` is missing", start)

    def _if(self) -> If:
        branches, otherwise = [], None
        self._expect("if")
        while True:
            condition = self._body("then")
            self._expect("then")
            branches.append((condition, self._body("fi", "elif", "else")))
            word = self._reserved()
            self.at += len(word)
            if word == "else":
                otherwise = self._body("fi")
                self._expect("fi")
            if word != "elif":
                return If(tuple(branches), otherwise)

    def _while(self) -> While:
        self.at += len(self._reserved())
        condition = self._body("do")
        return While(condition, self._do())

    def _do(self) -> Sequence:
        self._expect("do")
        body = self._body("done")
        self._expect("done")
        return body

    def _for(self) -> For:
        self.at += len(self._reserved())
        self._skip()
        words = None
        if self.peek(2) == "((":
            self._parentheses()
            name = ""
        else:
            name = self._plain_word()
            words = self._words_in()
        self._skip()
        self._takes(";")
        return For(name, words, self._do())

    def _words_in(self) -> tuple[Text, ...] | None:
        """The words of `in …`; None where there is no `in`."""
        self._skip_lines()
        if not re.compile(r"in(?=[\s;]|$)").match(self.text, self.at, self.end):
            return None
        self.at += 2
        words = []
        self._skip()
        while word := self.word():
            words.append(word)
            self._skip()
        return tuple(words)

    def _plain_word(self) -> str:
        word = self.word()
        if word is None:
            raise self.fail("a name is missing")
        return self.text[word.start : word.end]

    def _case(self) -> Case:
        self._expect("case")
        self._skip()
        word = self.word()
        self._skip_lines()
        if word is None or not self._takes("in"):
            raise self.fail("`in` is missing")
        items: list[tuple[tuple[Text, ...], Sequence]] = []
        falls = False
        while True:
            self._skip_lines()
            if self._reserved() == "esac":
                self._expect("esac")
                return Case(word, tuple(items), falls)
            items.append(self._case_item())
            falls = self._end_of_item() or falls

    def _case_item(self) -> tuple[tuple[Text, ...], Sequence]:
        self._takes("(")
        patterns = []
        while True:
            self._skip()
            pattern = self.word()
            if pattern is None:
                raise self.fail("a pattern is missing")
            patterns.append(pattern)
            self._skip()
            if not self._takes("|"):
                break
        if not self._takes(")"):
            raise self.fail("`)` is missing")
        body: list[Node] = []
        self._list(body)
        return tuple(patterns), Sequence(tuple(body))

    def _end_of_item(self) -> bool:
        """Read over what ends an item, and whether it goes on in the next."""
        if self._takes(";;&") or self._takes(";&"):
            return True
        if not self._takes(";;") and self._reserved() != "esac":
            raise self.fail("`;;` is missing")
        return False

    def _function(self) -> Function:
        self._expect("function")
        self._skip()
        name = self._plain_word()
        self._skip()
        if self._takes("("):
            self._skip()
            self._takes(")")
        self._skip_lines()
        return Function(name, self._command())

    def _simple(self) -> Node:
        start = end = self.at
        assignments: list[Assignment] = []
        words: list[Text] = []
        redirections: list[Redirection] = []
        while True:
            self._skip()
            if redirection := self._redirection():
                redirections.append(redirection)
            elif not words and (match := _ASSIGNMENT.match(self.text, self.at, self.end)):
                assignments.append(self._assignment(match))
            elif word := self.word():
                words.append(word)
            else:
                break
            end = self.at
            if len(words) == 1 and not assignments and self._defines_function():
                self._skip_lines()
                return Function(self.text[words[0].start : words[0].end], self._command())
        if end == start:
            raise self.fail(f"`{self.peek()}` is not expected here" if self.peek() else "a command is missing")
        return Simple(start, end, tuple(assignments), tuple(words), tuple(redirections))

    def _defines_function(self) -> bool:
        match = re.compile(r"[ \t]*\([ \t]*\)").match(self.text, self.at, self.end)
        self.at = match.end() if match else self.at
        return match is not None

    def _assignment(self, match: re.Match[str]) -> Assignment:
        self.at = start = match.end()
        if self.peek() == "(":
            self._parentheses()
            return Assignment(match[1], Text(start, self.at), bool(match[2]))
        return Assignment(match[1], self.word() or Text(start, start), bool(match[2]))

    def _redirections(self) -> Iterator[Redirection]:
        self._skip()
        while redirection := self._redirection():
            yield redirection
            self._skip()

    def _redirection(self) -> Redirection | None:
        match = _REDIRECT.match(self.text, self.at, self.end)
        if match is None:
            return None
        self.at = match.end()
        self._skip()
        target = self.word()
        if target is None:
            raise self.fail("a redirection leads nowhere")
        operator = match[2].removesuffix("-") if match[2] == "<<-" else match[2]
        document = self._document(target, strips_tabs=match[2] == "<<-") if operator == "<<" else None
        return Redirection(match.start(), self.at, operator, match[1], target, document)

    def _document(self, word: Text, *, strips_tabs: bool) -> Document:
        written = self.text[word.start : word.end]
        plain = re.sub(r"\\(.)|['\"]", r"\1", written)
        document = Document(plain, strips_tabs, plain == written)
        self._documents.append(document)
        return document

r"""A small reader of Dockerfiles, written from BuildKit's own rules and independent of what renders them.

What `docker build` would make of a text: instructions with their flags, arguments expanded as
`frontend/dockerfile/parser` and `frontend/dockerfile/shell` of BuildKit do it (quotes, `\`, `$NAME`, `${NAME}`, JSON
arrays, here-documents, continued lines). Variables expand to `<NAME>`, so that one that should not be there is seen.
"""

import json
import re
from dataclasses import dataclass, field

_CONTINUED = re.compile(r"([^\\])\\[ \t]*$|^\\[ \t]*$")
_HEREDOC = re.compile(r"^(\d*)<<(-?)([^<]*)$")
_DIRECTIVE = re.compile(r"^#\s*([a-zA-Z][a-zA-Z0-9]*)\s*=\s*(.+?)\s*$")


@dataclass
class Instruction:
    """One instruction: its name, flags without dashes, the rest of its line, and here-documents by name."""

    name: str
    flags: list[str]
    rest: str
    heredocs: dict[str, str] = field(default_factory=dict)

    @property
    def words(self) -> list[str]:
        """The exec form: a JSON array of strings. `AssertionError` when BuildKit would take it for a shell's."""
        value = json.loads(self.rest)
        assert isinstance(value, list)
        assert all(isinstance(word, str) for word in value)
        return value

    @property
    def pairs(self) -> dict[str, str]:
        """The variables of ENV or the labels of LABEL."""
        split = (word.partition("=") for word in split_words(self.rest))
        return {expand(name): expand(value) for name, _, value in split}

    @property
    def paths(self) -> list[str]:
        """The paths of a COPY, expanded; here-documents are left out."""
        if self.rest.startswith("["):
            return [expand(path) for path in self.words]
        return [expand(word) for word in split_words(self.rest) if not _HEREDOC.match(word)]


def parse(text: str) -> tuple[dict[str, str], list[Instruction]]:
    """The directives at the top of a Dockerfile, and its instructions."""
    lines = text.removesuffix("\n").split("\n")
    directives: dict[str, str] = {}
    for line in lines:
        found = _DIRECTIVE.match(line)
        if not found:
            break
        directives[found[1].lower()] = found[2]
    instructions: list[Instruction] = []
    at = 0
    while at < len(lines):
        line, at = lines[at].lstrip(), at + 1
        if not line or line.startswith("#"):
            continue
        while (found := _CONTINUED.search(line)) and at < len(lines):
            following, at = lines[at], at + 1
            if following.lstrip().startswith("#"):
                continue
            line = line[: found.start()] + (found[1] or "") + following
        instruction = _instruction(line.strip())
        if instruction.name in ("ADD", "COPY", "RUN"):
            at = _take_heredocs(instruction, lines, at)
        instructions.append(instruction)
    return directives, instructions


def _instruction(line: str) -> Instruction:
    name, _, rest = line.partition(" ")
    flags = []
    rest = rest.strip()
    while rest.startswith("--"):
        flag = split_words(rest)[0]
        flags.append(flag[2:])
        rest = rest[len(flag) :].lstrip()
    return Instruction(name=name.upper(), flags=flags, rest=rest)


def _take_heredocs(instruction: Instruction, lines: list[str], at: int) -> int:
    for word in split_words(instruction.rest):
        found = _HEREDOC.match(word)
        if not found or not found[3]:
            continue
        end = expand(found[3])
        body: list[str] = []
        while lines[at] != end:
            body.append(lines[at])
            at += 1
        at += 1
        content = "".join(f"{line}\n" for line in body)
        instruction.heredocs[end] = content if end != found[3] else expand(content, quotes=False)
    return at


def split_words(text: str) -> list[str]:
    """Words between blanks, with their quotes and escapes still on (`parseWords`)."""
    words: list[str] = []
    word, quote, at = "", "", 0
    while at < len(text):
        letter = text[at]
        if not quote and letter.isspace():
            if word:
                words.append(word)
            word = ""
        elif letter == "\\" and quote != "'" and at + 1 < len(text):
            word += text[at : at + 2]
            at += 1
        else:
            if letter in "'\"" and quote in ("", letter):
                quote = "" if quote else letter
            word += letter
        at += 1
    assert not quote, text
    return [*words, word] if word else words


def expand(text: str, *, quotes: bool = True) -> str:
    """A word without its quotes, escapes and variables (`shell.Lex.ProcessWord`)."""
    out, quote, at = "", "", 0
    while at < len(text):
        letter = text[at]
        if quotes and letter in "'\"" and quote in ("", letter):
            quote = "" if quote else letter
        elif quote == "'":
            out += letter
        elif letter == "\\" and at + 1 < len(text):
            following = text[at + 1]
            out += following if (not quote and quotes) or following in '"$\\' else letter + following
            at += 1
        elif letter == "$" and (found := re.match(r"\$(?:\{(\w+)\}|(\w+))", text[at:])):
            out += f"<{found[1] or found[2]}>"
            at += len(found[0]) - 1
        else:
            out += letter
        at += 1
    assert not quote, text
    return out

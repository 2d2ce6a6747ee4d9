"""An instruction's line taken apart as BuildKit does it: keyword, flags, and arguments by words, pairs or JSON."""

import re
from collections.abc import Iterator

import msgspec

from lading.check.dockerfile.lines import SPACE, Escape
from lading.check.dockerfile.model import Comment, Flag, Heredoc, Pair, Problem, Word
from lading.check.dockerfile.positions import Passage, Piece
from lading.finding import Span

_BLANK = re.compile(r"[\t\v\f\r ]+")
_WORD = re.compile(r"[^\t\v\f\r ]+")
_SPACES = re.compile(f"[{SPACE}]*")
_STRING = r'"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*+"'
_STRINGS = re.compile(rf"\[[ \t\r\n]*(?:{_STRING}[ \t\r\n]*(?:,[ \t\r\n]*{_STRING}[ \t\r\n]*)*+)?\]")
_ONE_STRING = re.compile(_STRING)


def _quoted_words(escape: str) -> re.Pattern[str]:
    """Words between spaces; quotes and what is escaped hold together. A quote that is left open goes to the end."""
    space, token = re.escape(SPACE), re.escape(escape)
    double = rf'"(?:[^"{token}]|{token}.)*+(?:"|{token}?$)'
    return re.compile(rf"""(?>[^{space}"'{token}]+|{token}(?:.|$)|{double}|'[^']*+(?:'|$))+""", re.DOTALL)


_QUOTED_WORDS = {"\\": _quoted_words("\\"), "`": _quoted_words("`")}


class Statement(msgspec.Struct, kw_only=True):
    """An instruction's line: its keyword, flags, and where in the text the arguments are.

    `documents` are the lines of the heredocs behind it as they are written, the word that ends one at its end.
    `problems` gathers why BuildKit would refuse it.
    """

    passage: Passage
    keyword: Word
    flags: tuple[Flag, ...]
    start: int
    end: int
    escape: Escape
    span: Span
    comments: tuple[Comment, ...] = ()
    heredocs: tuple[Heredoc, ...] = ()
    documents: tuple[tuple[Piece, ...], ...] = ()
    problems: list[Problem] = msgspec.field(default_factory=list)

    @property
    def name(self) -> str:
        """The keyword in upper case."""
        return self.keyword.text.upper()

    @property
    def arguments(self) -> str:
        """What stands behind keyword and flags, without space around it."""
        return self.passage.text[self.start : self.end]

    def whole(self) -> Word:
        """The arguments as one word."""
        return self.word(self.start, self.end)

    def word(self, start: int, end: int) -> Word:
        """A piece of the text by offsets."""
        return Word(self.passage.text[start:end], self.passage.span(start, end))

    def refuse(self, message: str, span: Span | None = None) -> None:
        """Note why BuildKit would refuse this instruction."""
        self.problems.append(Problem(message, span or self.passage.span(0, self.end)))

    def from_word(self, count: int) -> "Statement":
        """The same without its first words, for what stands behind them."""
        found = list(_WORD.finditer(self.passage.text, self.start, self.end))
        return msgspec.structs.replace(self, start=found[count].start() if count < len(found) else self.end)

    def inside(self) -> "Statement":
        """The instruction that an ONBUILD holds; it notes problems with those of the ONBUILD."""
        inner = statement(self.passage, self.start, self.escape, self._rest_of_span())
        return msgspec.structs.replace(inner, problems=self.problems)

    def words(self) -> tuple[Word, ...]:
        """The arguments by the blanks between them; quotes mean nothing."""
        found = _WORD.finditer(self.passage.text, self.start, self.end)
        return tuple(self.word(*match.span()) for match in found)

    def pairs(self) -> tuple[Pair, ...]:
        """The arguments by the space between them, where quotes and escapes hold a word together and stay in it; each
        as a name and what stands behind its `=`, if it has one."""
        return tuple(self._pair(start, end) for start, end in self._quoted())

    def old_pair(self) -> Pair | None:
        """`NAME value with blanks`, as ENV and LABEL had it before `=`; None without a value."""
        match = _BLANK.search(self.passage.text, self.start, self.end)
        if match is None:
            return None
        return Pair(self.word(self.start, match.start()), self.word(match.end(), self.end))

    def _quoted(self) -> Iterator[tuple[int, int]]:
        text = self.passage.text
        for match in _QUOTED_WORDS[self.escape].finditer(text, self.start, self.end):
            start, end = match.span()
            if end == self.end and _ends_escaped(text[start:end], self.escape):
                end -= 1
            if end > start:
                yield start, end

    def _pair(self, start: int, end: int) -> Pair:
        cut = self.passage.text.find("=", start, end)
        if cut < 0:
            return Pair(self.word(start, end), None)
        return Pair(self.word(start, cut), self.word(cut + 1, end))

    def is_json(self) -> bool:
        """Whether the arguments are a JSON list, of whatever."""
        is_list = self.passage.text.startswith("[", self.start)
        strings = is_list and _STRINGS.fullmatch(self.passage.text, self.start, self.end)
        return bool(strings) or (is_list and _is_json(self.arguments))

    def json(self) -> tuple[Word, ...] | None:
        """The strings of a JSON list, unquoted, with the spans of what stands between the quotes.

        None where it is no JSON list, which is then text for a shell or words between blanks. A list of other things
        than strings is refused.
        """
        text = self.passage.text
        if not text.startswith("[", self.start):
            return None
        if _STRINGS.fullmatch(text, self.start, self.end):
            found = _ONE_STRING.finditer(text, self.start, self.end)
            return tuple(self._string(*match.span()) for match in found)
        if _is_json(self.arguments):
            self.refuse("when using JSON array syntax, arrays must be comprised of strings only")
            return ()
        return None

    def _rest_of_span(self) -> Span:
        line, column = self.passage.positions.at(self.start)
        return Span(line, column, self.span.end_line, self.span.end_column)

    def _string(self, start: int, end: int) -> Word:
        span = self.passage.span(start + 1, end - 1)
        quoted = self.passage.text[start:end]
        return Word(_unquoted(quoted) if "\\" in quoted else quoted[1:-1], span)


def statement(passage: Passage, start: int, escape: Escape, span: Span) -> Statement:
    """Take apart the line that begins at an offset of the passage; `span` is that of the whole instruction."""
    text = passage.text
    end = len(text.rstrip(SPACE))
    blank = _BLANK.search(text, start, end)
    cut = blank.start() if blank else end
    keyword = Word(text[start:cut], passage.span(start, cut))
    flags, begin = _flags(passage, blank.end() if blank else end, end, escape)
    return Statement(passage=passage, keyword=keyword, flags=flags, start=begin, end=end, escape=escape, span=span)


def _flags(passage: Passage, start: int, end: int, escape: str) -> tuple[tuple[Flag, ...], int]:
    """The `--name=value` words from an offset on, unquoted, and the offset of what follows. `--` alone ends them."""
    flags: list[Flag] = []
    text = passage.text
    start = _after_space(text, start, end)
    while text.startswith("--", start, end):
        match = _QUOTED_WORDS[escape].match(text, start, end)
        stop = match.end() if match else end
        if stop == start + 2:
            return tuple(flags), _after_space(text, stop, end)
        flags.append(_flag(passage, start, stop, escape))
        start = _after_space(text, stop, end)
    return tuple(flags), start


def _after_space(text: str, start: int, end: int) -> int:
    match = _SPACES.match(text, start, end)
    return match.end() if match else start


def _flag(passage: Passage, start: int, stop: int, escape: str) -> Flag:
    written = passage.text[start:stop]
    name, equals, value = written.partition("=")
    word = Word(_plain(value, escape), passage.span(stop - len(value), stop)) if equals else None
    return Flag(_plain(name[2:], escape), word, passage.span(start, stop))


def _plain(text: str, escape: str) -> str:
    """A flag's text without quotes and escapes."""
    plain, quote = [], ""
    characters = iter(text)
    for character in characters:
        if character == escape:
            plain.append(next(characters, ""))
        elif character == quote:
            quote = ""
        elif not quote and character in "\"'":
            quote = character
        else:
            plain.append(character)
    return "".join(plain)


def _ends_escaped(word: str, escape: str) -> bool:
    """Whether a word's last character is an escape that escapes nothing, outside single quotes."""
    if not word.endswith(escape):
        return False
    before = len(word) - len(word.rstrip(escape))
    return before % 2 == 1


def _is_json(text: str) -> bool:
    try:
        msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError, UnicodeEncodeError):
        return False
    return True


def _unquoted(string: str) -> str:
    try:
        return msgspec.json.decode(string, type=str)
    except (msgspec.DecodeError, UnicodeEncodeError):
        return string[1:-1]

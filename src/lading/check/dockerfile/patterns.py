"""Shell patterns on known texts: `${name#pattern}`, `${name%pattern}`, `${name/pattern/word}`.

Matching takes pattern times text whatever the pattern: as a regular expression, a hostile one could take for ever.
"""

from collections.abc import Sequence

LARGEST_MATCH = 4_000_000
"""Steps to match a pattern with; beyond, the result counts as unknown."""

Token = str | None
"""Of a pattern: a character, `""` for any one, None for any number of them."""


def trimmed(value: str, tokens: Sequence[Token], *, at_end: bool, greedy: bool) -> str | None:
    """The value without the shortest match of a pattern at its start or end, or the longest; None where that takes too
    long to tell."""
    if len(value) * len(tokens) > LARGEST_MATCH:
        return None
    ends = _ends(tokens[::-1], value[::-1], 0) if at_end else _ends(tokens, value, 0)
    if not ends:
        return value
    width = max(ends) if greedy else min(ends)
    return value[: len(value) - width] if at_end else value[width:]


def substituted(value: str, tokens: Sequence[Token], word: str, *, everywhere: bool) -> str | None:
    """The value with the first match of a pattern replaced by a word, or all; None where it takes too long."""
    if len(value) ** 2 * len(tokens) > LARGEST_MATCH:
        return None
    result, at, last = [], 0, -1
    while at <= len(value):
        end = max(_ends(tokens, value, at), default=-1)
        if end > at or (end == at and at != last):
            result.append(word)
            last = end
            if not everywhere:
                return "".join(result) + value[end:]
        if end > at:
            at = end
            continue
        result.append(value[at : at + 1])
        at += 1
    return "".join(result)


def matches(value: str, tokens: Sequence[Token]) -> bool | None:
    """Whether the whole value matches; None where that takes too long to tell."""
    if len(value) * len(tokens) > LARGEST_MATCH:
        return None
    return len(value) in _ends(tokens, value, 0)


def _ends(tokens: Sequence[Token], value: str, start: int) -> set[int]:
    """Where matches of a pattern that begin at `start` may end."""
    ends = {start}
    for token in tokens:
        if token is None:
            ends = set(range(min(ends), len(value) + 1))
        else:
            ends = {end + 1 for end in ends if value[end : end + 1] and token in {"", value[end]}}
        if not ends:
            break
    return ends

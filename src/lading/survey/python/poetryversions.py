"""Poetry's way of writing which versions fit, as version specifiers of PEP 440. Pure.

The rules: https://python-poetry.org/docs/dependency-specification/#version-constraints
"""

import re
from collections.abc import Iterator

_PART = re.compile(r"\s*(\^|~=|~|===|==|!=|<=|>=|<|>|=)?\s*v?([0-9A-Za-z][0-9A-Za-z.!+_*-]*|\*)\s*\Z")


def alternatives(constraint: str) -> tuple[str, ...]:
    """The specifiers of which one must fit; `ValueError` when it is no constraint.

    >>> alternatives("^1.2.3"), alternatives("~1.2"), alternatives("1.*"), alternatives("*")
    (('>=1.2.3,<2',), ('>=1.2,<1.3',), ('==1.*',), ('',))
    >>> alternatives(">=1 <2 || 3.0")
    ('>=1,<2', '==3.0')
    """
    return tuple(",".join(_specifiers(one)) for one in re.split(r"\s*\|\|?\s*", constraint.strip()))


def fits(constraint: str, version: str) -> bool:
    """Whether a version fits a constraint; what cannot be read fits, so that nothing is left out."""
    from packaging.specifiers import InvalidSpecifier, SpecifierSet
    from packaging.version import InvalidVersion

    try:
        return any(SpecifierSet(one).contains(version, prereleases=True) for one in alternatives(constraint))
    except (InvalidSpecifier, InvalidVersion, ValueError):
        return True


def requires_python(constraint: str) -> str:
    """The versions of Python as one specifier: of several alternatives the whole range that they span, since PEP 440
    has no `or`; nothing where there is no bound."""
    try:
        found = alternatives(constraint)
    except ValueError:
        return constraint
    if len(found) == 1:
        return found[0]
    lowest = [part for one in found[:1] for part in one.split(",") if part.startswith((">", "=="))]
    highest = [part for one in found[-1:] for part in one.split(",") if part.startswith("<")]
    return ",".join(part.replace("==", ">=").replace(".*", "") for part in (*lowest[:1], *highest[:1]))


def _specifiers(text: str) -> Iterator[str]:
    for word in re.split(r"\s*,\s*|(?<=[0-9A-Za-z*])\s+(?=[\^~=!<>])", text.strip()):
        match = _PART.match(word)
        if match is None:
            raise ValueError(f"{text!r} is no version constraint")
        yield from _specifier(match[1] or "", match[2])


def _specifier(operator: str, version: str) -> Iterator[str]:
    if version == "*":
        return
    if operator in ("^", "~"):
        yield f">={version}"
        yield f"<{_above_caret(version) if operator == '^' else _above_tilde(version)}"
    elif operator in ("", "="):
        yield f"=={version}"
    else:
        yield f"{operator}{version}"


def _numbers(version: str) -> list[int]:
    found = re.match(r"\d+(?:\.\d+)*", version)
    if found is None:
        raise ValueError(f"{version!r} is no version")
    return [int(part) for part in found[0].split(".")]


def _above_caret(version: str) -> str:
    """The first version that is not compatible: the leftmost number that is not zero, or the last, goes up."""
    numbers = _numbers(version)
    place = next((place for place, number in enumerate(numbers) if number), len(numbers) - 1)
    return ".".join(map(str, [*numbers[:place], numbers[place] + 1]))


def _above_tilde(version: str) -> str:
    """The first version of the next minor release, or of the next major one where no minor is named."""
    numbers = _numbers(version)[:2]
    return ".".join(map(str, [*numbers[:-1], numbers[-1] + 1]))

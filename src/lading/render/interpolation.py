"""What compose replaces in values: `${NAME}` and its like, and `$$` for a dollar that is one.

https://docs.docker.com/reference/compose-file/interpolation/
"""

import re

from lading.render.document import Noted, OneLine, Shared

_DEFAULT = re.compile(r"[A-Za-z0-9_./:@+-]*\Z")
"""What can stand behind `:-` and means itself."""


class Template(str):
    """Text in which compose replaces variables. Every other text of a document means itself."""

    __slots__ = ()


def optional(name: str, default: str) -> Template:
    """What a variable says, else the default. A default that cannot be said there stands alone, without a variable."""
    return Template(f"${{{name}:-{default}}}") if _DEFAULT.match(default) else Template(_literal(default))


def required(name: str, message: str) -> Template:
    """What a variable says; without it compose starts nothing and tells the message (plain words)."""
    return Template(f"${{{name}:?{message}}}")


def joined(*parts: str) -> Template:
    """One text of templates, and of texts that mean themselves."""
    return Template("".join(part if isinstance(part, Template) else _literal(part) for part in parts))


def escaped(value: object) -> object:
    """A document whose texts mean themselves, as compose reads it. Keys are left alone: compose replaces nothing
    there."""
    match value:
        case Noted(why=why, value=inner):
            found: object = Noted(why, escaped(inner))
        case Shared(name=name, value=mapping):
            found = Shared(name, {key: escaped(one) for key, one in mapping.items()})
        case dict():
            found = {key: escaped(one) for key, one in value.items()}
        case OneLine():
            found = OneLine(map(_text, value))
        case list():
            found = [escaped(one) for one in value]
        case str():
            found = _text(value)
        case _:
            found = value
    return found


def _text(value: str) -> str:
    return str(value) if isinstance(value, Template) else _literal(value)


def _literal(text: str) -> str:
    return text.replace("$", "$$")

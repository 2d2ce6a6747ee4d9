"""The programs of Python's world, by name."""

import re
from collections.abc import Mapping

from lading.check.effects.effect import Effect
from lading.check.effects.python.interpreter import python, virtualenv
from lading.check.effects.python.others import pdm, pipenv
from lading.check.effects.python.pip import pip
from lading.check.effects.python.poetry import poetry
from lading.check.effects.python.uv import uv, uvx

EFFECTS: Mapping[str, Effect] = {
    "pdm": pdm,
    "pip": pip,
    "pip3": pip,
    "pipenv": pipenv,
    "poetry": poetry,
    "python": python,
    "python3": python,
    "uv": uv,
    "uvx": uvx,
    "virtualenv": virtualenv,
}

_VERSIONED = re.compile(r"(python|pip)3\.[0-9]{1,2}\Z")


def unversioned(program: str) -> str:
    """The name without a version: `python` for `python3.13`, `pip` for `pip3.13`."""
    found = _VERSIONED.match(program)
    return found[1] if found else program

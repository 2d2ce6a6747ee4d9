import re
from pathlib import Path

import pytest
from tools.cli_docs import GLOBAL, PAGE, renewed, table, tables

from lading import errors
from lading.cli import main
from lading.cli.main import COMMANDS

DOCS = Path(__file__).parents[3] / "docs"


def test_every_command_is_described() -> None:
    page = PAGE.read_text()
    assert tables(page) == [GLOBAL, *COMMANDS]
    assert re.findall(r"^## lading (.+)$", page, re.MULTILINE) == list(COMMANDS)


def test_every_flag_is_described_as_it_is() -> None:
    """`python -m tools.cli_docs` writes the tables anew."""
    page = PAGE.read_text()
    assert page == renewed(page)


def test_a_table_has_flags_values_and_meanings() -> None:
    rows = table("prune").splitlines()
    assert "| `--older-than AGE` | remove what was not used for so long: 30m, 12h, 14d, 2w (default: 14d) |" in rows
    assert "| `--dry-run` | only say what would be removed |" in rows
    assert "| `-q`, `--quiet` | print nothing but results and errors |" in table(GLOBAL).splitlines()


@pytest.mark.parametrize("variable", ["LADING_STORE", "LADING_DEBIAN_MIRROR", "LADING_REVISION", "SOURCE_DATE_EPOCH"])
def test_environment(variable: str) -> None:
    assert f"`{variable}`" in PAGE.read_text()


def test_every_variable_of_our_own_is_described() -> None:
    source = Path(main.__file__).parents[1]
    used = {name for path in source.rglob("*.py") for name in re.findall(r"\bLADING_[A-Z_]+\b", path.read_text())}
    assert used == set(re.findall(r"\bLADING_[A-Z_]+\b", PAGE.read_text()))


def kinds() -> list[type[errors.LadingError]]:
    found = [errors.LadingError]
    for kind in found:
        found += [one for one in kind.__subclasses__() if one.__module__ == errors.__name__]
    return [kind for kind in found if kind not in (errors.LadingError, errors.Problems)]


def test_exit_codes_are_unique_and_described() -> None:
    rows = re.findall(r"^\| (\d+) \| (?:`(\w+)` )?\| (.+) \|$", (DOCS / "exit-codes.md").read_text(), re.MULTILINE)
    told = {int(code): kind for code, kind, _ in rows}
    assert len(told) == len(rows)
    assert {code: kind for code, kind in told.items() if kind} == {kind.exit_code: kind.__name__ for kind in kinds()}
    others = {errors.EXIT_DONE, errors.EXIT_BUG, main.EXIT_INTERRUPTED, main.EXIT_PIPE}
    assert {code for code, kind in told.items() if not kind} == others
    assert len({kind.exit_code for kind in kinds()}) == len(kinds())


def test_the_tree_in_the_module_is_the_tree() -> None:
    assert errors.__doc__
    drawn = dict(re.findall(r"[├└]── (\w+) +(\d+) ", errors.__doc__))
    assert drawn == {kind.__name__: str(kind.exit_code) for kind in kinds()}

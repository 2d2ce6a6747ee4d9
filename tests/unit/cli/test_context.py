import io
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lading.cli.context import Context, redraws, takes_colour

if TYPE_CHECKING:
    from lading.cli.context import ColourChoice


class Screen(io.StringIO):
    """A stream that is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("stream", "env", "choice", "expected"),
    [
        (Screen(), {}, "auto", True),
        (io.StringIO(), {}, "auto", False),
        (Screen(), {"NO_COLOR": "1"}, "auto", False),
        (Screen(), {"NO_COLOR": ""}, "auto", True),
        (io.StringIO(), {"FORCE_COLOR": "1"}, "auto", True),
        (io.StringIO(), {"FORCE_COLOR": "1", "NO_COLOR": "1"}, "auto", False),
        (io.StringIO(), {"NO_COLOR": "1"}, "always", True),
        (Screen(), {"FORCE_COLOR": "1"}, "never", False),
        (Screen(), {"TERM": "dumb"}, "auto", False),
    ],
)
def test_colour(stream: io.StringIO, env: dict[str, str], choice: "ColourChoice", expected: bool) -> None:
    assert takes_colour(stream, env, choice) is expected


@pytest.mark.parametrize(
    ("stream", "env", "expected"),
    [
        (Screen(), {}, True),
        (Screen(), {"CI": "true"}, False),
        (Screen(), {"CI": "false"}, True),
        (Screen(), {"TERM": "dumb"}, False),
        (io.StringIO(), {}, False),
    ],
)
def test_a_screen_is_redrawn_but_not_in_ci(stream: io.StringIO, env: dict[str, str], expected: bool) -> None:
    assert redraws(stream, env) is expected


def test_the_store_is_the_environments(tmp_path: Path) -> None:
    assert Context(env={"LADING_STORE": str(tmp_path)}).store.root == tmp_path


def test_verbose_shows_commands() -> None:
    err = io.StringIO()
    Context(env={}, err=err, verbose=True).runner.run(["printf", "%s", "a b"])
    assert err.getvalue() == "+ printf %s 'a b'\n"


def test_a_note_is_not_told_when_quiet() -> None:
    err = io.StringIO()
    Context(env={}, err=err, quiet=True).note("hello")
    Context(env={}, err=err).note("world")
    assert err.getvalue() == "world\n"

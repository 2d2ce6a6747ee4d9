import os
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lading.check.effects.modes import mode_of, number

CLAUSES = st.builds(
    lambda who, sign, letters: f"{who}{sign}{letters}",
    st.sampled_from(("u", "g", "o", "a", "ug", "go", "ugo")),
    st.sampled_from("+-="),
    st.sampled_from(("r", "w", "x", "rw", "rx", "X", "rwX", "")),
)


@pytest.mark.parametrize(
    ("said", "old", "folder", "new"),
    [
        ("755", 0o600, False, 0o755),
        ("0644", None, None, 0o644),
        ("+x", 0o644, False, 0o755),
        ("a+x", None, False, None),
        ("a=rx", None, False, 0o555),
        ("u+rwX,go-w", 0o664, False, 0o644),
        ("u+rwX", 0o700, True, 0o700),
        ("go=", 0o755, False, 0o700),
        ("u+s", 0o755, False, 0o4755),
        ("u=g", 0o750, False, None),
        ("-x", 0o755, False, 0o644),
    ],
)
def test_modes_as_chmod_reads_them(said: str, old: int | None, folder: bool | None, new: int | None) -> None:
    mode = mode_of(said)
    assert (mode(old, folder) if callable(mode) else mode) == new


def test_what_is_no_mode() -> None:
    assert [mode_of(text) for text in ("", "rwx", "u+q", "9", "7777777", None)] == [None] * 6
    assert (number("", 0o755), number("700", 0o755), number("u+x", 0o755)) == (0o755, 0o700, None)


@settings(max_examples=40, deadline=None)
@given(said=st.lists(CLAUSES, min_size=1, max_size=3).map(",".join), old=st.integers(0, 0o777), folder=st.booleans())
def test_it_does_what_chmod_does(tmp_path_factory: pytest.TempPathFactory, said: str, old: int, folder: bool) -> None:
    path = tmp_path_factory.mktemp("modes") / "x"
    path.mkdir() if folder else path.touch()
    path.chmod(old)
    subprocess.run(["chmod", said, path], check=True, umask=0o022)
    mode = mode_of(said)
    assert callable(mode)
    assert mode(old, folder) == _mode(path)


def _mode(path: Path) -> int:
    return os.stat(path).st_mode & 0o7777  # noqa: PTH116

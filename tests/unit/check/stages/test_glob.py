from fnmatch import fnmatchcase
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.checking import put, scene

from lading.check.context import folder_context
from lading.check.stages.glob import find_all


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("/*.py", ("/a.py", "/b.py")),
        ("/?.py", ("/a.py", "/b.py")),
        ("/[^a].py", ("/b.py",)),
        ("/[a-b].p*", ("/a.py", "/b.py")),
        ("/sub/*", ("/sub/[x]", "/sub/link")),
        ("/s*/link", ("/sub/link",)),
        (r"/sub/\[x\]", ("/sub/[x]",)),
        ("/*/*/*", ("/deep/er/est",)),
        ("/[b-a]", ()),
        ("/none*/x", ()),
    ],
)
def test_patterns_find_what_is_there(tmp_path: Path, pattern: str, found: tuple[str, ...]) -> None:
    for name in ("a.py", "b.py", "deep/er/est", "sub/[x]"):
        put(tmp_path, name, "")
    put(tmp_path, "sub/link", "-> ../a.py")

    assert find_all(folder_context(tmp_path).files, pattern) == (found, True)


def test_what_a_folder_may_have_besides_is_told() -> None:
    assert find_all(scene("debian:trixie-slim").now.files, "/etc/pass*")[1] is False
    assert find_all(scene("debian:trixie-slim").now.files, "/usr/bin/das[h]") == (("/usr/bin/dash",), True)


def test_no_pattern_takes_for_ever() -> None:
    now = scene()
    now.write("/" + "a" * 250)

    assert find_all(now.now.files, "/" + "a*" * 100 + "b") == ((), True)


@given(st.text("ab*?", min_size=1, max_size=8), st.text("ab", min_size=1, max_size=8))
def test_a_pattern_means_what_shells_mean_by_it(pattern: str, name: str) -> None:
    now = scene()
    now.write(f"/{name}")

    assert bool(find_all(now.now.files, f"/{pattern}")[0]) == fnmatchcase(name, pattern)

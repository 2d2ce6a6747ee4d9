import sys
from pathlib import Path

import pytest

from lading.assemble.application import SourcePacker, SourceSelection, followed
from lading.assemble.python.bytecode import Compiler, Interpreter, tag_of
from lading.plan.model import CopyTree
from lading.store import Store
from lading.tree import MemoryTree

VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"
TAG = tag_of(VERSION)
STEP = CopyTree(source=".", destination="/app", exclude=("tests",), python=VERSION, why="")

FILES = {"app/main.py": "x = 1\n", "app/a b/deep.py": "y = 2\n", "tests/own.py": "", "words.txt": "z = 3\n"}
LINKS = {
    "app/linked.py": "main.py",
    "app/twice.py": "./a b/../linked.py",
    "app/folder": "a b",
    "app/through.py": "folder/deep.py",
    "app/words.py": "../words.txt",
    "app/words": "../words.txt",
    "app/dangling.py": "nowhere.py",
    "app/unshipped.py": "../tests/own.py",
    "app/loop.py": "loop.py",
    "app/ring.py": "gnir.py",
    "app/gnir.py": "ring.py",
    "app/to_folder.py": "a b",
}


def selection(files: dict[str, str] = FILES) -> SourceSelection:
    return SourceSelection(MemoryTree(dict(files), LINKS), STEP)


@pytest.mark.parametrize(
    ("link", "file"),
    [
        ("app/linked.py", "app/main.py"),
        ("app/twice.py", "app/main.py"),
        ("app/through.py", "app/a b/deep.py"),
        ("app/words.py", "words.txt"),
        *((f"app/{name}.py", None) for name in ("dangling", "loop", "ring", "to_folder")),
    ],
)
def test_links_are_followed_to_a_file_or_to_nothing(link: str, file: str | None) -> None:
    files = {one.path: one for one in MemoryTree(dict(FILES), LINKS).files()}
    found = followed(files[link], files)
    assert (found and found.path) == file


def test_a_module_has_bytecode_under_the_name_of_every_link_to_it(tmp_path: Path) -> None:
    host = Interpreter(identity="host", tag=TAG, command=(sys.executable,), environment={})
    store, chosen = Store(tmp_path), selection()
    with Compiler(identity="host", tag=TAG, ready=lambda: host, processes=1) as compiler:
        packer = SourcePacker(store, compression="gzip", mtime=0, compiler=compiler, bytecode="host")
        segment = packer.pack(chosen, "app", packer.key(chosen, chosen.inputs("app")), "memory")
    compiled = {entry.rpartition("/")[2].partition(".")[0] for entry in segment.entries if "__pycache__" in entry}
    assert compiled == {"main", "deep", "linked", "twice", "through", "words"}
    assert "app/app/unshipped.py" in segment.entries
    assert "app/app/loop.py" in segment.entries


def test_another_source_behind_a_link_is_another_input() -> None:
    before, after = selection().inputs("app"), selection({**FILES, "words.txt": "z = 4\n"}).inputs("app")
    changed = {path for path in before if before[path] != after[path]}
    assert changed == {"app/words.py"}  # as text, a link is nothing but where it leads

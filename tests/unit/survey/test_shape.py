from tests.support.projects import FASTAPI_APP, tree_of

from lading.survey.ground import forget
from lading.survey.python.scan import scan_module
from lading.survey.shape import shape, shape_of
from lading.tree import MemoryTree


def shaped(**files: str) -> str:
    names = {"main": "main.py", "tests": "tests/test_main.py", "lock": "uv.lock", "data": "data.txt"}
    own = tree_of({"main.py": FASTAPI_APP, "data.txt": "", "tests/test_main.py": ""})
    every = {one.path: own.read(one.path).decode() for one in own.files()}
    return shape(MemoryTree({**every, **{names[key]: text for key, text in files.items()}}), forget)


def test_a_comment_or_a_changed_body_leaves_the_shape() -> None:
    before = shaped()
    assert shaped(main=f"# more\n\n{FASTAPI_APP}\n# less\n") == before
    assert shaped(main=FASTAPI_APP.replace("return {}", "return {'a': 1}")) == before
    assert shaped(data="anything") == before


def test_whatever_a_plan_can_depend_on_changes_the_shape() -> None:
    before = shaped()
    assert shaped(main=FASTAPI_APP.replace("/health", "/ping")) != before
    assert shaped(main=f"{FASTAPI_APP}import os\nos.getenv('PORT', 1)\n") != before
    assert shaped(lock="version = 1\n") != before
    assert shaped(tests="x = 1") != before


def test_the_same_facts_on_other_lines_are_of_one_shape() -> None:
    source = (
        "from fastapi import FastAPI\napp = FastAPI()\n@app.get('/x')\ndef f(): ...\nclass Settings:\n    port = 1\n"
    )
    moved = source.replace("\n", "\n\n# moved\n", 3)
    assert scan_module(source.encode()) != scan_module(moved.encode())
    assert shape_of(scan_module(source.encode())) == shape_of(scan_module(moved.encode()))

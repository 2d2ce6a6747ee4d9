"""What holds two images against each other can tell them apart, and docs/render.md has its list."""

import io
import json
import py_compile
import subprocess
import sys
import tarfile
from base64 import b64encode
from collections.abc import Mapping
from pathlib import Path

import pytest
from tests.support.images import MemoryLayer, gzipped
from tests.support.parity import (
    CHECKOUT,
    DIFFERENCES,
    SAME_CODE,
    SOURCE,
    Found,
    differences,
    expected,
    rules_table,
    table,
    unexplained,
    view,
)

from lading.digest import digest_of
from lading.oci.partial import image_of

DOCS = Path(__file__).parents[3] / "docs/render.md"


def entry(path: str, kind: bytes = tarfile.REGTYPE, **more: object) -> tarfile.TarInfo:
    made = tarfile.TarInfo(path)
    made.type, made.mode = kind, 0o755 if kind == tarfile.DIRTYPE else 0o644
    for name, value in more.items():
        setattr(made, name, value)
    return made


def layer(*entries: tuple[tarfile.TarInfo, bytes]) -> MemoryLayer:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for info, data in entries:
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return MemoryLayer(gzipped(out.getvalue()), digest_of(out.getvalue()))


def none_is_the_same(_: Mapping[str, tuple[bytes, bytes]]) -> set[str]:
    return set()


def compared(*other: MemoryLayer, config: Mapping[str, object] | None = None) -> Found:
    """What differs between an image of one file and that file below other layers."""
    base = layer(
        (entry("usr/", tarfile.DIRTYPE), b""),
        (entry("usr/x"), b"x"),
        (entry("lib", tarfile.SYMTYPE, linkname="usr"), b""),
    )
    said = {"User": "1:1", "Env": ["A=1", "B=2"]}
    machine = {"architecture": "amd64", "os": "linux"}
    first = image_of({**machine, "config": said}, [base])
    second = image_of({**machine, "config": {**said, **(config or {})}}, [base, *other])
    return differences(view(first), view(second), none_is_the_same)


def test_the_same_is_the_same() -> None:
    assert compared() == {}
    again = [(entry("./usr/", tarfile.DIRTYPE), b""), (entry("lib/./x", mtime=7), b"x")]
    assert compared(layer(*again), config={"Env": ["B=2", "A=1"]}) == {}


@pytest.mark.parametrize(
    ("info", "data", "found"),
    [
        (entry("usr/x"), b"y", {("/usr/x", "content"): ("x", "y")}),
        (entry("usr/x", mode=0o600), b"x", {("/usr/x", "mode"): (0o644, 0o600)}),
        (entry("lib/x", uid=7), b"x", {("/usr/x", "owner"): ((0, 0), (7, 0))}),
        (entry("usr/.y"), b"", {("/usr/.y", "there"): (None, "file")}),
        (entry("usr/y/", tarfile.DIRTYPE), b"", {("/usr/y", "there"): (None, "folder")}),
        (entry("usr/.wh.x"), b"", {("/usr/x", "there"): ("file", None)}),
        (entry("usr/.wh..wh..opq"), b"", {("/usr/x", "there"): ("file", None)}),
        (entry("usr/y", tarfile.LNKTYPE, linkname="usr/x"), b"", {("/usr/y", "there"): (None, "file")}),
        (entry("lib", tarfile.SYMTYPE, linkname="/usr"), b"", {("/lib", "target"): ("usr", "/usr")}),
        (entry("usr/x", pax_headers={"SCHILY.xattr.user.a": "1"}), b"x",
         {("/usr/x", "attributes"): ((), (("SCHILY.xattr.user.a", "1"),))}),
    ],
)  # fmt: skip
def test_every_property_of_a_path_counts(info: tarfile.TarInfo, data: bytes, found: Found) -> None:
    assert compared(layer((info, data))) == found


def test_a_file_in_the_place_of_a_folder_takes_all_of_it_away() -> None:
    found = compared(layer((entry("usr"), b"")))
    assert found["/usr", "kind"] == ("folder", "file")
    assert found["/usr/x", "there"] == ("file", None)


def test_every_key_of_the_configuration_counts() -> None:
    assert compared(config={"User": "2:2", "Volumes": {"/d": {}}}) == {
        ("User", "config"): ("1:1", "2:2"),
        ("Volumes", "config"): (None, {"/d": {}}),
    }
    assert ("Env", "config") in compared(config={"Env": ["A=1", "B=2", "B=2"]})


@pytest.mark.parametrize(
    ("source", "name", "same"),
    [
        ("def f():\n  return {1, 'a'}\n", "/app/x.py", True),
        ("def f():\n  return {1, 'a'}\n", "/app/y.py", False),
        ("def f():\n  return {1, 'b'}\n", "/app/x.py", False),
        ("\ndef f():\n  return {1, 'a'}\n", "/app/x.py", False),
        ("def f():\n  return {1.0, 'a'}\n", "/app/x.py", False),
    ],
)
def test_bytecode_is_judged_by_its_code(source: str, name: str, same: bool, tmp_path: Path) -> None:
    def compiled(text: str, at: str) -> str:
        (tmp_path / "x.py").write_text(text)
        mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
        made = py_compile.compile(str(tmp_path / "x.py"), dfile=at, doraise=True, invalidation_mode=mode)
        data = bytearray(Path(made or "").read_bytes())
        data[8:16] = bytes(8)  # the hash of the source, which is another question
        return b64encode(data).decode()

    pair = [compiled("def f():\n  return {1, 'a'}\n", "/app/x.py"), compiled(source, name)]
    words = [sys.executable, "-I", "-c", SAME_CODE]
    done = subprocess.run(words, input=json.dumps({"p": pair}).encode(), capture_output=True, check=True)
    assert json.loads(done.stdout) == (["p"] if same else [])


def test_the_list_is_short_and_in_the_docs() -> None:
    assert table() in DOCS.read_text()
    assert rules_table() in DOCS.read_text()
    assert len(expected("distroless")) < len(expected("slim")) <= len(DIFFERENCES) < 10


def test_a_rule_is_about_its_paths_alone_and_must_be_needed() -> None:
    rules = (SOURCE[0], CHECKOUT[0])
    bytecode: Found = {
        ("/app/__pycache__", "there"): ("folder", None),
        ("/app/a/__pycache__/b.pyc", "there"): ("file", None),
    }
    lock: Found = {("/app/uv.lock", "there"): (None, "file")}
    assert unexplained({**bytecode, **lock}, rules) == ({}, [])
    assert unexplained(bytecode, rules) == ({}, [CHECKOUT[0]])
    others: tuple[Found, ...] = (
        {("/app/.venv/a/__pycache__/b.pyc", "there"): ("file", None)},
        {("/app/a/__pycache__/b.pyc", "there"): (None, "file")},
        {("/app/a/uv.lock", "there"): (None, "file")},
        {("/app/uv.lock", "mode"): (0o644, 0o600)},
    )
    for other in others:
        assert unexplained({**bytecode, **lock, **other}, rules) == (other, [])

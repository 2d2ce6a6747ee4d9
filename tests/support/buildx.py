"""A stand-in for `docker buildx`: notes how it was called, plays back what the real one said, leaves a given image.

buildx = install_buildx(tmp_path, says=LOGS / "success.log", image=image)
…                                   # PATH must begin with buildx.bin
(call,) = buildx.calls
"""

import json
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from lading.digest import digest_of
from lading.oci.layout import write_layout
from lading.oci.model import Image, Index

PROGRAM = r"""
import csv, json, os, pathlib, shutil, sys

state = pathlib.Path(STATE)
words = sys.argv[1:]
flags = dict(word[2:].partition("=")[::2] for word in words if word.startswith("--"))
call = {"words": words}
if "file" in flags:
    file = pathlib.Path(flags["file"])
    call["files"] = {path.name: path.read_text() for path in file.parent.iterdir()}
with (state / "calls").open("a") as calls:
    calls.write(json.dumps(call) + "\n")
if words[:2] == ["buildx", "inspect"]:
    print("Name:   some\nDriver: " + DRIVER)
    sys.exit()
sys.stderr.write((state / "says").read_text())
code = int((state / "code").read_text())
if code == 0:
    output = dict(field.partition("=")[::2] for field in next(csv.reader([flags["output"]])))
    if "dest" in output:
        shutil.copytree(state / "layout", output["dest"])
    pathlib.Path(flags["metadata-file"]).write_text((state / "metadata").read_text())
sys.exit(code)
"""


@dataclass(frozen=True)
class Buildx:
    """The stand-in. `bin` is the folder of its `docker`."""

    state: Path

    @property
    def bin(self) -> Path:
        return self.state / "bin"

    @property
    def calls(self) -> list[dict[str, object]]:
        file = self.state / "calls"
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []

    def flags(self, number: int = -1) -> list[str]:
        """The words of one call."""
        words = self.calls[number]["words"]
        assert isinstance(words, list)
        return words

    def files(self, number: int = -1) -> dict[str, str]:
        """What lay in the scratch folder of one call, by name."""
        files = self.calls[number]["files"]
        assert isinstance(files, dict)
        return files


def install_buildx(
    folder: Path, *, says: Path, code: int = 0, image: Image | Index | None = None, driver: str = "docker"
) -> Buildx:
    """Put it below `folder`. It says what is in the file `says` and ends with `code`; `image` is what it makes."""
    state = folder / "buildx"
    (state / "bin").mkdir(parents=True)
    shutil.copy(says, state / "says")
    (state / "code").write_text(str(code))
    if image is not None:
        write_layout(state / "layout", {"made:1": image})
        (state / "metadata").write_text(json.dumps({"containerimage.digest": digest_of(image.manifest)}))
    program = state / "bin" / "docker"
    program.write_text(f"#!{sys.executable}\nSTATE = {str(state)!r}\nDRIVER = {driver!r}\n{PROGRAM}")
    program.chmod(0o755)
    return Buildx(state)

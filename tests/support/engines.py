"""A small container engine as a program: it pulls, tags, forgets and loads images as Docker and Podman do.

It keeps its images in a folder, fetches only the blobs that it lacks, checks their digests, and notes every command.
Put in a folder of PATH under the name of an engine.
"""

import json
import sys
from dataclasses import dataclass
from pathlib import Path

PROGRAM = r"""
import hashlib, io, json, pathlib, sys, tarfile, urllib.error, urllib.request

state = pathlib.Path(STATE)
blobs = state / "blobs"
blobs.mkdir(parents=True, exist_ok=True)
names_file = state / "names.json"
names = json.loads(names_file.read_text()) if names_file.exists() else {}
MANIFESTS = "application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json"
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def fail(text):
    print(text, file=sys.stderr)
    raise SystemExit(1)


def keep(digest, data):
    if "sha256:" + hashlib.sha256(data).hexdigest() != digest:
        fail("digest mismatch")
    (blobs / digest).write_bytes(data)


def fetch(base, kind, digest):
    if not (blobs / digest).exists():
        request = urllib.request.Request(f"{base}/{kind}/{digest}", headers={"Accept": MANIFESTS})
        try:
            keep(digest, opener.open(request).read())
        except (OSError, urllib.error.URLError) as error:
            fail(f"cannot pull: {error}")
    return (blobs / digest).read_bytes()


def take(read, digest):
    document = json.loads(read("manifests", digest))
    for child in document.get("manifests", []):
        if child["platform"]["architecture"] == ARCHITECTURE:
            return take(read, child["digest"])
    if "manifests" in document:
        fail("no matching manifest")
    for blob in [document["config"], *document["layers"]]:
        read("blobs", blob["digest"])
    return digest


command = [word for word in sys.argv[1:] if not word.startswith("-")]
with (state / "commands").open("a") as log:
    log.write(" ".join(sys.argv[1:]) + "\n")
if BROKEN:
    fail("Cannot connect to the daemon")
if command[0] == "pull":
    if ELSEWHERE:
        fail("connection refused")
    place, _, digest = command[1].partition("@")
    host, _, repository = place.partition("/")
    base = f"http://{host}/v2/{repository}"
    names[command[1]] = take(lambda kind, wanted: fetch(base, kind, wanted), digest)
elif command[0] == "tag":
    names[command[2]] = names[command[1]]
elif command[0] == "rmi":
    del names[command[1]]
elif command[0] == "load":
    with tarfile.open(fileobj=sys.stdin.buffer, mode="r|") as archive:
        files = {member.name: archive.extractfile(member).read() for member in archive if member.isfile()}
    for name, data in files.items():
        if name.startswith("blobs/"):
            keep("sha256:" + name.rpartition("/")[2], data)
    for entry in json.loads(files["index.json"])["manifests"]:
        names[entry["annotations"]["io.containerd.image.name"]] = entry["digest"]
elif command[0] in ("version", "info"):
    print(f"linux/{ARCHITECTURE}")
else:
    fail(f"unknown command {command[0]}")
names_file.write_text(json.dumps(names))
"""


@dataclass(frozen=True)
class SmallEngine:
    """One engine. `names` maps the names of its images to digests; `blobs` are those that it keeps."""

    state: Path

    @property
    def names(self) -> dict[str, str]:
        file = self.state / "names.json"
        found: dict[str, str] = json.loads(file.read_text()) if file.exists() else {}
        return found

    @property
    def blobs(self) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in (self.state / "blobs").iterdir()}

    @property
    def commands(self) -> list[str]:
        file = self.state / "commands"
        return file.read_text().splitlines() if file.exists() else []


def install_engine(
    folder: Path, name: str, *, architecture: str = "amd64", elsewhere: bool = False, broken: bool = False
) -> SmallEngine:
    """Put an engine into `folder/bin` under a name. `elsewhere`: it cannot see this machine's loopback interface;
    `broken`: it is not running."""
    state = folder / f"{name}-state"
    state.mkdir(parents=True)
    (folder / "bin").mkdir(exist_ok=True)
    head = f"#!{sys.executable}\nSTATE = {str(state)!r}\nARCHITECTURE = {architecture!r}\n"
    program = folder / "bin" / name
    program.write_text(f"{head}ELSEWHERE = {elsewhere}\nBROKEN = {broken}\n{PROGRAM}")
    program.chmod(0o755)
    return SmallEngine(state)

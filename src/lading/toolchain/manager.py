"""Package managers that do not come with node: one package of the registry, fetched by npm, its hash checked.

corepack does the same, but takes them from hosts of its own.
"""

import re
from collections.abc import Callable, Sequence
from hashlib import sha512
from pathlib import Path

from lading.digest import CHUNK, digest_of
from lading.errors import StepFailed, VerificationFailed
from lading.store import Store

LARGEST = 1 << 27
"""Bytes. pnpm unpacks to some 20 MB; what unpacks to more than 128 MiB is no package manager."""
_LAYOUT = "1"
_SHA512 = re.compile(r"sha512\.([0-9a-f]{128})\Z")

RunNpm = Callable[[Sequence[str | Path], Path], None]
"""Runs npm with some words in a folder; raises what stands against that."""


def manager_folder(package: str, digest: str, *, store: Store, npm: RunNpm) -> Path:
    """The folder of a manager's package (`pnpm@10.34.8`) in the store, unpacked once.

    `digest` is what `packageManager` says of it (`sha512.…`), or nothing: then npm's own check against the registry
    counts. Raises `VerificationFailed` when it is another.
    """

    def fill(folder: Path) -> None:
        with store.scratch() as scratch, store.writing():
            npm(["pack", package, "--pack-destination", scratch, "--silent"], scratch)
            archives = sorted(scratch.glob("*.tgz"))
            if len(archives) != 1:
                raise StepFailed(f"npm fetched no package {package}", fix="check the registry and the network")
            _unpack(archives[0], folder)
            _check(package, digest, [archives[0], *sorted(folder.glob("bin/yarn.js"))])

    return store.root_folder(digest_of(f"manager {package} {digest} {_LAYOUT}".encode()), fill)


def _check(package: str, digest: str, files: Sequence[Path]) -> None:
    """Yarn's hash is that of its one program, pnpm's that of the package."""
    wanted = _SHA512.match(digest)
    if wanted and wanted[1] not in map(_hash, files):
        raise VerificationFailed(
            f"{package} is not what package.json › packageManager says: its SHA-512 is {_hash(files[0])}",
            where=f"expected {wanted[1]}",
            fix="do not use it; if the release was replaced on purpose, change package.json",
        )


def _hash(path: Path) -> str:
    state = sha512()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            state.update(chunk)
    return state.hexdigest()


def _unpack(archive: Path, folder: Path) -> None:
    """Write the plain files of a package below `folder`: everything in it lies in one folder of the archive."""
    from lading.archive import inflate, read_tar

    with archive.open("rb") as file:
        for entry in read_tar(inflate(file, "gzip", where=archive.name, limit=LARGEST), where=archive.name):
            path = entry.path.partition("/")[2]
            if entry.kind != "file" or not path:
                continue
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("xb") as copy:
                copy.writelines(entry.chunks())

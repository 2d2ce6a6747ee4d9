"""The one pass over an image's layers: every entry is weighed, watched and remembered."""

from collections.abc import Iterable
from pathlib import Path

from lading.archive import TarEntry
from lading.errors import UsageError, VerificationFailed
from lading.oci.model import Image
from lading.oci.partial import config_of
from lading.prove.audit.credentials import credentials_in, holds_credentials, password_in_address
from lading.prove.audit.inside import File, Inside, Secret, Waste
from lading.prove.audit.model import Expectations
from lading.prove.audit.origin import origin_of
from lading.prove.audit.scanner import Scanner, secrets_in
from lading.prove.audit.watch import NOTHING, Seen, Watch
from lading.prove.content import entries
from lading.prove.history import titles
from lading.prove.overlay import Overlay
from lading.prove.size import Scales

MOST_FILES = 2_000_000
"""Entries of all layers together. The largest images known have some 500,000."""
MOST_KEPT = 256 << 20
"""Bytes of text that are kept of all files together (names of libraries and versions, accounts). An image of 441 MB and
10,000 files has 85 kB."""
MOST_SECRETS = 1000
"""Secrets told of one image."""


def look_inside(image: Image, expected: Expectations, folder: Path | None = None) -> Inside:
    """Read every layer once. Large programs wait in `folder` (or the system's own for such) while they are looked at.

    Raises `VerificationFailed` for layers that are unsafe or not what the manifest says, and for an absurd number of
    files.
    """
    config = config_of(image)
    if config.os != "linux":
        raise UsageError(f"an image for {config.os}: only images for Linux are looked into")
    names = [_shown(title, number) for number, title in enumerate(titles(config.history or (), len(image.layers)), 1)]
    walk = _Walk(folder)
    for layer, title in zip(image.layers, names, strict=True):
        walk.begin_layer()
        for entry in entries(layer):
            walk.take(entry)
        walk.end_layer()
        walk.scales.end_layer(layer, title)
    return Inside(
        config=config,
        titles=names,
        files=walk.overlay.paths,
        size=walk.scales.result(image),
        owners=walk.scales.owners,
        waste=walk.waste,
        secrets=walk.secrets,
        origin=origin_of(config, [layer.diff_id for layer in image.layers], expected.base),
        latest=walk.latest,
        expected=expected,
    )


def _shown(title: str, number: int) -> str:
    """A layer's title; not so where it would tell a secret, such as the value of a build argument."""
    return f"layer {number} (its history holds a secret)" if secrets_in(title) or password_in_address(title) else title


class _Walk:
    """What is remembered, so far."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._scanner = Scanner()
        self._layer = -1
        self._count = 0
        self._kept = 0
        self.scales = Scales()
        self.overlay: Overlay[File] = Overlay(self._hide)
        self.waste: dict[tuple[int, int], Waste] = {}
        self.secrets: list[Secret] = []
        self.latest: list[int] = []

    def begin_layer(self) -> None:
        self._layer += 1
        self.latest.append(0)
        self.overlay.begin_layer()
        self.scales.begin_layer()

    def end_layer(self) -> None:
        self.overlay.end_layer()

    def take(self, entry: TarEntry) -> None:
        self._count += 1
        if self._count > MOST_FILES:
            raise VerificationFailed(f"an image of more than {MOST_FILES} files", where=entry.path)
        watch = Watch(entry, self._scanner, self._folder)
        content = iter(watch)
        if holds_credentials(entry.path, entry.size):
            whole = b"".join(content)
            self._tell(entry.path, credentials_in(entry.path, whole))
            content = iter((whole,))
        self.scales.add(entry, content)
        for _ in content:
            pass  # whatever nobody else wanted is watched, too
        self._kept += watch.seen.weight
        if self._kept > MOST_KEPT:
            raise VerificationFailed("its files say absurdly much of themselves", where=entry.path)
        self._tell(entry.path, self._scanner.finish())
        self.latest[-1] = max(self.latest[-1], entry.mtime)
        self.overlay.apply(entry, self._file(entry, watch.seen))

    def _file(self, entry: TarEntry, seen: Seen) -> File:
        if entry.kind == "hardlink":
            linked = self.overlay.paths.get(entry.target)
            if linked:
                return linked._replace(layer=self._layer, size=0)
        return File(
            kind=entry.kind,
            mode=entry.mode,
            uid=entry.uid,
            gid=entry.gid,
            size=entry.size,
            mtime=entry.mtime,
            target=entry.target,
            layer=self._layer,
            capability=entry.xattrs.get("security.capability", b""),
            seen=seen if entry.kind == "file" else NOTHING,
        )

    def _hide(self, path: str, file: File) -> None:
        if file.kind == "folder":
            return
        key = (self._layer, file.layer)
        size, files, largest, largest_size = self.waste.get(key, Waste(0, 0, "", -1))
        if file.size > largest_size:
            largest, largest_size = path, file.size
        self.waste[key] = Waste(size + file.size, files + 1, largest, largest_size)

    def _tell(self, path: str, kinds: Iterable[str]) -> None:
        for kind in dict.fromkeys(kinds):
            if len(self.secrets) < MOST_SECRETS:
                self.secrets.append(Secret(path, self._layer, kind))

"""Where what a build takes from outside comes from, for real: the Debian mirror, registries, uv."""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from lading.assemble.python.uv import Uv
from lading.assemble.python.wheel_fetch import WheelFetcher
from lading.assemble.python.wheels import Wheel
from lading.assemble.stored import RemoteRecord, StoredImage
from lading.digest import Digest
from lading.errors import UsageError
from lading.lock.model import DebianPin, Pins, ToolPin
from lading.oci.model import Image, Layer
from lading.store import Store

if TYPE_CHECKING:
    from lading.assemble.go.command import GoCommand
    from lading.assemble.node.tool import NodeTool
    from lading.debian.mirrors import Mirrors
    from lading.http import Http
    from lading.oci.registry import Registry
    from lading.proc import Runner


class OutsideSources:
    """The `Sources` of a build at a desk or in CI. Everything is made on first use: a build that has all it needs
    touches neither network nor processes."""

    def __init__(
        self,
        *,
        store: Store,
        http: "Callable[[], Http]",
        runner: "Callable[[], Runner]",
        mirrors: "Callable[[], Mirrors]",
        registry: Callable[[], "Registry"],
        env: Mapping[str, str],
    ) -> None:
        self._store = store
        self._http = http
        self._runner = runner
        self._mirrors = mirrors
        self._registry = registry
        self._env = env
        self._wheels = WheelFetcher(http, env)
        self._fetching: dict[Digest, Lock] = {}
        self._lock = Lock()

    def package(self, pin: DebianPin) -> Path:
        """See `Sources.package`."""
        # The base and the interpreter that compiles for it want some of the same packages at the same time.
        with self._lock:
            fetching = self._fetching.setdefault(pin.digest, Lock())
        with fetching:
            return self._fetch(pin)

    def _fetch(self, pin: DebianPin) -> Path:
        if self._store.has(pin.digest, pin.size):
            if not self._store.wrote(pin.digest):
                self._store.verify(pin.digest)
            return self._store.blob(pin.digest)
        from lading.debian.fetch import fetch_deb

        return fetch_deb(
            archive=pin.archive,
            path=pin.path,
            digest=pin.digest,
            size=pin.size,
            mirrors=self._mirrors(),
            http=self._http(),
            store=self._store,
        )

    def base_image(self, reference: str, manifest: Digest) -> Image:
        """See `Sources.base_image`. Manifest and configuration are kept; layers stay in their registry."""
        if not self._store.has(manifest):
            image = self._registry().pull(pinned_reference(reference, manifest))
            self._store.put(image.config)
            self._store.put(image.manifest)
            return image
        return StoredImage(self._store, self._store.read(manifest), self.remote_layer)

    def remote_layer(self, record: RemoteRecord) -> Layer:
        """A layer that is opened from its registry only when somebody asks for its bytes."""
        return self._registry().layer(record.reference, record.descriptor, record.diff_id)

    def wheel(self, wheel: Wheel, project: Path, scratch: Path) -> Path | None:
        """See `Sources.wheel`."""
        return self._wheels.fetch(wheel, project, scratch)

    def uv(self, folder: Path, pins: Pins) -> Uv:
        """See `Sources.uv`."""
        from lading.toolchain.uv import find_uv, machine_platform

        pin = pins.tool("uv", machine_platform())
        tool = find_uv(runner=self._runner(), env=self._env, store=self._store, pin=pin)
        return Uv(tool.path, self._runner(), folder, sys.executable, env=self._env)

    def go(self, least: str, pins: Pins) -> "GoCommand":
        """See `Sources.go`."""
        from lading.assemble.go.command import GoCommand
        from lading.toolchain.go import find_go
        from lading.toolchain.uv import machine_platform

        pin = pins.tool("go", machine_platform())
        found = find_go(least, pin=pin, runner=self._runner(), env=self._env, store=self._store)
        return GoCommand(found, self._runner(), self._env, self._store)

    def node(self, line: str, pins: Pins) -> "NodeTool":
        """See `Sources.node`."""
        from lading.assemble.node.tool import NodeTool
        from lading.toolchain.node import find_node, headers, tool_of
        from lading.toolchain.uv import machine_platform

        pin = pins.tool(tool_of(line), machine_platform())
        if pin is None:
            raise UsageError(
                f"the lock does not have node {line} for {machine_platform()}", where="lading.lock", fix="lading lock"
            )
        runner, store = self._runner(), self._store
        found = find_node(pin, runner=runner, env=self._env, store=store)
        return NodeTool(found, runner, self._env, store, lambda: headers(found, pin, runner=runner, store=store))

    def tool_wheel(self, pin: ToolPin, scratch: Path) -> Path:
        """See `Sources.tool_wheel`."""
        from lading.toolchain.wheel import fetch_wheel

        return fetch_wheel(pin, self._runner(), scratch)


def pinned_reference(reference: str, manifest: Digest) -> str:
    """The same repository, by digest: `python:3.13-slim` → `python@sha256:…`."""
    name = reference.partition("@")[0]
    head, slash, last = name.rpartition("/")
    return f"{head}{slash}{last.partition(':')[0]}@{manifest}"

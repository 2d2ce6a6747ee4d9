"""Where pins come from, for real: Debian's mirror, registries, and the package index through uv."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from posixpath import dirname
from typing import TYPE_CHECKING

from lading.debian.index import PackageIndex, load_index, load_libraries
from lading.debian.mirrors import Mirrors
from lading.digest import Digest, digest_of
from lading.errors import LadingError, UsageError, raise_all
from lading.http import Http
from lading.lock.model import BasePin, BuildPin, BuildSet, ToolPin
from lading.proc import Runner
from lading.store import Store
from lading.toolchain.model import Tool

if TYPE_CHECKING:
    from lading.oci.registry import Registry


class PinSources:
    """The `Sources` of a lock at a desk or in CI. Everything is made on first use.

    `root` is the repository's folder: uv reads its settings there. `keys` are the OpenPGP certificates that Debian's
    release files must be signed with. `note` is told what is being looked up. `now` gives seconds since 1970.
    """

    def __init__(
        self,
        *,
        root: Path,
        store: Store,
        http: Callable[[], Http],
        runner: Callable[[], Runner],
        mirrors: Callable[[], Mirrors],
        registry: Callable[[], "Registry"],
        env: Mapping[str, str],
        now: Callable[[], float],
        keys: Sequence[bytes],
        note: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._root = root
        self._store = store
        self._http = http
        self._runner = runner
        self._mirrors = mirrors
        self._registry = registry
        self._env = env
        self._now = now
        self._keys = keys
        self._note = note
        self._indexes: dict[tuple[str, str], PackageIndex] = {}
        self._uv: Tool | None = None

    def index(self, suite: str, architecture: str) -> PackageIndex:
        """See `Sources.index`."""
        known = self._indexes.get((suite, architecture))
        if known is None:
            self._note(f"looking up Debian {suite} for {architecture}")
            known = load_index(
                suite,
                architecture,
                mirrors=self._mirrors(),
                http=self._http(),
                store=self._store,
                now=self._now(),
                keys=self._keys,
            )
            self._indexes[suite, architecture] = known
        return known

    def note(self, text: str) -> None:
        """Tell a person what is being done."""
        self._note(text)

    def libraries(self, suite: str, architecture: str) -> Mapping[str, tuple[str, ...]]:
        """The packages that have each shared library of a release, by file name."""
        self._note(f"looking up who has which library in Debian {suite}")
        return load_libraries(
            suite,
            architecture,
            mirrors=self._mirrors(),
            http=self._http(),
            store=self._store,
            now=self._now(),
            keys=self._keys,
        )

    def image(self, reference: str, platforms: tuple[str, ...], digest: Digest | None) -> tuple[BasePin, ...]:
        """See `Sources.image`. `UsageError` (or several) names the platforms that the image has when it lacks one."""
        from lading.oci.model import Platform
        from lading.oci.references import parse_reference

        self._note(f"looking up the image {reference}")
        named = parse_reference(reference)
        # What a tag stands for is asked once, so that all platforms are of one image.
        found = digest or self._registry().resolve(named).digest
        pins: list[BasePin] = []
        problems: list[LadingError] = []
        for platform in platforms:
            os, architecture, *variant = platform.split("/")
            wanted = Platform(os=os, architecture=architecture, variant="".join(variant))
            try:
                image = self._registry().pull(named.at(found), wanted)
            except UsageError as error:
                problems.append(UsageError(error.what, where=reference, fix=error.fix))
                continue
            manifest = digest_of(image.manifest)
            pins.append(BasePin(reference=reference, digest=found, platform=platform, manifest=manifest))
        raise_all(problems)
        return tuple(pins)

    def tool(self, name: str) -> tuple[ToolPin, ...]:
        """See `Sources.tool`."""
        from lading.toolchain.resolve import pin_tool
        from lading.toolchain.tools import requirement_of

        self._note(f"looking up {name}")
        return pin_tool(
            name, requirement=requirement_of(name), uv=self._found_uv(), runner=self._runner(), cwd=self._root
        )

    def build(self, build: BuildSet) -> tuple[BuildPin, ...]:
        """See `Sources.build`. uv runs in the project's folder: its settings (`exclude-newer`, indexes) count."""
        from lading.toolchain.resolve import resolve

        self._note(f"looking up what builds {build.project}")
        releases = resolve(
            build.requires,
            uv=self._found_uv(),
            runner=self._runner(),
            cwd=self._root / dirname(build.project),
            python=build.python,
        )
        return tuple(
            BuildPin(
                project=build.project,
                python=build.python,
                name=release.name,
                version=release.version,
                digests=tuple(sorted({wheel.digest for wheel in release.wheels})),
            )
            for release in releases
        )

    def _found_uv(self) -> Tool:
        from lading.toolchain.uv import find_uv

        if self._uv is None:
            self._uv = find_uv(runner=self._runner(), env=self._env, store=self._store)
        return self._uv

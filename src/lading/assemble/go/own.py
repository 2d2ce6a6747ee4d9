"""The source of Lading's own programs, and how one is compiled."""

from functools import cached_property

from lading.assemble.compress import Compression
from lading.assemble.go.command import BUILD_FLAGS, GoCommand, settings_of
from lading.assemble.segment import Segment, SegmentWriter
from lading.digest import CHUNK, Digest, digest_of
from lading.errors import StepFailed
from lading.proc import LAST_LINES
from lading.programs import source_of, write_source
from lading.store import Store


class OwnSource:
    """The source of one program, which comes with Lading."""

    def __init__(self, name: str) -> None:
        self._name = name

    @cached_property
    def digest(self) -> Digest:
        """A digest of its files."""
        return digest_of("\0".join(part for file in source_of(self._name) for part in file).encode())

    def pack(
        self, command: GoCommand, platform: str, path: str, *, store: Store, compression: Compression, mtime: int
    ) -> Segment:
        """Compile it for a platform, and pack it at `path`. Raises `StepFailed` in go's words."""
        with store.scratch() as scratch, SegmentWriter(store, compression, mtime) as writer:
            program, source = scratch / self._name, scratch / "source"
            source.mkdir()
            write_source(self._name, source)
            done = command.run(
                ["build", *BUILD_FLAGS, "-o", str(program), "."],
                cwd=source,
                settings=settings_of(platform, workspace=None, vendored=False),
                scratch=scratch,
            )
            if done.code:
                told = "\n".join(f"  | {line}" for line in done.err.strip().splitlines()[-LAST_LINES:])
                raise StepFailed(f"go cannot build Lading's own {self._name}\n{told}", fix="lading doctor")
            with program.open("rb") as file:
                chunks = iter(lambda: file.read(CHUNK), b"")
                writer.stream(path.lstrip("/"), chunks, size=program.stat().st_size, mode=0o755)
            return writer.finish()

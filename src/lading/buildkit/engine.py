"""The BuildKit engine: a plan or a team's own Dockerfile becomes an image, built by `docker buildx`.

Nothing is written into the repository: the Dockerfile and its ignore file lie in a scratch folder of the store, the
context is the service's own folder. The result comes back as an OCI layout and becomes an image of the store, unless
the builder pushes it itself.
"""

import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from lading.assemble.result import Listener, StepReport
from lading.assemble.stored import open_stored
from lading.buildkit.builder import NEEDED
from lading.buildkit.command import FILE, LAYOUT, METADATA, command
from lading.buildkit.failure import failure
from lading.buildkit.keep import keep
from lading.buildkit.messages import Reader
from lading.buildkit.model import Export, Job, Options
from lading.buildkit.secrets import secrets_of
from lading.buildkit.steps import Steps
from lading.digest import Digest, parse_digest
from lading.errors import StepFailed, Unavailable
from lading.lock.model import Pins
from lading.oci.content import is_index, select
from lading.oci.model import Image, Platform
from lading.oci.partial import images_of
from lading.plan.model import Plan
from lading.proc import Runner
from lading.store import Store
from lading.tree.tree import FolderTree

# Settings of a person's shell that would change what is asked for here.
_ENVIRONMENT: Mapping[str, str] = {"BUILDX_METADATA_PROVENANCE": "disabled", "DOCKER_CLI_HINTS": "false"}


class Made(msgspec.Struct, frozen=True, kw_only=True):
    """What a build made. `known` are the blobs that the store had before; none where the builder has pushed."""

    digest: Digest
    steps: tuple[StepReport, ...]
    seconds: float
    known: frozenset[Digest] = frozenset()


class BuildKitEngine:
    """Builds with the caller's builder. One engine serves any number of plans; its methods may run side by side.

    `root` is the repository's folder, `cwd` the one that relative paths of `options` start from.
    """

    def __init__(
        self,
        *,
        runner: Runner,
        store: Store,
        env: Mapping[str, str],
        cwd: Path,
        root: Path,
        options: Options,
        listener: Listener,
        mtime: int = 0,
    ) -> None:
        self._runner = runner
        self._store = store
        self._cwd = cwd
        self._root = root
        self._options = options
        self._listener = listener
        self._mtime = mtime
        self._secrets = secrets_of(options.secrets, env, cwd)

    def build(self, plan: Plan, pins: Pins, platform: str) -> Image:
        """See `lading.assemble.engine.Engine.build`."""
        from lading.buildkit.jobs import job_of  # a team's own Dockerfile needs no renderer

        one = msgspec.structs.replace(plan, platforms=(platform,))
        job = job_of(one, pins, root=self._root, listing=FolderTree(self._root).files(), mtime=self._mtime)
        made = self.make(job, listener=self._listener)
        content = open_stored(self._store, made.digest)
        if is_index(content):  # a builder's own settings can add attestations
            os, _, architecture = platform.partition("/")
            return select(content, Platform(os=os, architecture=architecture), where=plan.service)
        return images_of(content)[0][1]

    def make(self, job: Job, *, listener: Listener, push: Sequence[str] = ()) -> Made:
        """Build a job into the store or, given names to `push`, from the builder into their registries.

        Raises `StepFailed`, `RemoteFailed`, `UsageError` or `Unavailable`: the step, its reason and its last lines.
        """
        began = time.perf_counter()
        export: Export = "registry" if push else "layout"
        steps = Steps(listener, self._secrets, job.platforms)
        with self._store.scratch() as folder:
            write_files(job, folder)
            words = command(job, self._options, export, folder, push)
            self._run(words, job, steps)
            if push:
                digest, known = _pushed(folder / METADATA), frozenset[Digest]()
            else:
                digest, known = keep(self._store, folder / LAYOUT)
        return Made(digest=digest, steps=steps.reports(), seconds=time.perf_counter() - began, known=known)

    def _run(self, words: Sequence[str], job: Job, steps: Steps) -> None:
        reader = Reader()

        def hear(line: str) -> None:
            message = reader.read(line)
            if message:
                steps.hear(message)

        try:
            code = self._runner.hear(words, hear, cwd=self._cwd, env=_ENVIRONMENT, shown=self._secrets.hide_in(words))
        except StepFailed as error:
            raise Unavailable(
                NEEDED,
                where=error.what,
                fix="install it, then lading doctor",
            ) from error
        if code:
            said = [self._secrets.hide(line) for line in reader.words]
            raise failure(job, steps, said, builder=self._options.builder)


def write_files(job: Job, folder: Path) -> None:
    """Write the Dockerfile, and beside it what the context leaves out where that is not the context's own affair."""
    (folder / FILE).write_text(job.dockerfile, encoding="utf-8", errors="surrogateescape", newline="\n")
    if job.ignore is not None:
        (folder / f"{FILE}.dockerignore").write_text(
            job.ignore, encoding="utf-8", errors="surrogateescape", newline="\n"
        )


def _pushed(metadata: Path) -> Digest:
    """The digest of what was pushed, from buildx's metadata file."""
    said = msgspec.json.decode(metadata.read_bytes(), type=dict[str, object])
    return parse_digest(str(said.get("containerimage.digest", "")), where="docker buildx")

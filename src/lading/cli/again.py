"""The build that has nothing to do: recognised by the stamps of everything it depends on, before anything is loaded.

A finished build leaves a note: the stamps (size, times, inode) of every file and folder of its source, the blobs that
its image is made of, and its result. The same command with the same note and the same stamps has the same result. What
is not certain is never guessed: any difference, any delivery, any doubt about a stamp, and the build is done properly,
which costs some 100 ms. The note may vanish at any time.
"""

import hashlib
import os
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from lading.cli.revision import CI_VARIABLES
from lading.place import default_root

if TYPE_CHECKING:
    import argparse

    from lading.assemble.result import BuildReport, PlatformReport
    from lading.cli.context import Context
    from lading.cli.project import Project

VERSION = "1"

IGNORED_VARIABLES = frozenset({"_", "COLUMNS", "LINES", "OLDPWD", "PWD", "SHLVL", "WINDOWID"})
"""Variables that shells change as they go and no build reads."""

SETTLED = 20_000_000
"""Nanoseconds; see `lading.tree.tree.SETTLED`: a younger stamp could hide a change."""


class Memory:
    """The note of one command line in one folder."""

    def __init__(self, context: "Context", args: "argparse.Namespace") -> None:
        self._context = context
        delivers = args.push or args.load or args.output or args.changed_since  # a branch moves without a file's stamp
        does_more = delivers or args.explain or args.prove
        self._usable = args.format == "text" and not (does_more or _claims_revision(context.env))
        self._began = time.perf_counter()
        self._root = default_root(context.env)
        self._key = _key(context, vars(args))

    def recall(self) -> bool:
        """Print the result again, if nothing has changed since it was made."""
        if not self._usable:
            return False
        try:
            with open(self._path, encoding="utf-8", errors="surrogateescape", newline="\n") as file:  # noqa: PTH123
                text = file.read()
        except OSError:
            return False
        head, _, result = text.partition("\n\n")
        if not all(map(_is_same, head.split("\n"))):
            return False
        from lading.report.text import duration

        self._context.print(result.replace(_TIME, duration(time.perf_counter() - self._began)))
        return True

    def keep(self, project: "Project", reports: "Sequence[BuildReport]") -> None:
        """Leave the note of a build that has just ended well."""
        if not self._usable:
            return
        from contextlib import suppress

        from lading.errors import StepFailed

        stamps = project.stamps()
        youngest = max((max(stamp[1], stamp[2]) for stamp in stamps.values() if stamp), default=0)
        if youngest > project.looked_at - SETTLED or any("\n" in path for path in stamps):
            return
        lines = [_line(path, stamp) for path, stamp in stamps.items()]
        lines += [_line(path, _stamp(path)) for path in self._blobs(reports)]
        result = _result(reports, quiet=self._context.quiet, colour=self._context.colour)
        with suppress(StepFailed):  # costs time at the next build, and nothing else
            self._context.store.put_file(f"state/{self._name}", "\n".join([*lines, "", result]))

    @property
    def _name(self) -> str:
        return f"again-{self._key}"

    @property
    def _path(self) -> str:
        return os.path.join(self._root, "state", self._name)  # noqa: PTH118

    def _blobs(self, reports: "Sequence[BuildReport]") -> Iterable[str]:
        from lading.assemble.stored import blobs_of

        store = self._context.store
        digests = {digest for report in reports for digest in blobs_of(store, report.digest)}
        paths = (str(store.blob(digest)) for digest in sorted(digests))
        return [path for path in paths if _stamp(path)]


_TIME = "\0time\0"


def _result(reports: "Sequence[BuildReport]", *, quiet: bool, colour: bool) -> str:
    import msgspec

    from lading.report.fleet import render_reports

    if quiet:
        return "\n".join(report.digest for report in reports)
    again = [
        msgspec.structs.replace(
            report,
            platforms=tuple(_reused(platform) for platform in report.platforms),
            steps=(),
            seconds=0.0,
        )
        for report in reports
    ]
    return render_reports(again, took=_TIME, colour=colour)


def _reused(platform: "PlatformReport") -> "PlatformReport":
    import msgspec

    layers = tuple(msgspec.structs.replace(layer, reused=True) for layer in platform.layers)
    return msgspec.structs.replace(platform, layers=layers)


def _claims_revision(env: Mapping[str, str]) -> bool:
    """Whether the image's revision may come from what a CI has checked out, which is compared with git's own files."""
    return "CI" in env or any(name in env for name in CI_VARIABLES)


def _key(context: "Context", args: Mapping[str, object]) -> str:
    """Everything that is no file: the version, the folder, the command line, the environment. Hashed, since an
    environment holds secrets."""
    from lading import __version__

    parts = [VERSION, __version__, str(context.cwd), str(context.colour), str(context.quiet)]
    parts += [f"{name}={args[name]!r}" for name in sorted(args)]
    parts += [f"{name}={value}" for name, value in sorted(context.env.items()) if name not in IGNORED_VARIABLES]
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogateescape")).hexdigest()[:32]


Stamp = tuple[int, int, int, int]
"""Size in bytes, time of change of content and of the inode in nanoseconds, and the inode's number."""


def _line(path: str, stamp: Stamp | None) -> str:
    return f"{path}\t{' '.join(map(str, stamp))}" if stamp else f"{path}\t"


def _is_same(line: str) -> bool:
    path, _, told = line.rpartition("\t")
    stamp = _stamp(path)
    return told == (" ".join(map(str, stamp)) if stamp else "")


def _stamp(path: str) -> Stamp | None:
    try:
        info = os.stat(path, follow_symlinks=False)  # noqa: PTH116  # once for each file of the source
    except OSError:
        return None
    return info.st_size, info.st_mtime_ns, info.st_ctime_ns, info.st_ino

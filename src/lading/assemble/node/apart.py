"""What packages and projects run of their own: seen by nobody, and seeing nothing of the user's.

It has a root of its own with this machine's programs and libraries, all read-only, the project at `/project`, and an
empty home. Nobody's files are there, and no other process is. It has the network: what install scripts and builds fetch
(engines of Prisma, fonts, the pages of a content system) is their own affair.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from lading.assemble.isolated import MOUNT_POINTS, run_isolated
from lading.proc import Completed, Runner

PROJECT, HOME = "/project", "/home/build"
"""Where a script sees the project, and its home."""
_SYSTEM = ("bin", "lib", "lib32", "lib64", "libx32", "sbin", "usr")
"""Folders with programs and libraries (https://refspecs.linuxfoundation.org/FHS_3.0/fhs/ch03s02.html)."""
_SETTINGS = (
    "alternatives", "ca-certificates", "gai.conf", "group", "host.conf", "hosts", "ld.so.cache", "ld.so.conf",
    "ld.so.conf.d", "localtime", "nsswitch.conf", "pki", "protocols", "resolv.conf", "services", "ssl",
)  # fmt: skip
"""What of /etc programs read that are linked with libc, compile, or ask the network. None of it is secret."""
_USER = 1000
"""Its number there: programs that unpack archives as root would give files to others, which nobody may here."""


class Apart:
    """Runs commands apart. `project` and `home` are folders of this machine that they may write to; `tools` are folders
    that they see under other names (by the names), read-only; what every program sees anyway keeps its own."""

    def __init__(self, project: Path, home: Path, tools: Mapping[str, Path]) -> None:
        self._writable = {PROJECT: project, HOME: home}
        self._tools = {name: path for name, path in tools.items() if path.parts[1:2] not in [(one,) for one in _SYSTEM]}

    def seen(self, text: str) -> str:
        """A text with the paths of this machine as a command sees them."""
        for inside, path in sorted({**self._writable, **self._tools}.items(), key=lambda one: -len(str(one[1]))):
            text = text.replace(str(path), inside)
        return text

    def run(self, command: Sequence[str], *, env: Mapping[str, str], folder: Path, runner: Runner) -> Completed:
        """Run a command to its end in `folder`, which is the project or below it. Paths in the words and in `env` are
        this machine's. `Unavailable` where this machine has no namespaces for it."""
        root = self._writable[HOME].with_name("root")
        return run_isolated(
            [self.seen(word) for word in command],
            root=root,
            writable=self._writable,
            readable={**_system(root), **_named(env), **self._tools},
            environment={name: self.seen(value) for name, value in env.items()},
            folder=self.seen(str(folder)),
            runner=runner,
            network=True,
            user=_USER,
        )


def _system(root: Path) -> dict[str, Path]:
    """The machine's programs and settings, by the paths that they are mounted at. Links at its root are made in
    `root`."""
    found: dict[str, Path] = {}
    for name in (*MOUNT_POINTS, "etc"):
        (root / name).mkdir(parents=True, exist_ok=True)
    (root / "etc/passwd").write_text(f"build:x:{_USER}:{_USER}:build:{HOME}:/bin/sh\n")
    for name in _SYSTEM:
        path = Path("/", name)
        if path.is_symlink():
            if not (root / name).is_symlink():
                (root / name).symlink_to(path.readlink())
        elif path.is_dir():
            found[str(path)] = path
    return found | {f"/etc/{name}": path for name in _SETTINGS if (path := Path("/etc", name)).exists()}


def _named(env: Mapping[str, str]) -> dict[str, Path]:
    """Files and folders with authorities that variables name, wherever they lie."""
    named = (env.get(name, "") for name in ("NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE", "SSL_CERT_DIR"))
    return {path: Path(path) for path in named if path.startswith("/") and not path.startswith("/etc/ssl/")}

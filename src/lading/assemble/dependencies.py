"""The dependencies layer: what the project's lock names, installed by uv for the target, one segment a wheel."""

import hashlib
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from stat import S_ISLNK, S_ISREG

from lading.assemble.actions import key_of
from lading.assemble.bytecode import Compiler, PycQueue
from lading.assemble.compress import NAMES, Compression
from lading.assemble.segment import Segment, SegmentWriter
from lading.assemble.wheels import Target, Wheel, choose_wheels, install_list
from lading.digest import CHUNK, Digest, digest_of
from lading.errors import StepFailed, VerificationFailed
from lading.plan.model import PythonDependencies
from lading.proc import Completed, Runner
from lading.store import Store

INSTALL_VERSION = "2"
"""Part of every key that depends on how wheels are laid out here."""

PLATFORMS = {"linux/amd64": "x86_64-manylinux_2_40", "linux/arm64": "aarch64-manylinux_2_40"}
"""What uv is told of a platform: the newest glibc that it knows, since the wheels are chosen already
(`wheels.NEWEST_GLIBC` keeps the choice below it)."""

INSTALLER_NOTES = ("REQUESTED", "uv_build.json", "uv_cache.json")
"""Files that uv adds to a distribution's metadata and that differ from one installation to the next: `uv_cache.json`
has the time of a local wheel. https://docs.astral.sh/uv/reference/cli/#uv-pip-install--no-installer-metadata"""

_TRAMPOLINE = re.compile(rb"#!/bin/sh\n'''exec' [^\n]*\n' '''\n")
"""How uv starts a script whose interpreter's path is too long for a kernel's `#!` line."""


class Uv:
    """uv, run for one project: in its folder, so that its indexes and credentials hold; never with its environment."""

    def __init__(self, path: Path, runner: Runner, folder: Path, interpreter: str) -> None:
        self._path = path
        self._runner = runner
        self._folder = folder
        self._interpreter = interpreter

    def export(self, step: PythonDependencies) -> str:
        """The project's lock as a pylock.toml, for the groups and extras of the step."""
        command: list[str | Path] = [self._path, "export", "--frozen", "--no-default-groups", "--no-emit-project"]
        command += ["--quiet", "--format", "pylock.toml", "--no-header", "--python", self._interpreter]
        for group in step.groups:
            command += ["--group", group]
        for extra in step.extras:
            command += ["--extra", extra]
        done = self._run(command)
        if done.code:
            raise _failure(done, f"uv cannot read {step.lock}", "make the lock anew: uv lock")
        return done.out

    def install(self, wheels: Sequence[Wheel], target: Target, prefix: Path) -> None:
        """Install wheels below `prefix`. uv checks each hash; `VerificationFailed` names one that is another."""
        listing = prefix.with_name("pylock.lading.toml")
        listing.write_text(install_list(wheels, self._folder))
        command: list[str | Path] = [self._path, "pip", "install", "--quiet", "--no-deps", "--no-build"]
        command += ["--prefix", prefix, "--python", self._interpreter, "--link-mode", "hardlink"]
        command += ["--python-platform", PLATFORMS[target.platform], "--python-version", target.python]
        command += ["--requirements", listing]
        done = self._run(command)
        if done.code:
            raise _failure(
                done, "uv cannot install the locked packages", "check the index and the network, then build again"
            )

    def build_wheel(self, source: Path, out: Path, constraints: str) -> Path:
        """Build the project at `source` as a wheel into `out`, with build requirements held to `constraints`."""
        command: list[str | Path] = [
            self._path,
            "build",
            "--quiet",
            "--wheel",
            "--out-dir",
            out,
            "--no-create-gitignore",
        ]
        command += ["--python", self._interpreter]
        if constraints:
            held = out.with_name("build-constraints.txt")
            held.write_text(constraints)
            command += ["--build-constraints", held, "--require-hashes"]
        done = self._run([*command, source])
        if done.code:
            raise _failure(
                done, "the project's wheel cannot be built", "run `uv build --wheel` in the project to see more"
            )
        found = sorted(out.glob("*.whl"))
        if len(found) != 1:
            raise StepFailed(f"the build made {len(found)} wheels, one was expected", where=str(self._folder))
        return found[0]

    def _run(self, command: Sequence[str | Path]) -> Completed:
        environment = {"UV_PYTHON_DOWNLOADS": "never", "UV_NO_PROGRESS": "1", "UV_PREVIEW": "0"}
        return self._runner.run(command, cwd=self._folder, env=environment)


def _failure(done: Completed, what: str, fix: str) -> StepFailed | VerificationFailed:
    """Uv's own words, without what could be a secret in an address, in Lading's form."""
    words = re.sub(r"(https?://)[^/\s@]*@", r"\1", (done.err or done.out).strip())
    told = "\n".join(f"  | {line}" for line in words.splitlines()[-20:])
    if "Hash mismatch" in words:
        return VerificationFailed(
            f"a wheel is not the one that was locked\n{told}",
            fix="do not use it; if the release was replaced on purpose: uv lock",
        )
    if "No space left on device" in words or "Read-only file system" in words:
        fix = "free space on the disks of the store and of uv's cache, or move them (LADING_STORE, UV_CACHE_DIR)"
    return StepFailed(f"{what}\n{told}", fix=fix)


def resolve_wheels(
    store: Store, uv: Callable[[], Uv], step: PythonDependencies, target: Target, *, lock: Digest, project: Digest
) -> tuple[Wheel, ...]:
    """The wheels of the project's lock for the target; uv is only asked when lock, project or target are new."""
    inputs = {
        "lock": lock,
        "project": project,
        "groups": " ".join(step.groups),
        "extras": " ".join(step.extras),
        "target": f"{target.platform} {target.python} {target.glibc}",
        "layout": INSTALL_VERSION,
    }

    def compute() -> tuple[Wheel, ...]:
        import tomllib

        return choose_wheels(tomllib.loads(uv().export(step)), target, where=step.lock)

    return store.memo(key_of("wheels", inputs), tuple[Wheel, ...], compute)


class WheelPacker:
    """Turns installed wheels into segments of a virtual environment at `venv` (absolute) for one Python."""

    def __init__(
        self,
        store: Store,
        *,
        venv: str,
        target: Target,
        compression: Compression,
        mtime: int,
        compiler: Compiler | None,
        bytecode: str,
    ) -> None:
        self._store = store
        self._venv = venv.lstrip("/")
        self._target = target
        self._compression: Compression = compression
        self._mtime = mtime
        self._compiler = compiler
        self._bytecode = bytecode

    def key(self, wheel: Digest) -> Digest:
        """The key of a wheel's segment."""
        inputs = {
            "wheel": wheel,
            "venv": self._venv,
            "python": self._target.minor,
            "bytecode": self._bytecode,
            "layout": INSTALL_VERSION,
            "compression": NAMES[self._compression],
            "time": str(self._mtime),
        }
        return key_of("wheel", inputs)

    def known(self, wheel: Digest) -> Segment | None:
        """The segment of a wheel that was packed before, if it is whole."""
        found = self._store.get_action(self.key(wheel), Segment)
        return found if found and self._store.has(found.digest, found.size) else None

    def pack(self, installed: "Installed", wheel: Digest) -> Segment:
        """Pack what one wheel installed, and its bytecode behind its modules."""
        site = f"{self._venv}/lib/python{self._target.minor}/site-packages"
        pycs = PycQueue(self._compiler)
        interpreter = f"/{self._venv}/bin/python".encode()
        rewritten: dict[str, bytes] = {}
        with SegmentWriter(self._store, self._compression, self._mtime) as writer:
            for record, path in installed.files():
                target = _inside(self._venv, f"{site}/{record}", installed.name)
                script = target.startswith(f"{self._venv}/bin/")
                if record == installed.record:
                    writer.file(target, installed.rewrite(rewritten))
                elif script or pycs.wants(target, path.lstat().st_size):
                    data = path.read_bytes()
                    if script:
                        data = rewritten[record] = point_script(data, interpreter)
                    writer.file(target, data, mode=0o755 if script else _mode(path))
                    if not script:
                        pycs.add(target, data)
                else:
                    _write_plain(path, target, writer, installed.name)
                for name, data in pycs.ready():
                    writer.file(name, data)
            for name, data in pycs.rest():
                writer.file(name, data)
            segment = writer.finish()
        self._store.put_action(self.key(wheel), segment)
        return segment

    def environment(self, interpreter: str) -> Segment:
        """The virtual environment itself: its marker file and the links to the image's own Python (PEP 405)."""
        key = key_of(
            "environment",
            {
                "venv": self._venv,
                "interpreter": interpreter,
                "python": self._target.minor,
                "layout": INSTALL_VERSION,
                "compression": NAMES[self._compression],
                "time": str(self._mtime),
            },
        )
        found = self._store.get_action(key, Segment)
        if found and self._store.has(found.digest, found.size):
            return found
        with SegmentWriter(self._store, self._compression, self._mtime) as writer:
            writer.link(f"{self._venv}/bin/python", interpreter)
            writer.link(f"{self._venv}/bin/python3", "python")
            writer.link(f"{self._venv}/bin/python{self._target.minor}", "python")
            writer.link(f"{self._venv}/lib64", "lib")
            home = interpreter.rsplit("/", 1)[0]
            marker = f"home = {home}\ninclude-system-site-packages = false\nversion_info = {self._target.minor}\n"
            writer.file(f"{self._venv}/pyvenv.cfg", marker.encode())
            writer.folder(f"{self._venv}/lib/python{self._target.minor}/site-packages")
            segment = writer.finish()
        self._store.put_action(key, segment)
        return segment


class Installed:
    """One distribution below a prefix, as its RECORD tells (PEP 376 and the wheel specification)."""

    def __init__(self, site: Path, info: str) -> None:
        self._site = site
        self.info = info
        self.record = f"{info}/RECORD"
        self.name, _, self.version = info.removesuffix(".dist-info").partition("-")
        self._rows = sorted(_parse_record((site / self.record).read_text(encoding="utf-8")))

    def files(self) -> Iterator[tuple[str, Path]]:
        """Its files, by the name in RECORD, sorted. Bytecode that a wheel brings is left out: it is made here."""
        for name, _, _ in self._rows:
            if not self._stays_behind(name):
                yield name, self._site / name

    def rewrite(self, changed: Mapping[str, bytes]) -> bytes:
        """RECORD as it must read in the image, where scripts start with the image's own Python."""
        import csv
        import io
        from base64 import urlsafe_b64encode

        out = io.StringIO()
        rows = csv.writer(out, lineterminator="\n")
        for name, digest, size in self._rows:
            if self._stays_behind(name):
                continue
            if name in changed:
                data = changed[name]
                encoded = urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
                rows.writerow((name, f"sha256={encoded}", str(len(data))))
            else:
                rows.writerow((name, digest, size))
        return out.getvalue().encode()

    def _stays_behind(self, name: str) -> bool:
        """Whether a file is bytecode, or a note that uv left about this machine."""
        return "__pycache__/" in name or name in (f"{self.info}/{note}" for note in INSTALLER_NOTES)


def installed_below(prefix: Path) -> dict[str, Installed]:
    """Every distribution below a prefix, by normalised name."""
    from packaging.utils import canonicalize_name

    found: dict[str, Installed] = {}
    for site in prefix.glob("lib/python*/site-packages"):
        for info in sorted(site.glob("*.dist-info")):
            installed = Installed(site, info.name)
            found[str(canonicalize_name(installed.name))] = installed
    return found


def sharing(installed: Mapping[str, Installed]) -> set[str]:
    """The names of the distributions that bring a file which another one brings too."""
    owner: dict[str, str] = {}
    found: set[str] = set()
    for name, distribution in installed.items():
        for path, _ in distribution.files():
            if path in owner:
                found |= {name, owner[path]}
            owner[path] = name
    return found


def point_script(data: bytes, interpreter: bytes) -> bytes:
    """A Python script, started with the given interpreter instead of its own; other files stay as they are."""
    trampoline = _TRAMPOLINE.match(data)
    if trampoline:
        return b"#!" + interpreter + b"\n" + data[trampoline.end() :]
    first, newline, rest = data.partition(b"\n")
    if first.startswith(b"#!") and b"python" in first:
        return b"#!" + interpreter + newline + rest
    return data


def _parse_record(text: str) -> Iterable[tuple[str, str, str]]:
    import csv

    for row in csv.reader(text.splitlines()):
        if len(row) == 3 and row[0]:
            yield row[0], row[1], row[2]


def _inside(venv: str, path: str, name: str) -> str:
    """The path with its `..` resolved; `VerificationFailed` when it leaves the environment."""
    clean = os.path.normpath(path)
    if not clean.startswith(f"{venv}/"):
        raise VerificationFailed(f"the wheel of {name} names a file outside the environment", where=path)
    return clean


def _write_plain(path: Path, target: str, writer: SegmentWriter, name: str) -> None:
    info = path.lstat()
    if S_ISLNK(info.st_mode) or not S_ISREG(info.st_mode):
        raise VerificationFailed(f"the wheel of {name} holds something that is no plain file", where=target)
    with path.open("rb") as file:
        writer.stream(target, iter(lambda: file.read(CHUNK), b""), size=info.st_size, mode=_mode(path))


def _mode(path: Path) -> int:
    return 0o755 if path.lstat().st_mode & 0o100 else 0o644


def fingerprint(wheels: Sequence[Wheel]) -> Digest:
    """One digest for a whole choice of wheels."""
    return digest_of("\0".join(f"{wheel.name} {wheel.version} {wheel.digest}" for wheel in wheels).encode())

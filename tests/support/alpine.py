"""A root file system that stands in for Alpine: Debian's busybox and musl, by the names that Alpine has for them."""

import io
import os
import subprocess
import tarfile
from pathlib import Path

from tools.engine.home import Home
from tools.engine.mirror import host_release, mirrors
from tools.engine.packages import ENGINE_RELEASE, AptRoot
from tools.engine.wrappers import tool_program

_ACCOUNTS = {"passwd": "root:x:0:0:root:/root:/bin/sh\n", "group": "root:x:0:\n"}
_RELEASE = "ID=alpine\nVERSION_ID=3.22.0\n"


def alpine_tree(home: Home, work: Path) -> bytes:
    """The root file system as a tar archive, owned by root. `work` is a folder that is not there yet."""
    root = work / "root"
    for folder in ("bin", "etc", "lib", "root", "tmp", "usr/bin"):
        (root / folder).mkdir(parents=True)
    (root / "tmp").chmod(0o1777)
    for name, text in _ACCOUNTS.items():
        (root / "etc" / name).write_text(text)
    (root / "etc/os-release").write_text(_RELEASE)
    _add_busybox(home, root)
    _add_musl(home, work, root)
    with io.BytesIO() as out:
        with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
            archive.add(root, arcname=".", filter=_rooted)
        return out.getvalue()


def _rooted(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    return entry


def _add_busybox(home: Home, root: Path) -> None:
    program = Path(tool_program(home, "busybox"))
    (root / "bin/busybox").write_bytes(program.read_bytes())
    (root / "bin/busybox").chmod(0o755)
    names = subprocess.run([program, "--list"], capture_output=True, text=True, check=True).stdout.split()
    for name in names:
        if name != "busybox":
            (root / "bin" / name).symlink_to("busybox")
    (root / "usr/bin/env").symlink_to("/bin/busybox")


def _add_musl(home: Home, work: Path, root: Path) -> None:
    """The library under both names that programs of Alpine look for: it is its own loader."""
    host = host_release(Path("/etc/os-release").read_text())
    keyring = home.root / "usr/share/keyrings/debian-archive-keyring.gpg"
    apt = AptRoot(folder=work / "apt", release=ENGINE_RELEASE, keyring=keyring, status=Path(os.devnull))
    apt.prepare(mirrors(host, Path("/etc/apt"), os.environ)[0])
    apt.run("apt-get", "download", "musl", cwd=work)
    (package,) = work.glob("musl_*.deb")
    subprocess.run(["dpkg-deb", "--extract", package, work / "musl"], check=True)
    (library,) = (work / "musl").rglob("libc.so")
    machine = os.uname().machine
    (root / f"lib/ld-musl-{machine}.so.1").write_bytes(library.read_bytes())
    (root / f"lib/ld-musl-{machine}.so.1").chmod(0o755)
    (root / f"lib/libc.musl-{machine}.so.1").symlink_to(f"ld-musl-{machine}.so.1")

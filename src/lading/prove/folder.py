"""Running an image with crun or runc: it is unpacked, and the runtime starts its process in the unpacked folder."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from lading.digest import Digest, digest_of
from lading.oci.documents import RunConfig
from lading.oci.model import Image
from lading.proc import Runner
from lading.prove.bundle import (
    HOST_FILES,
    MOUNT_FOLDERS,
    NO_LIMITS,
    Account,
    Limits,
    account,
    bundle_config,
    environment,
    process_words,
    write_bundle,
)
from lading.prove.container import (
    Container,
    Request,
    asked,
    image_for,
    is_root,
    machine,
    run_config,
    slug,
    stop_signal,
)
from lading.prove.ports import Place, exposed_port
from lading.prove.unpack import unpack
from lading.prove.written import changes, stamps
from lading.store import Store

_GROUPS = ("/sys/fs/cgroup/memory/cgroup.procs", "/sys/fs/cgroup/cgroup.subtree_control")
"""Where control groups for memory are made, in their first and second version (cgroups(7))."""


class BundleRuntime:
    """crun or runc. See `Runtime`.

    As root the process is the image's user. As anybody else it is so inside a user namespace that has no other user.
    """

    def __init__(self, name: Literal["crun", "runc"], runner: Runner, store: Store) -> None:
        self.name: Literal["crun", "runc"] = name
        self._runner = runner
        self._store = store

    def problem(self, request: Request) -> str:
        """See `Runtime.problem`."""
        done = asked(self._runner, self.name, "--version")
        if isinstance(done, str):
            return done
        if request.publish:
            return "it has no network of its own: the process listens on the host's ports"
        if self.name == "runc" and not is_root():
            return "it needs root for an image that does not run as root (crun does not)"
        return ""

    def publishes(self) -> bool:
        """See `Runtime.publishes`."""
        return False

    @contextmanager
    def container(self, request: Request) -> Iterator[Container]:
        """See `Runtime.container`."""
        image = image_for(request, machine())
        config = run_config(image)
        words = process_words(config, request.command)
        name = f"lading-{slug(request.name)}-{secrets.token_hex(3)}"
        with self._store.scratch() as folder:
            root = self._root(image, config, folder if not request.read_only else None)
            before = {} if request.read_only or not request.scratch else stamps(root)
            user = account(request.user or config.user, root)
            limits = Limits(request.memory, request.pids) if self.limits() else NO_LIMITS
            document = bundle_config(
                config,
                words=words,
                env=environment(config, request.env),
                user=user,
                root=root,
                read_only=request.read_only,
                host=None if is_root() else Account(os.geteuid(), os.getegid()),
                isolated=request.isolated,
                limits=limits,
                group=name,
            )
            write_bundle(folder, document)
            start, begun, log = self._command(folder, grouped=any(limits)), folder / "pid", folder / "log"
            address = Place("127.0.0.1", (exposed_port(config) if request.listens else None) or 0)
            try:
                yield Container(
                    run=(*start, "run", "--pid-file", str(begun), "--bundle", str(folder), name),
                    # Said again: without it crun wants to be root first, whom a rootless container does not have.
                    inside=(*start, "exec", "--user", f"{user.uid}:{user.gid}", "--no-new-privs", name),
                    ask=(*start, "kill", name, stop_signal(config)),
                    stop=(*start, "kill", name, stop_signal(config)),
                    kill=(*start, "kill", name, "SIGKILL"),
                    address=address.address if address.port else "",
                    config=config,
                    not_started=lambda: "" if begun.exists() else _last_line(log),
                    pid=lambda: _number(begun),
                    changes=lambda: changes(before, stamps(root)),
                    touch=lambda: os.utime(root),
                )
            finally:
                self._runner.run([*start, "delete", "--force", name])

    def _root(self, image: Image, config: RunConfig, private: Path | None) -> Path:
        """The unpacked image: shared by all read-only containers of it, or one in the `private` folder."""
        folders = [*MOUNT_FOLDERS, config.working_dir or "/", *(config.volumes or {})]

        def fill(root: Path) -> None:
            unpack(image, root, owners=is_root(), folders=folders, files=HOST_FILES)

        if private:
            fill(private / "root")
            return private / "root"
        return self._store.root_folder(_root_key(image), fill)

    def limits(self) -> bool:
        """Whether it can limit memory: as root, where control groups can be made."""
        return is_root() and any(os.access(path, os.W_OK) for path in _GROUPS)

    def _command(self, folder: Path, *, grouped: bool) -> tuple[str, ...]:
        state = folder / "state"
        # Control groups are only needed for limits, and are not there for everybody.
        manager = (f"--cgroup-manager={'cgroupfs' if grouped else 'disabled'}",) if self.name == "crun" else ()
        return (self.name, "--root", str(state), "--log", str(folder / "log"), *manager)


def _root_key(image: Image) -> Digest:
    """Where the unpacked image is kept: by its layers and configuration, and by whose files they are."""
    whose = "owners" if is_root() else f"user {os.geteuid()}"
    return digest_of(f"unpacked 1\0{digest_of(image.manifest)}\0{whose}".encode())


def _number(file: Path) -> int:
    try:
        text = file.read_text().strip()
    except OSError:
        return 0
    return int(text) if text.isdecimal() else 0


def _last_line(log: Path) -> str:
    try:
        lines = log.read_text(errors="replace").strip().splitlines()
    except OSError:
        lines = []
    return lines[-1] if lines else "it could not start the container"

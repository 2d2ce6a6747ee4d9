"""What files allow: privileges that a program brings along, and who may write what."""

from collections.abc import Iterator

from lading.finding import Finding, Rule
from lading.prove.audit.found import found, listed, whose
from lading.prove.audit.inside import File, Inside

PRIVILEGED = Rule(
    id="set-user-id",
    severity="warning",
    title="a program that runs as another user",
    why="A set-user-ID or set-group-ID program is a way from the image's user to its owner, mostly root. A service "
    "needs none; `no-new-privileges` makes them useless, where somebody sets it.",
)
CAPABLE = Rule(
    id="file-capabilities",
    severity="warning",
    title="a program that gains capabilities",
    why="Whoever starts a file with capabilities has them, whatever the container was given up to its bounding set.",
)
WRITABLE = Rule(
    id="world-writable",
    severity="warning",
    title="a place that everybody may write to",
    why="What everybody may change, an attacker may change. Only folders with the sticky bit (/tmp) are meant for all.",
)
OWN = Rule(
    id="writable-by-its-user",
    severity="info",
    title="the image's user may change the image's files",
    why="A service that can write its own program can be made to keep an attacker's. Files that belong to root and are "
    "readable for all need no owner of their own.",
)
RULES = (PRIVILEGED, CAPABLE, WRITABLE, OWN)

_SET_ID = 0o6000
_STICKY = 0o1000
_CAPABILITIES = {0: "chown", 1: "dac_override", 5: "kill", 6: "setgid", 7: "setuid", 8: "setpcap",
                 10: "net_bind_service", 12: "net_admin", 13: "net_raw", 18: "sys_chroot", 19: "sys_ptrace",
                 21: "sys_admin"}  # fmt: skip
"""Names of those that files have in practice (linux/capability.h)."""
_HOMES = ("home/", "root/", "tmp/", "var/tmp/", "run/", "var/lib/", "var/cache/", "var/log/", "dev/")
"""Where a user may have files of its own."""


def look(inside: Inside) -> Iterator[Finding]:
    """Set-user-ID, capabilities, and what too many may write."""
    for path, file in inside.files.items():
        if file.kind == "file" and file.mode & _SET_ID:
            yield _privileged(inside, path, file)
        if file.capability:
            message = f"/{path} gains {_capabilities(file.capability)}{whose(inside, path)}"
            yield found(CAPABLE, message, inside.place(path), help=f"setcap -r /{path}, or leave the file out")
        if file.kind != "link" and file.mode & 0o002 and not (file.kind == "folder" and file.mode & _STICKY):
            kind = "folder" if file.kind == "folder" else "file"
            message = f"everybody may write to the {kind} /{path} ({file.mode:04o}){whose(inside, path)}"
            yield found(WRITABLE, message, inside.place(path), help=f"chmod o-w /{path}")
    own = tuple(path for path in writable(inside) if not inside.files[path].mode & 0o002)
    if own:
        message = f"the image's user ({inside.user.uid}) may change {len(own)} of its files: {listed(_shown(own))}"
        yield found(OWN, message, inside.place(own[0]), help="copy them as root's (without --chown), readable for all")


def privileged(inside: Inside) -> tuple[str, ...]:
    """Files with set-user-ID, set-group-ID or capabilities."""
    return tuple(
        f"/{path}"
        for path, file in inside.files.items()
        if file.kind == "file" and (file.mode & _SET_ID or file.capability)
    )


def writable(inside: Inside) -> tuple[str, ...]:
    """Files outside of homes, volumes and places for data that the image's user may write. For root that is every file,
    which says nothing: so there are none."""
    if not inside.user.uid:
        return ()
    apart = (*_HOMES, *(f"{volume.strip('/')}/" for volume in inside.run.volumes or ()))
    return tuple(
        path
        for path, file in inside.files.items()
        if file.kind == "file" and not path.startswith(apart) and inside.may(path, 2)
    )


def _privileged(inside: Inside, path: str, file: File) -> Finding:
    whom = " and ".join(
        f"{what} {number}"
        for bit, what, number in ((0o4000, "user", file.uid), (0o2000, "group", file.gid))
        if file.mode & bit
    )
    message = f"/{path} runs as {whom}, whoever starts it ({file.mode:04o}){whose(inside, path)}"
    return found(PRIVILEGED, message, inside.place(path), help=f"chmod a-s /{path}, or leave the package out")


def _capabilities(value: bytes) -> str:
    """The permitted ones of `struct vfs_cap_data` (capabilities(7), "File capabilities")."""
    bits = int.from_bytes(value[4:8], "little") | int.from_bytes(value[12:16], "little") << 32
    names = [_CAPABILITIES.get(number, str(number)) for number in range(64) if bits >> number & 1]
    return ", ".join(f"cap_{name}" for name in names) or "capabilities"


def _shown(paths: tuple[str, ...]) -> list[str]:
    return [f"/{path}" for path in paths]

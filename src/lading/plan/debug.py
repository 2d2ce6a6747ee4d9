"""The debug variant of an image: the same plan, and a shell on top. Pure."""

import msgspec

from lading.plan.model import DebianBase, DebugShell, ImageBase, Plan
from lading.plan.running import FOLDERS

FOLDER = "/busybox"
"""Where the shell is: a folder that no service has, so that nothing of the image is covered."""

SUFFIX = "-debug"
"""What the name of a debug variant ends with, so that it never takes the place of what it is a variant of."""

LABEL = "lading.debug-shell"
"""The label that tells a debug variant from what runs in production; its value is the shell's path."""

PACKAGE = "busybox-static"
SUITE = "trixie"
"""Where the package is from for an image that does not stand on a Debian release. The program is static: it runs
anywhere."""

PROGRAMS = (
    "[", "ash", "awk", "base64", "basename", "bunzip2", "bzip2", "cal", "cat", "chgrp", "chmod", "chown", "chroot",
    "clear", "cmp", "cp", "cpio", "cut", "date", "dc", "dd", "df", "diff", "dirname", "dos2unix", "du", "echo", "ed",
    "egrep", "env", "expand", "expr", "factor", "fallocate", "false", "fgrep", "find", "fold", "free", "ftpget",
    "ftpput", "getopt", "grep", "groups", "gunzip", "gzip", "head", "hexdump", "hostid", "hostname", "httpd", "id",
    "ifconfig", "ionice", "ip", "ipcalc", "kill", "killall", "last", "less", "link", "ln", "logname", "ls", "lzma",
    "md5sum", "mkdir", "mkfifo", "mktemp", "more", "mount", "mv", "nc", "netstat", "nl", "nologin", "nproc",
    "nsenter", "nslookup", "od", "paste", "patch", "pidof", "ping", "ping6", "printf", "ps", "pwd", "readlink",
    "realpath", "renice", "reset", "rev", "rm", "rmdir", "route", "run-parts", "sed", "seq", "setpriv", "setsid",
    "sh", "sha1sum", "sha256sum", "sha512sum", "shred", "shuf", "sleep", "sort", "ssl_client", "stat", "strings",
    "stty", "sync", "sysctl", "tac", "tail", "tar", "taskset", "tee", "telnet", "test", "tftp", "time", "timeout",
    "top", "touch", "tr", "traceroute", "true", "truncate", "ts", "tty", "umount", "uname", "unexpand", "uniq",
    "unix2dos", "unlink", "unshare", "unxz", "unzip", "uptime", "usleep", "vi", "watch", "wc", "wget", "which", "who",
    "whoami", "xargs", "xxd", "xz", "xzcat", "yes", "zcat",
)  # fmt: skip
"""What the package's busybox is called by: of its programs those that look, copy and ask. Both releases have them."""


def with_debug_shell(plan: Plan) -> Plan:
    """The plan of the debug variant: all layers of the plan, then busybox; on PATH behind all else, and with a label.

    It has no budget: nobody ships it.
    """
    base = plan.runtime.base
    shell = DebugShell(
        path=FOLDER,
        suite=base.suite if isinstance(base, DebianBase) else SUITE,
        programs=PROGRAMS,
        why="a shell and the usual tools, to look inside with",
    )
    runtime = msgspec.structs.replace(plan.runtime, steps=(*plan.runtime.steps, shell))
    config = msgspec.structs.replace(
        plan.config,
        env=tuple(sorted({**dict(plan.config.env), "PATH": _path(plan)}.items())),
        labels=tuple(sorted({**dict(plan.config.labels), LABEL: f"{FOLDER}/sh"}.items())),
    )
    return msgspec.structs.replace(
        plan, image=f"{plan.image}{SUFFIX}", stages=(*plan.stages[:-1], runtime), config=config, budget=None
    )


def debug_name(name: str) -> str:
    """A tag, or a whole name with its tag, as a debug variant gets it. Its image's own name ends with the suffix, so a
    tag by itself stays.

    >>> debug_name("1.2"), debug_name("registry.example/api:1.2"), debug_name("registry.example/api")
    ('1.2', 'registry.example/api:1.2-debug', 'registry.example/api:debug')
    """
    if "/" not in name and ":" not in name:
        return name
    tagged = ":" in name.rpartition("/")[2]
    return f"{name}{SUFFIX}" if tagged else f"{name}:{SUFFIX.removeprefix('-')}"


def _path(plan: Plan) -> str:
    """Where programs are looked for. An image base's own folders come behind those of the plan."""
    usual = "" if isinstance(plan.runtime.base, ImageBase) else ":".join(FOLDERS)
    own = dict(plan.config.env).get("PATH", usual)
    return f"{own}:{FOLDER}" if own else FOLDER

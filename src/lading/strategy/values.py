r"""The kinds of values that a strategy may hold: strict patterns with a description of each, and what they mean.

What is said here ends up in image configurations, Dockerfiles and command lines, so nothing passes that could mean
something else there. Every pattern ends with `$(?!\n)`: Python's `$` alone would let a final line break pass.
"""

import re
from typing import Annotated

from msgspec import Meta

END = r"$(?!\n)"
_NAME = r"(?:[A-Za-z0-9][A-Za-z0-9.-]*(?::[0-9]{1,5})?/)?[a-z0-9]+(?:(?:\.|_|__|-+|/)[a-z0-9]+)*"
# A registry's host, then the name's parts (OCI distribution specification, "Pulling manifests").

Text = Annotated[str, Meta(pattern=rf"^[^\x00-\x1f\x7f]*{END}", max_length=4096, description="text on one line")]
BaseName = Annotated[
    str,
    Meta(
        pattern=rf"^{_NAME}(?::[A-Za-z0-9_][A-Za-z0-9._-]{{0,127}})?(?:@sha256:[0-9a-f]{{64}})?{END}",
        max_length=512,
        description="`distroless`, `slim`, or an image reference such as `python:3.13-slim`",
    ),
]
ImageName = Annotated[
    str,
    Meta(
        pattern=rf"^{_NAME}{END}",
        max_length=255,
        description="an image name without a tag, such as `registry.example/team/api`",
    ),
]
User = Annotated[
    str,
    Meta(
        pattern=r"^[0-9]{1,10}(?::[0-9]{1,10})?" + END,
        description="a numeric user such as `65532` or `65532:65532` (Kubernetes cannot tell that a name is not root)",
    ),
]
PlatformName = Annotated[
    str, Meta(pattern=r"^linux/(?:amd64|arm64)" + END, description="a platform: `linux/amd64` or `linux/arm64`")
]
Size = Annotated[
    str,
    Meta(
        pattern=r"^[0-9]+(?:\.[0-9]+)? ?(?:B|[KMG]B|[KMG]iB)" + END,
        description="a size such as `200MB` (KB, MB, GB count in thousands; KiB, MiB, GiB in 1024s)",
    ),
]
Duration = Annotated[
    str,
    Meta(
        pattern=r"^(?=[0-9])(?:[0-9]+h)?(?:[0-9]+m(?!s))?(?:[0-9]+(?:\.[0-9]+)?s)?(?:[0-9]+ms)?" + END,
        description="a duration such as `30s`, `1m30s` or `500ms`",
    ),
]
Port = Annotated[int, Meta(ge=1, le=65535, description="a port number from 1 to 65535")]
Replicas = Annotated[int, Meta(ge=1, le=1000, description="a number from 1 to 1000")]
Cpus = Annotated[float, Meta(gt=0, le=1024, description="a number of processors such as `0.5`")]
Retries = Annotated[int, Meta(ge=1, le=100, description="a number from 1 to 100")]
UrlPath = Annotated[
    str,
    Meta(
        pattern=r"^/[A-Za-z0-9._~!&()*+,;=:@%/?-]*" + END,
        max_length=1024,
        description="a path of the service that starts with `/`, such as `/health`",
    ),
]
EnvName = Annotated[
    str, Meta(pattern=r"^[A-Za-z_][A-Za-z0-9_]*" + END, description="the name of an environment variable")
]
LabelName = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z0-9](?:[A-Za-z0-9._/-]*[A-Za-z0-9])?" + END,
        max_length=255,
        description="a label such as `com.example.team`",
    ),
]
PackageName = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?" + END,
        max_length=128,
        description="a name of letters, digits, `.`, `_` and `-`",
    ),
]
DebianName = Annotated[
    str, Meta(pattern=r"^[a-z0-9][a-z0-9+.-]+" + END, description="the name of a Debian package, such as `libpq5`")
]
LibraryName = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z0-9_][A-Za-z0-9_+.-]*\.so(?:\.[A-Za-z0-9_.]+)?" + END,
        description="the file name of a shared library, such as `libcuda.so.1`",
    ),
]
Glob = Annotated[
    str,
    Meta(
        pattern=r"^[^\x00-\x1f\x7f!#\s][^\x00-\x1f\x7f]*" + END,
        max_length=1024,
        description="a pattern of paths as in .dockerignore, without `!` and `#` at its start",
    ),
]
Folder = Annotated[
    str,
    Meta(
        pattern=r"^(?!/)(?!(?:.*/)?\.\.(?:/|$))[^\x00-\x1f\x7f\\]+" + END,
        max_length=1024,
        description="a folder below the repository's root, such as `services/api`",
    ),
]
AbsolutePath = Annotated[
    str,
    Meta(
        pattern=r"^(?:/[A-Za-z0-9._+-]+)+" + END,
        max_length=1024,
        description="an absolute path in the image, such as `/usr/bin/python3`",
    ),
]
PathInImage = Annotated[
    str,
    Meta(
        pattern=r"^(?:/(?!\.{1,2}(?:/|$))[A-Za-z0-9._+@-]+)+" + END,
        max_length=1024,
        description="an absolute path in the image without `.` and `..`, such as `/var/lib/data`",
    ),
]
LinkTarget = Annotated[
    str,
    Meta(
        pattern=r"^/?[A-Za-z0-9._+@-]+(?:/[A-Za-z0-9._+@-]+)*" + END,
        max_length=1024,
        description="where a link leads, such as `/usr/lib/x/bin/y` or `../x`",
    ),
]
Content = Annotated[str, Meta(max_length=65536, description="a text of at most 65,536 characters")]
Mode = Annotated[int, Meta(ge=0, le=0o777, description="permissions, in octal digits with `0o` before them: `0o755`")]
AccountName = Annotated[
    str,
    Meta(
        pattern=r"^[a-z_][a-z0-9_-]{0,31}" + END,
        description="the name of an account: lower-case letters, digits, `_` and `-`",
    ),
]
Word = Annotated[
    str,
    Meta(pattern=r"^[^\x00-\x1f\x7f]+" + END, max_length=4096, description="one word of a command, on one line"),
]
RequirementName = Annotated[
    str,
    Meta(
        pattern=r"^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?" + END,
        max_length=80,
        description="the id of a requirement, such as `any-user`",
    ),
]
ProcessName = Annotated[
    str,
    Meta(
        pattern=r"^[a-z0-9](?:[a-z0-9_-]*[a-z0-9])?" + END,
        max_length=63,
        description="the name of a process: lower-case letters, digits, `_` and `-`",
    ),
]
Signal = Annotated[
    str,
    Meta(
        pattern=r"^SIG(?:TERM|INT|QUIT|HUP|KILL|USR1|USR2|WINCH|STOP|RTMIN\+[0-9]{1,2})" + END,
        description="a signal such as `SIGTERM`",
    ),
]
PythonVersion = Annotated[
    str, Meta(pattern=r"^3\.[0-9]{1,2}" + END, description="a Python version as major and minor, such as `3.13`")
]
Url = Annotated[
    str,
    Meta(
        pattern=r"^https?://[A-Za-z0-9.\[\]:_-]+(?:/[A-Za-z0-9._~!&()*+,;=:@%/?#-]*)?" + END,
        max_length=2048,
        description="an http or https address without user name or password",
    ),
]
Revision = Annotated[
    str, Meta(pattern=r"^[0-9A-Za-z][0-9A-Za-z._/-]{0,127}" + END, description="a revision, such as a commit's hash")
]

_UNITS = {"B": 1, "KB": 1000, "MB": 1000**2, "GB": 1000**3, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}
_SECONDS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}


def bytes_of(size: str) -> int:
    """The bytes that a `Size` means.

    >>> bytes_of("200MB"), bytes_of("1.5 GiB")
    (200000000, 1610612736)
    """
    unit = size.lstrip("0123456789. ")
    return int(float(size[: -len(unit)]) * _UNITS[unit])


def seconds_of(duration: str) -> float:
    """The seconds that a `Duration` means.

    >>> seconds_of("1m30s"), seconds_of("500ms")
    (90.0, 0.5)
    """
    return sum(float(number) * _SECONDS[unit] for number, unit in re.findall(r"([0-9.]+)(ms|h|m|s)", duration))


def numbers_of(user: str) -> tuple[int, int]:
    """The user and group that a `User` means; a user alone is in the group of the same number.

    >>> numbers_of("65532"), numbers_of("1000:0")
    ((65532, 65532), (1000, 0))
    """
    uid, _, gid = user.partition(":")
    return int(uid), int(gid or uid)

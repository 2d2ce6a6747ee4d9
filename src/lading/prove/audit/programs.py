"""Programs that an attacker would look for: shells, package managers, compilers, downloaders."""

import re
from collections.abc import Container, Iterator, Mapping, Sequence
from typing import Literal

from lading.finding import Finding, Rule
from lading.prove.audit.found import found, listed
from lading.prove.audit.inside import DEFAULT_PATH, Inside

SHELL = Rule(
    id="shell-in-image",
    severity="warning",
    title="there is a shell",
    why="Most attacks on a service end in a shell. A service that is started in exec form needs none.",
)
MANAGER = Rule(
    id="package-manager-in-image",
    severity="warning",
    title="there is a package manager",
    why="It lets whoever gets in install what they like, and its presence means that the stage that builds is the "
    "stage that ships.",
)
TOOL = Rule(
    id="build-tool-in-image",
    severity="warning",
    title="there are tools for building or fetching",
    why="Compilers, headers, git and downloaders are for the stage that builds. In production they are only weight, "
    "and of use to an attacker.",
)
RULES = (SHELL, MANAGER, TOOL)

Kind = Literal["shell", "manager", "tool"]
_SHELLS = (
    "sh",
    "bash",
    "dash",
    "ash",
    "zsh",
    "ksh",
    "mksh",
    "fish",
    "csh",
    "tcsh",
    "busybox",
    "toybox",
    "rbash",
    "pwsh",
)
_MANAGERS = (
    "apt", "apt-get", "dpkg", "apk", "dnf", "microdnf", "yum", "rpm", "zypper", "pacman", "pip", "pip3", "uv", "poetry",
    "pdm", "pipenv", "conda", "mamba", "npm", "npx", "yarn", "pnpm", "corepack", "bun", "gem", "bundle", "cargo",
)  # fmt: skip
_TOOLS = (
    "gcc", "cc", "g++", "c++", "clang", "tcc", "ld", "as", "make", "cmake", "ninja", "meson", "go", "gofmt", "rustc",
    "javac", "git", "svn", "hg", "curl", "wget", "gdb", "strace", "tcpdump", "nmap", "nc", "ncat", "socat", "ssh",
    "scp", "sudo", "su-exec",
)  # fmt: skip
_INCLUDE = ("usr/include/", "usr/local/include/")
_TARGET = re.compile(r"^(?:x86_64|aarch64)-linux-(?:gnu|musl)-")
_VERSION = re.compile(r"-?[0-9]+(?:\.[0-9]+)*$")
"""`x86_64-linux-gnu-gcc-14` is gcc, `pip3.13` is pip."""
_KINDS: Mapping[str, Kind] = {
    **dict.fromkeys(_SHELLS, "shell"),
    **dict.fromkeys(_MANAGERS, "manager"),
    **dict.fromkeys(_TOOLS, "tool"),
}
_HELP: Mapping[Kind, tuple[Rule, str, str]] = {
    "shell": (
        SHELL,
        "there is a shell",
        "stand on a base without one (distroless), or take the files away in the stage that ships",
    ),
    "manager": (MANAGER, "there is a package manager", "install in a stage of its own, and copy what was installed"),
    "tool": (TOOL, "there are tools for building or fetching", "build in a stage of its own, and copy what was built"),
}


def look(inside: Inside, there: Mapping[Kind, tuple[str, ...]]) -> Iterator[Finding]:
    """One finding a kind of those that are `there`, and one for headers."""
    for kind, (rule, what, help_) in _HELP.items():
        paths = there[kind]
        if paths:
            own = [path for path in paths if not inside.of_base(path[1:])]
            place = inside.place((own or paths)[0][1:])
            yield found(rule, f"{what}: {listed(paths)}{_share(inside, own)}", place, help=help_)
    headers = [path for path in inside.files if path.startswith(_INCLUDE) and path.endswith((".h", ".hpp"))]
    if headers:
        message = f"headers for compilers: {listed([f'/{path}' for path in headers], 1)}{_share(inside, headers)}"
        yield found(TOOL, message, inside.place(headers[0]), help=_HELP["tool"][2], severity="info")


def programs(inside: Inside) -> Mapping[Kind, tuple[str, ...]]:
    """The programs of each kind that can be started, each by the path it is found at."""
    folders = {folder.strip("/") for folder in (*inside.search_path, *DEFAULT_PATH)}
    found: dict[Kind, list[str]] = {"shell": [], "manager": [], "tool": []}
    for path in inside.files:
        kind = _kind_of(path, folders)
        if kind and (file := inside.file(path)) and file.mode & 0o111:
            found[kind].append(f"/{path}")
    return {kind: tuple(paths) for kind, paths in found.items()}


def _kind_of(path: str, folders: Container[str]) -> Kind | None:
    folder, _, name = path.rpartition("/")
    if not folder.endswith("/bin") and folder not in folders and folder != "busybox":
        return None
    return _KINDS.get(name) or _KINDS.get(_VERSION.sub("", _TARGET.sub("", name)))


def _share(inside: Inside, own: Sequence[str]) -> str:
    """Which of them are not the base's, for the end of a sentence."""
    if not inside.origin.layers:
        return ""
    return f" ({len(own)} of them the team's own)" if own else " (all of them the base's)"

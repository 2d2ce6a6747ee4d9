"""The go command: started with nothing of the caller's environment that could change what it makes."""

import os
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from lading.proc import Completed, Runner, without_logins
from lading.store import Store
from lading.toolchain.go import Go

_KEPT = frozenset({
    "GOAUTH", "GOCACHE", "GOINSECURE", "GOMODCACHE", "GONOPROXY", "GONOSUMDB", "GOPATH", "GOPRIVATE", "GOPROXY",
    "GOSUMDB", "GOVCS",
})  # fmt: skip
"""Where modules come from, who may have them, and where they are kept: none of it shows in a program. Of the caller's
`go env` file only these count, too."""

_REFUSED = re.compile(
    r": (?:401|403|404|407|410) |no secure protocol found for repository|could not read (?:Username|Password)|"
    r"[Aa]uthentication failed|Could not read from remote repository"
)

BUILD_FLAGS = ("-trimpath", "-buildvcs=false", "-ldflags=-s -w")
"""Neither the paths of this machine, nor the state of its checkout, nor symbols and DWARF are in a program. The paths
of packages stay in panics (https://pkg.go.dev/cmd/go, https://pkg.go.dev/cmd/link)."""


class GoCommand:
    """A go command, and the caches that it works with: the caller's own where there are any, else the store's."""

    def __init__(self, go: Go, runner: Runner, env: Mapping[str, str], store: Store) -> None:
        self.version = go.version
        self._path = go.path
        self._runner = runner
        self._settings = _settings(env)
        self._home = Path(env.get("HOME") or "/nonexistent")
        self._store = store

    @property
    def root(self) -> Path:
        """The folder of the whole toolchain (GOROOT)."""
        return self._path.resolve().parent.parent

    @property
    def modules(self) -> Path:
        """Where others' modules are, once they were fetched."""
        return Path(self._caches()["GOMODCACHE"])

    def run(self, words: Sequence[str], *, cwd: Path, settings: Mapping[str, str], scratch: Path) -> Completed:
        """Run to the end. `settings` are variables such as GOOS; temporary files go below `scratch`. What it says
        has no logins in its addresses."""
        blank = {name: "" for name in os.environ if name.startswith(("GO", "CGO_"))}
        fixed = {"GOENV": "off", "GOTOOLCHAIN": "local", "CGO_ENABLED": "0", "GOTMPDIR": str(scratch), "PWD": str(cwd)}
        env = {**blank, **self._settings, **self._caches(), **fixed, **settings}
        flags = f"{settings.get('GOFLAGS', '')} -modcacherw".strip()
        done = self._runner.run([self._path, *words], cwd=cwd, env={**env, "GOFLAGS": flags})
        return Completed(done.code, without_logins(done.out), without_logins(done.err))

    def _caches(self) -> dict[str, str]:
        """A cache of what was compiled with these flags is of no use to anybody else, so it is the store's; modules
        that the caller has are not fetched again."""
        settings = self._settings
        modules = Path(settings.get("GOPATH", "").split(os.pathsep)[0] or self._home / "go") / "pkg" / "mod"
        return {
            "GOCACHE": settings.get("GOCACHE") or str(self._store.cache_folder("go-build")),
            "GOMODCACHE": settings.get("GOMODCACHE")
            or str(modules if modules.is_dir() else self._store.cache_folder("go-mod")),
        }


def settings_of(platform: str, *, workspace: Path | None, vendored: bool) -> dict[str, str]:
    """The variables for one platform (`linux/amd64`), in a workspace (its go.work) or out of any."""
    system, machine = platform.split("/")[:2]
    return {
        "GOOS": system,
        "GOARCH": machine,
        "GOWORK": str(workspace) if workspace else "off",
        "GOFLAGS": "-mod=vendor" if vendored else "-mod=readonly",
    }


def fetch_advice(words: str) -> str:
    """What to do about a module that its server does not give to whoever asked, or nothing.

    Git's own words do not always come through: go tries every scheme, and tells that none works
    (https://go.dev/ref/mod#vcs-auth, https://go.dev/ref/mod#private-module-proxy-auth).

    >>> fetch_advice("main.go:3:8: undefined: gone")
    ''
    """
    if not _REFUSED.search(words):
        return ""
    return "let `go mod download` work here: GOPROXY or GOPRIVATE, and credentials in .netrc or git's own settings"


def _settings(env: Mapping[str, str]) -> dict[str, str]:
    """What the caller says, in the environment or by `go env -w`."""
    return {**_from_file(env), **{name: env[name] for name in _KEPT if env.get(name)}}


def _from_file(env: Mapping[str, str]) -> dict[str, str]:
    """The file of `go env -w` (https://pkg.go.dev/cmd/go#hdr-Print_Go_environment_information)."""
    if env.get("GOENV") == "off":
        return {}
    folder = env.get("XDG_CONFIG_HOME") or f"{env.get('HOME', '')}/.config"
    path = Path(env.get("GOENV") or f"{folder}/go/env")
    found: dict[str, str] = {}
    with suppress(OSError, UnicodeDecodeError):
        for line in path.read_text("utf-8").splitlines():
            name, equals, value = line.partition("=")
            if equals and name in _KEPT and value:
                found[name] = value
    return found

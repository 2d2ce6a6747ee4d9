"""What this machine has of what Lading works with, and what to do about what it lacks."""

import platform
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal

import msgspec

from lading import __version__
from lading.debian.mirrors import Mirrors
from lading.errors import LadingError
from lading.http import Http
from lading.proc import Runner
from lading.prove.container import asked, is_root, machine
from lading.store import Store
from lading.toolchain.uv import find_uv

ENOUGH = 1_000_000_000
"""Bytes. Some four times what the first build of a service for two platforms takes in the store."""


BUILDX = "lading build --engine buildkit needs it: install docker-buildx"
ANY_ENGINE = "lading run needs one of them: install Docker, Podman or crun, or start the one that is there"


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """One thing looked at.

    `missing`: the default build needs it, and it is not there. `absent`: only what `fix` names needs it.
    """

    name: str
    state: Literal["ok", "absent", "missing"]
    detail: str
    fix: str = ""


def look(
    *, runner: Runner, http: Http, store: Store, env: Mapping[str, str], mirrors: Callable[[], Mirrors], suite: str
) -> tuple[Check, ...]:
    """Look at everything, side by side. `suite` is the Debian release whose index is asked for.

    Nothing is raised: what goes wrong is a check that says so.
    """
    from concurrent.futures import ThreadPoolExecutor

    looks: Sequence[Callable[[], Iterator[Check]]] = (
        _lading,
        lambda: _uv(runner, env, store),
        lambda: _store(store),
        lambda: _mirrors(http, mirrors, suite),
        lambda: engines(runner),
    )
    with ThreadPoolExecutor(len(looks)) as pool:
        found = list(pool.map(lambda one: tuple(one()), looks))
    return tuple(check for checks in found for check in checks)


def engines(runner: Runner) -> Iterator[Check]:
    """User namespaces, Docker, its buildx, Podman, crun and runc. No build needs them; `lading run` needs an engine."""
    questions = {
        "docker": ("docker", "version", "--format", "{{.Server.Version}}"),
        "buildx": ("docker", "buildx", "version"),
        "podman": ("podman", "info", "--format", "{{.Version.Version}}"),
        "crun": ("crun", "--version"),
        "runc": ("runc", "--version"),
    }
    namespaces = namespaces_problem()
    limits = {} if is_root() else {"crun": namespaces, "runc": "only root can use it here"}
    yield Check(
        name="namespaces",
        state="absent" if namespaces else "ok",
        detail=namespaces or "everybody can make user namespaces",
    )
    found: list[Check] = []
    for name, (program, *words) in questions.items():
        done = asked(runner, program, *words)
        if name == "buildx" and isinstance(done, str):
            done = "docker has no plugin of this name"  # its own last words are about its help
        problem = done if isinstance(done, str) else limits.get(name, "")
        detail = problem if isinstance(done, str) or problem else done.out.strip().partition("\n")[0]
        alone = name == "buildx" and problem and found[0].state == "ok"  # without docker, docker is what is missing
        fix = BUILDX if alone else ""
        found.append(Check(name=name, state="absent" if problem else "ok", detail=detail, fix=fix))
    none = all(check.state == "absent" for check in found if check.name != "buildx")
    last = msgspec.structs.replace(found[-1], fix=ANY_ENGINE) if none else found[-1]
    yield from (*found[:-1], last)


def namespaces_problem(settings: Path = Path("/proc/sys")) -> str:
    """Why somebody who is not root cannot make user namespaces, by the kernel's settings; nothing when they can.

    user_namespaces(7), and the switches that Debian and Ubuntu have beside the kernel's own.
    """
    for name, value, meaning in (
        ("user/max_user_namespaces", "0", "user namespaces are turned off"),
        ("kernel/unprivileged_userns_clone", "0", "user namespaces are for root only"),
        ("kernel/apparmor_restrict_unprivileged_userns", "1", "AppArmor restricts user namespaces"),
    ):
        try:
            if (settings / name).read_text().strip() == value:
                return f"{meaning} (sysctl {name.replace('/', '.')}={value})"
        except OSError:
            continue
    return ""


def _lading() -> Iterator[Check]:
    yield Check(name="lading", state="ok", detail=f"{__version__} in {Path(__file__).parents[1]}")
    running = f"{platform.python_version()} on {sys.platform}/{machine().architecture}, {sys.executable}"
    yield Check(name="python", state="ok", detail=running)


def _uv(runner: Runner, env: Mapping[str, str], store: Store) -> Iterator[Check]:
    try:
        tool = find_uv(runner=runner, env=env, store=store)
    except LadingError as error:
        yield Check(name="uv", state="missing", detail=error.what, fix=error.fix)
    else:
        yield Check(name="uv", state="ok", detail=f"{tool.version}, {tool.path}")


def _store(store: Store) -> Iterator[Check]:
    from shutil import disk_usage

    from lading.store.prune import size_of

    try:
        with store.scratch(), store.writing():
            free, used = disk_usage(store.root).free, size_of(store)
    except LadingError as error:
        yield Check(name="store", state="missing", detail=f"{error.what}: {error.where}", fix=error.fix)
        return
    enough = free >= ENOUGH
    yield Check(
        name="store",
        state="ok" if enough else "missing",
        detail=f"{store.root}: {_gigabytes(used)} in it, {_gigabytes(free)} free",
        fix="" if enough else "free some space: lading prune",
    )


def _gigabytes(count: int) -> str:
    return f"{count / 1e9:.1f} GB"


def _mirrors(http: Http, mirrors: Callable[[], Mirrors], suite: str) -> Iterator[Check]:
    try:
        found = mirrors()
    except LadingError as error:
        yield Check(name="mirror", state="missing", detail=f"{error.what}: {error.where}", fix=error.fix)
        return
    for name, archive, release in (
        ("mirror", "debian", suite),
        ("security", "debian-security", f"{suite}-security"),
    ):
        url = found.url(archive, f"dists/{release}/InRelease")
        problem, fix = _problem(http, url)
        detail = problem or f"{found.url(archive, '').rstrip('/')} answers"
        yield Check(name=name, state="missing" if problem else "ok", detail=detail, fix=fix)


def _problem(http: Http, url: str) -> tuple[str, str]:
    """Why an address does not answer as it should, and what to do; nothing when it does."""
    other = "LADING_DEBIAN_MIRROR names another mirror"
    try:
        with http.send("HEAD", url, again=False) as response:
            return (f"{url} answers {response.status}", other) if response.status >= 400 else ("", "")
    except LadingError as error:
        return f"{url}: {error.what}", "; ".join(part for part in (error.fix, other) if part)

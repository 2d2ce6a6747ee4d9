"""Debian's package managers: apt-get(8), apt(8), aptitude, dpkg(1)."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from msgspec.structs import replace

from lading.check.bases.knowledge import MULTIARCH
from lading.check.effects.asked import Arguments, Asked
from lading.check.effects.effect import Effect
from lading.check.effects.packages import SUITES, Brings, PackageData, closure, packages_of
from lading.check.effects.reach import by_folder, perhaps_files, put_packaged, spread
from lading.check.model.scene import Scene
from lading.check.model.state import Package

_VALUED = ("-o", "--option", "-t", "--target-release", "--default-release", "-c", "--config-file", "-a")
_NAME = re.compile(r"([a-z0-9][a-z0-9+.-]*?)(?::[a-z0-9]+)?(?:[=/].*)?([+-]?)\Z")
_GROWS = ("/etc", "/usr/include", "/usr/lib", "/usr/libexec", "/usr/share", "/var")
"""Where packages have more than programs and libraries, or their scripts make it."""
_PROGRAM_FOLDERS = ("/usr/bin", "/usr/sbin", "/usr/games", "/bin", "/sbin")
_ADDS_ACCOUNTS_NAMES = """
    avahi-daemon bind9 chrony clamav colord cron dbus dbus-daemon dnsmasq-base docker.io exim4-base fetchmail
    geoclue-2.0 haproxy mariadb-server memcached munge nginx-common openssh-client openssh-server polkitd
    postfix postgresql-common pulseaudio rabbitmq-server redis-server redis-tools rsyslog rtkit
    speech-dispatcher ssl-cert systemd tcpdump unbound uuid-runtime varnish wireshark-common
"""
_ADDS_ACCOUNTS = frozenset(_ADDS_ACCOUNTS_NAMES.split())
"""Packages whose scripts make users or groups of their own."""

ALTERNATIVES: Mapping[str, tuple[str, ...]] = {
    "default-jdk-headless": ("java", "javac", "jar"),
    "g++": ("c++",),
    "gawk": ("awk",),
    "gcc": ("c89", "c99", "cc"),
    "inetutils-telnet": ("telnet",),
    "libreoffice-core": ("libreoffice",),
    "mawk": ("awk",),
    "nano": ("editor", "pico"),
    "ncat": ("nc",),
    "netcat-openbsd": ("nc", "netcat"),
    "netcat-traditional": ("nc", "netcat"),
    "nodejs": ("js",),
    "openssh-client": ("rcp", "rlogin", "rsh"),
    "pigz": (),
    "vim": ("editor", "ex", "rview", "rvim", "vi", "view", "vim", "vimdiff"),
    "vim-nox": ("editor", "ex", "vi", "view", "vim"),
    "vim-tiny": ("editor", "ex", "vi", "view"),
    **{
        f"openjdk-{version}-{kind}-headless": ("java",) if kind == "jre" else ("jar", "javac")
        for version in (11, 17, 21, 25)
        for kind in ("jre", "jdk")
    },
}
"""Programs that a package's scripts link into `/usr/bin` when it is installed (update-alternatives(1)): the archive's
indexes do not have them."""


def apt(asked: Asked, scene: Scene) -> None:
    """`apt-get` and its like."""
    args = Arguments(asked.words, _VALUED)
    verb = args.plain[0] if args.operands else None
    names = [word.text for word in args.operands[1:]]
    match verb:
        case "update":
            scene.now = replace(scene.now, packages=replace(scene.now.packages, lists="present"))
            scene.grow("/var/lib/apt/lists")
        case "install":
            _install(names, args, scene)
        case "build-dep" | "satisfy":
            _anything(scene)
        case "remove" | "purge" | "autoremove" | "autopurge":
            _remove(names, scene)
            if verb.startswith("auto") or args.has("--auto-remove", "--autoremove"):
                _remove_unneeded(scene)
        case None:
            scene.blur_all()
        case _:
            pass  # `upgrade`, `clean`, `download`: the same packages are installed as before


def dpkg(asked: Asked, scene: Scene) -> None:
    """`dpkg -i file.deb`: what is in the file is not known."""
    args = Arguments(asked.words)
    if args.has("-i", "--install", "--unpack", "-r", "--remove", "-P", "--purge") or args.vague:
        for word in args.operands:
            if word.plain and word.plain.endswith(".deb"):
                scene.need(word.plain, "`dpkg` reads it")
        _anything(scene)


def _install(names: Sequence[str | None], args: Arguments, scene: Scene) -> None:
    found = [_NAME.match(name) if name else None for name in names]
    wanted = [one[1] for one in found if one and one[2] != "-"]
    _remove([one[1] for one in found if one and one[2] == "-"], scene)
    releases = _possible_releases(scene)
    possible = [packages_of(release) for release in releases]
    if (
        None in found
        or not possible
        or _has_more_sources(scene)
        or not all(name in data for name in wanted for data in possible)
    ):
        _anything(scene)
    recommended = not args.has("--no-install-recommends") and not _says_no_recommends(args)
    each = [_brought(release, tuple(wanted), recommended) for release in releases] or [_Brought(frozenset(wanted))]
    for folder in _GROWS:
        scene.grow(folder)
    _bring(each, scene)
    for name in wanted:
        scene.add_package(Package(name=name, origin=scene.origin, asked=True))


class _Brought(NamedTuple):
    """What packages bring by the data of one release."""

    packages: frozenset[str]
    programs: frozenset[str] = frozenset()
    libraries: frozenset[str] = frozenset()


def _possible_releases(scene: Scene) -> list[str]:
    """The release that the stage is of, or all those that it may be of, as far as there is data."""
    system = scene.now.system
    if system.distribution != "debian":
        return []
    return [release for release in ((system.release,) if system.release else SUITES) if release in SUITES]


def _possible_data(scene: Scene) -> list[PackageData]:
    return [packages_of(release) for release in _possible_releases(scene)]


@lru_cache(maxsize=256)
def _brought(release: str, wanted: tuple[str, ...], recommended: bool) -> _Brought:
    data = packages_of(release)
    names = closure(data, wanted, recommended=recommended)
    alternatives = (f"/usr/bin/{program}" for name in names for program in ALTERNATIVES.get(name, ()))
    programs = (path for name in names for path in data[name].program_paths())
    libraries = (one for name in names for one in data[name].libraries.split())
    return _Brought(frozenset({*names, *wanted}), frozenset({*programs, *alternatives}), frozenset(libraries))


def _bring(each: Sequence[_Brought], scene: Scene) -> None:
    """Put there what comes in any case; what comes only with some releases may be there."""
    certain = _common(one.programs for one in each)
    for folder, programs in by_folder(frozenset().union(*(one.programs for one in each)) - certain):
        perhaps_files(scene, folder, programs)
    for folder, programs in by_folder(certain):
        put_packaged(scene, folder, programs)
    libraries = _common(one.libraries for one in each)
    if libraries:
        put_packaged(scene, _library_folder(scene), sorted(libraries), mode=None)
    _note_packages(each, scene)


def _note_packages(each: Sequence[_Brought], scene: Scene) -> None:
    certain = _common(one.packages for one in each)
    for name in sorted(certain - scene.now.packages.installed.keys()):
        scene.add_package(Package(name=name, origin=scene.origin))
    if any(one.packages != certain for one in each):
        scene.now = replace(scene.now, packages=replace(scene.now.packages, closed=False))
    if certain & _ADDS_ACCOUNTS or any(one.packages & _ADDS_ACCOUNTS for one in each):
        _open_accounts(scene)
    if "ca-certificates" in certain:
        scene.write("/etc/ssl/certs/ca-certificates.crt")


def _common(each: Iterable[frozenset[str]]) -> frozenset[str]:
    first, *others = each
    return first.intersection(*others)


def _says_no_recommends(args: Arguments) -> bool:
    return any(
        value is not None and re.fullmatch(r"APT::Install-Recommends=\W?(0|false|no)\W?", value, re.IGNORECASE)
        for value in args.values("-o", "--option")
    )


def _remove(names: Iterable[str | None], scene: Scene) -> None:
    """Packages are gone with their programs; what needed them may be gone, too."""
    possible = _possible_data(scene)
    for name in names:
        found = _NAME.match(name) if name else None
        if found is None or not possible or any(found[1] not in data for data in possible):
            _perhaps_gone(scene.now.packages.installed, scene)
            continue
        scene.remove_package(found[1])
        for path in _common(frozenset(_files(data, found[1], scene)) for data in possible):
            scene.remove(path)
        _perhaps_gone([one for one in scene.now.packages.installed if found[1] in _needs(possible, one)], scene)


def _files(data: PackageData, name: str, scene: Scene) -> Iterator[str]:
    """The programs and libraries of a package."""
    one = data.get(name, Brings())
    yield from one.program_paths()
    yield from (f"{_library_folder(scene)}/{library}" for library in one.libraries.split())


def _library_folder(scene: Scene) -> str:
    return f"/usr/lib/{MULTIARCH.get(scene.now.system.machine, '')}"


def _remove_unneeded(scene: Scene) -> None:
    """Packages go that came with others only. Those asked for by name stay; of the rest nothing is certain."""
    possible = _possible_data(scene)
    installed = scene.now.packages.installed
    stay = [name for name, package in installed.items() if package.asked]
    _perhaps_gone(installed.keys() - {*stay}, scene)
    kept = {path for data in possible for name in stay for path in _files(data, name, scene)}
    for folder in ("/usr/bin", "/usr/sbin", _library_folder(scene)):
        for name in scene.now.files.names(folder):
            if f"{folder}/{name}" not in kept and scene.look(f"{folder}/{name}", follow=False).origin.act == "run":
                scene.blur(f"{folder}/{name}")


def _needs(possible: Sequence[PackageData], name: str) -> set[str]:
    found = [data.get(name, Brings()) for data in possible]
    return {one for brings in found for one in (*brings.needs.split(), *brings.recommends.split())}


def _perhaps_gone(names: Iterable[str], scene: Scene) -> None:
    """Packages that a RUN has installed may be gone again; the base's own are there for a reason."""
    possible = _possible_data(scene)
    for name in list(names):
        package = scene.now.packages.installed.get(name)
        if package is None or package.origin.sturdy:
            continue
        for path in {path for data in possible for path in _files(data, name, scene)}:
            scene.blur(path)
        scene.remove_package(name)
        scene.now = replace(scene.now, packages=replace(scene.now.packages, closed=False))


def _has_more_sources(scene: Scene) -> bool:
    """Whether packages may come from elsewhere than the release's own archive, where names mean other things."""
    files = scene.now.files
    lists = "/etc/apt/sources.list.d"
    names = (files.look(f"{lists}/{name}") for name in files.names(lists))
    return any(not one.origin.sturdy for one in names) or not files.look("/etc/apt/sources.list").origin.sturdy


def _anything(scene: Scene) -> None:
    """Packages that nobody knows have come: they may have brought any program, user or group."""
    for folder in (*_PROGRAM_FOLDERS, *_GROWS):
        spread(scene, folder)
    scene.now = replace(scene.now, packages=replace(scene.now.packages, closed=False))
    _open_accounts(scene)


def _open_accounts(scene: Scene) -> None:
    accounts = replace(scene.now.accounts, closed=False, origin=scene.origin)
    scene.now = replace(scene.now, accounts=accounts)


EFFECTS: Mapping[str, Effect] = {
    "apt": apt,
    "apt-get": apt,
    "aptitude": apt,
    "dpkg": dpkg,
}

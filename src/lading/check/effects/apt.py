"""Debian's package managers: apt-get(8), apt(8), aptitude, dpkg(1)."""

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec.structs import replace

from lading.check.effects.asked import Arguments, Asked
from lading.check.effects.effect import Effect
from lading.check.effects.packages import Brings, PackageData, closure, packages_of
from lading.check.effects.reach import put_files, spread
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
    data = packages_of(scene.now.system.release) if scene.now.system.distribution == "debian" else {}
    wanted: list[str] = []
    known = bool(data) and not _has_more_sources(scene)
    for name in names:
        found = _NAME.match(name) if name else None
        if found is None or found[1] not in data:
            known = False
        if found and found[2] == "-":
            _remove([found[1]], scene)
        elif found:
            wanted.append(found[1])
    if not known:
        _anything(scene)
    recommended = "--no-install-recommends" not in {one.name for one in args.given} and not _says_no_recommends(args)
    for name in _added(data, wanted, recommended=recommended):
        _bring(name, data.get(name, Brings()), scene)
    for folder in _GROWS:
        scene.grow(folder)
    _bring_libraries(data, closure(data, wanted, recommended=recommended), scene)


def _added(data: PackageData, wanted: Iterable[str], *, recommended: bool) -> Iterator[str]:
    """What comes with the packages that are asked for; those that there is no data of, too."""
    yield from dict.fromkeys((*wanted, *closure(data, wanted, recommended=recommended)))


def _says_no_recommends(args: Arguments) -> bool:
    return any(
        value is not None and re.fullmatch(r"APT::Install-Recommends=\W?(0|false|no)\W?", value, re.IGNORECASE)
        for value in args.values("-o", "--option")
    )


def _bring(name: str, brings: Brings, scene: Scene) -> None:
    scene.add_package(Package(name=name, origin=scene.origin))
    by_folder: dict[str, list[str]] = {}
    for path in brings.program_paths():
        by_folder.setdefault(posixpath.dirname(path), []).append(posixpath.basename(path))
    by_folder.setdefault("/usr/bin", []).extend(ALTERNATIVES.get(name, ()))
    for folder, programs in by_folder.items():
        put_files(scene, folder, dict.fromkeys(programs))
    if name in _ADDS_ACCOUNTS:
        _open_accounts(scene)
    if name == "ca-certificates":
        scene.write("/etc/ssl/certs/ca-certificates.crt")


def _bring_libraries(data: PackageData, names: Iterable[str], scene: Scene) -> None:
    """Libraries lie in the folder of the machine's architecture, which the base's own tell."""
    libraries = [one for name in names for one in data[name].libraries.split()]
    folders = [f"/usr/lib/{one}" for one in ("x86_64-linux-gnu", "aarch64-linux-gnu")]
    for folder in folders:
        if libraries and scene.look(folder).present:
            put_files(scene, folder, dict.fromkeys(libraries), mode=0o644)


def _remove(names: Iterable[str | None], scene: Scene) -> None:
    """Packages are gone with their programs; what needed them may be gone, too."""
    data = packages_of(scene.now.system.release)
    for name in names:
        found = _NAME.match(name) if name else None
        if found is None or found[1] not in data:
            _perhaps_gone(scene.now.packages.installed, scene)
            continue
        scene.remove_package(found[1])
        for path in data[found[1]].program_paths():
            scene.remove(path)
        needing = [one for one in scene.now.packages.installed if found[1] in data.get(one, Brings()).needs.split()]
        _perhaps_gone(needing, scene)


def _remove_unneeded(scene: Scene) -> None:
    """Packages go that came with others only. Which these are, apt knows: those that were asked for by name and needed
    by none stay, of the rest nothing is certain."""
    data = packages_of(scene.now.system.release)
    installed = scene.now.packages.installed
    needed = {one for name in installed for one in (*_needs(data, name),)}
    _perhaps_gone([name for name in installed if name in needed or name not in data], scene)


def _needs(data: PackageData, name: str) -> list[str]:
    one = data.get(name, Brings())
    return [*one.needs.split(), *one.recommends.split()]


def _perhaps_gone(names: Iterable[str], scene: Scene) -> None:
    """Packages that a RUN has installed may be gone again; the base's own are there for a reason."""
    data = packages_of(scene.now.system.release)
    for name in list(names):
        package = scene.now.packages.installed.get(name)
        if package is None or package.origin.sturdy:
            continue
        for path in data.get(name, Brings()).program_paths():
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

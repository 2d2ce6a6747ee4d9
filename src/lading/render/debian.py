"""Debian packages in a Dockerfile: the build stage's interpreter, and a team's libraries in the image that ships."""

from collections.abc import Iterator, Sequence

from lading.plan.model import DebianBase, DebugShell
from lading.render.instructions import Arg, Blank, Comment, Copy, From, Ignore, Instruction, Mount, Run, Workdir
from lading.render.public import pinned
from lading.render.quoting import command
from lading.render.reasons import sentence
from lading.render.scene import ARCHITECTURE, DEBUG_SHELL, PACKAGES, RUNTIME_BASE, UNPACKED, Blocks, Scene

_APT = (
    Mount(kind="cache", id=f"apt-${{{ARCHITECTURE}}}", target="/var/cache/apt", locked=True),
    Mount(kind="cache", id=f"apt-lists-${{{ARCHITECTURE}}}", target="/var/lib/apt", locked=True),
)
"""apt's caches, kept from one build to the next, and never used by two builds at once."""
_UNPINNED = "No version is pinned: the archive keeps only the newest of a release, the one with the fixes."
_STATUS = "/tmp/status"  # noqa: S108  # in a stage of its own
_SHELL = "/shell"
"""Where the stage of a debug shell has what is copied to the root of the image."""
_PARAGRAPH = "/tmp/paragraph"  # noqa: S108  # likewise
_AUTHORITIES = "/tmp/authorities"  # noqa: S108  # likewise
_ARCHIVES = "/archives"
_INSTALLED = "var/lib/dpkg/status"
"""Where dpkg keeps what is installed."""
_DATABASE = "var/lib/dpkg/status.d"
"""Where distroless images keep the control paragraphs of their packages, for scanners."""
_MERGED = ("bin", "lib", "lib64", "sbin")
"""Merged-/usr: a package may still say `lib/x` for what is at `usr/lib/x` (Debian policy 9.1.1)."""
_TEXTS = ("bug", "info", "lintian", "locale", "man")
"""Folders of /usr/share that only people read."""


def install(*packages: str, why: str = "Debian's own Python, as the image that ships has it") -> Iterator[Instruction]:
    """Packages in a stage that has apt: the interpreter's in the build stage, say."""
    yield Comment((f"{why}. {_UNPINNED}",))
    yield Ignore(("DL3008",))
    yield Run(("apt-get update", command(*_install(*packages))), mounts=_APT)
    yield Blank()


def packages_in_runtime(names: Sequence[str], scene: Scene) -> Iterator[Instruction]:
    """Further packages in the image that ships: installed by its apt, or copied from where they were unpacked."""
    if not names:
        return
    if not scene.base.unpacks:
        logs = Mount(kind="tmpfs", target="/var/log")
        yield Comment((f"{_why(names, scene)}. {_UNPINNED}", *_reasons(scene)))
        yield Arg(ARCHITECTURE)
        yield Ignore(("DL3008",))
        yield Run(("apt-get update", command(*_install(*names))), mounts=(*_APT, logs))
    else:
        yield Comment((f"{_why(names, scene)}, and what these depend on.",))
        yield Copy(sources=(f"{UNPACKED}/",), destination="/", stage=PACKAGES, owner="0:0", link=True)
    yield Blank()


def packages_stage(names: Sequence[str], scene: Scene) -> Iterator[Instruction]:
    """The stage that unpacks further packages for a runtime image that apt does not install them in; else nothing.

    What that image has already is told by the control paragraphs that it keeps for scanners, or by its dpkg. apt
    resolves against these, so it fetches what is missing and nothing else; maintainer scripts do not run. What only
    those scripts use is said to be there too.
    """
    base = scene.plan.runtime.base
    if not names or not scene.base.unpacks or not isinstance(base, DebianBase):
        return
    platforms, own = scene.plan.platforms, scene.base.shell
    if not own:
        yield Comment((f"{RUNTIME_BASE}: the image that ships, to see which packages it has.",))
        yield From(pinned(scene.base.runtime, scene.pins, platforms), RUNTIME_BASE)
        yield Blank()
    why = "without their maintainer scripts" if own else "for an image that has no apt to install them"
    yield Comment((f"{PACKAGES}: {', '.join(names)} {why}.", *_reasons(scene)))
    yield From(pinned(scene.base.build, scene.pins, platforms), PACKAGES)
    yield Arg(ARCHITECTURE)
    yield Comment((
        "The list of installed packages that the image would have. Without dependencies, since it leaves out what only "
        "maintainer scripts use: none of these run here, and what they use need not be fetched.",
    ))  # fmt: skip
    known = Mount(kind="bind", stage=RUNTIME_BASE, source=f"/{_DATABASE}", target="/known")
    yield Run(tuple(_known(base.without, own=own)), mounts=() if own else (known,))
    yield Workdir(UNPACKED)
    yield Comment((f"What that list lacks, unpacked, without manuals and translations. {_UNPINNED}",))
    yield Ignore(("DL3008",))
    yield Run(tuple(_unpack(names, own=own)), mounts=_APT)
    yield Blank()


def debug_shell(step: DebugShell, scene: Scene) -> Blocks:
    """Busybox from a stage of its own, before all others, as the last thing that is copied."""
    program, package = f"{_SHELL}{step.path}", step.package
    licence = f"usr/share/doc/{package}/copyright"
    unpack = (
        "apt-get update",
        command("apt-get", "download", package),
        f"dpkg-deb --extract {package}_*.deb unpacked",
        command("mkdir", "-p", program, f"{_SHELL}/{_DATABASE}", f"{_SHELL}/{licence.rpartition('/')[0]}"),
        command("cp", "unpacked/usr/bin/busybox", f"{program}/busybox"),
        command("cp", f"unpacked/{licence}", f"{_SHELL}/{licence}"),
        f"dpkg-deb --field {package}_*.deb > {_SHELL}/{_DATABASE}/{package}",
        _each(command(*step.programs), "name", f'ln -s busybox "{program}/$name"'),
    )
    stage = (
        Comment((f"{DEBUG_SHELL}: {step.why}. {_UNPINNED}",)),
        From(pinned(f"debian:{step.suite}-slim", scene.pins, scene.plan.platforms), DEBUG_SHELL),
        Arg(ARCHITECTURE),
        Workdir("/archive"),
        Run(unpack, mounts=_APT),
        Blank(),
    )
    copied = Copy(sources=(f"{_SHELL}/",), destination="/", stage=DEBUG_SHELL, owner="0:0", link=True)
    shown = (Comment((f"{sentence(step.why)}, in the last layer: all others are those of the image without it.",)),)
    return Blocks(before=stage, shipped=(*shown, copied, Blank()))


def _install(*names: str) -> tuple[str, ...]:
    return "apt-get", "install", "--yes", "--no-install-recommends", *names


def _known(without: Sequence[str], *, own: bool) -> Iterator[str]:
    """A dpkg status file (dpkg(1)) of what the runtime image has, and of what is left out of it: of its control
    paragraphs, or where it is the stage's `own` image, of that one's status file."""
    kept = r"/^(Package|Version|Architecture|Multi-Arch|Provides|Status):/p; /^$/p"
    if own:
        yield f"{command('sed', '-nE', kept, '/' + _INSTALLED)} > {_STATUS}"
    else:
        kept = r"/^(Package|Version|Architecture|Multi-Arch|Provides):/p; $s/.*/Status: install ok installed\n/p"
        paragraphs = "find /known -type f ! -name '*.md5sums' -exec"
        yield f"{paragraphs} {command('sed', '--separate', '-nE', kept, '{}', '+')} > {_STATUS}"
    if without:
        given = ", ".join(f"{name} (= 9999)" for name in without)
        fields = ("Package: left-out", "Version: 1", "Architecture: all", f"Provides: {given}")
        paragraph = command("printf", r"%s\n", *fields, "Status: install ok installed", "")
        yield f"{paragraph} >> {_STATUS}"


def _unpack(names: Sequence[str], *, own: bool) -> Iterator[str]:
    """Commands that fetch what is missing and unpack it into the folder that they run in. With `own` the list of
    installed packages goes on where the stage's own image has it."""
    yield f"mkdir -p {_ARCHIVES}/partial {_INSTALLED.rpartition('/')[0] if own else _DATABASE}"
    yield "apt-get update"
    places = ("-o", f"Dir::State::status={_STATUS}", "-o", f"Dir::Cache::archives={_ARCHIVES}")
    yield command("apt-get", *places, "--download-only", *_install(*names)[1:])
    field = 'dpkg-deb --field "$deb"'
    paragraph = f'{field} > "{_DATABASE}/$({field} Package)"'
    if own:
        yield f"cp /{_INSTALLED} {_INSTALLED}"
        told = command("sed", "1a Status: install ok installed", _PARAGRAPH)
        paragraph = f"{field} > {_PARAGRAPH} && {{ {told} && echo; }} >> {_INSTALLED}"
    unpack = f'dpkg-deb --extract "$deb" . && {paragraph}'
    yield _each(f"{_ARCHIVES}/*.deb", "deb", f'test ! -e "$deb" || {{ {unpack}; }}')  # the pattern itself where none is
    merge = 'mkdir -p "usr/$name" && cp -a "$name/." "usr/$name/" && rm -r "$name"'
    yield _each(" ".join(_MERGED), "name", f'test ! -d "$name" || {{ {merge}; }}')
    yield command("rm", "-rf", *(f"usr/share/{name}" for name in _TEXTS))
    yield "find . -path './usr/share/doc/*' -type f ! -name copyright -delete"
    if "ca-certificates" in names:
        yield f"find usr/share/ca-certificates -name '*.crt' -print0 > {_AUTHORITIES}"
        yield f"sort --zero-terminated --output={_AUTHORITIES} {_AUTHORITIES}"
        yield f"xargs --null --arg-file={_AUTHORITIES} cat > etc/ssl/certs/ca-certificates.crt"


def _each(words: str, name: str, body: str) -> str:
    """A loop of the shell that stops at the first failure."""
    return f"for {name} in {words}; do {{ {body}; }} || exit 1; done"


def _why(names: Sequence[str], scene: Scene) -> str:
    if not scene.base.interpreter:
        return f"What the image is for: {', '.join(names)}"
    return f"Libraries that Python packages load, and what the team asks for: {', '.join(names)}"


def _reasons(scene: Scene) -> tuple[str, ...]:
    return (*scene.reasons.told_of("base", "for"), *scene.reasons.told("base", "packages"))

"""Programs that fetch files or unpack archives."""

import posixpath
import re
from collections.abc import Mapping, Sequence

from lading.check.effects.asked import Arguments, Asked, Word
from lading.check.effects.effect import Effect
from lading.check.effects.paths import paths
from lading.check.effects.reach import put_folders
from lading.check.model.scene import Scene

_CURL = (
    "-A", "-b", "-c", "-C", "-d", "-D", "-e", "-E", "-F", "-H", "-K", "-m", "-o", "-Q", "-r", "-t", "-T", "-u", "-U",
    "-w", "-x", "-X", "-y", "-Y", "-z", "--connect-timeout", "--data", "--header", "--max-time", "--output",
    "--output-dir", "--proto", "--request", "--retry", "--retry-delay", "--retry-max-time", "--user", "--url",
    "--cacert", "--tlsv", "--user-agent", "--write-out", "--proxy",
)  # fmt: skip
_WGET = (
    "-a", "-A", "-B", "-e", "-i", "-l", "-o", "-O", "-P", "-Q", "-R", "-t", "-T", "-U", "-w", "--directory-prefix",
    "--header", "--output-document", "--output-file", "--timeout", "--tries", "--user-agent",
)  # fmt: skip
_TAR = (
    "-b", "-C", "-f", "-F", "-g", "-H", "-I", "-K", "-L", "-N", "-T", "-V", "-X", "--directory", "--exclude", "--file",
    "--group", "--mode", "--mtime", "--owner", "--strip-components", "--transform", "--use-compress-program",
)  # fmt: skip
_UNZIP = ("-d", "-x", "-P")
_GIT = ("-b", "--branch", "--depth", "-c", "--config", "-o", "--origin", "-j", "--jobs", "--filter", "--reference")


def curl(asked: Asked, scene: Scene) -> None:
    """`curl -o file url`, `curl -O url`; without either it writes to its output."""
    args = Arguments(asked.words, _CURL)
    folder = args.text("--output-dir")
    named = [value for value in args.values("-o", "--output") if value not in ("-", "/dev/null")]
    if args.has("-O", "--remote-name", "--remote-name-all"):
        named += [_name_in(address) for address in args.plain]
    for name in named:
        scene.write(None if name is None or folder is None else posixpath.join(folder, name))


def wget(asked: Asked, scene: Scene) -> None:
    """`wget url`, `wget -O file url`, `wget -P folder url`."""
    args = Arguments(asked.words, _WGET)
    target = args.text("-O", "--output-document")
    folder = args.text("-P", "--directory-prefix")
    if args.has("--spider") or target in ("-", "/dev/null"):
        return
    if target != "":
        scene.write(target)
    elif args.has("-r", "--recursive", "-m", "--mirror", "-i"):
        scene.grow(folder if folder is None or folder else ".")
    else:
        for address in args.plain:
            name = _name_in(address)
            scene.write(None if name is None or folder is None else posixpath.join(folder, name))


def tar(asked: Asked, scene: Scene) -> None:
    """`tar -xf archive -C folder`, also in the old form without a dash; `tar -cf archive …`."""
    args = Arguments(_with_dashes(asked.words), _TAR)
    folder = args.text("-C", "--directory")
    archive = args.text("-f", "--file")
    if archive and archive != "-" and args.has("-x", "--extract", "--get", "-t", "--list"):
        scene.need(archive, "`tar` reads it")
    if args.has("-x", "--extract", "--get"):
        if folder:
            scene.need(folder, "`tar` unpacks into it")
        scene.grow("." if folder == "" else folder)
    elif args.has("-c", "--create") and archive not in ("", "-"):
        scene.write(archive)


def _with_dashes(words: Sequence[Word]) -> Sequence[Word]:
    """`xvfz archive folder` as `-x -v -f archive -z folder`: in the old form values stand behind all letters."""
    if not words or not words[0].plain or not re.fullmatch(r"[a-zA-Z]+", words[0].plain):
        return words
    options: list[Word] = []
    rest = list(words[1:])
    for letter in words[0].plain:
        options.append(Word(f"-{letter}"))
        if f"-{letter}" in _TAR and rest:
            options.append(rest.pop(0))
    return [*options, *rest]


def unzip(asked: Asked, scene: Scene) -> None:
    """`unzip archive -d folder`."""
    args = Arguments(asked.words, _UNZIP)
    if args.has("-l", "-t", "-p"):
        return
    if args.operands and args.plain[0] and not args.operands[0].pattern:
        scene.need(args.plain[0], "`unzip` reads it")
    folder = args.text("-d")
    if folder:
        scene.folder(folder)
    scene.grow("." if folder == "" else folder)


def packed(asked: Asked, scene: Scene) -> None:
    """`gunzip file.gz`, `xz -d file.xz`, `gzip file`: one file becomes another."""
    args = Arguments(asked.words, ("-S", "-T", "--suffix", "--threads"))
    if args.has("-c", "--stdout", "--to-stdout"):
        return
    unpacks = asked.program.startswith("un") or asked.program in ("gunzip", "bunzip2") or args.has("-d", "--decompress")
    for path in paths(args.operands, scene).known:
        bare, suffix = posixpath.splitext(path)
        scene.write(bare if unpacks and suffix else f"{path}.{_SUFFIXES.get(asked.program, 'gz')}")
        if not args.has("-k", "--keep"):
            scene.remove(path)


def git(asked: Asked, scene: Scene) -> None:
    """`git clone address folder`; what else git does happens in a working tree."""
    args = Arguments(asked.words, (*_GIT, "-C"))
    plain = args.plain
    if not plain or plain[0] is None:
        scene.grow(".")
        return
    if plain[0] == "clone":
        target = plain[2] if len(plain) > 2 else _name_in(plain[1] if len(plain) > 1 else None)
        _cloned(target.removesuffix(".git") if target and len(plain) < 3 else target, scene)
    elif plain[0] in ("checkout", "init", "pull", "submodule", "apply", "am", "lfs", "reset", "fetch"):
        base = args.text("-C")
        scene.grow("." if base == "" else base)


def _cloned(target: str | None, scene: Scene) -> None:
    at = None if target is None else scene.absolute(target)
    if at is None:
        scene.grow(target)
        return
    folder, name = posixpath.split(at)
    if scene.look(at).present:
        scene.grow(at)
    elif name:
        put_folders(scene, folder, [name])


def _name_in(address: str | None) -> str | None:
    """The file name that an address ends in; nothing where none can be told."""
    path = re.sub(r"[?#].*", "", re.sub(r"\A[a-z+]+://[^/]*", "", address or ""))
    return posixpath.basename(path.rstrip("/")) or None


_SUFFIXES = {"bzip2": "bz2", "xz": "xz", "zstd": "zst"}

EFFECTS: Mapping[str, Effect] = {
    "bunzip2": packed,
    "bzip2": packed,
    "curl": curl,
    "git": git,
    "gunzip": packed,
    "gzip": packed,
    "tar": tar,
    "unxz": packed,
    "unzip": unzip,
    "wget": wget,
    "xz": packed,
    "zstd": packed,
}

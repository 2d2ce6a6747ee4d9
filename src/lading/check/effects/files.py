"""Programs that make, copy, move and remove files, or change their modes and owners (coreutils, BusyBox)."""

import posixpath
from collections.abc import Callable, Mapping

from msgspec.structs import replace

from lading.check.effects.accounts import owner_of
from lading.check.effects.asked import Arguments, Asked
from lading.check.effects.effect import Effect
from lading.check.effects.modes import mode_of, number
from lading.check.effects.paths import has_signs, inside, is_vague, paths, put_either
from lading.check.model.entry import Owner
from lading.check.model.scene import Scene

_LISTS = ("/var/lib/apt/lists", "/var/lib/apt")


def rm(asked: Asked, scene: Scene) -> None:
    """`rm`: what is named is gone. Of a name that is not known nothing is concluded: nobody removes what he needs."""
    args = Arguments(asked.words)
    forced = args.has("-f", "--force")
    for word in args.operands:
        if word.text is None:
            continue
        _forget_lists(word.text, scene)
        folder, _, last = word.text.rpartition("/")
        if word.pattern and last == "*" and not has_signs(folder):
            scene.empty(folder or "/")
            continue
        for path in paths([word], scene).known:
            if not forced and not word.pattern:
                scene.need(path, f"`{asked.program}` removes it")
            scene.remove(path)


def _forget_lists(path: str, scene: Scene) -> None:
    """Removing apt's lists undoes `apt-get update`."""
    if (path.rstrip("/*") or "/") in _LISTS:
        scene.now = replace(scene.now, packages=replace(scene.now.packages, lists="absent"))


def mkdir(asked: Asked, scene: Scene) -> None:
    """`mkdir -p -m mode folder…`."""
    args = Arguments(asked.words, ("-m", "--mode"))
    mode = number(args.text("-m", "--mode"), 0o755)
    for path in args.plain:
        if path is None:
            scene.grow("/")
        else:
            scene.folder(path, mode=mode)


def touch(asked: Asked, scene: Scene) -> None:
    """`touch file…`: makes what is not there."""
    args = Arguments(asked.words, ("-d", "-r", "-t", "--date", "--reference"))
    for path in paths(args.operands, scene).known:
        found = scene.look(path)
        if not found.present and not args.has("-c", "--no-create"):
            scene.write(path, b"" if found.absent else None)


def ln(asked: Asked, scene: Scene) -> None:
    """`ln -s target… name`; without `-s` the same file under another name."""
    args = Arguments(asked.words, ("-t", "--target-directory", "-S", "--suffix"))
    targets = list(args.plain)
    folder = args.text("-t", "--target-directory")
    last: str | None = folder or (targets.pop() if len(targets) > 1 else ".")
    for target in targets:
        if target is None or last is None:
            scene.grow(last)
            continue
        plain = args.has("-n", "-T", "--no-dereference", "--no-target-directory") and not folder
        if not plain and not folder and len(targets) == 1 and is_vague(scene, last):
            put_either(scene, last)
            continue
        at = last if plain else inside(scene, f"{last}/" if folder else last, target)
        if args.has("-s", "--symbolic"):
            scene.link(at, target)
        else:
            _copy(scene, target, at, Owner(None, None))


def cp(asked: Asked, scene: Scene) -> None:
    """`cp -r source… target`."""
    args = Arguments(asked.words, ("-t", "--target-directory", "-S", "--suffix"))
    keeps = args.has("-a", "-p", "--archive", "--preserve")
    _each(asked, args, scene, lambda source, at: _copy(scene, source, at, None if keeps else scene.owner()))


def mv(asked: Asked, scene: Scene) -> None:
    """`mv source… target`."""
    args = Arguments(asked.words, ("-t", "--target-directory", "-S", "--suffix"))
    _each(asked, args, scene, scene.move)


def install(asked: Asked, scene: Scene) -> None:
    """`install -m mode -o owner -g group source target`, and `install -d folder…`."""
    valued = ("-m", "--mode", "-o", "--owner", "-g", "--group", "-t", "--target-directory")
    args = Arguments(asked.words, valued)
    mode = number(args.text("-m", "--mode"), 0o755)
    owner = owner_of(args.text("-o", "--owner"), args.text("-g", "--group"), scene)

    def settle(at: str) -> None:
        scene.chmod(at, mode)
        scene.chown(at, owner, user=args.has("-o", "--owner"), group=args.has("-g", "--group"))

    def put(source: str, at: str) -> None:
        _copy(scene, source, at, scene.owner())
        settle(at)

    if not args.has("-d", "--directory"):
        _each(asked, args, scene, put)
        return
    for path in args.plain:
        scene.folder(path)
        if path is not None:
            settle(path)


def chmod(asked: Asked, scene: Scene) -> None:
    """`chmod -R mode path…`."""
    if asked.words and (asked.words[0].text or "").startswith("-") and mode_of(asked.words[0].text) is not None:
        words, args = asked.words, Arguments(asked.words[1:])  # `chmod -x file`
        args.operands.insert(0, words[0])
    else:
        args = Arguments(asked.words, ("--reference",))
    if args.has("--reference"):
        mode, operands = None, args.operands
    else:
        mode, operands = mode_of(args.operands[0].plain if args.operands else None), args.operands[1:]
    deep = args.has("-R", "--recursive")
    targets = paths(operands, scene)
    for path in targets.known:
        scene.need(path, f"`{asked.program}` changes its mode")
        scene.chmod(path, mode, deep=deep)
    if not targets.whole and any(word.text is None for word in operands):
        scene.chmod("/", None, deep=True)


def chown(asked: Asked, scene: Scene) -> None:
    """`chown -R user:group path…`, and `chgrp -R group path…`."""
    args = Arguments(asked.words, ("--from", "--reference"))
    operands = args.operands
    if args.has("--reference"):
        owner, user, group = Owner(None, None), True, True
    else:
        said = operands[0].plain if operands else None
        operands = operands[1:]
        owner, user, group = _owner_said(said, scene, is_group=asked.program == "chgrp")
    targets = paths(operands, scene)
    for path in targets.known:
        scene.need(path, f"`{asked.program}` changes its owner")
        scene.chown(path, owner, user=user, group=group, deep=args.has("-R", "--recursive"))
    if not targets.whole and any(word.text is None for word in operands):
        scene.chown("/", Owner(None, None), deep=True)


def _owner_said(said: str | None, scene: Scene, *, is_group: bool) -> tuple[Owner, bool, bool]:
    """An owner as `chown` is given it, and whether user and group are set (chown(1): `user:` means his own group)."""
    if said is None:
        return Owner(None, None), True, True
    if is_group:
        return owner_of("", said, scene), False, True
    user, colon, group = said.partition(":" if ":" in said else ".") if not said.isdigit() else (said, "", "")
    if colon and user and not group:
        account = scene.now.accounts.user(user)
        return Owner(owner_of(user, "", scene).uid, account.gid if account else None), True, True
    return owner_of(user, group, scene), bool(user), bool(colon)


def _each(asked: Asked, args: Arguments, scene: Scene, do: Callable[[str, str], None]) -> None:
    """Do it to every source with the path that it comes to."""
    operands = list(args.operands)
    folder = args.text("-t", "--target-directory")
    target = folder or (operands.pop().plain if len(operands) > 1 else None)
    if target is None:
        scene.blur_all()
        return
    sources = paths(operands, scene)
    many = len(sources.known) > 1 or bool(folder)
    if not sources.whole:
        scene.grow(target)
    for source in sources.known:
        scene.need(source, f"`{asked.program}` reads it")
        if not many and not args.has("-T", "--no-target-directory") and is_vague(scene, target):
            put_either(scene, target)
            continue
        plain = args.has("-T", "--no-target-directory")
        do(source, target if plain else inside(scene, f"{target}/" if many else target, source))


def _copy(scene: Scene, source: str, at: str, owner: Owner | None) -> None:
    whole = scene.absolute(source)
    if whole is None:
        scene.blur(at)
        return
    if source.rstrip("/").endswith("/.") or source == ".":
        at = posixpath.dirname(at.rstrip("/")) if posixpath.basename(at.rstrip("/")) == "." else at
    if scene.look(whole).absent:
        return  # the command fails: what comes after is not reached
    scene.graft(at, scene.now.files, whole, owner=owner)


EFFECTS: Mapping[str, Effect] = {
    "chgrp": chown,
    "chmod": chmod,
    "chown": chown,
    "cp": cp,
    "install": install,
    "ln": ln,
    "mkdir": mkdir,
    "mv": mv,
    "rm": rm,
    "rmdir": rm,
    "touch": touch,
    "unlink": rm,
}

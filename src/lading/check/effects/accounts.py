"""Programs that make users and groups: Debian's (shadow, adduser) and BusyBox's."""

import re
from collections.abc import Iterable, Mapping

from lading.check.effects.asked import Arguments, Asked
from lading.check.effects.effect import Effect
from lading.check.model.entry import Owner
from lading.check.model.scene import Scene
from lading.check.model.state import Account, Group

FIRST_UID = 1000
"""The first number of an ordinary user (login.defs(5), UID_MIN; BusyBox and adduser.conf(5) have the same)."""
_LAST_SYSTEM_UID = 999
_FIRST_SYSTEM_UID = 100

_USERADD = (
    "-b", "--base-dir", "-c", "--comment", "-d", "--home-dir", "--home", "-e", "--expiredate", "-f", "--inactive",
    "-g", "--gid", "-G", "--groups", "-k", "--skel", "-K", "--key", "-p", "--password", "-R", "--root", "-s", "--shell",
    "-u", "--uid", "-Z", "--selinux-user",
)  # fmt: skip
_ADDUSER = (
    "--add_extra_groups", "--comment", "--conf", "--firstgid", "--firstuid", "--gecos", "--gid", "--home",
    "--ingroup", "--lastgid", "--lastuid", "--shell", "--uid", "-u",
)  # fmt: skip
_BUSYBOX_ADDUSER = ("-h", "-g", "-s", "-G", "-u", "-k")
_GROUPADD = ("-g", "--gid", "-K", "--key", "-p", "--password", "-R", "--root", "-U", "--users")
_USERMOD = (*_USERADD, "-l", "--login", "-m", "--move-home")


def owner_of(user: str | None, group: str | None, scene: Scene) -> Owner:
    """The numbers of a user and a group by their names or numbers; none for one that is not known, or empty."""
    accounts = scene.now.accounts
    account = accounts.user(user) if user else None
    found = accounts.group(group) if group else None
    return Owner(
        _digits(user) if account is None else account.uid,
        _digits(group) if found is None else found.gid,
    )


def useradd(asked: Asked, scene: Scene) -> None:
    """Shadow's `useradd`. Debian makes a group of the same name (USERGROUPS_ENAB), and a home only with `-m`."""
    args = Arguments(asked.words, _USERADD)
    name = _name(args, scene)
    if name is None:
        return
    home = args.text("-d", "--home-dir", "--home")
    base = args.text("-b", "--base-dir")
    if home == "":
        home = None if base is None else f"{base or '/home'}/{name}"
    uid = _number(args.text("-u", "--uid"), scene, system=args.has("-r", "--system"))
    group = args.text("-g", "--gid")
    _add(
        scene, name, uid, group, home=home, shell=_given(args.text("-s", "--shell"), "/bin/sh"),
        own_group=not args.has("-N", "--no-user-group", "-g", "--gid"),
    )  # fmt: skip
    if args.has("-m", "--create-home"):
        _make_home(scene, name, home)


def adduser(asked: Asked, scene: Scene) -> None:
    """Debian's `adduser`, or BusyBox's on Alpine: they have the name in common, and little else."""
    if scene.now.system.distribution == "alpine":
        _busybox_adduser(asked, scene)
    elif scene.now.system.distribution in ("debian", "ubuntu"):
        _debian_adduser(asked, scene)
    else:
        _open(scene)


def groupadd(asked: Asked, scene: Scene) -> None:
    """Shadow's `groupadd`, and `addgroup` of Debian and BusyBox."""
    args = Arguments(asked.words, _GROUPADD)
    plain = args.plain
    name = plain[-1] if plain else None
    if name is None or args.vague:
        _open(scene)
        return
    if asked.program == "addgroup" and len(plain) > 1:
        return  # `addgroup user group`: he is in one more
    system = args.has("-r", "-S", "--system")
    scene.add_group(Group(name=name, gid=_gid(args.text("-g", "--gid"), scene, system=system), origin=scene.origin))


def usermod(asked: Asked, scene: Scene) -> None:
    """`usermod`: another number, group, home or shell of a user."""
    args = Arguments(asked.words, _USERMOD)
    name = args.plain[-1] if args.operands else None
    old = scene.now.accounts.user(name) if name else None
    if name is None or old is None or args.has("-l", "--login"):
        _open(scene)
        return
    uid, gid = args.text("-u", "--uid"), args.text("-g", "--gid")
    scene.add_user(
        Account(
            name=old.name,
            uid=old.uid if uid == "" else _digits(uid),
            gid=old.gid if gid == "" else owner_of("", gid, scene).gid,
            home=_given(args.text("-d", "--home"), old.home),
            shell=_given(args.text("-s", "--shell"), old.shell),
            origin=scene.origin,
        )
    )


def groupmod(asked: Asked, scene: Scene) -> None:
    """`groupmod -g number group`."""
    args = Arguments(asked.words, ("-g", "--gid", "-n", "--new-name"))
    name = args.plain[-1] if args.operands else None
    if name is None or args.has("-n", "--new-name"):
        _open(scene)
    elif args.has("-g", "--gid"):
        scene.add_group(Group(name=name, gid=_digits(args.text("-g", "--gid")), origin=scene.origin))


def userdel(asked: Asked, scene: Scene) -> None:
    """`userdel -r user`, `deluser user`."""
    args = Arguments(asked.words)
    name = args.plain[-1] if args.operands else None
    if name is None:
        return
    account = scene.now.accounts.user(name)
    if args.has("-r", "--remove", "--remove-home") and account and account.home:
        scene.remove(account.home)
    if len(args.operands) == 1:
        scene.remove_user(name)


def read_lines(path: str, text: str, scene: Scene) -> None:
    """Lines have been written behind `/etc/passwd` or `/etc/group` by hand (passwd(5), group(5))."""
    for line in text.splitlines():
        fields = line.split(":")
        if path == "/etc/passwd" and len(fields) == 7:
            uid, gid = _digits(fields[2]), _digits(fields[3])
            scene.add_user(
                Account(name=fields[0], uid=uid, gid=gid, home=fields[5], shell=fields[6], origin=scene.origin)
            )
        elif path == "/etc/group" and len(fields) == 4:
            scene.add_group(Group(name=fields[0], gid=_digits(fields[2]), origin=scene.origin))


def _busybox_adduser(asked: Asked, scene: Scene) -> None:
    args = Arguments(asked.words, _BUSYBOX_ADDUSER)
    if len(args.operands) > 1:
        return  # `adduser user group`: he is in one more
    name = _name(args, scene)
    if name is None:
        return
    system = args.has("-S")
    home = _given(args.text("-h"), f"/home/{name}")
    group = args.text("-G")
    if group == "" and system:
        group = "nogroup"
    shell = _given(args.text("-s"), "/sbin/nologin" if system else "/bin/sh")
    uid = _number(args.text("-u"), scene, system=system, upwards=True)
    _add(scene, name, uid, group, home=home, shell=shell, own_group=group == "")
    if not args.has("-H"):
        _make_home(scene, name, home)


def _debian_adduser(asked: Asked, scene: Scene) -> None:
    args = Arguments(asked.words, _ADDUSER)
    if len(args.operands) > 1 or (args.has("--group") and not args.has("--system")):
        if args.has("--group"):
            groupadd(asked, scene)
        return
    name = _name(args, scene)
    if name is None:
        return
    system = args.has("--system")
    home = _given(args.text("--home"), "/nonexistent" if system else f"/home/{name}")
    group = args.text("--ingroup") or args.text("--gid")
    if group == "" and system and not args.has("--group"):
        group = "nogroup"
    shell = _given(args.text("--shell"), "/usr/sbin/nologin" if system else "/bin/bash")
    uid = _number(args.text("--uid", "-u"), scene, system=system, upwards=True)
    _add(scene, name, uid, group, home=home, shell=shell, own_group=group == "")
    if not args.has("--no-create-home") and home != "/nonexistent":
        _make_home(scene, name, home)


def _add(
    scene: Scene, name: str, uid: int | None, group: str | None, *, home: str | None, shell: str | None, own_group: bool
) -> None:
    gid = owner_of("", group, scene).gid
    if own_group:
        taken = any(one.gid == uid for one in scene.now.accounts.groups.values())
        gid = uid if scene.now.accounts.closed and not taken else None
        if scene.now.accounts.has_group(name) != "present":
            scene.add_group(Group(name=name, gid=gid, origin=scene.origin))
    elif group == "":
        gid = 100  # GROUP of useradd's defaults: Debian's `users`
    scene.add_user(Account(name=name, uid=uid, gid=gid, home=home, shell=shell, origin=scene.origin))


def _make_home(scene: Scene, name: str, home: str | None) -> None:
    account = scene.now.accounts.user(name)
    scene.folder(home, mode=None, owner=Owner(account.uid, account.gid) if account else None)
    scene.grow(home)  # what is in /etc/skel


def _name(args: Arguments, scene: Scene) -> str | None:
    """The user's name; where it is not known, nobody knows who there is."""
    name = args.plain[-1] if args.operands else None
    if name is None:
        _open(scene)
    return name


def _open(scene: Scene) -> None:
    """Users and groups that nobody knows may have been added."""
    from msgspec.structs import replace

    scene.now = replace(scene.now, accounts=replace(scene.now.accounts, closed=False, origin=scene.origin))


def _number(text: str | None, scene: Scene, *, system: bool, upwards: bool = False) -> int | None:
    """The number that a user gets: the one that is said, else the next free one (useradd(8), adduser(8))."""
    accounts = scene.now.accounts
    taken = {one.uid for one in accounts.users.values()}
    if upwards:
        taken |= {one.gid for one in accounts.groups.values()}
    return _next(text, taken, accounts.closed, system=system, upwards=upwards)


def _gid(text: str | None, scene: Scene, *, system: bool) -> int | None:
    accounts = scene.now.accounts
    taken = {one.gid for one in accounts.groups.values()}
    upwards = scene.now.system.distribution == "alpine"
    return _next(text, taken, accounts.closed, system=system, upwards=upwards)


def _next(text: str | None, taken: Iterable[int | None], closed: bool, *, system: bool, upwards: bool) -> int | None:
    if text != "":
        return _digits(text)
    numbers = set(taken)
    if not closed or None in numbers:
        return None
    if not system:
        return max((one for one in numbers if one and FIRST_UID <= one < 60000), default=FIRST_UID - 1) + 1
    free = (one for one in range(_FIRST_SYSTEM_UID, _LAST_SYSTEM_UID + 1) if one not in numbers)
    return next(free, None) if upwards else max(free, default=None)


def _given(text: str | None, default: str | None) -> str | None:
    return default if text == "" else text


def _digits(text: str | None) -> int | None:
    return int(text) if text and re.fullmatch(r"[0-9]{1,10}", text) else None


def _addgroup(asked: Asked, scene: Scene) -> None:
    if scene.now.system.distribution in ("debian", "ubuntu"):
        args = Arguments(asked.words, ("--gid", "-g"))
        words = [word for word in asked.words if word.text != "--group"]
        groupadd(asked.but(words), scene) if not args.vague else _open(scene)
    else:
        groupadd(asked, scene)


def _more_members(_asked: Asked, _scene: Scene) -> None:
    """Who is in a group besides changes nothing that is asked for."""


EFFECTS: Mapping[str, Effect] = {
    "addgroup": _addgroup,
    "adduser": adduser,
    "chpasswd": _more_members,
    "deluser": userdel,
    "gpasswd": _more_members,
    "groupadd": groupadd,
    "groupmod": groupmod,
    "passwd": _more_members,
    "useradd": useradd,
    "userdel": userdel,
    "usermod": usermod,
}

"""A stage at one moment: its files, variables, users and packages, and what the image's configuration says."""

from collections.abc import Mapping
from typing import Literal

import msgspec

from lading.check.dockerfile.model import AnyInstruction
from lading.check.model.entry import Libc, Origin, Presence
from lading.check.model.files import Files

Manager = Literal["apt", "apk", "dnf", ""]

DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
"""What BuildKit and the runtimes use where an image sets no PATH
(https://github.com/moby/buildkit/blob/v0.23.0/util/system/path.go)."""
DEFAULT_SHELL = ("/bin/sh", "-c")


class Variables(msgspec.Struct, frozen=True):
    """Environment variables. A value of none is not known; `closed` says that no others are set."""

    values: Mapping[str, str | None] = {}
    closed: bool = True

    def get(self, name: str) -> str | None:
        """The value, empty where it is certainly not set; nothing where it is not known."""
        return self.values.get(name, "" if self.closed else None)

    def is_set(self, name: str) -> bool | None:
        """Whether it is set; nothing where that is not known."""
        return True if name in self.values else (False if self.closed else None)

    def but(self, values: Mapping[str, str | None]) -> "Variables":
        """The variables with others on top."""
        return Variables({**self.values, **values}, self.closed)


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """A user. What is none is not known."""

    name: str
    uid: int | None
    gid: int | None
    home: str | None = None
    shell: str | None = None
    origin: Origin


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """A group of users."""

    name: str
    gid: int | None
    origin: Origin


class Accounts(msgspec.Struct, frozen=True, kw_only=True):
    """Users and groups by name. `closed` says that there are no others; `origin` made it so."""

    users: Mapping[str, Account] = {}
    groups: Mapping[str, Group] = {}
    closed: bool
    origin: Origin

    def user(self, name: str) -> Account | None:
        """The user of a name, or of a number in digits, where it is known."""
        number = int(name) if _is_number(name) else None
        return self.users.get(name) or next(
            (one for one in self.users.values() if number is not None and one.uid == number), None
        )

    def group(self, name: str) -> Group | None:
        """The group of a name, or of a number in digits, where it is known."""
        number = int(name) if _is_number(name) else None
        return self.groups.get(name) or next(
            (one for one in self.groups.values() if number is not None and one.gid == number), None
        )

    def has_user(self, name: str) -> Presence:
        """Whether a name is a user's."""
        return "present" if name in self.users else ("absent" if self.closed else "unknown")

    def has_group(self, name: str) -> Presence:
        """Whether a name is a group's."""
        return "present" if name in self.groups else ("absent" if self.closed else "unknown")


class Package(msgspec.Struct, frozen=True, kw_only=True):
    """A package of the distribution. An empty version is not known. `asked` says that it was asked for by its name, so
    that it does not go with those that need it."""

    name: str
    version: str = ""
    origin: Origin
    asked: bool = False


class Packages(msgspec.Struct, frozen=True, kw_only=True):
    """Packages of the distribution by name; `closed` says that no others are installed. `lists` is whether the package
    manager's lists are there (`apt-get update`)."""

    manager: Manager | None
    installed: Mapping[str, Package] = {}
    closed: bool
    lists: Presence = "unknown"

    def has(self, name: str) -> Presence:
        """Whether a package is installed."""
        return "present" if name in self.installed else ("absent" if self.closed else "unknown")


class Launch(msgspec.Struct, frozen=True, kw_only=True):
    """A command that the configuration names. In shell form (`script` is there) `words` is the shell and the script,
    and the script keeps its variables; in exec form `words` are the words. `span`s are the origin's."""

    words: tuple[str, ...]
    script: str | None = None
    origin: Origin


class Config(msgspec.Struct, frozen=True, kw_only=True):
    """What an image's configuration says besides variables, user and folder. `health` is a command in the same form;
    `no_health` is `HEALTHCHECK NONE`. Values of labels are none where they are not known. `onbuild`
    runs in the stage that builds on this one. `known` is false for a base
    of which nothing is known: then what is empty may be set."""

    entrypoint: Launch | None = None
    cmd: Launch | None = None
    health: Launch | None = None
    no_health: bool = False
    ports: tuple[str, ...] = ()
    volumes: tuple[str, ...] = ()
    labels: Mapping[str, str | None] = {}
    stop_signal: str = ""
    onbuild: tuple[AnyInstruction, ...] = ()
    known: bool = True


class System(msgspec.Struct, frozen=True, kw_only=True):
    """What a base is made of: its distribution (`debian`, `alpine` …) and release (`trixie`, `3.22`), and the C library
    of its programs. Empty or none where it is not known. `machine` is the kernel's word for what it runs on."""

    distribution: str = ""
    release: str = ""
    libc: Libc | None = None
    machine: str = "x86_64"


class State(msgspec.Struct, frozen=True, kw_only=True):
    """A stage at one moment. `arguments` are the ARGs in scope, by name (none: not known). `user` is as USER says it
    (`app:app`, `1000`, empty for root), none where it is not known; `workdir` is absolute, none where it is not known.
    `shell` is what shell forms and RUN use."""

    system: System
    files: Files
    env: Variables
    arguments: Mapping[str, str | None]
    user: str | None
    workdir: str | None
    shell: tuple[str, ...]
    accounts: Accounts
    packages: Packages
    config: Config

    @property
    def path(self) -> str | None:
        """The folders that programs are looked up in; nothing where they are not known."""
        if self.env.is_set("PATH") is False:
            return DEFAULT_PATH
        return self.env.get("PATH")

    @property
    def is_root(self) -> bool | None:
        """Whether commands run as root; nothing where it is not known."""
        if self.user is None:
            return None
        name = self.user.partition(":")[0]
        if name in ("", "root", "0"):
            return True
        account = self.accounts.user(name)
        return account.uid == 0 if account is not None and account.uid is not None else (not name.isdigit() and None)


def _is_number(name: str) -> bool:
    return name.isascii() and name.isdigit()

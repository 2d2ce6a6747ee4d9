"""Every program whose doing is known."""

from collections.abc import Mapping

from lading.check.effects import accounts, apk, apt, fetch, files, go, project, search, texts
from lading.check.effects.asked import Asked
from lading.check.effects.effect import Effect
from lading.check.effects.node import managers
from lading.check.effects.python import managers as python_managers
from lading.check.effects.scripts import run_script
from lading.check.effects.surroundings import leave_traces
from lading.check.model.scene import Scene

_HARMLESS_NAMES = """
    : [ [[ alias apt-cache apt-mark arch awk base64 basename break builtin cal case cat cd chcon chpst cksum cmp
    column comm command continue cut date declare df diff dirname dirs dpkg-architecture dpkg-buildflags
    dpkg-deb dpkg-divert dpkg-query du echo egrep env exit expand expect export expr false fgrep fi file fold
    free getconf getent getopts gpg gpg-agent gpg1 gpgconf gpgv grep groups hash head hexdump hostname id ip
    jobs jq kill ldd less let local locale logger ls lsb_release lscpu lsof md5sum mktemp more nc netstat nl nm
    nologin nproc nslookup objdump od openssl paste pgrep ping pkill popd printenv printf ps pushd pwd read
    readelf readlink readonly realpath return rev scanelf seq set sha1sum sha224sum sha256sum sha384sum
    sha512sum shift shopt sleep sort ssh-keyscan stat strings sum sync tac tail test time timeout tr trap tree
    true tty type typeset ulimit umask unalias uname uniq unset wait wc whereis which whoami xmllint xxd yes yq
"""
HARMLESS = frozenset(_HARMLESS_NAMES.split())
"""Programs and words of the shell that change no file (what they write to is a redirection's matter)."""


def nothing(_asked: Asked, _scene: Scene) -> None:
    """No effect."""


def _tool(effect: Effect) -> Effect:
    """A tool that keeps caches and notes of its own, besides what it does."""

    def with_traces(asked: Asked, scene: Scene) -> None:
        effect(asked, scene)
        leave_traces(scene)

    return with_traces


def anything(asked: Asked, scene: Scene) -> None:
    """A program that nobody knows may have done anything, unless it is a script whose text is known."""
    if not run_script(asked, scene, scene.which(asked.called or asked.program), asked.words):
        scene.blur_all()


_TOOLS: Mapping[str, Effect] = {**go.EFFECTS, **managers.EFFECTS, **python_managers.EFFECTS}

EFFECTS: Mapping[str, Effect] = {
    **dict.fromkeys(HARMLESS, nothing),
    **files.EFFECTS,
    **accounts.EFFECTS,
    **texts.EFFECTS,
    **search.EFFECTS,
    **fetch.EFFECTS,
    **apt.EFFECTS,
    **apk.EFFECTS,
    **project.EFFECTS,
    **{name: _tool(effect) for name, effect in _TOOLS.items()},
}
"""What each program does, by its name without folders."""


def effect_of(asked: Asked) -> Effect:
    """What a program does; of one that is not known, anything."""
    return EFFECTS.get(python_managers.unversioned(asked.program), anything)

"""One spoilt image a rule: exactly that is found, and nothing else."""

import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from tests.support.elf import library
from tests.unit.prove.audit.samples import (
    LOADER,
    SERVER,
    image,
    messages,
    rules,
    told,
)
from tests.unit.prove.samples import Content, MemoryImage, Owned

from lading.errors import UsageError
from lading.finding import SEVERITIES
from lading.prove.audit import RULES, Expectations, Ignored, Linking, User

PAGES = Path(__file__).parents[4] / "docs" / "rules"
SCRIPT = Owned(b"#!/usr/bin/python3\nprint()\n", 0o755)
NET_BIND = {"security.capability": struct.pack("<IIIII", 0x02000001, 1 << 10, 0, 0, 0)}
PYTHON = {"usr/bin/python3.13": Owned(SERVER, 0o755)}
SITE = "app/.venv/lib/python3.13/site-packages"


def config(**fields: Any) -> MemoryImage:
    return image(config=fields)


def files(entries: Mapping[str, Content], **fields: Any) -> MemoryImage:
    return image(application=entries, config=fields)


def pyc(magic: int, flags: int, first: int, second: int) -> bytes:
    return struct.pack("<HHIII", magic, 0x0A0D, flags, first, second) + b"code"


def test_a_good_image_has_nothing_to_tell() -> None:
    result = told(image())
    assert result.findings == ()
    facts = result.facts
    assert facts.user == User(said="65532:65532", uid=65532, gid=65532)
    assert (facts.program, facts.health_program) == ("/app/server", "/app/server")
    assert (facts.base_layers, facts.base_known_by) == (1, "Lading's history")
    assert facts.linking == Linking(files=3, dynamic=1, needs=1, unmet=0)
    assert (facts.shells, facts.managers, facts.tools, facts.privileged, facts.development) == ((), (), (), (), ())
    assert (facts.wasted, facts.writable, facts.secrets) == (0, 0, 0)


SPOILT: Mapping[str, tuple[MemoryImage, tuple[str, str], str]] = {
    "no user": (config(User=""), ("error", "runs-as-root"), "names no user"),
    "root by name": (config(User="root"), ("error", "runs-as-root"), "'root'"),
    "root by number": (config(User="0:1000"), ("error", "runs-as-root"), "'0:1000'"),
    "a name that is not there": (config(User="web"), ("error", "account-not-in-image"), "'web'"),
    "a group that is not there": (config(User="1000:web"), ("error", "account-not-in-image"), "'1000:web'"),
    "a name": (config(User="app"), ("warning", "user-by-name"), "1000"),
    "no command": (
        config(Entrypoint=[], Cmd=[]),
        ("warning", "no-command"),
        "neither Entrypoint nor Cmd",
    ),
    "no such program": (config(Entrypoint=["/app/serve"]), ("error", "program-cannot-start"), "/app/serve is not in"),
    "not on the path": (config(Entrypoint=["server"]), ("error", "program-cannot-start"), "in no folder of PATH"),
    "not executable": (
        files({"app/start": Owned(SERVER, 0o644)}, Entrypoint=["/app/start"]),
        ("error", "program-cannot-start"),
        "not executable (0644)",
    ),
    "not for the user": (
        files({"app/start": Owned(SERVER, 0o700)}, Entrypoint=["./start"]),
        ("warning", "program-cannot-start"),
        "the image's user (65532) may not execute ./start (0700, owner 0)",
    ),
    "a script not for the user": (
        image(base={**PYTHON, "app/run": Owned(b"#!/usr/bin/python3.13\n", 0o711)}, config={"Entrypoint": ["./run"]}),
        ("error", "program-cannot-start"),
        "the image's user (65532) may not read ./run (0711, owner 0)",
    ),
    "behind a closed folder": (
        files({"app/own/": Owned(mode=0o750), "app/own/start": Owned(SERVER, 0o755)}, Entrypoint=["own/start"]),
        ("warning", "program-cannot-start"),
        "may not execute own/start",
    ),
    "without an interpreter": (
        files({"app/start": Owned(b"echo hello\n", 0o755)}, Cmd=None, Entrypoint=["/app/start"]),
        ("error", "program-cannot-start"),
        "neither a program nor a script",
    ),
    "shell form without a shell": (
        config(Entrypoint=["/bin/sh", "-c", "/app/server"]),
        ("error", "program-cannot-start"),
        "shell form, and /bin/sh is not in the image",
    ),
    "a script to read that is not there": (
        image(base=PYTHON, config={"Entrypoint": ["/usr/bin/python3.13", "main.py"]}),
        ("error", "program-cannot-start"),
        "python3.13 is to read /app/main.py",
    ),
    "a health check without its program": (
        config(Healthcheck={"Test": ["CMD", "curl", "-f", "http://127.0.0.1/"]}),
        ("error", "health-check-cannot-run"),
        "curl is in no folder of PATH",
    ),
    "a health check without a shell": (
        config(Healthcheck={"Test": ["CMD-SHELL", "exit 0"]}),
        ("error", "health-check-cannot-run"),
        "it is in shell form",
    ),
    "no health check": (config(Healthcheck=None), ("info", "no-health-check"), "no health check"),
    "a working directory that is not there": (
        config(WorkingDir="/srv"),
        ("warning", "working-directory"),
        "/srv is not in the image",
    ),
    "a working directory that is a file": (
        config(WorkingDir="/app/server"),
        ("error", "working-directory"),
        "/app/server is no folder",
    ),
    "a working directory for others": (
        files({"data/": Owned(mode=0o700)}, WorkingDir="/data"),
        ("warning", "working-directory"),
        "may not enter /data",
    ),
    "a search path that leads nowhere": (
        config(Env=["PATH=/app/.venv/bin:/usr/local/bin:/usr/bin"]),
        ("info", "path-entry-missing"),
        "/app/.venv/bin",
    ),
    "set-user-ID": (
        files({"usr/bin/su": Owned(SERVER, 0o4755)}),
        ("warning", "set-user-id"),
        "/usr/bin/su runs as user 0, whoever starts it (4755) (the team's)",
    ),
    "set-group-ID": (image(base={"usr/bin/wall": Owned(SERVER, 0o2755, gid=5)}), ("warning", "set-user-id"), "group 5"),
    "capabilities": (
        files({"usr/bin/ping": Owned(SERVER, 0o755, xattrs=NET_BIND)}),
        ("warning", "file-capabilities"),
        "/usr/bin/ping gains cap_net_bind_service",
    ),
    "a file for all": (files({"app/x": Owned(b"1", 0o666)}), ("warning", "world-writable"), "0666"),
    "a folder for all": (files({"data/": Owned(mode=0o777)}), ("warning", "world-writable"), "folder /data"),
    "files of one's own": (
        files({"app/main": Owned(b"1", 0o644, uid=65532)}),
        ("info", "writable-by-its-user"),
        "(65532) may change 1 of its files: /app/main",
    ),
    "a shell": (image(base={"usr/bin/dash": Owned(SERVER, 0o755)}), ("warning", "shell-in-image"), "the base"),
    "a package manager": (
        files({"usr/bin/pip3.13": Owned(SERVER, 0o755)}),
        ("warning", "package-manager-in-image"),
        "/usr/bin/pip3.13 (1 of them the team's own)",
    ),
    "a compiler": (
        files({"usr/bin/x86_64-linux-gnu-gcc-14": Owned(SERVER, 0o755)}),
        ("warning", "build-tool-in-image"),
        "gcc-14",
    ),
    "headers": (files({"usr/include/stdio.h": b"int"}), ("info", "build-tool-in-image"), "headers"),
    "a test runner": (
        files({f"{SITE}/pytest-8.4.0.dist-info/RECORD": b"pytest/__init__.py,,\n", f"{SITE}/pytest/__init__.py": b"1"}),
        ("warning", "development-dependency"),
        "pytest",
    ),
    "a script without its Python": (
        files({"app/bin/tool": SCRIPT}),
        ("warning", "script-without-interpreter"),
        "/usr/bin/python3 is not in the image; it is asked for by /app/bin/tool",
    ),
    "a script with Windows line ends": (
        image(base={**PYTHON, "app/bin/tool": Owned(b"#!/usr/bin/python3.13\r\n", 0o755)}),
        ("info", "script-without-interpreter"),
        "carriage return",
    ),
    "a script of a package of Node": (
        files({"app/node_modules/x/bin/x": Owned(b"#!/usr/bin/env node\n", 0o755)}),
        ("info", "script-without-interpreter"),
        "/usr/bin/env is not in the image",
    ),
    "a script that asks env": (
        files({"usr/bin/env": Owned(SERVER, 0o755), "app/bin/tool": Owned(b"#!/usr/bin/env -S node --x\n", 0o755)}),
        ("warning", "script-without-interpreter"),
        "node is in no folder of PATH",
    ),
    "no loader": (
        files({"app/tool": Owned(library(interpreter="/lib/ld-linux-aarch64.so.1"), 0o755)}),
        ("error", "loader-not-in-image"),
        "/app/tool is started by /lib/ld-linux-aarch64.so.1",
    ),
    "no library": (
        files({"app/server": Owned(library(("libpq.so.5", "libc.so.6"), interpreter=LOADER), 0o755)}),
        ("error", "library-not-in-image"),
        "libpq.so.5 is not in the image, and is needed by 1 file: /app/server",
    ),
    "no library of the base's": (
        image(base={"usr/lib/x86_64-linux-gnu/libx.so.1": Owned(library(("liby.so.1",)), 0o644)}),
        ("warning", "library-not-in-image"),
        "liby.so.1",
    ),
    "a library elsewhere": (
        files({"app/x.so": library(("liby.so",)), "app/lib/liby.so": library()}),
        ("warning", "library-not-found"),
        "/app/lib/liby.so is where the loader does not look",
    ),
    "an older library": (
        files({"app/x.so": library(("libc.so.6",), versions={"libc.so.6": ("GLIBC_2.38", "GLIBC_2.34", "?G_9")})}),
        ("error", "symbol-version-missing"),
        "/app/x.so needs GLIBC_2.38 of libc.so.6",
    ),
    "another processor": (
        files({"app/x.so": library(machine=183)}),
        ("warning", "wrong-architecture"),
        "for aarch64 in an image for x86_64: /app/x.so",
    ),
    "a program for another processor": (
        files({"app/start": Owned(library(machine=183), 0o755)}, Cmd=[], Entrypoint=["/app/start"]),
        ("error", "program-cannot-start"),
        "it is for aarch64, and the image for x86_64",
    ),
    "musl": (
        files({"app/x.so": library(("libc.musl-x86_64.so.1",))}),
        ("error", "other-c-library"),
        "linked with musl in an image that has glibc",
    ),
    "packages of another Python": (
        image({"app/.venv/lib/python3.12/site-packages/x.txt": b"1"}, base=PYTHON),
        ("error", "packages-of-another-python"),
        "is for Python 3.12, and the image has Python 3.13",
    ),
    "an extension of another Python": (
        image({f"{SITE}/x.cpython-312-x86_64-linux-gnu.so": library()}, base=PYTHON),
        ("warning", "extension-of-another-python"),
        "not for Python 3.13",
    ),
    "no bytecode": (
        image({f"{SITE}/x.py": b"1"}, base=PYTHON),
        ("info", "bytecode-missing"),
        "1 module without bytecode",
    ),
    "bytecode that is too old": (
        image({f"{SITE}/x.py": b"1", f"{SITE}/__pycache__/x.cpython-313.pyc": pyc(3571, 0, 7, 1)}, base=PYTHON),
        ("warning", "bytecode-out-of-date"),
        "out of date",
    ),
    "bytecode of another source": (
        image({f"{SITE}/x.py": b"1", f"{SITE}/__pycache__/x.cpython-313.pyc": pyc(3571, 1, 7, 1)}, base=PYTHON),
        ("warning", "bytecode-out-of-date"),
        "another source, and runs as it is",
    ),
    "bytecode of another Python": (
        image({"app/__pycache__/x.cpython-312.pyc": pyc(3531, 0, 0, 0)}, base=PYTHON),
        ("info", "bytecode-of-another-python"),
        "for another Python than 3.13",
    ),
    "apt's lists": (
        files({"var/lib/apt/lists/deb_dists_trixie_Release": b"1" * 200_000}),
        ("warning", "cache-in-image"),
        "apt's lists: 1 file, 200.0 kB",
    ),
    "a little of a cache": (files({"root/.cache/pip/http/1": b"1"}), ("info", "cache-in-image"), "pip's cache"),
    "a repository": (files({"app/.git/HEAD": b"ref"}), ("warning", "leftover-in-image"), "a git repository"),
    "local settings": (files({"app/.env": b"DEBUG=1"}), ("warning", "leftover-in-image"), "local settings"),
    "static libraries": (files({"usr/lib/libx.a": b"1"}), ("info", "superfluous-files"), "static libraries"),
    "waste": (
        image({"app/.wh.big": b""}, application={"app/big": b"1" * 1_500_000}),
        ("warning", "wasted-bytes"),
        "1.5 MB in 1 file of other layers are hidden by the layer “more 1” (the team's)",
    ),
    "a little waste": (image({"app/server": Owned(SERVER, 0o755)}), ("info", "wasted-bytes"), "/app/server"),
    "no labels": (config(Labels=None), ("info", "label-missing"), "org.opencontainers.image.source"),
    "times of the build": (
        files({"app/x": Owned(b"1", mtime=1_700_000_000)}),
        ("info", "time-of-build"),
        "times up to 2023-11-14",
    ),
    "a secret": (
        files({"app/.netrc": b"machine packages.example login ci password kR7wq2Lx"}),
        ("error", "secret-in-layer"),
        "a password of .netrc in /app/.netrc (the team's)",
    ),
    "a secret in the configuration": (
        config(Env=["DATABASE_URL=postgres://app:kR7wq2Lx@db.example/app"]),
        ("error", "secret-in-configuration"),
        "a password in an address in Env",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SPOILT)
def test_what_is_wrong_is_found_and_nothing_else(name: str) -> None:
    spoilt, finding, message = SPOILT[name]
    assert rules(spoilt) == [finding]
    assert message in messages(spoilt, finding[1])[0]


def test_over_budget() -> None:
    size = told(image()).facts.size.unpacked
    assert rules(image(), Expectations(budget=size)) == []
    assert rules(image(), Expectations(budget=size - 1)) == [("error", "over-budget")]


def test_a_time_that_was_asked_for_is_kept() -> None:
    young = files({"app/x": Owned(b"1", mtime=1_700_000_000)})
    assert rules(young, Expectations(epoch=1_600_000_000)) == [("info", "time-of-build")]
    assert rules(young, Expectations(epoch=1_700_000_000)) == []


def test_a_service_that_listens_is_to_have_a_health_check() -> None:
    assert rules(config(Healthcheck=None), Expectations(health=True)) == [("warning", "no-health-check")]


def test_every_rule_is_seen_here_once() -> None:
    seen = {rule for _, (_, rule), _ in SPOILT.values()} | {"over-budget"}
    assert seen == {rule.id for rule in RULES}


def test_every_rule_has_a_page_that_says_what_it_is() -> None:
    for rule in RULES:
        page = (PAGES / f"{rule.id}.md").read_text()
        assert page.startswith(f"# {rule.id}: {rule.title}\n"), rule.id
        assert f"Severity: {rule.severity}" in page, rule.id


def test_the_worst_comes_first_and_what_does_not_count_is_kept_apart() -> None:
    ignoring = (
        Ignored(rule="set-user-id", reason="ping needs it", paths=("usr/bin/*",)),
        Ignored(rule="runs-as-root", reason="it is a tool"),
    )
    spoilt = files(
        {"usr/bin/ping": Owned(SERVER, 0o4755), "opt/bin/su": Owned(SERVER, 0o4755), "usr/lib/x.a": b"1"},
        User="",
        Entrypoint=["/app/none"],
    )
    result = told(spoilt, Expectations(ignore=ignoring))
    assert [one.rule for one in result.findings] == ["program-cannot-start", "set-user-id", "superfluous-files"]
    assert [(one.finding.rule, one.reason) for one in result.accepted] == [
        ("runs-as-root", "it is a tool"),
        ("set-user-id", "ping needs it"),
    ]
    order = [SEVERITIES.index(one.severity) for one in result.findings]
    assert order == sorted(order)


def test_root_may_do_everything() -> None:
    closed = files(
        {"app/own/": Owned(mode=0o700), "app/own/start": Owned(SERVER, 0o100)}, User="", Entrypoint=["own/start"]
    )
    assert rules(closed) == [("error", "runs-as-root")]


def test_a_group_that_the_account_is_in_counts() -> None:
    of_staff = files({"app/start": Owned(SERVER, 0o750, gid=50)}, User="1000:1000", Entrypoint=["./start"])
    assert rules(of_staff) == []


def test_programs_are_found_as_a_container_finds_them() -> None:
    entries: Mapping[str, Content] = {"opt/tools/": Owned(mode=0o755), "opt/tools/serve": "-> ../../app/server"}
    found = files(entries, Env=["PATH=/app:/opt/tools"], Entrypoint=["serve"])
    assert told(found).facts.program == "/app/server"
    loop = files({"app/a": "-> b", "app/b": "-> a"}, Entrypoint=["./a"])
    assert rules(loop) == [("error", "program-cannot-start")]
    out = files({"app/out": "-> ../../../../app/server"}, Entrypoint=["./out"])
    assert told(out).facts.program == "/app/server"


def test_what_belongs_to_whom_is_told_for_named_bases_only_where_they_are_the_base() -> None:
    good = image()
    first = good.layers[0].diff_id
    assert told(good, Expectations(base=(first,))).facts.base_known_by == "the base that was named"
    with pytest.raises(UsageError, match="does not stand on this base"):
        told(good, Expectations(base=(good.layers[1].diff_id,)))


def test_only_images_for_linux_are_looked_into() -> None:
    foreign = image()
    foreign.config = foreign.config.replace(b'"linux"', b'"windows"')
    with pytest.raises(UsageError, match="an image for windows"):
        told(foreign)

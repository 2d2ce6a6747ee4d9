"""What is in the images, and what is not: read from the files that real tools unpacked, and asked inside of Docker."""

import hashlib
import json
import random
import re
from collections.abc import Callable, Mapping
from email.errors import MessageDefect
from email.parser import HeaderParser
from pathlib import PurePosixPath

import pytest
from tests.engine.conftest import Program
from tests.engine.elf import Closure
from tests.engine.rootfs import Rootfs

from lading.assemble.debian_files import is_compiled
from lading.assemble.python.bytecode import Compiler, Interpreter

Tools = Callable[[str], Program]
IMAGES = ("distroless/amd64", "distroless/arm64", "slim/amd64")
BINARIES = ("/usr/bin", "/usr/sbin", "/usr/local/bin", "/usr/local/sbin", "/app/.venv/bin", "/usr/games", "/opt")
LIBRARY = "/usr/lib/python3.13"
SITE = "/app/.venv/lib/python3.13/site-packages"
STATUS = "/var/lib/dpkg/status.d"

SHELLS = {"sh", "bash", "dash", "ash", "zsh", "ksh", "busybox", "toybox"}
NOWHERE = {
    *("apt", "apt-get", "aptitude", "dpkg", "dpkg-deb", "apk", "rpm", "yum", "dnf"),
    *("pip", "pip3", "uv", "uvx", "poetry", "pipenv", "conda", "ensurepip"),
    *("cc", "gcc", "c++", "g++", "clang", "cpp", "ld", "as", "make", "cmake", "rustc", "cargo", "go", "node", "npm"),
    *("perl", "curl", "wget", "git", "ssh", "gdb", "strace"),
    *("su", "sudo", "passwd", "mount", "umount", "newgrp", "chsh", "login"),
}


@pytest.fixture(params=IMAGES)
def image(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def root(image: str, unpacked: Mapping[str, Rootfs]) -> Rootfs:
    return unpacked[image]


def programs(root: Rootfs) -> set[str]:
    """The names of everything in the folders of programs and everything executable."""
    listed = {path for path in root.entries if str(PurePosixPath(path).parent) in BINARIES}
    executable = {path for path in root.files if root.at(path).stat().st_mode & 0o111}
    return {PurePosixPath(path).name for path in listed | executable}


def test_no_program_is_there_that_a_service_does_not_need(image: str, root: Rootfs) -> None:
    unwanted = NOWHERE if image.startswith("slim") else NOWHERE | SHELLS
    assert {
        name for name in programs(root) if re.sub(r"[-.]?[\d.]+$", "", name) in unwanted or name in unwanted
    } == set()
    for folder in (LIBRARY, f"{LIBRARY}/dist-packages", "/usr/lib/python3/dist-packages", SITE):
        for name in ("pip", "uv", "setuptools", "wheel", "ensurepip", "_distutils_hack"):
            assert not root.exists(f"{folder}/{name}"), f"{folder}/{name}"


def test_distroless_has_one_program(unpacked: Mapping[str, Rootfs]) -> None:
    root = unpacked["distroless/amd64"]
    outside = {path for path in root.entries if str(PurePosixPath(path).parent) in ("/usr/bin", "/usr/sbin")}
    assert outside == {"/usr/bin/python3", "/usr/bin/python3.13"}


def test_everything_belongs_to_root_and_nobody_else_writes(root: Rootfs) -> None:
    for path in root.entries:
        about = root.at(path).lstat()
        assert (about.st_uid, about.st_gid) == (0, 0), path
        if root.at(path).is_symlink():
            continue
        assert not about.st_mode & 0o6000, f"{path} is setuid or setgid"
        if about.st_mode & 0o022:
            assert root.at(path).is_dir(), f"{path} can be written by others"
            assert about.st_mode & 0o7777 == 0o1777, f"{path} can be written by others and is not sticky"


def test_every_file_can_be_read_by_the_service(root: Rootfs) -> None:
    closed = [path for path in root.files if root.at(path).stat().st_mode & 0o004 == 0]
    assert closed == []


def test_no_device_socket_or_pipe(root: Rootfs) -> None:
    for path in root.entries:
        at = root.at(path)
        assert at.is_symlink() or at.is_dir() or at.is_file(), path


def test_no_link_dangles_or_leads_outside(root: Rootfs) -> None:
    links = [path for path in root.entries if root.at(path).is_symlink()]
    assert links
    assert [f"{path} -> {root.at(path).readlink()}" for path in links if not root.exists(path)] == []


DEAD_WEIGHT = re.compile(
    r"/usr/share/(man|info|locale|lintian|bug|doc-base|bash-completion|i18n|ca-certificates|gcc|gdb)(/|$)"
    r"|/usr/share/doc/[^/]+/(?!copyright$)"
    r"|/usr/include(/|$)|/usr/lib/[^/]+/(pkgconfig|gconv)(/|$)|/usr/lib/systemd|/etc/(cron|init|apt|logrotate)"
    rf"|{LIBRARY}/(test|idlelib|turtledemo|tkinter|ensurepip|lib2to3|pydoc_data|turtle\.py|config-)"
    rf"|{LIBRARY}/(.*/)?tests?(/|$)|{LIBRARY}/lib-dynload/(_test|xx)"
    r"|.*\.(a|la|o)$|/var/cache/.+|/var/lib/apt(/|$)|/var/log/.+|/root/.+|/tmp/.+|/var/tmp/.+|/run/.+"
    r"|.*/\.(git|venv/\.gitignore|pytest_cache|mypy_cache|ruff_cache|env)(/|$)|/app/(tests|uv\.lock|lading\.)"
)


def test_nothing_idle_ships(root: Rootfs) -> None:
    assert [path for path in root.entries if DEAD_WEIGHT.match(path)] == []


def test_licences_travel_with_the_packages(image: str, root: Rootfs) -> None:
    packages = set(stanzas(image, root))
    assert {name for name in packages if not root.exists(f"/usr/share/doc/{name}/copyright")} == set()


def test_every_elf_file_finds_its_libraries(image: str, root: Rootfs) -> None:
    closure = Closure(root, image.partition("/")[2])
    assert len(closure.files) > 60
    assert list(closure.problems()) == []


def test_no_library_is_there_for_nothing(image: str, unpacked: Mapping[str, Rootfs]) -> None:
    """What only those of Python's extensions need that do not ship."""
    root = unpacked[image]
    closure = Closure(root, image.partition("/")[2])
    needed = {name for elf in closure.files.values() for name in elf.needed}
    shipped = {PurePosixPath(path).name for path in root.entries}
    assert shipped & {"libdb-5.3.so", "libncursesw.so.6", "libreadline.so.8", "libtinfo.so.6"} <= needed


def test_every_script_finds_its_interpreter(root: Rootfs) -> None:
    programs = (path for path in root.files if root.at(path).stat().st_mode & 0o111)
    first = {path: root.read(path)[:200].partition(b"\n")[0].decode(errors="replace") for path in programs}
    scripts = {path: line for path, line in first.items() if line.startswith("#!")}
    assert "/app/.venv/bin/uvicorn" in scripts
    assert {path: line for path, line in scripts.items() if not root.exists(line[2:].split()[0])} == {}


# The package database


def stanzas(image: str, root: Rootfs) -> dict[str, Mapping[str, str]]:
    """The packages as a scanner reads them: paragraphs in the syntax of mail headers (deb-control(5))."""
    if image.startswith("slim"):
        texts = root.read("/var/lib/dpkg/status").decode().split("\n\n")
    else:
        names = [path for path in root.files if path.startswith(f"{STATUS}/") and not path.endswith(".md5sums")]
        texts = [root.read(path).decode() for path in names]
    found: dict[str, Mapping[str, str]] = {}
    for text in texts:
        message = HeaderParser().parsestr(text)
        defects: list[MessageDefect] = message.defects
        assert not defects, defects
        assert message.get_payload() == "", f"an empty line inside of {text[:80]}"
        found[message["Package"]] = dict(message)
    return found


def test_scanners_find_the_packages(image: str, root: Rootfs) -> None:
    packages = stanzas(image, root)
    assert {"libc6", "libssl3t64", "python3.13-minimal", "zlib1g", "ca-certificates"} <= packages.keys()
    for name, fields in packages.items():
        assert re.fullmatch(r"(\d+:)?[0-9A-Za-z.+~-]+", fields["Version"]), name
        assert fields["Architecture"] in (image.partition("/")[2], "all"), name
        assert fields["Maintainer"], name
        if image.startswith("distroless"):
            assert root.exists(f"{STATUS}/{name}"), "a scanner names the package for its file"
    release = dict(line.split("=", 1) for line in root.read("/etc/os-release").decode().splitlines() if "=" in line)
    assert (release["ID"], release["VERSION_ID"]) == ("debian", '"13"')


def test_the_sums_are_those_of_the_files_that_ship(root: Rootfs) -> None:
    checked = 0
    for path in root.files:
        if path.startswith("/var/lib/dpkg/") and path.endswith(".md5sums"):
            for line in root.read(path).decode().splitlines():
                digest, name = line.split("  ", 1)
                assert hashlib.md5(root.read(f"/{name}"), usedforsecurity=False).hexdigest() == digest, name
                checked += 1
    assert checked > 500


def test_dpkg_itself_verifies_slim(unpacked: Mapping[str, Rootfs], tool: Tools) -> None:
    root = unpacked["slim/amd64"]
    admin = root.at("/var/lib/dpkg")
    listed = tool("dpkg-query")(f"--admindir={admin}", "--show", "--showformat=${Package} ${db:Status-Abbrev}\n")
    rows = dict(line.split(" ", 1) for line in listed.splitlines())
    assert {"coreutils", "dash", "python3.13-minimal"} <= rows.keys()
    assert {state.strip() for state in rows.values()} == {"ii"}
    assert "coreutils" in tool("dpkg-query")(f"--admindir={admin}", "--search", "/usr/bin/ls")


# What the image's own Python says, asked in Docker

COMPILED = """
import _imp, importlib.util, json, os, sys
missing, wrong, count = [], [], 0
for top in ("/usr/lib/python3.13", "/app"):
    for folder, _, names in os.walk(top):
        for name in names:
            if not name.endswith(".py") or os.path.islink(os.path.join(folder, name)): continue
            source = open(os.path.join(folder, name), "rb").read()
            compiled = importlib.util.cache_from_source(os.path.join(folder, name))
            try: data = open(compiled, "rb").read()
            except FileNotFoundError:
                try: compile(source, name, "exec", dont_inherit=True)
                except (SyntaxError, ValueError): continue
                missing.append(os.path.join(folder, name)); continue
            count += 1
            digest = _imp.source_hash(importlib.util._RAW_MAGIC_NUMBER, source)
            if data[:16] != importlib.util.MAGIC_NUMBER + (1).to_bytes(4, "little") + digest: wrong.append(compiled)
print(json.dumps({"missing": missing, "wrong": wrong, "count": count}))
"""


def inside(docker: Program, name: str, code: str, *flags: str) -> str:
    """Run Python in a container of its own, as the image's user."""
    return docker("run", "--rm", "--network=none", "--read-only", *flags, name, "-c", code)


def test_all_bytecode_is_there_and_is_never_checked_again(in_docker: str, docker: Program) -> None:
    told = json.loads(inside(docker, in_docker, COMPILED))
    assert [path for path in told["missing"] if is_compiled(path.lstrip("/"))] == []
    assert told["wrong"] == []
    assert told["count"] > 1000


def test_bytecode_is_the_same_for_both_architectures(unpacked: Mapping[str, Rootfs]) -> None:
    amd64, arm64 = unpacked["distroless/amd64"], unpacked["distroless/arm64"]
    compared = [path for path in compiled(amd64) if arm64.exists(path) and same_source(path, amd64, arm64)]
    assert len(compared) > 1000
    assert [path for path in compared if amd64.read(path) != arm64.read(path)] == []


def compiled(root: Rootfs) -> list[str]:
    return [path for path in root.files if path.endswith(".pyc")]


def source_of(path: str) -> str:
    """The module of a .pyc (PEP 3147)."""
    return re.sub(r"__pycache__/(.*)\.cpython-313\.pyc$", r"\1.py", path)


def same_source(path: str, one: Rootfs, other: Rootfs) -> bool:
    return other.exists(source_of(path)) and one.read(source_of(path)) == other.read(source_of(path))


def test_bytecode_does_not_depend_on_what_was_compiled_before(unpacked: Mapping[str, Rootfs]) -> None:
    root = unpacked["distroless/amd64"]
    libraries = root.at("/usr/lib/x86_64-linux-gnu")
    interpreter = Interpreter(
        identity="the image's",
        tag="cpython-313",
        command=(
            *(str(libraries / "ld-linux-x86-64.so.2"), "--library-path", str(libraries)),
            str(root.at("/usr/bin/python3.13")),
        ),
        environment={"PYTHONHOME": str(root.at("/usr")), "PYTHONHASHSEED": "0"},
    )
    packages = tuple(f"{SITE}/{name}/" for name in ("aiohttp", "azure", "fastapi", "httpx", "pydantic"))
    sources = {path: root.read(path) for path in root.files if path.endswith(".py") and path.startswith(packages)}
    assert len(sources) > 300

    def compile_all(order: list[str]) -> dict[str, bytes]:
        with Compiler(identity="", tag="", ready=lambda: interpreter, processes=1) as pool:
            return {path: pool.submit(sources[path], path).result() for path in order}

    expected = {path: root.read(cache_of(path)) for path in sources}
    for seed in range(3):
        order = sorted(sources)
        random.Random(seed).shuffle(order)
        got = compile_all(order)
        assert [path for path in sources if got[path] != expected[path]] == []


def cache_of(path: str) -> str:
    folder, _, name = path.rpartition("/")
    return f"{folder}/__pycache__/{name.removesuffix('.py')}.cpython-313.pyc"


def test_authorities_are_found_without_any_variable(in_docker: str, docker: Program) -> None:
    code = "import ssl; print(len(ssl.create_default_context().get_ca_certs()))"
    assert int(inside(docker, in_docker, code)) > 100
    bare = docker(
        *("run", "--rm", "--network=none", "--entrypoint", "/usr/bin/python3.13", in_docker, "-I", "-S", "-c"),
        f"import os; os.environ.clear(); {code}",
    )
    assert int(bare) > 100


def test_time_zones_and_accounts(in_docker: str, docker: Program) -> None:
    code = (
        "import datetime as d, grp, os, pwd, time, zoneinfo;"
        "summer = d.datetime(2026, 7, 1, tzinfo=zoneinfo.ZoneInfo('Europe/Amsterdam'));"
        "me = pwd.getpwuid(os.getuid());"
        "us = grp.getgrgid(os.getgid());"
        "print(summer.utcoffset(), time.tzname[0], me.pw_uid, me.pw_gid, us.gr_name == me.pw_name,"
        " pwd.getpwuid(0).pw_name, me.pw_shell, os.path.isdir(me.pw_dir))"
    )
    assert inside(docker, in_docker, code).split() == [
        *("2:00:00", "UTC", "1000", "1000", "True", "root", "/usr/sbin/nologin", "True")
    ]  # fmt: skip


def test_names_are_looked_up_in_files(in_docker: str, docker: Program) -> None:
    code = "import socket; print(socket.gethostbyname('twelve.example'), socket.getservbyname('https'))"
    assert inside(docker, in_docker, code, "--add-host", "twelve.example:127.0.0.12").split() == ["127.0.0.12", "443"]

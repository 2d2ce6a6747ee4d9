import pytest

from lading.assemble.debian_files import is_compiled, ships


@pytest.mark.parametrize(
    "path",
    [
        "usr/share/doc/libstdc++6",  # the link of a package that shares another one's licence
        "usr/share/doc/zlib1g/copyright",
        "usr/lib/python3.13/dbm/sqlite3.py",
        "usr/lib/python3.13/lib-dynload/_sqlite3.cpython-313-x86_64-linux-gnu.so",
        "usr/lib/python3.13/unittest/case.py",
        "usr/sbin/nologin",
        "var/cache",
    ],
)
def test_what_images_need_ships(path: str) -> None:
    assert ships(path)


@pytest.mark.parametrize(
    "path",
    [
        "usr/share/doc/zlib1g/changelog.Debian.gz",
        "usr/share/doc/ca-certificates/examples/local/debian/copyright",
        "usr/sbin/update-ca-certificates",
        "usr/bin/ldd",
        "usr/bin/tzselect",
        "etc/rmt",
        "var/cache/ldconfig",
        "usr/lib/python3.13/curses/panel.py",
        "usr/lib/python3.13/lib-dynload/_curses.cpython-313-x86_64-linux-gnu.so",
        "usr/lib/python3.11/lib-dynload/nis.cpython-311-x86_64-linux-gnu.so",
        "usr/lib/python3.13/lib-dynload/xxsubtype.cpython-313-x86_64-linux-gnu.so",
    ],
)
def test_what_no_service_uses_does_not(path: str) -> None:
    assert not ships(path)


@pytest.mark.parametrize(
    "module",
    ["codecs", "traceback", "tracemalloc", "asyncio/tasks", "email/message", "encodings/utf_8", "encodings/idna",
     "encodings/cp437", "encodings/iso8859_1", "encodings/iso8859_15", "encodings/charmap", "_pylong", "_strptime",
     "logging/config", "multiprocessing/spawn", "webbrowser", "unittest/mock", "smtplib", "cmath", "profiling"],
)  # fmt: skip
def test_what_services_import_has_bytecode(module: str) -> None:
    assert is_compiled(f"usr/lib/python3.13/{module}.py")


@pytest.mark.parametrize(
    "module",
    ["pdb", "trace", "code", "_pyrepl/reader", "_pydecimal", "venv/__init__", "wsgiref/handlers", "encodings/cp1250",
     "encodings/iso8859_2", "encodings/mac_roman", "encodings/hex_codec", "mailbox"],
)  # fmt: skip
def test_what_no_service_imports_has_none(module: str) -> None:
    assert not is_compiled(f"usr/lib/python3.11/{module}.py")
    assert is_compiled(f"usr/share/{module}.py"), "only Python's own"

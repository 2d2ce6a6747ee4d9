import pytest

from lading.errors import VerificationFailed
from lading.prove import packages
from lading.prove.packages import Owner, Owners

SITE = "app/.venv/lib/python3.13/site-packages"


def learned(**files: bytes) -> Owners:
    owners = Owners()
    for path, data in files.items():
        owners.read(path, len(data), [data])
    return owners


def test_distroless_packages() -> None:
    owners = learned(
        **{
            "var/lib/dpkg/status.d/libc6": b"Package: libc6\nStatus: install ok installed\nVersion: 2.41-12\n",
            "var/lib/dpkg/status.d/libc6.md5sums": b"0" * 32 + b"  lib/x86_64-linux-gnu/libc.so.6\n",
        }
    )
    libc = Owner("debian", "libc6", "2.41-12")
    assert owners.of("usr/lib/x86_64-linux-gnu/libc.so.6") == libc
    assert owners.of("lib/x86_64-linux-gnu/libc.so.6") == libc
    assert owners.of("var/lib/dpkg/status.d/libc6") == libc
    assert owners.of("var/lib/dpkg/status.d/libc6.md5sums") == libc
    assert owners.of("etc/passwd") is None


def test_packages_of_dpkg() -> None:
    owners = learned(
        **{
            "var/lib/dpkg/info/libc6:amd64.list": b"/.\n/lib\n/lib/libc.so.6\n",
            "var/lib/dpkg/info/python3.13-minimal.list": b"/usr/bin/python3.13\n",
            "var/lib/dpkg/status": b"Package: libc6\nVersion: 1\n\nPackage: python3.13-minimal\nVersion: 3.13.5-2\n",
        }
    )
    assert owners.of("usr/lib/libc.so.6") == Owner("debian", "libc6", "1")
    assert owners.of("usr/bin/python3.13") == Owner("debian", "python3.13-minimal", "3.13.5-2")
    assert owners.of("var/lib/dpkg/info/libc6:amd64.shlibs") == Owner("debian", "libc6", "1")
    assert owners.of("var/lib/dpkg/info/python3.13-minimal.md5sums") == Owner(
        "debian", "python3.13-minimal", "3.13.5-2"
    )


def test_python_distributions() -> None:
    record = b'uvicorn/__init__.py,sha256=x,10\n"uvicorn/odd, name.py",,\n../../../bin/uvicorn,,\n/etc/uvicorn.conf,,\n'
    owners = learned(**{f"{SITE}/Uv_icorn-0.35.0.dist-info/RECORD": record})
    uvicorn = Owner("python", "uv-icorn", "0.35.0")
    assert owners.of(f"{SITE}/uvicorn/__init__.py") == uvicorn
    assert owners.of(f"{SITE}/uvicorn/odd, name.py") == uvicorn
    assert owners.of("app/.venv/bin/uvicorn") == uvicorn
    assert owners.of("etc/uvicorn.conf") == uvicorn
    assert owners.of(f"{SITE}/other.py") is None


def test_bytecode_belongs_where_its_source_does() -> None:
    owners = learned(**{f"{SITE}/a-1.dist-info/RECORD": b"a/b.py,,\nsingle.py,,\n"})
    assert owners.of(f"{SITE}/a/__pycache__/b.cpython-313.pyc") == Owner("python", "a", "1")
    assert owners.of(f"{SITE}/a/__pycache__/b.cpython-313.opt-2.pyc") == Owner("python", "a", "1")
    assert owners.of(f"{SITE}/__pycache__/single.cpython-313.pyc") == Owner("python", "a", "1")
    assert owners.of(f"{SITE}/__pycache__/nobody.cpython-313.pyc") is None


def test_a_record_cannot_claim_more_than_the_image() -> None:
    owners = learned(**{f"{SITE}/a-1.dist-info/RECORD": b"../../../../../../../../etc/passwd,,\n"})
    assert owners.of("etc/passwd") == Owner("python", "a", "1")


@pytest.mark.parametrize("data", [b"\xff\xfe\0\n,,,\n", b'"unclosed', b"x" * 200_000 + b",,\n"])
def test_damaged_lists_are_passed_over(data: bytes) -> None:
    owners = learned(
        **{
            f"{SITE}/a-1.dist-info/RECORD": data,
            "var/lib/dpkg/status": data,
            "var/lib/dpkg/status.d/x.md5sums": data,
            "var/lib/dpkg/info/x.list": data,
        }
    )
    assert owners.of("usr/bin/python3") is None


def test_absurdly_long_lists_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packages, "ALL_LISTS", 100)
    with pytest.raises(VerificationFailed, match="absurdly long") as caught:
        learned(**{"var/lib/dpkg/info/a.list": b"x" * 60, "var/lib/dpkg/info/b.list": b"x" * 60})
    assert caught.value.where == "/var/lib/dpkg/info/b.list"


def test_no_other_file_is_read() -> None:
    def content() -> list[bytes]:
        raise AssertionError

    class Unread:
        def __iter__(self) -> object:
            return content()

    Owners().read("usr/bin/python3.13", 10**9, Unread())  # type: ignore[arg-type]


def test_node_s_packages_are_their_folders() -> None:
    owners = learned(
        **{
            "app/node_modules/express/package.json": b'{"name": "express", "version": "5.3.0"}',
            "app/node_modules/@scope/part/package.json": b'{"version": "1.0.0"}',
            "app/node_modules/express/node_modules/debug/package.json": b'{"version": "2.6.9"}',
            "app/node_modules/express/lib/package.json": b'{"version": "9"}',
            "app/node_modules/broken/package.json": b'{"version": ',
            "app/node_modules/odd/package.json": b'{"version": {"a": 1}}',
        }
    )
    assert owners.of("app/node_modules/express/lib/a.js") == Owner("node", "express", "5.3.0")
    assert owners.of("app/node_modules/@scope/part/a.js") == Owner("node", "@scope/part", "1.0.0")
    assert owners.of("app/node_modules/express/node_modules/debug/a.js") == Owner("node", "debug", "2.6.9")
    assert owners.of("node_modules/unknown/a.js") == Owner("node", "unknown", "")
    assert owners.of("app/node_modules/broken/a.js") == Owner("node", "broken", "")
    assert owners.of("app/node_modules/odd/a.js") == Owner("node", "odd", "")
    for path in ("app/node_modules/.bin/express", "app/node_modules/.package-lock.json", "app/src/node_modules.js"):
        assert owners.of(path) is None

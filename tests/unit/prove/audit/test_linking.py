"""Where loaders look, held against what ld.so(8) and musl say."""

import struct
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.elf import library
from tests.unit.prove.audit.samples import BASE, LIBC, LOADER, SERVER, image, messages, rules, told
from tests.unit.prove.samples import Content, MemoryImage, Owned, a_layer, an_image

from lading.elf import read_elf
from lading.errors import VerificationFailed
from lading.oci.model import OCI_LAYER
from lading.prove.audit import walk, watch
from lading.prove.audit.inside import Inside
from lading.prove.audit.loader import Loader
from lading.prove.audit.model import Expectations
from lading.prove.audit.walk import look_inside

NEEDY = library(("libx.so.1",))
THERE = library(soname="libx.so.1")


def unmet(files: Mapping[str, Content], **config: Any) -> list[tuple[str, str]]:
    return [one for one in rules(image(application=files, config=config)) if "library" in one[1]]


def cache(entries: Mapping[str, str]) -> bytes:
    """A `/etc/ld.so.cache` as glibc 2.32 and later writes it."""
    table, texts = b"", b""
    start = 48 + 24 * len(entries)
    for name, path in entries.items():
        table += struct.pack("<iIIIQ", 0x303, start + len(texts), start + len(texts) + len(name) + 1, 0, 0)
        texts += name.encode() + b"\0" + path.encode() + b"\0"
    return b"glibc-ld.so.cache1.1" + struct.pack("<II", len(entries), len(texts)) + bytes(20) + table + texts


FOUND: Mapping[str, dict[str, Content]] = {
    "in the folder of the architecture": {"app/a.so": NEEDY, "usr/lib/x86_64-linux-gnu/libx.so.1": THERE},
    "through a link": {
        "app/a.so": NEEDY,
        "usr/lib/libx.so.1": "-> ../../opt/x/libx.so.1.2",
        "opt/x/libx.so.1.2": THERE,
    },
    "beside itself by runpath": {
        "app/a.so": library(("libx.so.1",), runpath="$ORIGIN/libs"),
        "app/libs/libx.so.1": THERE,
    },
    "by rpath": {"app/a.so": library(("libx.so.1",), rpath="/opt:${ORIGIN}/../opt/y"), "opt/y/libx.so.1": THERE},
    "in the cache": {
        "app/a.so": NEEDY,
        "etc/ld.so.cache": cache({"liba.so": "/opt/a/liba.so", "libx.so.1": "/opt/x/libx.so.1"}),
        "opt/x/libx.so.1": THERE,
    },
    "by its path": {"app/a.so": library(("/opt/libx.so.1",)), "opt/libx.so.1": THERE},
}


@pytest.mark.parametrize("name", FOUND)
def test_a_library_is_found(name: str) -> None:
    assert unmet(FOUND[name]) == []


def test_a_library_is_found_by_a_variable() -> None:
    files: dict[str, Content] = {"app/a.so": NEEDY, "opt/libx.so.1": THERE}
    assert unmet(files) == [("warning", "library-not-found")]
    assert unmet(files, Env=["LD_LIBRARY_PATH=/none:/opt"]) == []


def test_rpath_of_who_loads_it_counts_for_a_library_too() -> None:
    """As conda and PyInstaller lay it out; a runpath counts for its own file alone."""
    program = library(("libc.so.6", "libx.so.1"), interpreter=LOADER, rpath="$ORIGIN/libs")
    chain: dict[str, Content] = {
        "app/server": Owned(program, 0o755),
        "app/libs/libx.so.1": library(("liby.so.1",), soname="libx.so.1"),
        "app/libs/liby.so.1": library(soname="liby.so.1"),
    }
    assert unmet(chain) == []
    alone = library(("libc.so.6", "libx.so.1"), interpreter=LOADER, runpath="$ORIGIN/libs")
    assert unmet({**chain, "app/server": Owned(alone, 0o755)}) == [("error", "library-not-in-image")]


def test_what_is_loaded_already_is_found_by_its_name() -> None:
    program = library(("libc.so.6", "liby.so.1", "libx.so.1"), interpreter=LOADER, runpath="$ORIGIN/libs")
    chain: dict[str, Content] = {
        "app/server": Owned(program, 0o755),
        "app/libs/libx.so.1": library(("liby.so.1",), soname="libx.so.1"),
        "app/libs/liby.so.1": library(soname="liby.so.1"),
    }
    assert unmet(chain) == []


def test_runpath_takes_the_place_of_rpath() -> None:
    both = library(("libx.so.1",), rpath="/opt", runpath="/none")
    assert unmet({"app/a.so": both, "opt/libx.so.1": THERE}) == [("warning", "library-not-found")]


def test_one_for_another_machine_is_passed_over() -> None:
    other = library(soname="libx.so.1", machine=183)
    assert unmet({"app/a.so": NEEDY, "usr/lib/libx.so.1": other}) == [("error", "library-not-in-image")]
    also: dict[str, Content] = {"app/a.so": NEEDY, "lib/libx.so.1": other, "usr/lib/x86_64-linux-gnu/libx.so.1": THERE}
    assert unmet(also) == []


def test_a_configured_folder_only_counts_once_the_cache_knows_it() -> None:
    files: dict[str, Content] = {
        "app/a.so": NEEDY,
        "etc/ld.so.conf.d/x.conf": "/opt/x # ours\n",
        "opt/x/libx.so.1": THERE,
    }
    (message,) = messages(image(application=files), "library-not-found")
    assert "ldconfig was not run" in message


def test_what_is_started_must_find_everything() -> None:
    """A library of the base that nothing starts is a warning; one that the program is linked with is an error."""
    broken: dict[str, Content] = {"usr/lib/x86_64-linux-gnu/libx.so.1": Owned(library(("liby.so",)), 0o755)}
    assert rules(image(base=broken)) == [("warning", "library-not-in-image")]
    linked = library(("libc.so.6", "libx.so.1"), interpreter=LOADER)
    assert rules(image(base=broken, application={"app/server": Owned(linked, 0o755)})) == [
        ("error", "library-not-in-image")
    ]


def test_one_finding_tells_all_who_need_a_library() -> None:
    files: dict[str, Content] = {f"app/{name}.so": NEEDY for name in "abc"}
    (message,) = messages(image(application=files), "library-not-in-image")
    assert message == "libx.so.1 is not in the image, and is needed by 3 files: /app/a.so, /app/b.so, /app/c.so"


MUSL: Mapping[str, Content] = {
    "etc/passwd": "root:x:0:0:root:/root:/bin/false\n",
    "lib/ld-musl-x86_64.so.1": Owned(library(soname="libc.musl-x86_64.so.1"), 0o755),
    "app/server": Owned(library(("libc.musl-x86_64.so.1",), interpreter="/lib/ld-musl-x86_64.so.1"), 0o755),
}


def on_musl(files: Mapping[str, Content]) -> list[tuple[str, str]]:
    made = an_image({**MUSL, **files}, config={"User": "1", "Entrypoint": ["/app/server"], "WorkingDir": "/app"})
    return [one for one in rules(made) if one[1] not in ("no-health-check", "label-missing")]


def test_musl_is_all_of_libc_itself() -> None:
    assert on_musl({}) == []
    assert on_musl({"app/a.so": library(("libc.musl-x86_64.so.1", "libm.so.6", "libpthread.so.0"))}) == []


def test_musl_has_folders_of_its_own() -> None:
    needy = library(("libx.so.1", "libc.musl-x86_64.so.1"))
    assert on_musl({"app/a.so": needy, "usr/local/lib/libx.so.1": THERE}) == []
    assert on_musl({"app/a.so": needy, "opt/libx.so.1": THERE}) == [("warning", "library-not-found")]
    said: dict[str, Content] = {"etc/ld-musl-x86_64.path": "/lib:/opt\n", "opt/libx.so.1": THERE}
    assert on_musl({"app/a.so": needy, **said}) == []


def test_a_wheel_for_glibc_on_musl() -> None:
    wheel = library(("libc.so.6",), versions={"libc.so.6": ("GLIBC_2.34",)})
    assert on_musl({"app/x.so": wheel}) == [("error", "other-c-library")]


def test_modules_for_several_systems_are_chosen_when_they_are_loaded() -> None:
    folder = "app/node_modules/x/prebuilds/linux-"
    files: dict[str, Content] = {
        f"{folder}arm64/x.node": library(machine=183),
        f"{folder}x64/x.musl.node": library(("libc.musl-x86_64.so.1",)),
        f"{folder}x64/x.glibc.node": library(("libc.so.6",)),
    }
    assert rules(image(application=files)) == []


def test_what_nobody_starts_or_loads_needs_nothing() -> None:
    files: dict[str, Content] = {
        "opt/go/src/debug/elf/testdata/libx.so": NEEDY,
        "opt/lib/x.o": library(machine=183),
        "opt/lib/sample.so_": NEEDY,
    }
    assert rules(image(application=files)) == []


def test_a_static_program_needs_nothing() -> None:
    assert rules(image(application={"app/tool": Owned(library(), 0o755)})) == []


def test_it_looks_where_the_loader_of_this_machine_looks() -> None:
    """This Python and all that it is linked with, taken to where ldd says that they are."""
    program = Path(sys.executable).resolve()
    told_ = subprocess.run(["ldd", program], capture_output=True, text=True, check=True).stdout
    paths = [Path(word) for word in told_.split() if word.startswith("/")]
    files: dict[str, Content] = {str(path).lstrip("/"): path.resolve().read_bytes() for path in paths}
    files[str(program).lstrip("/")] = Owned(program.read_bytes(), 0o755)
    inside = look_inside(an_image(a_layer(files, OCI_LAYER)), Expectations())
    loader = Loader(inside)
    elf = inside.files[str(program).lstrip("/")].seen.elf
    assert elf
    assert {name: loader.find(str(program).lstrip("/"), elf, name, "glibc") for name in elf.needed} == {
        path.name: str(path).lstrip("/") for path in paths if path.name in elf.needed
    }


def test_large_programs_wait_in_a_file(tmp_path: Path) -> None:
    large = SERVER + bytes(watch.IN_MEMORY)
    inside = look_inside(an_image({"app/server": large}), Expectations(), tmp_path)
    assert inside.files["app/server"].seen.elf == read_elf(SERVER)
    assert list(tmp_path.iterdir()) == []


def test_files_that_say_absurdly_much_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walk, "MOST_KEPT", 10_000)
    inside_of({f"app/{number}.so": library(("x" * 4000,)) for number in range(2)})
    with pytest.raises(VerificationFailed, match="absurdly much"):
        inside_of({f"app/{number}.so": library(("x" * 4000,)) for number in range(3)})


def inside_of(*layers: Mapping[str, Content]) -> Inside:
    return look_inside(an_image(*layers), Expectations())


def test_links_are_followed_inside_the_image_only() -> None:
    inside = inside_of({"a": "-> /../../b/c", "b": "-> ../../../d", "d/c": b"1", "e/": "", "e/f": "-> ../e/./../d//c"})
    assert inside.real("a") == "d/c"
    assert inside.real("/e/f") == "d/c"
    assert inside.real("a/c") is None
    assert inside.real("") == ""
    assert inside.is_folder("d")
    assert inside.file("d") is None


@given(
    st.dictionaries(
        st.sampled_from(["a", "b", "c/d", "c/e", "f"]),
        st.sampled_from(["-> a", "-> /b", "-> ../c/d", "-> c", "-> .", "-> ../../..", "file"]),
        min_size=1,
    ),
    st.sampled_from(["a", "b/d", "c/e", "../f", "c/../b"]),
)
def test_no_path_leads_out_or_around_forever(files: dict[str, str], path: str) -> None:
    inside = inside_of(files)
    found = inside.real(path)
    assert found is None or found in inside.files or inside.is_folder(found)


@given(st.data())
def test_damaged_programs_do_no_harm(data: st.DataObject) -> None:
    whole = data.draw(st.sampled_from([SERVER, LIBC, cache({"libx.so": "/x"})]))
    at = data.draw(st.integers(0, len(whole) - 1))
    damaged = whole[:at] + data.draw(st.binary(max_size=8)) + whole[at + data.draw(st.integers(0, 8)) :]
    spoilt = image(
        base={"usr/lib/x86_64-linux-gnu/libc.so.6": Owned(damaged, 0o755), "etc/ld.so.cache": damaged},
        application={"app/server": Owned(damaged, 0o755)},
    )
    told(spoilt)


WORDS = st.sampled_from(
    ["", "/", "app", "/app/server", "/bin/sh", "-c", "..", "a b || 'c", "\0", "$(x)", "1:2", ":", "é"]
)


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "User": WORDS,
            "WorkingDir": WORDS,
            "Entrypoint": st.lists(WORDS, max_size=3),
            "Cmd": st.lists(WORDS, max_size=3),
            "Env": st.lists(WORDS, max_size=2),
            "Healthcheck": st.fixed_dictionaries({"Test": st.lists(WORDS | st.just("CMD-SHELL"), max_size=3)}),
            "Shell": st.lists(WORDS, max_size=2),
        },
    )
)
def test_whatever_a_configuration_says_is_looked_at(config: dict[str, Any]) -> None:
    made: MemoryImage = an_image(a_layer(BASE), config=config)
    told(made)

import os
import stat
import tarfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.unit.prove.samples import Content, MemoryLayer, an_image, tar_of

from lading.errors import StepFailed, VerificationFailed
from lading.prove.unpack import unpack
from lading.store.trees import remove_tree


def unpacked(root: Path, *layers: dict[str, Content] | MemoryLayer) -> Path:
    unpack(an_image(*layers), root, owners=False)
    return root


def listed(root: Path) -> dict[str, str]:
    """Every path below the root: a file's text, `-> target` of a link, `/` for a folder."""
    found = {}
    for path in sorted(root.rglob("*")):
        name = str(path.relative_to(root))
        if path.is_symlink():
            found[name] = f"-> {path.readlink()}"
        else:
            found[name] = "/" if path.is_dir() else path.read_text()
    return found


def entry(
    path: str, kind: bytes = tarfile.REGTYPE, *, target: str = "", mode: int = 0o644, uid: int = 0
) -> tarfile.TarInfo:
    info = tarfile.TarInfo(path)
    info.type, info.linkname, info.mode, info.uid = kind, target, mode, uid
    return info


def test_files_links_and_folders(tmp_path: Path) -> None:
    root = unpacked(
        tmp_path / "root",
        {
            "tmp/": entry("tmp", tarfile.DIRTYPE, mode=0o1777),
            "a/b": b"1",
            "l": "-> a/b",
            "h": entry("h", tarfile.LNKTYPE, target="a/b"),
        },
    )
    assert listed(root) == {"tmp": "/", "a": "/", "a/b": "1", "l": "-> a/b", "h": "1"}
    assert (root / "a/b").stat().st_ino == (root / "h").stat().st_ino
    assert stat.S_IMODE((root / "tmp").stat().st_mode) == 0o1777
    assert stat.S_IMODE((root / "a").stat().st_mode) == 0o755


def test_later_layers_replace(tmp_path: Path) -> None:
    root = unpacked(
        tmp_path / "root",
        {"a": b"1", "f/x": b"2", "keep/x": b"3", "l": "-> keep", "file": b"4"},
        {"a/": "", "a/b": b"5", "f": b"6", "keep/y": b"7", "l/": "", "file": "-> a"},
    )
    assert listed(root) == {
        "a": "/", "a/b": "5", "f": "6", "file": "-> a", "keep": "/", "keep/x": "3", "keep/y": "7", "l": "/",
    }  # fmt: skip


def test_whiteouts_hide_lower_layers_only(tmp_path: Path) -> None:
    root = unpacked(
        tmp_path / "root",
        {"a": b"1", "d/x": b"2", "d/deep/y": b"3", "o/old": b"4", "o/sub/old": b"5"},
        {
            "a": b"new",
            ".wh.a": b"",
            ".wh.d": b"",
            "o/sub/new": b"6",
            "o/.wh..wh..opq": b"",
            "o/new": b"7",
            ".wh.absent": b"",
        },
    )
    assert listed(root) == {"a": "new", "o": "/", "o/sub": "/", "o/sub/new": "6", "o/new": "7"}


def test_links_of_lower_layers_are_followed_inside(tmp_path: Path) -> None:
    root = unpacked(
        tmp_path / "root",
        {"usr/lib/": "", "lib": "-> usr/lib", "abs": "-> /usr/lib", "up": "-> ../../../../usr", "usr/back": "-> .."},
        {"lib/a": b"1"},
        {"abs/b": b"2"},
        {"up/lib/c": b"3"},
        {"usr/back/back": b"4"},
    )
    assert {path: text for path, text in listed(root).items() if len(text) == 1 and text != "/"} == {
        "usr/lib/a": "1",
        "usr/lib/b": "2",
        "usr/lib/c": "3",
        "back": "4",
    }


def test_a_link_never_leads_outside(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "kept").write_text("kept")
    root = tmp_path / "root"
    unpacked(
        root,
        {"l": f"-> {outside}", "r": "-> ../outside", "f": f"-> {outside}/kept"},
        {"l/new": b"1", "l/.wh.kept": b"", "r/new": b"2", "f": b"3"},
        {"l/.wh..wh..opq": b""},
    )
    assert listed(outside) == {"kept": "kept"}
    assert (root / "f").read_text() == "3"


def test_a_folder_that_became_a_link_keeps_its_mode_to_itself(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    (outside / "b").mkdir(parents=True, mode=0o700)
    unpacked(
        tmp_path / "root",
        {"a/b/": entry("a/b", tarfile.DIRTYPE, mode=0o777)},
        {"a": f"-> {outside}"},
    )
    assert stat.S_IMODE((outside / "b").stat().st_mode) == 0o700


def test_places_to_mount_on_are_there(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    image = an_image({"app": f"-> {outside}", "etc/resolv.conf": "-> ../run/resolv.conf", "etc/hosts": b"own"})
    unpack(
        image,
        tmp_path / "root",
        owners=False,
        folders=["/proc", "/app/data"],
        files=["/etc/resolv.conf", "/etc/hosts", "/etc/hostname"],
    )
    assert list(outside.iterdir()) == []
    assert (tmp_path / "root/proc").is_dir()
    assert (tmp_path / "root" / str(outside).lstrip("/") / "data").is_dir()
    assert [(tmp_path / "root/etc" / name).read_text() for name in ("resolv.conf", "hosts", "hostname")] == [
        "",
        "own",
        "",
    ]


@pytest.mark.parametrize("name", [".wh.", ".wh..", ".wh...", "a/.wh...", "a/.wh.."])
def test_a_whiteout_that_means_no_file_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "beside").write_text("kept")
    with pytest.raises(VerificationFailed, match="whiteout"):
        unpacked(tmp_path / "root", {"a/b": b""}, {name: b""})
    assert (tmp_path / "beside").exists()


@pytest.mark.parametrize(
    ("layers", "said"),
    [
        ([{"../x": entry("../x")}], "leads out"),
        ([{"/x": entry("/x")}], "absolute"),
        ([{"x": entry("x", tarfile.CHRTYPE)}], "device"),
        ([{"x": entry("x", tarfile.FIFOTYPE)}], "pipe"),
        ([{"h": entry("h", tarfile.LNKTYPE, target="../../etc/passwd")}], "leads out"),
        ([{"f": b"1"}, {"f/x": b"2"}], "leads through a file"),
        ([{"a": "-> b", "b": "-> a"}, {"a/x": b"1"}], "too many links"),
    ],
)
def test_unsafe_layers_are_refused(tmp_path: Path, layers: list[dict[str, Content]], said: str) -> None:
    with pytest.raises(VerificationFailed, match=said):
        unpacked(tmp_path / "root", *layers)


def test_bytes_that_are_not_those_of_the_manifest_are_refused(tmp_path: Path) -> None:
    layer = MemoryLayer(tar_of({"a": b"1"}), given=b"".join(MemoryLayer(tar_of({"a": b"2"})).chunks()))
    with pytest.raises(VerificationFailed, match="not what its manifest says"):
        unpacked(tmp_path / "root", layer)


def test_privileges_of_files_are_left_out(tmp_path: Path) -> None:
    root = unpacked(tmp_path / "root", {"su": entry("su", mode=0o6755), "x": entry("x", mode=0o4000)})
    assert stat.S_IMODE((root / "su").stat().st_mode) == 0o755
    assert stat.S_IMODE((root / "x").stat().st_mode) == 0


def test_closed_folders_are_filled_and_removed(tmp_path: Path) -> None:
    root = unpacked(
        tmp_path / "root",
        {"d/": entry("d", tarfile.DIRTYPE, mode=0), "d/e/": entry("d/e", tarfile.DIRTYPE, mode=0), "d/e/f": b"1"},
    )
    assert stat.S_IMODE((root / "d").stat().st_mode) == 0
    remove_tree(root)
    assert not root.exists()


def test_deep_folders_are_no_trouble(tmp_path: Path) -> None:
    deep = "/".join(["d"] * 1500)
    root = unpacked(tmp_path / "root", {f"{deep}/x": b"1"}, {"d/": "", ".wh.d": b"", f"{deep}/y": b"2"})
    assert not (root / deep / "x").exists()
    remove_tree(root)
    assert not root.exists()


def test_times_are_kept_within_what_a_disk_can_hold(tmp_path: Path) -> None:
    info = entry("a")
    info.mtime = 1_700_000_000
    late = entry("b")
    late.mtime = 2**60
    early = entry("c")
    early.mtime = -(10**6)
    root = unpacked(tmp_path / "root", {"a": info, "b": late, "c": early})
    assert (root / "a").stat().st_mtime == 1_700_000_000
    assert (root / "c").stat().st_mtime == 0


def test_an_impossible_owner_is_refused(tmp_path: Path) -> None:
    with pytest.raises(VerificationFailed, match="owner"):
        unpack(an_image({"a": entry("a", uid=2**40)}), tmp_path / "root", owners=True)


@pytest.mark.skipif(os.geteuid() != 0, reason="owners are root's to give")
def test_root_gives_files_to_their_owners(tmp_path: Path) -> None:
    unpack(
        an_image({"a": entry("a", uid=65532), "d/": entry("d", tarfile.DIRTYPE, uid=65533)}),
        tmp_path / "r",
        owners=True,
    )
    assert ((tmp_path / "r/a").stat().st_uid, (tmp_path / "r/d").stat().st_uid) == (65532, 65533)


def test_a_name_that_the_disk_cannot_hold_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(StepFailed, match="cannot unpack the image: File name too long"):
        unpacked(tmp_path / "root", {"x" * 300: b""})


NAMES = st.sampled_from(["a", "b", "c"])
PATHS = st.lists(NAMES, min_size=1, max_size=3).map("/".join)
CONTENTS = st.one_of(
    st.binary(max_size=3),
    st.one_of(PATHS, st.sampled_from(["/", "..", "../..", "/a", "../../../b", "."])).map(lambda target: f"-> {target}"),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(layers=st.lists(st.dictionaries(PATHS, CONTENTS, max_size=4), min_size=1, max_size=4))
def test_whatever_comes_stays_inside(tmp_path: Path, layers: list[dict[str, Content]]) -> None:
    place = tmp_path / "place"
    place.mkdir()
    (place / "beside").write_text("kept")
    try:
        unpacked(place / "root", *layers)
    except VerificationFailed:
        pass
    finally:
        assert sorted(path.name for path in place.iterdir()) == ["beside", "root"]
        remove_tree(place)
    assert sorted(path.name for path in tmp_path.iterdir()) == []

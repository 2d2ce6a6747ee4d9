import hashlib
import lzma
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from tests.support.debmirror import Deb, DebMirror, signing_key

from lading.debian.index import PackageIndex, load_index
from lading.debian.mirrors import Mirrors
from lading.errors import LadingError, Problems, RemoteFailed, StepFailed, UsageError, VerificationFailed
from lading.http import Http
from lading.store import Store


@pytest.fixture
def mirror(tmp_path: Path) -> Iterator[DebMirror]:
    with DebMirror(tmp_path / "mirror") as mirror:
        mirror.add(Deb(name="libfoo1", version="1.0-1", provides="awk, foo-abi (= 1)"))
        mirror.add(Deb(name="libfoo1", version="1.0-1", architecture="arm64"))
        mirror.add(Deb(name="libfoo1", version="1.0-1+deb13u2"), suite="security")
        mirror.add(Deb(name="libfoo1", version="1.0-1+deb13u1"), suite="updates")
        mirror.add(Deb(name="tzdata", version="2026a", architecture="all"))
        mirror.add(Deb(name="tzdata", version="2026b", architecture="all"), suite="updates")
        mirror.add(Deb(name="mawk", provides="awk", depends="libfoo1"))
        mirror.add(Deb(name="base", version="1"))
        mirror.add(Deb(name="base", version="1"), suite="updates")
        mirror.publish()
        yield mirror


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


def load(mirror: DebMirror, store: Store, *, suite: str = "trixie", architecture: str = "amd64") -> PackageIndex:
    with closing(Http(sleep=lambda _: None)) as http:
        return load_index(
            suite, architecture, mirrors=mirror.mirrors, http=http, store=store, now=mirror.now, keys=mirror.keys
        )


def refused(mirror: DebMirror, store: Store) -> LadingError:
    with pytest.raises(LadingError) as caught:
        load(mirror, store)
    problem = caught.value
    assert not isinstance(problem, Problems), str(problem)
    return problem


def test_the_newest_of_three_suites_wins(mirror: DebMirror, store: Store) -> None:
    index = load(mirror, store)
    assert [(package.version, package.origin) for package in index.versions("libfoo1")] == [
        ("1.0-1+deb13u2", "security"),
        ("1.0-1+deb13u1", "updates"),
        ("1.0-1", "release"),
    ]
    newest = index.newest("libfoo1")
    assert newest is not None
    assert (newest.archive, newest.path) == ("debian-security", "pool/main/l/libfoo1/libfoo1_1.0-1+deb13u2_amd64.deb")
    tzdata = index.newest("tzdata")
    assert tzdata is not None
    assert (tzdata.version, tzdata.architecture, tzdata.archive) == ("2026b", "all", "debian")
    assert index.newest("nothing") is None
    assert index.versions("nothing") == ()
    assert set(index.names()) == {"libfoo1", "tzdata", "mawk", "base"}


def test_of_the_same_version_the_releases_own_comes_first(mirror: DebMirror, store: Store) -> None:
    assert [package.origin for package in load(mirror, store).versions("base")] == ["release", "updates"]


def test_only_the_newest_version_provides(mirror: DebMirror, store: Store) -> None:
    index = load(mirror, store)
    assert [package.name for package in index.providers("awk")] == ["mawk"]
    assert index.providers("foo-abi") == ()


def test_architectures_are_apart(mirror: DebMirror, store: Store) -> None:
    index = load(mirror, store, architecture="arm64")
    assert [package.version for package in index.versions("libfoo1")] == ["1.0-1"]
    assert index.newest("mawk") is None
    assert index.newest("tzdata") is not None


def test_indexes_are_fetched_once(mirror: DebMirror, store: Store) -> None:
    load(mirror, store)
    first = len(mirror.asked)
    again = load(mirror, store)
    assert sorted(mirror.asked[first:]) == sorted(path for path in mirror.asked[:first] if path.endswith("InRelease"))
    assert again.newest("mawk") is not None


def test_a_changed_index_is_fetched(mirror: DebMirror, store: Store) -> None:
    load(mirror, store)
    mirror.add(Deb(name="new"))
    mirror.publish()
    assert load(mirror, store).newest("new") is not None


def test_files_are_fetched_by_their_hash(mirror: DebMirror, store: Store) -> None:
    load(mirror, store)
    indexes = [path for path in mirror.asked if "InRelease" not in path]
    assert len(indexes) == 3
    assert all("/main/binary-amd64/by-hash/SHA256/" in path for path in indexes)


def test_by_hash_survives_a_mirror_that_is_being_updated(mirror: DebMirror, store: Store) -> None:
    (mirror.folder("release") / "main/binary-amd64/Packages.xz").write_bytes(b"the next one")
    assert load(mirror, store).newest("mawk") is not None


def test_without_by_hash_the_plain_name_serves(tmp_path: Path, store: Store) -> None:
    with DebMirror(tmp_path / "plain", by_hash=False) as mirror:
        mirror.add(Deb(name="mawk"))
        mirror.publish()
        assert load(mirror, store).newest("mawk") is not None
        assert not any("by-hash" in path for path in mirror.asked)


def test_where_the_hash_is_missing_the_plain_name_serves(mirror: DebMirror, store: Store) -> None:
    for file in list(mirror.packages_files("release"))[1:]:
        file.unlink()
    assert load(mirror, store).newest("mawk") is not None


def test_a_tampered_index_is_refused(mirror: DebMirror, store: Store) -> None:
    for file in mirror.packages_files("security"):
        file.write_bytes(file.read_bytes()[:-1] + b"x")
    problem = refused(mirror, store)
    assert isinstance(problem, VerificationFailed)
    assert "trixie-security/main/binary-amd64/" in problem.what
    assert problem.where.startswith(mirror.mirrors.security)


def test_an_index_of_another_length_is_refused(mirror: DebMirror, store: Store) -> None:
    for file in mirror.packages_files("release"):
        file.write_bytes(file.read_bytes() + bytes(1 << 20))
    problem = refused(mirror, store)
    assert isinstance(problem, VerificationFailed)
    assert "is longer than" in problem.what
    for file in mirror.packages_files("release"):
        file.write_bytes(b"short")
    problem = refused(mirror, store)
    assert isinstance(problem, VerificationFailed)
    assert "has 5 bytes instead of" in problem.what


def test_nothing_of_a_refused_index_stays(mirror: DebMirror, store: Store) -> None:
    for which in ("release", "updates", "security"):
        for file in mirror.packages_files(which):
            file.write_bytes(b"x" * file.stat().st_size)
    with pytest.raises(Problems) as caught:
        load(mirror, store)
    assert len(caught.value.problems) == 3
    assert [path for path in store.root.rglob("*") if path.is_file()] == []


def test_a_tampered_release_file_is_refused(mirror: DebMirror, store: Store) -> None:
    file = mirror.folder("updates") / "InRelease"
    file.write_bytes(file.read_bytes().replace(b"Origin: Tests", b"Origin: Pests"))
    problem = refused(mirror, store)
    assert isinstance(problem, VerificationFailed)
    assert problem.where == f"{mirror.mirrors.debian}/dists/trixie-updates/InRelease"


def test_another_suites_release_file_is_refused(mirror: DebMirror, store: Store) -> None:
    other = (mirror.folder("updates") / "InRelease").read_bytes()
    (mirror.folder("release") / "InRelease").write_bytes(other)
    assert "is of trixie-updates, not of trixie" in refused(mirror, store).what


def test_an_expired_release_file_is_refused(mirror: DebMirror, store: Store) -> None:
    mirror.publish_suite("security", date=mirror.now - 8 * 86400, valid_for=7 * 86400)
    assert "has expired" in refused(mirror, store).what


def test_strangers_are_refused(mirror: DebMirror, store: Store) -> None:
    honest, mirror.key = mirror.key, signing_key("a stranger")
    mirror.publish_suite("release")
    mirror.key = honest
    assert "not one of Debian's archive keys'" in refused(mirror, store).what


def test_an_index_that_unpacks_to_more_than_was_signed_is_refused(mirror: DebMirror, store: Store) -> None:
    bomb = lzma.compress(b"Package: a\n" + b"x" * (5 << 20))
    for file in mirror.packages_files("release"):
        file.write_bytes(bomb)
    lines = [
        f"{hashlib.sha256(bomb).hexdigest()} {len(bomb)} main/binary-amd64/Packages.xz",
        f"{'0' * 64} 1000 main/binary-amd64/Packages",
    ]
    mirror.publish_suite("release", fields={"SHA256": "".join(f"\n {line}" for line in lines)})
    for file in mirror.packages_files("release"):
        file.write_bytes(bomb)
    assert "unpacks to more than 1000 bytes" in refused(mirror, store).what


def test_a_stanza_that_lies_is_refused_when_it_is_asked_for(mirror: DebMirror, store: Store) -> None:
    mirror.add(Deb(name="evil"), stanza_fields={"Filename": "pool/../../../etc/evil.deb"})
    mirror.publish()
    index = load(mirror, store)
    assert index.newest("mawk") is not None
    with pytest.raises(VerificationFailed, match="not a path of a package archive's pool"):
        index.newest("evil")


def test_an_unknown_release_names_the_mirror(mirror: DebMirror, store: Store) -> None:
    with pytest.raises(Problems) as caught:
        load(mirror, store, suite="trixi")
    assert isinstance(caught.value.problems[0], UsageError)
    assert "has no suite trixi" in str(caught.value)
    assert mirror.url in str(caught.value)


def test_an_unknown_architecture_is_named(mirror: DebMirror, store: Store) -> None:
    with pytest.raises(Problems, match="no packages for riscv64"):
        load(mirror, store, architecture="riscv64")


@pytest.mark.parametrize("name", ["", "../trixie", "Trixie", "trixie/updates", "x" * 60])
def test_a_release_that_is_no_name_is_refused(mirror: DebMirror, store: Store, name: str) -> None:
    with pytest.raises(UsageError):
        load(mirror, store, suite=name)
    assert mirror.asked == []


def test_no_mirror_is_one_clear_error(store: Store) -> None:
    with pytest.raises(RemoteFailed, match="no answer") as caught:
        load_index(
            "trixie",
            "amd64",
            mirrors=Mirrors("http://127.0.0.1:9/debian", "http://127.0.0.1:9/debian-security"),
            http=Http(retries=0),
            store=store,
            now=0,
            keys=[],
        )
    assert caught.value.where == "http://127.0.0.1:9"


def test_a_store_that_cannot_be_written_to_is_one_clear_error(mirror: DebMirror, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    problem = refused(mirror, Store(tmp_path / "file" / "store"))
    assert isinstance(problem, StepFailed)
    assert problem.where == str(tmp_path / "file" / "store")


def test_a_cache_that_was_lost_is_made_again(mirror: DebMirror, store: Store) -> None:
    load(mirror, store)
    for path in (store.root / "blobs").rglob("*"):
        if path.is_file():
            path.unlink()
    assert load(mirror, store).newest("mawk") is not None

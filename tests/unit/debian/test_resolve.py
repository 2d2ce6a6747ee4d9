from collections.abc import Iterator, Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.debmirror import Deb, stanza

from lading.debian.package import Package, answers, read_package
from lading.debian.resolve import resolve
from lading.debian.versions import version_key
from lading.errors import Problems, UsageError


class Shelf:
    """An index in memory."""

    suite = "trixie"
    architecture = "amd64"

    def __init__(self, *debs: Deb) -> None:
        self._packages: dict[str, list[Package]] = {}
        for deb in debs:
            fields = {**deb.control, "Filename": f"pool/main/{deb.filename}", "Size": "1", "SHA256": "0" * 64}
            package = read_package(
                stanza(fields), architecture="amd64", archive="debian", origin="release", where="Packages"
            )
            self._packages.setdefault(deb.name, []).append(package)

    def versions(self, name: str) -> tuple[Package, ...]:
        return tuple(sorted(self._packages.get(name, ()), key=lambda p: version_key(p.version), reverse=True))

    def newest(self, name: str) -> Package | None:
        versions = self.versions(name)
        return versions[0] if versions else None

    def providers(self, name: str) -> tuple[Package, ...]:
        newest = [package for package in map(self.newest, sorted(self._packages)) if package]
        return tuple(package for package in newest if any(item.name == name for item in package.provides))

    def names(self) -> Iterator[str]:
        yield from self._packages


def deb(name: str, depends: str = "", **more: str) -> Deb:
    fields = {name: value for name, value in more.items() if name in ("Conflicts", "Breaks")}
    rest = {name: value for name, value in more.items() if name not in fields}
    return Deb(name=name, depends=depends, fields=fields, **rest)  # type: ignore[arg-type]


def names(shelf: Shelf, *roots: str, without: tuple[str, ...] = ()) -> list[str]:
    return [package.name for package in resolve(shelf, roots, without)]


def refused(shelf: Shelf, *roots: str, without: tuple[str, ...] = ()) -> UsageError:
    with pytest.raises(UsageError) as caught:
        resolve(shelf, roots, without)
    return caught.value


def test_the_closure_of_depends_and_pre_depends() -> None:
    shelf = Shelf(deb("aa", "bb"), deb("bb", pre_depends="cc (>= 1)"), deb("cc", "aa"), deb("dd"))
    assert names(shelf, "aa") == ["aa", "bb", "cc"]
    assert names(shelf) == []


def test_the_newest_version_is_taken() -> None:
    shelf = Shelf(deb("aa", version="1"), deb("aa", version="2~rc"), deb("aa", version="1.9"))
    assert [package.version for package in resolve(shelf, ["aa"])] == ["2~rc"]


def test_the_first_alternative_is_preferred() -> None:
    shelf = Shelf(deb("aa", "bb | cc"), deb("bb"), deb("cc"))
    assert names(shelf, "aa") == ["aa", "bb"]


@pytest.mark.parametrize("roots", [("aa", "zz"), ("zz", "aa"), ("aa", "cc")])
def test_an_alternative_that_comes_anyway_is_preferred(roots: tuple[str, ...]) -> None:
    shelf = Shelf(deb("aa", "bb | cc"), deb("bb"), deb("cc"), deb("zz", "yy"), deb("yy", "cc"))
    assert "bb" not in names(shelf, *roots)


def test_an_alternative_that_does_not_exist_is_passed_over() -> None:
    assert names(Shelf(deb("aa", "gone | cc"), deb("cc")), "aa") == ["aa", "cc"]


def test_an_alternative_that_is_too_old_is_passed_over() -> None:
    assert names(Shelf(deb("aa", "bb (>= 2) | cc"), deb("bb"), deb("cc")), "aa") == ["aa", "cc"]


def test_an_alternative_that_cannot_be_satisfied_is_passed_over() -> None:
    shelf = Shelf(deb("aa", "bb | cc"), deb("bb", "dd"), deb("dd", "gone"), deb("cc"))
    assert names(shelf, "aa") == ["aa", "cc"]


def test_a_virtual_package_by_priority_then_name() -> None:
    shelf = Shelf(
        deb("aa", "awk"),
        deb("gawk", provides="awk"),
        deb("mawk", provides="awk", priority="required"),
        deb("bawk", provides="awk"),
    )
    assert names(shelf, "aa") == ["aa", "mawk"]
    assert names(shelf, "aa", "gawk") == ["aa", "gawk"]


def test_the_package_of_that_name_before_those_that_provide_it() -> None:
    shelf = Shelf(deb("aa", "libfoo"), deb("libbar", provides="libfoo", priority="required"), deb("libfoo"))
    assert names(shelf, "aa") == ["aa", "libfoo"]


def test_versioned_provides() -> None:
    shelf = Shelf(
        deb("aa", "libfoo (>= 2)"),
        deb("one", provides="libfoo"),
        deb("two", provides="libfoo (= 1)"),
        deb("zzz", provides="libfoo (= 2)"),
    )
    assert names(shelf, "aa") == ["aa", "zzz"]


def test_a_newer_provider_when_the_package_is_too_old() -> None:
    shelf = Shelf(deb("aa", "libfoo (>= 2)"), deb("libfoo"), deb("libfoo2", provides="libfoo (= 2)"))
    assert names(shelf, "aa") == ["aa", "libfoo2"]


def test_architecture_qualifiers() -> None:
    shelf = Shelf(
        deb("aa", "python3:any, cc:native, script"),
        deb("python3", multi_arch="allowed"),
        deb("cc"),
        deb("script", architecture="all"),
    )
    assert names(shelf, "aa") == ["aa", "cc", "python3", "script"]
    assert "nothing provides" not in refused(Shelf(deb("aa", "cc:any"), deb("cc")), "aa").what


def test_what_is_left_out_and_what_only_it_would_bring() -> None:
    shelf = Shelf(
        deb("tzdata", "debconf (>= 0.5) | debconf-2.0"),
        deb("debconf", "perl-base", provides="debconf-2.0"),
        deb("perl-base", "libcrypt1, libc6"),
        deb("libcrypt1"),
        deb("libc6"),
        deb("other", "libc6"),
    )
    assert names(shelf, "tzdata", without=("debconf",)) == ["tzdata"]
    assert names(shelf, "tzdata", "other", without=("debconf",)) == ["libc6", "other", "tzdata"]
    assert names(shelf, "tzdata", "other", without=("libcrypt1",)) == [
        "debconf", "libc6", "other", "perl-base", "tzdata",
    ]  # fmt: skip


def test_no_other_alternative_takes_the_place_of_what_is_left_out() -> None:
    shelf = Shelf(deb("aa", "awk, bb | cc"), deb("bb"), deb("cc"), deb("gawk", provides="awk"),
                  deb("mawk", provides="awk", priority="required"))  # fmt: skip
    assert names(shelf, "aa", without=("mawk", "bb")) == ["aa"]
    assert names(shelf, "aa", without=("awk", "bb")) == ["aa"]


def test_what_does_not_exist_may_be_left_out() -> None:
    shelf = Shelf(deb("aa", "gone (>= 2), broken"), deb("broken", "missing"))
    assert names(shelf, "aa", without=("gone", "broken")) == ["aa"]
    assert names(shelf, "aa", without=("gone", "missing")) == ["aa", "broken"]


def test_a_root_that_does_not_exist_names_near_misses() -> None:
    shelf = Shelf(deb("ca-certificates"), deb("libc6"), deb("mawk", provides="awk"))
    assert refused(shelf, "ca-certificate").fix == "did you mean ca-certificates?"
    assert refused(shelf, "awk").fix == "it is a virtual package: name one of mawk"
    assert "Debian trixie has no package 'quux' for amd64" in str(refused(shelf, "quux"))


def test_all_roots_that_cannot_be_are_told() -> None:
    shelf = Shelf(deb("aa"))
    with pytest.raises(Problems) as caught:
        resolve(shelf, ["xx", "aa", "yy"], ["aa"])
    assert [problem.what.split("'")[1] for problem in caught.value.problems] == ["xx", "aa", "yy"]


def test_what_is_missing_is_told_with_the_chain_to_it() -> None:
    shelf = Shelf(deb("aa", "bb"), deb("bb", "cc | dd"), deb("cc", "gone (>= 2) | lost"), deb("dd", "gone"))
    problem = refused(shelf, "aa")
    assert problem.what == "the package 'aa' cannot be installed: cc needs gone (>= 2) | lost, and nothing provides it"
    assert problem.where == "Debian trixie, amd64: aa → bb → cc → gone (>= 2) | lost"


def test_a_version_that_is_not_there_is_told() -> None:
    problem = refused(Shelf(deb("aa", "bb (= 3)"), deb("bb", version="2-1")), "aa")
    assert problem.what.endswith("aa needs bb (= 3), and there is only bb 2-1")


def test_a_broken_circle_is_told() -> None:
    problem = refused(Shelf(deb("aa", "bb"), deb("bb", "aa, gone")), "aa")
    assert "bb needs gone" in problem.what


@pytest.mark.parametrize("field", ["Conflicts", "Breaks"])
def test_packages_that_exclude_each_other(field: str) -> None:
    shelf = Shelf(deb("aa", "cc"), deb("bb", **{field: "cc (<< 2)"}), deb("cc"), deb("dd", **{field: "cc (<< 1)"}))
    problem = refused(shelf, "aa", "bb")
    assert problem.what == "the packages bb and cc exclude each other (bb: cc (<< 2))"
    assert names(shelf, "aa", "dd") == ["aa", "cc", "dd"]


def test_a_package_may_conflict_with_what_it_provides_itself() -> None:
    shelf = Shelf(deb("mawk", provides="awk", Conflicts="awk"), deb("gawk", provides="awk"))
    assert names(shelf, "mawk") == ["mawk"]
    assert "mawk and gawk" in refused(shelf, "mawk", "gawk").what


ALPHABET = ["aa", "bb", "cc", "dd", "ee", "ff"]
GROUPS = st.lists(st.lists(st.sampled_from([*ALPHABET, "virtual", "gone"]), min_size=1, max_size=3), max_size=3)


@given(
    st.fixed_dictionaries({name: st.tuples(GROUPS, st.booleans()) for name in ALPHABET}),
    st.lists(st.sampled_from(ALPHABET), max_size=3),
    st.lists(st.sampled_from([*ALPHABET, "virtual", "gone"]), max_size=2),
)
def test_a_closure_is_closed_and_depends_on_nothing_but_its_input(
    graph: Mapping[str, tuple[list[list[str]], bool]], roots: list[str], without: list[str]
) -> None:
    debs = [
        deb(name, ", ".join(" | ".join(group) for group in groups), provides="virtual" if virtual else "")
        for name, (groups, virtual) in graph.items()
    ]
    shelf = Shelf(*debs)
    try:
        found = resolve(shelf, roots, without)
    except UsageError:
        return
    except Problems:
        assert set(roots) & set(without)
        return
    assert found == resolve(Shelf(*reversed(debs)), roots[::-1], without[::-1])
    assert [package.name for package in found] == sorted({package.name for package in found})
    assert set(roots) <= {package.name for package in found}
    assert not set(without) & {package.name for package in found}
    for package in found:
        for group in package.depends:
            met = any(answers(other, wanted, "amd64") for wanted in group for other in found)
            left_out = any(
                wanted.name in without or any(provider.name in without for provider in shelf.providers(wanted.name))
                for wanted in group
            )
            assert met or left_out, (package.name, group)


def test_something_that_can_be_satisfied_is_found_whatever_the_alternatives() -> None:
    # Each package prefers one that cannot be: seven times the resolution starts again.
    chain = [deb(f"p{n}", f"bad{n} | p{n + 1}") for n in range(7)]
    bad = [deb(f"bad{n}", "gone") for n in range(7)]
    assert names(Shelf(*chain, *bad, deb("p7")), "p0") == [f"p{n}" for n in range(8)]

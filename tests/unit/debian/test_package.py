import pytest
from tests.support.debmirror import stanza

from lading.debian.control import Dependency, Provided
from lading.debian.package import Package, answers, read_package
from lading.errors import VerificationFailed

FIELDS = {
    "Package": "libfoo1",
    "Source": "foo (1.0-1)",
    "Version": "1.0-1+b1",
    "Architecture": "amd64",
    "Multi-Arch": "same",
    "Priority": "required",
    "Essential": "yes",
    "Installed-Size": "120",
    "Pre-Depends": "base",
    "Depends": "libc6 (>= 2.41), a | b",
    "Provides": "foo-abi (= 3)",
    "Conflicts": "foo0",
    "Breaks": "bar (<< 2)",
    "Filename": "pool/main/f/foo/libfoo1_1.0-1+b1_amd64.deb",
    "Size": "4321",
    "SHA256": "0" * 64,
}


def read(**fields: str) -> Package:
    text = stanza({name: value for name, value in {**FIELDS, **fields}.items() if value})
    return read_package(text, architecture="amd64", archive="debian", origin="release", where="Packages")


def test_a_package() -> None:
    assert read() == Package(
        name="libfoo1",
        version="1.0-1+b1",
        architecture="amd64",
        source="foo (1.0-1)",
        archive="debian",
        origin="release",
        path="pool/main/f/foo/libfoo1_1.0-1+b1_amd64.deb",
        digest=read().digest,
        size=4321,
        installed_size=120,
        priority="required",
        multi_arch="same",
        essential=True,
        depends=((Dependency("base"),), (Dependency("libc6", ">=", "2.41"),), (Dependency("a"), Dependency("b"))),
        provides=(Provided("foo-abi", "3"),),
        conflicts=(Dependency("foo0"), Dependency("bar", "<<", "2")),
    )


def test_what_a_stanza_may_leave_out() -> None:
    bare = read(Source="", Depends="", Provides="", Essential="", Priority="", **{"Multi-Arch": "", "Pre-Depends": ""})
    assert (bare.source, bare.depends, bare.provides, bare.essential, bare.multi_arch) == (
        "libfoo1",
        (),
        (),
        False,
        "no",
    )
    assert read(Architecture="all").architecture == "all"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("Package", "../x"),
        ("Package", "Foo"),
        ("Version", "1 2"),
        ("Version", ""),
        ("Architecture", "arm64"),
        ("Filename", "pool/../../etc/x.deb"),
        ("Filename", "http://elsewhere.example/x.deb"),
        ("Size", "-1"),
        ("Size", "9" * 30),
        ("Size", ""),
        ("SHA256", "0" * 63),
        ("SHA256", ""),
        ("Depends", "a ((>= 1)"),
    ],
)
def test_an_unsound_stanza_is_refused(field: str, value: str) -> None:
    with pytest.raises(VerificationFailed) as caught:
        read(**{field: value})
    assert caught.value.where.startswith("Packages")


@pytest.mark.parametrize(
    ("wanted", "answer"),
    [
        (Dependency("libfoo1"), True),
        (Dependency("libfoo1", ">=", "1.0"), True),
        (Dependency("libfoo1", ">>", "2"), False),
        (Dependency("libfoo1", "", "", "native"), True),
        (Dependency("libfoo1", "", "", "amd64"), True),
        (Dependency("libfoo1", "", "", "arm64"), False),
        (Dependency("libfoo1", "", "", "any"), False),
        (Dependency("foo-abi"), True),
        (Dependency("foo-abi", ">=", "3"), True),
        (Dependency("foo-abi", ">=", "4"), False),
        (Dependency("bare"), True),
        (Dependency("bare", ">=", "0"), False),
        (Dependency("other"), False),
    ],
)
def test_answers(wanted: Dependency, answer: bool) -> None:
    assert answers(read(Provides="foo-abi (= 3), bare"), wanted, "amd64") is answer


def test_a_package_that_allows_it_answers_any() -> None:
    assert answers(read(**{"Multi-Arch": "allowed"}), Dependency("libfoo1", "", "", "any"), "amd64")

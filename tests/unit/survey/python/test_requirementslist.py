import pytest
from hypothesis import given
from hypothesis import strategies as st

from lading.survey.python.lockfacts import closure
from lading.survey.python.requirementslist import lines_of, pip_indexes, pip_pins, read_listing, read_requirements

A, B, C = "a" * 64, "b" * 64, "c" * 40


def read(**files: str) -> dict[str, bytes]:
    return {name.replace("__", "/") + ".txt": text.encode() for name, text in files.items()}


def names(text: str) -> dict[str, str]:
    facts = read_requirements("requirements.txt", {"requirements.txt": text.encode()}.get)
    assert not facts.broken, facts.broken
    return {one.name: one.version for one in closure(facts, "3.13")}


def test_lines_go_on_behind_a_backslash_and_end_at_a_comment() -> None:
    text = "# all\na==1 \\\n--hash=x \\\n--hash=y\n\nb>=2 # why\nc#d\nlast \\\n"
    assert [(line.text.split(), line.number) for line in lines_of(text, "r.txt")] == [
        (["a==1", "--hash=x", "--hash=y"], 2), (["b>=2"], 6), (["c#d"], 7), (["last"], 8)
    ]  # fmt: skip


@pytest.mark.parametrize(("text", "found"), [
    ("Fast_API==1.0", {"fast-api": "1.0"}),
    ("uvicorn[standard]==0.30 ; python_version >= '3.11'", {"uvicorn": "0.30"}),
    ("colorama==1 ; sys_platform == 'win32'", {}),
    ("a==1 ; python_version < '3.12'\na==2 ; python_version >= '3.12'", {"a": "2"}),
    ("redis>=5", {"redis": ""}),
    ("a===1.0", {"a": "1.0"}),
    ("a==1.*", {"a": ""}),
    ("--index-url https://packages.example/simple\n-f vendor\n--pre\na==1", {"a": "1"}),
])  # fmt: skip
def test_requirements_of_every_kind(text: str, found: dict[str, str]) -> None:
    assert names(text) == found


def test_a_list_is_a_lock_when_every_line_has_a_hash() -> None:
    hashed = f"a==1 --hash=sha256:{A}\nb==2 \\\n  --hash=sha256:{B} --hash=sha256:{A}\n"
    assert read_requirements("requirements.txt", read(requirements=hashed).get).unhashed == ()
    assert read_requirements("requirements.txt", read(requirements=hashed + "c==1\n").get).unhashed == ("c",)
    assert read_requirements("requirements.txt", read(requirements="a==1 --hash=md5:abc\n").get).unhashed == ("a",)
    first, second = pip_pins("requirements.txt", read(requirements=hashed).get)
    assert (first.digests, second.digests) == ((f"sha256:{A}",), (f"sha256:{A}", f"sha256:{B}"))


def test_included_lists_and_constraints_are_found_from_where_they_are_named() -> None:
    files = read(
        requirements="-r needs/web.txt\n-c limits.txt\n", needs__web="-r more.txt\nweb==1\n", needs__more="deep==1\n",
        limits="web<2\nnobody==3\n",
    )  # fmt: skip
    listing = read_listing("requirements.txt", files.get)
    assert [one.edge.name for one in listing.entries] == ["deep", "web"]
    assert listing.files == ("limits.txt", "needs/more.txt", "needs/web.txt", "requirements.txt")


def test_lists_that_include_each_other_come_to_an_end() -> None:
    files = read(requirements="-r b.txt\na==1\n", b="-r requirements.txt\nb==1\n")
    assert [one.edge.name for one in read_listing("requirements.txt", files.get).entries] == ["b", "a"]


@pytest.mark.parametrize(("text", "source", "place", "commit", "name"), [
    (f"x @ git+https://git.example/x.git@{C}#subdirectory=lib", "git", "https://git.example/x.git", C, "x"),
    (f"-e git+https://git.example/x.git@{C}#egg=Y", "git", "https://git.example/x.git", C, "y"),
    ("x @ git+https://git.example/x.git@main", "git", "https://git.example/x.git@main", "", "x"),
    (f"x @ https://packages.example/x-1-py3-none-any.whl#sha256={A}", "url",
     "https://packages.example/x-1-py3-none-any.whl", "", "x"),
    (f"./vendor/x-1-py3-none-any.whl --hash=sha256:{A}", "file", "vendor/x-1-py3-none-any.whl", "", "x"),
])  # fmt: skip
def test_places_of_their_own(text: str, source: str, place: str, commit: str, name: str) -> None:
    (pin,) = pip_pins("requirements.txt", read(requirements=text).get)
    assert (pin.source, pin.place, pin.commit, pin.name) == (source, place, commit, name)


def test_folders_are_parts_and_the_project_itself_is_none() -> None:
    facts = read_requirements("requirements.txt", read(requirements="-e .\n-e ./libs/common\n./libs/other\n").get)
    assert [(node.name, node.place) for node in facts.nodes] == [("common", "libs/common"), ("other", "libs/other")]
    assert facts.unhashed == ()


def test_indexes_keep_the_names_of_variables() -> None:
    text = "-i https://${USER}:${PASS}@packages.example/simple\n--extra-index-url=https://more.example/simple\n--no-index\n"
    main, more, none = pip_indexes("requirements.txt", read(requirements=text).get)
    assert [one.url for one in main] == ["https://${USER}:${PASS}@packages.example/simple"]
    assert [one.url for one in more] == ["https://more.example/simple"]
    assert none


@pytest.mark.parametrize(("text", "told"), [
    ("-r missing.txt", "requirements.txt:1: there is no missing.txt in the repository"),
    ("a==1\n-r ../../etc/passwd", "requirements.txt:2: there is no ../../etc/passwd in the repository"),
    ("-r https://user:secret@host.example/list.txt?token=x", "is not in the repository"),
    ("what is this", "requirements.txt:1: 'what is this' is no requirement"),
])  # fmt: skip
def test_what_cannot_be_read_is_told_with_its_line(text: str, told: str) -> None:
    assert told in read_requirements("requirements.txt", read(requirements=text).get).broken


def test_credentials_in_the_address_of_a_list_are_not_told() -> None:
    text = "-r https://user:secret@host.example/list.txt\n"
    assert "secret" not in read_requirements("requirements.txt", read(requirements=text).get).broken


@given(st.text(max_size=200))
def test_any_text_is_a_list_or_is_told_to_be_none(text: str) -> None:
    facts = read_requirements("requirements.txt", {"requirements.txt": text.encode()}.get)
    assert facts.broken or closure(facts, "3.13") is not None

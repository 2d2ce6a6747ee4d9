import tarfile

from hypothesis import given
from hypothesis import strategies as st
from tests.unit.prove.samples import a_layer, an_image

from lading.prove.size import PackageSize, measure

SITE = "app/.venv/lib/python3.13/site-packages"


def hardlink(path: str, target: str) -> tarfile.TarInfo:
    info = tarfile.TarInfo(path)
    info.type, info.linkname = tarfile.LNKTYPE, target
    return info


def test_layers_and_packages() -> None:
    image = an_image(
        {
            "usr/lib/libc.so.6": b"c" * 1000,
            "usr/lib/libc.so": "-> libc.so.6",
            "var/lib/dpkg/status.d/libc6": b"Package: libc6\nVersion: 2.41\n",
            "var/lib/dpkg/status.d/libc6.md5sums": b"0123456789abcdef0123456789abcdef  usr/lib/libc.so.6\n",
            "etc/": "",
            "etc/passwd": b"root",
        },
        {f"{SITE}/httpx/__init__.py": b"h" * 300, f"{SITE}/httpx-0.28.1.dist-info/RECORD": b"httpx/__init__.py,,\n"},
        {"app/main.py": b"m" * 50},
        config={"WorkingDir": "/app"},
        history=[
            {"created_by": "lading: base"},
            {"created_by": "ENV X=1", "empty_layer": True},
            {"created_by": "lading: dependencies"},
            {"created_by": "COPY . /app"},
        ],
    )
    result = measure(image)
    assert result.manifest == image.digest
    assert result.platform == "linux/amd64"
    assert [(layer.title, layer.unpacked, layer.files) for layer in result.layers] == [
        ("base", 1000 + 29 + 52 + 4, 5),
        ("dependencies", 320, 2),
        ("COPY . /app", 50, 1),
    ]
    assert [layer.size for layer in result.layers] == [layer.descriptor.size for layer in image.layers]
    assert result.size == sum(layer.size for layer in result.layers)
    assert [(p.kind, p.name, p.version, p.size, p.files) for p in result.packages] == [
        ("debian", "libc6", "2.41", 1081, 3),
        ("python", "httpx", "0.28.1", 300, 1),
        ("application", "the application", "", 70, 2),
        ("other", "no package", "", 4, 2),
    ]


def test_what_later_layers_hide_is_still_there() -> None:
    image = an_image(
        {"a": b"1" * 10, "b/c": b"2" * 20, "b/d/e": b"3" * 30, "keep": b"4" * 40, "old/x": b"5" * 50},
        {"a": b"6", ".wh.b": b"", "old/.wh..wh..opq": b"", "old/y": b"7" * 7},
    )
    result = measure(image)
    assert result.unpacked == 158
    assert result.packages == (
        PackageSize(kind="hidden", name="hidden by later layers", version="", size=110, files=4),
        PackageSize(kind="other", name="no package", version="", size=48, files=3),
    )


def test_a_hard_link_takes_no_place() -> None:
    assert measure(an_image({"a": b"1" * 10, "b": hardlink("b", "a")})).unpacked == 10


def test_without_a_history_layers_are_numbered() -> None:
    result = measure(an_image({"a": b"1"}, {"b": b"2"}, history=[{"created_by": "x"}]))
    assert [layer.title for layer in result.layers] == ["layer 1", "layer 2"]


@given(
    st.lists(
        st.dictionaries(st.sampled_from(["a", "b", "c/d", "c/e", "c/f/g"]), st.binary(max_size=50), max_size=5),
        min_size=1,
        max_size=4,
    )
)
def test_every_byte_is_told_once(layers: list[dict[str, bytes]]) -> None:
    result = measure(an_image(*(a_layer(dict(layer)) for layer in layers)))
    assert result.unpacked == sum(len(data) for layer in layers for data in layer.values())
    assert sum(package.size for package in result.packages) == result.unpacked
    assert sum(package.files for package in result.packages) == sum(len(layer) for layer in layers)

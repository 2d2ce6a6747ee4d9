import json

from lading.prove.comparison import Comparison, Difference, Pair
from lading.report.comparison import render_json, render_text

FOUND = Comparison(
    unpacked=Pair(image=141_200_000, other=498_000_000),
    size=Pair(image=48_000_000, other=170_100_000),
    files=Pair(image=1204, other=23_456),
    packages=Pair(image=80, other=0),
    layers=Pair(image=4, other=5),
    differences=(
        Difference(kind="node", name="typescript", bytes=Pair(image=0, other=31_000_000)),
        Difference(kind="debian", name="tzdata", bytes=Pair(image=2_000_000, other=0)),
        Difference(kind="other", name="no package", bytes=Pair(image=1, other=2)),
    ),
)


def test_the_measures_and_the_largest_differences() -> None:
    text = render_text("storefront", "naive/\x1b[2JDockerfile", FOUND, platform="linux/amd64", top=2)
    assert text.splitlines() == [
        "storefront  linux/amd64",
        "against naive/\\x1b[2JDockerfile",
        "",
        "            the other      this  reduction",
        "on disk      498.0 MB  141.2 MB        72%",
        "compressed   170.1 MB   48.0 MB        72%",
        "files          23,456     1,204        95%",
        "packages            0        80",
        "layers              5         4        20%",
        "",
        "largest differences  kind    the other    this    saved",
        "typescript           Node      31.0 MB     0 B  31.0 MB",
        "tzdata               Debian        0 B  2.0 MB  -2.0 MB",
    ]


def test_images_of_the_same_content() -> None:
    same = Pair(image=10, other=10)
    found = Comparison(unpacked=same, size=same, files=same, packages=same, layers=same, differences=())
    text = render_text("a", "b", found, platform="linux/arm64")
    assert "differences" not in text
    assert "0%" in text


def test_a_little_more_is_nothing_more() -> None:
    more = Pair(image=1001, other=1000)
    found = Comparison(unpacked=more, size=more, files=more, packages=more, layers=more, differences=())
    assert "-" not in render_text("a", "b", found, platform="linux/arm64")


def test_json_has_everything() -> None:
    told = json.loads(render_json("storefront", "other:1", FOUND, platform="linux/amd64"))
    assert (told["image"], told["other"], told["platform"]) == ("storefront", "other:1", "linux/amd64")
    assert told["unpacked"] == {"image": 141_200_000, "other": 498_000_000, "reduction": 0.7165}
    assert told["packages"]["reduction"] == 0
    assert told["differences"][1] == {"kind": "debian", "name": "tzdata", "image": 2_000_000, "other": 0}
    assert len(told["differences"]) == 3

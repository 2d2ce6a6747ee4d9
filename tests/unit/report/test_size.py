import json

from lading.digest import digest_of
from lading.prove.size import ImageSize, LayerSize, PackageSize
from lading.report.size import render_json, render_text

DIGEST = digest_of(b"image")


def an_image(packages: int = 3) -> ImageSize:
    return ImageSize(
        manifest=DIGEST,
        platform="linux/amd64",
        size=34_900_000,
        unpacked=100_000_000,
        layers=(
            LayerSize(title="base", digest=DIGEST, size=13_900_000, unpacked=40_000_000, files=812),
            LayerSize(title="RUN " + "x" * 100, digest=DIGEST, size=21_000_000, unpacked=60_000_000, files=4310),
        ),
        packages=(
            *(
                PackageSize(kind="python", name=f"package-{n}", version="1.2.3", size=(9 - n) * 1_000_000, files=100)
                for n in range(packages)
            ),
            PackageSize(kind="application", name="the application", version="", size=40_000, files=14),
            PackageSize(kind="other", name="no package", version="", size=30_000, files=5),
        ),
    )


def test_layers_and_the_largest_packages() -> None:
    assert render_text("team/app:1", an_image(), top=2).splitlines() == [
        "team/app:1  linux/amd64",
        DIGEST,
        "",
        "layer                                                compressed  unpacked  files",
        "base                                                    13.9 MB   40.0 MB    812",
        "RUN xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…     21.0 MB   60.0 MB  4,310",
        "─" * 80,
        "total                                                   34.9 MB  100.0 MB  5,122",
        "",
        "package          version  kind    unpacked      files",
        "package-0        1.2.3    Python    9.0 MB  9%    100",
        "package-1        1.2.3    Python    8.0 MB  8%    100",
        "the application                    40.0 kB  0%     14",
        "─" * 53,
        "2 smaller ones                      7.0 MB  7%    105",
    ]


def test_all_packages_fit() -> None:
    text = render_text("app", an_image())
    assert "smaller" not in text
    assert "no package" in text


def test_it_fits_80_columns() -> None:
    assert max(map(len, render_text("app", an_image(9)).splitlines())) <= 80


def test_json_has_everything() -> None:
    told = json.loads(render_json("app", an_image()))
    assert told["image"] == "app"
    assert [layer["title"] for layer in told["layers"]] == ["base", "RUN " + "x" * 100]
    assert len(told["packages"]) == 5
    assert told["packages"][0] == {
        "kind": "python", "name": "package-0", "version": "1.2.3", "size": 9_000_000, "files": 100,
    }  # fmt: skip

import json

import pytest
from tools.figures.__main__ import README, replaced
from tools.figures.measure import ROOT, Image, Measured
from tools.figures.proof import proof_section, prove
from tools.figures.single_stage import Saved
from tools.figures.systems import SYSTEMS, SingleStage, System
from tools.figures.table import section

SHOP = System(
    folder="shop",
    record="How we ship",
    base="alpine",
    user="",
    sizes={"web": "~150 MB"},
    first="~90 s",
    changed="",
    edit="main.py",
    remark="#",
    starts={"web": {}},
)


def image(service: str, unpacked: int, programs: int = 0) -> Image:
    return Image(
        service=service,
        base="distroless",
        user="1:1",
        unpacked=unpacked,
        programs=programs,
        size=unpacked // 3,
        packages=12,
        files=3456,
    )


def test_one_image() -> None:
    found = Measured(images=(image("web", 123_456_789),), first=4.06, changed=0.214, nothing=0.05, healthy={"web": 1.2})
    assert section(SHOP, found) == [
        "## [shop](shop/README.md)",
        "",
        "*How we ship*",
        "",
        "| | the record | measured |",
        "|---|---|---|",
        "| image on disk | ~150 MB | 123.5 MB |",
        "| image compressed | – | 41.2 MB |",
        "| packages in it | – | 12 |",
        "| files in it | – | 3,456 |",
        "| base | alpine | distroless |",
        "| user | – | 1:1 |",
        "| first build | ~90 s | 4.1 s |",
        "| build after a changed line | – | 0.21 s |",
        "| build with nothing changed | – | 0.05 s |",
        "| healthy after | – | 1.2 s |",
    ]


def test_what_a_single_stage_takes() -> None:
    system = SHOP._replace(single={"web": SingleStage("naive/Dockerfile", ".", "~500 MB", "~70%")})
    found = Measured(images=(image("web", 150_000_000),), first=1, changed=1, nothing=1, healthy={})
    lines = section(system, found._replace(single={"web": Saved(480_000_000, 0.6875)}))
    assert "| single-stage image of web on disk, on a stand-in base | ~500 MB | 480.0 MB |" in lines
    assert "| saved of it by web | ~70% | 69% |" in lines
    assert (
        "| single-stage image of web on disk, on a stand-in base | ~500 MB | not measured: no builder was there |"
        in section(system, found)
    )


@pytest.mark.parametrize(("number", "shown"), [(2, 2), (21, 1)])
def test_many_images_are_shown_by_the_largest(number: int, shown: int) -> None:
    images = tuple(image(f"service-{position}", 10_000_000 + position * 1_000_000) for position in range(number))
    lines = section(SHOP, Measured(images=images, first=1, changed=1, nothing=1, healthy={}))
    named = [line for line in lines if line.startswith("| image of")]
    assert len(named) == 2 * shown
    assert f"service-{number - 1} on disk" in named[-2]
    assert f"| all {number} images on disk | – | {sum(one.unpacked for one in images) / 1e6:.1f} MB |" in lines
    assert "| healthy after | – | not started: no container runtime was there |" in lines


def test_compiled_programs_are_told_apart_from_what_lies_around_them() -> None:
    images = (image("web", 12_300_000, programs=10_000_000),)
    lines = section(SHOP, Measured(images=images, first=1, changed=1, nothing=1, healthy={}))
    assert "| image beside its own programs | – | 2.3 MB |" in lines


def test_what_was_proven_stands_beside_what_the_record_says() -> None:
    document = {
        "proofs": [
            {
                "requirements": [
                    {"title": "Non-root user", "status": "met", "implementation": "UID 1000", "evidence": "a|b"},
                    {"title": "Scanned", "status": "not looked at", "implementation": "", "evidence": "no scanner"},
                ]
            }
        ]
    }
    system = SHOP._replace(starts={"web": {"KEY": "x"}}, table={"Non-root user": "appuser"})
    asked: list[tuple[str, ...]] = []

    def attempt(*words: str) -> str:
        asked.append(words)
        return json.dumps(document)

    assert proof_section(system, prove(system, attempt)) == [
        "`lading prove web`: 1 met, 1 not looked at (Scanned).",
        "",
        "| Requirement | the record | Status | Implementation |",
        "|---|---|---|---|",
        "| Non-root user | appuser | ✅ met | UID 1000; a\\|b |",
        "| Scanned | – | ❔ not looked at | no scanner |",
    ]
    assert asked == [("prove", "web", "--format", "json", "--env", "KEY=x")]


def test_the_page_has_a_place_for_every_system_and_every_file_is_there() -> None:
    text = README.read_text("utf-8")
    for system in SYSTEMS:
        for part in ("figures", "proof"):
            assert replaced(text, f"{part}: {system.folder}", ["x"]).count("<!-- end -->") == 2 * len(SYSTEMS)
        assert (ROOT / "examples" / system.folder / system.edit).is_file()
    with pytest.raises(ValueError, match="figures: nothing"):
        replaced(text, "figures: nothing", [])

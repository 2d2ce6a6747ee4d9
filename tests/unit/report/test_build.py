import json

import msgspec
import pytest

from lading.assemble.result import BuildReport, LayerReport, PlatformReport, Reason, StepReport
from lading.digest import digest_of
from lading.report.build import MOST_REASONS, render_json, render_text

DIGEST, OTHER = digest_of(b"image"), digest_of(b"other")
HTTPX = Reason(input="uv.lock: httpx", before="0.28.1", after="0.28.2")


def a_platform(name: str = "linux/amd64") -> PlatformReport:
    layers = (
        LayerReport(title="base", digest=DIGEST, size=13_912_000, unpacked=38_412_000, files=812, reused=True),
        LayerReport(
            title="dependencies", digest=DIGEST, size=21_012_000, unpacked=71_212_000, files=4310, reused=False
        ),
    )
    return PlatformReport(platform=name, manifest=DIGEST, layers=layers, size=34_924_000, unpacked=109_624_000)


def a_step(name: str, *, reused: bool = False, first: bool = False, reasons: tuple[Reason, ...] = ()) -> StepReport:
    return StepReport(
        step=name,
        platform="linux/amd64",
        reused=reused,
        seconds=1.21,
        made=0 if reused else 1,
        kept=24,
        reasons=reasons,
        first=first,
    )


def a_report(
    *steps: StepReport,
    platforms: tuple[str, ...] = ("linux/amd64",),
    budget: int | None = None,
    delivered: tuple[str, ...] = (),
    notes: tuple[str, ...] = (),
) -> BuildReport:
    return BuildReport(
        service="riskshield",
        image="registry.example/team/riskshield:1.4.2",
        digest=DIGEST,
        platforms=tuple(map(a_platform, platforms)),
        steps=steps,
        seconds=1.31,
        budget=budget,
        within_budget=None if budget is None else budget >= 109_624_000,
        delivered=delivered,
        notes=notes,
    )


def test_a_build_is_told_in_full() -> None:
    report = a_report(
        a_step("base", reused=True), a_step("dependencies"), budget=200_000_000, delivered=("pushed to r.example",)
    )
    assert render_text(report).splitlines() == [
        "registry.example/team/riskshield:1.4.2",
        DIGEST,
        "",
        "layer         compressed  unpacked  files",
        "base             13.9 MB   38.4 MB    812  reused",
        "dependencies     21.0 MB   71.2 MB  4,310  made",
        "────────────────────────────────────────────────────────",
        "total            34.9 MB  109.6 MB  5,122  55% of 200 MB",
        "",
        "pushed to r.example",
        "made dependencies (1 segment made, 48 reused) in 1.3 s",
    ]


def test_each_platform_has_its_total() -> None:
    text = render_text(a_report(platforms=("linux/amd64", "linux/arm64")))
    assert [line for line in text.splitlines() if line.startswith("linux/")] == ["linux/amd64", "linux/arm64"]
    assert text.count("  total ") == 2


def test_nothing_changed() -> None:
    text = render_text(a_report(a_step("base", reused=True)))
    assert text.endswith("nothing changed: all was reused, in 1.3 s")


def test_the_time_may_be_told_otherwise() -> None:
    assert render_text(a_report(), took="no time").endswith("nothing changed: all was reused, in no time")


def test_what_is_over_the_budget_says_by_how_much() -> None:
    text = render_text(a_report(budget=100_000_000))
    assert "110% of 100 MB" in text
    assert "over budget: 109.6 MB on disk, 9.6 MB over the budget of 100 MB" in text


def test_a_little_over_the_budget_is_not_told_as_all_of_it() -> None:
    assert "101% of 109.6 MB" in render_text(a_report(budget=109_600_000))


def test_notes_are_told() -> None:
    assert "note: the port is a guess" in render_text(a_report(notes=("the port is a guess",)))


def test_explained_reuse_names_the_input_that_changed() -> None:
    steps = (
        a_step("base", reused=True),
        a_step("dependencies", reasons=(HTTPX, Reason(input="uv.lock: rich", before="", after="14.0"))),
        a_step("application", reasons=(Reason(input="src/main.py", before="", after=""),)),
        a_step("accounts", reasons=(Reason(input="user", before="app", after=""),)),
    )
    lines = render_text(a_report(*steps), explain=True).splitlines()
    at = lines.index("step          platform              time  segments")
    assert lines[at + 1 : at + 9] == [
        "base          linux/amd64  reused  1.2 s  24 kept",
        "dependencies  linux/amd64  made    1.2 s  1 made, 24 kept",
        "  because uv.lock: httpx 0.28.1 → 0.28.2",
        "  because uv.lock: rich 14.0 was added",
        "application   linux/amd64  made    1.2 s  1 made, 24 kept",
        "  because src/main.py changed",
        "accounts      linux/amd64  made    1.2 s  1 made, 24 kept",
        "  because user app was removed",
    ]


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (DIGEST, OTHER, "main.py changed"),
        ("", OTHER, "main.py was added"),
        (DIGEST, "", "main.py was removed"),
        (f"1.0 {DIGEST}", f"1.0 {OTHER}", f"main.py 1.0 {DIGEST[:19]}… → 1.0 {OTHER[:19]}…"),
        ("1", DIGEST, f"main.py 1 → {DIGEST[:19]}…"),
    ],
)
def test_digests_are_not_for_reading(before: str, after: str, said: str) -> None:
    reason = Reason(input="main.py", before=before, after=after)
    text = render_text(a_report(a_step("application", reasons=(reason,))), explain=True)
    assert f"  because {said}\n" in text


def test_a_first_build_and_a_lost_result_are_explained_too() -> None:
    text = render_text(a_report(a_step("base", first=True), a_step("application")), explain=True)
    assert "because it is the first build" in text
    assert "because its result is no longer in the store" in text


def test_many_reasons_are_counted() -> None:
    reasons = tuple(Reason(input=f"uv.lock: p{n}", before="1", after="2") for n in range(MOST_REASONS + 3))
    text = render_text(a_report(a_step("dependencies", reasons=reasons)), explain=True)
    assert text.count("because uv.lock") == MOST_REASONS
    assert "because of 3 more changes" in text


def test_it_fits_80_columns() -> None:
    steps = (a_step("dependencies", reasons=(HTTPX,)), a_step("a-step-with-a-name"))
    report = a_report(*steps, platforms=("linux/amd64", "linux/arm64"), budget=100_000_000)
    assert max(map(len, render_text(report, explain=True).splitlines())) <= 80


def test_colours_only_when_asked() -> None:
    report = a_report(a_step("base"), budget=1)
    assert "\x1b[" not in render_text(report, explain=True)
    assert "\x1b[31mover budget\x1b[0m" in render_text(report, colour=True)


def test_names_cannot_steer_the_terminal() -> None:
    reason = Reason(input="uv.lock: \x1b[2J", before="1", after="2")
    text = render_text(a_report(a_step("dependencies", reasons=(reason,)), notes=("\x1b]0;x\x07",)), explain=True)
    assert "\x1b" not in text


def test_json_has_every_field_and_every_build() -> None:
    report = a_report(a_step("dependencies", reasons=(HTTPX,)), budget=200_000_000)
    (first, second) = json.loads(render_json([report, report]))["builds"]
    assert first == second
    assert first["digest"] == DIGEST
    assert first["platforms"][0]["layers"][1]["unpacked"] == 71_212_000
    assert first["steps"][0]["reasons"] == [{"input": "uv.lock: httpx", "before": "0.28.1", "after": "0.28.2"}]
    assert first["within_budget"] is True


def test_what_an_engine_does_not_say_is_left_open() -> None:
    steps = [msgspec.structs.replace(a_step(f"build {at}/2 RUN x", reused=at == 1), reasons=None) for at in (1, 2)]
    layer = LayerReport(title="COPY a", digest=DIGEST, size=1000, unpacked=-1, files=-1, reused=None)
    platform = PlatformReport(platform="linux/amd64", manifest=DIGEST, layers=(layer,), size=1000, unpacked=-1)
    text = render_text(msgspec.structs.replace(a_report(*steps), platforms=(platform,)), explain=True)
    assert [line.rstrip() for line in text.splitlines() if "COPY a" in line or "total" in line] == [
        "COPY a      1.0 kB",
        "total       1.0 kB",
    ]
    assert "ran 1 of 2 steps in 1.3 s" in text
    assert "because" not in text

import msgspec
from tests.unit.report.test_build import a_report, a_step

from lading.assemble.result import BuildReport
from lading.digest import hex_of
from lading.report.fleet import FEW, render_reports


def reports(number: int, **changes: object) -> list[BuildReport]:
    first = a_report(a_step("base", reused=True), a_step("application"), budget=200_000_000, notes=("a guess",))
    made = [msgspec.structs.replace(first, service=f"service-{at}", **changes) for at in range(number)]
    return [msgspec.structs.replace(made[0], steps=(), notes=("its own",)), *made[1:]]


def test_many_services_are_told_on_a_line_each() -> None:
    lines = render_reports(reports(FEW + 1), took="2.3 s").splitlines()
    assert lines == [
        "service    digest        compressed  unpacked  budget                time",
        f"service-0  {hex_of(reports(1)[0].digest)[:12]}     34.9 MB  109.6 MB     55%  reused",
        *(
            f"service-{at}  {hex_of(reports(1)[0].digest)[:12]}     34.9 MB  109.6 MB     55%  application  1.3 s"
            for at in (1, 2, 3)
        ),
        "",
        "note: service-0: its own",
        "note: service-1, service-2, service-3: a guess",
        "made 3 of 4 services in 2.3 s",
    ]


def test_no_budget_no_column() -> None:
    assert "budget" not in render_reports(reports(FEW + 1, budget=None), took="1 s")


def test_few_services_and_those_to_be_explained_are_told_layer_by_layer() -> None:
    for text in (render_reports(reports(FEW), took="1 s"), render_reports(reports(FEW + 1), took="1 s", explain=True)):
        assert text.count("layer ") >= FEW
    assert "in 7 s" in render_reports(reports(1), took="7 s"), "the time of a build alone is that of the command"
    assert "in 1.3 s" in render_reports(reports(2), took="7 s")

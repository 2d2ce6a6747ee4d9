from lading.check.suppress import judge, suppressions
from lading.finding import Finding, Place, Span

TEXT = """\
# lading global ignore=no-labels -- the release job sets them
# lading ignore=base-not-pinned, other -- tags of ours never move
FROM company/base:2
# lading ignore=root-user
USER root
RUN a \\
    # lading ignore=hadolint/DL3008 -- it is the newest by decision
    && b
"""
BLOCKS = [(3, 3), (5, 5), (6, 8)]


def at(rule: str, line: int, tool: str = "") -> Finding:
    place = Place(path="Dockerfile", span=Span(line, 1, line, 2))
    return Finding(rule=rule, severity="warning", message="m", place=place, tool=tool)


def judged(*findings: Finding, text: str = TEXT) -> tuple[list[tuple[str, int]], list[tuple[str, str]]]:
    kept, left_out = judge("Dockerfile", findings, suppressions(text, BLOCKS))
    where = [(one.rule, one.place.span.line if one.place.span else 0) for one in kept]
    return where, [(one.rule, reason) for one, reason in left_out]


def test_a_comment_is_for_the_instruction_below_it_and_around_it() -> None:
    everything = (
        at("base-not-pinned", 3), at("other", 3), at("no-labels", 8), at("DL3008", 6, "hadolint"), at("root-user", 5),
    )  # fmt: skip
    kept, left_out = judged(*everything, at("base-not-pinned", 6))
    assert left_out == [
        ("base-not-pinned", "tags of ours never move"),
        ("other", "tags of ours never move"),
        ("no-labels", "the release job sets them"),
        ("DL3008", "it is the newest by decision"),
    ]
    assert kept == [("root-user", 5), ("base-not-pinned", 6), ("suppression-without-reason", 4)]


def test_what_suppresses_nothing_is_told() -> None:
    kept, _ = judged(at("root-user", 5))
    assert kept == [
        ("root-user", 5), ("suppression-unused", 1), ("suppression-unused", 2), ("suppression-unused", 2),
        ("suppression-without-reason", 4), ("suppression-unused", 7),
    ]  # fmt: skip


def test_other_comments_say_nothing() -> None:
    text = "# lading is not told to ignore=this\nFROM a\n# see lading ignore=x -- y\n"
    assert suppressions(text, [(2, 2)]) == ()

from collections.abc import Sequence

from lading.check.effects.asked import Arguments, Word


def words(*texts: str | None) -> Sequence[Word]:
    return [Word(text) for text in texts]


def test_options_and_operands() -> None:
    args = Arguments(words("-xzf", "a.tar", "-C", "/opt", "--strip-components=1", "b", "--", "-c"), ("-f", "-C"))
    assert args.has("-x")
    assert args.has("--strip-components")
    assert (args.text("-f"), args.text("-C"), args.text("--strip-components"), args.text("-o")) == (
        "a.tar",
        "/opt",
        "1",
        "",
    )
    assert args.plain == ["b", "-c"]
    assert not args.vague


def test_a_word_that_is_not_known() -> None:
    args = Arguments(words("-o", None, None, "x"), ("-o",))
    assert args.text("-o") is None
    assert args.plain == [None, "x"]
    assert args.vague


def test_a_pattern_is_no_plain_word() -> None:
    assert Arguments([Word("*.sh", pattern=True), Word("a")]).plain == [None, "a"]


def test_long_options_with_one_dash() -> None:
    args = Arguments(words("-o", "/server", "-ldflags=-s -w", "./cmd"), ("-o", "-ldflags"), single=True)
    assert (args.text("-o"), args.text("-ldflags"), args.plain) == ("/server", "-s -w", ["./cmd"])


def test_the_first_operand_may_end_the_options() -> None:
    args = Arguments(words("-q", "run", "--flag"), stops=True)
    assert (args.has("-q"), args.has("--flag"), args.plain) == (True, False, ["run", "--flag"])


def test_an_option_at_the_end_that_lacks_its_value() -> None:
    assert Arguments(words("x", "-o"), ("-o",)).text("-o") is None

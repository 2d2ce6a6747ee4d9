import pytest

from src.risk import Assessment, RiskLevel, Score


@pytest.mark.parametrize(
    ("score", "level"),
    [
        (0, RiskLevel.LOW),
        (29, RiskLevel.LOW),
        (30, RiskLevel.MEDIUM),
        (69, RiskLevel.MEDIUM),
        (70, RiskLevel.HIGH),
        (100, RiskLevel.HIGH),
    ],
)
def test_level_follows_the_score(score: int, level: RiskLevel) -> None:
    assert Assessment.of(Score(reference="rs-1", score=score)).level is level

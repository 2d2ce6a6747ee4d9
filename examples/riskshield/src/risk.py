"""The words of the domain: an applicant is scored, and the score has a level."""

from enum import StrEnum
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, PastDate, StringConstraints

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
DocumentNumber = Annotated[str, StringConstraints(pattern=r"^[0-9A-Z-]{4,32}$")]


class Applicant(BaseModel):
    """A person as their identity document shows them; ``country`` is its issuer, as ISO 3166-1 alpha-2."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    first_name: Name
    last_name: Name
    date_of_birth: PastDate
    country: Country
    document_number: DocumentNumber


class Score(BaseModel):
    """RiskShield's answer: 0 is no risk, 100 the highest; ``reference`` is how its support finds the case."""

    model_config = ConfigDict(frozen=True)

    reference: str = Field(min_length=1, max_length=100)
    score: int = Field(ge=0, le=100)


class RiskLevel(StrEnum):
    """What onboarding acts on: approve, look closer, or decline."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"

    @classmethod
    def of(cls, score: int) -> Self:
        """The level of a score: low below 30, high from 70."""
        return cls("low" if score < 30 else "medium" if score < 70 else "high")


class Assessment(Score):
    """A score with its level."""

    level: RiskLevel

    @classmethod
    def of(cls, score: Score) -> Self:
        """What this service adds to RiskShield's answer."""
        return cls(reference=score.reference, score=score.score, level=RiskLevel.of(score.score))

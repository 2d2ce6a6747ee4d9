"""The business of this service: an applicant in, an assessment out."""

from typing import Annotated

from fastapi import APIRouter, Depends

from src.api.problems import Problem
from src.correlation import correlation_id
from src.risk import Applicant, Assessment
from src.services import Services, services

router = APIRouter(prefix="/api/v1", tags=["validate"])


@router.post("/validate", responses={status: {"model": Problem} for status in (422, 502, 503, 504)})
async def validate(
    applicant: Applicant,
    services: Annotated[Services, Depends(services)],
    correlation_id: Annotated[str, Depends(correlation_id)],
) -> Assessment:
    """Has RiskShield score the applicant. Calling twice is safe: nothing is stored here."""
    return Assessment.of(await services.upstream.score(applicant, correlation_id=correlation_id))

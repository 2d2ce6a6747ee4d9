"""The business of this service: something comes or goes, and is booked once."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field, model_validator
from sqlalchemy import select

from src import book
from src.models import Movement
from src.stores import SessionHere, StoresHere
from src.tokens import Caller

router = APIRouter(prefix="/api/v1", tags=["movements"])


class MovementText(BaseModel):
    """So many come (positive) or go (negative). ``reference`` is the caller's own."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    reference: UUID
    sku: str = Field(pattern=r"^[A-Z0-9][A-Z0-9-]{0,31}$")
    place: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,31}$")
    quantity: int = Field(ge=-1_000_000, le=1_000_000)
    reason: str = Field(min_length=1, max_length=200)

    @model_validator(mode="after")
    def _moves(self) -> Self:
        if self.quantity == 0:
            raise ValueError("a movement of nothing is none")
        return self


class MovementView(BaseModel):
    """A movement as it was booked."""

    model_config = ConfigDict(from_attributes=True)

    reference: UUID
    sku: str
    place: str
    quantity: int
    reason: str
    booked_by: str
    booked_at: datetime


class BookedView(MovementView):
    """A movement, and how many its place holds now."""

    held: int


@router.post("/movements", status_code=201, responses={200: {"model": BookedView}})
async def move(
    said: MovementText, caller: Caller, session: SessionHere, stores: StoresHere, response: Response
) -> BookedView:
    """Books a movement (201). The same reference again is answered with what was booked (200)."""
    booked = await book.book(session, book.Asked(**said.model_dump(), booked_by=caller))
    if booked.new:
        await stores.jobs.review(said.sku)
    else:
        response.status_code = 200
    view = MovementView.model_validate(booked.movement)
    return BookedView(**view.model_dump(), held=booked.held)


@router.get("/movements")
async def movements(
    _: Caller,
    session: SessionHere,
    sku: Annotated[str, Query(max_length=32)],
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> Sequence[MovementView]:
    """The newest movements of an item."""
    asked = select(Movement).where(Movement.sku == sku).order_by(Movement.booked_at.desc(), Movement.reference)
    return [MovementView.model_validate(one) for one in await session.scalars(asked.limit(limit))]

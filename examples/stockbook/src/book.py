"""The book itself: movements change holdings, in one transaction and never below nothing."""

from typing import NamedTuple
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from src.errors import NotEnough, ReferenceTaken, UnknownItem
from src.models import Holding, Item, Movement, Reorder


class Asked(NamedTuple):
    """A movement as a caller asks for it: so many come (positive) or go (negative)."""

    reference: UUID
    sku: str
    place: str
    quantity: int
    reason: str
    booked_by: str


class Booked(NamedTuple):
    """A movement, what its place holds now, and whether this call booked it or one before."""

    movement: Movement
    held: int
    new: bool


async def book(session: AsyncSession, asked: Asked) -> Booked:
    """Books a movement. The same reference a second time changes nothing and is answered like the first.

    Raises:
        UnknownItem, NotEnough, ReferenceTaken: nothing was booked.
    """
    # The item's row is the lock of all its holdings: movements of one item come one after the other.
    item = await session.get(Item, asked.sku, with_for_update=True)
    if item is None:
        raise UnknownItem(f"there is no item {asked.sku}")
    holding = await session.get(Holding, (asked.sku, asked.place))
    before = holding.quantity if holding else 0
    known = await session.get(Movement, asked.reference)
    if known is not None:
        return Booked(_same(known, asked), before, new=False)
    held = before + asked.quantity
    if held < 0:
        raise NotEnough(f"{asked.place} holds {before} of {asked.sku}, and {-asked.quantity} were to go")
    if holding is None:
        session.add(Holding(sku=asked.sku, place=asked.place, quantity=held))
    else:
        holding.quantity = held
    movement = Movement(**asked._asdict())
    session.add(movement)
    try:
        await session.commit()
    except IntegrityError as error:  # the reference was used for another item in this very moment
        raise _taken(asked) from error
    return Booked(movement, held, new=True)


async def review(session: AsyncSession, sku: str) -> Reorder | None:
    """Orders an item again when little is left, takes that back when there is enough; what is to be ordered, if any.

    May be done at any time and any number of times.
    """
    item = await session.get(Item, sku, with_for_update=True)
    if item is None:
        return None
    held = await session.scalar(select(func.coalesce(func.sum(Holding.quantity), 0)).where(Holding.sku == sku)) or 0
    reorder = await session.get(Reorder, sku)
    if held >= item.reorder_level and reorder is not None:
        await session.delete(reorder)
        reorder = None
    elif held < item.reorder_level and reorder is None:
        reorder = Reorder(sku=sku, quantity=item.reorder_quantity)
        session.add(reorder)
    await session.commit()
    return reorder


def _same(known: Movement, asked: Asked) -> Movement:
    if (known.sku, known.place, known.quantity) != (asked.sku, asked.place, asked.quantity):
        raise _taken(asked)
    return known


def _taken(asked: Asked) -> ReferenceTaken:
    return ReferenceTaken(f"{asked.reference} is the reference of another movement")

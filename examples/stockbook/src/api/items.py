"""Items, what is held of them, and what is to be ordered again."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select

from src.errors import UnknownItem
from src.models import Holding, Item, Reorder
from src.stores import SessionHere, StoresHere
from src.tokens import caller

router = APIRouter(prefix="/api/v1", tags=["items"], dependencies=[Depends(caller)])
Sku = Annotated[str, Path(pattern=r"^[A-Z0-9][A-Z0-9-]{0,31}$")]


class ItemText(BaseModel):
    """What is said of an item. Below ``reorder_level``, ``reorder_quantity`` are ordered."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    name: str = Field(min_length=1, max_length=200)
    reorder_level: int = Field(default=0, ge=0, le=1_000_000)
    reorder_quantity: int = Field(default=1, ge=1, le=1_000_000)


class ItemView(ItemText):
    """An item, and how many of it each place holds."""

    sku: str
    holdings: dict[str, int]


class ReorderView(BaseModel):
    """An item that has run low, since when, and how many to order."""

    model_config = ConfigDict(from_attributes=True)

    sku: str
    quantity: int
    since: datetime


@router.put("/items/{sku}", responses={201: {"model": ItemView}})
async def enter(sku: Sku, said: ItemText, session: SessionHere, stores: StoresHere, response: Response) -> ItemView:
    """Enters an item (201), or changes what is said of it (200)."""
    item = await session.get(Item, sku)
    if item is None:
        session.add(item := Item(sku=sku, **said.model_dump()))
        response.status_code = 201
    else:
        for name, value in said.model_dump().items():
            setattr(item, name, value)
    await session.commit()
    await stores.jobs.review(sku)
    return await _view(session, item)


@router.get("/items/{sku}")
async def look(sku: Sku, session: SessionHere) -> ItemView:
    """An item with its holdings."""
    item = await session.get(Item, sku)
    if item is None:
        raise UnknownItem(f"there is no item {sku}")
    return await _view(session, item)


@router.get("/reorders")
async def reorders(session: SessionHere) -> Sequence[ReorderView]:
    """What is to be ordered again, by item."""
    return [ReorderView.model_validate(one) for one in await session.scalars(select(Reorder).order_by(Reorder.sku))]


async def _view(session: SessionHere, item: Item) -> ItemView:
    held = await session.scalars(select(Holding).where(Holding.sku == item.sku).order_by(Holding.place))
    return ItemView(
        sku=item.sku,
        name=item.name,
        reorder_level=item.reorder_level,
        reorder_quantity=item.reorder_quantity,
        holdings={one.place: one.quantity for one in held},
    )

"""What is kept: items, movements of them, what is held where, and what is to be ordered again."""

from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, ForeignKey, Index, String
from sqlalchemy.ext.asyncio import AsyncAttrs
from sqlalchemy.orm import DeclarativeBase, Mapped, MappedAsDataclass, mapped_column


def now() -> datetime:
    """This moment, in UTC."""
    return datetime.now(UTC)


class Base(AsyncAttrs, MappedAsDataclass, DeclarativeBase, kw_only=True):
    """All tables; the migrations are compared with them by the tests."""


class Item(Base):
    """A thing that is kept in stock. Below ``reorder_level`` in all places together, more is ordered."""

    __tablename__ = "items"

    sku: Mapped[str] = mapped_column(String(32), primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    reorder_level: Mapped[int]
    reorder_quantity: Mapped[int]


class Movement(Base):
    """So many came (positive) or went (negative). ``reference`` is the caller's own: nothing is booked twice."""

    __tablename__ = "movements"
    __table_args__ = (
        CheckConstraint("quantity <> 0", name="quantity_moves"),
        Index("movements_of_item", "sku", "booked_at"),
    )

    reference: Mapped[UUID] = mapped_column(primary_key=True)
    sku: Mapped[str] = mapped_column(String(32), ForeignKey("items.sku"))
    place: Mapped[str] = mapped_column(String(32))
    quantity: Mapped[int]
    reason: Mapped[str] = mapped_column(String(200))
    booked_by: Mapped[str] = mapped_column(String(64))
    booked_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), default_factory=now)


class Holding(Base):
    """How many of an item are in a place: the sum of its movements there, kept with them in one transaction."""

    __tablename__ = "holdings"
    __table_args__ = (CheckConstraint("quantity >= 0", name="quantity_there"),)

    sku: Mapped[str] = mapped_column(String(32), ForeignKey("items.sku"), primary_key=True)
    place: Mapped[str] = mapped_column(String(32), primary_key=True)
    quantity: Mapped[int]


class Reorder(Base):
    """An item that has run low, and how many to order. The worker writes it, and removes it when there is enough."""

    __tablename__ = "reorders"

    sku: Mapped[str] = mapped_column(String(32), ForeignKey("items.sku"), primary_key=True)
    quantity: Mapped[int]
    since: Mapped[datetime] = mapped_column(DateTime(timezone=True), default_factory=now)

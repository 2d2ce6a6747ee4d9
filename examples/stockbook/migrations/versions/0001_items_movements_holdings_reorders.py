"""Items, movements, holdings, reorders."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0001"
down_revision: str | None = None
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    """Makes the first tables."""
    op.create_table(
        "items",
        sa.Column("sku", sa.String(32), primary_key=True),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("reorder_level", sa.Integer(), nullable=False),
        sa.Column("reorder_quantity", sa.Integer(), nullable=False),
    )
    op.create_table(
        "movements",
        sa.Column("reference", sa.Uuid(), primary_key=True),
        sa.Column("sku", sa.String(32), sa.ForeignKey("items.sku"), nullable=False),
        sa.Column("place", sa.String(32), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(200), nullable=False),
        sa.Column("booked_by", sa.String(64), nullable=False),
        sa.Column("booked_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("quantity <> 0", name="quantity_moves"),
    )
    op.create_index("movements_of_item", "movements", ["sku", "booked_at"])
    op.create_table(
        "holdings",
        sa.Column("sku", sa.String(32), sa.ForeignKey("items.sku"), primary_key=True),
        sa.Column("place", sa.String(32), primary_key=True),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.CheckConstraint("quantity >= 0", name="quantity_there"),
    )
    op.create_table(
        "reorders",
        sa.Column("sku", sa.String(32), sa.ForeignKey("items.sku"), primary_key=True),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
    )


def downgrade() -> None:
    """Takes them back, with all that is in them."""
    for table in ("reorders", "holdings", "movements", "items"):
        op.drop_table(table)

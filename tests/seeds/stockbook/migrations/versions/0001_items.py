"""Make the table of what there is."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make it."""
    op.create_table("items", sa.Column("sku", sa.String(40), primary_key=True))


def downgrade() -> None:
    """Drop it."""
    op.drop_table("items")

"""Sealed signing keys, and what code the tables work with."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None
works_from = "0001"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "signing_keys",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("sealed_by", sa.String(16), nullable=False),
        sa.Column("created", sa.Double, nullable=False),
        sa.Column("signs_from", sa.Double, nullable=False),
    )
    op.create_table(
        "compatibility",
        sa.Column("revision", sa.String(32), primary_key=True),
        sa.Column("works_from", sa.String(32), nullable=False),
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_table("compatibility")
    op.drop_table("signing_keys")

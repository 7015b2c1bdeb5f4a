"""Secrets for PasswordDigest and the digests that were used; codes beside the tokens of mails, and addresses to be."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None
works_from = "0003"  # what is new here, older code leaves alone


def upgrade() -> None:
    """Make the tables and columns."""
    op.add_column("resets", sa.Column("address", sa.String(320)))
    op.add_column("resets", sa.Column("code", sa.String(64)))
    op.create_table(
        "soap_secrets",
        sa.Column("account_id", sa.String(36), sa.ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("sealed_by", sa.String(16), nullable=False),
        sa.Column("created", sa.Double, nullable=False),
    )
    op.create_table(
        "soap_digests",
        sa.Column("hash", sa.String(64), primary_key=True),
        sa.Column("expires", sa.Double, nullable=False),
    )
    op.create_index("ix_soap_digests_expires", "soap_digests", ["expires"])


def downgrade() -> None:
    """Drop them."""
    op.drop_table("soap_digests")
    op.drop_table("soap_secrets")
    for name in ("code", "address"):
        op.drop_column("resets", name)

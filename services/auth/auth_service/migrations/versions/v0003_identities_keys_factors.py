"""Directory identities, API keys, second factors, password resets; what a session and an account know besides."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None
works_from = "0003"  # older code would hand out whole tokens without asking for the second factor


def upgrade() -> None:
    """Make the tables and columns."""
    op.add_column("accounts", sa.Column("confirmed", sa.Double))
    op.add_column("accounts", sa.Column("updated", sa.Double))
    op.add_column("accounts", sa.Column("user_metadata", sa.JSON, nullable=False, server_default="{}"))
    op.execute("UPDATE accounts SET confirmed = created")
    op.add_column("sessions", sa.Column("aal", sa.String(8), nullable=False, server_default="aal1"))
    op.add_column("sessions", sa.Column("methods", sa.JSON, nullable=False, server_default="[]"))
    op.add_column("sessions", sa.Column("address", sa.String(64), nullable=False, server_default=""))
    op.add_column("sessions", sa.Column("agent", sa.String(256), nullable=False, server_default=""))
    op.add_column("sessions", sa.Column("refreshed", sa.Double))
    _identities()
    _api_keys()
    _factors()
    _resets()


def downgrade() -> None:
    """Drop them."""
    for name in ("resets", "recovery_codes", "challenges", "factors", "api_keys", "identities"):
        op.drop_table(name)
    for name in ("refreshed", "agent", "address", "methods", "aal"):
        op.drop_column("sessions", name)
    for name in ("user_metadata", "updated", "confirmed"):
        op.drop_column("accounts", name)


def _account_id() -> sa.Column[str]:
    return sa.Column("account_id", sa.String(36), sa.ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False)


def _identities() -> None:
    op.create_table(
        "identities",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("provider", sa.String(63), nullable=False),
        sa.Column("external_id", sa.String(255), nullable=False),
        _account_id(),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("roles", sa.JSON, nullable=False),
        sa.Column("created", sa.Double, nullable=False),
        sa.Column("last_login", sa.Double),
        sa.UniqueConstraint("provider", "external_id"),
    )
    op.create_index("ix_identities_account_id", "identities", ["account_id"])


def _api_keys() -> None:
    op.create_table(
        "api_keys",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("prefix", sa.String(32), nullable=False, unique=True),
        sa.Column("secret_hash", sa.String(64), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("account_id", sa.String(36), sa.ForeignKey("accounts.id", ondelete="CASCADE")),
        sa.Column("role", sa.String(63), nullable=False),
        sa.Column("roles", sa.JSON, nullable=False),
        sa.Column("resources", sa.JSON),
        sa.Column("session", sa.JSON, nullable=False),
        sa.Column("created", sa.Double, nullable=False),
        sa.Column("expires", sa.Double),
        sa.Column("last_used", sa.Double),
        sa.Column("revoked", sa.Double),
        sa.Column("replaces", sa.String(36)),
    )
    op.create_index("ix_api_keys_account_id", "api_keys", ["account_id"])


def _factors() -> None:
    op.create_table(
        "factors",
        sa.Column("id", sa.String(36), primary_key=True),
        _account_id(),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("sealed_by", sa.String(16), nullable=False),
        sa.Column("created", sa.Double, nullable=False),
        sa.Column("verified", sa.Double),
        sa.Column("last_step", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_factors_account_id", "factors", ["account_id"])
    op.create_table(
        "challenges",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("factor_id", sa.String(36), sa.ForeignKey("factors.id", ondelete="CASCADE"), nullable=False),
        sa.Column("expires", sa.Double, nullable=False),
    )
    op.create_index("ix_challenges_factor_id", "challenges", ["factor_id"])
    op.create_index("ix_challenges_expires", "challenges", ["expires"])
    op.create_table(
        "recovery_codes",
        sa.Column("hash", sa.String(64), primary_key=True),
        _account_id(),
        sa.Column("used", sa.Double),
    )
    op.create_index("ix_recovery_codes_account_id", "recovery_codes", ["account_id"])


def _resets() -> None:
    op.create_table(
        "resets",
        sa.Column("hash", sa.String(64), primary_key=True),
        _account_id(),
        sa.Column("purpose", sa.String(16), nullable=False),
        sa.Column("created", sa.Double, nullable=False),
        sa.Column("expires", sa.Double, nullable=False),
    )
    op.create_index("ix_resets_account_id", "resets", ["account_id"])
    op.create_index("ix_resets_expires", "resets", ["expires"])

"""The tables of the accounts store; `migrations` makes them. Times are seconds since 1970, ids are UUIDs as text."""

import sqlalchemy as sa

metadata = sa.MetaData()

accounts = sa.Table(
    "accounts",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("email", sa.String(320), nullable=False, unique=True),
    sa.Column("password_hash", sa.Text),
    sa.Column("role", sa.String(63), nullable=False),
    sa.Column("roles", sa.JSON, nullable=False),
    sa.Column("session", sa.JSON, nullable=False),
    sa.Column("disabled", sa.Boolean, nullable=False),
    sa.Column("created", sa.Double, nullable=False),
    sa.Column("last_login", sa.Double),
    sa.Column("tokens_after", sa.BigInteger, nullable=False),
)

sessions = sa.Table(
    "sessions",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("account_id", sa.ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("refresh_key", sa.LargeBinary, nullable=False),
    sa.Column("created", sa.Double, nullable=False),
    sa.Column("expires", sa.Double, nullable=False, index=True),
    sa.Column("ended", sa.Double),
)

refresh_tokens = sa.Table(
    "refresh_tokens",
    metadata,
    sa.Column("hash", sa.String(64), primary_key=True),
    sa.Column("session_id", sa.ForeignKey("sessions.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("issued", sa.Double, nullable=False),
    sa.Column("spent", sa.Double, index=True),
)

revocations = sa.Table(
    "revocations",
    metadata,
    # SQLite numbers 64-bit keys by itself only where they are declared INTEGER
    sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
    sa.Column("session_id", sa.String(36)),
    sa.Column("subject", sa.String(36)),
    sa.Column("before", sa.BigInteger),
    sa.Column("at", sa.Double, nullable=False, index=True),
    sqlite_autoincrement=True,  # a number is never given twice: readers remember the last one they saw
)

signing_keys = sa.Table(
    "signing_keys",
    metadata,
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("sealed", sa.LargeBinary, nullable=False),
    sa.Column("sealed_by", sa.String(16), nullable=False),  # the master key's fingerprint
    sa.Column("created", sa.Double, nullable=False),
    sa.Column("signs_from", sa.Double, nullable=False),
)

compatibility = sa.Table(
    "compatibility",
    metadata,
    sa.Column("revision", sa.String(32), primary_key=True),
    sa.Column("works_from", sa.String(32), nullable=False),
)

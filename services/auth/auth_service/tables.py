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
    sa.Column("confirmed", sa.Double),  # when the address was shown to be its owner's; None: who signed up has yet to
    sa.Column("updated", sa.Double),
    sa.Column("user_metadata", sa.JSON, nullable=False),  # what the owner says of themselves; no rule may rest on it
)

identities = sa.Table(
    "identities",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("provider", sa.String(63), nullable=False),  # "ldap"
    sa.Column("external_id", sa.String(255), nullable=False),  # what never changes: entryUUID, objectGUID
    sa.Column("account_id", sa.ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("name", sa.Text, nullable=False),  # as last seen: the DN
    sa.Column("roles", sa.JSON, nullable=False),  # as the provider last gave them, to tell them from an operator's
    sa.Column("created", sa.Double, nullable=False),
    sa.Column("last_login", sa.Double),
    sa.UniqueConstraint("provider", "external_id"),
)

api_keys = sa.Table(
    "api_keys",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("prefix", sa.String(32), nullable=False, unique=True),
    sa.Column("secret_hash", sa.String(64), nullable=False),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("account_id", sa.ForeignKey("accounts.id", ondelete="CASCADE"), index=True),  # None: a machine's
    sa.Column("role", sa.String(63), nullable=False),
    sa.Column("roles", sa.JSON, nullable=False),
    sa.Column("resources", sa.JSON),  # None: all
    sa.Column("session", sa.JSON, nullable=False),
    sa.Column("created", sa.Double, nullable=False),
    sa.Column("expires", sa.Double),
    sa.Column("last_used", sa.Double),
    sa.Column("revoked", sa.Double),
    sa.Column("replaces", sa.String(36)),
)

factors = sa.Table(
    "factors",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("account_id", sa.ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("kind", sa.String(16), nullable=False),  # "totp"
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("sealed", sa.LargeBinary, nullable=False),
    sa.Column("sealed_by", sa.String(16), nullable=False),  # the master key's fingerprint
    sa.Column("created", sa.Double, nullable=False),
    sa.Column("verified", sa.Double),  # None: nobody has shown a code of it yet, and it protects nothing
    sa.Column("last_step", sa.BigInteger, nullable=False),  # no code of this time step, or an earlier one, counts again
)

challenges = sa.Table(
    "challenges",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("factor_id", sa.ForeignKey("factors.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("expires", sa.Double, nullable=False, index=True),
)

recovery_codes = sa.Table(
    "recovery_codes",
    metadata,
    sa.Column("hash", sa.String(64), primary_key=True),
    sa.Column("account_id", sa.ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("used", sa.Double),
)

resets = sa.Table(
    "resets",
    metadata,
    sa.Column("hash", sa.String(64), primary_key=True),
    sa.Column("account_id", sa.ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("purpose", sa.String(16), nullable=False),  # `resets.Purpose`
    sa.Column("created", sa.Double, nullable=False),
    sa.Column("expires", sa.Double, nullable=False, index=True),
    sa.Column("address", sa.String(320)),  # what an account's address is to become
    sa.Column("code", sa.String(64)),  # keyed hash of the short code beside the token
)

soap_secrets = sa.Table(
    "soap_secrets",
    metadata,
    sa.Column("account_id", sa.ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("sealed", sa.LargeBinary, nullable=False),  # a digest can only be checked with the secret itself
    sa.Column("sealed_by", sa.String(16), nullable=False),  # the master key's fingerprint
    sa.Column("created", sa.Double, nullable=False),
)

soap_digests = sa.Table(
    "soap_digests",
    metadata,
    sa.Column("hash", sa.String(64), primary_key=True),  # of a PasswordDigest that was right: good once
    sa.Column("expires", sa.Double, nullable=False, index=True),
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
    sa.Column("aal", sa.String(8), nullable=False),  # "aal1": one factor was shown; "aal2": two
    sa.Column("methods", sa.JSON, nullable=False),  # which, and when: the claim ``amr``
    sa.Column("address", sa.String(64), nullable=False),
    sa.Column("agent", sa.String(256), nullable=False),
    sa.Column("refreshed", sa.Double),
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

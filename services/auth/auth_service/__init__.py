"""Accounts, sessions and tokens: the only service that sees a password."""

__version__ = "0.1.0"

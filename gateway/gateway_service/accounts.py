"""The accounts that a demo's page offers at a click."""

from collections.abc import Iterable

import msgspec


class DemoAccount(msgspec.Struct, frozen=True):
    """A role, and the login that has it."""

    role: str
    email: str
    password: str


def parse(texts: Iterable[str]) -> list[DemoAccount]:
    """The accounts in ``role=email:password`` each. Raises `ValueError` for what is none."""
    found = []
    for text in texts:
        role, equals, login = text.partition("=")
        email, colon, password = login.partition(":")
        if not (role and equals and email and colon and password):
            raise ValueError("a demo account is written role=email:password")
        found.append(DemoAccount(role, email, password))
    return found

"""Roles and session variables: which are well-formed, and how an account's go into its tokens."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chassis.authn import HASURA_CLAIMS

_ROLE = re.compile(r"[!-+\--~]{1,63}")  # what a header can carry, and a list with commas
_VARIABLE = re.compile(r"x-hasura-[a-z0-9_-]{1,100}")
_OURS = {"x-hasura-role", "x-hasura-default-role", "x-hasura-allowed-roles"}


@dataclass(frozen=True)
class Proven:
    """Whom a credential proves that is no login: what the access token for it says, from ``issued`` (seconds since
    1970) on, for ``seconds``.
    """

    subject: str
    issued: int
    seconds: int
    claims: Mapping[str, Any]


class RoleError(ValueError):
    """A role or a session variable that can't be given; the message says why."""


def check_roles(role: str, roles: Sequence[str]) -> list[str]:
    """All roles of an account, the default one first. Raises `RoleError`."""
    every = list(dict.fromkeys([role, *roles]))
    for name in every:
        if not _ROLE.fullmatch(name):
            raise RoleError(f"{name!r} can't be a role: 1 to 63 letters, digits and signs of ASCII without commas")
    return every


def check_session(variables: Mapping[str, str]) -> dict[str, str]:
    """Session variables, names in lower case. Raises `RoleError`."""
    session = {name.lower(): value for name, value in variables.items()}
    for name in session:
        if not _VARIABLE.fullmatch(name):
            raise RoleError(f"{name!r} can't be a session variable: its name must begin with x-hasura-")
        if name in _OURS:
            raise RoleError(f"{name} is set by the account's roles")
    return session


def claims_of(subject: str, role: str, roles: Sequence[str], session: Mapping[str, str]) -> dict[str, Any]:
    """The claims that say what an account may do, in both styles: ``role``, and the Hasura object."""
    hasura: dict[str, Any] = {
        "x-hasura-user-id": subject,
        **session,
        "x-hasura-default-role": role,
        "x-hasura-allowed-roles": list(roles),
    }
    return {"role": role, HASURA_CLAIMS: hasura}

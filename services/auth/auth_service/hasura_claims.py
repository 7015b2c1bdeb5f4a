"""Hasura's claims in an outside issuer's token: roles and session variables, wherever its JWT settings say they are."""

import re
from collections.abc import Mapping
from typing import Any, Literal

import msgspec
from chassis.authn import HASURA_CLAIMS
from contracts.identity import ADMIN_ROLE

_STEP = re.compile(r"\.([A-Za-z0-9_\-]+)|\[(\d+)\]|\['([^']+)'\]|\[\"([^\"]+)\"\]")
_PREFIX = "x-hasura-"
_DEFAULT, _ALLOWED = "x-hasura-default-role", "x-hasura-allowed-roles"
_OURS = (_DEFAULT, _ALLOWED, "x-hasura-role")


class ClaimsError(ValueError):
    """The claims give no role; the message says why."""


class HasuraSource(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the claims are, by the names of Hasura's JWT settings: a ``claims_namespace`` or its path, or a map.

    A map's values are texts, or ``{path, default}``. ``admin``: tokens may give the role admin.
    """

    claims_namespace: str = HASURA_CLAIMS
    claims_namespace_path: str = ""
    claims_format: Literal["json", "stringified_json"] = "json"
    claims_map: dict[str, Any] = {}
    admin: bool = False


class Told(msgspec.Struct, frozen=True):
    """What a token says: the default role, the roles that may be asked for, and the session variables."""

    default: str
    roles: list[str]
    session: dict[str, str]


def told_by(source: HasuraSource, claims: Mapping[str, Any]) -> Told:
    """What the verified claims of a token say. Raises `ClaimsError`."""
    found = {name.lower(): value for name, value in _object(source, claims).items()}
    default, allowed = found.get(_DEFAULT), found.get(_ALLOWED)
    if not isinstance(allowed, list) or not all(isinstance(role, str) for role in allowed):
        raise ClaimsError("JWT claim does not contain x-hasura-allowed-roles, a list of roles")
    if not isinstance(default, str):
        raise ClaimsError("JWT claim does not contain x-hasura-default-role")
    if default not in allowed:
        raise ClaimsError("Your default role is not in allowed roles")
    roles = [role for role in dict.fromkeys([default, *allowed]) if source.admin or role != ADMIN_ROLE]
    if not roles:
        raise ClaimsError("JWT grants no role here")
    session = {
        name: _text(value)
        for name, value in found.items()
        if name.startswith(_PREFIX) and name not in _OURS and value is not None
    }
    return Told(roles[0], roles, session)


def _object(source: HasuraSource, claims: Mapping[str, Any]) -> Mapping[str, Any]:
    if source.claims_map:
        return {name: _mapped(item, claims) for name, item in source.claims_map.items()}
    path = source.claims_namespace_path
    found = _at(claims, path) if path else claims.get(source.claims_namespace)
    if isinstance(found, str) and source.claims_format == "stringified_json":
        try:
            found = msgspec.json.decode(found)
        except (ValueError, RecursionError):
            raise ClaimsError("JWT claims are no JSON in a text") from None
    if not isinstance(found, dict):
        raise ClaimsError("JWT has no claims of Hasura's")
    return found


def _mapped(item: Any, claims: Mapping[str, Any]) -> Any:
    if not isinstance(item, dict):
        return item
    found = _at(claims, str(item.get("path", "")))
    return item.get("default") if found is None else found


def _at(claims: Any, path: str) -> Any:
    """The value at a JSONPath of names and indexes, None where there is none."""
    for dotted, index, single, double in _STEP.findall(path.removeprefix("$")):
        if index:
            claims = claims[int(index)] if isinstance(claims, list) and int(index) < len(claims) else None
        else:
            claims = claims.get(dotted or single or double) if isinstance(claims, dict) else None
    return claims


def _text(value: Any) -> str:
    """A value as a session variable has it: a list as the text of an array."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return "{" + ",".join('"' + _text(item).replace("\\", "\\\\").replace('"', '\\"') + '"' for item in value) + "}"
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()

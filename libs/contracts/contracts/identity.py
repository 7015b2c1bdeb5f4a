"""Who acts: the principal that every service builds for itself from a verified token."""

import json
import uuid
from collections.abc import Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Literal

import msgspec

ANONYMOUS_ROLE = "anonymous"
SECRET_SUBJECT = str(uuid.uuid5(uuid.NAMESPACE_URL, "trivet:admin-secret"))  # who the admin secret proves: nobody
BACKEND = "_backend"  # what follows a role in which servers act, whose users act in the role itself
ADMIN_ROLE = "admin"
NO_CLAIMS: Mapping[str, Any] = MappingProxyType({})


class Principal(msgspec.Struct, frozen=True, kw_only=True):
    """One who acts in one role.

    ``claims`` are the token's own, verified. ``session`` holds the session variables (``x-hasura-user-id``), names in
    lower case: policies refer to them. ``expires`` is in seconds since 1970, None for the anonymous principal.
    ``scope`` are the resources that the credential is limited to (None: no limit); ``role`` is then the role narrowed
    to them (`narrowed`), a name of its own for everything that is decided or kept by role.
    """

    role: str = ANONYMOUS_ROLE
    subject: str | None = None
    roles: tuple[str, ...] = ()
    claims: Mapping[str, Any] = NO_CLAIMS
    session: Mapping[str, str] = NO_CLAIMS
    expires: int | None = None
    scope: tuple[str, ...] | None = None

    @property
    def anonymous(self) -> bool:
        """True where no credential came with the request."""
        return self.subject is None


class Around(msgspec.Struct, frozen=True, kw_only=True):
    """What else a request says to the transaction that answers it.

    ``tx``: how the client wants it to end (None: no wish). ``plan``: it wants the database's plan instead of an answer;
    a format, then options, with spaces between. The rest is what functions and policies of the database may know of the
    HTTP request, and is there in database access mode alone; names of headers are in lower case.
    """

    tx: Literal["commit", "rollback"] | None = None
    plan: str = ""
    method: str = ""
    path: str = ""
    headers: dict[str, str] = {}
    cookies: dict[str, str] = {}


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """Everything about a request that is not the operation itself.

    ``token`` is the access token that proves ``principal`` to the next service (None: anonymous); ``role`` is the one
    asked for among the token's roles (None: its default). ``deadline`` is seconds of ``time.monotonic``. ``explain``:
    the client wants to know what is behind the answer; data decides whether it may. ``timezone`` is the zone that it
    wants times in (None: UTC). ``around`` is what the request says to its transaction, where it says anything.
    """

    principal: Principal = Principal()
    token: str | None = None
    role: str | None = None
    request_id: str = ""
    deadline: float | None = None
    explain: bool = False
    timezone: str | None = None
    around: Around | None = None


ANONYMOUS = Caller()
NO_AROUND = Around()

READ_ONLY = ":read"  # what follows a resource that may only be read


def narrowed(role: str, scope: Sequence[str] | None) -> str:
    """The role within these resources only (``orders``, or ``orders:read``), as a name: no plain role holds a space."""
    if scope is None:
        return role
    return f"{role} {json.dumps(sorted(set(scope)), ensure_ascii=True, separators=(',', ':'))}"


@lru_cache(maxsize=1024)
def unnarrowed(role: str) -> tuple[str, frozenset[str] | None]:
    """The plain role behind a role's name, and the resources that it is narrowed to (None: to none).

    A name that `narrowed` did not make is narrowed to nothing at all.
    """
    name, space, text = role.partition(" ")
    if not space:
        return name, None
    try:
        scope = json.loads(text)
    except ValueError:
        scope = None
    return name, frozenset(scope if is_scope(scope) else ())


def is_scope(found: Any) -> bool:
    """Whether a claim is a scope: a list of texts."""
    return isinstance(found, list | tuple) and all(isinstance(name, str) for name in found)

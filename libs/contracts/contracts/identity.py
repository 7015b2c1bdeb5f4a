"""Who acts: the principal that every service builds for itself from a verified token."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import msgspec

ANONYMOUS_ROLE = "anonymous"
ADMIN_ROLE = "admin"
NO_CLAIMS: Mapping[str, Any] = MappingProxyType({})


class Principal(msgspec.Struct, frozen=True, kw_only=True):
    """One who acts in one role.

    ``claims`` are the token's own, verified. ``session`` holds the session variables (``x-hasura-user-id``), names in
    lower case: policies refer to them. ``expires`` is in seconds since 1970, None for the anonymous principal.
    """

    role: str = ANONYMOUS_ROLE
    subject: str | None = None
    roles: tuple[str, ...] = ()
    claims: Mapping[str, Any] = NO_CLAIMS
    session: Mapping[str, str] = NO_CLAIMS
    expires: int | None = None

    @property
    def anonymous(self) -> bool:
        """True where no credential came with the request."""
        return self.subject is None


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """Everything about a request that is not the operation itself.

    ``token`` is the access token that proves ``principal`` to the next service (None: anonymous); ``role`` is the one
    asked for among the token's roles (None: its default). ``deadline`` is seconds of ``time.monotonic``. ``explain``:
    the client wants to know what is behind the answer; data decides whether it may.
    """

    principal: Principal = Principal()
    token: str | None = None
    role: str | None = None
    request_id: str = ""
    deadline: float | None = None
    explain: bool = False


ANONYMOUS = Caller()

"""What a call knows: who calls, the database, settings, a logger."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any

from trivet.database import Database


@dataclass(frozen=True, slots=True)
class Principal:
    """Who calls. ``subject`` is None where no credential came with the request; ``session`` are the session variables
    (``x-hasura-user-id``), ``claims`` those of the verified token."""

    role: str
    subject: str | None
    roles: tuple[str, ...]
    session: Mapping[str, str]
    claims: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Context:
    """A call's surroundings. ``settings`` are the variables that the operator hands to operations.

    ``timezone`` is the zone that the request asks for times in (``Prefer: timezone=…``), UTC where it asks for none.
    What ``log`` is told stands in the service's log as JSON lines with the ``request_id``; so does what is printed.
    """

    principal: Principal
    database: Database
    settings: Mapping[str, str]
    log: logging.Logger
    request_id: str
    timezone: tzinfo

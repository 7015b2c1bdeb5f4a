"""Connections to PostgreSQL as they have to be: what they are opened with, what their values become, their errors."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import RawCursor
from psycopg.abc import Buffer
from psycopg.adapt import AdaptersMap, Loader, Transformer
from psycopg.conninfo import conninfo_to_dict
from psycopg.pq import Format

from data_service.execute.pool import Connection
from data_service.execute.trouble import problem_of

_JSON = frozenset({114, 3802})  # the types json and jsonb
# a server that has vanished without a word is noticed in a minute
_PARAMETERS = {
    "connect_timeout": "3", "application_name": "trivet", "client_encoding": "UTF8",
    "keepalives_idle": "30", "keepalives_interval": "10", "keepalives_count": "3",
}  # fmt: skip


class _Untouched(Loader):
    """JSON as the bytes that the server sent."""

    def load(self, data: Buffer) -> bytes:
        return bytes(data)


def connect(url: str, *, name: str, prepare: bool) -> Connection:
    """A connection for requests; ``name`` is what the server knows it by, whatever ``url`` says (empty: as it says).

    ``prepare``: statements that come again are prepared there. Raises `psycopg.Error`.
    """
    connection = psycopg.connect(
        **{**_parameters(url), **({"application_name": name} if name else {})},
        autocommit=True,
        cursor_factory=RawCursor,
        prepare_threshold=3 if prepare else None,
    )
    for kind in ("json", "jsonb"):
        connection.adapters.register_loader(kind, _Untouched)
    return connection


def connect_apart(url: str, name: str = "") -> psycopg.Connection[Any]:
    """A connection for looks at the catalog, under a name of its own where one is given. Raises `psycopg.Error`."""
    named = {"application_name": name} if name else {}
    return psycopg.connect(**{**_parameters(url), **named}, autocommit=True, prepare_threshold=None)


def _parameters(url: str) -> dict[str, Any]:
    """What a connection is opened with, where ``url`` doesn't say otherwise."""
    return {**_PARAMETERS, **conninfo_to_dict(url)}


class _Types:
    """How values of PostgreSQL's types become Python's, without a connection."""

    adapters = AdaptersMap(psycopg.adapters)
    connection = None


def loader_of(oid: int) -> Callable[[Any], Any] | None:
    """What makes a Python value of the text of this type, as a connection's cursors do; None for JSON."""
    return None if oid in _JSON else Transformer(_Types()).get_loader(oid, Format.TEXT).load


@contextmanager
def translated() -> Iterator[None]:
    """PostgreSQL's errors as problems."""
    try:
        yield
    except psycopg.Error as error:
        raise problem_of(error) from error

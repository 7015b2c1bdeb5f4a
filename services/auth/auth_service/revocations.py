"""What was ended before its time, for every service to read: rows with a cursor."""

import time
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from auth_service.store import Store
from auth_service.tables import revocations

_UNSETTLED = 30.0  # seconds: numbers are given out before their rows can be seen, and not in the order of that


def record(connection: sa.Connection, event: Mapping[str, Any]) -> dict[str, Any]:
    """Keep one revocation: ``{"session"}`` (or an API key, or a single token), or ``{"subject", "before"}``.

    The event, to be announced after commit.
    """
    values = {"session_id": event.get("session"), "subject": event.get("subject"), "before": event.get("before")}
    connection.execute(sa.insert(revocations).values(values | {"at": time.time()}))
    return dict(event)


def since(store: Store, cursor: int, life: float) -> tuple[int, list[dict[str, Any]]]:
    """What was revoked after ``cursor``, as far as tokens that live ``life`` seconds may be about; and the next cursor.

    What is younger than half a minute is told again next time: its neighbours may not have been visible yet.
    A cursor from another store (past all there is) counts as none.
    """
    now = time.time()
    with store.read() as connection:
        newest = connection.scalar(sa.select(sa.func.max(revocations.c.id))) or 0
        after = cursor if cursor <= newest else 0
        recent = (revocations.c.id > after) & (revocations.c.at > now - life)
        rows = connection.execute(sa.select(revocations).where(recent).order_by(revocations.c.id)).all()
    settled = [row.id for row in rows if row.at < now - _UNSETTLED]
    return max(settled, default=after), [_event(row) for row in rows]


def ended(store: Store, mark: str) -> bool:
    """Whether the session, API key or single token of this id was ended."""
    with store.read() as connection:
        return connection.scalar(sa.select(revocations.c.id).where(revocations.c.session_id == mark)) is not None


def prune(connection: sa.Connection, life: float) -> None:
    """Forget what is about tokens that have ended by themselves."""
    connection.execute(sa.delete(revocations).where(revocations.c.at < time.time() - life))


def _event(row: sa.Row[Any]) -> dict[str, Any]:
    if row.session_id is not None:
        return {"session": row.session_id}
    return {"subject": row.subject, "before": row.before}

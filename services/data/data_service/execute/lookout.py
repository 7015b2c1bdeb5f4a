"""One connection to PostgreSQL beside the pool: for looks at the catalog, and to hear that it has changed."""

import contextlib
import logging
import select
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import sql

log = logging.getLogger("trivet.database")

CHANNELS = ("trivet", "pgrst")
_SLICE = 1.0  # seconds until a notification is seen that came while somebody else was using the connection
_REST = 0.1  # seconds in which further notifications are taken for the same change


class Lookout:
    """Keeps its connection, and makes it anew when it is lost. ``listens``: NOTIFY on `CHANNELS` ends a `wait`."""

    def __init__(self, connect: Callable[[], psycopg.Connection[Any]], *, listens: bool) -> None:
        self._connect = connect
        self._listens = listens
        self._lock = threading.RLock()
        self._held: psycopg.Connection[Any] | None = None
        self._noted = False

    @contextmanager
    def connection(self) -> Iterator[psycopg.Connection[Any]]:
        """The connection, for one thread at a time. Raises `psycopg.Error` where there is none."""
        with self._lock:
            held = self._alive() or self._made()
            try:
                yield held
            except psycopg.Error:
                self._drop()
                raise

    def wait(self, seconds: float) -> bool:
        """Return when the database has announced a change, or the connection was lost, or the time is over.

        False where it has announced none, for certain.
        """
        end = time.monotonic() + seconds
        held = self._held
        if not self._listens or held is None or held.closed:
            time.sleep(seconds)
            return self._listens
        while not self._noted and (left := end - time.monotonic()) > 0:
            if _readable(held, min(left, _SLICE)) and not self._receive():
                return True
        if not self._noted:
            return False
        time.sleep(_REST)
        self._noted = False
        return True

    def close(self) -> None:
        """Close the connection."""
        with self._lock:
            self._drop()

    def _receive(self) -> bool:
        """Take what the server has sent (`_note` is called); False where it has hung up."""
        with self._lock:
            return self._alive() is not None

    def _alive(self) -> psycopg.Connection[Any] | None:
        if self._held is None:
            return None
        try:
            self._held.execute("select 1", prepare=False)
        except psycopg.Error:
            self._drop()
        return self._held

    def _made(self) -> psycopg.Connection[Any]:
        held = self._connect()
        held.add_notify_handler(self._note)
        if self._listens:
            try:
                for channel in CHANNELS:
                    held.execute(sql.SQL("listen {}").format(sql.Identifier(channel)), prepare=False)
            except psycopg.Error as error:  # a standby can't
                log.warning("not listening for changes, only looking for them: %s", error)
                self._listens = False
        self._noted = self._listens  # what was announced before we listened: look once more
        self._held = held
        return held

    def _note(self, _: psycopg.Notify) -> None:
        self._noted = True

    def _drop(self) -> None:
        held, self._held = self._held, None
        if held is not None:
            with contextlib.suppress(psycopg.Error):
                held.close()


def _readable(connection: psycopg.Connection[Any], seconds: float) -> bool:
    poll = select.poll()
    try:
        poll.register(connection.fileno(), select.POLLIN | select.POLLHUP | select.POLLERR)
    except psycopg.Error:  # it has been closed meanwhile
        return True
    return bool(poll.poll(seconds * 1000))

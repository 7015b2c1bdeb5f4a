"""The databases of a run: one PostgreSQL server on the core beside the API tier's, and SQLite files."""

import tempfile
from pathlib import Path
from types import TracebackType

from bench import store
from bench.processes import other_core, started_on
from bench.system import System
from tests.fixtures.postgres_server import PostgresServer

# a server of this size with its usual durability, but for the wait for the disk that would drown what is compared
_SETTINGS = ("shared_buffers=256MB", "max_connections=300", "synchronous_commit=off", "autovacuum=off")


class Databases:
    """A PostgreSQL server with the store in it, for the time of a ``with``, and the store in SQLite for who asks."""

    def __init__(self) -> None:
        self._server = PostgresServer(_SETTINGS)
        self._folder = tempfile.TemporaryDirectory(prefix="tvb-")

    def __enter__(self) -> "Databases":
        with started_on(other_core()):
            self._server.start()
        self._postgres = self.new_postgres("store")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.stop()
        self._folder.cleanup()

    @property
    def head(self) -> int:
        """The process id of the server."""
        return int((self._server.folder / "data" / "postmaster.pid").read_text().split()[0])

    def url(self, system: System) -> str:
        """The database that a system is to serve: all share the server's, each with SQLite has a file of its own."""
        if not system.sqlite:
            return self._postgres
        path = Path(self._folder.name) / f"{system.name}.db"
        store.fill_sqlite(path)
        return str(path)

    def new_postgres(self, name: str, further_tables: int = 0) -> str:
        """A database of its own with the store, and so many tables more."""
        url = self._server.create_database(name)
        store.fill_postgres(url, further_tables)
        return url

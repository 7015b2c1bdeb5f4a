"""The vault: what each token stands for, encrypted; in an SQLite file of data's own, or in a PostgreSQL database."""

import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import apsw
import psycopg
import psycopg_pool
from contracts.problems import Problem

FILE = "vault.db"
_PATIENCE = 5000  # milliseconds that SQLite waits for another writer
_POOL = 4
_TABLE = "create table if not exists trivet_vault (token text primary key, about text not null, sealed text not null)"

Entry = tuple[str, str, str]  # token, about, sealed value


class Vault(Protocol):
    """Entries by token. All its methods raise `Problem` TRV301 where the vault can't be reached."""

    def put(self, entries: Sequence[Entry]) -> None:
        """Keep entries; one that is there already stays as it is."""
        ...

    def get(self, tokens: Sequence[str]) -> Mapping[str, str]:
        """The sealed values by token, as far as there are any."""
        ...

    def after(self, token: str, count: int) -> Sequence[Entry]:
        """The next entries in the tokens' order."""
        ...

    def exchange(self, entries: Iterable[tuple[str, str, str]]) -> int:
        """Replace sealed values: token, the old one, the new one; how many were still the old ones."""
        ...

    def count(self) -> int:
        """How many entries there are."""
        ...

    def close(self) -> None:
        """Close what is open."""
        ...


def open_vault(place: str) -> Vault:
    """The vault in an SQLite file or a ``postgresql://`` database, made where it is missing. Raises `Problem`."""
    return SqliteVault(Path(place)) if is_file(place) else PostgresVault(place)


def is_file(place: str) -> bool:
    """True for a vault in an SQLite file."""
    return not place.startswith(("postgresql://", "postgres://"))


class SqliteVault:
    """`Vault` in a file of mode 0600."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        with _sqlite():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            path.touch(mode=0o600)
            self._connection = apsw.Connection(str(path))
            self._connection.set_busy_timeout(_PATIENCE)
            self._connection.execute("pragma journal_mode = wal")
            self._connection.execute(_TABLE)

    def put(self, entries: Sequence[Entry]) -> None:
        with self._lock, _sqlite(), self._connection:
            self._connection.executemany("insert into trivet_vault values (?, ?, ?) on conflict do nothing", entries)

    def get(self, tokens: Sequence[str]) -> Mapping[str, str]:
        found: dict[str, str] = {}
        with self._lock, _sqlite():
            for at in range(0, len(tokens), 500):
                some = tokens[at : at + 500]
                places = ", ".join("?" for _ in some)
                sql = f"select token, sealed from trivet_vault where token in ({places})"  # noqa: S608  (places only)
                found.update((str(token), str(sealed)) for token, sealed in self._connection.execute(sql, list(some)))
        return found

    def after(self, token: str, count: int) -> Sequence[Entry]:
        sql = "select token, about, sealed from trivet_vault where token > ? order by token limit ?"
        with self._lock, _sqlite():
            return [(str(a), str(b), str(c)) for a, b, c in self._connection.execute(sql, (token, count))]

    def exchange(self, entries: Iterable[tuple[str, str, str]]) -> int:
        changed = 0
        with self._lock, _sqlite(), self._connection:
            for token, old, new in entries:
                self._connection.execute(
                    "update trivet_vault set sealed = ? where token = ? and sealed = ?", (new, token, old)
                )
                changed += self._connection.changes()
        return changed

    def count(self) -> int:
        with self._lock, _sqlite():
            row = self._connection.execute("select count(*) from trivet_vault").fetchone()
        return int(row[0]) if row else 0

    def close(self) -> None:
        self._connection.close()


class PostgresVault:
    """`Vault` in a database, for services on several hosts; each call is a transaction of its own."""

    def __init__(self, url: str) -> None:
        with _postgres():
            self._pool = psycopg_pool.ConnectionPool(
                url, min_size=0, max_size=_POOL, open=True, timeout=5.0, kwargs={"prepare_threshold": None}
            )
            with self._pool.connection() as connection:
                connection.execute("select pg_advisory_xact_lock(hashtext('trivet_vault'))")
                connection.execute(_TABLE)

    def put(self, entries: Sequence[Entry]) -> None:
        with _postgres(), self._pool.connection() as connection, connection.cursor() as cursor:
            cursor.executemany("insert into trivet_vault values (%s, %s, %s) on conflict do nothing", entries)

    def get(self, tokens: Sequence[str]) -> Mapping[str, str]:
        sql = "select token, sealed from trivet_vault where token = any(%s)"
        with _postgres(), self._pool.connection() as connection:
            return dict(connection.execute(sql, (list(tokens),)).fetchall())

    def after(self, token: str, count: int) -> Sequence[Entry]:
        sql = (
            'select token, about, sealed from trivet_vault where token > %s collate "C" '
            'order by token collate "C" limit %s'
        )
        with _postgres(), self._pool.connection() as connection:
            return connection.execute(sql, (token, count)).fetchall()

    def exchange(self, entries: Iterable[tuple[str, str, str]]) -> int:
        changed = 0
        with _postgres(), self._pool.connection() as connection:
            for token, old, new in entries:
                sql = "update trivet_vault set sealed = %s where token = %s and sealed = %s"
                changed += connection.execute(sql, (new, token, old)).rowcount
        return changed

    def count(self) -> int:
        with _postgres(), self._pool.connection() as connection:
            row = connection.execute("select count(*) from trivet_vault").fetchone()
        return int(row[0]) if row else 0

    def close(self) -> None:
        self._pool.close()


@contextmanager
def _sqlite() -> Iterator[None]:
    try:
        yield
    except (apsw.Error, OSError) as fault:
        raise _lost() from fault


@contextmanager
def _postgres() -> Iterator[None]:
    try:
        yield
    except (psycopg.Error, psycopg_pool.PoolTimeout) as fault:
        raise _lost() from fault


def _lost() -> Problem:
    return Problem("TRV301", "the vault of tokens can't be reached", status=503, headers={"Retry-After": "1"})

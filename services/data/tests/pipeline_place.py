"""A hub in the test's own thread, and statements that say what they are in a few words."""

import time
from collections.abc import Callable
from typing import Any

from chassis.hub.lanes import Lane
from chassis.hub.loop import Hub
from data_service.execute.postgres import PostgresDatabase
from data_service.plan.nodes import Source
from data_service.sql.statements import Arguments, Bind, Statement
from greenlet import getcurrent

SCHEMA = """
create table numbers (id int primary key, name text not null, unique (name) deferrable initially deferred);
insert into numbers select n, 'number ' || n from generate_series(1, 200) n;
create table notes (id int primary key, text text check (text <> 'bad'));
"""


def statement(sql: str, places: int = 1) -> Statement:
    """A statement whose places are the request's values, as they are."""
    return Statement(sql, tuple(Bind(Source("param", number), lambda value: value) for number in range(places)))


READ = statement("select json_build_object('id', id, 'name', name), 1::bigint, null from numbers where id = $1::int")
FAIL = statement("select json_build_object('never', 1 / $1::int), 1::bigint, null")
SLOW = statement("select json_build_object('slept', pg_sleep($1::float8)::text), 1::bigint, null")
WRITE = statement("insert into notes (id, text) values ($1::int, $2) returning json_build_object('id', id), 1", 2)
NAME = statement("update numbers set name = $2 where id = $1::int returning null::json, 1", 2)
NOTES = statement("select json_agg(text order by id), count(*) from notes", 0)


class Place:
    """One database, asked from greenlets of one hub."""

    def __init__(self, url: str, **options: Any) -> None:
        self.url = url
        self.hub = Hub()
        self.database = PostgresDatabase(url, **{"size": 4, "limit": 5.0, **options})
        self.lanes: dict[int, Lane] = {}

    def close(self) -> None:
        """Close connections and hub."""
        self.database.close()
        self.hub.close()

    @property
    def pipeline(self) -> Any:
        """What is shared by the greenlets, once one has asked."""
        return self.database._pipeline

    def read(self, what: Statement, *values: Any, deadline: float | None = None, limit: float | None = None) -> Any:
        """The first row of a read; ``deadline`` in seconds from now."""
        end = None if deadline is None else time.monotonic() + deadline
        with self.database.session(writes=False, deadline=end, limit=limit) as session:
            return session.fetch(what, Arguments(values, {}))

    def write(self, *steps: tuple[Any, ...], last: bool = False) -> Any:
        """A transaction of statements with their values; with ``last`` the last one is told to be so."""
        row = None
        with self.database.session(writes=True, deadline=None) as session:
            for number, (what, *values) in enumerate(steps, 1):
                if last and number == len(steps):
                    session.last()
                row = session.fetch(what, Arguments(values, {}))
        return row

    def start(self, *works: Callable[[], Any]) -> dict[int, Any]:
        """Start works in greenlets; what each gives or raises is in the result under its number, once it is there."""
        results: dict[int, Any] = {}

        def keep(number: int, work: Callable[[], Any]) -> None:
            self.lanes[number] = getcurrent()
            try:
                results[number] = work()
            except BaseException as fault:  # noqa: BLE001
                results[number] = fault

        for number, work in enumerate(works):
            self.hub.start(keep, number, work)
        return results

    def turn_until(self, holds: Callable[[], Any], patience: float = 20.0) -> None:
        """Turn the loop until something holds."""
        end = time.monotonic() + patience
        while not holds():
            assert time.monotonic() < end, "it never holds"
            self.hub.turn(0.02)

    def run(self, *works: Callable[[], Any]) -> list[Any]:
        """What the works give or raise, run at the same time."""
        results = self.start(*works)
        self.turn_until(lambda: len(results) == len(works))
        return [results[number] for number in range(len(works))]

    def open_all(self) -> None:
        """Open as many connections as there may be."""
        size = self.database._slots.size
        self.run(lambda: self.read(READ, "1"))
        self.pipeline.wires.grow(size - len(self.pipeline.wires.open))
        self.turn_until(lambda: len(self.pipeline.wires.open) == size)

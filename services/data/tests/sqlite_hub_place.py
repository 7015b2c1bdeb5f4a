"""Where SQLite is tried on a hub: a file, an engine over it, and greenlets that ask it."""

import itertools
import json
import time

import apsw
from chassis.hub.loop import Hub
from contracts.filters import Compare, FieldRef, Param
from contracts.identity import Caller, Principal
from contracts.operations import Assign, Create, Delete, FieldOutput, Node, Read, Sort, Update
from contracts.problems import Problem
from data_service.engine import Engine
from data_service.execute.sqlite import SqliteDatabase

SCHEMA = """
create table items (id integer primary key, name text unique, amount integer not null default 0);
create view long as with recursive n(i) as (select 1 union all select i + 1 from n where i < 400000)
  select count(*) as c from n;
create view endless as with recursive n(i) as (select 1 union all select i + 1 from n) select count(*) as c from n;
"""
ITEMS = 300
WHO = Caller(principal=Principal(role="admin", subject="s"))
ID, NAME, AMOUNT, C = (FieldOutput(name, FieldRef(name)) for name in ("id", "name", "amount", "c"))


def by_id(value=0):
    return Compare(FieldRef("id"), "eq", Param(value))


AMOUNT_OF = Read("items", Node((AMOUNT,), by_id(), shape="one"))
SUM_UP = Read("items", Node((ID, AMOUNT), sort=(Sort(FieldRef("id")),), limit=Param(0)))
SET_AMOUNT = Update("items", (Assign("amount", Param(1)),), by_id(), returning=Node((AMOUNT,), shape="one"))
INSERT = Create("items", ("id", "name"), Param(0), returning=Node((ID, NAME), shape="one"))
DELETE = Delete("items", by_id(), returning=Node((NAME,)))
LONG, ENDLESS = (Read(name, Node((C,), shape="one")) for name in ("long", "endless"))


def make(path, journal="wal", first=0):
    connection = apsw.Connection(str(path))  # the library that is served with: locks of two in one process don't meet
    connection.execute(f"pragma journal_mode = {journal}; {SCHEMA}").fetchall()
    with connection:
        rows = [(number, f"n{number}", first + number) for number in range(ITEMS)]
        connection.executemany("insert into items values (?, ?, ?)", rows)
    connection.close()


class Served:
    """An engine over the file, and a hub whose greenlets ask it."""

    def __init__(self, path, config=None, **options):
        self.hub = Hub()
        self.database = SqliteDatabase(path, **{"size": 3, "limit": 20.0, "patience": 20.0, **options})
        self.engine = Engine(self.database, config=config, anonymous_limit=0.2)
        self.engine.refresh()

    def ask(self, operation, *values, who=WHO):
        """The answer in Python's terms, or the problem's code."""
        try:
            return json.loads(self.engine.execute(operation, list(values), who).body or b"null")
        except Problem as problem:
            return problem.code

    def run(self, *works):
        """What each of the works gives, done in greenlets at the same time."""
        results = {}
        for number, work in enumerate(works):
            self.hub.start(lambda n=number, w=work: results.update({n: w()}))
        for _ in itertools.count():
            if len(results) == len(works):
                return [results[number] for number in range(len(works))]
            self.hub.turn(10)

    def close(self):
        self.engine.close()
        self.hub.close()


def soon(seconds=0.3):
    return Caller(principal=WHO.principal, deadline=time.monotonic() + seconds)


class Writer:
    """Somebody else who is writing, for the time of a ``with``."""

    def __init__(self, path):
        self._connection = apsw.Connection(str(path))

    def __enter__(self):
        self._connection.execute("begin exclusive")
        return self

    def end(self):
        self._connection.close()

    def __exit__(self, *_):
        self.end()

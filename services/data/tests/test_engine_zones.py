"""Times in the zone that a request asks for, on both databases: in reads, in what writes read back, and in streams."""

import json
import sqlite3

import psycopg
import pytest
from contracts.filters import Compare, FieldRef, Param
from contracts.identity import Caller, Principal
from contracts.operations import Assign, FieldOutput, Node, Read, Update
from data_service.engine import Engine
from data_service.execute.postgres import PostgresDatabase
from data_service.execute.sqlite import SqliteDatabase

from tests.fixtures.on_hub import EngineOnHub, TurningHub

F = FieldRef
SCHEMA = "create table moments (id integer primary key, at timestamptz, day date, made timestamp, hour time)"
ROWS = "insert into moments (id, at, day) values (1, '2024-07-01 12:00:00+00:00', '2024-07-01'), (2, '2024-01-01T23:30:00.5+00:00', null), (3, null, null)"
AT = (FieldOutput("at", F("at")),)
READ = Read("moments", Node(AT, filter=Compare(F("id"), "eq", Param(0))))


@pytest.fixture(scope="module", params=["sqlite", "sqlite on a hub", "postgresql", "postgresql on a hub"])
def engine(request, tmp_path_factory):
    if request.param.startswith("sqlite"):
        path = tmp_path_factory.mktemp("zones") / "moments.db"
        with sqlite3.connect(path) as connection:
            connection.executescript(f"{SCHEMA}; {ROWS};")
        connection.close()
        database = SqliteDatabase(path, size=4, limit=5.0)
    else:
        url = request.getfixturevalue("postgres_server").create_database("zones_" + str(len(request.param)))
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(SCHEMA)
            connection.execute(ROWS)
        database = PostgresDatabase(url, size=4, limit=5.0)
    made = Engine(database)
    made.refresh()
    if request.param.endswith("hub"):
        with TurningHub() as turning:
            yield EngineOnHub(made, turning)
    else:
        yield made
    database.close()


def caller(zone):
    return Caller(principal=Principal(role="admin", subject="s"), timezone=zone)


def at(engine, number, zone):
    return json.loads(engine.execute(READ, [number], caller(zone)).body)[0]["at"]


@pytest.mark.parametrize(
    ("zone", "summer", "winter"),
    [
        ("Europe/Berlin", "2024-07-01T14:00:00+02:00", "2024-01-02T00:30:00.5+01:00"),
        ("America/New_York", "2024-07-01T08:00:00-04:00", "2024-01-01T18:30:00.5-05:00"),
        ("+05:30", "2024-07-01T17:30:00+05:30", "2024-01-02T05:00:00.5+05:30"),
        (None, "2024-07-01T12:00:00+00:00", "2024-01-01T23:30:00.5+00:00"),
    ],
)
def test_reads(engine, zone, summer, winter):
    assert (at(engine, 1, zone), at(engine, 2, zone), at(engine, 3, zone)) == (summer, winter, None)
    assert at(engine, 1, None) == "2024-07-01T12:00:00+00:00"  # nothing of it stays behind
    lines = b"".join(engine.stream(READ, [1], caller(zone)))
    assert json.loads(lines)["at"] == summer


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("12:00:00.5", ".5"),
        ("12:00:00.120", ".12"),
        ("12:00:00.000", ""),
        ("12:00:10", ""),
        ("12:00:00.123456", ".123456"),
    ],
)
def test_fractions_end_without_zeros(engine, given, told):
    outputs = tuple(FieldOutput(name, F(name)) for name in ("at", "made", "hour"))
    changes = tuple(Assign(name, Param(number)) for number, name in enumerate(("at", "made", "hour")))
    update = Update("moments", changes, Compare(F("id"), "eq", Param(3)), returning=Node(outputs))
    read = Read("moments", Node(outputs, filter=Compare(F("made"), "eq", Param(0))))
    made, hour = f"2024-07-01T{given}", f"{given[:8]}{told}"
    row = {"at": f"2024-07-01T{hour}+00:00", "made": f"2024-07-01T{hour}", "hour": hour}
    try:
        result = engine.execute(update, [f"{made}Z", made, given, 3], caller(None))
        assert json.loads(result.body) == [row]
        assert json.loads(engine.execute(read, [made], caller(None)).body) == [row]
    finally:
        engine.execute(update, [None, None, None, 3], caller(None))


def test_writes(engine):
    update = Update("moments", (Assign("day", Param(0)),), Compare(F("id"), "eq", Param(1)), returning=Node(AT))
    result = engine.execute(update, ["2024-07-02", 1], caller("Asia/Tokyo"))
    assert json.loads(result.body) == [{"at": "2024-07-01T21:00:00+09:00"}]

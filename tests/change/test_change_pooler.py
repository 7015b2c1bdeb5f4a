"""PgBouncer in transaction mode: the same answers, nothing left behind for other clients, changes noticed."""

import json
import threading
from collections import Counter
from contextlib import nullcontext

import psycopg
import pytest
from contracts.filters import Compare, FieldRef, Param
from contracts.identity import Caller, Principal
from contracts.operations import Assign, Create, Node, Read, Update
from contracts.problems import Problem
from data_service.engine import Engine
from data_service.execute.postgres import PostgresDatabase

from tests.fixtures.on_hub import EngineOnHub, TurningHub
from tests.fixtures.pgbouncer import PgBouncer

ADMIN = Caller(principal=Principal(role="admin", subject="s"))
SCHEMA = """
create table things (
  id serial primary key, name text, at timestamptz default '2024-01-01 12:00+03', size float8 default 0.1,
  day date default '2024-02-03', span interval default '1 day 2 hours', raw bytea default '\\x00ff');
insert into things (name) select 'thing ' || g from generate_series(1, 100) g;
create view slow as select 1 as id, pg_sleep(5)::text as slept;
alter database pooled set timezone = 'Asia/Tokyo';
alter database pooled set datestyle = 'German';
alter database pooled set intervalstyle = 'iso_8601';
alter database pooled set bytea_output = 'escape';
"""
FIRST = Read("things", Node(filter=Compare(FieldRef("id"), "eq", Param(0))))
RENAME = Update("things", (Assign("name", Param(0)),), filter=Compare(FieldRef("id"), "eq", Param(1)))


@pytest.fixture(scope="module")
def url(postgres_server):
    return postgres_server.create_database("pooled", SCHEMA)


@pytest.fixture(scope="module")
def pooler(postgres_server, url):
    with PgBouncer(postgres_server, size=3) as running:
        yield running


@pytest.fixture(scope="module", params=["threads", "hub"])
def pooled(pooler, url, request):
    engine = Engine(PostgresDatabase(pooler.url("pooled"), size=12, limit=8.0, prepare=False, direct_url=url))
    engine.watch(60.0)
    with TurningHub() if request.param == "hub" else nullcontext() as turning:
        yield engine if turning is None else EngineOnHub(engine, turning)
        engine.close()


def ask(engine, operation, *values, caller=ADMIN):
    return json.loads(engine.execute(operation, list(values), caller).body or b"null")


def test_answers_are_those_of_a_direct_connection(pooled, url):
    direct = Engine(PostgresDatabase(url, size=2, limit=8.0))
    direct.refresh()
    found = ask(pooled, FIRST, 7)
    assert found == ask(direct, FIRST, 7)
    del found[0]["name"]
    assert found == [
        {
            "id": 7,
            "at": "2024-01-01T09:00:00+00:00",
            "size": 0.1,
            "day": "2024-02-03",
            "span": "1 day 02:00:00",
            "raw": "\\x00ff",
        }
    ]
    direct.close()


def test_many_read_and_write_at_once_and_leave_nothing_behind(pooled, pooler):
    seen = Counter()

    def work(number):
        for turn in range(40):
            try:
                if number % 3:
                    assert ask(pooled, FIRST, turn + 1)[0]["id"] == turn + 1
                else:
                    pooled.execute(RENAME, [f"renamed {number}", number + 1], ADMIN)
                seen["good"] += 1
            except Problem as problem:
                seen[problem.code] += 1

    threads = [threading.Thread(target=work, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert seen == {"good": 480}
    settings = ("statement_timeout", "lock_timeout", "timezone", "datestyle", "default_transaction_read_only")
    with psycopg.connect(pooler.url("pooled"), autocommit=True, prepare_threshold=None) as other:
        for _ in range(5):  # whichever connection of the pooler it is
            found = [other.execute("select current_setting(%s)", [name]).fetchone()[0] for name in settings]
            assert found == ["0", "0", "Asia/Tokyo", "German, DMY", "off"]
        assert other.execute("select count(*) from pg_prepared_statements").fetchone() == (0,)


def test_time_limits_hold(pooled):
    import time

    with pytest.raises(Problem) as refused:
        pooled.execute(Read("slow"), [], Caller(principal=ADMIN.principal, deadline=time.monotonic() + 0.3))
    assert refused.value.code == "57014"
    assert ask(pooled, FIRST, 1)[0]["id"] == 1


def test_a_failed_write_is_undone(pooled):
    with pytest.raises(Problem) as refused:
        pooled.execute(Create("things", ("id",), Param(0)), [[{"id": 900}, {"id": 1}]], ADMIN)
    assert refused.value.code == "23505"
    assert ask(pooled, FIRST, 900) == []


def test_a_change_is_heard_of_past_the_pooler(pooled, url, until):
    before = pooled.version
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("alter table things add colour text; notify trivet")
        until(lambda: pooled.version != before, "the notification was not heard")
        assert ask(pooled, FIRST, 1)[0]["colour"] is None
        connection.execute("alter table things drop colour; notify trivet")
        until(lambda: pooled.version == before, "the notification was not heard")

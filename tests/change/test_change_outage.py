"""A PostgreSQL server that goes away, is slow, locked or full: 503 and when to come back, never a 500, never twice."""

import json
import signal
import threading
import time
from contextlib import nullcontext

import psycopg
import pytest
from contracts.filters import Compare, FieldRef, Param
from contracts.identity import Caller, Principal
from contracts.operations import Assign, Create, Document, Member, Node, Read, Update
from contracts.problems import Problem
from data_service.engine import Engine
from data_service.execute.postgres import PostgresDatabase

from tests.change.traffic import Inside, Traffic, no_errors, plain
from tests.fixtures.guarded_store import ADMIN, Suite
from tests.fixtures.on_hub import EngineOnHub, TurningHub
from tests.fixtures.postgres_server import PostgresServer

SCHEMA = """
create table things (id serial primary key, name text);
insert into things (name) select 'thing ' || g from generate_series(1, 50) g;
create view slow as select 1 as id, pg_sleep(0.7)::text as slept;
create table calls (id serial primary key, note text);
create function linger() returns trigger language plpgsql as $$ begin perform pg_sleep(0.7); return new; end $$;
create trigger linger before insert on calls for each row execute function linger();
"""
CONFIG = """
version: 1
resources:
  slow: {permissions: {anonymous: {select: {columns: '*', filter: {}}}}}
"""
ANYBODY = Caller()
ALL = Read("things", Node(limit=Param(0)))
SLOW = Read("slow")


@pytest.fixture(scope="module")
def server():
    own = PostgresServer().start()
    yield own
    own.stop()


@pytest.fixture(scope="module")
def url(server):
    return server.create_database("outage", SCHEMA)


@pytest.fixture(params=["threads", "hub"])
def open_engine(url, tmp_path, request):
    """Makes engines on the database, whose requests run in threads or on a hub, and closes them."""
    made = []
    config = tmp_path / "trivet.yaml"
    config.write_text(CONFIG)

    def make(anonymous_limit=None, **options):
        options = {"size": 8, "limit": 8.0, **options}
        engine = Engine(PostgresDatabase(url, **options), config=config, anonymous_limit=anonymous_limit)
        engine.refresh()
        made.append(engine)
        return engine if turning is None else EngineOnHub(engine, turning)

    with TurningHub() if request.param == "hub" else nullcontext() as turning:
        yield make
        for engine in made:
            engine.close()


def rows(engine, operation, *values):
    return json.loads(engine.execute(operation, list(values), ADMIN.caller).body)


def refusal(engine, operation, *values, caller=ADMIN.caller):
    with pytest.raises(Problem) as refused:
        engine.execute(operation, list(values), caller)
    return refused.value


def in_background(work):
    """Run it in a thread; `join` gives what it returned or raised."""
    kept = []

    def run():
        try:
            kept.append(work())
        except Problem as problem:
            kept.append(problem)

    thread = threading.Thread(target=run)
    thread.start()

    def join():
        thread.join(30)
        return kept[0]

    return join


def end_backends(url, until, statement):
    """End whoever runs a statement that looks so, once there is somebody."""
    with psycopg.connect(url, autocommit=True) as connection:
        wanted = (
            "select count(pg_terminate_backend(pid)) from pg_stat_activity where state = 'active' and query like %s "
            "and pid <> pg_backend_pid()"
        )
        until(lambda: connection.execute(wanted, [statement]).fetchone()[0], f"nobody runs {statement}")


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGQUIT], ids=["stop", "crash"])
def test_a_restart_under_load(server, open_engine, until, how):
    engine = open_engine()
    suite = Suite(engine, lambda: None)
    soap_write = "<CreateThings><things><name>by soap</name></things></CreateThings>"
    asks = {
        "rest read": (lambda c: c.rest("things?limit=5"), plain),
        "rest write": (lambda c: c.rest("things", "POST", json={"name": "by rest"}), plain),
        "graphql read": (lambda c: c.graphql("{ things(limit: 5) { id name } }"), no_errors),
        "graphql write": (
            lambda c: c.graphql(
                'mutation { update_things(where: {id: {_eq: 1}}, _set: {name: "x"}) { affected_rows } }'
            ),
            no_errors,
        ),
        "soap read": (lambda c: c.soap("<ListThings><page><limit>5</limit></page></ListThings>"), plain),
        "soap write": (lambda c: c.soap(soap_write), plain),
    }

    def asked(ask, is_good):
        client = Inside(suite, ADMIN)
        return lambda: (ask(client), is_good)

    with Traffic({name: asked(*ask) for name, ask in asks.items()}) as running:
        running.wait_for_each(5)
        server.halt(how)
        until(lambda: len(running.later) == len(asks), "somebody was not told to come back later")
        server.resume()
        running.wait_for_each(5)
    assert running.bad == []


def test_connections_that_were_idle_meanwhile_are_not_used(server, open_engine):
    engine = open_engine()
    readers = [in_background(lambda: rows(engine, SLOW)) for _ in range(3)]
    assert [join() for join in readers] == [[{"id": 1, "slept": ""}]] * 3
    server.halt()
    server.resume()
    created = engine.execute(Create("things", ("name",), Param(0)), [[{"name": "at once"}]], ADMIN.caller)
    assert created.affected == 1


def test_a_read_that_loses_its_connection_is_asked_again(url, open_engine, until):
    engine = open_engine()
    join = in_background(lambda: rows(engine, SLOW))
    end_backends(url, until, '%"slow"%')
    assert join() == [{"id": 1, "slept": ""}]


def test_a_write_that_loses_its_connection_is_not(url, open_engine, until):
    engine = open_engine()
    join = in_background(lambda: engine.execute(Create("calls", ("note",), Param(0)), [[{"note": "x"}]], ADMIN.caller))
    end_backends(url, until, '%"calls"%')
    problem = join()
    assert (problem.code, problem.status, problem.headers) == ("PGRST000", 503, {"Retry-After": "2"})
    assert rows(engine, Read("calls")) == []


def test_past_capacity_it_is_said_soon(url, open_engine, until):
    engine = open_engine(size=1, patience=0.1)
    join = in_background(lambda: rows(engine, SLOW))
    with psycopg.connect(url, autocommit=True) as watcher:
        busy = "select 1 from pg_stat_activity where state = 'active' and application_name = 'trivet'"
        until(lambda: watcher.execute(busy).fetchone(), "the slow one has not begun")
    problem = refusal(engine, ALL, 1)
    assert (problem.code, problem.status, problem.headers) == ("PGRST003", 504, {"Retry-After": "1"})
    assert join() == [{"id": 1, "slept": ""}]
    assert len(rows(engine, ALL, 1)) == 1


def test_callers_without_a_login_have_less_time(open_engine):
    engine = open_engine(anonymous_limit=0.2)
    assert refusal(engine, SLOW, caller=ANYBODY).code == "57014"
    assert rows(engine, SLOW) == [{"id": 1, "slept": ""}]
    assert refusal(engine, SLOW, caller=ANYBODY).code == "57014"


def test_what_is_left_of_a_request_s_time_is_a_limit_too(open_engine):
    engine = open_engine()
    hurried = Caller(principal=Principal(role="admin", subject="s"), deadline=time.monotonic() + 0.3)
    assert refusal(engine, SLOW, caller=hurried).code == "57014"
    assert rows(engine, SLOW) == [{"id": 1, "slept": ""}]


def test_a_locked_table_is_to_be_asked_again(url, open_engine):
    engine = open_engine(limit=0.8)
    with psycopg.connect(url) as migration:
        migration.execute("lock table things in access exclusive mode")
        problem = refusal(engine, ALL, 1)
        assert (problem.code, problem.status, problem.headers) == ("55P03", 503, {"Retry-After": "1"})
    assert len(rows(engine, ALL, 1)) == 1


def test_a_deadlock_s_victim_tries_once_more(url, open_engine, until):
    engine = open_engine()
    rename = Update("things", (Assign("name", Param(0)),), filter=Compare(FieldRef("id"), "eq", Param(1)))
    other = Update("things", (Assign("name", Param(0)),), filter=Compare(FieldRef("id"), "eq", Param(2)))
    both = Document((Member("a", rename), Member("b", other)))
    with psycopg.connect(url) as rival, psycopg.connect(url, autocommit=True) as watcher:
        rival.execute("set deadlock_timeout = '20s'")  # the engine's own connection notices first
        rival.execute("update things set name = 'rival' where id = 2")
        join = in_background(lambda: engine.execute(both, ["engine", 1, 2], ADMIN.caller))
        waiting = "select 1 from pg_stat_activity where wait_event_type = 'Lock' and application_name = 'trivet'"
        until(lambda: watcher.execute(waiting).fetchone(), "the engine does not wait for the rival")
        rival.execute("update things set name = 'rival' where id = 1")
        rival.commit()
    assert not isinstance(join(), Problem)
    found = Read("things", Node(filter=Compare(FieldRef("id"), "in", Param(0))))
    assert {row["name"] for row in rows(engine, found, [1, 2])} == {"engine"}

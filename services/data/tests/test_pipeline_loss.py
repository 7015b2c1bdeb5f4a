"""PostgreSQL on a hub: connections that are lost, a server that goes and comes back, and no more of either than may be."""

import importlib.util
import time
from pathlib import Path

import psycopg
import pytest
from data_service.execute.slots import Slots
from data_service.execute.trouble import Lost
from data_service.execute.wire import Ask

from tests.fixtures.postgres_server import PostgresServer

_spec = importlib.util.spec_from_file_location("pipeline_place", Path(__file__).with_name("pipeline_place.py"))
at = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(at)

NAMED = (b'{"id" : 1, "name" : "number 1"}', 1, None)


@pytest.fixture(scope="module")
def server():
    own = PostgresServer().start()
    yield own
    own.stop()


@pytest.fixture(scope="module")
def url(server):
    return server.create_database("pipeline", at.SCHEMA)


@pytest.fixture
def make(url):
    made = []

    def make(**options):
        made.append(at.Place(url, **options))
        return made[-1]

    yield make
    for place in made:
        place.close()


def end_backends(url):
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "select pg_terminate_backend(pid, 5000) from pg_stat_activity where application_name = 'trivet'"
        )


def test_all_that_is_under_way_hears_of_a_lost_connection(make, url):
    place = make(size=1)
    place.open_all()
    place.pipeline.shape_of(at.READ.sql).seconds = 1e-6
    results = place.start(lambda: place.read(at.SLOW, "30"), *[lambda: place.read(at.READ, "1")] * 3)
    place.hub.turn(0.0)
    end_backends(url)
    place.turn_until(lambda: len(results) == 4)
    assert {type(found) for found in results.values()} == {Lost}
    assert place.run(lambda: place.read(at.READ, "1")) == [NAMED]


def test_a_write_is_not_sent_to_a_server_that_has_hung_up(make, url):
    place = make()
    place.open_all()
    end_backends(url)
    assert place.run(lambda: place.write((at.WRITE, "1", "one"), last=True)) == [(b'{"id" : 1}', 1)]


def test_a_transaction_hears_of_its_loss_between_two_statements(make, url):
    place = make()

    def work():
        with place.database.session(writes=True, deadline=None) as session:
            session.fetch(at.WRITE, at.Arguments(["2", "two"], {}))
            end_backends(url)
            place.hub.sleep(0.01)
            session.fetch(at.WRITE, at.Arguments(["3", "three"], {}))

    assert [type(found) for found in place.run(work)] == [Lost]
    assert place.run(lambda: place.read(at.NOTES)) == [(b'["one"]', 1)]


@pytest.mark.parametrize("last", [False, True], ids=["more to come", "with its commit"])
def test_of_a_write_that_was_cut_off_nobody_says_that_it_was_done(make, url, last):
    place = make()
    sleeps = at.statement("with w as (insert into notes values ($1::int, 'x')) select pg_sleep(60)::text")
    results = place.start(lambda: place.write((sleeps, "71"), last=last))
    place.turn_until(lambda: any(wire.owner and wire.expected for wire in place.pipeline.wires.open))
    (backend,) = [wire.backend for wire in place.pipeline.wires.open if wire.expected]
    end_backends(url)
    place.turn_until(lambda: results)
    assert (type(results[0]), place.database.adrift) == (Lost, {backend})
    place.database.adrift.clear()
    assert place.run(lambda: place.read(at.statement("select count(*) from notes where id = 71", 0))) == [(0,)]


def test_a_statement_without_its_commit_is_no_write(make, monkeypatch):
    place, take = make(), Ask.take
    place.run(lambda: place.write((at.WRITE, "81", "before"), last=True))
    (wire,) = [wire for wire in place.pipeline.wires.open if wire.writes]

    def cut_off(self, status, result):
        take(self, status, result)
        wire.lose()  # the statement was answered, and the connection goes before the server has come to the Sync

    with monkeypatch.context() as patch:
        patch.setattr(Ask, "take", cut_off)
        results = place.run(lambda: place.write((at.WRITE, "82", "perhaps"), last=True))
    assert [type(found) for found in results] == [Lost]
    assert place.database.adrift == {wire.backend}


def test_while_the_server_is_away_each_hears_so_and_the_first_one_after_it_is_back_works(make, server):
    place = make()
    place.open_all()
    server.halt()
    works = [lambda: place.read(at.READ, "1"), lambda: place.write((at.WRITE, "9", "nine"))] * 3
    for _ in range(3):
        assert {type(found) for found in place.run(*works)} == {Lost}
    server.resume()
    time.sleep(0.6)  # the pause in which nobody tries
    assert place.run(lambda: place.write((at.WRITE, "9", "nine"), last=True)) == [(b'{"id" : 9}', 1)]


def test_past_its_patience_a_request_is_told(make):
    place = make(size=1, patience=0.1)
    results = place.start(
        lambda: place.read(at.SLOW, "1"), lambda: place.read(at.READ, "1"), lambda: place.write((at.WRITE, "5", "x"))
    )
    place.turn_until(lambda: len(results) == 3)
    assert results[0] == (b'{"slept" : ""}', 1, None)
    assert {results[1].code, results[2].code} == {"PGRST003"}
    assert results[1].status == 504
    assert place.run(lambda: place.read(at.READ, "1")) == [NAMED]


def test_past_a_bounded_queue_a_request_is_told_at_once(make):
    place = make(size=1, queue=2)
    place.open_all()
    place.pipeline.shape_of(at.SLOW.sql).seconds = 1.0
    slow = [lambda: place.read(at.SLOW, "0.2")] * 3
    results = place.start(*slow[:1])
    place.hub.turn(0.0)
    results = place.start(*slow)
    assert {number: (found.code, found.status, found.headers) for number, found in results.items()} == {
        2: ("PGRST001", 503, {"Retry-After": "1"})
    }
    place.turn_until(lambda: len(results) == 3)


def test_slow_statements_leave_a_connection_for_quick_ones(make):
    place = make(size=3, patience=60.0, limit=60.0)
    place.open_all()
    place.pipeline.shape_of(at.SLOW.sql).seconds = 1.0
    results = place.start(*[lambda: place.read(at.SLOW, "60")] * 6)
    place.hub.turn(0.0)
    slow = dict(place.lanes)
    for _ in range(20):
        assert place.run(lambda: place.read(at.READ, "1")) == [NAMED]
    assert not results
    for lane in slow.values():
        place.hub.abandon(lane)
    place.turn_until(lambda: all(wire.is_free for wire in place.pipeline.wires.open))


def test_connections_are_not_more_than_may_be(make, url):
    place = make(size=3)
    place.run(*[lambda: place.write((at.WRITE, "100", "x"), (at.SLOW, "0.02"), (at.FAIL, "0"))] * 12)
    with psycopg.connect(url, autocommit=True) as connection:
        counted = connection.execute("select count(*) from pg_stat_activity where application_name = 'trivet'")
        assert counted.fetchone() == (3,)


def test_what_is_lent_is_given_back_soon(make, tmp_path):
    place = make(size=8, slots_dir=tmp_path)
    place.run(*[lambda: place.write((at.SLOW, "0.05"))] * 8)
    wires = place.pipeline.wires
    lent = [wire for wire in wires.open if place.database._slots.is_lent(wire.slot)]
    kept = [wire for wire in wires.open if wire not in lent]
    assert (len(kept), len(lent)) == (2, 4)
    for wire in wires.open:
        wire.used -= 20.0  # as if nothing had been done on them for so long
    wires.tidy()
    assert wires.open == kept
    place.run(lambda: place.read(at.READ, "1"))


def test_processes_share_the_host_s_connections(tmp_path):
    """Each has some for itself, and the others are for whoever comes first; what is given back is there for all."""
    one, other = (Slots(8, tmp_path, sharers=2) for _ in range(2))
    greedy = [one.take() for _ in range(9)]
    assert sum(slot is not None for slot in greedy) == 5
    assert [other.take() is not None for _ in range(2)] == [True, False]
    one.give_back(greedy[4])
    assert one.is_lent(greedy[4])
    assert other.take() == greedy[4]
    assert Slots(8, tmp_path, sharers=2).take() is not None  # a successor, while both still run


def test_a_process_that_dies_gives_its_connections_back(tmp_path):
    import subprocess
    import sys

    code = (
        "import sys, time; from pathlib import Path; from data_service.execute.slots import Slots; "
        f"slots = Slots(4, Path({str(tmp_path)!r})); print([slots.take() for _ in range(4)], flush=True); time.sleep(60)"
    )
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline().count("None") == 1
    ours = Slots(4, tmp_path)
    assert [ours.take() is not None for _ in range(2)] == [True, False]
    process.kill()
    process.wait()
    ours = Slots(4, tmp_path)
    assert [ours.take() is not None for _ in range(3)] == [True, True, True]

"""PostgreSQL on a hub: greenlets share connections, and each gets its own right answer, whatever the others meet."""

import importlib.util
import json
import time
from functools import partial
from pathlib import Path

import psycopg
import pytest
from chassis.hub.lanes import Abandoned
from contracts.problems import Problem
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from prometheus_client import REGISTRY

_spec = importlib.util.spec_from_file_location("pipeline_place", Path(__file__).with_name("pipeline_place.py"))
at = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(at)


@pytest.fixture(scope="module")
def url(postgres_server):
    return postgres_server.create_database("pipeline", at.SCHEMA)


@pytest.fixture(scope="module", params=["prepared", "unnamed"])
def prepare(request):
    """Whether statements have names."""
    return request.param == "prepared"


@pytest.fixture
def place(url, prepare):
    made = at.Place(url, prepare=prepare)
    yield made
    made.close()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("truncate notes")


@pytest.fixture
def outside(url):
    """Another client of the database."""
    with psycopg.connect(url, autocommit=True) as connection:
        yield connection


def named(number):
    return (json.dumps({"id": number, "name": f"number {number}"}).replace(":", " :").encode(), 1, None)


def has_all(results, works):
    return len(results) == len(works)


def code_of(found):
    return found.code if isinstance(found, Problem) else found


def test_what_many_ask_at_once_goes_out_with_one_sync(place):
    place.run(lambda: place.read(at.READ, "1"))
    place.pipeline.shape_of(at.READ.sql).seconds = 1e-5  # it is known to be quick
    (wire,) = place.pipeline.wires.open
    results = place.start(*[lambda number=number: place.read(at.READ, str(number)) for number in range(1, 11)])
    place.hub.turn(0.0)  # sends, though nothing has come yet
    syncs = [entry for entry in wire.expected if type(entry).__name__ == "Sync"]
    assert (len(results), len(syncs)) == (0, 1)
    place.turn_until(lambda: len(results) == 10)
    assert [results[number - 1] for number in range(1, 11)] == [named(number) for number in range(1, 11)]


def test_a_failing_read_costs_the_others_nothing_but_time(place):
    for _ in range(2):  # not known at first, then known to be quick
        found = place.run(
            lambda: place.read(at.READ, "1"),
            lambda: place.read(at.FAIL, "0"),
            lambda: place.read(at.READ, "2"),
            lambda: place.read(at.FAIL, "word"),
            lambda: place.read(at.READ, "3"),
        )
        assert [code_of(one) for one in found] == [named(1), "22012", named(2), "22P02", named(3)]


def test_a_statement_that_cannot_be_parsed_is_its_own_fault(place):
    wrong = at.statement("select nothing from nowhere", 0)
    found = place.run(lambda: place.read(at.READ, "1"), lambda: place.read(wrong), lambda: place.read(at.READ, "2"))
    assert [code_of(one) for one in found] == [named(1), "42P01", named(2)]
    assert code_of(place.run(lambda: place.read(wrong))[0]) == "42P01"


def test_no_row_and_null(place):
    nothing = at.statement("select null::json, null::bigint, $1::text")
    assert place.run(lambda: place.read(at.READ, "0"), lambda: place.read(nothing, None)) == [None, (None, None, None)]


def test_a_text_with_nul_or_half_a_character_is_refused(place):
    text = at.statement("select to_json($1::text)")
    found = place.run(
        lambda: place.read(text, "a\0b"), lambda: place.read(text, "a\ud800"), lambda: place.read(text, "ä")
    )
    assert [code_of(one) for one in found] == ["22021", "22021", ('"ä"'.encode(),)]


def test_reads_do_not_write(place, outside):
    sneaky = at.statement("with w as (insert into notes (id) values (1) returning id) select to_json(id) from w", 0)
    assert [code_of(one) for one in place.run(lambda: place.read(sneaky))] == ["25006"]
    assert outside.execute("select count(*) from notes").fetchone() == (0,)


@pytest.mark.parametrize("last", [False, True], ids=["commit apart", "commit with the last"])
def test_a_transaction_is_all_or_nothing(place, outside, last):
    good = place.run(lambda: place.write((at.WRITE, "1", "one"), (at.WRITE, "2", "two"), last=last))
    bad = place.run(lambda: place.write((at.WRITE, "3", "three"), (at.WRITE, "4", "bad"), last=last))
    assert good == [(b'{"id" : 2}', 1)]
    assert code_of(bad[0]) == "23514"
    assert outside.execute("select array_agg(id order by id) from notes").fetchone() == ([1, 2],)
    assert place.run(lambda: place.read(at.NOTES)) == [(b'["one", "two"]', 2)]


def test_what_an_exception_leaves_is_rolled_back(place, outside):
    def breaks_off():
        with place.database.session(writes=True, deadline=None) as session:
            session.fetch(at.WRITE, at.Arguments(["1", "one"], {}))
            raise LookupError

    assert isinstance(place.run(breaks_off)[0], LookupError)
    assert place.run(lambda: place.write((at.WRITE, "1", "again"))) == [(b'{"id" : 1}', 1)]
    assert outside.execute("select text from notes").fetchall() == [("again",)]


@pytest.mark.parametrize("last", [False, True], ids=["commit apart", "commit with the last"])
def test_a_commit_that_fails_is_told(place, last):
    found = place.run(lambda: place.write((at.NAME, "1", "number 2"), last=last))
    assert code_of(found[0]) == "23505"
    assert place.run(lambda: place.read(at.READ, "1")) == [named(1)]


def test_one_write_takes_one_round_trip(place, prepare):
    place.open_all()
    place.run(lambda: place.write((at.WRITE, "1", "one"), last=True))
    results = place.start(lambda: place.write((at.WRITE, "2", "two"), last=True))
    (sent,) = [list(wire.expected) for wire in place.pipeline.wires.open if wire.expected]
    kinds = [type(entry).__name__ for entry in sent]
    # without names settings come first, which takes a transaction of several statements
    assert kinds == (["Ask", "Sync"] if prepare else ["Ask", "Ask", "Ask", "Ask", "Sync"])
    place.turn_until(lambda: results)
    assert results == {0: (b'{"id" : 2}', 1)}


def test_a_read_does_not_write_where_a_write_was_done(url, prepare, outside):
    sneaky = at.statement("with w as (insert into notes (id) values (9) returning id) select to_json(id) from w", 0)
    place = at.Place(url, prepare=prepare, size=1)
    try:
        for number in (1, 2):
            assert place.run(lambda: place.write((at.WRITE, str(number), "text"), last=True))[0][1] == 1  # noqa: B023
            assert [code_of(one) for one in place.run(lambda: place.read(sneaky))] == ["25006"]
            assert place.run(lambda: place.read(at.READ, "1")) == [named(1)]
    finally:
        place.close()
        outside.execute("truncate notes")


def test_a_read_sees_what_was_acknowledged_before(place):
    place.open_all()

    def write_and_look(number):
        place.write((at.WRITE, str(number), f"text {number}"), last=True)
        (texts, _) = place.read(at.NOTES)
        return f"text {number}" in json.loads(texts)

    assert place.run(*[lambda number=number: write_and_look(number) for number in range(20)]) == [True] * 20


def test_a_changed_table_is_planned_anew(place, outside):
    """ "cached plan must not change result type" is undone, and the next try is right."""
    outside.execute("drop table if exists t; create table t (a int); insert into t values (1)")
    star = at.statement("select to_json(t.*), t.* from t", 0)
    assert place.run(lambda: place.read(star)) == [(b'{"a":1}', 1)]
    outside.execute("alter table t alter a type text")
    found = place.run(lambda: place.read(star), lambda: place.read(at.READ, "1"))
    assert code_of(found[0]) in ("0A000", (b'{"a":"1"}', "1"))
    assert found[1] == named(1)
    assert place.run(lambda: place.read(star)) == [(b'{"a":"1"}', "1")]


def test_names_are_let_go_past_their_bound(url):
    place = at.Place(url)
    place.run(lambda: place.read(at.READ, "1"))
    (wire,) = place.pipeline.wires.open
    wire._names._bound = 8
    before = REGISTRY.get_sample_value("trivet_prepared_statements_total", {"event": "evicted"})
    many = [at.statement(f"select to_json({number})", 0) for number in range(30)]
    for _ in range(2):
        found = place.run(*[lambda what=what: place.read(what) for what in [*many, many[29], many[0]]])
        assert found == [(str(number).encode(),) for number in [*range(30), 29, 0]]
    evicted = REGISTRY.get_sample_value("trivet_prepared_statements_total", {"event": "evicted"})
    assert evicted - before >= 50
    names = at.statement("select to_json(count(*)) from pg_prepared_statements", 0)
    assert int(place.run(lambda: place.read(names))[0][0]) <= 9
    place.close()


def test_a_name_is_not_lost_where_its_statement_was_not_reached(url):
    """A close and a parse behind a failing read are skipped by the server: nothing may be taken for done."""
    place = at.Place(url)
    place.run(lambda: place.read(at.READ, "1"))
    for what in (at.READ, at.FAIL):
        place.pipeline.shape_of(what.sql).seconds = 1e-6
    (wire,) = place.pipeline.wires.open
    wire._names._bound = 2
    fresh = [at.statement(f"select to_json({number})", 0) for number in range(4)]
    for what in fresh:
        place.pipeline.shape_of(what.sql).seconds = 1e-6  # as if known: they share the failing read's Sync
    for _ in range(3):
        found = place.run(lambda: place.read(at.FAIL, "0"), *[lambda what=what: place.read(what) for what in fresh])
        assert [code_of(one) for one in found] == ["22012", (b"0",), (b"1",), (b"2",), (b"3",)]
    place.close()


_TASKS = st.one_of(
    st.tuples(st.just("read"), st.integers(1, 200)),
    st.tuples(st.just("fail"), st.sampled_from(["0", "word"])),
    st.tuples(st.just("slow"), st.sampled_from([0.0, 0.003, 0.02, 0.06])),
    st.tuples(st.just("late"), st.just(3.0)),
    st.tuples(st.just("gone"), st.sampled_from([0.0, 0.01, 0.5])),
    st.tuples(st.just("write"), st.booleans()),
    st.tuples(st.just("bad write"), st.booleans()),
    st.tuples(st.just("gone write"), st.booleans()),
)


@given(st.lists(st.lists(_TASKS, min_size=1, max_size=12), min_size=1, max_size=4), st.integers(0, 3))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_runs_together_each_gets_its_own(place, outside, rounds, pauses):
    outside.execute("truncate notes")
    kept, number = set(), 0
    for tasks in rounds:
        works, expected, gone = [], [], []
        for kind, detail in tasks:
            number += 1
            if kind == "read":
                works.append(lambda detail=detail: place.read(at.READ, str(detail)))
                expected.append({named(detail)})
            elif kind == "fail":
                works.append(lambda detail=detail: place.read(at.FAIL, detail))
                expected.append({"22012" if detail == "0" else "22P02"})
            elif kind in ("slow", "late"):
                end = 0.06 if kind == "late" else None
                works.append(lambda detail=detail, end=end: place.read(at.SLOW, str(detail), deadline=end))
                expected.append({"57014", "PGRST003"} if kind == "late" else {(b'{"slept" : ""}', 1, None)})
            elif kind == "gone":
                gone.append(len(works))
                works.append(lambda detail=detail: place.read(at.SLOW, str(detail)))
                expected.append({Abandoned, (b'{"slept" : ""}', 1, None)})
            else:
                text = "bad" if kind == "bad write" else f"text {number}"
                if kind == "gone write":
                    gone.append(len(works))
                works.append(lambda n=number, text=text, last=detail: place.write((at.WRITE, str(n), text), last=last))
                done = (f'{{"id" : {number}}}'.encode(), 1)
                expected.append({"bad write": {"23514"}, "write": {done}}.get(kind, {done, Abandoned}))
        results = place.start(*works)
        for _ in range(pauses):
            place.hub.turn(0.002)
        for which in gone:
            if which not in results:
                place.hub.abandon(place.lanes[which])
        place.turn_until(partial(has_all, results, works))
        for which, wanted in enumerate(expected):
            found = results[which]
            assert (type(found) if isinstance(found, Abandoned) else code_of(found)) in wanted, tasks[which]
            if isinstance(found, tuple) and tasks[which][0].endswith("write"):
                kept.add(json.loads(found[0])["id"])
    place.turn_until(lambda: all(wire.is_free for wire in place.pipeline.wires.open))
    stored = {id for (id,) in outside.execute("select id from notes").fetchall()}
    assert kept <= stored  # and of those whose client has gone, some may have been committed
    for connection in place.pipeline.wires.open:
        assert connection.load == 0.0


def test_time_passes_for_nobody_else(place):
    """What waits behind a slow statement is answered by another connection long before that ends."""
    place.open_all()
    begun = time.monotonic()
    results = place.start(
        lambda: place.read(at.SLOW, "30", deadline=40), *[lambda: place.read(at.READ, "1") for _ in range(20)]
    )
    place.turn_until(lambda: len(results) == 20)
    assert 0 not in results
    place.hub.abandon(place.lanes[0])
    place.turn_until(lambda: all(wire.is_free for wire in place.pipeline.wires.open))
    assert isinstance(results[0], Abandoned)
    assert time.monotonic() - begun < 25  # it was cancelled, not waited for

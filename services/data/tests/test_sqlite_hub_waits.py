"""SQLite on a hub: who waits for a lock, a thread or another file, and who leaves meanwhile."""

import importlib.util
import itertools
import threading
from pathlib import Path

import greenlet
import pytest
from chassis.hub.lanes import Abandoned
from contracts.problems import Problem
from data_service.execute import sqlite_hub

_spec = importlib.util.spec_from_file_location("sqlite_hub_place", Path(__file__).with_name("sqlite_hub_place.py"))
at = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(at)


@pytest.fixture(params=["wal", "delete"])
def path(tmp_path, request):
    found = tmp_path / "store.db"
    at.make(found, request.param)
    return found


@pytest.fixture
def served(path):
    found = at.Served(path)
    yield found
    found.close()


# --- writes ----------------------------------------------------------------------------------------------------------


def test_writes_queue_and_past_the_queue_they_are_refused_at_once(served, path, monkeypatch):
    monkeypatch.setattr(sqlite_hub, "_WAITING", 4)
    refused = threading.Event()

    def write(row):
        try:
            served.engine.execute(at.SET_AMOUNT, [row, 7], at.WHO)
        except Problem as problem:
            refused.set()
            return problem.code, problem.headers
        return "done"

    with at.Writer(path) as other:
        threading.Thread(target=lambda: (refused.wait(5), other.end())).start()
        found = served.run(*[lambda row=row: write(row) for row in range(8)])
    assert found.count("done") == 5
    assert found.count(("53300", {"Retry-After": "1"})) == 3


def test_a_write_that_waited_for_too_long_is_refused_and_never_done(served, path):
    with at.Writer(path) as other:
        first = threading.Timer(0.8, other.end)
        first.start()
        found = served.run(
            lambda: served.ask(at.SET_AMOUNT, 1, 10),
            lambda: served.ask(at.SET_AMOUNT, 2, 20, who=at.soon(0.1)),
        )
        first.join()
    assert found == [{"amount": 10}, "53300"]
    assert served.run(lambda: served.ask(at.AMOUNT_OF, 2)) == [{"amount": 2}]


def test_a_locked_file_holds_up_nobody_but_its_readers(tmp_path):
    at.make(tmp_path / "store.db", "delete")
    served = at.Served(tmp_path / "store.db")
    served.run(lambda: served.ask(at.AMOUNT_OF, 1))
    turns = []

    def turn(other):
        for _ in range(20):
            served.hub.sleep(0.005)
            turns.append(len(turns))
        other.end()

    with at.Writer(tmp_path / "store.db") as other:
        found = served.run(lambda: (served.ask(at.AMOUNT_OF, 1), len(turns)), lambda: turn(other))
    assert found[0] == ({"amount": 1}, 20)
    held, _ = served.database.open_quick()
    assert held.connection.execute("pragma busy_timeout").get == 0  # it never waits for a lock
    held.connection.close()
    served.close()


# --- the file, and those who leave -----------------------------------------------------------------------------------


def test_another_file_in_its_place_is_noticed(tmp_path):
    at.make(tmp_path / "store.db")
    at.make(tmp_path / "new.db", first=1000)
    served = at.Served(tmp_path / "store.db")
    assert served.run(lambda: served.ask(at.AMOUNT_OF, 1)) == [{"amount": 1}]
    (tmp_path / "new.db").rename(tmp_path / "store.db")
    served.engine.refresh()
    assert served.run(lambda: [served.ask(at.AMOUNT_OF, 1), served.ask(at.SET_AMOUNT, 2, 2)]) == [
        [{"amount": 1001}, {"amount": 2}]
    ]
    served.close()


@pytest.mark.parametrize("known", [False, True], ids=["interrupted", "known to be slow"])
def test_a_client_that_leaves_ends_its_statement(served, known):
    if known:
        served.run(lambda: served.ask(at.ENDLESS, who=at.soon()))
    ended, lanes = [], []

    def leave():
        lanes.append(greenlet.getcurrent())
        try:
            served.ask(at.ENDLESS)
        except Abandoned:
            ended.append(True)

    served.hub.start(leave)
    served.run(lambda: served.hub.sleep(0.05))
    served.hub.abandon(lanes[0])
    for _ in itertools.count():
        if ended:
            break
        served.hub.turn(10)  # far below its time limit of 20 seconds
    assert served.run(*[lambda: served.ask(at.LONG)] * 4) == [{"c": 400_000}] * 4


def test_a_write_whose_client_leaves_while_it_waits_is_not_done(served, path):
    lanes, ended = [], []

    def leave():
        lanes.append(greenlet.getcurrent())
        try:
            served.ask(at.SET_AMOUNT, 5, 500)
        except Abandoned:
            ended.append(True)

    with at.Writer(path):
        served.hub.start(served.ask, at.SET_AMOUNT, 4, 400)  # has the thread
        served.hub.start(leave)
        served.hub.abandon(lanes[0])
        assert ended == [True]
    assert served.run(
        lambda: [served.ask(at.AMOUNT_OF, 5), served.ask(at.SET_AMOUNT, 6, 1), served.ask(at.AMOUNT_OF, 4)]
    ) == [[{"amount": 5}, {"amount": 1}, {"amount": 400}]]

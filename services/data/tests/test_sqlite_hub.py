"""SQLite on a hub: whatever runs at the same time, each gets its own right answer, and nobody holds up the loop."""

import importlib.util
import itertools
import random
import threading
from pathlib import Path

import apsw
import pytest
from contracts.identity import Caller
from data_service.execute import sqlite_hub
from data_service.execute.sqlite import SqliteDatabase

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


# --- each its own right answer -------------------------------------------------------------------------------------


def test_a_mix_of_slow_and_quick_reads_and_writes_and_failures(served):
    chance = random.Random(7)
    ask, new = served.ask, itertools.count(at.ITEMS)

    def lane(rows):
        """Work on rows that nobody else changes."""
        amounts = {row: row for row in rows}
        for _ in range(25):
            row = chance.choice(rows)
            match chance.choice(["read", "read", "read", "all", "set", "set", "long", "clash", "none", "value", "new"]):
                case "read":
                    assert ask(at.AMOUNT_OF, row) == {"amount": amounts[row]}
                case "all":
                    found = {item["id"]: item["amount"] for item in ask(at.SUM_UP, 10_000)}
                    assert {row: found[row] for row in rows} == amounts
                case "set":
                    amounts[row] = chance.randrange(1_000_000)
                    assert ask(at.SET_AMOUNT, row, amounts[row]) == {"amount": amounts[row]}
                    assert ask(at.AMOUNT_OF, row) == {"amount": amounts[row]}
                case "long":
                    assert ask(at.LONG) == {"c": 400_000}
                case "clash":
                    assert ask(at.INSERT, [{"id": row, "name": "x"}]) == "23505"
                case "none":
                    assert ask(at.AMOUNT_OF, -row - 1) == "PGRST116"
                case "value":
                    assert ask(at.AMOUNT_OF, "no number") == "22P02"
                case "new":
                    number = next(new)
                    assert ask(at.INSERT, [{"id": number, "name": f"n{number}"}]) == {
                        "id": number,
                        "name": f"n{number}",
                    }
                    assert ask(at.DELETE, number) == [{"name": f"n{number}"}]
                    assert ask(at.AMOUNT_OF, number) == "PGRST116"
        return True

    lanes = [lambda rows=range(start, at.ITEMS, 12): lane(rows) for start in range(12)]
    assert served.run(*lanes) == [True] * 12


def test_a_read_sees_what_was_acknowledged_before_it(served):
    last = 0

    def write():
        nonlocal last
        for number in range(1, 40):
            assert served.ask(at.SET_AMOUNT, 1, number) == {"amount": number}
            last = number
        return True

    def read():
        seen = 0
        while last < 39:
            known = max(last, seen)
            seen = served.ask(at.AMOUNT_OF, 1)["amount"]
            assert seen >= known  # nor is any older than an answer already given
            served.ask(at.AMOUNT_OF, "no number")  # a failure does not hold on to what the file was
            served.hub.sleep(0)
        return True

    assert served.run(write, read, read) == [True] * 3
    assert served.ask(at.AMOUNT_OF, 1) == {"amount": 39}  # and in the thread at hand


def test_what_another_process_wrote_is_seen(served, path):
    def work():
        for number in range(5):
            other = apsw.Connection(str(path))
            other.execute("update items set amount = ? where id = 2", (number,))
            other.close()
            assert served.ask(at.AMOUNT_OF, 2) == {"amount": number}
        return True

    assert served.run(work) == [True]


# --- slow ones -----------------------------------------------------------------------------------------------------


def test_quick_reads_need_no_thread_and_slow_ones_get_one(served, monkeypatch):
    ran_in = []
    real = SqliteDatabase.answer_here

    def watched(*arguments):
        ran_in.append(threading.current_thread())
        return real(*arguments)

    monkeypatch.setattr(SqliteDatabase, "answer_here", watched)
    assert served.run(lambda: [served.ask(at.AMOUNT_OF, row) for row in range(20)]) == [
        [{"amount": row} for row in range(20)]
    ]
    assert ran_in == []
    assert served.run(lambda: served.ask(at.LONG)) == [{"c": 400_000}]  # broken off, and run again
    assert len(ran_in) == 1
    assert ran_in[0] is not threading.main_thread()
    quick, runs = sqlite_hub.run, []
    monkeypatch.setattr(sqlite_hub, "run", lambda *arguments: (runs.append(1), quick(*arguments))[1])
    assert served.run(lambda: served.ask(at.LONG)) == [{"c": 400_000}]  # at once, now that it is known
    assert (len(ran_in), runs) == (2, [])


def test_others_are_answered_while_one_is_slow(served):
    ended = []

    def slow():
        found = served.ask(at.ENDLESS, who=at.soon())
        ended.append("slow")
        return found

    def quick():
        found = [served.ask(at.AMOUNT_OF, 3), served.ask(at.SUM_UP, 1)]
        ended.append("quick")
        return found

    for _ in range(2):  # then the shape is known to be slow
        ended.clear()
        assert served.run(slow, quick) == ["57014", [{"amount": 3}, [{"id": 0, "amount": 0}]]]
        assert ended == ["quick", "slow"]


def test_the_limit_of_anonymous_callers_holds(path, tmp_path):
    config = tmp_path / "trivet.yaml"
    config.write_text(
        "version: 1\nresources: {endless: {permissions: {anonymous: {select: {columns: '*', filter: {}}}}}}\n"
    )
    served = at.Served(path, config=config)
    assert served.run(lambda: served.ask(at.ENDLESS, who=Caller())) == ["57014"]
    served.close()


def test_slow_reads_wait_for_a_thread_and_no_more_of_them_than_there_is_room_for(path, monkeypatch):
    monkeypatch.setattr(sqlite_hub, "_WAITING", 2)
    served = at.Served(path, size=1, limit=0.2)
    work = [lambda: served.ask(at.ENDLESS)] * 6
    for _ in range(2):  # all of the room is there again
        assert sorted(served.run(*work)) == ["57014"] * 3 + ["PGRST001"] * 3
    served.close()


def test_who_has_waited_long_enough_for_a_thread_is_told_so(path):
    served = at.Served(path, size=1, patience=0.1)
    assert sorted(served.run(*[lambda: served.ask(at.ENDLESS, who=at.soon(0.6))] * 2)) == ["57014", "PGRST001"]
    served.close()

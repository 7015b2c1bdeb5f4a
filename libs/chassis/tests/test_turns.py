"""Turns by key: a few at a time, in order, each key for itself, and nothing left behind."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from chassis.turns import Turns
from contracts.problems import Problem


def test_each_key_has_its_own_turns() -> None:
    turns: Turns[str] = Turns(1, 0)
    with turns.one("a"), turns.one("b"):
        with pytest.raises(Problem) as caught, turns.one("a"):
            pass
        assert (caught.value.code, caught.value.headers["Retry-After"]) == ("PGRST001", "1")
    with turns.one("a"):
        pass
    assert turns._lines == {}


def test_who_waits_comes_in_order_and_never_more_than_a_few_at_a_time() -> None:
    turns: Turns[str] = Turns(2, 100)
    order: list[int] = []
    inside, most, lock = 0, 0, threading.Lock()
    gate = [threading.Event() for _ in range(2)]

    def hold(number: int) -> None:
        with turns.one("a"):
            gate[number].wait(10)

    def work(number: int) -> None:
        nonlocal inside, most
        with turns.one("a"):
            with lock:
                inside += 1
                most = max(most, inside)
                order.append(number)
            with lock:
                inside -= 1

    with ThreadPoolExecutor(32) as pool:
        holds = [pool.submit(hold, number) for number in range(2)]
        until(lambda: turns._lines["a"].at_work == 2 if "a" in turns._lines else False)
        works = []
        for number in range(20):
            works.append(pool.submit(work, number))
            until(lambda number=number: len(turns._lines["a"].waiting) == number + 1)
        gate[0].set()  # one turn goes from hand to hand
        for one in works:
            one.result(10)
        gate[1].set()
        for one in holds:
            one.result(10)
    assert order == list(range(20))
    assert most == 1
    assert turns._lines == {}


def test_the_line_has_an_end() -> None:
    turns: Turns[str] = Turns(1, 1)
    with ThreadPoolExecutor(2) as pool:
        with turns.one("a"):
            waiting = pool.submit(lambda: turns.one("a").__enter__())
            until(lambda: len(turns._lines["a"].waiting) == 1)
            with pytest.raises(Problem), turns.one("a"):
                pass
        waiting.result(10)


def test_a_fault_gives_the_turn_back() -> None:
    turns: Turns[str] = Turns(1, 0)
    for _ in range(3):
        with pytest.raises(ValueError), turns.one("a"):
            raise ValueError
    assert turns._lines == {}


def until(holds) -> None:
    for _ in range(2000):
        if holds():
            return
        threading.Event().wait(0.005)
    raise AssertionError("it never came to be")

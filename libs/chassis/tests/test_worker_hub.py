"""The hub: greenlets wait for sockets, threads and time, each for its own, and others run meanwhile."""

import contextvars
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from chassis.hub.lanes import Abandoned, Lane, shielded
from chassis.hub.loop import Hub, blocking, current_hub, pause
from chassis.hub.timers import Timers
from greenlet import getcurrent


@pytest.fixture
def hub() -> Iterator[Hub]:
    found = Hub(threads=2)
    yield found
    found.close()


def run(hub: Hub, *works: Callable[[], Any], patience: float = 10.0) -> list[Any]:
    """What each of the works gives or raises, run in greenlets at the same time."""
    results: dict[int, Any] = {}

    def keep(number: int, work: Callable[[], Any]) -> None:
        try:
            results[number] = work()
        except Exception as fault:  # noqa: BLE001
            results[number] = fault

    for number, work in enumerate(works):
        hub.start(keep, number, work)
    deadline = time.monotonic() + patience
    while len(results) < len(works):
        assert time.monotonic() < deadline, "the greenlets don't end"
        hub.turn(0.05)
    return [results[number] for number in range(len(works))]


def test_only_greenlets_of_a_hub_have_one(hub: Hub) -> None:
    assert current_hub() is None
    assert run(hub, current_hub, lambda: hub.run_in_thread(current_hub)) == [hub, None]


def test_waits_overlap(hub: Hub) -> None:
    order: list[str] = []

    def work(name: str, seconds: float) -> None:
        pause(seconds)
        order.append(name)

    run(hub, lambda: work("late", 0.06), lambda: work("early", 0.02), lambda: work("at once", 0))
    assert order == ["at once", "early", "late"]


def test_a_descriptor_is_waited_for(hub: Hub) -> None:
    near, far = socket.socketpair()

    def read() -> bytes:
        assert hub.wait_readable(near.fileno(), 5)
        return near.recv(10)

    def write() -> bool:
        hub.sleep(0.02)
        far.send(b"hello")
        return hub.wait_writable(far.fileno(), 5)

    for _ in range(2):  # the same descriptor again
        assert run(hub, read, write) == [b"hello", True]
    near.close()
    far.close()


def test_a_hang_up_ends_a_wait(hub: Hub) -> None:
    near, far = socket.socketpair()
    assert run(hub, lambda: hub.wait_readable(near.fileno(), 5), far.close) == [True, None]
    near.close()


def test_a_wait_has_an_end_and_leaves_nothing_behind(hub: Hub) -> None:
    near, far = socket.socketpair()
    assert run(hub, lambda: hub.wait_readable(near.fileno(), 0.02)) == [False]
    far.send(b"too late")
    hub.turn(0.01)  # nobody is woken
    assert run(hub, lambda: hub.wait_readable(near.fileno(), 5)) == [True]
    assert len(hub.timers) == 0
    near.close()
    far.close()


def test_a_descriptor_used_again_is_waited_for_afresh(hub: Hub) -> None:
    def talk() -> bytes:
        near, far = socket.socketpair()
        with near, far:
            hub.call_soon(far.send, b"x")
            assert hub.wait_readable(near.fileno(), 5)
            return near.recv(1)

    for _ in range(3):  # each has the numbers of the one before
        assert run(hub, talk) == [b"x"]


def test_two_cannot_wait_on_one_descriptor(hub: Hub) -> None:
    near, far = socket.socketpair()

    def wait() -> bool:
        return hub.wait_readable(near.fileno(), 0.05)

    first, second = run(hub, wait, wait)
    assert first is False
    assert isinstance(second, RuntimeError)
    near.close()
    far.close()


def test_what_blocks_goes_to_threads(hub: Hub) -> None:
    barrier = threading.Barrier(2)  # broken unless both are there at once

    def block() -> int:
        barrier.wait(5)
        return threading.get_ident()

    found = run(hub, lambda: blocking(block), lambda: blocking(block))
    assert len({*found, threading.get_ident()}) == 3
    assert blocking(threading.get_ident) == threading.get_ident()  # where there is no hub


def test_there_are_no_more_threads_than_allowed(hub: Hub) -> None:
    names = run(hub, *[lambda: blocking(lambda: (time.sleep(0.01), threading.current_thread().name)[1])] * 8)
    assert len(set(names)) == 2


def test_what_a_thread_raises_is_raised_where_it_was_asked_for(hub: Hub) -> None:
    def fail() -> None:
        raise LookupError("there")

    (fault,) = run(hub, lambda: blocking(fail))
    assert isinstance(fault, LookupError)


def test_a_thread_sees_the_context_of_who_asked(hub: Hub) -> None:
    word: contextvars.ContextVar[str] = contextvars.ContextVar("word", default="nothing")

    def work(text: str) -> tuple[str, str]:
        word.set(text)
        inner = blocking(word.get)
        return inner, word.get()

    assert run(hub, lambda: work("one"), lambda: work("two")) == [("one", "one"), ("two", "two")]
    assert run(hub, word.get) == ["nothing"]  # though it runs in a greenlet that was used before


def test_other_threads_wake_the_loop(hub: Hub) -> None:
    came: list[int] = []

    def ring() -> None:
        for number in range(500):
            hub.call_soon(came.append, number)
            if number % 50 == 0:
                time.sleep(0.001)

    threads = [threading.Thread(target=ring) for _ in range(4)]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + 10
    while len(came) < 2000 and time.monotonic() < deadline:
        hub.turn(5.0)  # were a wake-up lost, it would sleep on
    assert sorted(came) == sorted(list(range(500)) * 4)
    assert time.monotonic() < deadline - 5
    for thread in threads:
        thread.join()


def test_greenlets_are_used_again_but_not_kept_without_end(hub: Hub) -> None:
    run(hub, *[lambda: pause(0.01)] * 600)
    assert len(hub._spare) == 256


def test_a_hub_lets_go_of_its_descriptors() -> None:
    before = len(os.listdir("/proc/self/fd"))
    found = Hub()
    run(found, lambda: blocking(lambda: None))
    found.close()
    assert len(os.listdir("/proc/self/fd")) == before


def begin(hub: Hub, work: Callable[[], Any]) -> tuple[Lane, list[str]]:
    """A greenlet that does ``work`` until it is abandoned, and what becomes of it."""
    told: list[str] = []

    def watched() -> None:
        try:
            work()
            told.append("done")
        except Abandoned:
            told.append("abandoned")
            pause(0.01)  # what cleans up may wait, and is not disturbed again
            told.append("cleaned")

    lanes: list[Lane] = []
    hub.start(lambda: (lanes.append(getcurrent()), watched()))
    return lanes[0], told


def turn_until(hub: Hub, holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < deadline, "it does not come about"
        hub.turn(0.02)


WAITS: dict[str, Callable[[Hub, socket.socket], Any]] = {
    "sleep": lambda hub, near: hub.sleep(30),
    "turn": lambda hub, near: [hub.sleep(0) for _ in iter(int, 1)],
    "park": lambda hub, near: hub.park(),
    "park for a time": lambda hub, near: hub.park(30),
    "readable": lambda hub, near: hub.wait_readable(near.fileno(), 30),
    "thread": lambda hub, near: hub.run_in_thread(time.sleep, 0.1),
}


@pytest.mark.parametrize("wait", WAITS)
def test_a_wait_ends_when_nobody_wants_its_outcome(hub: Hub, wait: str) -> None:
    near, far = socket.socketpair()
    lane, told = begin(hub, lambda: WAITS[wait](hub, near))
    hub.abandon(lane)
    assert told == ["abandoned"]
    turn_until(hub, lambda: len(told) == 2)
    assert len(hub.timers) == 0
    far.send(b"x")  # what it waited for may come now: nobody is woken
    other, came = begin(hub, lambda: pause(0.2))  # in the very greenlet
    assert other is lane
    turn_until(hub, lambda: came == ["done"])
    near.close()
    far.close()


def test_a_thread_goes_on_and_its_value_is_dropped(hub: Hub) -> None:
    release, ended = threading.Event(), threading.Event()
    lane, told = begin(hub, lambda: hub.run_in_thread(lambda: (release.wait(5), ended.set())))
    hub.abandon(lane)
    turn_until(hub, lambda: told == ["abandoned", "cleaned"])
    came_back: list[bool] = []
    reused, came = begin(hub, lambda: came_back.append(hub.park(0.3)))
    release.set()
    turn_until(hub, lambda: came == ["done"])
    assert reused is lane
    assert ended.is_set()
    assert came_back == [False]  # its own wait, to its end


def test_a_shield_puts_it_off_to_the_next_wait(hub: Hub) -> None:
    order: list[str] = []

    def work() -> None:
        with shielded(), shielded():
            pause(0.02)
            order.append("committed")
        order.append("after")
        pause(30)

    lane, told = begin(hub, work)
    hub.abandon(lane)
    assert (order, told) == ([], [])
    turn_until(hub, lambda: bool(told))
    assert (order, told) == (["committed", "after"], ["abandoned"])


def test_what_is_put_off_is_forgotten_with_the_work(hub: Hub) -> None:
    def work() -> None:
        with shielded():
            pause(0.01)

    lane, told = begin(hub, work)
    hub.abandon(lane)
    turn_until(hub, lambda: told == ["done"])
    again, came = begin(hub, lambda: pause(0.01))
    assert again is lane
    turn_until(hub, lambda: came == ["done"])


def test_no_thread_begins_what_nobody_wants(hub: Hub) -> None:
    began: list[str] = []

    def work() -> None:
        with shielded():
            pause(0.01)
        blocking(began.append, "began")

    lane, told = begin(hub, work)
    hub.abandon(lane)
    turn_until(hub, lambda: told[:1] == ["abandoned"])
    assert began == []


def test_a_shield_holds_nothing_where_there_is_no_hub() -> None:
    with shielded():
        pause(0)


def test_a_waker_that_comes_too_late_wakes_nobody(hub: Hub) -> None:
    wakers: list[Callable[[], object]] = []
    found: list[bool] = []

    def work() -> None:
        wakers.append(hub.waker())
        found.append(hub.park(0.01))
        found.append(hub.park(0.1))

    _, told = begin(hub, work)
    turn_until(hub, lambda: len(found) == 1)
    wakers[0]()
    assert len(found) == 1
    turn_until(hub, lambda: told == ["done"])
    assert found == [False, False]


def test_timers_come_in_order_and_cancelled_ones_never() -> None:
    timers, came = Timers(), list[int]()
    kept = [timers.at(float(number), came.append, number) for number in (3, 1, 2, 9)]
    timers.cancel(kept[2])
    timers.cancel(kept[2])
    timers.run(5.0)
    assert (came, timers.next(), len(timers)) == ([1, 3], 9.0, 1)
    timers.cancel(kept[0])  # it has fired
    assert len(timers) == 1


def test_cancelled_timers_do_not_pile_up() -> None:
    timers = Timers()
    for number in range(10_000):
        timers.cancel(timers.at(1e9 + number, print))
    assert len(timers) == 0
    assert len(timers._heap) < 200

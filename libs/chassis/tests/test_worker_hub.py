"""The hub: greenlets wait for sockets, threads and time, each for its own, and others run meanwhile."""

import contextvars
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from chassis.hub.loop import Hub, blocking, current_hub, pause
from chassis.hub.timers import Timers


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

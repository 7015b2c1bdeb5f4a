"""What waits cooperatively on the hub: the hop to other services, shared calls, keys and exchanges."""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from chassis.exchange import Exchange
from chassis.flights import Flights
from chassis.hop import Hop
from chassis.hub.loop import Hub, pause
from chassis.keys import KeySet
from contracts.problems import Problem


@pytest.fixture
def hub() -> Iterator[Hub]:
    found = Hub(threads=2)
    yield found
    found.close()


def run(hub: Hub, *works: Callable[[], Any]) -> list[Any]:
    results: dict[int, Any] = {}

    def keep(number: int, work: Callable[[], Any]) -> None:
        try:
            results[number] = work()
        except Exception as fault:  # noqa: BLE001
            results[number] = fault

    for number, work in enumerate(works):
        hub.start(keep, number, work)
    deadline = time.monotonic() + 15
    while len(results) < len(works):
        assert time.monotonic() < deadline, "the greenlets don't end"
        hub.turn(0.05)
    return [results[number] for number in range(len(works))]


def test_hops_overlap_and_leave_the_hub_free(hub: Hub, peer: Any) -> None:
    all_there = threading.Barrier(3)  # broken unless three are asked at once

    def answer(_: object) -> tuple[int, dict[str, str], bytes]:
        all_there.wait(5)
        return 200, {}, b"there"

    peer.answer = answer
    hop = Hop(peer.url)
    replies = run(hub, *[lambda: hop.call("POST", "/", b"body")] * 3)
    assert [reply.body for reply in replies] == [b"there"] * 3
    assert len(hop._idle) == 3


def test_a_large_body_goes_both_ways(hub: Hub, peer: Any) -> None:
    peer.answer = lambda asked: (200, {}, asked.body[::-1])
    body = bytes(range(256)) * 20_000
    (reply,) = run(hub, lambda: Hop(peer.url).call("POST", "/", body))
    assert reply.body == body[::-1]


def test_connections_serve_greenlets_and_threads_in_turn(hub: Hub, peer: Any) -> None:
    hop = Hop(peer.url)
    for _ in range(2):
        assert run(hub, lambda: hop.call("GET", "/"))[0].status == 200
        assert hop.call("GET", "/").status == 200
        assert run(hub, lambda: hub.run_in_thread(hop.call, "GET", "/"))[0].status == 200
    assert len({asked.connection for asked in peer.asked}) == 1


def test_a_hop_on_the_hub_has_its_time(hub: Hub, peer: Any) -> None:
    let_go = threading.Event()

    def answer(_: object) -> tuple[int, dict[str, str], bytes]:
        let_go.wait(10)
        return 200, {}, b""

    peer.answer = answer
    (fault,) = run(hub, lambda: Hop(peer.url).call("GET", "/", timeout=0.1))
    let_go.set()
    assert isinstance(fault, Problem)
    assert fault.code == "TRV108"


@pytest.mark.parametrize("url", ["unix:/nonexistent/peer.sock", "http://127.0.0.1:1", "http://localhost:1"])
def test_nobody_there_is_the_same_problem_on_the_hub(hub: Hub, url: str) -> None:
    first, second = run(hub, *[lambda: Hop(url, connect_patience=0.15).call("GET", "/")] * 2)
    assert isinstance(first, Problem)
    assert isinstance(second, Problem)
    assert first.code == second.code == "TRV107"


def test_a_connection_closed_meanwhile_is_replaced_on_the_hub(hub: Hub, peer: Any) -> None:
    hop = Hop(peer.url)
    run(hub, lambda: hop.call("GET", "/one"))
    peer.hang_up()
    assert run(hub, lambda: hop.call("GET", "/two"))[0].status == 200


def shared(count: int, call: Callable[[], Any]) -> list[Callable[[], Any]]:
    flights: Flights[str, Any] = Flights()
    return [lambda: flights.share("key", call)] * count


def test_greenlets_share_a_call(hub: Hub) -> None:
    calls: list[int] = []

    def call() -> int:
        calls.append(1)
        pause(0.02)
        return len(calls)

    works = shared(5, call)
    assert run(hub, *works) == [1] * 5
    assert run(hub, works[0]) == [2]  # it is not remembered


def test_greenlets_share_its_failure(hub: Hub) -> None:
    def call() -> int:
        pause(0.02)
        raise LookupError("nothing")

    assert {type(result) for result in run(hub, *shared(5, call))} == {LookupError}


@pytest.mark.parametrize("on_hub", [True, False])
def test_threads_and_greenlets_share_a_call(hub: Hub, on_hub: bool) -> None:
    begun, calls, results = threading.Event(), list[int](), list[int]()

    def call() -> int:
        calls.append(1)
        begun.set()
        pause(0.2)
        return 7

    first, second = shared(2, call)
    if on_hub:
        thread = threading.Thread(target=lambda: (begun.wait(5), results.append(second())))
        thread.start()
        results += run(hub, first)
    else:
        thread = threading.Thread(target=lambda: results.append(first()))
        thread.start()
        begun.wait(5)
        results += run(hub, second)
    thread.join(5)
    assert (results, len(calls)) == ([7, 7], 1)


def test_keys_are_fetched_once_for_all_who_wait(hub: Hub, peer: Any) -> None:
    peer.answer = lambda _: (time.sleep(0.1), (200, {}, b'{"keys": []}'))[1]
    keys = KeySet(Hop(peer.url))
    faults = run(hub, *[lambda: keys.find("a")] * 4)
    assert {fault.code for fault in faults} == {"PGRST301"}
    assert len(peer.asked) == 1


def test_an_exchange_under_way_is_shared_by_those_with_the_same_credential(hub: Hub, peer: Any) -> None:
    def answer(asked: Any) -> tuple[int, dict[str, str], bytes]:
        time.sleep(0.1)
        return 200, {}, b'{"access_token": "t%d", "expires_in": 900}' % len(asked.body)

    peer.answer = answer
    exchange = Exchange(Hop(peer.url))
    ann, bob = (
        (lambda: exchange.password("ann", "pw", "1.1.1.1")),
        (lambda: exchange.password("robert", "pw", "1.1.1.1")),
    )
    elsewhere = lambda: exchange.password("ann", "pw", "1.1.1.12")  # noqa: E731
    found = run(hub, ann, bob, ann, bob, ann, elsewhere)
    assert found[0] == found[2] == found[4] != found[1] == found[3]
    assert len(peer.asked) == 3  # another address is counted for itself


def test_a_service_that_starts_again_is_waited_for_without_holding_up_others(hub: Hub, tmp_path: Path) -> None:
    ticks: list[float] = []

    def tick() -> None:
        for _ in range(5):
            pause(0.01)
            ticks.append(time.monotonic())

    def call() -> float:
        with contextlib.suppress(Problem):
            Hop(f"unix:{tmp_path}/none.sock", connect_patience=0.3).call("GET", "/")
        return time.monotonic()

    ended, _ = run(hub, call, tick)
    assert len(ticks) == 5
    assert max(ticks) < ended

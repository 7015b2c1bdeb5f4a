"""The carrier: what is asked in one turn travels together, each gets its own answer, and nobody waits for ever."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from chassis import frames
from chassis.carrier import Carrier
from chassis.frames import Answered
from chassis.hop import Hop
from chassis.hub.lanes import Abandoned
from chassis.hub.loop import Hub, pause
from chassis.inner_problems import encode_problem
from contracts.identity import Caller
from contracts.problems import Problem
from contracts.results import Result
from greenlet import getcurrent
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st


@pytest.fixture
def hub() -> Iterator[Hub]:
    found = Hub(threads=2)
    yield found
    found.close()


@pytest.fixture
def carrier(hub: Hub, peer: Any) -> Carrier:
    peer.answer = echo
    return Carrier(hub, Hop(peer.url), frames.PATH)


def echo(asked: Any) -> tuple[int, dict[str, str], bytes]:
    """Answer each frame with its own operation, the last one first."""
    items = frames.read_asked(asked.body)
    parts = [frames.answered(number, Result(body=item.operation)) for number, item in enumerate(items)]
    return 200, {}, b"".join(reversed(parts))


def frame(text: str) -> bytes:
    return frames.asked(text.encode(), b"[]", Caller(), 1.0)


def run(hub: Hub, *works: Callable[[], Any]) -> list[Any]:
    results: dict[int, Any] = {}

    def keep(number: int, work: Callable[[], Any]) -> None:
        try:
            found = work()
            results[number] = found.body if isinstance(found, Answered) else found
        except Problem as problem:
            results[number] = problem.code

    for number, work in enumerate(works):
        hub.start(keep, number, work)
    end = time.monotonic() + 20
    while len(results) < len(works):
        assert time.monotonic() < end, "the greenlets don't end"
        hub.turn(0.05)
    return [results[number] for number in range(len(works))]


def ask(carrier: Carrier, text: str, seconds: float = 10.0) -> Callable[[], Answered]:
    return lambda: carrier.ask(frame(text), time.monotonic() + seconds)


def test_each_gets_its_own_answer_from_one_request(hub: Hub, carrier: Carrier, peer: Any) -> None:
    texts = [f"text {number}" for number in range(5)]
    assert run(hub, *[ask(carrier, text) for text in texts]) == [text.encode() for text in texts]
    assert [len(frames.read_asked(asked.body)) for asked in peer.asked] == [5]


def test_more_than_travel_together_go_one_after_the_other(hub: Hub, carrier: Carrier, peer: Any) -> None:
    texts = [f"text {number}" for number in range(3 * frames.MOST + 1)]
    assert run(hub, *[ask(carrier, text) for text in texts]) == [text.encode() for text in texts]
    assert sorted(len(frames.read_asked(asked.body)) for asked in peer.asked)[-1] == frames.MOST


def test_a_connection_is_kept(hub: Hub, carrier: Carrier, peer: Any) -> None:
    for number in range(3):
        run(hub, ask(carrier, str(number)))
    assert len({asked.connection for asked in peer.asked}) == 1


def test_large_frames_pass_both_ways(hub: Hub, carrier: Carrier) -> None:
    texts = ["a" * 3_000_000, "small", "b" * 2_000_000]
    assert run(hub, *[ask(carrier, text) for text in texts]) == [text.encode() for text in texts]


def test_a_closed_connection_is_replaced(hub: Hub, carrier: Carrier, peer: Any) -> None:
    run(hub, ask(carrier, "one"))
    peer.hang_up()
    run(hub, lambda: pause(0.05))
    assert run(hub, ask(carrier, "two")) == [b"two"]


def test_nobody_there(hub: Hub, tmp_path: Any) -> None:
    carrier = Carrier(hub, Hop(f"unix:{tmp_path}/none.sock", connect_patience=0.0), frames.PATH)
    assert run(hub, ask(carrier, "one"), ask(carrier, "two")) == ["TRV107", "TRV107"]


def test_too_late(hub: Hub, carrier: Carrier, peer: Any) -> None:
    go = threading.Event()

    def slowly(asked: Any) -> Any:
        go.wait(10)
        return echo(asked)

    peer.answer = slowly
    assert run(hub, ask(carrier, "one", 0.1), ask(carrier, "two", 0.3)) == ["TRV108", "TRV108"]
    go.set()
    peer.answer = echo
    assert run(hub, ask(carrier, "three")) == [b"three"]


def test_an_answer_that_breaks_off(hub: Hub, carrier: Carrier, peer: Any) -> None:
    peer.answer = lambda asked: (200, {}, echo(asked)[2][:-3])
    assert run(hub, ask(carrier, "one")) == ["TRV107"]


def test_a_frame_that_nobody_answers(hub: Hub, carrier: Carrier, peer: Any) -> None:
    peer.answer = lambda _: (200, {}, frames.answered(1, Result(body=b"second")))
    assert run(hub, ask(carrier, "one"), ask(carrier, "two")) == ["TRV107", b"second"]


@pytest.mark.parametrize("text", [b"no frame", frames.answered(7, Result())])
def test_nonsense_is_a_problem(hub: Hub, carrier: Carrier, peer: Any, text: bytes) -> None:
    peer.answer = lambda _: (200, {}, text + b"\0" * 20)
    assert run(hub, ask(carrier, "one")) == ["TRV107"]


def test_a_refusal_of_the_whole_reaches_all(hub: Hub, carrier: Carrier, peer: Any) -> None:
    peer.answer = lambda _: (503, {}, encode_problem(Problem("PGRST001", "full")))
    assert run(hub, ask(carrier, "one"), ask(carrier, "two")) == ["PGRST001", "PGRST001"]
    peer.answer = echo
    assert run(hub, ask(carrier, "three")) == [b"three"]


def test_a_quick_answer_does_not_wait_for_a_slow_one(hub: Hub) -> None:
    """The answers of one request come in parts."""
    listener = socket.create_server(("127.0.0.1", 0))
    go = threading.Event()

    def serve() -> None:
        sock, _ = listener.accept()
        sock.recv(65_536)
        first, second = (frames.answered(n, Result(body=str(n).encode())) for n in (1, 0))
        sock.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        sock.sendall(b"%x\r\n%b\r\n" % (len(first), first))
        go.wait(10)
        sock.sendall(b"%x\r\n%b\r\n0\r\n\r\n" % (len(second), second))
        sock.recv(1)
        sock.close()

    thread = threading.Thread(target=serve)
    thread.start()
    carrier = Carrier(hub, Hop(f"http://127.0.0.1:{listener.getsockname()[1]}"), frames.PATH)
    order: list[bytes] = []

    def note(text: str, *, then: Callable[[], None] = lambda: None) -> None:
        order.append(ask(carrier, text)().body)
        then()

    run(hub, lambda: note("slow"), lambda: note("quick", then=go.set))
    assert order == [b"1", b"0"]
    carrier.close()
    thread.join(10)
    listener.close()


def test_the_other_side_hears_that_nobody_waits_any_more_whoever_left_first(hub: Hub) -> None:
    """One of two that travel together leaves while the other waits: once that one has its answer, the line is closed."""
    listener = socket.create_server(("127.0.0.1", 0))
    left, heard = threading.Event(), threading.Event()

    def serve() -> None:
        sock, _ = listener.accept()
        sock.settimeout(10)
        sock.recv(65_536)
        second = frames.answered(1, Result(body=b"quick"))
        left.wait(10)
        sock.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%b\r\n" % (len(second), second))
        if sock.recv(1) == b"":
            heard.set()
        sock.close()

    thread = threading.Thread(target=serve)
    thread.start()
    carrier = Carrier(hub, Hop(f"http://127.0.0.1:{listener.getsockname()[1]}"), frames.PATH)
    lanes: list[Any] = []

    def leave() -> None:
        lanes.append(getcurrent())
        with pytest.raises(Abandoned):
            ask(carrier, "slow")()

    def stay() -> Answered:
        hub.call_soon(hub.start, abandon)
        return ask(carrier, "quick")()

    def abandon() -> None:
        pause(0.1)
        hub.call_soon(hub.abandon, lanes[0])
        hub.call_soon(left.set)

    hub.start(leave)
    assert run(hub, stay) == [b"quick"]
    end = time.monotonic() + 10
    while not heard.is_set() and time.monotonic() < end:
        hub.turn(0.05)
    assert heard.is_set()
    carrier.close()
    thread.join(10)
    listener.close()


def test_nobody_waits_for_a_slow_connection(hub: Hub, carrier: Carrier, peer: Any) -> None:
    go = threading.Event()

    def answer(asked: Any) -> Any:
        if b"slow" in asked.body:
            go.wait(10)
        return echo(asked)

    peer.answer = answer
    order: list[bytes] = []

    def note(text: str, wait: float) -> None:
        pause(wait)
        order.append(ask(carrier, text)().body)
        if len(order) == 4:
            go.set()

    slow = [lambda number=number: note(f"slow {number}", 0.02 * number) for number in range(4)]
    quick = [lambda number=number: note(f"quick {number}", 0.1 + 0.01 * number) for number in range(4)]
    run(hub, *slow, *quick)
    assert sorted(order[:4]) == [b"quick 0", b"quick 1", b"quick 2", b"quick 3"]


def test_few_connections_are_opened_where_answers_come_soon(hub: Hub, carrier: Carrier, peer: Any) -> None:
    def work() -> None:
        for number in range(20):
            ask(carrier, str(number))()

    run(hub, *[work] * 12)
    assert len({asked.connection for asked in peer.asked}) <= 6
    assert max(len(frames.read_asked(asked.body)) for asked in peer.asked) > 1


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(st.text(alphabet="abc", max_size=5), min_size=1, max_size=20), min_size=1, max_size=6))
def test_whatever_is_asked_when_each_gets_its_own(hub: Hub, carrier: Carrier, turns: list[list[str]]) -> None:
    works = []
    for number, texts in enumerate(turns):
        for place, text in enumerate(texts):

            def work(wait: float = 0.001 * number, text: str = f"{number}.{place}.{text}") -> bytes:
                pause(wait)
                return ask(carrier, text)().body

            works.append((work, f"{number}.{place}.{text}".encode()))
    assert run(hub, *[work for work, _ in works]) == [text for _, text in works]

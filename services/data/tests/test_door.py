"""Data's door: frames in, frames out; quick ones don't wait for slow ones, and what nobody waits for ends."""

import io
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from chassis import frames
from chassis.express import Layer
from chassis.frames import AnswerReader
from chassis.hub.lanes import Abandoned
from chassis.hub.loop import Hub, pause
from chassis.inner_problems import decode_problem
from contracts.identity import Caller, Principal
from contracts.problems import Problem
from contracts.results import Result
from data_service.door import FramesDoor


class Engine:
    """Answers an operation by its name with the caller's role; ``slow`` waits until it may go on."""

    version = "v1"

    def __init__(self) -> None:
        self.go = False
        self.abandoned: list[str] = []

    def execute_text(self, text: bytes, values: list[Any], caller: Caller) -> Result:
        if text.startswith(b"slow"):
            try:
                while not self.go:
                    pause(0.002)
            except Abandoned:
                self.abandoned.append(text.decode())
                raise
        if text == b"none":
            raise Problem("PGRST205", "none of that name")
        if text == b"crash":
            raise ZeroDivisionError
        return Result(body=b"%b %b" % (text, caller.principal.role.encode()), rows=len(values))


class Edge:
    """Takes a token for the name of a role."""

    def prove(self, token, role, *, request_id, timeout, explain=False):
        if token == "bad":
            raise Problem("PGRST301", "no such token")
        return Caller(principal=Principal(role=role or token or "anonymous"), request_id=request_id)


@pytest.fixture
def engine() -> Engine:
    return Engine()


@pytest.fixture
def door(engine: Engine) -> Layer:
    return Layer(lambda *_: [b"flask"], "data", FramesDoor(engine, Edge(), body_limit=100_000, show_statements=False))


@pytest.fixture
def hub() -> Iterator[Hub]:
    found = Hub(threads=1)
    yield found
    found.close()


def frame(text: str, *, token: str | None = "clerk", role: str | None = None, values: bytes = b"[1]") -> bytes:
    return frames.asked(text.encode(), values, Caller(token=token, role=role, request_id="id-" + text), 5.0)


def environ(body: bytes, path: str = "/batch", method: str = "POST") -> dict[str, Any]:
    length = {"CONTENT_LENGTH": str(len(body))}
    return {"REQUEST_METHOD": method, "PATH_INFO": path, "wsgi.input": io.BytesIO(body), **length}


def post(door: Layer, body: bytes, **other: str) -> tuple[str, dict[str, str], Any]:
    told: list[Any] = []
    parts = door(environ(body, **other), lambda status, headers, exc_info=None: told.extend((status, dict(headers))))
    return told[0], told[1], parts


def answers(door: Layer, *asked: bytes) -> dict[int, Any]:
    """What came for each frame: the body, or the problem's code."""
    status, _, parts = post(door, b"".join(asked))
    assert status == "200 OK"
    found = AnswerReader().feed(b"".join(parts))
    return {a.number: decode_problem(a.body).code if a.problem else a.body for a in found}


def in_greenlet(hub: Hub, work: Callable[[], Any]) -> Any:
    found: list[Any] = []
    hub.start(lambda: found.append(work()))
    end = time.monotonic() + 10
    while not found:
        assert time.monotonic() < end
        hub.turn(0.02)
    return found[0]


MIXED = (
    frame("a"), frame("none"), frame("b", token=None), frame("c", token="bad"), frame("crash"),
    frame("d", role="admin"), frame("e", values=b"no list"),
)  # fmt: skip
EXPECTED = {
    0: b"a clerk", 1: "PGRST205", 2: b"b anonymous", 3: "PGRST301", 4: "XX000", 5: b"d admin", 6: "PGRST100",
}  # fmt: skip


def test_each_is_answered_for_its_own_caller(door) -> None:
    assert answers(door, *MIXED) == EXPECTED


def test_so_it_is_on_a_hub(door, hub) -> None:
    assert in_greenlet(hub, lambda: answers(door, *MIXED)) == EXPECTED
    assert in_greenlet(hub, lambda: answers(door, MIXED[0])) == {0: b"a clerk"}


def test_quick_ones_have_a_body_of_known_length(door, hub) -> None:
    _, headers, _ = in_greenlet(hub, lambda: post(door, frame("a") + frame("b")))
    assert int(headers["Content-Length"]) > 0
    assert headers["X-Request-Id"] == "id-a,id-b"


def test_a_quick_one_does_not_wait_for_a_slow_one(door, engine, hub) -> None:
    def ask() -> list[int]:
        _, headers, parts = post(door, frame("slow") + frame("quick"))
        assert "Content-Length" not in headers
        first = AnswerReader().feed(next(parts))
        engine.go = True
        return [a.number for a in first + AnswerReader().feed(b"".join(parts))]

    assert in_greenlet(hub, ask) == [1, 0]


def test_what_nobody_waits_for_ends(door, engine, hub) -> None:
    lanes: list[Any] = []

    def ask() -> str:
        from greenlet import getcurrent

        lanes.append(getcurrent())
        _, _, parts = post(door, frame("slow one") + frame("slow two") + frame("quick"))
        try:
            for _ in parts:
                pass
        except Abandoned:
            return "abandoned"
        return "answered"

    found: list[str] = []
    hub.start(lambda: found.append(ask()))
    end = time.monotonic() + 0.05
    while time.monotonic() < end:
        hub.turn(0.01)
    hub.abandon(lanes[0])
    end = time.monotonic() + 10
    while len(engine.abandoned) < 2 or not found:
        assert time.monotonic() < end
        hub.turn(0.01)
    assert found == ["abandoned"]
    assert sorted(engine.abandoned) == ["slow one", "slow two"]


@pytest.mark.parametrize("body", [b"no frames", frame("a")[:-1], frame("a") * 17])
def test_what_is_no_row_of_frames_is_refused(door, body) -> None:
    status, _, parts = post(door, body)
    assert status == "400 Bad Request"
    assert decode_problem(b"".join(parts)).code == "PGRST100"


def test_too_much_is_refused(door) -> None:
    status, _, parts = post(door, frame("a" * 200_000))
    assert status.startswith("413")
    assert decode_problem(b"".join(parts)).code == "TRV103"


@pytest.mark.parametrize("other", [{"path": "/catalog"}, {"method": "GET"}, {"path": "/batch/"}])
def test_all_else_is_for_flask(door, other) -> None:
    told: list[Any] = []
    assert door(environ(frame("a"), **other), lambda *parts: told.append(parts)) == [b"flask"]

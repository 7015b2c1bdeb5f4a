"""Data's express lane: operations in frames, several in one request, each answered as soon as it is ready."""

import logging
from collections.abc import Callable, Iterator
from typing import Any, Protocol

import msgspec
from chassis import explanations, frames, trace, zones
from chassis.data_client import decode_values
from chassis.express import Answer, Request
from chassis.frames import Asked
from chassis.hub.lanes import Abandoned, Lane
from chassis.hub.loop import Hub, blocking, current_hub
from chassis.inner_problems import PROBLEM_TYPE, encode_problem
from contracts import operations
from contracts.identity import ADMIN_ROLE, Caller
from contracts.problems import Problem, internal
from contracts.results import Stream
from greenlet import getcurrent

from data_service.engine import Engine

log = logging.getLogger("trivet")
_TOGETHER = 0.003  # seconds that answers which are ready wait for the others
_HEADERS = [("Content-Type", frames.MEDIA_TYPE)]


class Prover(Protocol):
    """Finds callers by their tokens; `chassis.app.Edge` is one."""

    def prove(
        self, token: str | None, role: str | None, *, request_id: str, timeout: float, explain: bool = False
    ) -> Caller:
        """The caller. Raises `Problem`."""
        ...


class FramesDoor:
    """Answers ``POST /batch`` (`chassis.frames`). ``show_statements``: not only admins may know what is behind it."""

    def __init__(self, engine: Engine, edge: Prover, *, body_limit: int, show_statements: bool) -> None:
        self._engine = engine
        self._edge = edge
        self._body_limit = body_limit
        self._show_statements = show_statements

    def answer(self, request: Request) -> Answer | None:
        """The answer to the frames of a request. Raises `Problem` PGRST100, TRV103."""
        environ = request.environ
        streamed = environ["PATH_INFO"] == frames.STREAM_PATH
        if not (streamed or environ["PATH_INFO"] == frames.PATH) or request.method != "POST":
            return None
        try:
            asked = frames.read_asked(request.body(self._body_limit))
        except ValueError as fault:
            raise Problem("PGRST100", f"the frames are not understood: {fault}"[:300]) from None
        if (current := trace.current()) is not None and asked:
            current.request_id = ",".join([one.head.request_id for one in asked])
        if streamed:
            if len(asked) != 1:
                raise Problem("PGRST100", "a stream is of one operation")
            streams: list[Stream] = []
            first = self.frame_of(0, asked[0], environ, streams)
            return Answer(200, _HEADERS.copy(), Parts(first, streams[0]) if streams else first)
        hub = current_hub()
        if hub is not None and len(asked) > 1:
            return _together(Gathering(hub, self, asked, environ))
        return Answer(200, _HEADERS.copy(), b"".join([self.frame_of(n, one, environ) for n, one in enumerate(asked)]))

    def refuse(self, problem: Problem) -> Answer:
        """A problem of the request as a whole."""
        return Answer(problem.status, [("Content-Type", PROBLEM_TYPE)], encode_problem(problem))

    def frame_of(
        self, number: int, asked: Asked, environ: dict[str, Any], streams: list[Stream] | None = None
    ) -> bytes:
        """The frame that answers one operation; problems become frames as well.

        With ``streams`` it is the frame before the rows, which are added to them.
        """
        head = asked.head
        trace.begin(environ, head.request_id)
        explanation = None
        try:
            caller = self._edge.prove(
                head.token, head.role, request_id=head.request_id, timeout=head.left or 0.0, explain=head.explain
            )
            if head.timezone is not None and zones.known(head.timezone):
                caller = msgspec.structs.replace(caller, timezone=head.timezone)
            if head.around is not None:
                caller = msgspec.structs.replace(caller, around=head.around)
            if head.explain and (self._show_statements or caller.principal.role == ADMIN_ROLE):
                explanation = explanations.encode(blocking(self._engine.explain, _operation(asked.operation), caller))
            if streams is None:
                result = self._engine.execute_text(asked.operation, _values(asked.values), caller)
            else:
                streams.append(self._engine.stream_text(asked.operation, _values(asked.values), caller))
                result = streams[0].head
            return frames.answered(number, result, explanation)
        except Problem as problem:
            found = problem
        except Exception as error:
            log.error("crash", exc_info=error)
            found = internal()
        return frames.refused(number, encode_problem(found), self._engine.version, explanation)


class Parts:
    """A streamed answer on its way: the first frame, then the rows. What breaks off is told in the log alone."""

    def __init__(self, first: bytes, stream: Stream) -> None:
        self._first = first
        self._stream = stream

    def __iter__(self) -> Iterator[bytes]:
        yield self._first
        try:
            yield from self._stream
        except Problem as problem:
            log.warning("a stream broke off: %s", problem.message, extra={"fields": {"code": problem.code}})
            raise

    def close(self) -> None:
        """The server closes every answer, however it ended (PEP 3333)."""
        self._stream.close()


class Gathering:
    """Operations under way at once, each in a greenlet of its own, and their answers as they get ready."""

    def __init__(self, hub: Hub, door: FramesDoor, asked: list[Asked], environ: dict[str, Any]) -> None:
        self._hub = hub
        self._door = door
        self._environ = environ
        self._left = len(asked)
        self._ready: list[bytes] = []
        self._lanes: set[Lane] = set()
        self._resume: Callable[..., object] | None = None
        self._any = False  # whether one that is ready is worth waking up for
        for number, one in enumerate(asked):
            hub.call_soon(hub.start, self._run, number, one)

    def all_within(self, seconds: float) -> bytes:
        """The answers that are ready once all are, or after so many seconds."""
        if self._left:
            self._park(seconds)
        return self._taken()

    def more(self) -> bytes:
        """The next answers that are ready."""
        self._any = True
        while self._left and not self._ready:
            self._park(None)
        return self._taken()

    @property
    def done(self) -> bool:
        """True where nothing more will come."""
        return not self._left and not self._ready

    def _park(self, seconds: float | None) -> None:
        self._resume = self._hub.waker()
        try:
            self._hub.park(seconds)
        except BaseException:  # nobody waits for any of them any more
            self._hub.call_soon(self._abandon)
            raise
        finally:
            self._resume = None

    def _abandon(self) -> None:
        for lane in list(self._lanes):
            self._hub.abandon(lane)

    def _taken(self) -> bytes:
        ready, self._ready = self._ready, []
        return b"".join(ready)

    def _run(self, number: int, asked: Asked) -> None:
        lane = getcurrent()
        self._lanes.add(lane)
        try:
            frame = self._door.frame_of(number, asked, self._environ)  # (`_ready` may be another list by then)
            self._ready.append(frame)
        except Abandoned:
            pass
        finally:
            self._lanes.discard(lane)
            self._left -= 1
            if self._any or not self._left:
                self._hub.call_soon(self._wake)

    def _wake(self) -> None:
        if self._resume is not None:  # else it has woken up by itself
            self._resume()


def _together(gathering: Gathering) -> Answer:
    """One body where all are ready soon, else one in parts: what is ready goes out, what is slow follows."""
    first = gathering.all_within(_TOGETHER)
    return Answer(200, _HEADERS.copy(), first if gathering.done else _parts(first, gathering))


def _parts(first: bytes, gathering: Gathering) -> Iterator[bytes]:
    if first:
        yield first
    while not gathering.done:
        yield gathering.more()


def _operation(text: bytes) -> operations.Operation:
    try:
        return operations.decode(text)
    except (msgspec.DecodeError, RecursionError) as fault:
        raise Problem("PGRST100", f"the operation is not understood: {fault}"[:300]) from None


def _values(text: bytes) -> list[operations.Value]:
    try:
        return decode_values(text)
    except (msgspec.DecodeError, RecursionError) as fault:
        raise Problem("PGRST100", f"the values are not understood: {fault}"[:300]) from None

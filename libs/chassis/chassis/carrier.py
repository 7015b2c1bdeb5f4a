"""What the greenlets of one turn ask of data travels together: one request on an idle connection, answers as they come.

What is asked in the same turn of the loop goes out at its end, alone or with others. Where the few connections are
under way, what is asked next waits for one of them and then goes together, but never for a slow one: then another
connection is opened.
"""

import time
from collections import deque
from collections.abc import Callable

import httptools
from contracts.problems import Problem

from chassis import frames
from chassis.frames import Answered, AnswerReader
from chassis.hop import Hop, too_late, unreachable
from chassis.hub.loop import READ, WRITE, Hub
from chassis.inner_problems import decode_problem
from chassis.sockets import PatientSocket

_CONNECTIONS = 32  # to data, of one process
_FEW = 2  # of them that are opened without need
_SLOW = 0.003  # seconds without an answer after which a connection is not waited for
_TOGETHER = 262_144  # bytes beyond which a request takes no further frame
_TICK = 0.1  # seconds between two looks for those whose time is over
_PIECE = 262_144  # bytes read at once
_MISREAD = (httptools.HttpParserError, httptools.HttpParserCallbackError, ValueError)
Outcome = Answered | Problem


class _Waiter:
    """A greenlet that waits for its answer."""

    __slots__ = ("deadline", "frame", "line", "outcome", "resume", "waits")

    def __init__(self, frame: bytes, deadline: float, resume: Callable[..., object]) -> None:
        self.frame = frame
        self.deadline = deadline
        self.resume = resume
        self.line: _Line | None = None  # that it was sent on
        self.outcome: Outcome | None = None
        self.waits = True


class _Line:
    """A connection, and who waits for which answer on it; its own set of callbacks for the parser."""

    __slots__ = (
        "complete",
        "fd",
        "forsaken",
        "keeps",
        "parser",
        "reader",
        "ready",
        "refusal",
        "since",
        "sock",
        "unsent",
        "waiters",
    )

    def __init__(self, sock: PatientSocket) -> None:
        self.sock = sock
        self.fd = sock.fileno()
        self.parser = httptools.HttpResponseParser(self)
        self.reader = AnswerReader()
        self.waiters: list[_Waiter] = []
        self.unsent = memoryview(b"")
        self.ready: list[Answered] = []  # what has arrived just now
        self.refusal = b""  # an answer that is none to the frames
        self.since = 0.0  # when its request was sent
        self.complete = False
        self.keeps = False
        self.forsaken = False  # somebody has left who was not answered

    # --- what the parser calls ---------------------------------------------------------------------------------------

    def on_body(self, data: bytes) -> None:
        if self.parser.get_status_code() == 200:
            self.ready += self.reader.feed(data)
        else:
            self.refusal += data

    def on_message_complete(self) -> None:
        self.complete = True
        self.keeps = bool(self.parser.should_keep_alive())


class Carrier:
    """Carries frames to ``hop``'s service for the greenlets of one hub. All of it runs in the hub's thread."""

    def __init__(self, hub: Hub, hop: Hop, path: str) -> None:
        self._hub = hub
        self._hop = hop
        self._head = f"POST {path} HTTP/1.1\r\nHost: data\r\nContent-Type: {frames.MEDIA_TYPE}\r\nContent-Length: "
        self._queue: deque[_Waiter] = deque()
        self._idle: list[_Line] = []
        self._lines: set[_Line] = set()
        self._opening = 0
        self._flushing = False
        self._looks_again = False
        self._watching = False

    def ask(self, frame: bytes, deadline: float) -> Answered:
        """The answer to one frame. Raises `Problem` TRV107 (no answer, or it broke off), TRV108 (too late)."""
        waiter = _Waiter(frame, deadline, self._hub.waker())
        self._queue.append(waiter)
        self._flush_soon()
        if not self._watching:
            self._watching = True
            self._hub.timers.at(time.monotonic() + _TICK, self._watch)
        try:
            self._hub.park()
        finally:
            waiter.waits = False
            if waiter.line is not None and waiter.outcome is None:
                self._let_go(waiter.line)
        if isinstance(waiter.outcome, Answered):
            return waiter.outcome
        raise waiter.outcome or unreachable()

    def close(self) -> None:
        """Close all connections."""
        for line in list(self._lines):
            self._lose(line)

    # --- in the loop -------------------------------------------------------------------------------------------------

    def _finish(self, waiter: _Waiter, outcome: Outcome) -> None:
        if waiter.waits:
            waiter.waits = False
            waiter.outcome = outcome
            waiter.resume()

    def _flush(self) -> None:
        self._flushing = False
        while self._queue:
            line = self._free_line()
            if line is None:
                return
            self._send(line, self._take())

    def _take(self) -> list[_Waiter]:
        """The next ones, as many as travel together."""
        queue, taken, size = self._queue, list[_Waiter](), 0
        while queue and len(taken) < frames.MOST and (not taken or size + len(queue[0].frame) <= _TOGETHER):
            waiter = queue.popleft()
            if waiter.waits:
                taken.append(waiter)
                size += len(waiter.frame)
        return taken

    def _free_line(self) -> _Line | None:
        if self._idle:
            return self._idle.pop()
        if self._may_open():
            self._opening += 1
            self._hub.call_soon(self._hub.start, self._open)
        elif not self._looks_again:
            self._looks_again = True
            self._hub.timers.at(time.monotonic() + _SLOW, self._look_again)
        return None

    def _may_open(self) -> bool:
        number = len(self._lines) + self._opening
        if number < _FEW:
            return True
        if self._opening or number >= _CONNECTIONS:
            return False
        soon = time.monotonic() - _SLOW
        return all(line.since < soon for line in self._lines)

    def _look_again(self) -> None:
        self._looks_again = False
        self._flush_soon()

    def _send(self, line: _Line, waiters: list[_Waiter]) -> None:
        if not waiters:
            self._idle.append(line)
            return
        line.waiters = waiters
        line.forsaken = False
        line.since = time.monotonic()
        size = 0
        parts = [b""]
        for waiter in waiters:
            waiter.line = line
            size += len(waiter.frame)
            parts.append(waiter.frame)
        parts[0] = f"{self._head}{size}\r\n\r\n".encode()
        data = b"".join(parts)
        try:
            sent = line.sock.send(data)
        except BlockingIOError:
            sent = 0
        except OSError:
            self._lose(line)
            return
        if sent < len(data):
            line.unsent = memoryview(data)[sent:]
            self._hub.modify(line.fd, READ | WRITE)

    def _on_event(self, line: _Line, mask: int) -> None:
        if mask & WRITE and line.unsent:
            self._send_rest(line)
        if mask & ~WRITE and line in self._lines:
            self._receive(line)

    def _send_rest(self, line: _Line) -> None:
        try:
            line.unsent = line.unsent[line.sock.send(line.unsent) :]
        except BlockingIOError:
            return
        except OSError:
            self._lose(line)
            return
        if not line.unsent:
            self._hub.modify(line.fd, READ)

    def _receive(self, line: _Line) -> None:
        try:
            data = line.sock.recv(_PIECE)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._lose(line)
            return
        try:
            line.parser.feed_data(data)
            answers = [(line.waiters[answered.number], answered) for answered in line.ready]
        except (*_MISREAD, IndexError):
            self._lose(line)
            return
        line.ready = []
        if line.complete:
            self._complete(line, {waiter for waiter, _ in answers})
        for waiter, answered in answers:
            self._finish(waiter, answered)
        if line.forsaken:
            self._let_go(line)

    def _complete(self, line: _Line, answered: set[_Waiter]) -> None:
        """A request has its whole answer: the line is for the next one."""
        left = [waiter for waiter in line.waiters if waiter.waits and waiter not in answered]
        if line.parser.get_status_code() != 200:
            problem = decode_problem(line.refusal)
            for waiter in left:
                self._hub.call_soon(self._finish, waiter, problem)
            left = []
        line.waiters, line.refusal = left, b""
        if left or line.unsent or not line.reader.between or not line.keeps:
            self._lose(line)
            return
        line.complete = False
        if self._queue:
            self._send(line, self._take())
        else:
            self._idle.append(line)

    def _lose(self, line: _Line) -> None:
        """Let go of a line; who waits for an answer on it is told that there will be none."""
        if line not in self._lines:
            return
        self._lines.discard(line)
        if line in self._idle:
            self._idle.remove(line)
        self._hub.unregister(line.fd)
        line.sock.close()
        waiters, line.waiters = line.waiters, []
        if self._queue:
            self._flush_soon()
        for waiter in waiters:
            self._hub.call_soon(self._finish, waiter, unreachable())

    def _let_go(self, line: _Line) -> None:
        """Close a line where nobody waits any more, now or once the others have their answers: the other side stops."""
        line.forsaken = True
        if line.waiters and not any(waiter.waits for waiter in line.waiters):
            self._lose(line)

    def _flush_soon(self) -> None:
        if not self._flushing:
            self._flushing = True
            self._hub.call_soon(self._flush)

    def _watch(self) -> None:
        """Tell those whose time is over."""
        now = time.monotonic()
        waiting = [waiter for line in self._lines for waiter in line.waiters]
        waiting += self._queue
        for waiter in waiting:
            if waiter.deadline <= now:
                self._hub.call_soon(self._finish, waiter, too_late())
        self._watching = bool(waiting)
        if waiting:
            self._hub.timers.at(now + _TICK, self._watch)

    # --- in a greenlet -----------------------------------------------------------------------------------------------

    def _open(self) -> None:
        """Connect; the time that it has is that of the one who has waited longest."""
        try:
            deadline = next((waiter.deadline for waiter in self._queue if waiter.waits), time.monotonic() + 1.0)
            sock = self._hop.connect(deadline)
            sock.setblocking(False)
        except Problem as problem:
            self._opening -= 1
            if not self._lines:  # nor does anybody else bring an answer
                waiters = list(self._queue)
                self._queue.clear()
                for waiter in waiters:
                    self._hub.call_soon(self._finish, waiter, problem)
            return
        self._opening -= 1
        line = _Line(sock)
        self._lines.add(line)
        self._hub.register(line.fd, READ, lambda mask: self._on_event(line, mask))
        self._idle.append(line)
        self._flush_soon()

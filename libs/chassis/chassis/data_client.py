"""The client of data: the `Data` protocol over HTTP."""

import time
from collections.abc import Iterator, Sequence
from decimal import Decimal

import msgspec
from contracts import catalog as catalogs
from contracts.catalog import Catalog
from contracts.identity import Caller
from contracts.operations import Operation, Value, encode
from contracts.problems import Kind, Problem, internal
from contracts.results import Result, Stream

from chassis import explanations, frames, warnings
from chassis.alike import Alike
from chassis.bounded import Bounded
from chassis.carrier import Carrier
from chassis.frames import Answered, AnswerReader
from chassis.hop import MARGIN, Download, Hop, Reply
from chassis.hub.loop import Hub, current_hub
from chassis.inner_problems import PROBLEM_TYPE, decode_problem

_encode = msgspec.json.Encoder(decimal_format="number").encode
_FRESH = 2.0  # seconds after which an idle client asks data whether a catalog still holds
_TEXTS = 4096  # operations whose text is kept
_STALL = 60.0  # seconds that more of a stream is waited for: longer than a statement of data's takes
_LEAST = 0.05  # seconds that data is given, however little is left


class DataClient:
    """Asks data over ``hop``. Catalogs are kept by role and asked for again by version (`follow`, ETag).

    The version comes with every answer and by events; where neither has come for a while, data is asked.
    """

    def __init__(self, hop: Hop, *, timeout: float = 30.0) -> None:
        self._hop = hop
        self._timeout = timeout
        self._carriers: dict[Hub, Carrier] = {}
        self._texts: Bounded[int, tuple[Operation, bytes]] = Bounded(_TEXTS)
        self._catalogs: Bounded[str, Catalog] = Bounded(256)
        self._alike = Alike()
        self._version = ""
        self._since = float("-inf")  # when that version was first heard of
        self._told = float("-inf")  # when data last said that it has it

    def execute(self, operation: Operation, values: Sequence[Value], caller: Caller) -> Result:
        """Answer one operation for the caller. Raises `Problem`.

        An operation that comes again as the same object is not encoded again.
        """
        asked = time.monotonic()
        left = self._left(caller, asked)
        frame = frames.asked(self._text(operation), _encode(values), caller, round(max(left - MARGIN, _LEAST), 3))
        hub = current_hub()
        answered = self._alone(frame, left) if hub is None else self._carrier(hub).ask(frame, asked + left)
        return self._result(answered, asked)

    def stream(self, operation: Operation, values: Sequence[Value], caller: Caller) -> Stream:
        """The rows of a read of shape ``many``, on a connection of their own. Raises `Problem`."""
        asked = time.monotonic()
        left = self._left(caller, asked)
        frame = frames.asked(self._text(operation), _encode(values), caller, round(max(left - MARGIN, _LEAST), 3))
        download = self._hop.download(
            "POST", frames.STREAM_PATH, frame, {"Content-Type": frames.MEDIA_TYPE}, timeout=left
        )
        try:
            answered, rest = self._first(download, left)
            head = self._result(answered, asked)
        except BaseException:
            download.close()
            raise
        return Stream(head, _lines(download, rest), download.close)

    def _first(self, download: Download, left: float) -> tuple[Answered, bytes]:
        """The frame that a streamed answer begins with, and what has come after it."""
        data = b""
        while True:
            piece = download.read(left)
            if download.status != 200:
                raise self._problem(data + piece)
            if not piece:
                raise internal()
            data += piece
            try:
                found = frames.read_first(data)
            except ValueError:
                raise internal() from None
            if found is not None:
                return found

    def _result(self, answered: Answered, asked: float) -> Result:
        """What an answer's frame holds. Raises `Problem`: the one in it."""
        self._note(answered.head.catalog_version, asked)
        if answered.head.explanation is not None:
            explanations.note(answered.head.explanation)
        if answered.head.warnings:
            warnings.note(answered.head.warnings)
        if answered.problem:
            raise self._problem(answered.body)
        return frames.result_of(answered)

    def catalog(self, caller: Caller) -> Catalog:
        """The catalog as the caller's role may see it; from memory while its version is data's own."""
        kept = self._catalogs.get(caller.principal.role)
        if kept is not None and kept.version == self._version and time.monotonic() - self._told < _FRESH:
            return kept
        extra = {"If-None-Match": f'"{kept.version}"'} if kept is not None else {}
        asked = time.monotonic()
        reply = self._call("GET", "/catalog", caller, extra)
        if reply.status == 304 and kept is not None:
            self._note(kept.version, asked)
            return kept
        found = self._alike.shared(catalogs.decode(reply.body))
        self._catalogs.put(caller.principal.role, found)
        self._note(found.version, asked)
        return found

    def follow(self, version: str) -> None:
        """Note the version that an event tells of; catalogs of another are asked for again."""
        self._note(version, time.monotonic(), told=False)

    def _text(self, operation: Operation) -> bytes:
        """The operation's canonical text. The entry holds the operation, so that nothing else can have its id."""
        kept = self._texts.get(id(operation))
        if kept is None:
            kept = (operation, encode(operation))
            self._texts.put(id(operation), kept)
        return kept[1]

    def _carrier(self, hub: Hub) -> Carrier:
        carrier = self._carriers.get(hub)
        if carrier is None:
            carrier = self._carriers[hub] = Carrier(hub, self._hop, frames.PATH)
        return carrier

    def _alone(self, frame: bytes, left: float) -> Answered:
        """The answer to one frame, without a hub."""
        reply = self._hop.call("POST", frames.PATH, frame, {"Content-Type": frames.MEDIA_TYPE}, timeout=left)
        if reply.status != 200:
            raise self._problem(reply.body)
        try:
            return AnswerReader().feed(reply.body)[0]
        except (ValueError, IndexError):
            raise internal() from None

    def _problem(self, text: bytes) -> Problem:
        problem = decode_problem(text)
        if problem.kind is Kind.UNKNOWN_NAME:  # perhaps the name was taken from a catalog that is too old
            self._told = float("-inf")
        return problem

    def _note(self, version: str, asked: float, *, told: bool = True) -> None:
        """Note a version that was ``asked`` for at this time; ``told`` by data itself.

        Answers overtake each other: one to a question from before the last change tells nothing.
        """
        now = time.monotonic()
        if version and version != self._version and asked >= self._since:
            self._version, self._since = version, now
        if told and version == self._version:
            self._told = now

    def _left(self, caller: Caller, now: float) -> float:
        left = self._timeout if caller.deadline is None else caller.deadline - now
        if left <= 0:
            raise Problem("TRV108", "The request took too long")
        return left

    def _call(self, method: str, path: str, caller: Caller, extra: dict[str, str]) -> Reply:
        asked = time.monotonic()
        left = self._left(caller, asked)
        headers = {"X-Request-Id": caller.request_id, **extra}
        headers["X-Trivet-Deadline"] = f"{max(left - MARGIN, _LEAST):.3f}"
        if caller.token is not None:
            headers["Authorization"] = f"Bearer {caller.token}"
        if caller.role is not None:
            headers["X-Trivet-Role"] = caller.role
        reply = self._hop.call(method, path, b"", headers, timeout=left)
        self._note(reply.headers.get("x-trivet-catalog", ""), asked)
        if reply.headers.get("content-type", "").startswith(PROBLEM_TYPE):
            raise self._problem(reply.body)
        if reply.status >= 400:
            raise internal()
        return reply


def _lines(download: Download, rest: bytes) -> Iterator[bytes]:
    """The rows of a streamed answer: in each part whole lines. Raises `Problem` where it breaks off."""
    try:
        while True:
            whole = rest.rfind(b"\n") + 1
            if whole:
                yield rest[:whole]
                rest = rest[whole:]
            piece = download.read(_STALL)
            if not piece:
                return
            rest += piece
    finally:
        download.close()


def decode_values(text: bytes) -> list[Value]:
    """The values of a request: fractions become `Decimal`, so that no digit is lost."""
    return _values(text)


_values = msgspec.json.Decoder(list[Value], float_hook=Decimal).decode

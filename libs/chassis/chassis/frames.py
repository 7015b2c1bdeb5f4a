"""The frames in which operations travel to data, several in one HTTP request, and their answers back.

``POST /batch`` carries one frame for each operation: three lengths (unsigned 32 bits, big-endian), then the head
(JSON), the operation's canonical text, and its values (a JSON array). The answer carries one frame for each of them, in
the order in which they are ready: its number in the request (16 bits), 1 for a problem else 0 (8 bits), two lengths
(32 bits), then the head (JSON) and the body: the result's, or the problem's text.

``POST /stream`` carries one frame; the answer's begins with a frame, of a result without a body or of a problem. After
that of a result come the rows, one a line, for as long as the body lasts. What breaks off before its end is no answer.
"""

import struct
from typing import NamedTuple

import msgspec
from contracts.identity import Around, Caller
from contracts.results import Aside, Basis, Result

MEDIA_TYPE = "application/vnd.trivet.frames"
PATH = "/batch"
STREAM_PATH = "/stream"
MOST = 16  # operations in one request
_ASKED = struct.Struct(">III")
_ANSWERED = struct.Struct(">HBII")


class AskedHead(msgspec.Struct, frozen=True, array_like=True):
    """Who asks: the token and the role wanted where there are any; ``left`` are the seconds that the answer has.

    ``timezone`` is the zone that times are wanted in, ``around`` what the request says to its transaction.
    """

    token: str | None
    role: str | None
    request_id: str
    left: float | None
    explain: bool = False
    timezone: str | None = None
    around: Around | None = None


class Asked(NamedTuple):
    """An operation's frame, taken apart."""

    head: AskedHead
    operation: bytes
    values: bytes


class AnswerHead(msgspec.Struct, frozen=True, array_like=True):
    """What stands beside a body: the fields of `contracts.results.Result`, and the explanation that was asked for."""

    catalog_version: str
    rows: int | None = None
    total: int | None = None
    affected: int | None = None
    inserted: int | None = None
    location: dict[str, str | None] | None = None
    timings: dict[str, int] = {}
    explanation: str | None = None
    basis: Basis | None = None
    warnings: tuple[str, ...] = ()
    aside: Aside | None = None


class Answered(NamedTuple):
    """An answer's frame, taken apart."""

    number: int
    problem: bool
    head: AnswerHead
    body: bytes


_encode = msgspec.json.Encoder().encode
_asked_head = msgspec.json.Decoder(AskedHead).decode
_answer_head = msgspec.json.Decoder(AnswerHead).decode


def asked(operation: bytes, values: bytes, caller: Caller, left: float | None) -> bytes:
    """The frame of an operation."""
    head = _encode((caller.token, caller.role, caller.request_id, left, caller.explain, caller.timezone, caller.around))
    return b"".join((_ASKED.pack(len(head), len(operation), len(values)), head, operation, values))


def read_asked(body: bytes) -> list[Asked]:
    """The operations of a request. Raises `ValueError` where it is not made of whole frames, at most `MOST`."""
    found: list[Asked] = []
    at = 0
    while at < len(body):
        if len(body) - at < _ASKED.size or len(found) == MOST:
            raise ValueError("not a row of frames")
        sizes = _ASKED.unpack_from(body, at)
        operation = at + _ASKED.size + sizes[0]
        values = operation + sizes[1]
        end = values + sizes[2]
        if end > len(body):
            raise ValueError("a frame ends too soon")
        try:
            head = _asked_head(body[at + _ASKED.size : operation])
        except msgspec.DecodeError as fault:
            raise ValueError(str(fault)) from None
        found.append(Asked(head, body[operation:values], body[values:end]))
        at = end
    return found


def answered(number: int, result: Result, explanation: str | None = None) -> bytes:
    """The frame of a result."""
    head = _encode(
        (
            result.catalog_version, result.rows, result.total, result.affected, result.inserted, result.location,
            result.timings, explanation, result.basis, result.warnings, result.aside,
        )
    )  # fmt: skip
    return b"".join((_ANSWERED.pack(number, 0, len(head), len(result.body)), head, result.body))


def refused(number: int, problem: bytes, version: str, explanation: str | None = None) -> bytes:
    """The frame of a problem, which is encoded already."""
    head = _encode(AnswerHead(version, explanation=explanation))
    return b"".join((_ANSWERED.pack(number, 1, len(head), len(problem)), head, problem))


def read_first(data: bytes) -> tuple[Answered, bytes] | None:
    """The frame that an answer begins with, and what follows it; None where it is not whole yet.

    Raises `ValueError` where it is none.
    """
    if len(data) < _ANSWERED.size:
        return None
    number, problem, head, body = _ANSWERED.unpack_from(data)
    start = _ANSWERED.size + head
    if len(data) < start + body:
        return None
    try:
        told = _answer_head(data[_ANSWERED.size : start])
    except msgspec.DecodeError as fault:
        raise ValueError(str(fault)) from None
    return Answered(number, bool(problem), told, data[start : start + body]), data[start + body :]


def result_of(answered: Answered) -> Result:
    """The result that an answer's frame holds."""
    head = answered.head
    return Result(
        body=answered.body,
        rows=head.rows,
        total=head.total,
        affected=head.affected,
        inserted=head.inserted,
        location=head.location,
        catalog_version=head.catalog_version,
        timings=head.timings,
        basis=head.basis,
        warnings=head.warnings,
        aside=head.aside,
    )


class AnswerReader:
    """Takes answers apart as their bytes arrive."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._held = 0
        self._needed = 0  # bytes without which no further frame is whole

    def feed(self, data: bytes) -> list[Answered]:
        """The answers that are whole now. Raises `ValueError` where they are none."""
        self._held += len(data)
        if self._parts or self._held < self._needed:
            self._parts.append(data)
            if self._held < self._needed:
                return []
            data = b"".join(self._parts)
            self._parts.clear()
        found, at, length = [], 0, len(data)
        self._needed = _ANSWERED.size
        while length - at >= _ANSWERED.size:
            number, problem, head, body = _ANSWERED.unpack_from(data, at)
            start = at + _ANSWERED.size + head
            if start + body > length:
                self._needed = start + body - at
                break
            try:
                told = _answer_head(data[at + _ANSWERED.size : start])
            except msgspec.DecodeError as fault:
                raise ValueError(str(fault)) from None
            at = start + body
            found.append(Answered(number, bool(problem), told, data[start:at]))
        if at < length:
            self._parts.append(data[at:])
        self._held = length - at
        return found

    @property
    def between(self) -> bool:
        """True where no frame has begun."""
        return not self._held

"""Messages between data and a process of operations: a length, a kind, and JSON text."""

import socket
import struct
import time
from decimal import Decimal
from typing import Any

import msgspec

MOST = 67_108_864  # bytes of a message at most
_HEAD = struct.Struct(">IB")

CALL, ASK, REPLY, REFUSAL, DONE, PROBLEM, CRASH, LOG, LEAVING = range(1, 10)
"""CALL: do this (data); ASK: a statement, please (process); REPLY, REFUSAL: its rows, or why not (data).

DONE, PROBLEM, CRASH: how a call ended (process); LOG: a line of the log, LEAVING: this is the last
call of this process (process).
"""


class Broken(Exception):
    """What came is no message, or nothing will come any more."""


_encode = msgspec.json.Encoder(decimal_format="number").encode
_decode = msgspec.json.Decoder(float_hook=Decimal).decode


def encode(content: Any) -> bytes:
    """Content as JSON: decimals are numbers, dates and the like texts. Raises `TypeError` for what can't be said."""
    return _encode(content)


def decode(text: bytes) -> Any:
    """The content of JSON text, its fractions as `Decimal`. Raises `msgspec.DecodeError`."""
    return _decode(text)


def send(link: socket.socket, kind: int, text: bytes) -> None:
    """Send a message. Raises `OSError`."""
    link.sendall(_HEAD.pack(len(text), kind) + text)


def receive(link: socket.socket, until: float | None = None) -> tuple[int, bytes]:
    """The next message. Raises `TimeoutError` at ``until`` (monotonic seconds), `Broken`, `OSError`."""
    length, kind = _HEAD.unpack(_exactly(link, _HEAD.size, until))
    if length > MOST:
        raise Broken(f"a message of {length} bytes")
    return kind, _exactly(link, length, until)


def _exactly(link: socket.socket, length: int, until: float | None) -> bytes:
    parts = bytearray()
    while len(parts) < length:
        if until is not None:
            left = until - time.monotonic()
            if left <= 0:
                raise TimeoutError("timed out")
            link.settimeout(left)
        part = link.recv(min(length - len(parts), 1 << 20))
        if not part:
            raise Broken("the other end is gone")
        parts += part
    return bytes(parts)

"""Packed bodies (``Content-Encoding``, RFC 9110 §8.4), unpacked within a limit: a few bytes never become many."""

import zlib

from contracts.problems import Problem

_KNOWN = ("gzip", "x-gzip", "deflate")
_PIECE = 16_384  # bytes that are unpacked at a time
_MEMBERS = 10_000  # of gzip's in one body: each takes its time, however little it holds


def unpacked(body: bytes, encoding: str, limit: int) -> bytes:
    """The content of a body packed as ``encoding`` says, of at most ``limit`` bytes; one of no encoding is itself.

    Raises `Problem` TRV100 (not packed so, or cut off), TRV102 (an encoding that is not known), TRV103 (beyond the
    limit, or in very many pieces).
    """
    coding = encoding.strip().lower()
    if coding in ("", "identity"):
        return body
    if coding not in _KNOWN:
        raise Problem("TRV102", f"The content encoding {coding[:50]} is not supported here", hint="Send gzip or none")
    parts: list[bytes] = []
    left, at = limit, 0
    while at < len(body) or not parts:
        part, at = _member(body, at, coding, left + 1)
        left -= len(part)
        if left < 0:
            raise Problem("TRV103", "The request is too large once unpacked", details=f"At most {limit} bytes")
        parts.append(part)
        if len(parts) > _MEMBERS:
            raise Problem("TRV103", "The request is in too many pieces", details=f"At most {_MEMBERS}")
    return b"".join(parts)


def _member(body: bytes, at: int, coding: str, most: int) -> tuple[bytes, int]:
    """The content of one member of gzip's, up to ``most`` bytes, and where the next one begins (RFC 1952 §2.2).

    The body is handed over in pieces: what follows a member is copied, and that must not be all the rest each time.
    Raises `Problem` TRV100.
    """
    unpacker = zlib.decompressobj(zlib.MAX_WBITS | 32)  # gzip or zlib, as its first bytes say
    found: list[bytes] = []
    while most and not unpacker.eof:
        piece = unpacker.unconsumed_tail or body[at : at + _PIECE]
        if not piece:
            raise Problem("TRV100", f"The body is not in {coding}", details="It ends too early")
        try:
            found.append(unpacker.decompress(piece, most))
        except zlib.error:
            raise Problem("TRV100", f"The body is not in {coding}") from None
        at += len(piece) - len(unpacker.unconsumed_tail) - len(unpacker.unused_data)
        most -= len(found[-1])
    return b"".join(found), at

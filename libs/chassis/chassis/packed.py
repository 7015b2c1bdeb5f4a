"""Packed bodies (``Content-Encoding``, RFC 9110 §8.4), unpacked within a limit: a few bytes never become many."""

import zlib

from contracts.problems import Problem

_KNOWN = ("gzip", "x-gzip", "deflate")


def unpacked(body: bytes, encoding: str, limit: int) -> bytes:
    """The content of a body packed as ``encoding`` says, of at most ``limit`` bytes; one of no encoding is itself.

    Raises `Problem` TRV100 (not packed so, or cut off), TRV102 (an encoding that is not known), TRV103 (beyond the
    limit).
    """
    coding = encoding.strip().lower()
    if coding in ("", "identity"):
        return body
    if coding not in _KNOWN:
        raise Problem("TRV102", f"The content encoding {coding[:50]} is not supported here", hint="Send gzip or none")
    parts: list[bytes] = []
    left = limit
    while body or not parts:
        unpacker = zlib.decompressobj(zlib.MAX_WBITS | 32)  # gzip or zlib, as its first bytes say
        try:
            parts.append(unpacker.decompress(body, left + 1))
        except zlib.error:
            raise Problem("TRV100", f"The body is not in {coding}") from None
        left -= len(parts[-1])
        if left < 0:
            raise Problem("TRV103", "The request is too large once unpacked", details=f"At most {limit} bytes")
        if not unpacker.eof:
            raise Problem("TRV100", f"The body is not in {coding}", details="It ends too early")
        body = unpacker.unused_data  # gzip's members may follow each other (RFC 1952 §2.2)
    return b"".join(parts)

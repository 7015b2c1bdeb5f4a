"""The bytes of a request as text: media type and charset."""

import re
from functools import lru_cache

from contracts.problems import Problem

_MEDIA_TYPES = {"", "text/xml", "application/soap+xml", "application/xml"}
_CODECS = {
    "utf-8": "utf-8", "utf8": "utf-8", "us-ascii": "utf-8", "ascii": "utf-8",
    "utf-16": "utf-16", "utf16": "utf-16", "utf-16le": "utf-16-le", "utf-16be": "utf-16-be",
}  # fmt: skip
_BOMS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_UNMARKED = ((b"<\x00", "utf-16-le"), (b"\x00<", "utf-16-be"))
_DECLARED = re.compile(rb"""<\?xml[^>]*?\sencoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")
_CHARSET = re.compile(r""";\s*charset\s*=\s*["']?([^\s"';]+)""", re.IGNORECASE)


def text_of(data: bytes, *, content_type: str) -> str:
    """The text of a request's body.

    The charset is that of the content type, else of the byte order mark, else of the XML declaration (WS-I BP 1.1,
    R1018, R4001). Raises `Problem` TRV100 (not in its charset), TRV102 (unknown type or charset).
    """
    media_type, charset = _media(content_type)
    if media_type not in _MEDIA_TYPES:
        raise Problem("TRV102", f"The media type {media_type} is not supported here", hint="Send text/xml")
    codec = _codec(charset) if charset else _guess(data)
    if codec == "utf-16" and not data.startswith((b"\xff\xfe", b"\xfe\xff")):
        codec = "utf-16-be" if data.startswith(b"\x00") else "utf-16-le"
    try:
        return data.decode(codec).lstrip("\ufeff")
    except UnicodeDecodeError:
        raise Problem("TRV100", f"The body is not in {codec.upper()}") from None


@lru_cache(maxsize=256)
def _media(content_type: str) -> tuple[str, str]:
    """The media type, and the charset where one is named."""
    named = _CHARSET.search(content_type)
    return content_type.partition(";")[0].strip().lower(), named[1] if named else ""


def _codec(name: str) -> str:
    codec = _CODECS.get(name.lower())
    if codec is None:
        raise Problem("TRV102", f"The charset {name} is not supported here", hint="Send UTF-8 or UTF-16")
    return codec


def _guess(data: bytes) -> str:
    for start, codec in _BOMS + _UNMARKED:
        if data.startswith(start):
            return codec
    declared = _DECLARED.match(data.lstrip()[:200])
    return _codec(declared[1].decode("ascii")) if declared else "utf-8"

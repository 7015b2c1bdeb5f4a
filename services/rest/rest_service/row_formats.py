"""Rows, one JSON object a line, written in other formats some at a time: CSV, lines of JSON, and XML."""

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Protocol
from xml.sax.saxutils import escape

import msgspec

from rest_service.media import Media

_XSI = "http://www.w3.org/2001/XMLSchema-instance"
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")  # in XML 1.0
_NAME = re.compile(r"(?!xml)[A-Za-z_\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u00ff]", re.IGNORECASE)
_IN_NAME = re.compile(r"[A-Za-z0-9_.\-\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u00ff]")
_LOOKALIKE = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
_MARKED = re.compile(r'[,"()\\\s]')  # what PostgreSQL puts in quotes in a row's text
SCALAR = b"pgrst_scalar"
_raw_row: msgspec.json.Decoder[dict[str, msgspec.Raw]] = msgspec.json.Decoder(dict[str, msgspec.Raw])
_raw_rows: msgspec.json.Decoder[list[msgspec.Raw]] = msgspec.json.Decoder(list[msgspec.Raw])
_exact: msgspec.json.Decoder[Any] = msgspec.json.Decoder(float_hook=Decimal)


class RowWriter(Protocol):
    """Writes rows in one format, for one answer."""

    def rows(self, lines: bytes) -> bytes:
        """Further rows, a JSON object a line; what comes first in the format comes with the first ones."""
        ...

    def end(self) -> bytes:
        """What follows the last row."""
        ...


def writer_of(media: Media, columns: Sequence[str]) -> RowWriter:
    """A writer of a format of rows; ``columns`` are the response keys where they are known beforehand."""
    if media.csv:
        return CsvRows(columns)
    return XmlRows() if media.xml else JsonLines()


def lines_of(body: bytes) -> bytes:
    """The objects of a JSON array, or the one object that there is, one a line."""
    if not body.startswith(b"["):  # a function may give a row, or none
        body = b"[%b]" % body.removeprefix(b"null")
    return b"".join([bytes(row).replace(b"\n", b" ") + b"\n" for row in _raw_rows.decode(body)])


def lines_of_values(body: bytes, *, many: bool, named: bool) -> bytes:
    """A function's values that are no rows, one a line; ``named``: as objects of one member, as PostgREST calls it.

    ``many``: the body is an array of them, else it is the one.
    """
    values = [bytes(value) for value in _raw_rows.decode(body)] if many else [body]
    line = b'{"%b":%%b}\n' % SCALAR if named else b"%b\n"
    return b"".join([line % value.replace(b"\n", b" ") for value in values])


class JsonLines:
    """JSON, an object a line: as they come."""

    def rows(self, lines: bytes) -> bytes:
        """The same."""
        return lines

    def end(self) -> bytes:
        """Nothing."""
        return b""


class CsvRows:
    """CSV (RFC 4180), as PostgREST has it: LF between the lines and none after the last.

    The first row's keys are the header; ``columns`` are it where there are no rows. Null is nothing, and an empty text
    ``""``. Nested values stay JSON text. What a spreadsheet would take for a formula is not changed.
    """

    def __init__(self, columns: Sequence[str] = ()) -> None:
        self._header = list(columns)
        self._begun = False

    def rows(self, lines: bytes) -> bytes:
        """Further lines of CSV."""
        rows = [_raw_row.decode(line) for line in lines.split(b"\n") if line]
        if not rows:
            return b""
        made = [""]
        if not self._begun:
            self._begun = True
            self._header = list(rows[0])
            made = [self._first()]
        header = self._header
        made += [",".join([_cell(row.get(name)) for name in header]) for row in rows]
        return "\n".join(made).encode() if header else b""

    def end(self) -> bytes:
        """The header where nothing else came."""
        return b"" if self._begun else self._first().encode()

    def _first(self) -> str:
        return ",".join([_quote(name) for name in self._header])


class XmlRows:
    """XML: an element ``row`` for each, in ``rows``.

    Its members are elements of their names, what a name can't hold written ``_xHHHH_``; null is ``xsi:nil``, an array's
    items are ``item``. A character that XML does not know becomes U+FFFD.
    """

    def __init__(self) -> None:
        self._begun = False
        self._names: dict[str, str] = {}

    def rows(self, lines: bytes) -> bytes:
        """Further rows."""
        text = "".join([self._row(line) for line in lines.split(b"\n") if line])
        return (self._beginning() + text).encode()

    def end(self) -> bytes:
        """The end of the document."""
        return (self._beginning() + "</rows>\n").encode()

    def _beginning(self) -> str:
        if self._begun:
            return ""
        self._begun = True
        return f'<?xml version="1.0" encoding="UTF-8"?>\n<rows xmlns:xsi="{_XSI}">\n'

    def _row(self, line: bytes) -> str:
        members = [self._member(name, bytes(raw)) for name, raw in _raw_row.decode(line).items()]
        return f"<row>{''.join(members)}</row>\n"

    def _member(self, key: str, raw: bytes) -> str:
        name = self._names.get(key) or self._name(key)
        if raw[:1] in b'{["n':
            return self._element(name, _exact.decode(raw))
        return f"<{name}>{raw.decode()}</{name}>"  # a number with all its digits, true or false

    def _element(self, name: str, value: Any) -> str:
        if value is None:
            return f'<{name} xsi:nil="true"/>'
        if isinstance(value, str):
            return f"<{name}>{_text(value)}</{name}>"
        if isinstance(value, dict):
            inner = "".join(
                [self._element(self._names.get(key) or self._name(key), item) for key, item in value.items()]
            )
        elif isinstance(value, list):
            inner = "".join([self._element("item", item) for item in value])
        else:
            inner = str(value).lower() if isinstance(value, bool) else str(value)
        return f"<{name}>{inner}</{name}>"

    def _name(self, key: str) -> str:
        found = self._names[key] = element_name(key)
        return found


def element_name(key: str) -> str:
    """The name of the element of a member: different keys have different names."""
    text = _LOOKALIKE.sub("_x005F_", key) or "_"
    first = text[0] if _NAME.match(text) else _code(text[0])
    return first + "".join([letter if _IN_NAME.match(letter) else _code(letter) for letter in text[1:]])


def _code(letter: str) -> str:
    return f"_x{ord(letter):04X}_"


def _text(value: str) -> str:
    return _ILLEGAL.sub("\ufffd", escape(value, {"\r": "&#13;"}))


def _cell(raw: msgspec.Raw | None) -> str:
    text = bytes(raw) if raw is not None else b"null"
    if text == b"null":
        return ""
    if text.startswith(b'"'):
        value = msgspec.json.decode(text, type=str)
        return _quote(value) if value else '""'
    return _quote(text.decode())


def _quote(text: str) -> str:
    if _MARKED.search(text):
        return '"' + text.replace('"', '""') + '"'
    return text

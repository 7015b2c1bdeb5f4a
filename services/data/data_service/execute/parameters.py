"""Values as libpq takes them: bytes of PostgreSQL's text form, and None for null."""

from collections.abc import Iterable
from typing import Any

from contracts.problems import Problem

from data_service.sql.values import array_text, plain_text


def texts(values: Iterable[Any]) -> list[bytes | None]:
    """Each value's text form in UTF-8. Raises `Problem` 22021 where a text can't be said to PostgreSQL."""
    return [None if value is None else _text(value) for value in values]


def _text(value: Any) -> bytes:
    if type(value) is not str:
        value = array_text(value) if isinstance(value, list | tuple) else plain_text(value)
    if "\0" in value:  # libpq would end the text there
        raise not_utf8("0x00")
    try:
        return value.encode()  # type: ignore[no-any-return]  # (it is a text by now)
    except UnicodeEncodeError as fault:  # half of a surrogate pair
        raise not_utf8(f"0x{ord(value[fault.start]):x}") from None


def not_utf8(what: str) -> Problem:
    """A text holds something that PostgreSQL knows no character for."""
    return Problem("22021", f'invalid byte sequence for encoding "UTF8": {what}')

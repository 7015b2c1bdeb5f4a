"""Values on their way to a function that is not the database's own: JSON, whichever form they came in."""

from typing import Any

import msgspec

from data_service.plan.nodes import Passed
from data_service.sql.statements import Encode
from data_service.sql.values import invalid, listed

_NUMBERS = ("int2", "int4", "int8", "numeric", "float4", "float8")
_WORDS = {"true": True, "t": True, "1": True, "on": True, "yes": True, "false": False, "f": False, "0": False}
_WORDS |= {"off": False, "no": False}


def foreign_value(passed: Passed) -> Encode:
    """How an argument becomes JSON of its type. Raises `Problem` 22P02 where a text is none of that type."""
    if passed.form != "text":
        return _same
    argument = passed.argument
    if argument.schema is None and argument.type == "array":
        element = _reader(argument.element or "text")
        return lambda value: (
            None if value is None else [None if item is None else element(item) for item in listed(value)]
        )
    return _reader("json" if argument.schema is not None else argument.type)


def _same(value: Any) -> Any:
    return value


def _reader(kind: str) -> Encode:
    """What reads a text as a JSON value of a portable type."""

    def number(value: Any) -> Any:
        found = document(value)
        if found is not None and (isinstance(found, bool) or not isinstance(found, int | float)):
            raise invalid(kind, value)
        return found

    def boolean(value: Any) -> Any:
        found = _WORDS.get(value.strip().lower()) if isinstance(value, str) else value
        if found is None and value is not None:
            raise invalid("boolean", value)
        return found

    def document(value: Any) -> Any:
        if not isinstance(value, str):
            return value
        try:
            return msgspec.json.decode(value.encode())
        except msgspec.DecodeError:
            raise invalid(kind, value) from None

    if kind in _NUMBERS:
        return number
    return {"bool": boolean, "json": document}.get(kind, _same)

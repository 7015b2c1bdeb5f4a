"""Functions of PostgreSQL called: arguments by name, each bound as text and cast to its declared type."""

import binascii
from base64 import b64decode
from collections.abc import Sequence
from typing import Any

from contracts.catalog import Argument
from contracts.fields import Representation
from contracts.problems import Problem

from data_service.plan.calls import RESULT
from data_service.plan.nodes import Invocation, Passed
from data_service.sql.dialect import Bound
from data_service.sql.postgres_names import free_type, quoted
from data_service.sql.statements import Encode
from data_service.sql.values import any_json, array_text, json_text, plain_text

RECORD = "record"  # a row whose columns nobody has declared
_PLAIN_ELEMENTS = ("json", "array", "other", None)  # those that an array's text can't be written of, and no array


def call(invocation: Invocation, bind: Bound) -> str:
    """A SELECT of what the function gives: a row's columns under their names, any other value as `RESULT`."""
    function = invocation.function
    passed = [_argument(one, bind) for one in invocation.passed]
    given = {one.argument.name for one in invocation.passed}
    passed += [
        _no_more(argument) for argument in function.arguments if argument.variadic and argument.name not in given
    ]
    source = f"{quoted(function.schema)}.{quoted(function.function)}({', '.join(passed)})"
    if function.returns.db_type == RECORD:
        return f"select row_to_json(r.v) as {quoted(RESULT)} from (select {source} as v) as r"
    if function.returns.kind != "rows":
        return f"select r.v as {quoted(RESULT)} from {source} as r(v)"
    # a table's row that is null as a whole is none; columns that a function declares are its result, null or not
    may_be_none = not function.returns.many and function.returns.resource is not None
    return f"select r.* from {source} as r{' where not (r is null)' if may_be_none else ''}"


def row_call(call: str, passed: Sequence[Passed], bind: Bound) -> str:
    """A ``call`` that has the row, with further arguments: by name, before its last bracket."""
    return f"{call[:-1]}, {', '.join(_argument(one, bind) for one in passed)})"


def _argument(passed: Passed, bind: Bound) -> str:
    argument = passed.argument
    kind = free_type(argument.db_type)
    form = argument.representation
    if form is not None and (made := _represented(passed, form, bind)) is not None:
        value = made
    elif passed.form == "json" and _is_structured(argument):
        place = bind(passed.source, _wrapped)
        value = f"(select v from json_to_record({place}::json) as x(v {kind}))"
    else:
        value = f"{bind(passed.source, _encoder(passed))}::{kind}"
    if not argument.name:
        return value
    return f"{'variadic ' if argument.variadic else ''}{quoted(argument.name)} := {value}"


def _represented(passed: Passed, form: Representation, bind: Bound) -> str | None:
    """What the function of a domain makes of what was given; None where there is none for that."""
    if passed.form == "json" and form.body:
        return f"{form.body}({bind(passed.source, any_json)}::json)"
    return f"{form.text}({bind(passed.source, plain_text)}::text)" if passed.form == "text" and form.text else None


def _no_more(argument: Argument) -> str:
    """A variadic argument that was not given: by its name alone PostgreSQL does not find it."""
    return f"variadic {quoted(argument.name)} := '{{}}'::{free_type(argument.db_type)}"


def _is_structured(argument: Argument) -> bool:
    """Whether only PostgreSQL itself can make its value of JSON: a row type's, or an array of what is no plain text."""
    if argument.type == "array":
        return argument.element in _PLAIN_ELEMENTS
    return argument.type == "other"


def _encoder(passed: Passed) -> Encode:
    if passed.form == "bytes":
        return _bytes
    if passed.form == "json" and passed.argument.type == "json":
        return any_json
    return array_text if passed.argument.type == "array" else plain_text


def _wrapped(value: Any) -> str:
    return json_text({"v": value}).decode()


def _bytes(value: Any) -> str | None:
    """Base64 as PostgreSQL's hex form, which may be given as well. Raises `Problem` 22P02."""
    text = plain_text(value)
    if text is None or text.startswith("\\x"):
        return text
    try:
        return "\\x" + b64decode(text, validate=True).hex()
    except binascii.Error:
        raise Problem("22P02", "invalid base64") from None

"""What a client sends over HTTP, read and checked: ``{"query", "variables", "operationName"}`` (GraphQL over HTTP)."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import msgspec
from contracts.problems import Problem

from graphql_service.errors import PARSE_FAILED, VALIDATION_FAILED, refuse

_decoder = msgspec.json.Decoder(float_hook=Decimal)  # no digit is lost
NO_REQUEST = "TRV100"  # what is no GraphQL request has status 400 in either media type, as what is no JSON has


class Request(msgspec.Struct, frozen=True, rename={"operation_name": "operationName", "document_id": "documentId"}):
    """What a client asks: a document or its id, which operation of it, and its variables.

    ``query`` is None where an id stands for it: ``document_id``, or the extension ``persistedQuery``.
    """

    query: str | None = None
    variables: dict[str, Any] | None = None
    operation_name: str | None = None
    extensions: dict[str, Any] | None = None
    document_id: str | None = None


_request_decoder = msgspec.json.Decoder(Request, float_hook=Decimal)


def parse_json(text: bytes | str, what: str = "the body") -> Any:
    """The value of a JSON text; ``what`` names it in the error. Raises `Problem` TRV100."""
    try:
        return _decoder.decode(text)
    except (ValueError, ArithmeticError, RecursionError):  # no JSON, a number beyond all bounds, too deep
        raise Problem("TRV100", f"{what} is not JSON") from None


def single_request(text: bytes) -> Request | None:
    """The request that a body is; None for anything else, a batch or what is no request at all."""
    try:
        found = _request_decoder.decode(text)
    except (ValueError, ArithmeticError, RecursionError):
        return None
    return found if found.query is not None or found.extensions or found.document_id is not None else None


def request_of(value: Any) -> Request:
    """The request in a JSON value. Raises `Refusal`."""
    if not isinstance(value, dict):
        refuse("expected an object with the key 'query'", VALIDATION_FAILED, problem=NO_REQUEST)
    query, extensions, document_id = value.get("query"), value.get("extensions"), value.get("documentId")
    if query is None and document_id is None and not (isinstance(extensions, dict) and "persistedQuery" in extensions):
        refuse("the key 'query' was not present", PARSE_FAILED, problem=NO_REQUEST)
    _expect(query, str, "query", "a string")
    for name in ("variables", "extensions"):
        _expect(value.get(name), dict, name, "an object")
    for name in ("operationName", "documentId"):
        _expect(value.get(name), str, name, "a string")
    return Request(query, value.get("variables"), value.get("operationName"), extensions, document_id)


def request_in(parameters: Mapping[str, str]) -> Any:
    """The JSON value that the parameters of a GET request stand for. Raises `Problem` TRV100."""
    value: dict[str, Any] = {name: parameters.get(name) for name in ("query", "operationName", "documentId")}
    for name in ("variables", "extensions"):
        text = parameters.get(name)
        value[name] = parse_json(text, f"the parameter '{name}'") if text else None
    return value


def _expect(value: Any, kind: type, name: str, words: str) -> None:
    if value is not None and not isinstance(value, kind):
        refuse(f"expected {words} for the key '{name}'", VALIDATION_FAILED, (name,), NO_REQUEST)

"""Answers and errors in Hasura's form, and the HTTP status of each (graphql.md §8, errors.md)."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import msgspec
from chassis.express import Answer as HttpAnswer
from contracts.problems import Kind, Problem
from contracts.results import Basis

from graphql_service.errors import (
    DATA_EXCEPTION,
    INVALID_JSON,
    NOT_SUPPORTED,
    VALIDATION_FAILED,
    Error,
    Path,
    Refusal,
    json_path,
)
from graphql_service.limits import HEADER, Limits, Spent, spent_together
from graphql_service.media import JSON, STRICT

_JSON_TYPE = ("Content-Type", f"{JSON}; charset=utf-8")
_STRICT_TYPE = ("Content-Type", f"{STRICT}; charset=utf-8")
_VARY = ("Vary", "Accept, Authorization, X-Hasura-Role")
_encode = msgspec.json.Encoder(decimal_format="number").encode


class Answer(NamedTuple):
    """A GraphQL response: its JSON text, and the HTTP status and headers that go with it.

    While its ``basis`` stands, the same may be answered again. ``spent`` is what the operation asked for.
    """

    body: bytes
    status: int = 200
    headers: Mapping[str, str] = MappingProxyType({})
    basis: Basis | None = None
    spent: Spent | None = None


# by SQLSTATE or code of ours, then by its class, then by its kind: Hasura's code and what goes before the message
_BY_CODE: dict[str, tuple[str, str]] = {
    "23505": ("constraint-violation", "Uniqueness violation. "),
    "23503": ("constraint-violation", "Foreign key violation. "),
    "23502": ("constraint-violation", "Not-NULL violation. "),
    "23514": ("permission-error", "Check constraint violation. "),
    "22025": ("bad-request", ""),
    "25006": (NOT_SUPPORTED, ""),
    "P0001": ("data-exception", ""),
    "PGRST127": (NOT_SUPPORTED, ""),
    "TRV100": (INVALID_JSON, ""),
    "TRV300": (VALIDATION_FAILED, ""),
    "TRV303": (NOT_SUPPORTED, ""),
    "TRV110": ("not-found", ""),
    "TRV112": ("bad-request", ""),
    "TRV204": ("access-denied", ""),
    "PGRST302": ("access-denied", ""),
    "TRV201": ("access-denied", ""),
    "TRV202": ("access-denied", ""),
}
_BY_CLASS: dict[str, tuple[str, str]] = {"22": (DATA_EXCEPTION, ""), "23": ("constraint-violation", "")}
_BY_KIND: dict[Kind, str] = {
    Kind.MALFORMED: VALIDATION_FAILED,
    Kind.NOT_PARSABLE: INVALID_JSON,
    Kind.UNKNOWN_NAME: VALIDATION_FAILED,
    Kind.UNAUTHENTICATED: "invalid-jwt",
    Kind.FORBIDDEN: "permission-error",
    Kind.CONSTRAINT: "constraint-violation",
    Kind.NOT_SINGLE: VALIDATION_FAILED,
    Kind.METHOD: "method-not-allowed",
    Kind.MEDIA: NOT_SUPPORTED,
    Kind.TOO_LARGE: "bad-request",
    Kind.TOO_MANY: "rate-limit-exceeded",
    Kind.UNAVAILABLE: "busy",
    Kind.TIMEOUT: "time-limit-exceeded",
    Kind.INTERNAL: "unexpected",
}
_TOKENS = {
    "JWT expired": "JWTExpired",
    "JWT revoked": "JWTRevoked",
    "JWT not yet valid": "JWTNotYetValid",
    "JWT issued at future": "JWTIssuedAtFuture",
    "JWT not in audience": "JWTNotInAudience",
    "JWT not from the expected issuer": "JWTNotInIssuer",
    "JWT cryptographic operation failed": "JWSError JWSInvalidSignature",
}
_NO_VARIABLE = "missing session variable"
_CHECK = "new row violates row-level security"  # PostgreSQL's words, and ours for a policy's check
CHECK_FAILED = "check constraint of an insert/update permission has failed"
_MALFORMED_HEADER = "Malformed Authorization header"

# HTTP statuses of the legacy media type and of application/graphql-response+json; None is the problem's own
_STATUSES: dict[Kind, tuple[int | None, int | None]] = {
    Kind.MALFORMED: (200, 400),
    Kind.NOT_PARSABLE: (400, 400),
    Kind.UNKNOWN_NAME: (200, 400),
    Kind.UNAUTHENTICATED: (200, 401),
    Kind.FORBIDDEN: (200, 403),
    Kind.CONSTRAINT: (200, 200),
    Kind.NOT_SINGLE: (200, 200),
    Kind.METHOD: (None, None),
    Kind.MEDIA: (None, None),
    Kind.TOO_LARGE: (None, None),
    Kind.TOO_MANY: (429, 429),
    Kind.UNAVAILABLE: (503, 503),
    Kind.TIMEOUT: (200, 200),
    Kind.INTERNAL: (500, 500),
}


def data_answer(body: bytes, basis: Basis | None = None, warnings: tuple[str, ...] = ()) -> Answer:
    """The answer with this JSON text as its ``data``, and the warnings among its ``extensions``."""
    if warnings:
        return Answer(b'{"data":' + body + b',"extensions":' + _encode({"warnings": warnings}) + b"}")
    return Answer(b'{"data":' + body + b"}", basis=basis)


def refusal_of(problem: Problem, place: Callable[[Path], Path]) -> Refusal:
    """A problem of data's as errors of the document: ``place`` finds where in it a path of the operation leads.

    Values that break rules are an error each.
    """
    if isinstance(problem, Refusal):
        return problem
    if problem.code != "TRV300" or not isinstance(problem.details, list):
        return Refusal(error_of(problem, place(problem.path)), cause=problem)
    return Refusal(*(_broken(found, place) for found in problem.details), cause=problem)


def _broken(found: Mapping[str, Any], place: Callable[[Path], Path]) -> Error:
    path = tuple(found["path"])
    shown = place(path)
    named = path[1:] and isinstance(path[-1], str)  # the first step is the field of the document
    # an update's check is about no argument of its own: there the place ends before the field
    name = shown[-1] if "args" in shown else path[-1]
    return Error(f"{name}: {found['message']}" if named else found["message"], VALIDATION_FAILED, shown)


def error_of(problem: Problem, place: Path = ()) -> Error:
    """A problem as an entry of ``errors``."""
    code, prefix = _BY_CODE.get(problem.code) or _BY_CLASS.get(problem.code[:2]) or (_BY_KIND[problem.kind], "")
    message = prefix + problem.message
    if code == "invalid-jwt":
        message = _token_message(problem.message)
    elif problem.code == "42501" and problem.message.startswith(_CHECK):
        message = CHECK_FAILED
    elif problem.code == "42501" and problem.message.startswith(_NO_VARIABLE):
        message = f"missing session variables{problem.message.removeprefix(_NO_VARIABLE)}"
        code, place = "not-found", ()
    return Error(message, code, place)


def error_answer(problem: Problem, *, strict: bool) -> Answer:
    """The answer to a request that failed; ``strict`` is the media type application/graphql-response+json."""
    errors = problem.errors if isinstance(problem, Refusal) else (error_of(problem),)
    status = status_of(problem, strict=strict)
    body = b'{"errors":' + _encode([_entry(error) for error in errors])
    # GraphQL over HTTP: with status 2xx there is data, if only null
    body += b',"data":null}' if strict and status == 200 else b"}"
    headers = dict(problem.headers)
    if status in (429, 503):
        headers.setdefault("Retry-After", "1")
    return Answer(body, status, headers)


def refusal_answer(problem: Problem, *, strict: bool) -> Answer:
    """The answer where no GraphQL request can be blamed; a credential that is not good has its status either way."""
    answer = error_answer(problem, strict=strict)
    return answer._replace(status=401) if problem.kind is Kind.UNAUTHENTICATED else answer


def sent(answer: Answer, *, strict: bool) -> HttpAnswer:
    """An answer as HTTP has it, in the media type asked for."""
    headers = [_STRICT_TYPE if strict else _JSON_TYPE, _VARY]
    if answer.headers:
        headers += answer.headers.items()
    return HttpAnswer(answer.status, headers, answer.body)


def status_of(problem: Problem, *, strict: bool) -> int:
    """The HTTP status of a problem in GraphQL (errors.md)."""
    if problem.code in ("TRV110", "25006"):
        return 404 if problem.code == "TRV110" else 200
    status = _STATUSES[problem.kind][1 if strict else 0]
    return problem.status if status is None else status


def batch_answer(answers: list[Answer], limits: Limits) -> Answer:
    """Several answers as one array; the status is theirs where they agree, and their headers go along."""
    statuses = {answer.status for answer in answers}
    headers = {name: value for answer in answers for name, value in answer.headers.items()}
    if HEADER in headers:
        together = spent_together([answer.spent for answer in answers if answer.spent is not None])
        headers[HEADER] = together.header(limits)
    body = b"[" + b",".join(answer.body for answer in answers) + b"]"
    return Answer(body, statuses.pop() if len(statuses) == 1 else 200, headers)


def _entry(error: Error) -> dict[str, object]:
    extensions: dict[str, object] = {"path": json_path(error.path), "code": error.code}
    if error.internal is not None:
        extensions["internal"] = error.internal
    entry: dict[str, object] = {"message": error.message, "extensions": extensions}
    if error.locations:
        entry["locations"] = [{"line": line, "column": column} for line, column in error.locations]
    return entry


def _token_message(message: str) -> str:
    if message == _MALFORMED_HEADER or message.startswith("Empty JWT"):
        return _MALFORMED_HEADER
    return f"Could not verify JWT: {_TOKENS.get(message, message)}"

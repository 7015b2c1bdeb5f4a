"""How a problem travels between services."""

from typing import Any

import msgspec
from contracts.problems import Problem, internal

PROBLEM_TYPE = "application/vnd.trivet.problem+json"
_encode = msgspec.json.Encoder(decimal_format="number").encode


def encode_problem(problem: Problem) -> bytes:
    """A problem as it travels between services."""
    return _encode(
        {
            "code": problem.code,
            "message": problem.message,
            "details": problem.details,
            "hint": problem.hint,
            "status": problem.status,
            "headers": problem.headers,
            "path": problem.path,
        }
    )


def decode_problem(text: bytes) -> Problem:
    """The problem that another service answered with; XX000 where the text is none."""
    try:
        found = msgspec.json.decode(text)
        return _problem(found)
    except (msgspec.DecodeError, KeyError, TypeError):
        return internal()


def _problem(found: dict[str, Any]) -> Problem:
    return Problem(
        found["code"],
        found["message"],
        details=found.get("details"),
        hint=found.get("hint"),
        status=found.get("status"),
        headers=found.get("headers"),
        path=tuple(found.get("path") or ()),
    )

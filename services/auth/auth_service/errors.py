"""How auth says that something went wrong: the form of Supabase's auth client outside, a problem as it is inside."""

from dataclasses import dataclass

import msgspec
from chassis.inner_problems import PROBLEM_TYPE, encode_problem
from contracts.problems import Kind, Problem

API_VERSION = "2024-01-01"  # from this version on, its clients read ``code`` as text

# the words that its clients know, by our code; else by kind
_WORDS = {
    "TRV201": "invalid_credentials",
    "TRV202": "session_not_found",
    "PGRST302": "no_authorization",
    "TRV100": "bad_json",
}
_WORDS_OF_KIND = {
    Kind.MALFORMED: "validation_failed",
    Kind.NOT_PARSABLE: "bad_json",
    Kind.UNKNOWN_NAME: "not_found",
    Kind.UNAUTHENTICATED: "bad_jwt",
    Kind.FORBIDDEN: "not_allowed",
    Kind.METHOD: "method_not_allowed",
    Kind.MEDIA: "unsupported_media_type",
    Kind.TOO_LARGE: "request_too_large",
    Kind.TOO_MANY: "over_request_rate_limit",
    Kind.UNAVAILABLE: "service_unavailable",
    Kind.TIMEOUT: "request_timeout",
}


@dataclass(frozen=True)
class ErrorAnswer:
    """An HTTP answer to be: status, headers (the media type among them) and body."""

    status: int
    headers: dict[str, str]
    body: bytes


def public_answer(problem: Problem) -> ErrorAnswer:
    """The problem as ``{"code", "error_code", "msg"}``."""
    word = _word(problem)
    headers = {"Content-Type": "application/json", "X-Supabase-Api-Version": API_VERSION, **problem.headers}
    body: dict[str, object] = {"code": word, "error_code": word, "msg": problem.message}
    if word == "weak_password":
        body["weak_password"] = {"reasons": ["strength"], "message": problem.message}  # its clients want it said so
    return ErrorAnswer(problem.status, headers, msgspec.json.encode(body))


def inner_answer(problem: Problem) -> ErrorAnswer:
    """The problem as it travels between services."""
    headers = {"Content-Type": PROBLEM_TYPE, **problem.headers}
    return ErrorAnswer(problem.status, headers, encode_problem(problem))


def _word(problem: Problem) -> str:
    if isinstance(problem.details, dict) and "reason" in problem.details:
        return str(problem.details["reason"])
    return _WORDS.get(problem.code) or _WORDS_OF_KIND.get(problem.kind, "unexpected_failure")

"""A result or a problem becomes an answer in PostgREST's dialect: status, headers, body."""

from typing import NamedTuple
from urllib.parse import quote

import msgspec
from chassis.conditional import etag, matches
from contracts.problems import Problem
from contracts.results import Result

from rest_service import media
from rest_service.grammar.keys import filter_key
from rest_service.page import content_range, read_status
from rest_service.request import Wish
from rest_service.rows import strip_nulls, to_bytes, to_csv, to_text

# of a Content-Location: many clients and proxies take no more than 8 or 16 KB of headers in all
_LONGEST_LOCATION = 4096
_encode = msgspec.json.Encoder(decimal_format="number").encode


class Answer(NamedTuple):
    """An HTTP answer: no ``Content-Type`` where there is no body."""

    status: int
    headers: dict[str, str]
    body: bytes = b""


def of_result(result: Result, wish: Wish) -> Answer:
    """The answer that carries a result. Raises `Problem` PGRST103 where the page begins beyond the last row."""
    headers = {"Vary": "Accept, Prefer, Range"}
    applied = wish.applied[result.inserted is not None]
    if applied is not None:
        headers["Preference-Applied"] = applied
    if wish.profile is not None:
        headers["Content-Profile"] = wish.profile
    return _of_read(result, wish, headers) if wish.kind in ("read", "call") else _of_write(result, wish, headers)


def tagged(answer: Answer) -> Answer:
    """The answer to a GET with its entity tag."""
    headers = answer.headers
    beside = f"{headers['Content-Type']} {headers['Content-Range']} {headers.get('Content-Profile')}"
    headers["ETag"] = etag(answer.body, beside)
    # each user has rows of their own, and nobody but us knows whether they are still the same
    headers["Cache-Control"] = "private, no-cache"
    return answer


def unless_known(answer: Answer, tags: str | None) -> Answer:
    """The answer, without its body where ``If-None-Match: tags`` names its entity tag. It stays as it is."""
    headers = answer.headers
    if tags is None or "ETag" not in headers or not matches(tags, headers["ETag"]):
        return answer
    return Answer(304, {name: headers[name] for name in headers if name not in ("Content-Type", "Content-Range")})


def of_problem(problem: Problem, *, anonymous: bool) -> Answer:
    """The answer that carries a problem: exactly the four keys (rest.md §9)."""
    status = 401 if problem.code == "42501" and anonymous else problem.status
    headers = {
        "Content-Type": media.JSON.content_type,
        "Proxy-Status": f"PostgREST; error={problem.code}",
        **problem.headers,
    }
    if status == 401:
        headers.setdefault("WWW-Authenticate", "Bearer")
    if status == 503:
        headers.setdefault("Retry-After", "1")
    body = {"code": problem.code, "details": problem.details, "hint": problem.hint, "message": problem.message}
    return Answer(status, headers, _encode(body))


def _of_read(result: Result, wish: Wish, headers: dict[str, str]) -> Answer:
    first = wish.page.offset or 0
    rows = _rows_of_page(result, wish)
    status = read_status(first, rows, result.total)
    headers["Content-Range"] = content_range(first, rows, result.total)
    headers["Range-Unit"] = "items"
    location = f"{wish.address}?{wish.query}" if wish.query else wish.address
    if len(location) <= _LONGEST_LOCATION:
        headers["Content-Location"] = location
    if wish.void:
        return Answer(204, headers)
    headers["Content-Type"] = wish.media.content_type
    return Answer(status, headers, _body(result, wish) if wish.body else b"")


def _of_write(result: Result, wish: Wish, headers: dict[str, str]) -> Answer:
    affected = next((number for number in (result.affected, result.rows) if number is not None), 0)
    total = affected if wish.preferences.get("count") else None
    if wish.kind != "put":
        headers["Content-Range"] = content_range(0, affected if wish.kind == "update" else 0, total)
    if wish.kind == "create" and wish.preferences.get("return") == "headers-only" and result.location:
        headers["Location"] = _location(wish.address, result.location)
    if not wish.body:
        return Answer(_write_status(result, wish), headers)
    headers["Content-Type"] = wish.media.content_type
    return Answer(_write_status(result, wish), headers, _body(result, wish))


def _write_status(result: Result, wish: Wish) -> int:
    """201 for what is new, 200 for other rows, 204 for none; a merge is not new where it only changed rows."""
    if wish.kind == "create":
        merged = wish.preferences.get("resolution") == "merge-duplicates" and result.inserted == 0
        return 200 if merged else 201
    if not wish.body:
        return 204
    return 201 if wish.kind == "put" and result.inserted else 200


def _rows_of_page(result: Result, wish: Wish) -> int:
    if result.rows is not None:
        return result.rows
    if wish.media.single:
        return 1
    left = max((result.total or 0) - (wish.page.offset or 0), 0)
    return left if wish.page.limit is None else min(left, wish.page.limit)


def _body(result: Result, wish: Wish) -> bytes:
    if wish.media.csv:
        many = result.body.startswith(b"[")  # a function may give a row, or none
        return to_csv(result.body if many else b"[%b]" % result.body.removeprefix(b"null"), wish.columns)
    if wish.media.raw:
        return to_bytes(result.body) if wish.media.type == media.BYTES else to_text(result.body)
    return strip_nulls(result.body) if wish.media.stripped else result.body


def _location(address: str, key: dict[str, str]) -> str:
    conditions = (f"{quote(filter_key(name), safe='')}=eq.{quote(value, safe='')}" for name, value in key.items())
    return f"{address}?{'&'.join(conditions)}"

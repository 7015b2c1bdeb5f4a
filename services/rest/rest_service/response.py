"""A result or a problem becomes an answer in PostgREST's dialect: status, headers, body."""

from collections.abc import Iterable
from typing import NamedTuple
from urllib.parse import quote

import msgspec
from chassis.conditional import etag, matches
from contracts.problems import Problem
from contracts.results import Aside, Result

from rest_service import media
from rest_service.grammar.keys import filter_key
from rest_service.page import content_range, read_status
from rest_service.request import Wish
from rest_service.row_formats import lines_of, lines_of_values, writer_of
from rest_service.rows import strip_nulls, to_bytes, to_text

# of a Content-Location: many clients and proxies take no more than 8 or 16 KB of headers in all
_LONGEST_LOCATION = 4096
_encode = msgspec.json.Encoder(decimal_format="number").encode


class Answer(NamedTuple):
    """An HTTP answer: no ``Content-Type`` where there is no body, and no length known of one that comes in parts.

    ``more`` are headers whose names have come before.
    """

    status: int
    headers: dict[str, str]
    body: bytes | Iterable[bytes] = b""
    more: tuple[tuple[str, str], ...] = ()


def of_result(result: Result, wish: Wish) -> Answer:
    """The answer that carries a result. Raises `Problem` PGRST103 where the page begins beyond the last row."""
    headers = _common(result, wish)
    return _of_read(result, wish, headers) if wish.kind in ("read", "call") else _of_write(result, wish, headers)


def _common(result: Result, wish: Wish) -> dict[str, str]:
    headers = {"Vary": "Accept, Prefer, Range"}
    applied = wish.applied[result.inserted is not None]
    if applied is not None:
        headers["Preference-Applied"] = applied
    if wish.profile is not None:
        headers["Content-Profile"] = wish.profile
    return headers


def tagged(answer: Answer) -> Answer:
    """The answer to a GET with its entity tag."""
    headers = answer.headers
    beside = f"{headers['Content-Type']} {headers['Content-Range']} {headers.get('Content-Profile')}"
    headers["ETag"] = etag(whole(answer), beside)
    # each user has rows of their own, and nobody but us knows whether they are still the same
    headers["Cache-Control"] = "private, no-cache"
    return answer


def whole(answer: Answer) -> bytes:
    """The body of an answer that does not come in parts."""
    if not isinstance(answer.body, bytes):
        raise TypeError("the answer comes in parts")
    return answer.body


def said(answer: Answer, aside: Aside, wish: Wish) -> Answer:
    """The answer, with what the database says of it: its headers count more than ours, and its status."""
    headers = dict(answer.headers)
    applied = wish.preferences.applied(
        wish.kind, resolved="resolution" in headers.get("Preference-Applied", ""), tx=True
    )
    if aside.tx is not None and applied is not None:
        headers["Preference-Applied"] = applied
    ours = {name.lower(): name for name in headers}
    more: list[tuple[str, str]] = []
    given: set[str] = set()
    for name, value in aside.headers:
        if name.lower() in given:
            more.append((name, value))
            continue
        given.add(name.lower())
        headers.pop(ours.get(name.lower(), name), None)
        headers[name] = value
    return Answer(aside.status or answer.status, headers, answer.body, tuple(more))


def unless_known(answer: Answer, tags: str | None) -> Answer:
    """The answer, without its body where ``If-None-Match: tags`` names its entity tag. It stays as it is."""
    headers = answer.headers
    if tags is None or "ETag" not in headers or not matches(tags, headers["ETag"]):
        return answer
    return Answer(304, {name: headers[name] for name in headers if name not in ("Content-Type", "Content-Range")})


def of_problem(problem: Problem, *, anonymous: bool, accept: str | None = None) -> Answer:
    """The answer that carries a problem: exactly the four keys (rest.md §9), or RFC 9457's where that is preferred."""
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
    if media.prefers_problem(accept):
        headers["Content-Type"] = media.PROBLEM
        body = _standard(problem, status)
    return Answer(status, headers, _encode(body))


def _standard(problem: Problem, status: int) -> dict[str, object]:
    """A problem as RFC 9457 §3 has it; what only PostgREST's form knows are its extension members."""
    plain = isinstance(problem.details, str)
    found = {
        "type": "about:blank",
        "title": problem.message,
        "status": status,
        "detail": problem.details if plain else None,
        "code": problem.code,
        "details": None if plain else problem.details,
        "hint": problem.hint,
    }
    return {name: value for name, value in found.items() if value is not None}


def of_written(result: Result, wish: Wish, body: bytes) -> Answer:
    """The answer to a read whose body is written already."""
    return _of_read(result, wish, _common(result, wish))._replace(body=body)


def of_rows(head: Result, wish: Wish, body: Iterable[bytes]) -> Answer:
    """The answer whose rows come in parts: its range is told where data has counted it beforehand."""
    headers = {"Cache-Control": "private, no-cache", "X-Accel-Buffering": "no"} | _common(head, wish)
    first = wish.page.offset or 0
    status = 200
    if head.total is not None and head.rows is not None:
        status = read_status(first, head.rows, head.total)
        headers["Content-Range"] = content_range(first, head.rows, head.total)
    return Answer(status, _about_read(wish, headers) | {"Content-Type": wish.media.content_type}, body)


def _of_read(result: Result, wish: Wish, headers: dict[str, str]) -> Answer:
    first = wish.page.offset or 0
    rows = _rows_of_page(result, wish)
    status = read_status(first, rows, result.total)
    headers["Content-Range"] = content_range(first, rows, result.total)
    _about_read(wish, headers)
    if wish.void:
        return Answer(204, headers)
    headers["Content-Type"] = wish.media.content_type
    return Answer(status, headers, _body(result, wish) if wish.body else b"")


def _about_read(wish: Wish, headers: dict[str, str]) -> dict[str, str]:
    headers["Range-Unit"] = "items"
    location = f"{wish.address}?{wish.query}" if wish.query else wish.address
    if len(location) <= _LONGEST_LOCATION:
        headers["Content-Location"] = location
    return headers


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
    if wish.media.by_rows:
        writer = writer_of(wish.media, wish.columns)
        lines = lines_of(result.body) if wish.values is None else _lines_of_values(result.body, wish)
        return writer.rows(lines) + writer.end()
    if wish.media.raw:
        return to_bytes(result.body) if wish.media.binary else to_text(result.body)
    return strip_nulls(result.body) if wish.media.stripped else result.body


def _lines_of_values(body: bytes, wish: Wish) -> bytes:
    return lines_of_values(body, many=wish.values == "many", named=not wish.media.lines)


def _location(address: str, key: dict[str, str | None]) -> str:
    told = ((name, "is.null" if value is None else f"eq.{quote(value, safe='')}") for name, value in key.items())
    conditions = (f"{quote(filter_key(name), safe='')}={condition}" for name, condition in told)
    return f"{address}?{'&'.join(conditions)}"

"""What SQLite lacks: functions for patterns, case, containment in JSON and statistics."""

import hashlib
import math
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import apsw
import msgspec
import re2
from contracts.problems import Problem

from data_service.execute import casts, json_changes, number_changes

_MOST = 1000  # characters of a regular expression
_LOOKS = ((re.compile(r"\^\(\?!(.*)\)", re.DOTALL), "^(?:{})"), (re.compile(r"\(\?<!(.*)\)\$", re.DOTALL), "(?:{})$"))


def install(connection: apsw.Connection) -> None:
    """Give a connection the functions that `data_service.sql.sqlite` writes."""
    scalars: dict[str, tuple[Callable[..., Any], int]] = {
        "trivet_fold": (_fold, 1),
        "trivet_keyed_hash": (_keyed_hash, 3),
        "trivet_match": (lambda text, pattern: _search(text, pattern, "match"), 2),
        "trivet_imatch": (lambda text, pattern: _search(text, pattern, "imatch"), 2),
        "trivet_similar": (lambda text, pattern: _search(text, pattern, "similar"), 2),
        "trivet_compact": (_compact, 1),
        "trivet_contains": (lambda a, b: _both(contains, a, b), 2),
        "trivet_contained": (lambda a, b: _both(contains, b, a), 2),
        "trivet_overlaps": (lambda a, b: _both(_overlaps, a, b), 2),
        "trivet_has_key": (lambda a, key: _both(lambda x, _: _has_key(x, key), a, "null"), 2),
        "trivet_has_keys_any": (lambda a, b: _both(lambda x, y: any(_has_key(x, k) for k in y), a, b), 2),
        "trivet_has_keys_all": (lambda a, b: _both(lambda x, y: all(_has_key(x, k) for k in y), a, b), 2),
        "trivet_cast": (casts.cast, 2),
        "trivet_unfit": (casts.unfit, 2),
        "trivet_add_whole": (number_changes.add_whole, 3),
        "trivet_add_decimal": (number_changes.add_decimal, 4),
        "trivet_json_text": (json_changes.as_text, 1),
        "trivet_json_append": (json_changes.append, 2),
        "trivet_json_delete_key": (json_changes.delete_key, 2),
        "trivet_json_delete_elem": (json_changes.delete_elem, 2),
        "trivet_json_delete_at_path": (json_changes.delete_at_path, 2),
    }
    for name, (function, arguments) in scalars.items():
        connection.create_scalar_function(name, function, arguments, deterministic=True)
    for name, population, root in (
        ("stddev", False, True), ("stddev_samp", False, True), ("stddev_pop", True, True),
        ("variance", False, False), ("var_samp", False, False), ("var_pop", True, False),
    ):  # fmt: skip
        connection.create_aggregate_function(f"trivet_{name}", _spread(population, root), 1)


def _keyed_hash(text: Any, inner: str, outer: str) -> str | None:
    """HMAC-SHA-256 (RFC 2104) by the blocks of its key, as the dialect of PostgreSQL writes it."""
    if text is None:
        return None
    content = text if isinstance(text, bytes) else str(text).encode()
    hashed = hashlib.sha256(bytes.fromhex(inner) + content).digest()
    return hashlib.sha256(bytes.fromhex(outer) + hashed).hexdigest()[:32]


def _fold(text: Any) -> Any:
    return text.lower() if isinstance(text, str) else text


@lru_cache(maxsize=512)
def _pattern(pattern: str, kind: str) -> tuple[Any, bool]:
    """A compiled pattern, and whether a text is to have it or not to have it.

    The engine's time is linear in the text, whatever the pattern (no ReDoS).
    """
    if len(pattern) > _MOST:
        raise Problem("2201B", f"invalid regular expression: longer than {_MOST} characters")
    options = re2.Options()
    options.case_sensitive = kind != "imatch"
    options.log_errors = False
    text, wanted = (similar(pattern), True) if kind == "similar" else _without_looks(pattern)
    try:
        return re2.compile(text, options), wanted
    except re2.error:
        raise Problem("2201B", f"invalid regular expression: {pattern}") from None


def _without_looks(pattern: str) -> tuple[str, bool]:
    """A pattern without a look ahead or behind, which this engine lacks, and whether it is wanted or unwanted.

    The two forms that mean no more than "does not begin so" and "does not end so" become what they deny.
    """
    for look, denied in _LOOKS:
        found = look.fullmatch(pattern)
        if found and _is_whole(found[1]):
            return denied.format(found[1]), False
    return pattern, True


def _is_whole(pattern: str) -> bool:
    options = re2.Options()
    options.log_errors = False
    try:
        re2.compile(pattern, options)
    except re2.error:
        return False
    return True


def similar(pattern: str) -> str:
    r"""A SIMILAR TO pattern as a regular expression: ``%`` and ``_`` are wild, the whole text must fit."""
    out = []
    escaped = False
    for character in pattern:
        if escaped:
            out.append("\\" + character if not character.isalnum() else character)
            escaped = False
        elif character == "\\":
            escaped = True
        else:
            out.append({"%": "(?s:.*)", "_": "(?s:.)", ".": "\\.", "^": "\\^", "$": "\\$"}.get(character, character))
    return "^(?:" + "".join(out) + ")$"


def _search(text: Any, pattern: Any, kind: str) -> int | None:
    if text is None or pattern is None:
        return None
    compiled, wanted = _pattern(str(pattern), kind)
    return int((compiled.search(str(text)) is not None) is wanted)


def _both(judge: Callable[[Any, Any], bool], left: Any, right: Any) -> int | None:
    if left is None or right is None:
        return None
    try:
        return int(judge(msgspec.json.decode(str(left)), msgspec.json.decode(str(right))))
    except msgspec.DecodeError:
        return 0


def _compact(text: Any) -> Any:
    """JSON in one form, so that equal values are equal text."""
    if text is None:
        return None
    try:
        return msgspec.json.encode(msgspec.json.decode(str(text)), order="deterministic").decode()
    except msgspec.DecodeError:
        return text


def contains(whole: Any, part: Any) -> bool:
    """PostgreSQL's ``@>`` on JSON: objects by key, arrays as sets, a scalar within an array at the top."""
    return _contains(whole, part) or (isinstance(whole, list) and not isinstance(part, list | dict) and part in whole)


def _contains(whole: Any, part: Any) -> bool:
    if isinstance(whole, dict) and isinstance(part, dict):
        return all(key in whole and _contains(whole[key], value) for key, value in part.items())
    if isinstance(whole, list) and isinstance(part, list):
        return all(any(_contains(item, wanted) for item in whole) for wanted in part)
    return type(whole) is type(part) and bool(whole == part)


def _overlaps(left: Any, right: Any) -> bool:
    return isinstance(left, list) and isinstance(right, list) and any(item in right for item in left)


def _has_key(value: Any, key: Any) -> bool:
    return (isinstance(value, dict | list) and key in value) or value == key


def _spread(population: bool, root: bool) -> Callable[[], Any]:
    """An aggregate for variance or standard deviation, by Welford's running sums."""

    def step(state: list[float], value: Any) -> None:
        if isinstance(value, int | float):
            state[0] += 1
            delta = value - state[1]
            state[1] += delta / state[0]
            state[2] += delta * (value - state[1])

    def final(state: list[float]) -> float | None:
        divisor = state[0] if population else state[0] - 1
        if divisor <= 0:
            return None
        return math.sqrt(state[2] / divisor) if root else state[2] / divisor

    return lambda: ([0.0, 0.0, 0.0], step, final)

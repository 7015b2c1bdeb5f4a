"""Transactions as a role of the database (database access mode): its grants and row-level security decide.

What the transaction is told, what it asks for and what it leaves behind (``response.status``, ``response.headers``)
go to the server and back together: one wait for a read.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn

from contracts.problems import Problem
from contracts.results import Aside

from data_service.execute.raised import headers_of, no_headers, no_status, status_of

_LIMIT = "statement_timeout"
_ISOLATION = "default_transaction_isolation"
_READ_ONLY = "default_transaction_read_only"
_ISOLATIONS = {"serializable", "repeatable read", "read committed", "read uncommitted"}
# What a transaction that reads leaves behind: what is wrong with it is found by `aside_of`, as nothing was written.
LEFT_BEHIND = """select nullif(current_setting('response.headers', true), '')::json::text,
    nullif(current_setting('response.status', true), '')::integer::text"""
# The same of one that writes. What can't be headers, or a status, fails here and with it the transaction, before it is
# committed: then a JSON text is made that is none, or a number. The rules are those of `data_service.execute.raised`.
JUDGED = r"""
    select case when h is null then null
            when case when json_typeof(h::json) <> 'array' then true else exists (
                select from json_array_elements(h::json) as one where case when json_typeof(one) <> 'object' then true
                else (
                    select count(*) <> 1 or bool_or(json_typeof(p.value) in ('object', 'array')
                        or p.key !~ '^[!#$%&''*+.^_`|~0-9A-Za-z-]+$' or lower(p.key) ~ '^x-(accel|trivet)-'
                        or lower(p.key) in ('connection', 'content-length', 'keep-alive', 'trailer',
                                            'transfer-encoding', 'upgrade')
                        or coalesce(p.value #>> '{}', '') ~ E'[^\\t\\x20-\\x7e\\x80-\\xff]')
                    from json_each(one) as p) end) end
            then (h || '!')::json::text else h end,
        case when s is null then null when s !~ '^[2-5][0-9][0-9]$' then (s || '!')::integer::text else s end
    from (select nullif(current_setting('response.headers', true), '') as h,
        nullif(current_setting('response.status', true), '') as s) as l
"""
_ZONE = "timezone"
_UNITS = {"us": 0.001, "ms": 1.0, "s": 1000.0, "min": 60_000.0, "h": 3_600_000.0, "d": 86_400_000.0}


@dataclass(frozen=True)
class Actor:
    """Who a transaction acts as: a ``role``, what is ``told`` to it (settings by name), and what it does first.

    ``settings`` are the role's own; ``pre_request`` is the statement that calls a function before everything else.
    """

    role: str
    told: Mapping[str, str]
    settings: Mapping[str, str] = field(default_factory=dict)
    pre_request: str = ""

    def begin(self, *, writes: bool) -> str:
        """The statement that begins a transaction."""
        reads_only = not writes or self.settings.get(_READ_ONLY) in ("on", "true", "yes", "1")
        wanted = self.settings.get(_ISOLATION, "")
        isolation = f"isolation level {wanted}, " if wanted in _ISOLATIONS else ""
        return f"begin {isolation}read {'only' if reads_only else 'write'}"

    def limit(self, milliseconds: int) -> int:
        """The time limit of a statement: the role's own where that is less."""
        own = _milliseconds(self.settings.get(_LIMIT, ""))
        return min(own, milliseconds) if own else milliseconds

    def setting(self, zone: str | None) -> tuple[str, list[str]]:
        """The statement that sets all of it for the transaction, and its values. The role comes first.

        A time ``zone`` that was asked for counts more than the role's own.
        """
        apart = (_LIMIT, _ISOLATION, _READ_ONLY, *((_ZONE,) if zone is not None else ()))
        own = {name: value for name, value in self.settings.items() if name.lower() not in apart}
        pairs = [("role", self.role), *{**self.told, **own}.items()]
        calls = (f"set_config(${2 * n + 1}, ${2 * n + 2}, true)" for n in range(len(pairs)))
        return f"select {', '.join(calls)}", [text for pair in pairs for text in pair]


def judge(problem: Problem) -> NoReturn:
    """Raise what is wrong with what a transaction left behind, which the database has refused to read."""
    if not problem.code.startswith("22"):
        raise problem
    raise (no_status() if "integer" in problem.message else no_headers()) from problem


def aside_of(left: tuple[Any, ...] | None) -> Aside | None:
    """What `LEFT_BEHIND`'s row says to the answer."""
    if left is None or left == (None, None):
        return None
    headers, status = left
    return Aside(
        status=None if status is None else status_of(status), headers=() if headers is None else headers_of(headers)
    )


def _milliseconds(text: str) -> int:
    """A time limit as PostgreSQL writes it: ``5s``, ``500`` (milliseconds); 0: none."""
    digits = text.strip().rstrip("abcdefghijklmnopqrstuvwxyz ").strip()
    unit = text.strip()[len(digits) :].strip() or "ms"
    try:
        return int(float(digits) * _UNITS[unit])
    except (ValueError, KeyError):
        return 0

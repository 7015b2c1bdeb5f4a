"""Verdicts: what makes a write of PostgreSQL's fail by itself, so that its COMMIT can go out together with it.

A number is read from a text that is none. The text begins with a mark which each process draws anew and binds as a
value: no row, no value of a client's and no trigger can say it. What else it says is how many rows there were.
"""

import re
import secrets
from collections.abc import Sequence
from typing import Literal, NamedTuple

STATE = "22P02"  # invalid_text_representation, which the text is told with
MARK = f"trivet {secrets.token_hex(16)}"
_READ = re.compile(re.escape(MARK) + r" (breach|affected|rows) (\d+)")
Kind = Literal["breach", "affected", "rows"]


class Verdict(NamedTuple):
    """A row breaks the check of its policy, or there are too many rows ``affected``, or other ``rows`` than one."""

    kind: Kind
    rows: int


class Case(NamedTuple):
    """When a verdict is spoken, and the number of rows that it tells: SQL."""

    condition: str
    kind: Kind
    rows: str


def failing(cases: Sequence[Case], mark: str) -> str:
    """A number that is 0, and fails where one of the cases holds, told as the first of them. ``mark``: `MARK`'s place.

    Nothing in it can be worked out before there are rows: a case's condition has to look at them.
    """
    whens = (f"when {case.condition} then {mark}::text || ' {case.kind} ' || ({case.rows})::text" for case in cases)
    return f"coalesce((case {' '.join(whens)} end)::bigint, 0)"


def read(message: str) -> Verdict | None:
    """The verdict that an error of `STATE` tells; None where it is about somebody's value."""
    found = _READ.search(message)
    return None if found is None else Verdict(found[1], int(found[2]))  # type: ignore[arg-type]  # (one of the three)

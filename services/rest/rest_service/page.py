"""Which slice of the rows is asked for, and how an answer says which slice it is (spec: rest.md §3)."""

import re
from typing import NamedTuple

from contracts.problems import Problem

_RANGE = re.compile(r"([0-9]{1,18})-([0-9]{1,18})?")
_WHOLE = re.compile(r"-?[0-9]+")
_MOST = 2**63 - 1


class Page(NamedTuple):
    """A slice: rows to skip (None: nobody asked for any), and rows to give at most."""

    offset: int | None = None
    limit: int | None = None


def parse_page(limit: str | None, offset: str | None, span: str | None = None) -> Page:
    """The page of the parameters, within the ``Range`` header ``span``.

    What is no number is ignored, and a negative offset is 0. Raises `Problem` PGRST103 for a negative limit, and
    where header and parameters leave no room.
    """
    most, first = _whole(limit), _whole(offset)
    if most is not None and most < 0:
        raise _unsatisfiable("Limit should be greater than or equal to zero.")
    page = Page(None if first is None else max(first, 0), most)
    found = _RANGE.fullmatch(span.strip()) if span else None
    return page if found is None else _within(page, int(found[1]), int(found[2]) if found[2] else None)


def _within(page: Page, lower: int, upper: int | None) -> Page:
    if upper is not None and upper < lower:
        raise _unsatisfiable(
            "The lower boundary must be lower than or equal to the upper boundary in the Range header."
        )
    first = max(page.offset or 0, lower)
    ends = [(page.offset or 0) + page.limit] if page.limit is not None else []
    ends += [upper + 1] if upper is not None else []
    if not ends:
        return Page(first)
    if min(ends) <= first and page.limit != 0:
        raise _unsatisfiable("The Range header and the limit and offset parameters have no rows in common.")
    return Page(first, max(min(ends) - first, 0))


def content_range(first: int, rows: int, total: int | None) -> str:
    """The ``Content-Range`` of ``rows`` rows from ``first`` on; the total is ``*`` where it is not known."""
    span = f"{first}-{first + rows - 1}" if rows > 0 else "*"
    return f"{span}/{'*' if total is None else total}"


def read_status(first: int, rows: int, total: int | None) -> int:
    """200 for all rows or where nobody counted, 206 for a part. Raises `Problem` PGRST103 beyond the last row."""
    if total is None or first == total:
        return 200
    if first > total:
        raise Problem(
            "PGRST103",
            "Requested range not satisfiable",
            details=f"An offset of {first} was requested, but there are only {total} rows.",
            headers={"Content-Range": f"*/{total}"},
        )
    return 206 if rows < total else 200


def _whole(text: str | None) -> int | None:
    if text is None or not _WHOLE.fullmatch(text.strip()):
        return None
    digits = text.strip()
    if len(digits) > 19:  # more than any table holds
        return -1 if digits.startswith("-") else _MOST
    return min(int(digits), _MOST)


def _unsatisfiable(details: str) -> Problem:
    return Problem("PGRST103", "Requested range not satisfiable", details=details)

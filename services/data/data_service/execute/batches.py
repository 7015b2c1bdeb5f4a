"""Rows taken from a cursor of PostgreSQL in batches: small at first, then as many as make a good piece."""

from collections.abc import Callable, Iterator

OPENING = "declare trivet_rows no scroll cursor for "
_SIZES = (10, 100, 1000)  # rows; few, so that few statements are prepared
_PIECE = 262_144  # bytes that a batch should hold at most


def batches(fetch: Callable[[str], list[bytes]]) -> Iterator[list[bytes]]:
    """All rows of the cursor `OPENING` opens; ``fetch(sql)`` gives the rows of a FETCH."""
    size = _SIZES[1]
    while True:
        rows = fetch(f"fetch forward {size} from trivet_rows")
        if rows:
            yield rows
        if len(rows) < size:
            return
        average = sum(map(len, rows)) / len(rows)
        size = max((number for number in _SIZES if number * average <= _PIECE), default=_SIZES[0])

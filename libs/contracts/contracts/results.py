"""What data answers: the JSON text as the database built it, and what stands beside it."""

import msgspec


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to an operation.

    ``body`` is JSON text by the root's shape (empty for ``none``). ``rows`` counts the page's rows (for a read of
    shape ``many``, and a write's rows read back), ``total`` all rows of the filter where a count was asked for,
    ``affected`` the rows that a write matched. ``location`` holds the key of a single created row, by field, in the
    key's order (only where ``returning`` has shape ``none``). ``timings`` are microseconds by step's name.
    """

    body: bytes = b""
    rows: int | None = None
    total: int | None = None
    affected: int | None = None
    location: dict[str, str] | None = None
    catalog_version: str = ""
    timings: dict[str, int] = {}

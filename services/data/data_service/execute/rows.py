"""What is made of the rows that came: JSON text as bytes, and what is said where they are too few or too many."""

from typing import Any

from contracts.problems import Problem


def not_single(rows: int) -> Problem:
    """One row was asked for, none or several came."""
    return Problem(
        "PGRST116",
        "Cannot coerce the result to a single JSON object",
        details=f"The result contains {rows} rows",
    )


def as_bytes(body: Any) -> bytes:
    """JSON text from the database as bytes; SQL's null is JSON's."""
    if body is None:
        return b"null"
    return body.encode() if isinstance(body, str) else bytes(body)


def too_many(rows: int) -> Problem:
    """More rows came or were written than the client allows."""
    return Problem(
        "PGRST124",
        "Query result exceeds max-affected preference constraint",
        details=f"The query affects {rows} rows",
    )

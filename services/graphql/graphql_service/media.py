"""Content negotiation: the two media types of a GraphQL response, and which of them a client wants (graphql.md §1)."""

from contracts.problems import Problem
from werkzeug.datastructures import MIMEAccept

JSON = "application/json"
STRICT = "application/graphql-response+json"


def accepted(accept: MIMEAccept) -> bool:
    """True where the client prefers `STRICT`. Raises `Problem` TRV106."""
    if not accept:
        return False
    best = accept.best_match([JSON, STRICT])
    if best is None:
        raise Problem("TRV106", f"Only {JSON} and {STRICT} are available here")
    return best == STRICT


def prefers_strict(accept: MIMEAccept) -> bool:
    """True where the client prefers `STRICT`; what it does not take at all it gets as `JSON`."""
    return bool(accept) and accept.best_match([JSON, STRICT]) == STRICT

"""How the statement and the rules behind an answer travel from data to the client, as headers beside the answer."""

import base64

import msgspec
from contracts.results import Explanation

from chassis import trace

ASK = "X-Trivet-Explain"  # on a request, with any value
HEADER = "X-Trivet-Explanation"
_MOST = 6000  # characters of a statement that fit into a header


def encode(explanation: Explanation) -> str:
    """The header's value: base64 of JSON in UTF-8. A statement too long for a header is cut."""
    statement = explanation.statement
    if statement is not None and len(statement) > _MOST:
        explanation = msgspec.structs.replace(explanation, statement=statement[:_MOST] + "…")
    return base64.b64encode(msgspec.json.encode(explanation)).decode()


def note(text: str) -> None:
    """Send this value of the header with the answer to the request at hand."""
    if (current := trace.current()) is not None:
        current.explanation = text

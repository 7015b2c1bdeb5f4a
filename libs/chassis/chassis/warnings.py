"""Warnings of data's about an answer, what is missing in it, travel to the client as a header beside the answer."""

from urllib.parse import quote

from chassis import trace

HEADER = "Trivet-Warning"
_PLAIN = " !#$&'()*+,-./:;<=>?@[]^_`{|}~"  # what stands as it is, beside letters and digits


def note(warnings: tuple[str, ...]) -> None:
    """Send these with the answer to the request at hand."""
    if (current := trace.current()) is not None:
        current.warnings = tuple(dict.fromkeys((*current.warnings, *warnings)))


def header(warnings: tuple[str, ...]) -> str:
    """The header's value; what ASCII can't say is percent-encoded UTF-8."""
    return "; ".join(quote(text, safe=_PLAIN) for text in warnings)[:4000]

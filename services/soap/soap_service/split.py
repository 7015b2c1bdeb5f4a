"""The text of a message taken apart without a parser: its header, its markup, and the texts of its elements.

Two messages with the same markup whose texts hold neither markup nor anything that a parser changes are the same tree
but for those texts: between ``>`` and ``<`` there is character data, whatever stands before and after.
"""

import re
from typing import NamedTuple

# what a text may not hold: markup, a line end that is read as another, and what is no character of XML 1.0
_TEXT = re.compile(r">(?!\s*+<)([^<>&\r\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]+)<")
_HEADER = re.compile(
    r"(?P<start>(?:<\?xml\s[^<>]*\?>)?\s*<(?P<prefix>(?:[\w.-]+:)?)Envelope(?:\s[^<>]*)?>)"
    r"(?P<header>\s*<(?P=prefix)Header(?:\s[^<>]*)?>.*?</(?P=prefix)Header\s*>)",
    re.DOTALL,
)
_BETWEEN = "\0"  # in no message: it is no character of XML


class Pieces(NamedTuple):
    """A message without its header: ``markup`` is what stands around its ``texts``, those of white space included.

    ``header`` is an envelope that holds nothing but the message's header; empty where it was not cut out.
    """

    header: str
    markup: str
    texts: list[str]

    def around(self, texts: list[str]) -> str:
        """The message without its header, with other texts."""
        first, *others = self.markup.split(_BETWEEN)
        return first + "".join([f">{text}<{other}" for text, other in zip(texts, others, strict=True)])


def split(text: str) -> Pieces | None:
    """The pieces of a message; None where it holds entities, comments or sections, which only a parser understands."""
    if "&" in text or "<!" in text:
        return None
    header = ""
    if "Header" in text and (found := _HEADER.match(text)) is not None:
        start, prefix, block = found.groups()
        header = f"{start}{block}</{prefix}Envelope>"
        text = start + text[found.end() :]
    parts = _TEXT.split(text)
    return Pieces(header, _BETWEEN.join(parts[::2]), parts[1::2])

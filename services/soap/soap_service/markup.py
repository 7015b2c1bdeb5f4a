"""Text as XML takes it: escaped, and without the characters that XML 1.0 does not know."""

import re

_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_SPECIAL = re.compile(r"[&<>\r]")
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;", '"': "&quot;", "\n": "&#10;", "\t": "&#9;"}
_SPECIAL_IN_ATTRIBUTE = re.compile(r'[&<>"\r\n\t]')


def content(text: str) -> str:
    """The text as an element's content; what XML can't hold becomes U+FFFD."""
    if _ILLEGAL.search(text):
        text = _ILLEGAL.sub("\ufffd", text)
    if _SPECIAL.search(text):
        text = _SPECIAL.sub(_entity, text)
    return text


def attribute(text: str) -> str:
    """The text as an attribute's value within double quotes."""
    return _SPECIAL_IN_ATTRIBUTE.sub(_entity, _ILLEGAL.sub("\ufffd", text))


def _entity(found: "re.Match[str]") -> str:
    return _ENTITIES[found[0]]

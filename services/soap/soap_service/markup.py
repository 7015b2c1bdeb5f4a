"""Text as XML takes it: escaped, and without the characters that XML 1.0 does not know."""

import re

_ILLEGAL = "\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff"
_SPECIAL = re.compile(f"[&<>\r{_ILLEGAL}]")
_SPECIAL_IN_ATTRIBUTE = re.compile(f'[&<>"\r\n\t{_ILLEGAL}]')
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;", '"': "&quot;", "\n": "&#10;", "\t": "&#9;"}


def content(text: str) -> str:
    """The text as an element's content, itself where nothing has to change; what XML can't hold becomes U+FFFD."""
    return _SPECIAL.sub(_entity, text)


def attribute(text: str) -> str:
    """The text as an attribute's value within double quotes."""
    return _SPECIAL_IN_ATTRIBUTE.sub(_entity, text)


def _entity(found: "re.Match[str]") -> str:
    return _ENTITIES.get(found[0], "\ufffd")

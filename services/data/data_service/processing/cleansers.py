"""The steps of cleansing: small functions from a value to its one form, each of which changes nothing a second time.

A value that a step is not for (a number for one of texts, an address that is none) passes as it is: whether it is
allowed is for validation to say.
"""

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any, Literal

from contracts.operations import Value

from data_service.sql.values import plain_text

Cleanser = Callable[[Value], Value]
Form = Literal["NFC", "NFD", "NFKC", "NFKD"]
_FORMS: tuple[Form, ...] = ("NFC", "NFD", "NFKC", "NFKD")


@dataclass(frozen=True, slots=True)
class Kind:
    """A step: what fields it is for, and how it is made from its option (None where none was given).

    ``make`` raises `ValueError` with what is wrong with the option.
    """

    kind: Literal["text", "number", "any"]
    make: Callable[[Any], Cleanser]


def of_text(change: Callable[[str], Value]) -> Cleanser:
    """A step for texts; other values pass."""
    return lambda value: change(value) if isinstance(value, str) else value


def _plain(change: Callable[[str], Value]) -> Callable[[Any], Cleanser]:
    """How a step is made that has no option."""

    def make(option: Any) -> Cleanser:
        if option is not None and option is not True:
            raise ValueError("takes no option")
        return of_text(change)

    return make


def _unicode(option: Any) -> Cleanser:
    form: Form | None = next((form for form in _FORMS if form == (option or "NFC")), None)
    if form is None:
        raise ValueError(f"takes one of {', '.join(_FORMS)}")
    return of_text(lambda text: unicodedata.normalize(form, text))


def _mojibake(text: str) -> str:
    from ftfy import fix_encoding

    return fix_encoding(text)


def _email(text: str) -> str:
    from email_validator import EmailNotValidError, validate_email

    try:
        found = validate_email(text.strip(), check_deliverability=False).normalized
    except EmailNotValidError:
        return text
    # the part before the @ may be told apart by case, and nowhere is: one person, one form
    return found.lower()


def _phone(option: Any) -> Cleanser:
    import phonenumbers

    given = option if isinstance(option, Mapping) else {"region": option}
    region = given.get("region")
    if region is not None and region not in phonenumbers.SUPPORTED_REGIONS:
        raise ValueError("takes a region as two capital letters, such as NO")

    def change(text: str) -> str:
        try:
            number = phonenumbers.parse(text, region)
        except phonenumbers.NumberParseException:
            return text
        if not phonenumbers.is_valid_number(number):
            return text
        return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)

    return of_text(change)


def _html(option: Any) -> Cleanser:
    import nh3

    given = {} if option is None or option is True else option
    tags = given.get("tags") if isinstance(given, Mapping) else None
    if not isinstance(given, Mapping) or set(given) - {"tags"} or not (tags is None or _names(tags)):
        raise ValueError("takes {tags: [b, i, …]}, or nothing for the usual ones")
    allowed = None if tags is None else set(tags)
    return of_text(lambda text: nh3.clean(text, tags=allowed))


def _names(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _map(option: Any) -> Cleanser:
    if not isinstance(option, Mapping) or not option:
        raise ValueError("takes a mapping of values: {from: to}")
    if any(isinstance(to, list | dict) for to in option.values()):
        raise ValueError("maps to plain values only")
    again = [str(to) for to in option.values() if to is not None and option.get(plain_text(to), to) != to]
    if again:
        raise ValueError(f"maps to {again[0]}, which it maps further")

    def change(value: Value) -> Value:
        return value if isinstance(value, list | dict) else option.get(plain_text(value), value)

    return change


def _round(option: Any) -> Cleanser:
    digits = 0 if option is None else option
    if not isinstance(digits, int) or isinstance(digits, bool) or not -30 <= digits <= 30:
        raise ValueError("takes the number of digits after the point")
    unit = Decimal(1).scaleb(-digits)

    def change(value: Value) -> Value:
        if isinstance(value, bool) or not isinstance(value, int | float | Decimal | str):
            return value
        try:
            rounded = Decimal(str(value).strip()).quantize(unit, ROUND_HALF_UP)
        except InvalidOperation:  # no number, or one of too many digits for it to matter
            return value
        return int(rounded) if digits <= 0 else rounded

    return change


CLEANSERS: Mapping[str, Kind] = {
    "trim": Kind("text", _plain(str.strip)),
    "collapse": Kind("text", _plain(lambda text: " ".join(text.split()))),
    "lower": Kind("text", _plain(str.lower)),
    "upper": Kind("text", _plain(str.upper)),
    "title": Kind("text", _plain(str.title)),
    "unicode": Kind("text", _unicode),
    "mojibake": Kind("text", _plain(_mojibake)),
    "email": Kind("text", _plain(_email)),
    "phone": Kind("text", _phone),
    "html": Kind("text", _html),
    "empty_to_null": Kind("text", _plain(lambda text: text or None)),
    "map": Kind("any", _map),
    "round": Kind("number", _round),
}

"""The formats of validation: what a text must be, by name (JSON Schema 2020-12, 7.3, and what people ask for)."""

import ipaddress
import re
import uuid
from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from urllib.parse import urlsplit

_HOST_LABEL = re.compile(r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)")
_URI_TEXT = re.compile(r"(?:[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=]|%[0-9A-Fa-f]{2})+")  # RFC 3986, 2
_TIME = re.compile(r"\d{2}:\d{2}:\d{2}(\.\d+)?([zZ]|[+-]\d{2}:\d{2})?")
_DATE_TIME = re.compile(r"\d{4}-\d{2}-\d{2}[tT ]\d{2}:\d{2}:\d{2}(\.\d+)?([zZ]|[+-]\d{2}:\d{2})")


def _parses(parse: Callable[[str], object], form: re.Pattern[str] | None = None) -> Callable[[str], bool]:
    def check(text: str) -> bool:
        if form is not None and not form.fullmatch(text):
            return False
        try:
            parse(text)
        except ValueError:
            return False
        return True

    return check


def _is_email(text: str) -> bool:
    from email_validator import EmailNotValidError, validate_email

    try:
        validate_email(text, check_deliverability=False)
    except EmailNotValidError:
        return False
    return True


def _is_phone(text: str) -> bool:
    """An international number (``+47 …``) that can exist."""
    import phonenumbers

    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(text, None))
    except phonenumbers.NumberParseException:
        return False


def _is_iban(text: str) -> bool:
    from stdnum import iban

    return bool(iban.is_valid(text))


def _is_uri(text: str) -> bool:
    """An absolute URI (RFC 3986, 3)."""
    if not _URI_TEXT.fullmatch(text):
        return False
    try:
        parts = urlsplit(text)
        return bool(parts.scheme) and bool(parts.netloc or parts.path) and parts.port != 0
    except ValueError:
        return False


def _is_hostname(text: str) -> bool:
    labels = text.removesuffix(".").split(".")
    return len(text) <= 253 and all(_HOST_LABEL.fullmatch(label) for label in labels)


FORMATS: Mapping[str, Callable[[str], bool]] = {
    "email": _is_email,
    "phone": _is_phone,
    "uri": _is_uri,
    "iban": _is_iban,
    "uuid": _parses(uuid.UUID, re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")),
    "date": _parses(date.fromisoformat, re.compile(r"\d{4}-\d{2}-\d{2}")),
    "time": _parses(time.fromisoformat, _TIME),
    "date-time": _parses(datetime.fromisoformat, _DATE_TIME),
    "hostname": _is_hostname,
    "ipv4": _parses(ipaddress.IPv4Address),
    "ipv6": _parses(ipaddress.IPv6Address),
}

"""JSON Schema (draft 2020-12) as rules are held against it: decimals are numbers, patterns take linear time."""

from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

import re2
from jsonschema import Draft202012Validator, FormatChecker, ValidationError
from jsonschema import validators as factory
from jsonschema.exceptions import SchemaError

from data_service.processing.formats import FORMATS

_VOCABULARY = frozenset(Draft202012Validator.VALIDATORS) - {"$ref", "$dynamicRef", "$defs"}
KEYWORDS = frozenset({*_VOCABULARY, "then", "else"})
# the words of a fault, with the keyword's own value in them; never the value that breaks the rule
WORDS = {
    "minLength": "must have at least {0} characters",
    "maxLength": "must have at most {0} characters",
    "pattern": "must match {0}",
    "format": "must be a valid {0}",
    "minimum": "must be at least {0}",
    "maximum": "must be at most {0}",
    "exclusiveMinimum": "must be greater than {0}",
    "exclusiveMaximum": "must be less than {0}",
    "multipleOf": "must be a multiple of {0}",
    "minItems": "must have at least {0} items",
    "maxItems": "must have at most {0} items",
    "uniqueItems": "must not have the same item twice",
    "additionalProperties": "must have no other properties",
    "const": "must be {0}",
    "type": "must be of type {0}",
}


def _pattern(validator: Any, pattern: str, instance: Any, schema: Any) -> Iterator[ValidationError]:
    if isinstance(instance, str) and not re2.search(pattern, instance):
        yield ValidationError("")


def _multiple_of(validator: Any, unit: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    if not validator.is_type(instance, "number"):
        return
    try:
        failed = Decimal(str(instance)) % Decimal(str(unit)) != 0
    except InvalidOperation:  # of too many digits to tell
        failed = True
    if failed:
        yield ValidationError("")


def _required(validator: Any, names: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    if isinstance(instance, dict) and not instance.keys() >= set(names):
        yield ValidationError("")  # one for all of them


def _is_integer(checker: Any, instance: Any) -> bool:
    if isinstance(instance, bool):
        return False
    return isinstance(instance, int) or (isinstance(instance, float | Decimal) and instance == instance // 1)


def _formats() -> FormatChecker:
    checker = FormatChecker(formats=())
    for name, check in FORMATS.items():
        checker.checks(name)(lambda value, check=check: not isinstance(value, str) or check(value))
    return checker


_Validator = factory.extend(  # type: ignore[no-untyped-call]  # bare in its stubs
    Draft202012Validator,
    {"pattern": _pattern, "multipleOf": _multiple_of, "required": _required},
    type_checker=Draft202012Validator.TYPE_CHECKER.redefine("integer", _is_integer),
)
_CHECKER = _formats()


class Schema:
    """A schema, ready to hold values against. Raises `ValueError` with what is wrong with it."""

    def __init__(self, keywords: Mapping[str, Any]) -> None:
        for pattern in _patterns(keywords):
            try:
                re2.compile(pattern)
            except re2.error:
                raise ValueError(f"the pattern {pattern} is not understood") from None
        try:
            Draft202012Validator.check_schema(keywords)
        except SchemaError as fault:
            place = ".".join(map(str, fault.absolute_path))
            raise ValueError(f"{place + ': ' if place else ''}{fault.message}") from None
        self._validator = _Validator(keywords, format_checker=_CHECKER)

    def faults(self, value: Any) -> Iterator[tuple[tuple[str | int, ...], str, str]]:
        """What is wrong with a value: the path inside it, the keyword, and what must hold."""
        for error in self._validator.iter_errors(value):
            yield tuple(error.absolute_path), str(error.validator), _words(error)


def _words(error: ValidationError) -> str:
    keyword: str = str(error.validator)
    given: Any = error.validator_value
    if keyword == "enum":
        return "must be one of " + ", ".join(map(str, given))
    if keyword == "required":
        present = error.instance if isinstance(error.instance, Mapping) else {}
        return "must have " + ", ".join(name for name in given if name not in present)
    shown = " or ".join(map(str, given)) if isinstance(given, list) else given
    words = WORDS.get(keyword, "must satisfy " + keyword).format(shown)
    return words[:-1] if words.endswith((" 1 characters", " 1 items")) else words


def _patterns(schema: Any) -> Iterator[str]:
    """Every regular expression in a schema."""
    if isinstance(schema, list):
        for item in schema:
            yield from _patterns(item)
    if not isinstance(schema, Mapping):
        return
    for key, item in schema.items():
        if key == "pattern" and isinstance(item, str):
            yield item
        elif key not in ("enum", "const"):
            yield from _patterns(item)

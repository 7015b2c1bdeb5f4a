"""Validation of single fields: the values that come in, after cleansing, held against JSON Schema keywords."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from contracts.fields import Field
from contracts.filters import Comparison
from contracts.operations import Value
from contracts.problems import Problem

from data_service.policy_document import Faults, Node, suggestion
from data_service.processing.area import Place
from data_service.processing.formats import FORMATS
from data_service.processing.schema import KEYWORDS, WORDS, Schema
from data_service.processing.setting import Setting
from data_service.processing.stages import Batch, Occasion, Step
from data_service.sql.values import plain_text

_NUMBERS = frozenset({"int2", "int4", "int8", "numeric", "float4", "float8"})
_OF_TEXTS = frozenset({"minLength", "maxLength", "pattern", "format"})
_OF_NUMBERS = frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"})
# what a value that is moved can be held against once it is: the other keywords need the whole value
BOUNDS: Mapping[str, tuple[Comparison, str]] = {
    "minimum": ("gte", WORDS["minimum"]),
    "maximum": ("lte", WORDS["maximum"]),
    "exclusiveMinimum": ("gt", WORDS["exclusiveMinimum"]),
    "exclusiveMaximum": ("lt", WORDS["exclusiveMaximum"]),
}


@dataclass(frozen=True, slots=True)
class Validation:
    """What must hold for a field's values. ``message`` says it to people, where the configuration has one."""

    keywords: Mapping[str, Any]
    schema: Schema
    message: str | None = None


def parse(node: Node, faults: Faults, place: Place) -> Validation | None:
    """The keywords below a field, and a ``message``."""
    if not isinstance(node.value, Mapping) or not node.value:
        faults.add(node.line, f"validate must be a mapping of JSON Schema keywords, not {node.kind}")
        return None
    found = len(faults.found)
    given = dict(node.value)
    message = given.pop("message", None)
    if message is not None and not (isinstance(message.value, str) and message.value):
        faults.add(message.line, f"message must be a text, not {message.kind}")
    for keyword, item in given.items():
        _keyword(keyword, item, faults, place)
    keywords = {keyword: item.plain() for keyword, item in given.items()}
    try:
        schema = Schema(keywords) if len(faults.found) == found else None
    except ValueError as fault:
        faults.add(node.line, f"validate: {fault}")
        return None
    return None if schema is None else Validation(keywords, schema, message.value if message is not None else None)


def _keyword(keyword: str, item: Node, faults: Faults, place: Place) -> None:
    if keyword not in KEYWORDS:
        near = suggestion(keyword, [*KEYWORDS, "message"])
        faults.add(item.line, f"there is no keyword {keyword} of validation{near}")
    elif keyword == "format" and item.value not in FORMATS:
        faults.add(item.line, f"there is no format {item.value}{suggestion(str(item.value), FORMATS)}")
    elif place.column is not None:
        kind = place.column.type
        text = kind in _NUMBERS or kind == "bool"
        if (keyword in _OF_TEXTS and text) or (keyword in _OF_NUMBERS and kind not in (*_NUMBERS, "json", "other")):
            faults.add(item.line, f"{keyword} can't be used on {place.name}, which is {place.column.db_type}")


@dataclass(frozen=True, slots=True)
class ValidateStep:
    """The step on the way in. It looks at all rows and all fields before anything is refused."""

    resource_name: str
    fields: tuple[tuple[Field, Validation], ...]

    def __call__(self, batch: Batch, occasion: Occasion) -> None:
        """Report what breaks a rule. Raises `Problem` PGRST127 for a field that is changed in place."""
        for field, validation in self.fields:
            how = batch.moved.get(field.name)
            if how == "increment" and BOUNDS.keys() >= validation.keywords.keys():
                continue  # what comes of it is held against the bounds (`processing.checks`)
            if how is not None:
                details = f"{field.name} has rules for its value: set it as a whole"
                raise Problem("PGRST127", "Feature not implemented", details=details)
            for number, row in enumerate(batch.rows):
                if row.get(field.name) is not None:
                    self._hold(batch, number, field, validation, typed(field, row[field.name]))

    def _hold(self, batch: Batch, number: int, field: Field, validation: Validation, value: Value) -> None:
        for path, keyword, words in validation.schema.faults(value):
            inside = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
            message = validation.message or (f"{inside} {words}" if inside else words)
            batch.fault(number, field.name, message, f"{self.resource_name}.{field.name}.{keyword}")


def typed(field: Field, value: Value) -> Value:
    """A value as its field has it: CSV, forms and GraphQL give numbers as texts, and JSON texts as numbers.

    What is none of the field's type stays as it is: the database will say so.
    """
    if field.type in _NUMBERS and isinstance(value, str):
        try:
            number = Decimal(value.strip())
        except InvalidOperation:
            return value
        return number if number.is_finite() else value
    if field.type in ("text", "uuid", "enum") and isinstance(value, int | float | Decimal):
        return plain_text(value)
    return value


def make_step(setting: Setting, given: frozenset[str]) -> Step | None:
    """The step for the fields that are given; None where none of them has to be valid."""
    by_name = setting.resource.by_name
    fields = tuple(
        (by_name[name], rules.validate)
        for name, rules in setting.rules.fields.items()
        if isinstance(rules.validate, Validation) and name in given
    )
    return ValidateStep(setting.resource.name, fields) if fields else None

"""Cleansing: the values of a field brought into one form before they are checked and written."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from contracts.fields import Field
from contracts.operations import Value
from contracts.problems import Problem

from data_service.policy_document import Faults, Node, suggestion
from data_service.processing.area import Place
from data_service.processing.cleansers import CLEANSERS, Cleanser
from data_service.processing.setting import Setting
from data_service.processing.stages import Batch, Occasion, Step

_TEXTUAL = frozenset({"text", "enum", "other", "json"})
_NUMERIC = frozenset({"int2", "int4", "int8", "numeric", "float4", "float8"})
_KEYED = frozenset({"delete_key", "delete_elem", "delete_at_path"})  # changes whose values are places, not contents


@dataclass(frozen=True, slots=True)
class Cleansing:
    """The steps of one field, by name, in order."""

    steps: tuple[tuple[str, Cleanser], ...]

    def __call__(self, value: Value, deep: bool = False) -> Value:
        """The value in its one form; with ``deep`` every text and number inside lists and objects.

        Null stays null. Raises what a step's library does.
        """
        if deep and isinstance(value, list):
            return [self(item, True) for item in value]
        if deep and isinstance(value, dict):
            return {key: self(item, True) for key, item in value.items()}
        for _, step in self.steps:
            if value is None:
                break
            value = step(value)
        return value


def parse(node: Node, faults: Faults, place: Place) -> Cleansing | None:
    """The steps below a field: a list of names, or of ``{name: option}``."""
    if not isinstance(node.value, tuple):
        faults.add(node.line, f"cleanse must be a list of steps, not {node.kind}")
        return None
    steps = [step for item in node.value for step in _steps(item, faults, place)]
    return Cleansing(tuple(steps)) if steps else None


def _steps(item: Node, faults: Faults, place: Place) -> Iterator[tuple[str, Cleanser]]:
    given: Mapping[Any, Node | None]
    if isinstance(item.value, Mapping):
        given = item.value
    else:
        given = {item.value: None}
    for name, option in given.items():
        made = CLEANSERS.get(name) if isinstance(name, str) else None
        if made is None:
            near = suggestion(str(name), CLEANSERS)
            faults.add(item.line, f"there is no step {name} of cleansing{near}")
            continue
        if place.column is not None and not _fits(place.column, made.kind):
            faults.add(item.line, f"{name} can't be used on {place.name}, which is {place.column.db_type}")
        try:
            yield name, made.make(None if option is None else option.plain())
        except ValueError as fault:
            faults.add(item.line, f"{name} {fault}")


def _fits(column: Field, kind: str) -> bool:
    types = {_scalar(column)}
    if kind == "any":
        return True
    return types <= (_TEXTUAL if kind == "text" else _NUMERIC | {"json", "other"})


def _scalar(column: Field) -> str:
    return column.element or "other" if column.type == "array" else column.type


@dataclass(frozen=True, slots=True)
class CleanseStep:
    """The step on the way in. ``fields``: name, steps, and whether they go into lists and objects."""

    resource_name: str
    fields: tuple[tuple[str, Cleansing, bool], ...]

    def __call__(self, batch: Batch, occasion: Occasion) -> None:
        """Cleanse the rows. Raises `Problem` TRV301 where a step fails; it shows no value."""
        for name, cleansing, deep in self.fields:
            if batch.moved.get(name) in _KEYED:
                continue
            for number, row in enumerate(batch.rows):
                if name in row:
                    row[name] = self._cleansed(cleansing, row[name], deep, name, number)

    def _cleansed(self, cleansing: Cleansing, value: Value, deep: bool, name: str, number: int) -> Value:
        try:
            return cleansing(value, deep)
        except Exception as fault:
            rule = f"{self.resource_name}.{name}.cleanse"
            raise Problem("TRV301", f"the rule {rule} failed", details=f"row {number}") from fault


def make_step(setting: Setting, given: frozenset[str]) -> Step | None:
    """The step for the fields that are given; None where none of them is to be cleansed."""
    fields = tuple(cleansed(setting, given))
    return CleanseStep(setting.resource.name, fields) if fields else None


def cleansed(setting: Setting, names: frozenset[str]) -> Iterator[tuple[str, Cleansing, bool]]:
    """Those of the fields that are cleansed: name, steps, whether they go into lists and objects."""
    for name, rules in setting.rules.fields.items():
        if isinstance(rules.cleanse, Cleansing) and name in names:
            yield name, rules.cleanse, setting.resource.by_name[name].type in ("json", "array")

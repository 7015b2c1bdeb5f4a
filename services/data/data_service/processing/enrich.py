"""`enrich:` of a field: a value that is looked up elsewhere, by keys of the row."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from contracts.catalog import Catalog, Resource
from contracts.fields import Field, FieldType

from data_service.policy_document import Faults, Node, mapping, names, suggestion
from data_service.processing.area import Place
from data_service.processing.asks import KEYS, Ask, ask_keys, parse_ask
from data_service.processing.remote_operations import parse_path
from data_service.processing.scalars import db_type, number, one_of, portable_type, text

_OWN = ("source", "type", "keys", "rows", "value", "batch", "cache", "timeout", "on_failure", "comment")
_BATCH = 100


@dataclass(frozen=True, slots=True)
class EnrichRule:
    """A field joined from elsewhere.

    ``keys``: fields of the row, each with its name in the rows of the answer, by which those are told apart; without
    such names (``each``) one call is made for each key. ``rows`` leads to the rows in the answer, ``value`` within a
    row to the value (empty: the row itself). A call asks for at most ``batch`` distinct keys; values are kept for
    ``cache`` seconds.
    """

    source: str
    type: FieldType
    keys: tuple[tuple[str, str], ...]
    ask: Ask
    each: bool = False
    rows: tuple[str, ...] = ()
    value: tuple[str, ...] = ()
    batch: int = _BATCH
    cache: float = 0.0
    timeout: float | None = None
    on_failure: Literal["null", "error"] = "null"
    comment: str | None = None
    line: int = field(default=1, compare=False)


def parse(node: Node, faults: Faults, place: Place) -> EnrichRule | None:
    """The rule of a field, None (and faults) where it is none."""
    keys = mapping(node, faults, "enrich", (*_OWN, *ask_keys()))
    for needed in ("source", "type", "keys"):
        if needed not in keys:
            faults.add(node.line, f"enrich needs {needed}")
    source = text(keys, "source", faults)
    pairs, each = _keys(keys.get("keys"), faults)
    if "keys" in keys:
        _known(keys["keys"].line, [own for own, _ in pairs], place, faults)
    ask = parse_ask(node, keys, {own for own, _ in pairs} | {KEYS}, faults)
    if source is None or ask is None or not pairs or "type" not in keys:
        return None
    if ask.kind == "database" and each:
        faults.add(keys["keys"].line, "keys of a table must be a mapping: which field is which column of it")
    if ask.kind != "database" and not set(ask.places()):
        faults.add(node.line, "nothing of a row is sent: write {field} where its key is to stand")
    return EnrichRule(
        source=source,
        type=portable_type(keys["type"], faults),
        keys=pairs,
        ask=ask,
        each=each,
        rows=parse_path(keys.get("rows"), faults),
        value=parse_path(keys.get("value"), faults),
        batch=1 if each else int(number(keys, "batch", _BATCH, faults, least=1, most=10_000)),
        cache=number(keys, "cache", 0.0, faults, least=0, most=86_400 * 366),
        timeout=number(keys, "timeout", 0.0, faults, least=0.01, most=300) or None,
        on_failure="error" if one_of(keys, "on_failure", ("null", "error"), faults) == "error" else "null",
        comment=text(keys, "comment", faults),
        line=node.line,
    )


def make(name: str, rule: EnrichRule, resource: Resource, catalog: Catalog) -> Field | None:
    """The field that a rule makes; None where it has no such keys."""
    if any(own not in resource.by_name for own, _ in rule.keys):
        return None
    return Field(
        name=name,
        type=rule.type,
        db_type=db_type(rule.type),
        comment=rule.comment,
        origin="remote",
        filterable=False,
    )


def _known(line: int, keys: list[str], place: Place, faults: Faults) -> None:
    """The keys are fields of the row that the database has."""
    if place.resource is None:
        return
    stored = [field.name for field in place.resource.fields if field.origin in ("column", "expression")]
    for key in keys:
        if key not in stored:
            faults.add(line, f"{place.resource_name} has no column {key}{suggestion(key, stored)}")


def _keys(node: Node | None, faults: Faults) -> tuple[tuple[tuple[str, str], ...], bool]:
    """Pairs of an own field and its name over there, and whether each key is asked for by itself."""
    if node is None:
        return (), False
    if isinstance(node.value, Mapping):
        given = {key: text(node.value, key, faults) for key in node.value}
        return tuple((key, value) for key, value in given.items() if value is not None), False
    return tuple((item.value, item.value) for item in names(node, faults, "keys")), True

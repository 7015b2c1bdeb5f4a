"""Computed fields: made by an SQL expression over the row's columns, or by a Python function, once for many rows."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec
from contracts.catalog import Catalog, Engine, Resource
from contracts.fields import Field, FieldType
from contracts.problems import Problem

from data_service.policy_document import Faults, Node, mapping, names, suggestion
from data_service.processing.area import Place
from data_service.processing.expression import parts_of, unknown_words
from data_service.processing.scalars import db_type, portable_type
from data_service.processing.setting import Computers, Setting
from data_service.processing.stages import Occasion, Row, Stage

_DIGITS = re.compile(r"(?:numeric|decimal)\s*\(\s*(\d{1,3})\s*(?:,\s*(\d{1,3})\s*)?\)")


@dataclass(frozen=True, slots=True)
class ComputedType:
    """The type of a computed field."""

    type: FieldType
    precision: int | None = None
    scale: int | None = None

    def name(self, engine: Engine) -> str:
        """The database's own name of it."""
        if self.type == "json" and engine == "postgresql":
            return "jsonb"  # the one that can be compared
        base = db_type(self.type).upper() if engine == "sqlite" else db_type(self.type)
        return base if self.precision is None else f"{base}({self.precision},{self.scale or 0})"


@dataclass(frozen=True, slots=True)
class Computation:
    """How a field is computed: by the expression ``sql``, or the function ``python`` from the fields it ``needs``."""

    type: ComputedType
    sql: str | None = None
    python: str | None = None
    needs: tuple[str, ...] = ()
    comment: str | None = None


def parse(node: Node, faults: Faults, place: Place) -> Computation | None:
    """``{sql: …, type: …}`` or ``{python: name, needs: [fields], type: …}``, and a ``comment`` where wanted."""
    keys = mapping(node, faults, "compute", ("sql", "python", "needs", "type", "comment"))
    texts = {key: _text(keys[key], faults, key) for key in ("sql", "python", "comment") if key in keys}
    if ("sql" in keys) == ("python" in keys):
        faults.add(node.line, "compute needs one of sql and python")
        return None
    if "sql" in keys and "needs" in keys:
        faults.add(keys["needs"].line, "sql names its columns itself; leave needs out")
    if "type" not in keys:
        faults.add(node.line, "compute needs type, such as text or numeric(10,2)")
        return None
    kind = read_type(keys["type"], faults)
    needs = names(keys["needs"], faults, "needs") if "needs" in keys else ()
    if None in texts.values():
        return None
    found = Computation(
        kind, texts.get("sql"), texts.get("python"), tuple(item.value for item in needs), texts.get("comment")
    )
    _check(found, node, keys, faults, place)
    return found


def read_type(node: Node, faults: Faults) -> ComputedType:
    """A type by its portable name; ``numeric(10,2)`` has digits."""
    digits = _DIGITS.fullmatch(node.value) if isinstance(node.value, str) else None
    if digits:
        return ComputedType("numeric", int(digits[1]), int(digits[2] or 0))
    return ComputedType(portable_type(node, faults))


def _text(node: Node, faults: Faults, key: str) -> str | None:
    if isinstance(node.value, str) and node.value.strip():
        return node.value
    faults.add(node.line, f"{key} must be a text, not {node.kind}")
    return None


def _check(found: Computation, node: Node, keys: Mapping[str, Node], faults: Faults, place: Place) -> None:
    """Hold the rule against the catalog, where it is at hand."""
    if place.resource is None or place.catalog is None:
        return
    if found.sql is not None:
        try:
            _parts(found.sql, place.resource)
        except ValueError as fault:
            faults.add(keys["sql"].line, f"the expression of {place.name} {fault}")
    for name in found.needs:
        known = [field.name for field in place.resource.fields if field.name != place.name]
        if name not in known:
            faults.add(keys["needs"].line, f"{place.resource_name} has no field {name}{suggestion(name, known)}")


def make(name: str, rule: Computation, resource: Resource, catalog: Catalog) -> Field | None:
    """The field that the rule makes."""
    base = Field(
        name=name,
        type=rule.type.type,
        db_type=rule.type.name(catalog.engine),
        precision=rule.type.precision,
        scale=rule.type.scale,
        comment=rule.comment,
        generated=True,
        origin="python" if rule.sql is None else "expression",
        filterable=rule.sql is not None,
    )
    if rule.sql is None:
        return base
    try:
        return msgspec.structs.replace(base, expression=_parts(rule.sql, resource))
    except ValueError:
        return None


def _parts(sql: str, resource: Resource) -> tuple[str, ...]:
    columns = {field.name for field in resource.columns}
    parts = parts_of(sql, columns)
    if len(parts) == 1:
        raise ValueError("names no column" + "".join(unknown_words(sql, columns)[:1]))
    return parts


@dataclass(frozen=True, slots=True)
class PythonStage:
    """The stage that has one field computed by a Python function, for all rows of a level at once."""

    resource_name: str
    name: str
    function: str
    needs: Sequence[str]
    types: Mapping[str, FieldType]
    computers: Computers

    @property
    def makes(self) -> Sequence[str]:
        """The field alone."""
        return (self.name,)

    def __call__(self, rows: list[Row], occasion: Occasion) -> None:
        """Set the field in all rows. Raises `Problem` TRV301."""
        given = [{name: row[name] for name in self.needs} for row in rows]
        values = self.computers.compute(self.function, given, self.types, occasion)
        if len(values) != len(rows):
            rule = f"{self.resource_name}.{self.name}.compute"
            raise Problem("TRV301", f"the rule {rule} failed", details=f"{len(values)} values for {len(rows)} rows")
        for row, value in zip(rows, values, strict=True):
            row[self.name] = value


def make_stages(setting: Setting) -> tuple[Stage, ...]:
    """The stages of the fields that Python computes, those first that others need."""
    rules = {
        name: rule.compute
        for name, rule in setting.rules.fields.items()
        if isinstance(rule.compute, Computation) and rule.compute.python is not None
    }
    types = {field.name: field.type for field in setting.resource.fields}
    return tuple(
        PythonStage(
            setting.resource.name,
            name,
            rule.python or "",
            rule.needs,
            {need: types[need] for need in rule.needs if need in types},
            setting.means.computers,
        )
        for name, rule in in_order(rules)
    )


def in_order(rules: Mapping[str, Computation]) -> list[tuple[str, Computation]]:
    """The rules so that none stands before what it needs; those that need each other are left out."""
    found: dict[str, Computation] = {}
    while True:
        ready = {
            name: rule
            for name, rule in rules.items()
            if name not in found and all(need not in rules or need in found for need in rule.needs)
        }
        if not ready:
            return list(found.items())
        found |= ready

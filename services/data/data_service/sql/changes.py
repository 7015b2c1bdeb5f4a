"""UPDATE and DELETE as both databases write them, and the SET clause: values, defaults, numbers moved, JSON changed."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from contracts.catalog import Resource
from contracts.fields import Field

from data_service.plan.write_nodes import Change, DeletePlan, UpdatePlan
from data_service.sql.predicates import Predicates
from data_service.sql.statements import Encode
from data_service.sql.values import any_json, array_text, json_text, plain_text, whole_number


@dataclass(frozen=True, slots=True)
class Words:
    """How a database writes changes.

    ``json`` has, for each way to change JSON, its text with places for the ``old`` value and the one given, and how
    that one is bound. ``increment`` puts a field's old value and the amount together.
    """

    default: Callable[[Field], str]
    encoder: Callable[[Field], Encode]
    cast: Callable[[Field], str]
    json: Mapping[str, tuple[str, Encode]]
    increment: Callable[[Field, str, str], str] = lambda field, old, value: f"{old} + {value}"


def update_text(writer: Predicates, words: Words, plan: UpdatePlan, full: Resource, alias: str) -> str:
    """The UPDATE of the rows that a plan reaches, up to its RETURNING clause; ``alias`` is the row's as it was."""
    changes = _set_clause(writer, words, plan.changes, alias)
    where = writer.where(alias, plan.scan, plan.where)
    return f"update {writer.dialect.table(full)} as {alias}{changes}{' where ' + where if where else ''}"


def delete_text(writer: Predicates, plan: DeletePlan, full: Resource, alias: str) -> str:
    """The DELETE of the rows that a plan reaches, up to its RETURNING clause."""
    where = writer.where(alias, plan.scan, plan.where)
    return f"delete from {writer.dialect.table(full)} as {alias}{' where ' + where if where else ''}"


def _set_clause(writer: Predicates, words: Words, changes: Sequence[Change], alias: str) -> str:
    """The SET clause, with the space before it."""
    name = writer.dialect.name
    parts = [f"{name(item.field.name)} = {_new_value(writer, words, item, alias)}" for item in changes]
    return f" set {', '.join(parts)}"


def _new_value(writer: Predicates, words: Words, change: Change, alias: str) -> str:
    if change.how == "default":
        return words.default(change.field)
    old, cast = f"{alias}.{writer.dialect.name(change.field.name)}", words.cast(change.field)
    form = change.field.representation
    if form is not None and form.body:
        return f"{form.body}({writer.bind(change.source, any_json)}::json)"
    if change.how in words.json:
        text, encode = words.json[change.how]
        return f"({text.format(old=old, value=writer.bind(change.source, encode))}){cast}"
    value = writer.bind(change.source, words.encoder(change.field)) + cast
    return words.increment(change.field, old, value) if change.how == "increment" else value


def _json_operand(value: Any) -> str:
    """What JSON is put together with; null is JSON's own."""
    return json_text(value).decode()


POSTGRES_JSON: Mapping[str, tuple[str, Encode]] = {
    "append": ("{old}::jsonb || {value}::jsonb", _json_operand),
    "prepend": ("{value}::jsonb || {old}::jsonb", _json_operand),
    "delete_key": ("{old}::jsonb - {value}::text", plain_text),
    "delete_elem": ("{old}::jsonb - {value}::integer", lambda value: str(whole_number(value))),
    "delete_at_path": ("{old}::jsonb #- {value}::text[]", array_text),
}
SQLITE_JSON: Mapping[str, tuple[str, Encode]] = {
    "append": ("trivet_json_append({old}, {value})", _json_operand),
    "prepend": ("trivet_json_append({value}, {old})", _json_operand),
    "delete_key": ("trivet_json_delete_key({old}, {value})", plain_text),
    "delete_elem": ("trivet_json_delete_elem({old}, {value})", whole_number),
    "delete_at_path": ("trivet_json_delete_at_path({old}, {value})", _json_operand),
}


_BITS = {"int2": 16, "int4": 32}


def sqlite_sum(field: Field, old: str, value: str) -> str:
    """An old value and an amount together, in SQLite, whose own sums of such fields lose digits."""
    if field.type == "numeric":
        return f"trivet_add_decimal({old}, {value}, {field.precision or 'null'}, {field.scale or 0})"
    if field.type in ("float4", "float8"):
        return f"{old} + {value}"
    return f"trivet_add_whole({old}, {value}, {_BITS.get(field.type, 64)})"

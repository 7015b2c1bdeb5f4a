"""The JSON values of variables become plain values by the schema's types, or are refused with their place.

What they mean is as in `coercion`. On the way each value tells its shape: what an operation's translation depends on.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NoReturn, cast

from graphql import (
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLScalarType,
    get_named_type,
)

from graphql_service.coercion import check_filled, enum_value, input_field, required_fields, unexpected_null
from graphql_service.errors import Misfit
from graphql_service.scalar_input import describe, mismatch, parser_of
from graphql_service.schema.enums import is_data
from graphql_service.schema.exposed import Exposed, ExposedRelation
from graphql_service.schema.inputs import NESTABLE
from graphql_service.trees import Relations, shape_of

Tokens = list[Any]
Slotting = Callable[[Any], Any]
Reader = Callable[[Any, Tokens, Slotting], Any]
"""``read(value, tokens, slot)``: the value of a JSON value, what is no shape of it being what ``slot`` makes of it.

``tokens`` get the shape: of the types at hand, two values with the same tokens have the same keys, enum values, nulls
and lengths of lists. Raises `Misfit`.
"""
_Null = Callable[[Tokens], Any]
_END = ...  # after an object's last field
_LOOKED_AT = frozenset({"_is_null", "distinct"})  # fields of input objects whose booleans belong to the shape
_ONE_BY_ONE = frozenset({"json", "jsonb", "ltree", "lquery"})  # lists of which are no value of their own


class Readers:
    """The readers of a schema's input types, made as they are needed."""

    def __init__(self) -> None:
        self._made: dict[str, Reader] = {}

    def of(self, type_: GraphQLInputType) -> Reader:
        """The reader of a type."""
        name = str(type_)
        if name not in self._made:
            self._made[name] = self._make(type_)
        return self._made[name]

    def _make(self, type_: GraphQLInputType) -> Reader:
        null: _Null = _null
        if isinstance(type_, GraphQLNonNull):
            null, type_ = _refusing(type_), type_.of_type
        if isinstance(type_, GraphQLList):
            item = self.of(type_.of_type)
            if _rows(type_):
                return _rows_reader(item, null, _nestable(type_))
            return _values_reader(item, null) if _plain(type_) else _list_reader(item, null)
        if isinstance(type_, GraphQLInputObjectType):
            return _object_reader(type_, null, self)
        if isinstance(type_, GraphQLEnumType):
            return _enum_reader(type_, null)
        return _scalar_reader(cast("GraphQLScalarType", type_), null)


def fixed_reader(read: Reader) -> Reader:
    """The reader of a boolean or string that itself belongs to the shape."""

    def read_fixed(value: Any, tokens: Tokens, _slot: Slotting) -> Any:
        found = read(value, [], itself)
        tokens.append(found)
        return found

    return read_fixed


def itself(value: Any) -> Any:
    """What makes of each value that value: the way to read without slots."""
    return value


def _null(tokens: Tokens) -> None:
    tokens.append(None)


def _refusing(type_: "GraphQLNonNull[Any]") -> _Null:
    def refuse(_tokens: Tokens) -> NoReturn:
        raise unexpected_null(type_)

    return refuse


def _scalar_reader(type_: GraphQLScalarType, null: _Null) -> Reader:
    name, parse = type_.name, parser_of(type_.name)

    def read(value: Any, tokens: Tokens, slot: Slotting) -> Any:
        if value is None:
            return null(tokens)
        tokens.append(True)
        return slot(value if parse is None else parse(name, value, None))

    return read


def _enum_reader(type_: GraphQLEnumType, null: _Null) -> Reader:
    data = is_data(type_)

    def read(value: Any, tokens: Tokens, slot: Slotting) -> Any:
        if value is None:
            return null(tokens)
        if not isinstance(value, str):
            raise mismatch("an enum value", type_.name, describe(value))
        found = enum_value(value, type_)
        if data:
            tokens.append(True)
            return slot(found)
        tokens.append(value)
        return found

    return read


def _object_reader(type_: GraphQLInputObjectType, null: _Null, readers: Readers) -> Reader:
    fields: dict[str, tuple[Reader, str]] = {}
    required = required_fields(type_)

    def field(name: str) -> tuple[Reader, str]:
        found = input_field(type_, name)
        read, meant = readers.of(found.type), found.out_name or name
        if meant in _LOOKED_AT and get_named_type(found.type) is GraphQLBoolean:
            read = fixed_reader(read)
        fields[name] = read, meant
        return read, meant

    def read(value: Any, tokens: Tokens, slot: Slotting) -> Any:
        if value is None:
            return null(tokens)
        if not isinstance(value, dict):
            raise mismatch("an object", type_.name, describe(value))
        values: dict[str, Any] = {}
        for name, item in value.items():
            tokens.append(name)
            try:
                read_item, meant = fields.get(name) or field(name)
                values[meant] = read_item(item, tokens, slot)
            except Misfit as misfit:
                raise misfit.under(name) from None
        tokens.append(_END)
        if required:
            check_filled(required, value)
        return values

    return read


def _list_reader(read_item: Reader, null: _Null) -> Reader:
    """Of lists whose length belongs to the shape: conditions, terms of an order, updates, and values one by one."""

    def read(value: Any, tokens: Tokens, slot: Slotting) -> Any:
        if value is None:
            return null(tokens)
        tokens.append(len(value) if isinstance(value, list) else 1)
        return _items(value, read_item, tokens, slot)

    return read


def _values_reader(read_item: Reader, null: _Null) -> Reader:
    """Of lists that are one value each."""

    def read(value: Any, tokens: Tokens, slot: Slotting) -> Any:
        if value is None:
            return null(tokens)
        tokens.append(True)
        return slot(_items(value, read_item, [], itself))

    return read


def _rows_reader(read_item: Reader, null: _Null, relations: Relations) -> Reader:
    """Of rows to be written: one value; to the shape belong the fields there are, and whether all rows have all.

    Where others are nested in them, that is their shape (`trees`).
    """

    def read(value: Any, tokens: Tokens, slot: Slotting) -> Any:
        if value is None:
            return null(tokens)
        rows = _items(value, read_item, [], itself)
        fields = frozenset().union(*rows)
        if not fields.isdisjoint(relations):
            tokens.append(shape_of(rows, relations))
            return slot(rows)
        tokens.append(fields)
        tokens.append(any(len(row) != len(fields) for row in rows))
        return slot(rows)

    return read


def _items(value: Any, read_item: Reader, tokens: Tokens, slot: Slotting) -> list[Any]:
    if not isinstance(value, list):
        return [read_item(value, tokens, slot)]
    items = []
    for index, item in enumerate(value):
        try:
            items.append(read_item(item, tokens, slot))
        except Misfit as misfit:
            raise misfit.under(index) from None
    return items


def _plain(type_: "GraphQLList[Any]") -> bool:
    """True for lists of values; of some types each item is a value of its own: they are compared one by one."""
    item = _nullable(type_.of_type)
    return is_data(item) or (isinstance(item, GraphQLScalarType) and item.name not in _ONE_BY_ONE)


def _rows(type_: "GraphQLList[Any]") -> bool:
    """True for lists of objects that are rows or hold values only, and for which no item may be null."""
    item = type_.of_type
    if not isinstance(item, GraphQLNonNull) or not isinstance(item.of_type, GraphQLInputObjectType):
        return False
    if NESTABLE in item.of_type.extensions:
        return True
    return all(isinstance(get_named_type(field.type), GraphQLScalarType) for field in item.of_type.fields.values())


def _nestable(type_: "GraphQLList[Any]") -> Relations:
    nestable: Mapping[str, ExposedRelation] = type_.of_type.of_type.extensions.get(NESTABLE, {})
    return _relations_of(nestable)


def _relations_of(nestable: Mapping[str, ExposedRelation]) -> Relations:
    return {name: partial(_relations_in, relation.target) for name, relation in nestable.items()}


def _relations_in(exposed: Exposed) -> Relations:
    return _relations_of(exposed.nestable)


def _nullable(type_: Any) -> Any:
    return type_.of_type if isinstance(type_, GraphQLNonNull) else type_

"""Arguments become plain values by the schema's types, or are refused with their place.

Input objects become dicts in the order written, by GraphQL names; enum values become what the schema keeps behind
them. A variable that is not given counts as absent, not as null (GraphQL §6.4.1).
"""

from collections.abc import Container, Iterable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from graphql import (
    ArgumentNode,
    BooleanValueNode,
    EnumValueNode,
    FieldNode,
    FloatValueNode,
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLInt,
    GraphQLList,
    GraphQLNonNull,
    GraphQLScalarType,
    IntValueNode,
    ListValueNode,
    NullValueNode,
    ObjectValueNode,
    StringValueNode,
    Undefined,
    ValueNode,
    VariableNode,
    get_named_type,
    is_required_input_field,
)

from graphql_service.errors import DATA_EXCEPTION, Misfit
from graphql_service.scalar_input import describe, mismatch, parse_scalar

ABSENT: Final = object()
UNKNOWN: Final[Mapping[str, Any]] = {}  # while a document is validated, no variable has a value yet
_TEXTS = frozenset({"String", "ID"})  # the scalars that would take a bare word for a string in quotes
_COUNTS = {"limit": "a non-negative 32-bit integer", "offset": "a 32-bit integer"}
_FOUND: dict[type, str] = {IntValueNode: "an integer", FloatValueNode: "a float", EnumValueNode: "an enum value"}
Variables = Mapping[str, Any]


def arguments_of(node: FieldNode, expected: Mapping[str, GraphQLArgument], variables: Variables) -> dict[str, Any]:
    """A field's arguments, in the order written. Raises `Misfit`."""
    values: dict[str, Any] = {}
    for argument in node.arguments:
        name = argument.name.value
        try:
            value = argument_of(argument, expected[name].type, variables)
        except Misfit as misfit:
            raise misfit.under("args", name) from None
        if value is not ABSENT:
            values[expected[name].out_name or name] = value
    for name, declared in expected.items():
        if (declared.out_name or name) not in values:
            _default(name, declared, values)
    return values


def argument_of(node: ArgumentNode, type_: GraphQLInputType, variables: Variables) -> Any:
    """The value of an argument, `ABSENT` for a variable that was not given. Raises `Misfit`."""
    try:
        return from_literal(node.value, type_, variables)
    except Misfit as misfit:
        raise counted(misfit, node.name.value, type_, found_in(node.value, variables)) from None


def counted(misfit: Misfit, name: str, type_: GraphQLInputType, found: str) -> Misfit:
    """What is said of a number of rows that is no number."""
    if name not in _COUNTS or get_named_type(type_) is not GraphQLInt:
        return misfit
    return mismatch(_COUNTS[name], "Int", found)


def found_in(node: ValueNode, variables: Variables) -> str:
    """What a literal is, as error messages say it."""
    return _FOUND.get(type(node)) or describe(untyped(node, variables))


def from_literal(node: ValueNode, type_: GraphQLInputType, variables: Variables) -> Any:
    """The value of a literal, `ABSENT` for a variable that was not given. Raises `Misfit`."""
    if isinstance(node, VariableNode):
        value = variables.get(node.name.value, ABSENT)
        if variables is not UNKNOWN and isinstance(type_, GraphQLNonNull) and (value is None or value is ABSENT):
            raise unexpected_null(type_)
        return value
    if isinstance(type_, GraphQLNonNull):
        if isinstance(node, NullValueNode):
            raise unexpected_null(type_)
        return from_literal(node, type_.of_type, variables)
    if isinstance(node, NullValueNode):
        return None
    if isinstance(type_, GraphQLList):
        return _list_literal(node, type_, variables)
    if isinstance(type_, GraphQLInputObjectType):
        return _object_literal(node, type_, variables)
    if isinstance(type_, GraphQLEnumType):
        if not isinstance(node, EnumValueNode):
            raise mismatch("an enum value", type_.name, found_in(node, variables))
        return enum_value(node.value, type_)
    assert isinstance(type_, GraphQLScalarType)
    return _scalar_literal(node, type_, variables)


def untyped(node: ValueNode, variables: Variables) -> Any:
    """A literal as a plain JSON value; what is absent within lists is null, within objects left out."""
    if isinstance(node, VariableNode):
        return variables.get(node.name.value)
    if isinstance(node, IntValueNode | FloatValueNode):
        return _number(node)
    if isinstance(node, StringValueNode | EnumValueNode | BooleanValueNode):
        return node.value
    if isinstance(node, ListValueNode):
        return [untyped(item, variables) for item in node.values]
    if isinstance(node, ObjectValueNode):
        return {
            field.name.value: untyped(field.value, variables)
            for field in node.fields
            if not (isinstance(field.value, VariableNode) and field.value.name.value not in variables)
        }
    return None


def _number(node: IntValueNode | FloatValueNode) -> int | Decimal:
    try:
        whole = isinstance(node, IntValueNode) and len(node.value) < 100
        return int(node.value) if whole else Decimal(node.value)
    except InvalidOperation:
        raise Misfit("a number is out of range", DATA_EXCEPTION) from None


def _scalar_literal(node: ValueNode, type_: GraphQLScalarType, variables: Variables) -> Any:
    found = found_in(node, variables)
    if isinstance(node, EnumValueNode) and type_.name in _TEXTS:
        raise mismatch("a string", type_.name, found)
    return parse_scalar(type_.name, untyped(node, variables), found)


def _list_literal(node: ValueNode, type_: "GraphQLList[Any]", variables: Variables) -> list[Any]:
    if not isinstance(node, ListValueNode):
        return [from_literal(node, type_.of_type, variables)]
    items = []
    for index, item in enumerate(node.values):
        try:
            value = from_literal(item, type_.of_type, variables)
        except Misfit as misfit:
            raise misfit.under(index) from None
        items.append(None if value is ABSENT else value)
    return items


def _object_literal(node: ValueNode, type_: GraphQLInputObjectType, variables: Variables) -> dict[str, Any]:
    if not isinstance(node, ObjectValueNode):
        raise mismatch("an object", type_.name, found_in(node, variables))
    values: dict[str, Any] = {}
    for field in node.fields:
        name = field.name.value
        try:
            expected = input_field(type_, name)
            value = from_literal(field.value, expected.type, variables)
        except Misfit as misfit:
            raise misfit.under(name) from None
        if value is not ABSENT:
            values[expected.out_name or name] = value
    check_filled(required_fields(type_), {field.name.value for field in node.fields})
    return values


def input_field(type_: GraphQLInputObjectType, name: str) -> GraphQLInputField:
    """An input object's field. Raises `Misfit`."""
    field: GraphQLInputField | None = type_.fields.get(name)
    if field is None:
        raise Misfit(f"field '{name}' not found in type: '{type_.name}'")
    return field


def required_fields(type_: GraphQLInputObjectType) -> tuple[str, ...]:
    """The fields that an input object can't do without."""
    return tuple(name for name, field in type_.fields.items() if is_required_input_field(field))


def check_filled(required: Iterable[str], given: Container[str]) -> None:
    """Raises `Misfit` where a required field is missing."""
    for name in required:
        if name not in given:
            raise Misfit(f"missing required field '{name}'", path=(name,))


def _default(name: str, declared: GraphQLArgument, values: dict[str, Any]) -> None:
    if declared.default_value is not Undefined:
        values[declared.out_name or name] = declared.default_value
    elif isinstance(declared.type, GraphQLNonNull):
        raise Misfit(f"missing required field '{name}'", path=("args", name))


def enum_value(name: str, type_: GraphQLEnumType) -> Any:
    """What the schema keeps behind an enum value's name. Raises `Misfit`."""
    value = type_.values.get(name)
    if value is None:
        words = ", ".join(f"'{word}'" for word in type_.values)
        raise Misfit(f"expected one of the values [{words}] for type '{type_.name}', but found '{name}'")
    return value.value


def unexpected_null(type_: "GraphQLNonNull[Any]") -> Misfit:
    """A null where none may be."""
    return Misfit(f"unexpected null value for type '{_bare(type_.of_type)}'")


def _bare(type_: Any) -> str:
    return (
        f"[{_bare(type_.of_type)}]"
        if isinstance(type_, GraphQLList)
        else str(getattr(type_, "name", type_)).rstrip("!")
    )

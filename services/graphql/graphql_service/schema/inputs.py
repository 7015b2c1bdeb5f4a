"""Input types and enums: filters, orders, and what a write is given (graphql.md §§4, 5)."""

from collections.abc import Iterable
from typing import cast

from graphql import (
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLEnumValue,
    GraphQLFloat,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLInt,
    GraphQLList,
    GraphQLNonNull,
    GraphQLString,
)

from graphql_service.schema.exposed import Exposed, ExposedField
from graphql_service.schema.operator_texts import told
from graphql_service.schema.patterns import FUNCTIONS, NUMERIC_FUNCTIONS
from graphql_service.schema.scalars import NUMBERS, Scalar
from graphql_service.schema.types import TEXT, Types

DISTANCES = {"geometry": "st_d_within_input", "geography": "st_d_within_geography_input"}
NESTABLE = "nestable"  # the extension of an insert's input type that holds the relations in it
_GENERIC = ("_eq", "_gt", "_gte", "_in", "_is_null", "_lt", "_lte", "_neq", "_nin")
_TEXT = (
    "_ilike", "_iregex", "_like", "_nilike", "_niregex", "_nlike", "_nregex", "_nsimilar", "_regex", "_similar",
)  # fmt: skip
_ENUM = ("_eq", "_in", "_is_null", "_neq", "_nin")
_SAME = ("_contains", "_contained_in")
_JSON_PATHS = ("_jsonb_path_exists", "_jsonb_path_match")  # PostgreSQL's own language
_TREE = {"_ancestor": "ltree", "_descendant": "ltree", "_matches": "lquery", "_matches_fulltext": "ltxtquery"}
_GEOMETRY = (
    "_st_3d_intersects", "_st_contains", "_st_crosses", "_st_equals", "_st_intersects", "_st_overlaps", "_st_touches",
    "_st_within",
)  # fmt: skip
JSON_TEXTS = {
    "append": "append existing jsonb value of filtered columns with new jsonb value",
    "prepend": "prepend existing jsonb value of filtered columns with new jsonb value",
    "delete_key": "delete key/value pair or string element. key/value pairs are matched based on their key value",
    "delete_elem": "delete the array element with specified index (negative integers count from the end)",
    "delete_at_path": "delete the field or element with specified path (for JSON arrays, negative integers count from "
    "the end)",
}
_ORDERS = {
    "asc": "in ascending order, nulls last",
    "asc_nulls_first": "in ascending order, nulls first",
    "asc_nulls_last": "in ascending order, nulls last",
    "desc": "in descending order, nulls first",
    "desc_nulls_first": "in descending order, nulls first",
    "desc_nulls_last": "in descending order, nulls last",
}


def comparison_type(types: Types, scalar: Scalar) -> GraphQLInputObjectType:
    """``Int_comparison_exp`` and its like: the operators that fit a scalar."""
    one = types.leaf(scalar)
    operand = GraphQLList(GraphQLNonNull(one)) if scalar.array else one
    many = GraphQLList(GraphQLNonNull(operand))
    special: dict[str, GraphQLInputType] = {"_is_null": GraphQLBoolean, "_in": many, "_nin": many}
    known = _ENUM if scalar.operators == "enum" else _GENERIC
    operators: dict[str, GraphQLInputType] = {name: special.get(name, operand) for name in known}
    if scalar.operators == "text":
        operators |= dict.fromkeys(_TEXT, operand)
    elif scalar.operators == "array":
        operators |= dict.fromkeys(_SAME, operand)
    elif scalar.operators == "jsonb":
        keys = GraphQLList(GraphQLNonNull(GraphQLString))
        operators |= dict.fromkeys(_SAME, operand)
        operators |= {"_has_key": GraphQLString, "_has_keys_any": keys, "_has_keys_all": keys}
        operators |= {"_cast": cast("GraphQLInputObjectType", types.shared(f"{scalar.name}_cast_exp"))}
        if types.exposure.catalog.engine == "postgresql":
            operators |= dict.fromkeys(_JSON_PATHS, GraphQLString)
    elif scalar.operators == "tree":
        for name, type_ in _TREE.items():
            operand = types.scalar(type_)
            operators[name] = operand
            if name != "_matches_fulltext":
                operators[f"{name}_any"] = GraphQLList(GraphQLNonNull(operand))
    elif scalar.operators == "geometry":
        distance = cast("GraphQLInputObjectType", types.shared(DISTANCES["geometry"]))
        operators |= dict.fromkeys(_GEOMETRY, operand)
        operators |= {"_st_d_within": distance, "_st_3d_d_within": distance}
    elif scalar.operators == "geography":
        operators |= {"_st_intersects": operand}
        operators |= {"_st_d_within": cast("GraphQLInputObjectType", types.shared(DISTANCES["geography"]))}
    return GraphQLInputObjectType(
        scalar.comparison,
        {
            name: GraphQLInputField(type_, description=told(name, array=scalar.array))
            for name, type_ in operators.items()
        },
        description=f'Boolean expression to compare columns of type "{scalar.name}". '
        "All fields are combined with logical 'AND'.",
    )


def cast_exp(types: Types, name: str) -> GraphQLInputObjectType:
    """``jsonb_cast_exp``: conditions on a value as it is in another type."""
    texts = GraphQLInputField(types.comparison(TEXT))
    return GraphQLInputObjectType(f"{name}_cast_exp", {"String": texts})


def distance_input(types: Types, name: str) -> GraphQLInputObjectType:
    """``st_d_within_input`` and its like: within a distance from a geometry."""
    fields = {
        "distance": GraphQLInputField(GraphQLNonNull(GraphQLFloat)),
        "from": GraphQLInputField(GraphQLNonNull(types.scalar(name))),
    }
    if name == "geography":
        fields["use_spheroid"] = GraphQLInputField(GraphQLBoolean, default_value=True)
    return GraphQLInputObjectType(DISTANCES[name], fields)


def bool_exp(types: Types, exposed: Exposed) -> GraphQLInputObjectType:
    """``T_bool_exp``: the filter of a resource's rows."""

    def fields() -> dict[str, GraphQLInputField]:
        own = types.input("{}_bool_exp", exposed)
        several = GraphQLInputField(GraphQLList(GraphQLNonNull(own)))
        found = {"_and": several, "_not": GraphQLInputField(own), "_or": several}
        for name, field in exposed.filterable.items():
            found[name] = GraphQLInputField(types.comparison(field.scalar))
        for name, relation in exposed.tested.items():
            found[name] = GraphQLInputField(types.input("{}_bool_exp", relation.target))
            if relation.relation.cardinality == "many" and relation.target.resource.aggregates:
                aggregate = types.input("{}_aggregate_bool_exp", relation.target)
                found[exposed.aggregate_name(name)] = GraphQLInputField(aggregate)
        return found

    return GraphQLInputObjectType(
        f"{exposed.type_name}_bool_exp",
        fields,
        description=f'Boolean expression to filter rows from the table "{exposed.resource.name}". '
        "All fields are combined with a logical 'AND'.",
    )


def order_direction(_types: Types) -> GraphQLEnumType:
    """``order_by``."""
    values = {name: GraphQLEnumValue(name, description=text) for name, text in _ORDERS.items()}
    return GraphQLEnumType("order_by", values, description="column ordering options")


def order_by(types: Types, exposed: Exposed) -> GraphQLInputObjectType | None:
    """``T_order_by``: own fields, to-one relations' fields, and aggregates of to-many relations."""
    if not exposed.readable:
        return None

    def fields() -> dict[str, GraphQLInputField]:
        direction = _direction(types)
        found = dict.fromkeys(exposed.filterable or exposed.fields, direction)  # a type has at least one field
        for name, relation in exposed.tested.items():
            if relation.relation.cardinality == "one":
                found[name] = GraphQLInputField(types.input("{}_order_by", relation.target))
            elif relation.target.resource.aggregates:
                aggregate = types.input("{}_aggregate_order_by", relation.target)
                found[exposed.aggregate_name(name)] = GraphQLInputField(aggregate)
        return found

    return GraphQLInputObjectType(
        f"{exposed.type_name}_order_by",
        fields,
        description=f'Ordering options when selecting data from "{exposed.resource.name}".',
    )


def aggregate_order_by(types: Types, exposed: Exposed) -> GraphQLInputObjectType | None:
    """``T_aggregate_order_by``."""
    if not exposed.readable or not exposed.resource.aggregates:
        return None

    def fields() -> dict[str, GraphQLInputField]:
        found = {"count": _direction(types)}
        for function in FUNCTIONS:
            group = types.input_if_any(f"{{}}_{function}_order_by", exposed)
            if group is not None:
                found[function] = GraphQLInputField(group)
        return found

    return GraphQLInputObjectType(
        f"{exposed.type_name}_aggregate_order_by",
        fields,
        description=f'order by aggregate values of table "{exposed.resource.name}"',
    )


def function_order_by(types: Types, exposed: Exposed, function: str) -> GraphQLInputObjectType | None:
    """``T_max_order_by`` and its like."""
    fields = exposed.numbers if function in NUMERIC_FUNCTIONS else exposed.comparable
    if not fields or not exposed.resource.aggregates:
        return None
    return GraphQLInputObjectType(
        f"{exposed.type_name}_{function}_order_by",
        lambda: {field.name: _direction(types) for field in fields},
        description=f'order by {function}() on columns of table "{exposed.resource.name}"',
    )


def select_column(_types: Types, exposed: Exposed) -> GraphQLEnumType | None:
    """``T_select_column``."""
    if not exposed.readable:
        return None
    fields = exposed.columns or exposed.fields  # a type has at least one value
    values = {name: GraphQLEnumValue(field.field.name, description="column name") for name, field in fields.items()}
    return GraphQLEnumType(
        f"{exposed.type_name}_select_column",
        values,
        description=f'select columns of table "{exposed.resource.name}"',
    )


def insert_input(types: Types, exposed: Exposed) -> GraphQLInputObjectType | None:
    """``T_insert_input``: nothing is required, for the database may have a default or a preset may give it."""
    if not exposed.insertable:
        return None

    def fields() -> dict[str, GraphQLInputField]:
        found = _fields(types, exposed.insertable.values())
        for name, relation in exposed.nestable.items():
            pattern = (
                "{}_arr_rel_insert_input" if relation.relation.cardinality == "many" else "{}_obj_rel_insert_input"
            )
            found[name] = GraphQLInputField(types.input(pattern, relation.target))
        return found

    text = f'input type for inserting data into table "{exposed.resource.name}"'
    name = f"{exposed.type_name}_insert_input"
    return GraphQLInputObjectType(name, fields, description=text, extensions={NESTABLE: exposed.nestable})


def relation_insert_input(types: Types, exposed: Exposed, *, many: bool) -> GraphQLInputObjectType | None:
    """``T_obj_rel_insert_input`` and ``T_arr_rel_insert_input``: rows nested in those that they belong to."""
    if not exposed.insertable:
        return None

    def fields() -> dict[str, GraphQLInputField]:
        row = GraphQLNonNull(types.input("{}_insert_input", exposed))
        found = {"data": GraphQLInputField(GraphQLNonNull(GraphQLList(row)) if many else row)}
        rule = types.input_if_any("{}_on_conflict", exposed)
        if rule is not None:
            found["on_conflict"] = GraphQLInputField(rule, description="upsert condition")
        return found

    kind = "array" if many else "object"
    return GraphQLInputObjectType(
        f"{exposed.type_name}_{'arr' if many else 'obj'}_rel_insert_input",
        fields,
        description=f'input type for inserting {kind} relation for remote table "{exposed.resource.name}"',
    )


def set_input(types: Types, exposed: Exposed) -> GraphQLInputObjectType | None:
    """``T_set_input``."""
    text = f'input type for updating data in table "{exposed.resource.name}"'
    return _given(types, f"{exposed.type_name}_set_input", list(exposed.updatable.values()), text)


def inc_input(types: Types, exposed: Exposed) -> GraphQLInputObjectType | None:
    """``T_inc_input``."""
    text = f'input type for incrementing numeric columns in table "{exposed.resource.name}"'
    numbers = [field for field in exposed.updatable.values() if field.field.type in NUMBERS]
    return _given(types, f"{exposed.type_name}_inc_input", numbers, text)


def json_input(types: Types, exposed: Exposed, operator: str) -> GraphQLInputObjectType | None:
    """``T_append_input`` and its like: what changes JSON in place."""
    fields = [field for field in exposed.updatable.values() if field.scalar.operators == "jsonb"]
    if not fields:
        return None
    own: dict[str, GraphQLInputType] = {
        "delete_key": GraphQLString,
        "delete_elem": GraphQLInt,
        "delete_at_path": GraphQLList(GraphQLNonNull(GraphQLString)),
    }
    return GraphQLInputObjectType(
        f"{exposed.type_name}_{operator}_input",
        lambda: {field.name: GraphQLInputField(own.get(operator) or types.value(field)) for field in fields},
        description=JSON_TEXTS[operator],
    )


def updates(types: Types, exposed: Exposed) -> GraphQLInputObjectType | None:
    """``T_updates``: one of several updates, with the rows that it is for."""
    if not exposed.updatable:
        return None

    def fields() -> dict[str, GraphQLInputField]:
        where = GraphQLNonNull(types.input("{}_bool_exp", exposed))
        found = {
            name: GraphQLInputField(type_, description=text)
            for name, (type_, text) in operators(types, exposed).items()
        }
        return {**found, "where": GraphQLInputField(where, description="filter the rows which have to be updated")}

    return GraphQLInputObjectType(f"{exposed.type_name}_updates", fields)


def operators(types: Types, exposed: Exposed) -> dict[str, tuple[GraphQLInputObjectType, str]]:
    """The operators of an update by name, each with its type and what it does."""
    texts = {f"_{operator}": text for operator, text in JSON_TEXTS.items()}
    texts["_inc"] = "increments the numeric columns with given value of the filtered values"
    texts["_set"] = "sets the columns of the filtered rows to the given values"
    found = {}
    for name in sorted(texts):
        type_ = types.input_if_any(f"{{}}{name}_input", exposed)
        if type_ is not None:
            found[name] = (type_, texts[name])
    return found


def pk_columns_input(types: Types, exposed: Exposed) -> GraphQLInputObjectType | None:
    """``T_pk_columns_input``."""
    if not exposed.key:
        return None
    return GraphQLInputObjectType(
        f"{exposed.type_name}_pk_columns_input",
        lambda: {field.name: GraphQLInputField(GraphQLNonNull(types.value(field))) for field in exposed.key},
        description=f'primary key columns input for table: "{exposed.resource.name}"',
    )


def _given(types: Types, name: str, fields: list[ExposedField], description: str) -> GraphQLInputObjectType | None:
    if not fields:
        return None
    return GraphQLInputObjectType(name, lambda: _fields(types, fields), description=description)


def _fields(types: Types, fields: Iterable[ExposedField]) -> dict[str, GraphQLInputField]:
    return {field.name: GraphQLInputField(types.value(field), description=field.field.comment) for field in fields}


def _direction(types: Types) -> GraphQLInputField:
    order = types.shared("order_by")
    assert isinstance(order, GraphQLEnumType)
    return GraphQLInputField(order)

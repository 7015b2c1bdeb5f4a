"""PostGIS's types in SQL: geometries as clients give them (GeoJSON, or its own text), and what relates them."""

from contracts.fields import Field
from contracts.filters import Comparison

_FUNCTIONS: dict[Comparison, str] = {
    "st_contains": "st_contains", "st_crosses": "st_crosses", "st_equals": "st_equals",
    "st_intersects": "st_intersects", "st_overlaps": "st_overlaps", "st_touches": "st_touches",
    "st_within": "st_within", "st_d_within": "st_dwithin", "st_3d_intersects": "st_3dintersects",
    "st_3d_d_within": "st_3ddwithin",
}  # fmt: skip
_SIGNS = frozenset({"=", "<", ">", "<=", ">="})
BY_DISTANCE = frozenset({"st_d_within", "st_3d_d_within"})


def is_spatial(operator: Comparison) -> bool:
    """Whether an operator is a function of PostGIS's."""
    return operator in _FUNCTIONS


def spatial_type(db_type: str) -> str:
    """``geometry`` or ``geography`` where that is what a type is, whatever its modifiers and schema; else nothing."""
    name = db_type.partition("(")[0].rpartition(".")[2]
    return name if name in ("geometry", "geography") else ""


def related(left: str, field: Field, operator: Comparison, place: str) -> str:
    """What PostGIS says of a field's value, and one at a place."""
    function = f"{_schema(field)}{_FUNCTIONS[operator]}"
    if operator not in BY_DISTANCE:
        return f"{function}({left}, {given(field, f'{place}::text')})"
    value = f"{place}::json"
    distance = f"({value} ->> 'distance')::double precision"
    parts = [left, given(field, f"({value} ->> 'from')"), distance]
    if spatial_type(field.db_type) == "geography":
        parts.append(f"coalesce(({value} ->> 'use_spheroid')::boolean, true)")
    return f"{function}({', '.join(parts)})"


def given(field: Field, text: str) -> str:
    """A text that a client gave as a value of the field's type: GeoJSON (in WGS 84, RFC 7946 §4), or PostGIS's own."""
    schema = _schema(field)
    json = f"{schema}st_geomfromgeojson({text})"
    made = f"(case when left({text}, 1) = '{{' then {json} else {text}::{schema}geometry end)"
    return f"{made}::{schema}geography" if spatial_type(field.db_type) == "geography" else made


def input_cast(field: Field) -> str:
    """The cast of a text that is written to the field; only a geometry's own input reads GeoJSON."""
    if spatial_type(field.db_type) == "geography":
        return f"::{_schema(field)}geometry::{field.db_type}"
    return f"::{field.db_type}"


def sign_of(field: Field, sign: str) -> str:
    """The sign of a comparison, found wherever PostGIS lives: its schema need not be on the search path."""
    schema = _schema(field) if spatial_type(field.db_type) else ""
    return f"operator({schema}{sign})" if schema and sign in _SIGNS else sign


def _schema(field: Field) -> str:
    schema, dot, _ = field.db_type.partition("(")[0].rpartition(".")
    return schema + dot

"""Rows written by PostgreSQL's own aggregates, and by PostGIS as GeoJSON (RFC 7946)."""

from collections.abc import Sequence

from contracts.catalog import Handler, Resource

from data_service.sql.postgres_names import quoted


def row(resource: Resource, values: Sequence[str]) -> str:
    """A row of a table's or view's own type, put together of its columns: a page of rows has no type of its own."""
    return f"row({', '.join(values)})::{quoted(resource.schema)}.{quoted(resource.table)}"


def record(pairs: Sequence[tuple[str, str]]) -> str:
    """A row whose columns have the names of the answer's keys."""
    listed = ", ".join(f"{value} as {quoted(key)}" for key, value in pairs)
    # an alias alone could be a column's name as well, and with a star in a list of outputs all of its columns
    return f"(select coalesce(r.*) from (select {listed}) as r)"


def handled(handler: Handler, row: str) -> str:
    """What a handler makes of the rows, as JSON."""
    function = f"{quoted(handler.schema)}.{quoted(handler.function)}"
    if not handler.features:
        return f"to_json({function}({row}))"
    features = f"coalesce(json_agg({function}({row})::json), '[]'::json)"
    return f"json_build_object('type', 'FeatureCollection', 'features', {features})"

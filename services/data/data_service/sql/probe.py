"""Statements that are never run: the database shall say whether it understands what stands in them."""

from contracts.catalog import Resource
from contracts.fields import Field

from data_service.plan.nodes import Column
from data_service.sql.dialect import Dialect
from data_service.sql.predicates import Predicates


def probe(dialect: Dialect, resource: Resource, field: Field) -> str:
    """A read that uses a computed field as a condition, which no aggregate can be."""
    writer = Predicates(dialect)
    alias = writer.alias()
    value = writer.column(alias, Column(field))
    return f"select 1 from {dialect.table(resource)} as {alias} where ({value}) is null"

"""Names in GraphQL, read from the configuration: what they are, and every fault with its line."""

import pytest
from contracts.graphql import GraphqlNames, GraphqlNaming
from data_service.policies import ConfigurationError, parse

TEXT = """version: 1
graphql: {naming: graphql-default}
resources:
  orders:
    graphql: {roots: {select: allOrders, insert_one: place}, fields: {id: number}}
  tags:
    graphql: {fields: {name: title}}
"""


def test_names_are_read() -> None:
    orders = GraphqlNames(roots={"select": "allOrders", "insert_one": "place"}, fields={"id": "number"})
    resources = {"orders": orders, "tags": GraphqlNames(fields={"name": "title"})}
    assert parse(TEXT).graphql == GraphqlNaming(convention="graphql-default", resources=resources)
    assert parse("version: 1").graphql is None
    assert parse("version: 1\ngraphql: {naming: hasura-default, limits: {depth: 9}}").graphql is None


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("graphql-default}", "camel}", "naming must be hasura-default or graphql-default"),
        ("select: all", "selekt: all", "selekt is not a root field of orders; did you mean select?"),
        ("allOrders", "all orders", "all orders is no name in GraphQL"),
        ("allOrders", "__all", "__all is no name in GraphQL"),
        ("insert_one: place", "insert_one: allOrders", "allOrders is a root field of orders twice"),
        ("fields: {name: title}", "roots: {select: place}", "place is a root field of orders already"),
        ("fields: {name: title}", "columns: {name: title}", "columns"),
        ("fields: {name: title}", "enum: tags", "enum must be true or false"),
        ("{name: title}", "[title]", "must be"),
    ],
)
def test_faults_are_told(old: str, new: str, fault: str) -> None:
    with pytest.raises(ConfigurationError, match=fault):
        parse(TEXT.replace(old, new))

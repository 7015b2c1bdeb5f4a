"""gql, the client of the Python world, works off the schema it has introspected."""

import pytest
from gql import Client, GraphQLRequest, gql
from gql.dsl import DSLMutation, DSLQuery, DSLSchema, dsl_gql
from gql.transport.exceptions import TransportQueryError
from gql.transport.requests import RequestsHTTPTransport


@pytest.fixture(params=["clerk", "admin"])
def client(demo_suite, request):
    token = demo_suite.token(f"{request.param}@example.com")
    transport = RequestsHTTPTransport(
        f"{demo_suite.base_url}/v1/graphql", headers={"Authorization": f"Bearer {token}"}, retries=0
    )
    with Client(transport=transport, fetch_schema_from_transport=True) as session:
        yield session


def test_lists_are_filtered_sorted_and_paged(client):
    query = gql("""query ($where: products_bool_exp, $limit: Int!, $offset: Int = 0) {
        products(where: $where, order_by: [{price: desc}, {id: asc}], limit: $limit, offset: $offset) {
          id name price category { name } tags(limit: 1) { name } } }""")
    where = {"name": {"_ilike": "%a%"}, "price": {"_gte": "1.00"}}
    query.variable_values = {"where": where, "limit": 6}
    first = client.execute(query)["products"]
    query.variable_values = {"where": where, "limit": 3, "offset": 3}
    assert client.execute(query)["products"] == first[3:]
    assert [row["price"] for row in first] == sorted((row["price"] for row in first), reverse=True)


def test_a_query_written_in_python(client):
    schema = DSLSchema(client.client.schema)
    asked = dsl_gql(
        DSLQuery(
            schema.query_root.orders(limit=1, order_by={"id": "asc"}).select(
                schema.orders.id, schema.orders.customer.select(schema.customers.name)
            )
        )
    )
    (order,) = client.execute(asked)["orders"]
    assert order["id"] == 1
    assert order["customer"]["name"]


def test_create_update_delete(client):
    schema = DSLSchema(client.client.schema)
    root, tag = schema.mutation_root, schema.tags
    made = client.execute(dsl_gql(DSLMutation(root.insert_tags_one(object={"name": "gql"}).select(tag.id, tag.name))))
    key = made["insert_tags_one"]["id"]
    changes = root.update_tags_by_pk(pk_columns={"id": key}, _set={"name": "gql 2"}).select(tag.name)
    assert client.execute(dsl_gql(DSLMutation(changes))) == {"update_tags_by_pk": {"name": "gql 2"}}
    gone = client.execute(dsl_gql(DSLMutation(root.delete_tags_by_pk(id=key).select(tag.id))))
    assert gone == {"delete_tags_by_pk": {"id": key}}
    assert client.execute(gql(f"{{ tags_by_pk(id: {key}) {{ id }} }}")) == {"tags_by_pk": None}


def test_several_requests_in_one(client):
    requests = [
        GraphQLRequest("{ tags_aggregate { aggregate { count } } }"),
        GraphQLRequest("{ products(limit: 1) { id } }"),
    ]
    counted, listed = client.execute_batch(requests)
    assert counted["tags_aggregate"]["aggregate"]["count"] > 0
    assert len(listed["products"]) == 1


def test_errors_arrive_as_errors(client):
    with pytest.raises(TransportQueryError) as caught:
        client.execute(gql("mutation { insert_tags_one(object: {name: null}) { id } }"))
    assert caught.value.errors[0]["extensions"]["code"] == "constraint-violation"

"""Another Trivet as a remote source: its REST, its GraphQL and its SOAP, each as operations of ours."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from contracts.identity import ANONYMOUS
from contracts.problems import Problem
from data_service.policies import parse
from data_service.remote.remote import Remote

from tests.fixtures.suite import Suite

CONFIG = """
version: 1
sources:
  soap: {{wsdl: '{url}/soap/v1?wsdl', operations: '*', inner: true, hosts: ['{own}']}}
  elsewhere: {{wsdl: '{url}/soap/v1?wsdl', operations: {{refused: {{operation: CallExchangeRates}}}}}}
  graphql:
    graphql: {url}/graphql
    operations:
      by_graphql:
        document: 'query($n: Int) {{products(limit: $n, order_by: {{id: asc}}) {{id price}}}}'
        variables: {{n: '{{n}}'}}
        takes: {{n: integer}}
        returns: {{rows: products, fields: {{id: integer, price: numeric}}, many: true}}
        reads_only: true
  rest:
    rest: {url}/rest/v1
    operations:
      by_rest:
        path: /products
        query: {{limit: '{{n}}', order: id, select: 'id,price'}}
        takes: {{n: integer}}
        returns: {{fields: {{id: integer, price: numeric}}, many: true}}
        reads_only: true
"""


@pytest.fixture(scope="module")
def remote(demo_suite: Suite, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Remote]:
    """The other suite's services, opened. Its WSDL names it by another host than we do."""
    own = demo_suite.base_url.replace("127.0.0.1", "localhost")
    copies: Path = tmp_path_factory.mktemp("copies")
    opened = Remote(secrets=None, copies=copies, open_data=lambda url, rule: pytest.fail("no database is asked"))
    opened.follow(parse(CONFIG.format(url=demo_suite.base_url, own=own)).sources)
    yield opened
    opened.close()


def called(remote: Remote, name: str, **arguments: object) -> object:
    [function] = [function for function in remote.functions() if function.name == name]
    return remote.call(function, arguments, ANONYMOUS, None, writes=not function.reads_only)


def test_a_list_within_a_list_element_is_rows(remote: Remote) -> None:
    rows = called(remote, "call_exchange_rates", Currency={"string": ["USD"]})
    assert rows == [{"Currency": "USD", "Value": Decimal("1.0852"), "Day": "2024-05-31"}]


def test_a_record_is_one_row_with_structures_as_json(remote: Remote) -> None:
    found = called(remote, "list_products", page={"limit": 1, "includeTotal": True})
    assert found["items"]["Products"][0]["id"] == 1
    assert found["totalCount"] > 100
    assert called(remote, "get_products", id=1)["id"] == 1


def test_rest_and_graphql_say_the_same(remote: Remote) -> None:
    rows = called(remote, "by_rest", n=2)
    assert [row["id"] for row in rows] == [1, 2]
    assert called(remote, "by_graphql", n=2) == rows


def test_an_endpoint_that_nobody_wrote_down_is_not_called(remote: Remote) -> None:
    with pytest.raises(Problem) as caught:
        called(remote, "refused")
    assert caught.value.code == "TRV310"

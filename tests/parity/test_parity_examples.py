"""The requests that the page shows: each facade's own is answered, and all three with the same rows."""

import json

import pytest
from lxml import etree

from tests.fixtures.guarded_store import Suite, Who
from tests.parity.asking import ELEMENTS

EVERYBODY = [
    Who(),
    Who("clerk"),
    Who("customer", {"customer_id": "1", "user_id": "1"}),
    Who("courier"),
    Who("anonymous"),
]
_NAMES = {element: field for field, element in ELEMENTS.items()}


@pytest.mark.parametrize("who", EVERYBODY, ids=lambda who: who.role)
def test_every_resource_in_sight_has_an_example_in_each_protocol_with_the_same_rows(suite: Suite, who: Who) -> None:
    seen = [resource for resource in suite.catalog(who).resources if resource.fields]
    assert seen
    for resource in seen:
        rest, graphql, soap = (_answer(suite, facade, resource.name, who) for facade in ("rest", "graphql", "soap"))
        rows = json.loads(rest)
        found = json.loads(graphql)
        assert "errors" not in found, (resource.name, found)
        in_graphql = next(iter(found["data"].values()))
        assert [list(row.values()) for row in in_graphql] == [list(row.values()) for row in rows], resource.name
        assert _leaves_of_soap(soap) == [list(_leaves(row)) for row in rows], resource.name


@pytest.mark.parametrize("facade", ["rest", "graphql", "soap"])
def test_what_is_not_in_sight_has_no_example(suite: Suite, facade: str) -> None:
    for name in ("customers", "nothing", ""):
        found = getattr(suite, facade).get(
            "/-/example", query_string={"resource": name}, headers=Who("anonymous").headers
        )
        assert (found.status_code, b"no such resource" in found.data) == (404, True)


def test_an_example_shows_what_is_related(suite: Suite) -> None:
    row = json.loads(_answer(suite, "rest", "order_items", Who()))[0]
    assert [value for value in row.values() if isinstance(value, dict)]


def _answer(suite: Suite, facade: str, resource: str, who: Who) -> bytes:
    client = getattr(suite, facade)
    found = client.get("/-/example", query_string={"resource": resource}, headers=who.headers)
    assert found.status_code == 200, (resource, found.text)
    example = found.json
    answer = client.open(
        example["path"],
        method=example["method"],
        data=example["body"].encode() or None,
        headers={**example["headers"], **who.headers},
    )
    assert answer.status_code == 200, (resource, example, answer.text)
    return answer.data


def _leaves(row: dict) -> list[str]:
    """The names and values of a row, without related rows that are not there (SOAP leaves those out)."""
    for key, value in row.items():
        if isinstance(value, dict) and key != "profile":
            yield from (f"{key}.{leaf}" for leaf in _leaves(value))
        elif value is not None:
            yield key


def _leaves_of_soap(text: bytes) -> list[list[str]]:
    items = etree.fromstring(text).find(".//{*}items")
    return [list(_leaves_of_element(item)) for item in items]


def _leaves_of_element(element: etree._Element) -> list[str]:
    for child in element:
        name = etree.QName(child).localname
        name = _NAMES.get(name, name)
        if len(child):
            yield from (f"{name}.{leaf}" for leaf in _leaves_of_element(child))
        elif child.get("{http://www.w3.org/2001/XMLSchema-instance}nil") != "true":
            yield name

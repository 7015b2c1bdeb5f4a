"""The examples of docs/soap-operations.md are asked of the running demo, in their order, by its clerk."""

import re
from collections.abc import Iterator

import pytest
import requests
from lxml import etree

from tests.fixtures.suite import ROOT, Suite

NS = "{urn:trivet:v1}"
_PAGE = (ROOT / "docs/soap-operations.md").read_text(encoding="utf-8")
_EXAMPLES = re.findall(r"^```xml\n(.*?)^```", _PAGE, re.MULTILINE | re.DOTALL)
EXPECTED = {
    "ListProducts": ("Products", 3),
    "ListCustomers": ("product", 1),
    "ListOrders": ("Orders", 2),
    "GetProducts": ("Products", 1),
    "AggregateOrders": ("OrdersGroup", 2),
    "CreateTagsBatch": ("Tags", 2),
    "UpsertTags": ("created", 1),
    "UpdateTags": ("Tags", 1),
    "DeleteTags": ("affectedRows", 1),
    "Login": ("token", 1),
    "Query": ("Row", 2),
}
"""By operation an element of its answer, and how many of them there are at least."""


def post(suite: Suite, body: str) -> requests.Response:
    text = f'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>{body}</s:Body></s:Envelope>'
    headers = {"Content-Type": "text/xml", "Authorization": f"Bearer {suite.token('clerk@example.com')}"}
    return requests.post(f"{suite.base_url}/soap/v1", text.encode(), headers=headers, timeout=20)


@pytest.fixture(scope="module", autouse=True)
def _tidied(demo_suite: Suite) -> Iterator[None]:
    yield
    for id in (901, 902):
        post(demo_suite, f'<DeleteTags xmlns="urn:trivet:v1"><id>{id}</id></DeleteTags>')


def test_the_examples(demo_suite: Suite) -> None:
    asked = set()
    for example in _EXAMPLES:
        name = etree.QName(etree.fromstring(example)).localname
        answer = post(demo_suite, example)
        assert answer.status_code == 200, answer.text
        element, least = EXPECTED[name]
        found = list(etree.fromstring(answer.content).iter(f"{NS}{element}"))
        assert len(found) >= least, answer.text
        asked.add(name)
        if name == "UpsertTags":
            assert found[0].text == "false"
        if name == "ListOrders" and "<cursor/>" in example:
            assert etree.fromstring(answer.content).findtext(f".//{NS}nextCursor")
    assert asked == EXPECTED.keys()


def test_every_operator_is_told(demo_suite: Suite) -> None:
    schema = requests.get(f"{demo_suite.base_url}/soap/v1?xsd=1", timeout=20).content
    xs = "{http://www.w3.org/2001/XMLSchema}"
    named = set()
    for filter in ("StringFilter", "JsonFilter", "IntArrayFilter", "RangeFilter"):
        (found,) = (each for each in etree.fromstring(schema).iter(f"{xs}complexType") if each.get("name") == filter)
        named |= {each.get("name") for each in found.iter(f"{xs}element")}
    told = set(re.findall(r"`(\w+)`", _PAGE))
    plain = {name for name in named if name is not None and not name.startswith("not")}
    assert plain <= told

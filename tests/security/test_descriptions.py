"""A role's OpenAPI document, introspection and WSDL name what it may use, and never what is hidden from it."""

import json
import re

import pytest

from tests.fixtures.guarded_store import Suite, Who
from tests.security.probing import ADA, AGENT, CLERK, COURIER, DROPBOX, NOBODY

INTROSPECTION = """{ __schema { types { name description fields(includeDeprecated: true) { name description
  args { name } } inputFields { name } enumValues(includeDeprecated: true) { name } } } }"""
HIDDEN = [
    (CLERK, ["secret", "email", "weight", "files", "product_tags", "log_lines", "big_orders", "quo", "dropbox"]),
    (ADA, ["secret", "born", "balance", "profile", "weight", "product_tags", "categories", "files", "log_lines"]),
    (AGENT, ["secret", "balance", "profile", "orders", "addresses", "files", "products"]),
    (COURIER, ["secret", "products", "product_id", "customers", "billing", "addresses", "files"]),
    (DROPBOX, ["customers", "orders", "categories", "secret", "files"]),
    (NOBODY, ["customers", "orders", "order_items", "price", "weight", "categories", "files"]),
    (Who("ghost"), ["customers", "orders", "products", "categories", "files", "log_lines"]),
]
SHOWN = [
    (CLERK, ["customers", "balance", "orders", "order_items", "categories", "tags", "odd Name.s"]),
    (ADA, ["customers", "email", "addresses", "order_items"]),
    (AGENT, ["customers", "name"]),
    (DROPBOX, ["log_lines", "line"]),
    (NOBODY, ["products", "name"]),
]


def described(suite: Suite, who: Who) -> dict[str, str]:
    """All that the suite tells a role about itself, in lower case, by document."""
    wsdl = suite.soap.get("/soap/v1?wsdl", headers=who.headers).text
    return {
        "openapi 3.1": suite.get("openapi.json", who).text.lower(),
        "openapi 2": suite.get("", who, Accept="application/openapi+json").text.lower(),
        "introspection": suite.ask(INTROSPECTION, who).text.lower(),
        "wsdl": wsdl.lower(),
        "soap's page": suite.soap.get("/soap/v1", headers=who.headers).text.lower(),
    }


@pytest.mark.parametrize("who, hidden", HIDDEN, ids=lambda each: getattr(each, "role", ""))
def test_what_is_hidden_is_not_named(suite: Suite, who: Who, hidden: list[str]) -> None:
    for name, text in described(suite, who).items():
        for word in hidden:
            written = word.replace("_", "")  # as in ListOrderItems
            pattern = rf"(?<![a-z]){word}(?![a-z])|(list|get|create|arrayof){written}"
            assert not re.search(pattern, text), f"{word} in {name}"


@pytest.mark.parametrize("who, shown", SHOWN, ids=lambda each: getattr(each, "role", ""))
def test_what_may_be_used_is_named(suite: Suite, who: Who, shown: list[str]) -> None:
    """Else the tests above would hold of an empty document."""
    for name, text in described(suite, who).items():
        if name == "soap's page":
            continue
        for word in shown:
            spelt = {word.lower(), re.sub(r"\W", "_", word.lower()), re.sub(r"\W|_", "", word.lower())}
            assert any(one in text for one in spelt), f"{word} not in {name}"


def test_verbs_are_the_role_s_own(suite: Suite) -> None:
    """What may not be written is not offered."""
    assert suite.send("OPTIONS", "orders", CLERK).headers["Allow"] == "OPTIONS,GET,HEAD,POST,PUT,PATCH,DELETE"
    assert suite.send("OPTIONS", "tags", CLERK).headers["Allow"] == "OPTIONS,GET,HEAD"
    assert suite.send("OPTIONS", "files", CLERK).status_code == 404
    paths = json.loads(suite.get("openapi.json", CLERK).data)["paths"]
    assert set(paths["/tags"]) & {"get", "post", "patch", "delete"} == {"get"}
    assert set(paths["/orders"]) & {"get", "post", "patch", "delete"} == {"get", "post", "patch", "delete"}
    roots = suite.ask("{ __schema { mutationType { fields { name } } } }", CLERK).get_json()["data"]["__schema"]
    assert {field["name"] for field in roots["mutationType"]["fields"]} == {
        "insert_orders",
        "insert_orders_one",
        "update_orders",
        "update_orders_by_pk",
        "update_orders_many",
        "delete_orders",
        "delete_orders_by_pk",
        "insert_products",
        "insert_products_one",
    }
    offered = suite.soap_client(CLERK).wsdl.services["TrivetService"].ports["TrivetSoap11Port"].binding._operations
    assert {name for name in offered if not name.startswith(("List", "Get"))} == {
        "CreateOrders",
        "CreateOrdersBatch",
        "UpdateOrders",
        "UpsertOrders",
        "DeleteOrders",
        "CreateProducts",
        "CreateProductsBatch",
        *("Login", "Logout", "Query"),  # with the caller's own rights
        *(f"Aggregate{name}" for name in ("Customers", "OrderItems", "Orders", "Products")),
    }


def test_what_may_be_given_is_the_role_s_own(suite: Suite) -> None:
    """The inputs of writes have the fields that the role may give: no presets, nothing that is not allowed."""
    for who, type_, expected in (
        (ADA, "orders_insert_input", {"id", "note"}),
        (ADA, "orders_set_input", {"note"}),
        (AGENT, "customers_insert_input", {"id", "name", "email"}),
        (CLERK, "orders_set_input", {"note", "status"}),
    ):
        found = suite.ask(f'{{ __type(name: "{type_}") {{ inputFields {{ name }} }} }}', who).get_json()["data"][
            "__type"
        ]
        assert {field["name"] for field in found["inputFields"]} == expected
    row = suite.soap_client(AGENT).get_type("{urn:trivet:v1}CustomersInput")
    assert {name for name, _ in row.elements} == {"id", "name", "email"}

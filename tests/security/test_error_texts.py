"""What an error says: nothing of other rows, nothing that is hidden, whatever the database would have said."""

import json

import pytest
from contracts.filters import FieldRef
from contracts.operations import FieldOutput, Node, Read
from contracts.problems import Problem

from tests.fixtures.guarded_store import ADMIN, Suite
from tests.security.probing import ADA, AGENT, CLERK, COURIER, NOBODY, Probe, graphql, rest, soap, write

# texts of rows and names that the role of each probe does not see, or has not sent
PROBES = [
    # a unique value that is taken, by a row that is hidden
    (write(AGENT, "POST", "customers", {"id": 9, "name": "x", "email": "bob@example.com"}), "23505", ["bob@", "Bob"]),
    (write(AGENT, "PATCH", "customers?id=eq.1", {"email": "bob@example.com"}), "23505", ["bob@", "Bob", "Ada"]),
    (write(AGENT, "POST", "customers", {"id": 2, "name": "x"}), "23505", ["Bob", "bob@", "s2"]),
    (write(AGENT, "PATCH", "customers?id=eq.1", {"id": 2}), "23505", ["Bob", "Ada", "s1", "s2"]),
    (
        graphql(AGENT, 'mutation { insert_customers_one(object: {id: 9, name: "x", email: "bob@example.com"}) { id } }'),
        "constraint-violation",
        ["bob@", "Bob"],
    ),
    (
        soap(AGENT, "<UpdateCustomers><id>1</id><customers><email>bob@example.com</email></customers></UpdateCustomers>"),
        "23505",
        ["bob@", "Bob"],
    ),
    # a foreign key to, and from, tables that are hidden
    (write(COURIER, "POST", "orders", {"id": 9, "customer_id": 99}), "23503", ["customers", "99"]),
    (write(COURIER, "POST", "orders", {"id": 9, "customer_id": 1, "shipping_address_id": 77}), "23503", ["addresses\\"]),
    (write(AGENT, "DELETE", "customers?id=eq.1"), "23503", ["addresses", "orders"]),
    (graphql(AGENT, "mutation { delete_customers_by_pk(id: 1) { id } }"), "constraint-violation", ["addresses", "orders"]),
    (soap(AGENT, "<DeleteCustomers><id>1</id></DeleteCustomers>"), "23503", ["addresses", "orders"]),
    (write(CLERK, "POST", "orders", {"id": 9, "customer_id": 99, "status": "new"}), "23503", ["Ada", "Bob"]),
    # a value that is missing in a field that is hidden, and the row that PostgreSQL shows with it
    (write(CLERK, "POST", "products", {"name": "mine"}), "23502", ["mine", "failing"]),
    (write(AGENT, "POST", "customers", {"id": 9, "email": "new@example.com"}), "23502", ["new@", "failing", "secret", "7"]),
    (graphql(AGENT, "mutation { insert_customers_one(object: {id: 9}) { id } }"), "constraint-violation", ["secret", "7"]),
    # a check, and the same
    (write(COURIER, "PATCH", "order_items?order_id=eq.1&line_no=eq.1", {"quantity": -5}), "23514", ["-5", "failing", "product"]),
    (
        graphql(COURIER, "mutation { update_order_items(where: {order_id: {_eq: 1}}, _set: {quantity: -5}) { affected_rows } }"),
        "permission-error",
        ["-5", "failing", "product"],
    ),
    # the policy's own check: neither its terms nor the row
    (write(CLERK, "POST", "orders", {"id": 9, "customer_id": 1, "status": "shipped"}), "42501", ["shipped"]),
    (write(ADA, "PATCH", "customers?id=eq.1", {"vip": True}), "42501", ["false", "ada@"]),
    # values that don't fit, and what the database says of them
    (rest(CLERK, "customers?select=id&id=eq.two"), "22P02", ["Ada", "Bob"]),
    (rest(CLERK, "customers?select=id&born=gt.soon"), "22007", ["1990"]),
    (write(CLERK, "PATCH", "orders?id=eq.1", {"nothing": 1}), "PGRST204", ["customer_id", "shipping"]),
    # suggestions name what is seen
    (rest(CLERK, "fils"), "PGRST205", ["files"]),
    (rest(CLERK, "product_tag"), "PGRST205", ["product_tags'"]),
    (rest(NOBODY, "order"), "PGRST205", ["orders"]),
    (rest(CLERK, "customers?select=emai"), "42703", ["email"]),
    (rest(CLERK, "customers?secre=eq.1"), "42703", ["secret"]),
    (rest(CLERK, "customers?order=emal"), "42703", ["email"]),
    (rest(CLERK, "products?select=product_tag(*)"), "PGRST200", ["product_tags"]),
    (rest(CLERK, "products?select=tag(*)"), "PGRST200", ["tags"]),
    (rest(CLERK, "orders?select=addresses!customer(*)"), "PGRST200", ["product_tags", "files"]),
    (rest(CLERK, "orders?select=addresses(*)"), "PGRST201", ["customers", "files"]),
    (write(CLERK, "PATCH", "orders?id=eq.1", {"customer": 1}), "PGRST204", ["customer_id"]),
    (write(AGENT, "POST", "customers", {"secre": 1}), "PGRST204", ["secret"]),
    (rest(CLERK, "rpc/order"), "PGRST202", ["files", "vault"]),
    (graphql(CLERK, "{ file { id } }"), "validation-failed", ["files"]),
    (graphql(CLERK, "{ customers { emai } }"), "validation-failed", ["email"]),
    (graphql(CLERK, '{ customers(where: {emai: {_eq: "x"}}) { id } }'), "validation-failed", ["email"]),
    (graphql(CLERK, "{ customers(order_by: {secre: asc}) { id } }"), "validation-failed", ["secret"]),
    (graphql(CLERK, "{ customers(distinct_on: emal) { id } }"), "validation-failed", ["email"]),
    (graphql(CLERK, "{ products { tag { id } } }"), "validation-failed", ["tags"]),
    (graphql(CLERK, "query ($w: file_bool_exp) { customers { id } }"), "validation-failed", ["files"]),
    (soap(CLERK, "<ListFile/>"), "PGRST202", ["ListFiles"]),
    (soap(CLERK, "<ListCustomers><filter><emai/></filter></ListCustomers>"), "42703", ["email"]),
    (soap(CLERK, "<ListCustomers><fields><string>secre</string></fields></ListCustomers>"), "42703", ["secret"]),
    (soap(CLERK, "<ListProducts><include><string>tag</string></include></ListProducts>"), "PGRST200", ["tags"]),
]  # fmt: skip


@pytest.mark.parametrize("probe, code, unsaid", PROBES, ids=[str(probe) for probe, *_ in PROBES])
def test_an_error_keeps_to_what_the_caller_knows(suite: Suite, probe: Probe, code: str, unsaid: list[str]) -> None:
    """The code is the right one, and none of these words is in the answer."""
    status, headers, text = probe.send(suite)
    assert code in text
    assert status < 500 or probe.protocol == "soap"
    said = headers + text.replace(probe.text.partition("?")[0], "")
    assert not [word for word in unsaid if word.lower() in said.lower()]
    assert not [word for word in ("traceback", "select ", "sqlite", "psycopg", ".py") if word in text.lower()]


@pytest.mark.parametrize("cast", ["int", "numeric", "date", "uuid", "bool", "timestamp", "json", "float8"])
def test_a_cast_that_fails_tells_no_row(suite: Suite, cast: str) -> None:
    """A value of a row is not in the message, not even of a row that the role sees."""
    for address in (f"customers?select=name::{cast}", f"customers?select=x:profile->>city::{cast}"):
        answer = suite.get(address, CLERK)
        assert answer.status_code in (200, 400)
        if answer.status_code == 400:
            assert not [name for name in ("Ada", "Bob", "Çelik", "Oslo") if name in answer.text]


def test_a_caller_s_own_value_is_told(suite: Suite) -> None:
    """What the caller sent may be said again: it helps to find the fault."""
    assert '"fourty"' in json.loads(suite.get("customers?id=eq.fourty").data)["message"]
    assert '"soon"' in json.loads(suite.get("customers?born=gt.soon").data)["message"]
    taken = json.loads(suite.send("POST", "tags", ADMIN, {"id": 1, "name": "x"}).data)
    assert taken["details"].startswith("Key (id)")


def test_what_is_refused_stays_as_it_was(suite: Suite) -> None:
    """After all these errors nothing half-written remains."""
    before = suite.dump()
    for probe, *_ in PROBES:
        probe.send(suite)
    assert suite.dump() == before


def test_a_fault_of_our_own_says_nothing(suite: Suite, monkeypatch: pytest.MonkeyPatch) -> None:
    """A crash within the engine comes out in each dialect's form, without its text."""

    def crash(*_: object) -> None:
        raise RuntimeError("select secret from customers")

    monkeypatch.setattr(suite.engine, "execute", crash)
    for answer in (
        suite.get("orders"),
        suite.ask("{ orders { id } }"),
        suite.post("<ListOrders/>"),
    ):
        assert answer.status_code == 500
        assert "secret" not in answer.text
        assert "Runtime" not in answer.text
        assert answer.headers["X-Request-Id"]
    assert json.loads(suite.get("orders").data)["code"] == "XX000"
    assert suite.ask("{ orders { id } }").get_json()["errors"][0]["extensions"]["code"] == "unexpected"
    assert "<code>XX000</code>" in suite.post("<ListOrders/>").text


@pytest.mark.parametrize("name", ["", " ", "\x00", "a" * 10_000, "'", '"', "\\"])
def test_the_engine_refuses_any_name_with_a_problem(suite: Suite, name: str) -> None:
    """No name of a field or a table makes it raise anything else."""
    with pytest.raises(Problem):
        suite.run(Read("orders", Node(outputs=(FieldOutput("x", FieldRef(name)),))))
    with pytest.raises(Problem):
        suite.run(Read(name), who=CLERK)

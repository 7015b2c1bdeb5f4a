"""postgrest-js reads, unmodified, through the gateway: each answer is what the database holds."""

from collections.abc import Callable
from typing import Any

import pytest

Rows = Callable[[str], list[dict[str, Any]]]


def nested(rows: Rows, outer: str, **inner: str) -> list[dict[str, Any]]:
    """Rows with further ones under a key each, their SQL filled in with the outer row."""
    return [{**row, **{key: rows(sql.format(**row)) for key, sql in inner.items()}} for row in rows(outer)]


def single(found: list[dict[str, Any]], *keys: str) -> list[dict[str, Any]]:
    """The rows with their lists under these keys as one object, or null."""
    return [{**row, **{key: row[key][0] if row[key] else None for key in keys}} for row in found]


def picked(found: list[dict[str, Any]], *keys: str) -> list[dict[str, Any]]:
    """The rows with these keys alone."""
    return [{key: row[key] for key in keys} for row in found]


ORDERS = "select id from orders where {} order by id limit 30"
PRODUCTS = "select id from products where {} order by id limit 30"
CUSTOMERS = "select id from customers where {} order by id limit 30"
OF_CUSTOMER = "select id from orders where customer_id = {id} order by id"
HOLDS = "replace({}, '{}', '') <> {}"  # a case-sensitive search in both databases' words
NAME = "lower(name)"

PLAIN = {
    "eq": ORDERS.format("status = 'paid'"),
    "neq": ORDERS.format("status <> 'paid'"),
    "gt, lte": ORDERS.format("id > 2 and id <= 9"),
    "gte, lt": ORDERS.format("id >= 2 and id < 4"),
    "like": PRODUCTS.format("substr(name, 1, 1) = 'R'"),
    "ilike": PRODUCTS.format(HOLDS.format(NAME, "a", NAME)),
    "likeAllOf": PRODUCTS.format(HOLDS.format("name", "a", "name") + " and " + HOLDS.format("name", "n", "name")),
    "likeAnyOf": PRODUCTS.format("substr(name, 1, 1) in ('R', 'A')"),
    "ilikeAllOf": PRODUCTS.format(HOLDS.format(NAME, "a", NAME) + " and " + HOLDS.format(NAME, "n", NAME)),
    "ilikeAnyOf": PRODUCTS.format("lower(substr(name, 1, 1)) in ('r', 'a')"),
    "is null": ORDERS.format("note is null"),
    "is true": CUSTOMERS.format("vip"),
    "is false": CUSTOMERS.format("not vip"),
    "eq boolean": CUSTOMERS.format("vip"),
    "in": ORDERS.format("status in ('new', 'paid')"),
    "in with commas": PRODUCTS.format("name in ('Paint \"red\"', 'a,b', '(c)')"),
    "in numbers": ORDERS.format("id in (1, 3)"),
    "in nothing": ORDERS.format("1 = 0"),
    "match": ORDERS.format("customer_id = 1 and status = 'paid'"),
    "not": ORDERS.format("not status = 'paid'"),
    "not is null": ORDERS.format("note is not null"),
    "not in": ORDERS.format("status not in ('new', 'paid')"),
    "or": ORDERS.format("status = 'new' or id = 1"),
    "or of and": ORDERS.format("(status = 'paid' and customer_id = 1) or id = 4"),
    "filter": ORDERS.format("id in (1, 2)"),
    "order descending": "select id, customer_id from orders order by customer_id desc, id limit 5",
    "order nulls first": "select id from orders order by note nulls first, id limit 5",
    "limit": "select id from orders order by id limit 2",
    "range": "select id from orders order by id limit 2 offset 1",
    "range and count": "select id from orders order by id limit 2 offset 1",
    "columns": "select id as number, status, substr(cast(ordered_at as text), 1, 10) as at from orders order by id limit 2",
    "embed, none": "select id from customers c where not exists (select 1 from orders where customer_id = c.id) order by id limit 5",
    "embed, some": "select id from customers c where exists (select 1 from orders where customer_id = c.id) order by id limit 5",
    "aggregates": "select status, count(*) as count, max(id) as last from orders group by status order by status",
    "spread to-one": "select o.id, c.name as customer from orders o left join customers c on c.id = o.customer_id order by o.id limit 3",
    "another schema": "select id from tags order by id limit 1",
    "header of its own": "select id from tags order by id limit 1",
}  # fmt: skip


def shipped(rows: Rows) -> list[dict[str, Any]]:
    found = nested(
        rows,
        "select id, coalesce(shipping_address_id, -1) as s, coalesce(billing_address_id, -1) as b from orders order by id limit 4",
        ship="select city from addresses where id = {s}",
        bill="select city from addresses where id = {b}",
    )
    return picked(single(found, "ship", "bill"), "id", "ship", "bill")


def with_customers(rows: Rows, key: str, order: str = "o.id", limit: int = 3) -> list[dict[str, Any]]:
    sql = f"select o.id, o.customer_id from orders o join customers c on c.id = o.customer_id order by {order} limit {limit}"
    found = nested(rows, sql, **{key: "select name from customers where id = {customer_id}"})
    return picked(single(found, key), "id", key)


def deep(rows: Rows) -> list[dict[str, Any]]:
    (customer,) = nested(rows, "select id from customers where id = 1", orders=OF_CUSTOMER)
    for order in customer["orders"]:
        lines = nested(
            rows,
            f"select line_no, product_id from order_items where order_id = {order['id']} order by line_no",
            products="select name from products where id = {product_id}",
        )
        order["order_items"] = picked(single(lines, "products"), "line_no", "products")
    return [customer]


def itself(rows: Rows) -> list[dict[str, Any]]:
    found = nested(
        rows,
        "select id, coalesce(parent_id, -1) as up from categories order by id limit 4",
        categories="select id from categories where parent_id = {id} order by id",
        parent="select id from categories where id = {up}",
    )
    return picked(single(found, "parent"), "id", "categories", "parent")


THREE = "select id from customers order by id limit 3"
TAGS = "select name from tags t join product_tags p on p.tag_id = t.id where p.product_id = {id} order by name"
COMPUTED: dict[str, Callable[[Rows], Any]] = {
    "order by a related field": lambda rows: with_customers(rows, "customer", "c.name, o.id", 5),
    "single": lambda rows: rows("select id, status from orders where id = 1")[0],
    "maybeSingle": lambda rows: {"id": 1},
    "maybeSingle of none": lambda rows: None,
    "head": lambda rows: None,
    "csv": lambda rows: "id,status" + "".join(f"\n{r['id']},{r['status']}" for r in rows("select id, status from orders order by id limit 3")),
    "strip nulls": lambda rows: [{k: v for k, v in r.items() if v is not None} for r in rows("select id, note from orders order by id limit 3")],
    "embed to-one": lambda rows: with_customers(rows, "customers"),
    "embed by column": lambda rows: with_customers(rows, "who"),
    "embed by hint": shipped,
    "embed to-many": lambda rows: nested(rows, THREE, orders=OF_CUSTOMER + " desc"),
    "embed, limited": lambda rows: nested(rows, THREE, orders=OF_CUSTOMER + " limit 1"),
    "embed, ranged": lambda rows: nested(rows, THREE, orders=OF_CUSTOMER + " limit 1 offset 1"),
    "embed, filtered": lambda rows: nested(rows, "select id from customers order by id limit 5", orders="select id from orders where customer_id = {id} and status = 'new' order by id"),
    "embed inner": lambda rows: nested(rows, "select id from customers c where exists (select 1 from orders where customer_id = c.id and status = 'cancelled') order by id limit 3", orders="select id from orders where customer_id = {id} and status = 'cancelled' order by id"),
    "embed, or": lambda rows: nested(rows, THREE, orders="select id from orders where customer_id = {id} and status in ('new', 'cancelled') order by id"),
    "embed, nested": deep,
    "embed many-to-many": lambda rows: nested(rows, "select id from products order by id limit 3", tags=TAGS),
    "embed itself": itself,
    "embed, counted": lambda rows: nested(rows, THREE, orders="select count(*) as count from orders where customer_id = {id}"),
    "spread to-many": lambda rows: [{**row, "numbers": [r["id"] for r in rows(OF_CUSTOMER.format(**row))]} for row in rows(THREE)],
}  # fmt: skip

REFUSED = {
    "range beyond": (416, "PGRST103"),
    "single of none": (406, "PGRST116"),
    "single of several": (406, "PGRST116"),
    "maybeSingle of several": (406, "PGRST116"),
    "embed without hint": (300, "PGRST201"),
    "unknown table": (404, "PGRST205"),
    "unknown column": (400, "42703"),
    "unknown relation": (400, "PGRST200"),
    "bad value": (400, "22P02"),
    "rpc": (404, "PGRST202"),
}


@pytest.fixture(scope="module")
def seen(store, run_script):
    """What postgrest-js made of each answer."""
    return run_script("reading", store.environment)


@pytest.mark.parametrize("name", [*PLAIN, *COMPUTED])
def test_data(store, seen, name):
    expected = store.rows(PLAIN[name]) if name in PLAIN else COMPUTED[name](store.rows)
    assert seen[name]["error"] is None
    assert seen[name]["data"] == expected


def test_the_tables_are_not_empty(seen):
    for name in ("eq", "ilike", "is null", "not in", "embed, nested", "embed, none", "embed many-to-many"):
        assert seen[name]["data"], name


@pytest.mark.parametrize("name", REFUSED)
def test_refused(seen, name):
    status, code = REFUSED[name]
    answer = seen[name]
    assert (answer["status"], answer["error"]["code"], answer["data"]) == (status, code, None)
    assert answer["error"].keys() == {"code", "details", "hint", "message"}


def test_hints(seen):
    assert "orders" in seen["unknown table"]["error"]["hint"]
    assert "status" in seen["unknown column"]["error"]["hint"]
    assert "0 rows" in seen["single of none"]["error"]["details"]
    assert "addresses!orders_shipping_address_id_fkey" in seen["embed without hint"]["error"]["hint"]


def test_counts(store, seen):
    def total(where):
        (row,) = store.rows(f"select count(*) as n from {where}")
        return row["n"]

    paid = total("orders where status = 'paid'")
    assert (seen["count exact"]["count"], len(seen["count exact"]["data"])) == (paid, 1)
    assert (seen["head"]["count"], seen["head"]["data"]) == (paid, None)
    assert seen["range and count"]["count"] == total("orders")
    assert seen["range and count"]["status"] == 206
    assert seen["count estimated"]["count"] == total("tags")
    assert seen["count planned"]["count"] >= 1


def test_what_the_client_throws_and_hides(seen):
    assert seen["thrown"]["code"] == "42703"
    assert "AbortError" in seen["aborted"]["error"]["message"]
    # this client takes a 404 without a body, as a HEAD has, for nothing found
    assert (seen["head of an unknown table"]["status"], seen["head of an unknown table"]["error"]) == (204, None)


def test_every_stop_is_looked_at(seen):
    looked_at = {*PLAIN, *COMPUTED, *REFUSED, "count exact", "count planned", "count estimated", "thrown", "aborted"}
    assert seen.keys() - looked_at == {"head of an unknown table"}


KINDS: dict[str, Any] = {
    "contains array": [1], "contains text with spaces": [2], "contained by array": [1], "overlaps array": [1],
    "contains object": [1], "contained by object": [], "contains range": [1], "overlaps range": [1, 2],
    "rangeGt": [1, 2], "rangeGte": [2], "rangeLt": [1], "rangeLte": [1], "rangeAdjacent": [1], "textSearch": [1],
    "textSearch plain": [1], "textSearch phrase": [1], "textSearch websearch": [1, 2], "JSON path": [1],
    "JSON path compared": [2], "enum": [1],
}  # fmt: skip


def test_postgresql_types(small, run_script):
    seen = run_script("kinds", small.environment)
    read = seen.pop("JSON in select")["data"]
    assert read == [
        {"id": 1, "k": 1, "name": "x"},
        {"id": 2, "k": None, "name": "y"},
        {"id": 3, "k": None, "name": None},
    ]
    written = seen.pop("write arrays")["data"]
    assert written == {"tags": ["x", "y z"], "numbers": [1, 2], "span": "[1,3)", "data": {"deep": [None]}}
    assert small.rows("select tags, numbers from kinds where id = 9") == [{"tags": ["x", "y z"], "numbers": [1, 2]}]
    assert {name: [row["id"] for row in answer["data"]] for name, answer in seen.items()} == KINDS

"""Questions about the order of rows, and which page of them: nulls, ties, limits and counts."""

from decimal import Decimal

from contracts.filters import And
from contracts.operations import Node, Read, Sort

from tests.parity.question import F, Graphql, P, Question, by, call, compare, get, order_by, out

_NONE = {"status": {"eq": "nowhere"}}

QUESTIONS = (
    Question(
        name="descending",
        ask=Read("tags", Node(outputs=out("id"), sort=(Sort(F("id"), descending=True),))),
        rest=get("tags?select=id&order=id.desc"),
        graphql=Graphql("{ rows: tags(order_by: {id: desc}) { id } }"),
        soap=call("ListTags", orderBy=order_by(("id", True))),
        rows=[{"id": 3}, {"id": 2}, {"id": 1}],
    ),
    Question(
        name="by two fields in two directions",
        ask=Read(
            "order_items",
            Node(outputs=out("order_id", "line_no"), sort=(Sort(F("line_no"), descending=True), Sort(F("order_id")))),
        ),
        rest=get("order_items?select=order_id,line_no&order=line_no.desc,order_id.asc"),
        graphql=Graphql("{ rows: order_items(order_by: [{line_no: desc}, {order_id: asc}]) { order_id line_no } }"),
        soap=call("ListOrderItems", orderBy=order_by(("line_no", True), "order_id")),
        rows=[
            {"order_id": 1, "line_no": 2},
            {"order_id": 3, "line_no": 2},
            {"order_id": 1, "line_no": 1},
            {"order_id": 2, "line_no": 1},
            {"order_id": 3, "line_no": 1},
        ],
    ),
    Question(
        name="nulls last when ascending",
        ask=Read("customers", Node(outputs=out("id", "balance"), sort=by("balance"))),
        rest=get("customers?select=id,balance&order=balance"),
        graphql=Graphql("{ rows: customers(order_by: {balance: asc}) { id balance } }"),
        soap=call("ListCustomers", orderBy=order_by("balance")),
        rows=[
            {"id": 2, "balance": Decimal("0.50")},
            {"id": 1, "balance": Decimal("10.10")},
            {"id": 3, "balance": None},
        ],
    ),
    Question(
        name="nulls first when descending",
        ask=Read("customers", Node(outputs=out("id", "email"), sort=(Sort(F("email"), descending=True),))),
        rest=get("customers?select=id,email&order=email.desc"),
        graphql=Graphql("{ rows: customers(order_by: {email: desc}) { id email } }"),
        soap=call("ListCustomers", orderBy=order_by(("email", True))),
        rows=[
            {"id": 3, "email": None},
            {"id": 2, "email": "bob@example.com"},
            {"id": 1, "email": "ada@example.com"},
        ],
    ),
    Question(
        name="nulls first on demand",
        ask=Read("customers", Node(outputs=out("id"), sort=(Sort(F("born"), nulls="first"),))),
        rest=get("customers?select=id&order=born.asc.nullsfirst"),
        graphql=Graphql("{ rows: customers(order_by: {born: asc_nulls_first}) { id } }"),
        soap=call("ListCustomers", orderBy=order_by(("born", False, "first"))),
        rows=[{"id": 2}, {"id": 1}, {"id": 3}],
    ),
    Question(
        name="nulls last on demand",
        ask=Read("customers", Node(outputs=out("id"), sort=(Sort(F("born"), descending=True, nulls="last"),))),
        rest=get("customers?select=id&order=born.desc.nullslast"),
        graphql=Graphql("{ rows: customers(order_by: {born: desc_nulls_last}) { id } }"),
        soap=call("ListCustomers", orderBy=order_by(("born", True, "last"))),
        rows=[{"id": 3}, {"id": 1}, {"id": 2}],
    ),
    Question(
        name="ties in any order",
        ask=Read("products", Node(outputs=out("price", "id"), sort=by("price"))),
        rest=get("products?select=price,id&order=price"),
        graphql=Graphql("{ rows: products(order_by: {price: asc}) { price id } }"),
        soap=call("ListProducts", orderBy=order_by("price")),
        rows=[
            {"price": Decimal("1.00"), "id": 4},
            {"price": Decimal("9.90"), "id": 2},
            {"price": Decimal("9.90"), "id": 3},
            {"price": Decimal("100.00"), "id": 1},
        ],
        order=("price",),
    ),
    Question(
        name="ties broken by the key",
        ask=Read(
            "orders",
            Node(outputs=out("id", "ordered_at"), sort=(Sort(F("ordered_at")), Sort(F("id"), descending=True))),
        ),
        rest=get("orders?select=id,ordered_at&order=ordered_at.asc,id.desc"),
        graphql=Graphql("{ rows: orders(order_by: [{ordered_at: asc}, {id: desc}]) { id ordered_at } }"),
        soap=call("ListOrders", orderBy=order_by("ordered_at", ("id", True))),
        rows=[
            {"id": 1, "ordered_at": "2024-03-01T08:00:00"},
            {"id": 3, "ordered_at": "2024-03-02T08:00:00"},
            {"id": 2, "ordered_at": "2024-03-02T08:00:00"},
            {"id": 4, "ordered_at": None},
        ],
    ),
    Question(
        name="ties among nulls",
        ask=Read(
            "orders",
            Node(outputs=out("billing_address_id", "id"), sort=(Sort(F("billing_address_id"), nulls="first"),)),
        ),
        rest=get("orders?select=billing_address_id,id&order=billing_address_id.nullsfirst"),
        graphql=Graphql("{ rows: orders(order_by: {billing_address_id: asc_nulls_first}) { billing_address_id id } }"),
        soap=call("ListOrders", orderBy=order_by(("billing_address_id", False, "first"))),
        rows=[
            {"billing_address_id": None, "id": 2},
            {"billing_address_id": None, "id": 4},
            {"billing_address_id": 2, "id": 1},
            {"billing_address_id": 3, "id": 3},
        ],
        order=("billing_address_id",),
    ),
    Question(
        name="a page across ties",
        ask=Read("products", Node(outputs=out("id"), sort=by("price", "id"), limit=P(0), offset=P(1))),
        values=(2, 1),
        rest=get("products?select=id&order=price,id&limit=2&offset=1"),
        graphql=Graphql("{ rows: products(order_by: [{price: asc}, {id: asc}], limit: 2, offset: 1) { id } }"),
        soap=call("ListProducts", orderBy=order_by("price", "id"), page={"limit": 2, "offset": 1}),
        rows=[{"id": 2}, {"id": 3}],
    ),
    Question(
        name="texts by their characters' numbers",
        ask=Read("customers", Node(outputs=out("name"), sort=(Sort(F("name"), descending=True),))),
        rest=get("customers?select=name&order=name.desc"),
        graphql=Graphql("{ rows: customers(order_by: {name: desc}) { name } }"),
        soap=call("ListCustomers", orderBy=order_by(("name", True))),
        rows=[{"name": "Çelik 日本"}, {"name": "Bob"}, {"name": "Ada"}],
    ),
    Question(
        name="the first row",
        ask=Read("orders", Node(outputs=out("id", "note"), sort=by("id"), limit=P(0))),
        values=(1,),
        rest=get("orders?select=id,note&order=id&limit=1"),
        graphql=Graphql("{ rows: orders(order_by: {id: asc}, limit: 1) { id note } }"),
        soap=call("ListOrders", orderBy=order_by("id"), page={"limit": 1}),
        rows=[{"id": 1, "note": "first"}],
    ),
    Question(
        name="all but the first rows",
        ask=Read("orders", Node(outputs=out("id"), sort=by("id"), offset=P(0))),
        values=(2,),
        rest=get("orders?select=id&order=id&offset=2"),
        graphql=Graphql("{ rows: orders(order_by: {id: asc}, offset: 2) { id } }"),
        soap=call("ListOrders", orderBy=order_by("id"), page={"offset": 2}),
        rows=[{"id": 3}, {"id": 4}],
    ),
    Question(
        name="no rows on demand",
        ask=Read("orders", Node(outputs=out("id"), limit=P(0))),
        values=(0,),
        rest=get("orders?select=id&limit=0"),
        graphql=Graphql("{ rows: orders(limit: 0) { id } }"),
        soap=call("ListOrders", page={"limit": 0}),
        rows=[],
    ),
    Question(
        name="a page beyond the last row",
        ask=Read("orders", Node(outputs=out("id"), sort=by("id"), offset=P(0))),
        values=(50,),
        rest=get("orders?select=id&order=id&offset=50"),
        graphql=Graphql("{ rows: orders(order_by: {id: asc}, offset: 50) { id } }"),
        soap=call("ListOrders", orderBy=order_by("id"), page={"offset": 50}),
        rows=[],
    ),
    Question(
        name="a page and how many there are",
        ask=Read(
            "order_items",
            Node(outputs=out("quantity"), filter=compare("product_id", "lte", 0), sort=by("quantity"), limit=P(1)),
            count="exact",
        ),
        values=(2, 2),
        rest=get("order_items?select=quantity&product_id=lte.2&order=quantity&limit=2"),
        graphql=Graphql(
            "query ($w: order_items_bool_exp) { rows: order_items(where: $w, order_by: {quantity: asc}, limit: 2)"
            " { quantity } total: order_items_aggregate(where: $w) { aggregate { count } } }",
            {"w": {"product_id": {"_lte": 2}}},
        ),
        soap=call(
            "ListOrderItems",
            filter={"product_id": {"le": 2}},
            orderBy=order_by("quantity"),
            page={"limit": 2, "includeTotal": True},
        ),
        rows=[{"quantity": 1}, {"quantity": 1}],
        total=4,
    ),
    Question(
        name="how many there are of none",
        ask=Read("orders", Node(outputs=out("id"), filter=And((compare("status", "eq"),))), count="exact"),
        values=("nowhere",),
        rest=get("orders?select=id&status=eq.nowhere"),
        graphql=Graphql(
            'query { rows: orders(where: {status: {_eq: "nowhere"}}) { id }'
            ' total: orders_aggregate(where: {status: {_eq: "nowhere"}}) { aggregate { count } } }'
        ),
        soap=call("ListOrders", filter=_NONE, page={"includeTotal": True}),
        rows=[],
        total=0,
    ),
)

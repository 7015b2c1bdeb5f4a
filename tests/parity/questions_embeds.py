"""Questions about related rows, in every direction, with none of them, and across several levels."""

from decimal import Decimal

from contracts.filters import Exists, Not
from contracts.operations import Aggregate, Embed, FieldOutput, Node, Read, Sort

from tests.parity.question import F, Graphql, NotAsked, P, Question, R, by, call, compare, get, order_by, out, strings

_WHOLE = NotAsked("related rows come whole")
_NO_AGGREGATES = NotAsked("groups have a form of their own: test_parity_groups")


def _embed(name: str, *fields: str, key: str = "", **node: object) -> Embed:
    return Embed(key or name, R(name), Node(outputs=out(*fields), **node))  # type: ignore[arg-type]  # a node's own members


QUESTIONS = (
    Question(
        name="to-one",
        ask=Read("orders", Node(outputs=(*out("id"), _embed("customer", "name", "balance")), sort=by("id"))),
        rest=get("orders?select=id,customer(name,balance)&order=id"),
        graphql=Graphql("{ rows: orders(order_by: {id: asc}) { id customer { name balance } } }"),
        soap=call("ListOrders", orderBy=order_by("id"), include=strings("customer")),
        rows=[
            {"id": 1, "customer": {"name": "Ada", "balance": Decimal("10.10")}},
            {"id": 2, "customer": {"name": "Ada", "balance": Decimal("10.10")}},
            {"id": 3, "customer": {"name": "Bob", "balance": Decimal("0.50")}},
            {"id": 4, "customer": {"name": "Bob", "balance": Decimal("0.50")}},
        ],
    ),
    Question(
        name="to-one with nobody there, two relations to one table",
        ask=Read(
            "orders",
            Node(
                outputs=(*out("id"), _embed("shipping_address", "city"), _embed("billing_address", "city")),
                sort=by("id"),
            ),
        ),
        rest=get("orders?select=id,shipping_address(city),billing_address(city)&order=id"),
        graphql=Graphql(
            "{ rows: orders(order_by: {id: asc}) { id shipping_address { city } billing_address { city } } }"
        ),
        soap=call("ListOrders", orderBy=order_by("id"), include=strings("shipping_address", "billing_address")),
        rows=[
            {"id": 1, "shipping_address": {"city": "Oslo"}, "billing_address": {"city": "Bergen"}},
            {"id": 2, "shipping_address": {"city": "Oslo"}, "billing_address": None},
            {"id": 3, "shipping_address": {"city": "Rome"}, "billing_address": {"city": "Rome"}},
            {"id": 4, "shipping_address": None, "billing_address": None},
        ],
    ),
    Question(
        name="to-many with none of them",
        ask=Read("customers", Node(outputs=(*out("id"), _embed("orders", "id", "note", sort=by("id"))), sort=by("id"))),
        rest=get("customers?select=id,orders(id,note)&order=id&orders.order=id"),
        graphql=Graphql("{ rows: customers(order_by: {id: asc}) { id orders(order_by: {id: asc}) { id note } } }"),
        soap=call("ListCustomers", orderBy=order_by("id"), include=strings("orders")),
        rows=[
            {"id": 1, "orders": [{"id": 1, "note": "first"}, {"id": 2, "note": None}]},
            {"id": 2, "orders": [{"id": 3, "note": ""}, {"id": 4, "note": None}]},
            {"id": 3, "orders": []},
        ],
    ),
    Question(
        name="two to-many side by side",
        ask=Read(
            "customers",
            Node(
                outputs=(
                    *out("id"),
                    _embed("addresses", "city", sort=by("id")),
                    _embed("orders", "status", sort=by("id")),
                ),
                filter=compare("id", "in"),
                sort=by("id"),
            ),
        ),
        values=([1, 3],),
        rest=get(
            "customers?select=id,addresses(city),orders(status)&id=in.(1,3)&order=id&addresses.order=id&orders.order=id"
        ),
        graphql=Graphql(
            "{ rows: customers(where: {id: {_in: [1, 3]}}, order_by: {id: asc})"
            " { id addresses(order_by: {id: asc}) { city } orders(order_by: {id: asc}) { status } } }"
        ),
        soap=call(
            "ListCustomers",
            filter={"id": {"in": [1, 3]}},
            orderBy=order_by("id"),
            include=strings("addresses", "orders"),
        ),
        rows=[
            {
                "id": 1,
                "addresses": [{"city": "Oslo"}, {"city": "Bergen"}],
                "orders": [{"status": "paid"}, {"status": "new"}],
            },
            {"id": 3, "addresses": [], "orders": []},
        ],
    ),
    Question(
        name="to-many with a composite key",
        ask=Read(
            "orders",
            Node(outputs=(*out("id"), _embed("order_items", "line_no", "quantity", sort=by("line_no"))), sort=by("id")),
        ),
        rest=get("orders?select=id,order_items(line_no,quantity)&order=id&order_items.order=line_no"),
        graphql=Graphql(
            "{ rows: orders(order_by: {id: asc}) { id order_items(order_by: {line_no: asc}) { line_no quantity } } }"
        ),
        soap=call("ListOrders", orderBy=order_by("id"), include=strings("order_items")),
        rows=[
            {"id": 1, "order_items": [{"line_no": 1, "quantity": 2}, {"line_no": 2, "quantity": 1}]},
            {"id": 2, "order_items": [{"line_no": 1, "quantity": 5}]},
            {"id": 3, "order_items": [{"line_no": 1, "quantity": 1}, {"line_no": 2, "quantity": 1}]},
            {"id": 4, "order_items": []},
        ],
    ),
    Question(
        name="many-to-many over a composite key, with none of them",
        ask=Read("products", Node(outputs=(*out("id"), _embed("tags", "name", sort=by("id"))), sort=by("id"))),
        rest=get("products?select=id,tags(name)&order=id&tags.order=id"),
        graphql=Graphql("{ rows: products(order_by: {id: asc}) { id tags(order_by: {id: asc}) { name } } }"),
        soap=call("ListProducts", orderBy=order_by("id"), include=strings("tags")),
        rows=[
            {"id": 1, "tags": [{"name": "heavy"}, {"name": "new"}]},
            {"id": 2, "tags": [{"name": "new"}]},
            {"id": 3, "tags": []},
            {"id": 4, "tags": []},
        ],
    ),
    Question(
        name="a table related to itself, both ways",
        ask=Read(
            "categories",
            Node(
                outputs=(*out("name"), _embed("parent", "name"), _embed("categories", "name", sort=by("id"))),
                sort=by("id"),
            ),
        ),
        rest=get("categories?select=name,parent(name),categories(name)&order=id&categories.order=id"),
        graphql=Graphql(
            "{ rows: categories(order_by: {id: asc}) { name parent { name } categories(order_by: {id: asc}) { name } } }"
        ),
        soap=call("ListCategories", orderBy=order_by("id"), include=strings("parent", "categories")),
        rows=[
            {"name": "All", "parent": None, "categories": [{"name": "Tools"}, {"name": "Art"}]},
            {"name": "Tools", "parent": {"name": "All"}, "categories": [{"name": "Hammers"}]},
            {"name": "Art", "parent": {"name": "All"}, "categories": []},
            {"name": "Hammers", "parent": {"name": "Tools"}, "categories": []},
        ],
    ),
    Question(
        name="relations under other names",
        ask=Read(
            "tags",
            Node(
                outputs=(FieldOutput("tag", F("name")), _embed("products", "id", key="bears", sort=by("id"))),
                sort=by("id"),
            ),
        ),
        rest=get("tags?select=tag:name,bears:products(id)&order=id&bears.order=id"),
        graphql=Graphql(
            "{ rows: tags(order_by: {id: asc}) { tag: name bears: products(order_by: {id: asc}) { id } } }"
        ),
        soap=call("ListTags", orderBy=order_by("id"), include=strings("products")),
        rows=[
            {"tag": "heavy", "bears": [{"id": 1}]},
            {"tag": "new", "bears": [{"id": 1}, {"id": 2}]},
            {"tag": "unused", "bears": []},
        ],
    ),
    Question(
        name="bytes and nulls of related rows are theirs alone",
        ask=Read(
            "addresses", Node(outputs=(*out("id"), _embed("customer", "born", "profile")), filter=compare("city", "eq"))
        ),
        values=("Rome",),
        rest=get("addresses?select=id,customer(born,profile)&city=eq.Rome"),
        graphql=Graphql('{ rows: addresses(where: {city: {_eq: "Rome"}}) { id customer { born profile } } }'),
        soap=call("ListAddresses", filter={"city": {"eq": "Rome"}}, include=strings("customer")),
        rows=[{"id": 3, "customer": {"born": None, "profile": {"city": "Rome", "age": 41}}}],
    ),
    Question(
        name="three levels",
        ask=Read(
            "customers",
            Node(
                outputs=(
                    *out("id"),
                    Embed(
                        "orders",
                        R("orders"),
                        Node(
                            outputs=(
                                *out("id"),
                                Embed(
                                    "order_items",
                                    R("order_items"),
                                    Node(outputs=(*out("line_no"), _embed("product", "name")), sort=by("line_no")),
                                ),
                            ),
                            sort=by("id"),
                        ),
                    ),
                ),
                sort=by("id"),
            ),
        ),
        rest=get(
            "customers?select=id,orders(id,order_items(line_no,product(name)))&order=id&orders.order=id"
            "&orders.order_items.order=line_no"
        ),
        graphql=Graphql(
            "{ rows: customers(order_by: {id: asc}) { id orders(order_by: {id: asc})"
            " { id order_items(order_by: {line_no: asc}) { line_no product { name } } } } }"
        ),
        soap=call("ListCustomers", orderBy=order_by("id"), include=strings("orders/order_items/product")),
        rows=[
            {
                "id": 1,
                "orders": [
                    {
                        "id": 1,
                        "order_items": [
                            {"line_no": 1, "product": {"name": "Anvil"}},
                            {"line_no": 2, "product": {"name": "Rope"}},
                        ],
                    },
                    {"id": 2, "order_items": [{"line_no": 1, "product": {"name": "Rope"}}]},
                ],
            },
            {
                "id": 2,
                "orders": [
                    {
                        "id": 3,
                        "order_items": [
                            {"line_no": 1, "product": {"name": 'Paint "red"'}},
                            {"line_no": 2, "product": {"name": "Anvil"}},
                        ],
                    },
                    {"id": 4, "order_items": []},
                ],
            },
            {"id": 3, "orders": []},
        ],
    ),
    Question(
        name="the last related row of each",
        ask=Read(
            "customers",
            Node(
                outputs=(*out("id"), _embed("orders", "id", sort=(Sort(F("id"), descending=True),), limit=P(0))),
                sort=by("id"),
            ),
        ),
        values=(1,),
        rest=get("customers?select=id,orders(id)&order=id&orders.order=id.desc&orders.limit=1"),
        graphql=Graphql(
            "{ rows: customers(order_by: {id: asc}) { id orders(order_by: {id: desc}, limit: 1) { id } } }"
        ),
        soap=_WHOLE,
        rows=[{"id": 1, "orders": [{"id": 2}]}, {"id": 2, "orders": [{"id": 4}]}, {"id": 3, "orders": []}],
    ),
    Question(
        name="rows that have a related one",
        ask=Read(
            "customers", Node(outputs=out("id"), filter=Exists(R("orders"), compare("status", "eq")), sort=by("id"))
        ),
        values=("cancelled",),
        rest=get("customers?select=id,orders!inner()&orders.status=eq.cancelled&order=id"),
        graphql=Graphql(
            '{ rows: customers(where: {orders: {status: {_eq: "cancelled"}}}, order_by: {id: asc}) { id } }'
        ),
        soap=call("ListCustomers", filter={"orders": {"status": {"eq": "cancelled"}}}, orderBy=order_by("id")),
        rows=[{"id": 2}],
    ),
    Question(
        name="rows that have no related one",
        ask=Read("products", Node(outputs=out("id"), filter=Not(Exists(R("order_items"))))),
        rest=get("products?select=id,order_items()&order_items=is.null"),
        graphql=Graphql("{ rows: products(where: {_not: {order_items: {}}}) { id } }"),
        soap=call("ListProducts", filter={"not": {"order_items": {}}}),
        rows=[{"id": 4}],
    ),
    Question(
        name="rows that have a related one which has none, two levels deep",
        ask=Read(
            "customers",
            Node(
                outputs=out("id"), filter=Exists(R("orders"), Not(Exists(R("order_items"), compare("quantity", "gt"))))
            ),
        ),
        values=(0,),
        rest=NotAsked("no related rows of related rows can be asked for"),
        graphql=Graphql("{ rows: customers(where: {orders: {_not: {order_items: {quantity: {_gt: 0}}}}}) { id } }"),
        soap=call("ListCustomers", filter={"orders": {"not": {"order_items": {"quantity": {"gt": 0}}}}}),
        rows=[{"id": 2}],
    ),
    Question(
        name="rows whose related one is so, up by foreign keys",
        ask=Read(
            "order_items",
            Node(
                outputs=out("order_id", "line_no"),
                filter=Exists(R("order"), Exists(R("customer"), compare("name", "eq"))),
                sort=by("order_id", "line_no"),
            ),
        ),
        values=("Bob",),
        rest=NotAsked("what is asked of related rows stands in the answer"),
        graphql=Graphql(
            '{ rows: order_items(where: {order: {customer: {name: {_eq: "Bob"}}}},'
            " order_by: [{order_id: asc}, {line_no: asc}]) { order_id line_no } }"
        ),
        soap=call(
            "ListOrderItems",
            filter={"order": {"customer": {"name": {"eq": "Bob"}}}},
            orderBy=order_by("order_id", "line_no"),
        ),
        rows=[{"order_id": 3, "line_no": 1}, {"order_id": 3, "line_no": 2}],
    ),
    Question(
        name="by a related row's field, where there may be none",
        ask=Read(
            "orders",
            Node(
                outputs=(*out("id"), _embed("billing_address", "city")),
                sort=(Sort(F("city"), via=(R("billing_address"),)), Sort(F("id"))),
            ),
        ),
        rest=get("orders?select=id,billing_address(city)&order=billing_address(city),id"),
        graphql=Graphql(
            "{ rows: orders(order_by: [{billing_address: {city: asc}}, {id: asc}]) { id billing_address { city } } }"
        ),
        soap=call("ListOrders", orderBy=order_by("billing_address/city", "id"), include=strings("billing_address")),
        rows=[
            {"id": 1, "billing_address": {"city": "Bergen"}},
            {"id": 3, "billing_address": {"city": "Rome"}},
            {"id": 2, "billing_address": None},
            {"id": 4, "billing_address": None},
        ],
    ),
    Question(
        name="how many, nulls aside",
        ask=Read("customers", Node(outputs=(Aggregate("n", "count"), Aggregate("known", "count", (F("balance"),))))),
        rest=get("customers?select=n:count(),known:balance.count()"),
        graphql=Graphql("{ all: customers_aggregate { rows: aggregate { n: count known: count(columns: balance) } } }"),
        soap=_NO_AGGREGATES,
        rows=[{"n": 3, "known": 2}],
    ),
)

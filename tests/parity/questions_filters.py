"""Questions about which rows: every kind of filter, over nulls too."""

from decimal import Decimal

from contracts.filters import And, Is, Not, Or
from contracts.operations import FieldOutput, Node, Read

from tests.parity.question import (
    F,
    Graphql,
    NotAsked,
    Question,
    by,
    call,
    compare,
    get,
    order_by,
    out,
    strings,
)

_ID = by("id")
_NAMES = out("id", "name")

QUESTIONS = (
    Question(
        name="all rows of a table",
        ask=Read("addresses", Node(sort=_ID, outputs=out("id", "customer_id", "city"))),
        rest=get("addresses?select=id,customer_id,city&order=id"),
        graphql=Graphql("{ rows: addresses(order_by: {id: asc}) { id customer_id city } }"),
        soap=call("ListAddresses", orderBy=order_by("id")),
        rows=[
            {"id": 1, "customer_id": 1, "city": "Oslo"},
            {"id": 2, "customer_id": 1, "city": "Bergen"},
            {"id": 3, "customer_id": 2, "city": "Rome"},
        ],
    ),
    Question(
        name="every type of field",
        ask=Read("customers", Node(sort=_ID, outputs=out("name", "vip", "born", "balance", "profile", "created_at"))),
        rest=get("customers?select=name,vip,born,balance,profile,created_at&order=id"),
        graphql=Graphql("{ rows: customers(order_by: {id: asc}) { name vip born balance profile created_at } }"),
        soap=call(
            "ListCustomers",
            orderBy=order_by("id"),
            fields=strings("name", "vip", "born", "balance", "profile", "created_at"),
        ),
        rows=[
            {
                "name": "Ada",
                "vip": True,
                "born": "1990-02-28",
                "balance": Decimal("10.10"),
                "profile": {"city": "Oslo", "age": 30, "tags": ["a", "b"]},
                "created_at": "2024-01-31T10:00:00",
            },
            {
                "name": "Bob",
                "vip": False,
                "born": None,
                "balance": Decimal("0.50"),
                "profile": {"city": "Rome", "age": 41},
                "created_at": "2024-02-29T23:59:59",
            },
            {
                "name": "Çelik 日本",
                "vip": True,
                "born": "2000-12-31",
                "balance": None,
                "profile": None,
                "created_at": None,
            },
        ],
    ),
    Question(
        name="keys in the order asked, under other names",
        ask=Read("products", Node(sort=_ID, outputs=(FieldOutput("title", F("name")), FieldOutput("no", F("id"))))),
        rest=get("products?select=title:name,no:id&order=id"),
        graphql=Graphql("{ rows: products(order_by: {id: asc}) { title: name no: id } }"),
        soap=call("ListProducts", orderBy=order_by("id"), fields=strings("name", "id")),
        rows=[
            {"title": "Anvil", "no": 1},
            {"title": "Rope", "no": 2},
            {"title": 'Paint "red"', "no": 3},
            {"title": "Unsold", "no": 4},
        ],
    ),
    Question(
        name="a row by its key",
        ask=Read("customers", Node(outputs=_NAMES, filter=compare("id", "eq"))),
        values=(3,),
        rest=get("customers?select=id,name&id=eq.3"),
        graphql=Graphql("{ rows: customers_by_pk(id: 3) { id name } }"),
        soap=call("GetCustomers", id=3),
        rows=[{"id": 3, "name": "Çelik 日本"}],
    ),
    Question(
        name="a row that is not there",
        ask=Read("customers", Node(outputs=_NAMES, filter=compare("id", "eq"))),
        values=(99,),
        rest=get("customers?select=id,name&id=eq.99"),
        graphql=Graphql("{ rows: customers_by_pk(id: 99) { id name } }"),
        soap=call("GetCustomers", id=99),
        rows=[],
    ),
    Question(
        name="a row by a composite key",
        ask=Read(
            "order_items",
            Node(
                outputs=out("order_id", "line_no", "quantity"),
                filter=And((compare("order_id", "eq", 0), compare("line_no", "eq", 1))),
            ),
        ),
        values=(3, 2),
        rest=get("order_items?select=order_id,line_no,quantity&order_id=eq.3&line_no=eq.2"),
        graphql=Graphql("{ rows: order_items_by_pk(order_id: 3, line_no: 2) { order_id line_no quantity } }"),
        soap=call("GetOrderItems", order_id=3, line_no=2),
        rows=[{"order_id": 3, "line_no": 2, "quantity": 1}],
    ),
    Question(
        name="part of a composite key",
        ask=Read(
            "order_items",
            Node(outputs=out("order_id", "line_no"), filter=compare("order_id", "eq"), sort=by("line_no")),
        ),
        values=(1,),
        rest=get("order_items?select=order_id,line_no&order_id=eq.1&order=line_no"),
        graphql=Graphql(
            "{ rows: order_items(where: {order_id: {_eq: 1}}, order_by: {line_no: asc}) { order_id line_no } }"
        ),
        soap=call("ListOrderItems", filter={"order_id": {"eq": 1}}, orderBy=order_by("line_no")),
        rows=[{"order_id": 1, "line_no": 1}, {"order_id": 1, "line_no": 2}],
    ),
    Question(
        name="unlike a value, which null is not",
        ask=Read("orders", Node(outputs=out("id"), filter=compare("note", "neq"), sort=_ID)),
        values=("first",),
        rest=get("orders?select=id&note=neq.first&order=id"),
        graphql=Graphql('{ rows: orders(where: {note: {_neq: "first"}}, order_by: {id: asc}) { id } }'),
        soap=call("ListOrders", filter={"note": {"ne": "first"}}, orderBy=order_by("id")),
        rows=[{"id": 3}],
    ),
    Question(
        name="between two numbers",
        ask=Read(
            "products",
            Node(outputs=out("id"), filter=And((compare("price", "gte", 0), compare("price", "lt", 1))), sort=_ID),
        ),
        values=(Decimal("9.90"), 100),
        rest=get("products?select=id&price=gte.9.90&price=lt.100&order=id"),
        graphql=Graphql("{ rows: products(where: {price: {_gte: 9.90, _lt: 100}}, order_by: {id: asc}) { id } }"),
        soap=call("ListProducts", filter={"price": {"ge": Decimal("9.90"), "lt": 100}}, orderBy=order_by("id")),
        rows=[{"id": 2}, {"id": 3}],
    ),
    Question(
        name="above and not above",
        ask=Read(
            "order_items",
            Node(
                outputs=out("order_id", "quantity"),
                filter=Or((compare("quantity", "gt", 0), compare("order_id", "lte", 1))),
                sort=by("order_id", "line_no"),
            ),
        ),
        values=(2, 1),
        rest=get("order_items?select=order_id,quantity&or=(quantity.gt.2,order_id.lte.1)&order=order_id,line_no"),
        graphql=Graphql(
            "{ rows: order_items(where: {_or: [{quantity: {_gt: 2}}, {order_id: {_lte: 1}}]},"
            " order_by: [{order_id: asc}, {line_no: asc}]) { order_id quantity } }"
        ),
        soap=call(
            "ListOrderItems",
            filter={"or": [{"quantity": {"gt": 2}}, {"order_id": {"le": 1}}]},
            orderBy=order_by("order_id", "line_no"),
        ),
        rows=[{"order_id": 1, "quantity": 2}, {"order_id": 1, "quantity": 1}, {"order_id": 2, "quantity": 5}],
    ),
    Question(
        name="one of a list",
        ask=Read("orders", Node(outputs=out("id"), filter=compare("status", "in"), sort=_ID)),
        values=(["new", "cancelled", "absent"],),
        rest=get("orders?select=id&status=in.(new,cancelled,absent)&order=id"),
        graphql=Graphql(
            "query ($s: [String!]) { rows: orders(where: {status: {_in: $s}}, order_by: {id: asc}) { id } }",
            {"s": ["new", "cancelled", "absent"]},
        ),
        soap=call("ListOrders", filter={"status": {"in": ["new", "cancelled", "absent"]}}, orderBy=order_by("id")),
        rows=[{"id": 2}, {"id": 4}],
    ),
    Question(
        name="none of a list, which null is not",
        ask=Read("orders", Node(outputs=out("id"), filter=Not(compare("shipping_address_id", "in")), sort=_ID)),
        values=([3],),
        rest=get("orders?select=id&shipping_address_id=not.in.(3)&order=id"),
        graphql=Graphql("{ rows: orders(where: {shipping_address_id: {_nin: [3]}}, order_by: {id: asc}) { id } }"),
        soap=call("ListOrders", filter={"not": {"shipping_address_id": {"in": [3]}}}, orderBy=order_by("id")),
        rows=[{"id": 1}, {"id": 2}],
    ),
    Question(
        name="one of no list at all",
        ask=Read("orders", Node(outputs=out("id"), filter=compare("id", "in"))),
        values=([],),
        rest=get("orders?select=id&id=in.()"),
        graphql=Graphql("{ rows: orders(where: {id: {_in: []}}) { id } }"),
        soap=NotAsked("a list is repeated elements: without any there is no filter"),
        rows=[],
    ),
    Question(
        name="like a pattern, case counts",
        ask=Read("products", Node(outputs=out("name"), filter=compare("name", "like"), sort=_ID)),
        values=("%n%",),
        rest=get("products?select=name&name=like.*n*&order=id"),
        graphql=Graphql('{ rows: products(where: {name: {_like: "%n%"}}, order_by: {id: asc}) { name } }'),
        soap=call("ListProducts", filter={"name": {"like": "%n%"}}, orderBy=order_by("id")),
        rows=[{"name": "Anvil"}, {"name": 'Paint "red"'}, {"name": "Unsold"}],
    ),
    Question(
        name="like a pattern, case does not count beyond ASCII either",
        ask=Read("customers", Node(outputs=out("id"), filter=compare("name", "ilike"))),
        values=("çELIK%",),
        rest=get("customers?select=id&name=ilike.%C3%A7ELIK*"),
        graphql=Graphql('{ rows: customers(where: {name: {_ilike: "çELIK%"}}) { id } }'),
        soap=call("ListCustomers", filter={"name": {"ilike": "çELIK%"}}),
        rows=[{"id": 3}],
    ),
    Question(
        name="unlike a pattern",
        ask=Read("products", Node(outputs=out("name"), filter=Not(compare("name", "ilike")), sort=_ID)),
        values=("%N%",),
        rest=get("products?select=name&name=not.ilike.*N*&order=id"),
        graphql=Graphql('{ rows: products(where: {name: {_nilike: "%N%"}}, order_by: {id: asc}) { name } }'),
        soap=call("ListProducts", filter={"name": {"notIlike": "%N%"}}, orderBy=order_by("id")),
        rows=[{"name": "Rope"}],
    ),
    Question(
        name="as a regular expression says",
        ask=Read("products", Node(outputs=out("name"), filter=compare("name", "match"), sort=_ID)),
        values=("^[AR].*[le]$",),
        rest=get("products?select=name&name=match.%5E%5BAR%5D.*%5Ble%5D%24&order=id"),
        graphql=Graphql('{ rows: products(where: {name: {_regex: "^[AR].*[le]$"}}, order_by: {id: asc}) { name } }'),
        soap=call("ListProducts", filter={"name": {"regex": "^[AR].*[le]$"}}, orderBy=order_by("id")),
        rows=[{"name": "Anvil"}, {"name": "Rope"}],
    ),
    Question(
        name="JSON that contains JSON",
        ask=Read("customers", Node(outputs=out("id"), filter=compare("profile", "contains"))),
        values=({"tags": ["b"]},),
        rest=get("customers?select=id&profile=cs.%7B%22tags%22%3A%5B%22b%22%5D%7D"),
        graphql=Graphql('{ rows: customers(where: {profile: {_contains: {tags: ["b"]}}}) { id } }'),
        soap=call("ListCustomers", filter={"profile": {"contains": '{"tags": ["b"]}'}}),
        rows=[{"id": 1}],
    ),
    Question(
        name="JSON that has one of some keys",
        ask=Read("customers", Node(outputs=out("id"), filter=compare("profile", "has_keys_any"), sort=_ID)),
        values=(["age", "absent"],),
        rest=NotAsked("no operator asks for keys"),
        graphql=Graphql(
            '{ rows: customers(where: {profile: {_has_keys_any: ["age", "absent"]}}, order_by: {id: asc}) { id } }'
        ),
        soap=call("ListCustomers", filter={"profile": {"hasKeysAny": ["age", "absent"]}}, orderBy=order_by("id")),
        rows=[{"id": 1}, {"id": 2}],
    ),
    Question(
        name="a wild card that is meant as it stands",
        ask=Read("products", Node(outputs=out("id"), filter=compare("name", "like"))),
        values=(r"\%",),
        rest=get("products?select=id&name=like.%5C%25"),
        graphql=Graphql(r'{ rows: products(where: {name: {_like: "\\%"}}) { id } }'),
        soap=call("ListProducts", filter={"name": {"like": r"\%"}}),
        rows=[],
    ),
    Question(
        name="null",
        ask=Read("customers", Node(outputs=out("id"), filter=Is(F("born"), "null"))),
        rest=get("customers?select=id&born=is.null"),
        graphql=Graphql("{ rows: customers(where: {born: {_is_null: true}}) { id } }"),
        soap=call("ListCustomers", filter={"born": {"isNull": True}}),
        rows=[{"id": 2}],
    ),
    Question(
        name="not null",
        ask=Read("customers", Node(outputs=out("id", "email"), filter=Is(F("email"), "not_null"), sort=_ID)),
        rest=get("customers?select=id,email&email=is.not_null&order=id"),
        graphql=Graphql("{ rows: customers(where: {email: {_is_null: false}}, order_by: {id: asc}) { id email } }"),
        soap=call("ListCustomers", filter={"email": {"isNull": False}}, orderBy=order_by("id")),
        rows=[{"id": 1, "email": "ada@example.com"}, {"id": 2, "email": "bob@example.com"}],
    ),
    Question(
        name="an empty text is not null",
        ask=Read("orders", Node(outputs=out("id", "note"), filter=compare("note", "eq"))),
        values=("",),
        rest=get("orders?select=id,note&note=eq."),
        graphql=Graphql('{ rows: orders(where: {note: {_eq: ""}}) { id note } }'),
        soap=call("ListOrders", filter={"note": {"eq": ""}}),
        rows=[{"id": 3, "note": ""}],
    ),
    Question(
        name="true",
        ask=Read("customers", Node(outputs=out("id", "vip"), filter=compare("vip", "eq"), sort=_ID)),
        values=(True,),
        rest=get("customers?select=id,vip&vip=eq.true&order=id"),
        graphql=Graphql("{ rows: customers(where: {vip: {_eq: true}}, order_by: {id: asc}) { id vip } }"),
        soap=call("ListCustomers", filter={"vip": {"eq": True}}, orderBy=order_by("id")),
        rows=[{"id": 1, "vip": True}, {"id": 3, "vip": True}],
    ),
    Question(
        name="and, or and not, one within another",
        ask=Read(
            "orders",
            Node(
                outputs=out("id"),
                filter=And(
                    (
                        Not(compare("status", "eq", 0)),
                        Or((compare("customer_id", "eq", 1), Is(F("ordered_at"), "null"))),
                    )
                ),
                sort=_ID,
            ),
        ),
        values=("paid", 1),
        rest=get("orders?select=id&status=not.eq.paid&or=(customer_id.eq.1,ordered_at.is.null)&order=id"),
        graphql=Graphql(
            '{ rows: orders(where: {_not: {status: {_eq: "paid"}}, _or: [{customer_id: {_eq: 1}},'
            " {ordered_at: {_is_null: true}}]}, order_by: {id: asc}) { id } }"
        ),
        soap=call(
            "ListOrders",
            filter={
                "not": {"status": {"eq": "paid"}},
                "or": [{"customer_id": {"eq": 1}}, {"ordered_at": {"isNull": True}}],
            },
            orderBy=order_by("id"),
        ),
        rows=[{"id": 2}, {"id": 4}],
    ),
    Question(
        name="not of an unknown stays unknown",
        ask=Read("customers", Node(outputs=out("id"), filter=Not(compare("balance", "gt")), sort=_ID)),
        values=(5,),
        rest=get("customers?select=id&balance=not.gt.5&order=id"),
        graphql=Graphql("{ rows: customers(where: {_not: {balance: {_gt: 5}}}, order_by: {id: asc}) { id } }"),
        soap=call("ListCustomers", filter={"not": {"balance": {"gt": 5}}}, orderBy=order_by("id")),
        rows=[{"id": 2}],
    ),
    Question(
        name="after a day",
        ask=Read("customers", Node(outputs=out("id", "born"), filter=compare("born", "gt"))),
        values=("1990-02-28",),
        rest=get("customers?select=id,born&born=gt.1990-02-28"),
        graphql=Graphql('{ rows: customers(where: {born: {_gt: "1990-02-28"}}) { id born } }'),
        soap=call("ListCustomers", filter={"born": {"gt": "1990-02-28"}}),
        rows=[{"id": 3, "born": "2000-12-31"}],
    ),
    Question(
        name="at a moment that two rows share",
        ask=Read("orders", Node(outputs=out("id", "ordered_at"), filter=compare("ordered_at", "gte"), sort=_ID)),
        values=("2024-03-02T08:00:00",),
        rest=get("orders?select=id,ordered_at&ordered_at=gte.2024-03-02T08:00:00&order=id"),
        graphql=Graphql(
            '{ rows: orders(where: {ordered_at: {_gte: "2024-03-02T08:00:00"}}, order_by: {id: asc}) { id ordered_at } }'
        ),
        soap=call("ListOrders", filter={"ordered_at": {"ge": "2024-03-02T08:00:00"}}, orderBy=order_by("id")),
        rows=[{"id": 2, "ordered_at": "2024-03-02T08:00:00"}, {"id": 3, "ordered_at": "2024-03-02T08:00:00"}],
    ),
)

"""Questions that change rows, with the rows back, and what is there afterwards."""

from decimal import Decimal

from contracts.filters import And
from contracts.operations import Assign, Conflict, Create, Delete, FieldOutput, Node, Read, Update

from tests.fixtures.guarded_store import Who
from tests.parity.question import (
    After,
    F,
    Graphql,
    NotAsked,
    P,
    Question,
    Refused,
    Rest,
    by,
    call,
    compare,
    out,
    strings,
)

CLERK = Who("clerk")
ADA = Who("customer", {"customer_id": "1"})
_ORDERS = Read("orders", Node(outputs=out("id", "customer_id", "status", "note"), sort=by("id")))
_SEEDED = [
    {"id": 1, "customer_id": 1, "status": "paid", "note": "first"},
    {"id": 2, "customer_id": 1, "status": "new", "note": None},
    {"id": 3, "customer_id": 2, "status": "paid", "note": ""},
    {"id": 4, "customer_id": 2, "status": "cancelled", "note": None},
]
_ITEMS = Read(
    "order_items",
    Node(outputs=out("order_id", "line_no", "quantity"), filter=compare("order_id", "eq"), sort=by("line_no")),
)
_ZOE = {
    "id": 9,
    "name": "Zoë “Z” O'Neil <&>",
    "vip": True,
    "born": "1999-12-31",
    "balance": 0.07,
    "profile": {"a": [1, None, "x"]},
    "created_at": "2024-02-29T12:00:01",
}

QUESTIONS = (
    Question(
        name="create a row of every type",
        ask=Create(
            "customers",
            ("id", "name", "vip", "born", "balance", "profile", "created_at"),
            P(0),
            returning=Node(outputs=out("id", "name", "vip", "born", "balance", "profile", "created_at", "email")),
        ),
        values=([_ZOE],),
        rest=Rest("POST", "customers?select=id,name,vip,born,balance,profile,created_at,email", _ZOE),
        graphql=Graphql(
            "mutation ($c: customers_insert_input!) { rows: insert_customers_one(object: $c)"
            " { id name vip born balance profile created_at email } }",
            {"c": _ZOE},
        ),
        soap=call("CreateCustomers", customers={**_ZOE, "balance": Decimal("0.07"), "profile": '{"a":[1,null,"x"]}'}),
        rows=[{**_ZOE, "email": None}],
        after=After(
            Read("customers", Node(outputs=out("name", "email"), filter=compare("id", "eq"))),
            [{"name": _ZOE["name"], "email": None}],
            (9,),
        ),
    ),
    Question(
        name="create a row that takes a default and a null",
        ask=Create("orders", ("id", "customer_id"), P(0), returning=Node(outputs=out("id", "status", "note"))),
        values=([{"id": 9, "customer_id": 3}],),
        rest=Rest("POST", "orders?select=id,status,note", {"id": 9, "customer_id": 3}),
        graphql=Graphql("mutation { rows: insert_orders_one(object: {id: 9, customer_id: 3}) { id status note } }"),
        soap=call("CreateOrders", orders={"id": 9, "customer_id": 3}),
        rows=[{"id": 9, "status": "new", "note": None}],
        after=After(_ORDERS, [*_SEEDED, {"id": 9, "customer_id": 3, "status": "new", "note": None}]),
    ),
    Question(
        name="create several rows",
        ask=Create("tags", ("id", "name"), P(0), returning=Node(outputs=out("id", "name"))),
        values=([{"id": 8, "name": "a"}, {"id": 9, "name": "b"}],),
        rest=Rest("POST", "tags?select=id,name", [{"id": 8, "name": "a"}, {"id": 9, "name": "b"}]),
        graphql=Graphql(
            'mutation { made: insert_tags(objects: [{id: 8, name: "a"}, {id: 9, name: "b"}])'
            " { rows: returning { id name } } }"
        ),
        soap=call("CreateTagsBatch", items={"TagsInput": [{"id": 8, "name": "a"}, {"id": 9, "name": "b"}]}),
        rows=[{"id": 8, "name": "a"}, {"id": 9, "name": "b"}],
        after=After(Read("tags", Node(outputs=out("id"), sort=by("id"))), [{"id": n} for n in (1, 2, 3, 8, 9)]),
    ),
    Question(
        name="create several rows that give different fields",
        ask=Create(
            "orders",
            ("id", "customer_id", "status"),
            P(0),
            ragged=True,
            missing="default",
            returning=Node(outputs=out("id", "status")),
        ),
        values=([{"id": 8, "customer_id": 3}, {"id": 9, "customer_id": 3, "status": "paid"}],),
        rest=Rest(
            "POST",
            "orders?select=id,status&columns=id,customer_id,status",
            [{"id": 8, "customer_id": 3}, {"id": 9, "customer_id": 3, "status": "paid"}],
            "missing=default",
        ),
        graphql=Graphql(
            "mutation { made: insert_orders(objects: [{id: 8, customer_id: 3},"
            ' {id: 9, customer_id: 3, status: "paid"}]) { rows: returning { id status } } }'
        ),
        soap=call(
            "CreateOrdersBatch",
            items={"OrdersInput": [{"id": 8, "customer_id": 3}, {"id": 9, "customer_id": 3, "status": "paid"}]},
        ),
        rows=[{"id": 8, "status": "new"}, {"id": 9, "status": "paid"}],
        after=After(Read("orders", Node(outputs=out("id"), sort=by("id"))), [{"id": n} for n in (1, 2, 3, 4, 8, 9)]),
    ),
    Question(
        name="several rows of which one can't be: none is made",
        ask=Create("tags", ("id", "name"), P(0), returning=Node(outputs=out("id"))),
        values=([{"id": 8, "name": "a"}, {"id": 1, "name": "b"}],),
        rest=Rest("POST", "tags?select=id", [{"id": 8, "name": "a"}, {"id": 1, "name": "b"}]),
        graphql=Graphql(
            'mutation { made: insert_tags(objects: [{id: 8, name: "a"}, {id: 1, name: "b"}]) { rows: returning { id } } }'
        ),
        soap=call("CreateTagsBatch", items={"TagsInput": [{"id": 8, "name": "a"}, {"id": 1, "name": "b"}]}),
        refused=Refused("23505", graphql="constraint-violation"),
        after=After(Read("tags", Node(outputs=out("id"), sort=by("id"))), [{"id": n} for n in (1, 2, 3)]),
    ),
    Question(
        name="one row, there already, that takes the new values",
        ask=Create(
            "tags", ("id", "name"), P(0), conflict=Conflict(update=("name",)), returning=Node(outputs=out("id", "name"))
        ),
        values=([{"id": 1, "name": "a"}],),
        rest=Rest("POST", "tags?select=id,name", [{"id": 1, "name": "a"}], "resolution=merge-duplicates"),
        graphql=Graphql(
            'mutation { rows: insert_tags_one(object: {id: 1, name: "a"},'
            " on_conflict: {constraint: tags_pkey, update_columns: [name]}) { id name } }"
        ),
        soap=call("UpsertTags", tags={"id": 1, "name": "a"}),
        rows=[{"id": 1, "name": "a"}],
        after=After(
            Read("tags", Node(outputs=out("id", "name"), sort=by("id"))),
            [{"id": 1, "name": "a"}, {"id": 2, "name": "new"}, {"id": 3, "name": "unused"}],
        ),
    ),
    Question(
        name="create rows of which one is there and takes the new values",
        ask=Create(
            "tags",
            ("id", "name"),
            P(0),
            conflict=Conflict(constraint="tags_pkey", update=("name",)),
            returning=Node(outputs=out("id", "name")),
        ),
        values=([{"id": 1, "name": "a"}, {"id": 9, "name": "b"}],),
        rest=Rest(
            "POST",
            "tags?select=id,name",
            [{"id": 1, "name": "a"}, {"id": 9, "name": "b"}],
            "resolution=merge-duplicates",
        ),
        graphql=Graphql(
            "mutation ($rows: [tags_insert_input!]!, $columns: [tags_update_column!]!) {"
            " made: insert_tags(objects: $rows, on_conflict: {constraint: tags_pkey, update_columns: $columns})"
            " { rows: returning { id name } } }",
            {"rows": [{"id": 1, "name": "a"}, {"id": 9, "name": "b"}], "columns": ["name"]},
        ),
        soap=NotAsked("UpsertTags takes one row"),
        rows=[{"id": 1, "name": "a"}, {"id": 9, "name": "b"}],
        order=("id",),
        after=After(
            Read("tags", Node(outputs=out("id", "name"), filter=compare("id", "lt"), sort=by("id"))),
            [{"id": 1, "name": "a"}],
            (2,),
        ),
    ),
    Question(
        name="create rows of which one is there and stays as it is",
        ask=Create(
            "tags",
            ("id", "name"),
            P(0),
            conflict=Conflict(constraint="tags_pkey"),
            returning=Node(outputs=out("id", "name")),
        ),
        values=([{"id": 1, "name": "a"}, {"id": 9, "name": "b"}],),
        rest=Rest(
            "POST",
            "tags?select=id,name",
            [{"id": 1, "name": "a"}, {"id": 9, "name": "b"}],
            "resolution=ignore-duplicates",
        ),
        graphql=Graphql(
            'mutation { made: insert_tags(objects: [{id: 1, name: "a"}, {id: 9, name: "b"}],'
            " on_conflict: {constraint: tags_pkey}) { rows: returning { id name } } }"
        ),
        soap=NotAsked("UpsertTags takes one row"),
        rows=[{"id": 9, "name": "b"}],
        after=After(
            Read("tags", Node(outputs=out("id", "name"), filter=compare("id", "lt"), sort=by("id"))),
            [{"id": 1, "name": "heavy"}],
            (2,),
        ),
    ),
    Question(
        name="create a row with a composite key",
        ask=Create(
            "order_items",
            ("order_id", "line_no", "product_id", "quantity"),
            P(0),
            returning=Node(outputs=out("line_no", "quantity")),
        ),
        values=([{"order_id": 4, "line_no": 1, "product_id": 4, "quantity": 7}],),
        rest=Rest(
            "POST", "order_items?select=line_no,quantity", {"order_id": 4, "line_no": 1, "product_id": 4, "quantity": 7}
        ),
        graphql=Graphql(
            "mutation { rows: insert_order_items_one(object: {order_id: 4, line_no: 1, product_id: 4, quantity: 7})"
            " { line_no quantity } }"
        ),
        soap=call("CreateOrderItems", orderItems={"order_id": 4, "line_no": 1, "product_id": 4, "quantity": 7}),
        rows=[{"line_no": 1, "quantity": 7}],
        after=After(_ITEMS, [{"order_id": 4, "line_no": 1, "quantity": 7}], (4,)),
    ),
    Question(
        name="create bytes",
        ask=Create("files", ("id", "content"), P(0), returning=Node(outputs=out("id", "content"))),
        values=([{"id": 9, "content": "\\x0001fe"}],),
        rest=Rest("POST", "files?select=id,content", {"id": 9, "content": "\\x0001fe"}),
        graphql=Graphql(r'mutation { rows: insert_files_one(object: {id: 9, content: "\\x0001fe"}) { id content } }'),
        soap=call("CreateFiles", files={"id": 9, "content": b"\x00\x01\xfe"}),
        rows=[{"id": 9, "content": "\\x0001fe"}],
        after=After(
            Read("files", Node(outputs=out("content"), filter=compare("id", "eq"))), [{"content": "\\x0001fe"}], (9,)
        ),
    ),
    Question(
        name="create under odd names",
        ask=Create(
            "odd Name.s",
            ("the Key", 'quo"te'),
            P(0),
            returning=Node(outputs=(FieldOutput("k", F("the Key")), FieldOutput("q", F('quo"te')))),
        ),
        values=([{"the Key": 9, 'quo"te': "x"}],),
        rest=Rest("POST", "odd%20Name.s?select=k:%22the%20Key%22,q:%22quo%5C%22te%22", {"the Key": 9, 'quo"te': "x"}),
        graphql=Graphql(
            'mutation { rows: insert_odd_Name_s_one(object: {the_Key: 9, quo_te: "x"}) { k: the_Key q: quo_te } }'
        ),
        soap=call("CreateOddNameS", oddNameS={"the_x0020_Key": 9, "quo_x0022_te": "x"}),
        rows=[{"k": 9, "q": "x"}],
        after=After(
            Read("odd Name.s", Node(outputs=out("the Key"), sort=by("the Key"))), [{"the Key": 1}, {"the Key": 9}]
        ),
    ),
    Question(
        name="change a row by its key",
        ask=Update(
            "orders",
            (Assign("note", P(0)), Assign("status", P(1))),
            compare("id", "eq", 2),
            returning=Node(outputs=out("id", "note", "status")),
        ),
        values=("called", "paid", 2),
        rest=Rest("PATCH", "orders?id=eq.2&select=id,note,status", {"note": "called", "status": "paid"}),
        graphql=Graphql(
            'mutation { rows: update_orders_by_pk(pk_columns: {id: 2}, _set: {note: "called", status: "paid"})'
            " { id note status } }"
        ),
        soap=call("UpdateOrders", id=2, orders={"note": "called", "status": "paid"}),
        rows=[{"id": 2, "note": "called", "status": "paid"}],
        after=After(
            _ORDERS,
            [_SEEDED[0], {"id": 2, "customer_id": 1, "status": "paid", "note": "called"}, *_SEEDED[2:]],
        ),
    ),
    Question(
        name="change a value to null",
        ask=Update(
            "orders", (Assign("note", P(0)),), compare("id", "eq", 1), returning=Node(outputs=out("id", "note"))
        ),
        values=(None, 1),
        rest=Rest("PATCH", "orders?id=eq.1&select=id,note", {"note": None}),
        graphql=Graphql("mutation { rows: update_orders_by_pk(pk_columns: {id: 1}, _set: {note: null}) { id note } }"),
        soap=call("UpdateOrders", id=1, setNull=strings("note")),
        rows=[{"id": 1, "note": None}],
        after=After(_ORDERS, [{**_SEEDED[0], "note": None}, *_SEEDED[1:]]),
    ),
    Question(
        name="change a row by its composite key",
        ask=Update(
            "order_items",
            (Assign("quantity", P(0)),),
            And((compare("order_id", "eq", 1), compare("line_no", "eq", 2))),
            returning=Node(outputs=out("order_id", "line_no", "quantity")),
        ),
        values=(8, 3, 1),
        rest=Rest("PATCH", "order_items?order_id=eq.3&line_no=eq.1&select=order_id,line_no,quantity", {"quantity": 8}),
        graphql=Graphql(
            "mutation { rows: update_order_items_by_pk(pk_columns: {order_id: 3, line_no: 1}, _set: {quantity: 8})"
            " { order_id line_no quantity } }"
        ),
        soap=call("UpdateOrderItems", order_id=3, line_no=1, orderItems={"quantity": 8}),
        rows=[{"order_id": 3, "line_no": 1, "quantity": 8}],
        after=After(
            _ITEMS,
            [{"order_id": 3, "line_no": 1, "quantity": 8}, {"order_id": 3, "line_no": 2, "quantity": 1}],
            (3,),
        ),
    ),
    Question(
        name="change a row that is not there",
        ask=Update("orders", (Assign("note", P(0)),), compare("id", "eq", 1), returning=Node(outputs=out("id"))),
        values=("x", 99),
        rest=Rest("PATCH", "orders?id=eq.99&select=id", {"note": "x"}),
        graphql=Graphql('mutation { rows: update_orders_by_pk(pk_columns: {id: 99}, _set: {note: "x"}) { id } }'),
        soap=call("UpdateOrders", id=99, orders={"note": "x"}),
        rows=[],
        after=After(_ORDERS, _SEEDED),
    ),
    Question(
        name="change a row that the role does not see",
        who=CLERK,
        ask=Update("orders", (Assign("note", P(0)),), compare("id", "eq", 1), returning=Node(outputs=out("id"))),
        values=("x", 4),
        rest=Rest("PATCH", "orders?id=eq.4&select=id", {"note": "x"}),
        graphql=Graphql('mutation { rows: update_orders_by_pk(pk_columns: {id: 4}, _set: {note: "x"}) { id } }'),
        soap=call("UpdateOrders", id=4, orders={"note": "x"}),
        rows=[],
        after=After(_ORDERS, _SEEDED),
    ),
    Question(
        name="change a row that the role sees and may not change",
        who=ADA,
        ask=Update("orders", (Assign("note", P(0)),), compare("id", "eq", 1), returning=Node(outputs=out("id"))),
        values=("x", 1),
        rest=Rest("PATCH", "orders?id=eq.1&select=id", {"note": "x"}),
        graphql=Graphql('mutation { rows: update_orders_by_pk(pk_columns: {id: 1}, _set: {note: "x"}) { id } }'),
        soap=call("UpdateOrders", id=1, orders={"note": "x"}),
        rows=[],
        after=After(_ORDERS, _SEEDED),
    ),
    Question(
        name="change several rows by a filter",
        who=CLERK,
        ask=Update(
            "orders", (Assign("note", P(0)),), compare("id", "gt", 1), returning=Node(outputs=out("id", "note"))
        ),
        values=("seen", 1),
        rest=Rest("PATCH", "orders?id=gt.1&select=id,note", {"note": "seen"}),
        graphql=Graphql(
            'mutation { update_orders(where: {id: {_gt: 1}}, _set: {note: "seen"}) { rows: returning { id note } } }'
        ),
        soap=NotAsked("rows are changed by their key"),
        rows=[{"id": 2, "note": "seen"}, {"id": 3, "note": "seen"}],
        order=(),
        after=After(_ORDERS, [_SEEDED[0], {**_SEEDED[1], "note": "seen"}, {**_SEEDED[2], "note": "seen"}, _SEEDED[3]]),
    ),
    Question(
        name="create with what the policy sets",
        who=ADA,
        ask=Create("orders", ("id", "note"), P(0), returning=Node(outputs=out("id", "customer_id", "status", "note"))),
        values=([{"id": 9, "note": "mine"}],),
        rest=Rest("POST", "orders?select=id,customer_id,status,note", {"id": 9, "note": "mine"}),
        graphql=Graphql(
            'mutation { rows: insert_orders_one(object: {id: 9, note: "mine"}) { id customer_id status note } }'
        ),
        soap=call("CreateOrders", orders={"id": 9, "note": "mine"}),
        rows=[{"id": 9, "customer_id": 1, "status": "new", "note": "mine"}],
        after=After(_ORDERS, [*_SEEDED, {"id": 9, "customer_id": 1, "status": "new", "note": "mine"}]),
    ),
    Question(
        name="delete a row by its key, and what hangs on it",
        ask=Delete("orders", compare("id", "eq"), returning=Node(outputs=out("id", "status"))),
        values=(3,),
        rest=Rest("DELETE", "orders?id=eq.3&select=id,status"),
        graphql=Graphql("mutation { rows: delete_orders_by_pk(id: 3) { id status } }"),
        soap=call("DeleteOrders", id=3),
        rows=[{"id": 3, "status": "paid"}],
        after=After(_ITEMS, [], (3,)),
    ),
    Question(
        name="delete a row by its composite key",
        ask=Delete(
            "product_tags",
            And((compare("product_id", "eq", 0), compare("tag_id", "eq", 1))),
            returning=Node(outputs=out("product_id", "tag_id")),
        ),
        values=(1, 2),
        rest=Rest("DELETE", "product_tags?product_id=eq.1&tag_id=eq.2&select=product_id,tag_id"),
        graphql=Graphql("mutation { rows: delete_product_tags_by_pk(product_id: 1, tag_id: 2) { product_id tag_id } }"),
        soap=call("DeleteProductTags", product_id=1, tag_id=2),
        rows=[{"product_id": 1, "tag_id": 2}],
        after=After(
            Read("product_tags", Node(outputs=out("product_id", "tag_id"), sort=by("product_id", "tag_id"))),
            [{"product_id": 1, "tag_id": 1}, {"product_id": 2, "tag_id": 2}],
        ),
    ),
    Question(
        name="delete a row that is not there",
        ask=Delete("orders", compare("id", "eq"), returning=Node(outputs=out("id"))),
        values=(99,),
        rest=Rest("DELETE", "orders?id=eq.99&select=id"),
        graphql=Graphql("mutation { rows: delete_orders_by_pk(id: 99) { id } }"),
        soap=call("DeleteOrders", id=99),
        rows=[],
        after=After(_ORDERS, _SEEDED),
    ),
    Question(
        name="delete what is the customer's own",
        who=ADA,
        ask=Delete("orders", compare("id", "eq"), returning=Node(outputs=out("id"))),
        values=(2,),
        rest=Rest("DELETE", "orders?id=eq.2&select=id"),
        graphql=Graphql("mutation { rows: delete_orders_by_pk(id: 2) { id } }"),
        soap=call("DeleteOrders", id=2),
        rows=[{"id": 2}],
        after=After(_ORDERS, [_SEEDED[0], *_SEEDED[2:]]),
    ),
    Question(
        name="delete what is another customer's",
        who=ADA,
        ask=Delete("orders", compare("id", "eq"), returning=Node(outputs=out("id"))),
        values=(4,),
        rest=Rest("DELETE", "orders?id=eq.4&select=id"),
        graphql=Graphql("mutation { rows: delete_orders_by_pk(id: 4) { id } }"),
        soap=call("DeleteOrders", id=4),
        rows=[],
        after=After(_ORDERS, _SEEDED),
    ),
)

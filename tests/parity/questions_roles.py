"""Questions of roles that see some fields of some rows: at the root, in related rows, and in counts."""

from decimal import Decimal

from contracts.operations import Embed, Node, Read

from tests.fixtures.guarded_store import Who
from tests.parity.question import Graphql, P, Question, R, by, call, compare, get, order_by, out, strings

CLERK = Who("clerk")
ADA = Who("customer", {"customer_id": "1"})
BOB = Who("customer", {"customer_id": "2"})
NOBODY = Who("anonymous")


def _embed(name: str, *fields: str) -> Embed:
    return Embed(name, R(name), Node(outputs=out(*fields)))


QUESTIONS = (
    Question(
        name="a clerk's customers",
        who=CLERK,
        ask=Read("customers", Node(outputs=out("id", "name", "balance"), sort=by("id"))),
        rest=get("customers?select=id,name,balance&order=id"),
        graphql=Graphql("{ rows: customers(order_by: {id: asc}) { id name balance } }"),
        soap=call("ListCustomers", orderBy=order_by("id")),
        rows=[
            {"id": 1, "name": "Ada", "balance": Decimal("10.10")},
            {"id": 3, "name": "Çelik 日本", "balance": None},
        ],
    ),
    Question(
        name="a clerk's customer that is hidden",
        who=CLERK,
        ask=Read("customers", Node(outputs=out("id", "name"), filter=compare("id", "eq"))),
        values=(2,),
        rest=get("customers?select=id,name&id=eq.2"),
        graphql=Graphql("{ rows: customers_by_pk(id: 2) { id name } }"),
        soap=call("GetCustomers", id=2),
        rows=[],
    ),
    Question(
        name="a clerk's orders with a customer that is hidden",
        who=CLERK,
        ask=Read("orders", Node(outputs=(*out("id", "customer_id"), _embed("customer", "name")), sort=by("id"))),
        rest=get("orders?select=id,customer_id,customer(name)&order=id"),
        graphql=Graphql("{ rows: orders(order_by: {id: asc}) { id customer_id customer { name } } }"),
        soap=call("ListOrders", orderBy=order_by("id"), include=strings("customer")),
        rows=[
            {"id": 1, "customer_id": 1, "customer": {"name": "Ada"}},
            {"id": 2, "customer_id": 1, "customer": {"name": "Ada"}},
            {"id": 3, "customer_id": 2, "customer": None},
        ],
    ),
    Question(
        name="a clerk's orders with items of which some are hidden",
        who=CLERK,
        ask=Read("orders", Node(outputs=(*out("id"), _embed("order_items", "line_no", "quantity")), sort=by("id"))),
        rest=get("orders?select=id,order_items(line_no,quantity)&order=id"),
        graphql=Graphql("{ rows: orders(order_by: {id: asc}) { id order_items { line_no quantity } } }"),
        soap=call("ListOrders", orderBy=order_by("id"), include=strings("order_items")),
        rows=[
            {"id": 1, "order_items": [{"line_no": 2, "quantity": 1}]},
            {"id": 2, "order_items": [{"line_no": 1, "quantity": 5}]},
            {"id": 3, "order_items": [{"line_no": 1, "quantity": 1}]},
        ],
    ),
    Question(
        name="a clerk's products with items that are all hidden",
        who=CLERK,
        ask=Read(
            "products",
            Node(outputs=(*out("id"), _embed("order_items", "quantity")), filter=compare("id", "in"), sort=by("id")),
        ),
        values=([1, 3],),
        rest=get("products?select=id,order_items(quantity)&id=in.(1,3)&order=id"),
        graphql=Graphql(
            "{ rows: products(where: {id: {_in: [1, 3]}}, order_by: {id: asc}) { id order_items { quantity } } }"
        ),
        soap=call(
            "ListProducts", filter={"id": {"in": [1, 3]}}, orderBy=order_by("id"), include=strings("order_items")
        ),
        rows=[{"id": 1, "order_items": []}, {"id": 3, "order_items": [{"quantity": 1}]}],
    ),
    Question(
        name="a clerk's categories, one of them hidden among its own kind",
        who=CLERK,
        ask=Read(
            "categories",
            Node(outputs=(*out("id"), _embed("parent", "name"), _embed("categories", "id")), sort=by("id")),
        ),
        rest=get("categories?select=id,parent(name),categories(id)&order=id"),
        graphql=Graphql("{ rows: categories(order_by: {id: asc}) { id parent { name } categories { id } } }"),
        soap=call("ListCategories", orderBy=order_by("id"), include=strings("parent", "categories")),
        rows=[
            {"id": 1, "parent": None, "categories": [{"id": 2}]},
            {"id": 2, "parent": {"name": "All"}, "categories": [{"id": 4}]},
            {"id": 4, "parent": {"name": "Tools"}, "categories": []},
        ],
    ),
    Question(
        name="how many orders a clerk can see",
        who=CLERK,
        ask=Read("orders", Node(outputs=out("id"), sort=by("id"), limit=P(0)), count="exact"),
        values=(1,),
        rest=get("orders?select=id&order=id&limit=1"),
        graphql=Graphql(
            "{ rows: orders(order_by: {id: asc}, limit: 1) { id } total: orders_aggregate { aggregate { count } } }"
        ),
        soap=call("ListOrders", orderBy=order_by("id"), page={"limit": 1, "includeTotal": True}),
        rows=[{"id": 1}],
        total=3,
    ),
    Question(
        name="every field is every field that the role sees",
        who=CLERK,
        ask=Read("addresses", Node(outputs=out("id", "city"), sort=by("id"))),
        rest=get("addresses?order=id"),
        graphql=Graphql("{ rows: addresses(order_by: {id: asc}) { id city } }"),
        soap=call("ListAddresses", orderBy=order_by("id")),
        rows=[{"id": 1, "city": "Oslo"}, {"id": 2, "city": "Bergen"}, {"id": 3, "city": "Rome"}],
    ),
    Question(
        name="a customer's orders",
        who=ADA,
        ask=Read("orders", Node(outputs=out("id", "status"), sort=by("id"))),
        rest=get("orders?select=id,status&order=id"),
        graphql=Graphql("{ rows: orders(order_by: {id: asc}) { id status } }"),
        soap=call("ListOrders", orderBy=order_by("id")),
        rows=[{"id": 1, "status": "paid"}, {"id": 2, "status": "new"}],
    ),
    Question(
        name="another customer's orders, with addresses",
        who=BOB,
        ask=Read("orders", Node(outputs=(*out("id"), _embed("shipping_address", "city")), sort=by("id"))),
        rest=get("orders?select=id,shipping_address(city)&order=id"),
        graphql=Graphql("{ rows: orders(order_by: {id: asc}) { id shipping_address { city } } }"),
        soap=call("ListOrders", orderBy=order_by("id"), include=strings("shipping_address")),
        rows=[{"id": 3, "shipping_address": {"city": "Rome"}}, {"id": 4, "shipping_address": None}],
    ),
    Question(
        name="a customer's items, by a policy over a relation",
        who=ADA,
        ask=Read("order_items", Node(outputs=out("order_id", "line_no"), sort=by("order_id", "line_no"))),
        rest=get("order_items?select=order_id,line_no&order=order_id,line_no"),
        graphql=Graphql("{ rows: order_items(order_by: [{order_id: asc}, {line_no: asc}]) { order_id line_no } }"),
        soap=call("ListOrderItems", orderBy=order_by("order_id", "line_no")),
        rows=[{"order_id": 1, "line_no": 1}, {"order_id": 1, "line_no": 2}, {"order_id": 2, "line_no": 1}],
    ),
    Question(
        name="a product's items, of which a customer sees its own",
        who=BOB,
        ask=Read("products", Node(outputs=(*out("name"), _embed("order_items", "order_id")), sort=by("id"))),
        rest=get("products?select=name,order_items(order_id)&order=id"),
        graphql=Graphql("{ rows: products(order_by: {id: asc}) { name order_items { order_id } } }"),
        soap=call("ListProducts", orderBy=order_by("id"), include=strings("order_items")),
        rows=[
            {"name": "Anvil", "order_items": [{"order_id": 3}]},
            {"name": "Rope", "order_items": []},
            {"name": 'Paint "red"', "order_items": [{"order_id": 3}]},
            {"name": "Unsold", "order_items": []},
        ],
    ),
    Question(
        name="a customer sees itself alone",
        who=BOB,
        ask=Read("customers", Node(outputs=out("id", "email", "vip"))),
        rest=get("customers?select=id,email,vip"),
        graphql=Graphql("{ rows: customers { id email vip } }"),
        soap=call("ListCustomers"),
        rows=[{"id": 2, "email": "bob@example.com", "vip": False}],
    ),
    Question(
        name="what is open to all",
        who=NOBODY,
        ask=Read("products", Node(outputs=out("id", "name"), sort=by("id"))),
        rest=get("products?select=id,name&order=id"),
        graphql=Graphql("{ rows: products(order_by: {id: asc}) { id name } }"),
        soap=call("ListProducts", orderBy=order_by("id")),
        rows=[{"id": 1, "name": "Anvil"}, {"id": 2, "name": "Rope"}, {"id": 3, "name": 'Paint "red"'}],
    ),
    Question(
        name="a role that sees two rows at a time",
        who=Who("capped"),
        ask=Read("orders", Node(outputs=out("id"), sort=by("id"), limit=P(0))),
        values=(3,),
        rest=get("orders?select=id&order=id&limit=3"),
        graphql=Graphql("{ rows: orders(order_by: {id: asc}, limit: 3) { id } }"),
        soap=call("ListOrders", orderBy=order_by("id"), page={"limit": 3}),
        rows=[{"id": 1}, {"id": 2}],
    ),
)

"""Questions about values that are hard to say: large and exact numbers, bytes, JSON, quotes, letters, odd names."""

from decimal import Decimal

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
)

_ID = by("id")
_NAMES = out("id", "name")

QUESTIONS = (
    Question(
        name="a decimal written with fewer digits",
        ask=Read("products", Node(outputs=out("id", "price"), filter=compare("price", "eq"), sort=_ID)),
        values=(Decimal("9.9"),),
        rest=get("products?select=id,price&price=eq.9.9&order=id"),
        graphql=Graphql("{ rows: products(where: {price: {_eq: 9.9}}, order_by: {id: asc}) { id price } }"),
        soap=call("ListProducts", filter={"price": {"eq": Decimal("9.9")}}, orderBy=order_by("id")),
        rows=[{"id": 2, "price": Decimal("9.90")}, {"id": 3, "price": Decimal("9.90")}],
    ),
    Question(
        name="a large floating number",
        ask=Read("products", Node(outputs=out("id", "weight"), filter=compare("weight", "eq"))),
        values=(1e20,),
        rest=get("products?select=id,weight&weight=eq.1e20"),
        graphql=Graphql("{ rows: products(where: {weight: {_eq: 1e20}}) { id weight } }"),
        soap=call("ListProducts", filter={"weight": {"eq": 1e20}}),
        rows=[{"id": 2, "weight": Decimal("1e20")}],
    ),
    Question(
        name="letters that are not Latin",
        ask=Read("customers", Node(outputs=_NAMES, filter=compare("name", "eq"))),
        values=("Çelik 日本",),
        rest=get("customers?select=id,name&name=eq.%C3%87elik%20%E6%97%A5%E6%9C%AC"),
        graphql=Graphql(
            "query ($n: String!) { rows: customers(where: {name: {_eq: $n}}) { id name } }", {"n": "Çelik 日本"}
        ),
        soap=call("ListCustomers", filter={"name": {"eq": "Çelik 日本"}}),
        rows=[{"id": 3, "name": "Çelik 日本"}],
    ),
    Question(
        name="quotes within a text",
        ask=Read("products", Node(outputs=_NAMES, filter=compare("name", "eq"))),
        values=('Paint "red"',),
        rest=get("products?select=id,name&name=eq.Paint%20%22red%22"),
        graphql=Graphql(r'{ rows: products(where: {name: {_eq: "Paint \"red\""}}) { id name } }'),
        soap=call("ListProducts", filter={"name": {"eq": 'Paint "red"'}}),
        rows=[{"id": 3, "name": 'Paint "red"'}],
    ),
    Question(
        name="bytes",
        ask=Read("files", Node(outputs=out("id", "content"), sort=_ID)),
        rest=get("files?select=id,content&order=id"),
        graphql=Graphql("{ rows: files(order_by: {id: asc}) { id content } }"),
        soap=call("ListFiles", orderBy=order_by("id")),
        rows=[{"id": 1, "content": "\\x00ff"}, {"id": 2, "content": None}],
    ),
    Question(
        name="equal bytes",
        ask=Read("files", Node(outputs=out("id"), filter=compare("content", "eq"))),
        values=("\\x00ff",),
        rest=get("files?select=id&content=eq.%5Cx00ff"),
        graphql=Graphql(r'{ rows: files(where: {content: {_eq: "\\x00ff"}}) { id } }'),
        soap=call("ListFiles", filter={"content": {"eq": b"\x00\xff"}}),
        rows=[{"id": 1}],
    ),
    Question(
        name="inside a JSON field",
        ask=Read(
            "customers", Node(outputs=(FieldOutput("city", F("profile", ("city",))),), filter=compare("name", "eq"))
        ),
        values=("Ada",),
        rest=get("customers?select=city:profile->city&name=eq.Ada"),
        graphql=Graphql('{ rows: customers(where: {name: {_eq: "Ada"}}) { city: profile(path: "$.city") } }'),
        soap=NotAsked("JSON is one text in XML"),
        rows=[{"city": "Oslo"}],
    ),
    Question(
        name="values of every type as texts",
        ask=Read(
            "customers",
            Node(
                outputs=(
                    FieldOutput("a", F("id"), "text"),
                    FieldOutput("b", F("vip"), "text"),
                    FieldOutput("c", F("born"), "text"),
                    FieldOutput("d", F("balance"), "text"),
                    FieldOutput("e", F("profile", ("age",)), "text"),
                ),
                sort=by("id"),
            ),
        ),
        rest=get("customers?select=a:id::text,b:vip::text,c:born::text,d:balance::text,e:profile->age::text&order=id"),
        graphql=NotAsked("a value has the type of its field"),
        soap=NotAsked("a value has the type of its field"),
        rows=[
            {"a": "1", "b": "true", "c": "1990-02-28", "d": "10.10", "e": "30"},
            {"a": "2", "b": "false", "c": None, "d": "0.50", "e": "41"},
            {"a": "3", "b": "true", "c": "2000-12-31", "d": None, "e": None},
        ],
    ),
    Question(
        name="names that neither GraphQL nor XML can say",
        ask=Read(
            "odd Name.s",
            Node(
                outputs=(FieldOutput("a", F("the Key")), FieldOutput("b", F('quo"te')), FieldOutput("c", F("ünï"))),
                filter=compare("ünï", "eq"),
            ),
        ),
        values=("ü",),
        rest=get("odd%20Name.s?select=a:%22the%20Key%22,b:%22quo%5C%22te%22,c:%C3%BCn%C3%AF&%C3%BCn%C3%AF=eq.%C3%BC"),
        graphql=Graphql('{ rows: odd_Name_s(where: {_n_: {_eq: "ü"}}) { a: the_Key b: quo_te c: _n_ } }'),
        soap=call("ListOddNameS", filter={"ünï": {"eq": "ü"}}),
        rows=[{"a": 1, "b": "q", "c": "ü"}],
    ),
    Question(
        name="a view",
        ask=Read("big_orders", Node(outputs=out("order_id"), filter=compare("order_id", "gt"), sort=by("order_id"))),
        values=(1,),
        rest=get("big_orders?select=order_id&order_id=gt.1&order=order_id"),
        graphql=Graphql("{ rows: big_orders(where: {order_id: {_gt: 1}}, order_by: {order_id: asc}) { order_id } }"),
        soap=call("ListBigOrders", filter={"order_id": {"gt": 1}}, orderBy=order_by("order_id")),
        rows=[{"order_id": 2}, {"order_id": 3}],
    ),
    Question(
        name="what a view works out",
        ask=Read("big_orders", Node(outputs=out("order_id", "pieces"), sort=by("order_id"))),
        rest=get("big_orders?select=order_id,pieces&order=order_id"),
        graphql=Graphql("{ rows: big_orders(order_by: {order_id: asc}) { order_id pieces } }"),
        soap=NotAsked("an expression has no type in SQLite, so that it is text in XML"),
        rows=[{"order_id": 1, "pieces": 3}, {"order_id": 2, "pieces": 5}, {"order_id": 3, "pieces": 2}],
    ),
    Question(
        name="a table without a key",
        ask=Read("log_lines", Node(outputs=out("line"))),
        rest=get("log_lines?select=line"),
        graphql=Graphql("{ rows: log_lines { line } }"),
        soap=call("ListLogLines"),
        rows=[{"line": "one"}, {"line": "two"}],
        order=(),
    ),
)

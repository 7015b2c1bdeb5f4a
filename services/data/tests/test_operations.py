"""The project's own operations: called like any function, in one transaction, with their caller's rights."""

import json
import textwrap
from decimal import Decimal

import pytest
from contracts.filters import Compare, FieldRef, Given, Param
from contracts.identity import Caller, Principal
from contracts.operations import Aggregate, Call, Constant, Create, Document, FieldOutput, Member, Node, Read, Sort
from contracts.problems import Problem
from data_service.operations.nursery import Terms
from data_service.operations.project import Project

CONFIG = """
version: 1
functions:
  greet: {permissions: {clerk: {}}}
  mine: {permissions: {clerk: {}}}
  all_of_them: {permissions: {clerk: {}}}
  take: {permissions: {clerk: {}}}
  spy: {permissions: {clerk: {}}}
resources:
  customers:
    permissions:
      clerk:
        select: {columns: [id, name, vip, balance, born], filter: {vip: {_eq: true}}}
  orders:
    permissions:
      clerk:
        select: {columns: '*', filter: {}}
        insert: {columns: [customer_id, status, note], check: {status: {_eq: new}}}
"""
OPERATIONS = '''
import datetime
import enum
import uuid
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import trivet


class Tone(enum.Enum):
    WARM = "warm"
    COLD = "cold"


@dataclass
class Line:
    product: int
    quantity: int = 1


@dataclass
class Receipt:
    order: int
    total: Decimal
    shipped: datetime.date | None = None


@trivet.operation(reads_only=True)
def greet(name: str, tone: Tone = Tone.WARM) -> str:
    """Greet somebody."""
    return f"{'Dear' if tone is Tone.WARM else 'You,'} {name}"


@trivet.operation(reads_only=True)
def echo(
    n: int, x: Decimal, on: datetime.date, ids: list[uuid.UUID], line: Line | None = None, ok: bool = False
) -> dict[str, Any]:
    return {"n": n, "x": x, "on": on, "ids": ids, "line": line, "ok": ok,
            "types": [type(v).__name__ for v in (n, x, on, ids[0], line, ok)]}


@trivet.operation
def buy(ctx: trivet.Context, customer: int, lines: list[Line]) -> Receipt:
    """Make an order of lines."""
    order = ctx.database.create("orders", {"customer_id": customer})
    total = Decimal(0)
    for number, line in enumerate(lines, 1):
        product = ctx.database.get("products", line.product)
        if product is None:
            raise trivet.Problem(
                "there is no such product", code="NO_PRODUCT", status=404, details={"product": line.product}, hint="look"
            )
        ctx.database.create("order_items", {
            "order_id": order["id"], "line_no": number, "product_id": line.product, "quantity": line.quantity,
        })
        total += product["price"] * line.quantity
    return Receipt(order["id"], total, datetime.date(2024, 5, 6))


@trivet.operation(reads_only=True)
def receipts(n: int) -> list[Receipt]:
    return [Receipt(i, Decimal(i) / 2) for i in range(1, n + 1)]


@dataclass
class Stamp:
    at: datetime.datetime


@trivet.operation(reads_only=True)
def noon(ctx: trivet.Context) -> str:
    return f"{datetime.datetime(2024, 7, 1, 12, tzinfo=datetime.UTC).astimezone(ctx.timezone).isoformat()} {ctx.timezone}"


@trivet.operation(reads_only=True)
def stamps() -> list[Stamp]:
    return [Stamp(datetime.datetime(2024, 7, 1, 10, tzinfo=datetime.UTC))]


@trivet.operation(reads_only=True, roles=["porter"])
def mine(ctx: trivet.Context) -> list[str]:
    return [row["name"] for row in ctx.database.list("customers", order_by={"id": "asc"})]


@trivet.operation(reads_only=True, above_policies=True)
def all_of_them(ctx: trivet.Context) -> int:
    return ctx.database.count("customers")


@trivet.operation
def take(ctx: trivet.Context, status: str) -> str:
    return ctx.database.create("orders", {"customer_id": 1, "status": status})["status"]


@trivet.operation(reads_only=True)
def spy(ctx: trivet.Context, field: str) -> str:
    return str(ctx.database.list("customers", {field: {"_is_null": False}}))


@trivet.operation(reads_only=True)
def whoami(ctx: trivet.Context) -> dict[str, Any]:
    p = ctx.principal
    return {"role": p.role, "subject": p.subject, "session": dict(p.session), "request": ctx.request_id,
            "settings": dict(ctx.settings)}


@trivet.operation
def everything(ctx: trivet.Context) -> dict[str, Any]:
    db = ctx.database
    found = {"typed": db.get("customers", 1, fields=["balance", "born", "created_at", "vip"])}
    found["types"] = {name: type(value).__name__ for name, value in found["typed"].items()}
    found["composite"] = db.get("order_items", {"order_id": 1, "line_no": 2}, fields=["quantity"])
    found["listed"] = [r["id"] for r in db.list(
        "orders", {"customer": {"name": {"_eq": "Bob"}}, "status": {"_in": ["paid", "new"]}}, order_by={"id": "desc"})]
    found["page"] = [r["id"] for r in db.list("orders", order_by=[{"customer": {"name": "desc"}}, {"id": "asc"}],
                                             limit=2, offset=1)]
    found["like"] = db.count("customers", {"name": {"_like": "X-Hasura-User-Id"}})
    found["made"] = [r["status"] for r in db.create("orders", [{"customer_id": 1, "status": "a"}, {"customer_id": 2}])]
    found["changed"] = [r["note"] for r in db.update("orders", {"id": {"_eq": 1}}, {"note": "changed"})]
    found["gone"] = [r["city"] for r in db.delete("addresses", {"city": {"_eq": "Nowhere"}})]
    found["called"] = db.call("greet", name="Bob")
    return found


@trivet.operation
def careless(ctx: trivet.Context) -> str:
    ctx.database.create("tags", {"id": 77, "name": "kept?"})
    try:
        ctx.database.create("tags", {"id": 77, "name": "twice"})
    except trivet.Problem as problem:
        ctx.log.warning("refused: %s", problem.code)
    return "fine"


@trivet.operation(reads_only=True)
def sly(ctx: trivet.Context) -> str:
    ctx.database.create("tags", {"id": 78, "name": "no"})
    return "written"


@trivet.operation
def crash(ctx: trivet.Context) -> str:
    ctx.database.create("tags", {"id": 79, "name": "no"})
    raise ValueError("a secret of the project")


@trivet.operation(reads_only=True)
def liar() -> int:
    return "not a number"


@trivet.operation
def forget(ctx: trivet.Context, id: int) -> None:
    ctx.database.delete("tags", {"id": {"_eq": id}})
'''


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shop") / "operations"
    folder.mkdir()
    (folder / "shop.py").write_text(textwrap.dedent(OPERATIONS))
    terms = Terms(folder, memory=268_435_456, settings=(("API_KEY", "k"),))
    return Project(terms, size=3, timeout=10.0)


@pytest.fixture
def store(ruled_store):
    yield ruled_store
    ruled_store.restore()


def caller(role="admin", **session):
    return Caller(principal=Principal(role=role, subject="s", session=session), request_id="r-1")


def call(name, node=None, /, **arguments):
    given = tuple(Given(key, Param(at)) for at, key in enumerate(arguments))
    return Call(name, given, node or Node()), list(arguments.values())


def ask(store, name, role="admin", /, **arguments):
    operation, values = call(name, None, **arguments)
    body = store.run(operation, values, caller(role)).body
    return json.loads(body, parse_float=Decimal) if body else None


def refusal(store, name, role="admin", /, **arguments):
    with pytest.raises(Problem) as caught:
        ask(store, name, role, **arguments)
    return caught.value


def test_it_is_a_function_of_the_catalog(store):
    functions = {f.name: f for f in store.engine.catalog(caller()).functions}
    buy = functions["buy"]
    assert (buy.source, buy.comment, buy.reads_only) == ("python", "Make an order of lines.", False)
    assert [(a.name, a.type, a.required) for a in buy.arguments] == [
        ("customer", "int8", True),
        ("lines", "json", True),
    ]
    assert [(f.name, f.type) for f in buy.returns.fields] == [
        ("order", "int8"),
        ("total", "numeric"),
        ("shipped", "date"),
    ]


def test_a_scalar_comes_back(store):
    assert ask(store, "greet", name="Ada") == "Dear Ada"
    assert ask(store, "greet", name="Ada", tone="cold") == "You, Ada"


def test_arguments_are_of_their_types(store):
    one = "6f8a1c1e-0000-4000-8000-000000000001"
    found = ask(store, "echo", n="3", x=Decimal("1.50"), on="2024-02-29", ids=[one], line={"product": 2})
    assert found == {
        "n": 3, "x": Decimal("1.50"), "on": "2024-02-29", "ids": [one], "line": {"product": 2, "quantity": 1},
        "ok": False, "types": ["int", "Decimal", "date", "UUID", "Line", "bool"],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "arguments", "code", "said"),
    [
        ("greet", {"name": "Ada", "tone": "blue"}, "22023", "Invalid enum value"),
        ("greet", {"name": None}, "22023", "Expected `str`, got `null` - at `$.name`"),
        ("buy", {"customer": 1, "lines": [{"product": 1}, {"product": "x"}]}, "22023", "at `$.lines[1].product`"),
        ("greet", {"nam": "Ada"}, "PGRST202", "Could not find the function"),
    ],
)
def test_a_bad_argument_is_told(store, name, arguments, code, said):
    problem = refusal(store, name, **arguments)
    assert (problem.code, problem.status) == (code, 404 if code == "PGRST202" else 400)
    assert said in problem.message


def test_what_it_writes_is_one_transaction(store):
    receipt = ask(store, "buy", customer=1, lines=[{"product": 1, "quantity": 2}, {"product": 2}])
    assert receipt == {"order": receipt["order"], "total": Decimal("209.90"), "shipped": "2024-05-06"}
    items = Read(
        "order_items",
        Node(
            (FieldOutput("q", FieldRef("quantity")),),
            Compare(FieldRef("order_id"), "eq", Param(0)),
            (Sort(FieldRef("line_no")),),
        ),
    )
    assert store.ask(items, [receipt["order"]]) == [{"q": 2}, {"q": 1}]


def count(store, resource):
    return len(store.ask(Read(resource, Node((Constant("x", ""),))), []))


def test_a_problem_reaches_the_client_and_undoes_all(store):
    before = count(store, "orders")
    problem = refusal(store, "buy", customer=1, lines=[{"product": 1}, {"product": 99}])
    assert (problem.code, problem.status, problem.message) == ("NO_PRODUCT", 404, "there is no such product")
    assert (problem.details, problem.hint, problem.kind.name) == ({"product": 99}, "look", "UNKNOWN_NAME")
    assert count(store, "orders") == before


def test_rows_are_read_like_any_others(store):
    node = Node(
        (FieldOutput("o", FieldRef("order")), FieldOutput("total", FieldRef("total"))),
        Compare(FieldRef("total"), "gt", Param(1)),
        (Sort(FieldRef("total"), descending=True),),
        limit=Param(2),
    )
    call_ = Call("receipts", (Given("n", Param(0)),), node)
    body = store.run(call_, [4, 1, 5], caller()).body
    assert json.loads(body, parse_float=Decimal) == [
        {"o": 4, "total": Decimal("2")}, {"o": 3, "total": Decimal("1.5")},
    ]  # fmt: skip
    summed = Call("receipts", (Given("n", Param(0)),), Node((Aggregate("n", "count"),), shape="summary"))
    assert store.ask(summed, [4]) == {"n": 4}


def test_its_caller_s_rules_hold(store):
    assert ask(store, "mine", "clerk") == ["Ada", "Çelik 日本"]
    assert ask(store, "mine") == ["Ada", "Bob", "Çelik 日本"]
    assert ask(store, "all_of_them", "clerk") == 3  # above the policies, where that is declared
    assert ask(store, "take", "clerk", status="new") == "new"
    assert refusal(store, "take", "clerk", status="paid").code == "42501"
    assert "secret" not in ask(store, "spy", "clerk", field="name")
    assert refusal(store, "spy", "clerk", field="secret").message == "customers has no column or relation secret"


def test_who_may_call_it_is_written_somewhere(store):
    assert refusal(store, "echo", "clerk", n=1, x=1, on="2024-01-01", ids=[]).code == "42501"
    assert {f.name for f in store.engine.catalog(caller("porter")).functions} == {"mine"}
    assert refusal(store, "mine", "porter").code == "42501"  # which sees no customers, and so there are none


def test_the_context_knows_the_caller(store):
    operation, values = call("whoami")
    found = json.loads(store.run(operation, values, caller("admin", **{"x-hasura-user-id": "7"})).body)
    assert found == {
        "role": "admin", "subject": "s", "session": {"x-hasura-user-id": "7"}, "request": "r-1",
        "settings": {"API_KEY": "k"},
    }  # fmt: skip


def test_all_that_the_database_can_be_asked(store):
    found = ask(store, "everything")
    assert found == {
        "typed": {"balance": Decimal("10.10"), "born": "1990-02-28", "created_at": "2024-01-31T10:00:00", "vip": True},
        "types": {"balance": "Decimal", "born": "date", "created_at": "datetime", "vip": "bool"},
        "composite": {"quantity": 1},
        "listed": [3],
        "page": [4, 1],
        "like": 0,
        "made": ["a", "new"],
        "changed": ["changed"],
        "gone": [],
        "called": "Dear Bob",
    }


def test_what_the_database_refused_undoes_all_even_where_it_is_caught(store):
    before = count(store, "tags")
    problem = refusal(store, "careless")
    assert problem.code == "23505"
    assert count(store, "tags") == before


def test_what_only_reads_can_t_write(store):
    assert refusal(store, "sly").code == "25006"


def test_an_exception_tells_the_client_nothing_and_the_log_all(store, caplog):
    before = count(store, "tags")
    problem = refusal(store, "crash")
    assert (problem.code, problem.status, problem.message) == ("TRV342", 500, "The operation crash failed")
    assert "secret" not in f"{problem.message} {problem.details} {problem.hint}"
    assert "ValueError: a secret of the project" in caplog.text
    assert count(store, "tags") == before


def test_what_it_promised_is_what_it_gives(store, caplog):
    assert refusal(store, "liar").code == "TRV342"
    assert "Expected `int`, got `str`" in caplog.text


def test_nothing_comes_back_from_one_that_gives_nothing(store):
    assert ask(store, "forget", id=3) is None
    assert count(store, "tags") == 2


def test_it_is_a_member_of_a_document_like_any_other(store):
    document = Document((
        Member("made", Create("tags", ("id", "name"), Param(0), returning=Node((FieldOutput("id", FieldRef("id")),)))),
        Member("gone", Call("forget", (Given("id", Param(1)),))),
        Member("hello", Call("greet", (Given("name", Param(2)),))),
    ))  # fmt: skip
    before = count(store, "tags")
    assert store.ask(document, [[{"id": 9, "name": "n"}], 9, "Bob"])["hello"] == "Dear Bob"
    assert count(store, "tags") == before
    broken = Document((document.members[0], Member("boom", Call("crash"))))
    with pytest.raises(Problem):
        store.ask(broken, [[{"id": 9, "name": "n"}]])
    assert count(store, "tags") == before


@pytest.mark.parametrize(
    ("zone", "told"),
    [
        (None, "2024-07-01T12:00:00+00:00 UTC"),
        ("Europe/Oslo", "2024-07-01T14:00:00+02:00 Europe/Oslo"),
        ("-03:30", "2024-07-01T08:30:00-03:30 UTC-03:30"),
    ],
)
def test_an_operation_knows_the_zone_that_is_asked_for(store, zone, told):
    who = Caller(principal=Principal(role="admin", subject="s"), timezone=zone)
    operation, values = call("noon")
    assert json.loads(store.run(operation, values, who).body) == told


def test_a_call_in_another_time_zone(store):
    who = Caller(principal=Principal(role="admin", subject="s"), timezone="Europe/Oslo")
    operation, values = call("stamps")
    stamped = json.loads(store.run(operation, values, who).body)
    assert [stamp["at"] for stamp in stamped] == ["2024-07-01T12:00:00+02:00"]
    operation, values = call("buy", None, customer=1, lines=[{"product": 1}])
    assert json.loads(store.run(operation, values, who).body)["total"] == 100

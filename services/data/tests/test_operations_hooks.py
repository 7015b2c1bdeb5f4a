"""Hooks on what is done with rows: inside the transaction, in the order of the writes, or once all is committed."""

import json
import textwrap
from decimal import Decimal

import pytest
from contracts.filters import And, Compare, FieldRef, Param, RelationRef
from contracts.identity import Caller, Principal
from contracts.operations import (
    Assign,
    Create,
    Delete,
    Document,
    Embed,
    FieldOutput,
    Member,
    Nested,
    Node,
    Read,
    Sort,
    Update,
    encode,
)
from contracts.problems import Problem
from data_service.operations.nursery import Terms
from data_service.operations.project import Project

CONFIG = """
version: 1
resources:
  tags:
    fields:
      id: {validate: {maximum: 1000}}
    checks:
      - {expression: {name: {_neq: never}}, message: never say never}
    permissions:
      clerk:
        select: {columns: '*', filter: {}}
        insert: {columns: [id, name], check: {name: {_neq: forbidden}}}
        update: {columns: [name], filter: {id: {_lt: 100}}}
        delete: {filter: {id: {_lt: 100}}}
  products:
    permissions:
      clerk: {select: {columns: [id, name, price], filter: {}}}
    fields:
      name: {validate: {minLength: 2}}
      loud: {compute: {python: loud, needs: [name, price], type: text}}
    checks:
      - {expression: {price: {_gt: 0}}, message: it has a price}
  orders:
    fields:
      note: {cleanse: [trim]}
    permissions:
      clerk:
        select: {columns: '*', filter: {}}
        insert: {columns: [customer_id], check: {}, set: {status: new}}
        update: {columns: [status], filter: {}}
"""
OPERATIONS = """
import trivet


def note(ctx, text):
    ctx.database.create("log_lines", {"line": text})


@trivet.before("tags", "create", above_policies=True)
def tidy(ctx: trivet.Context, rows: list[trivet.Row]) -> None:
    for row in rows:
        if row.get("name") == "bad":
            raise trivet.Problem("no such tags here", code="BAD_TAG", details={"id": row["id"]})
        if row.get("name"):
            row["name"] = row["name"].lower()
    note(ctx, f"before create {len(rows)} by {ctx.principal.role}")


@trivet.after("tags", "create", above_policies=True)
def made(ctx, rows):
    note(ctx, f"after create {[(row['id'], row['name']) for row in rows]}")


@trivet.after("tags", "create", commit=True, above_policies=True)
def told(ctx, rows):
    note(ctx, f"committed {len(rows)}")
    if rows[0]["id"] == 13:
        raise ValueError("too late")


@trivet.before("tags", "update", above_policies=True)
def changing(ctx, values, rows):
    if values.get("name") == "same":
        return {"name": rows[0]["name"] + "!"}
    if values.get("name") == "half":
        return {}
    note(ctx, f"update of {[row['id'] for row in rows]} to {values}")


@trivet.after("tags", "update", above_policies=True)
def changed(ctx, rows):
    note(ctx, f"updated to {[row['name'] for row in rows]}")


@trivet.before("tags", "delete", above_policies=True)
def going(ctx, rows):
    if any(row["name"] == "heavy" for row in rows):
        raise trivet.Problem("heavy things stay", status=409)


@trivet.after("tags", "delete", above_policies=True)
def gone(ctx, rows):
    note(ctx, f"deleted {[row['id'] for row in rows]}")


@trivet.before("orders", "create")
def fill(ctx, rows):
    return [{**row, "note": f"for {row['customer_id']}", "ordered_at": "2024-01-01 00:00:00"} for row in rows]


@trivet.before("orders", "update")
def stamp(ctx, values):
    if values.get("status") == "broken":
        values["nowhere"] = 1
    values["note"] = "stamped"


@trivet.before("categories", "create")
def chain(ctx, rows):
    if rows[0]["id"] == 500:
        ctx.database.create("categories", {"id": 500, "name": "again"})


@trivet.before("categories", "read")
def look(ctx, resource):
    if ctx.principal.subject == "spy":
        raise trivet.Problem(f"{resource} are not for you", status=403)


@trivet.after("products", "read")
def shown(ctx, rows):
    ctx.log.info("a batch of %s", len(rows))
    for row in rows:
        if "price" in row:
            row["price"] = row["price"] * 2


@trivet.compute
def loud(ctx, rows):
    return [f"{row['name'].upper()} {row['price']} {type(row['price']).__name__}" for row in rows]
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shop") / "operations"
    folder.mkdir()
    (folder / "hooks.py").write_text(textwrap.dedent(OPERATIONS))
    return Project(Terms(folder, memory=268_435_456), size=2, timeout=10.0)


@pytest.fixture
def store(ruled_store):
    yield ruled_store
    ruled_store.restore()


def who(role="admin", subject="s"):
    return Caller(principal=Principal(role=role, subject=subject), request_id="r-1")


def outputs(*names):
    return tuple(FieldOutput(name, FieldRef(name)) for name in names)


NAMES = Node(outputs("id", "name"))
MAKE = Create("tags", ("id", "name"), Param(0), returning=NAMES)
RENAME = Update("tags", (Assign("name", Param(1)),), Compare(FieldRef("id"), "eq", Param(0)), returning=NAMES)
DROP = Delete("tags", Compare(FieldRef("id"), "eq", Param(0)))


def logged(store):
    lines = store.ask(Read("log_lines", Node(outputs("line"))), [])
    return [row["line"] for row in lines][2:]


def refusal(store, operation, values, caller=None):
    with pytest.raises(Problem) as caught:
        store.run(operation, values, caller or who())
    return caught.value


def test_new_rows_are_changed_before_and_told_after(store):
    rows = [{"id": 10, "name": "LOUD"}, {"id": 11, "name": "Low"}]
    assert store.ask(MAKE, [rows]) == [{"id": 10, "name": "loud"}, {"id": 11, "name": "low"}]
    assert logged(store) == [
        "before create 2 by admin",
        "after create [(10, 'loud'), (11, 'low')]",
        "committed 2",
    ]


def test_a_hook_refuses_and_nothing_is_left(store):
    problem = refusal(store, MAKE, [[{"id": 10, "name": "fine"}, {"id": 11, "name": "bad"}]])
    assert (problem.code, problem.status, problem.details) == ("BAD_TAG", 400, {"id": 11})
    assert logged(store) == []
    assert len(store.ask(Read("tags", NAMES), [])) == 3


def test_the_role_s_check_holds_for_what_the_hook_made(store):
    assert refusal(store, MAKE, [[{"id": 10, "name": "FORBIDDEN"}]], who("clerk")).code == "42501"
    assert logged(store) == []


def test_no_after_hook_runs_where_the_write_fails(store):
    assert refusal(store, MAKE, [[{"id": 1, "name": "taken"}]]).code == "23505"
    assert logged(store) == []


def test_a_hook_after_the_commit_undoes_nothing_but_its_own(store, caplog):
    assert store.ask(MAKE, [[{"id": 13, "name": "x"}]]) == [{"id": 13, "name": "x"}]
    assert logged(store) == ["before create 1 by admin", "after create [(13, 'x')]"]
    assert "ValueError: too late" in caplog.text


def test_values_to_be_set_are_changed_and_the_rows_are_known(store):
    assert store.ask(RENAME, [2, "newer"]) == [{"id": 2, "name": "newer"}]
    assert logged(store) == ["update of [2] to {'name': 'newer'}", "updated to ['newer']"]
    assert store.ask(RENAME, [2, "same"]) == [{"id": 2, "name": "newer!"}]
    assert refusal(store, RENAME, [2, "half"]).code == "TRV342"


def test_rows_that_go_are_known_before_and_after(store):
    problem = refusal(store, DROP, [1])
    assert (problem.code, problem.status, problem.message) == ("TRV340", 409, "heavy things stay")
    store.run(DROP, [3], who())
    assert logged(store) == ["deleted [3]"]
    store.run(DROP, [300], who())
    assert logged(store) == ["deleted [3]"]


def test_a_hook_sets_what_the_client_did_not(store, kind):
    make = Create("orders", ("customer_id",), Param(0), returning=Node(outputs("customer_id", "note", "ordered_at")))
    for role in ("admin", "clerk"):
        (made,) = store.ask(make, [[{"customer_id": 2}]], who(role))
        assert (made["note"], made["ordered_at"][:10]) == ("for 2", "2024-01-01")
    change = Update("orders", (Assign("status", Param(0)),), And(), returning=Node(outputs("status", "note")))
    changed = store.ask(change, ["paid"], who("clerk"))
    assert {tuple(row.items()) for row in changed} == {(("status", "paid"), ("note", "stamped"))}


def test_a_hook_that_sets_what_is_not_there_is_told_to_the_log_alone(store, caplog):
    change = Update("orders", (Assign("status", Param(0)),), And())
    assert refusal(store, change, ["broken"]).code == "TRV342"
    assert "orders has no field nowhere that can be set" in caplog.text
    assert "hooks.py:" in caplog.text


def test_members_of_a_document_come_one_after_the_other(store):
    document = Document((Member("a", MAKE), Member("b", Create("tags", ("id", "name"), Param(1)))))
    store.run(document, [[{"id": 10, "name": "a"}], [{"id": 11, "name": "b"}]], who())
    assert logged(store) == [
        "before create 1 by admin", "after create [(10, 'a')]",
        "before create 1 by admin", "after create [(11, 'b')]", "committed 1", "committed 1",
    ]  # fmt: skip
    problem = refusal(store, document, [[{"id": 20, "name": "a"}], [{"id": 21, "name": "bad"}]])
    assert (problem.code, problem.path) == ("BAD_TAG", ("b",))
    assert len(logged(store)) == 6


def test_hooks_that_lead_to_each_other_end(store):
    make = Create("categories", ("id", "name"), Param(0))
    assert refusal(store, make, [[{"id": 500, "name": "first"}]]).code == "TRV342"
    store.run(make, [[{"id": 501, "name": "fine"}]], who())


def test_a_read_is_refused_wherever_it_stands(store):
    assert len(store.ask(Read("categories", NAMES), [])) == 4
    assert refusal(store, Read("categories", NAMES), [], who(subject="spy")).status == 403
    nested = Node((*outputs("id"), Embed("children", RelationRef("categories"), NAMES)))
    assert refusal(store, Read("categories", nested), [], who(subject="spy")).status == 403


def test_rows_that_are_read_pass_through_once_for_all(store, caplog):
    caplog.set_level("INFO", "trivet.operations")
    node = Node((*outputs("id", "price"),), sort=(Sort(FieldRef("id")),))
    body = store.run(Read("products", node), [], who("clerk")).body
    assert json.loads(body, parse_float=Decimal)[:2] == [
        {"id": 1, "price": Decimal("200.00")},
        {"id": 2, "price": Decimal("19.80")},
    ]
    assert [record.message for record in caplog.records if "batch" in record.message] == ["a batch of 4"]


def test_a_computed_field_comes_from_one_call(store):
    rows = store.ask(Read("products", Node(outputs("loud"), sort=(Sort(FieldRef("id")),))), [])
    assert [row["loud"] for row in rows][:2] == ["ANVIL 100.00 Decimal", "ROPE 9.90 Decimal"]


def rules_in(problem):
    assert problem.code == "TRV300"
    return [fault["rule"] for fault in problem.details]


def test_faults_come_together_where_python_takes_part(store):
    make = Create("products", ("name", "price"), Param(0), returning=Node(outputs("name", "loud")))
    rows = [{"name": "x", "price": 0}, {"name": "Bell", "price": -1}]
    assert rules_in(refusal(store, make, [rows])) == ["products.name.minLength", *["products.checks.0"] * 2]
    assert store.ask(make, [[{"name": "Bell", "price": 1}]])[0]["name"] == "Bell"


def test_what_hooks_would_make_of_rows_with_faults_is_not_tried(store):
    assert rules_in(refusal(store, MAKE, [[{"id": 2000, "name": "NEVER"}]])) == ["tags.id.maximum"]
    assert logged(store) == []
    assert rules_in(refusal(store, MAKE, [[{"id": 20, "name": "NEVER"}]])) == ["tags.checks.0"]


def test_what_no_hook_is_about_has_nothing_to_do_with_python(store):
    plain, hooked = Read("customers", Node(outputs("id"))), Read("products", Node(outputs("id")))
    for read in (plain, hooked):
        store.run(read, [], who())
    shapes = store.engine._present.state.shapes
    assert shapes.get(("admin", encode(plain))).processes is None
    assert shapes.get(("admin", encode(hooked))).processes is not None


NESTED = Create(
    "customers",
    ("id", "name"),
    Param(0),
    returning=Node(
        (FieldOutput("id", FieldRef("id")), Embed("orders", RelationRef("orders"), Node(outputs("note", "status"))))
    ),
    nested=(
        Nested(
            RelationRef("orders"),
            Create(
                "orders",
                ("id",),
                Param(1),
                missing="default",
                ragged=True,
                nested=(
                    Nested(
                        RelationRef("order_items"),
                        Create(
                            "order_items",
                            ("line_no", "quantity"),
                            Param(3),
                            nested=(
                                Nested(
                                    RelationRef("product"),
                                    Create("products", ("id", "name", "price"), Param(5)),
                                    Param(6),
                                ),
                            ),
                        ),
                        Param(4),
                    ),
                ),
            ),
            Param(2),
        ),
    ),
)


def test_hooks_run_on_rows_that_are_nested(store):
    customers = [{"id": 50, "name": "Nest"}, {"id": 51, "name": "None"}]
    orders, lines = [{"id": 70}, {"id": 71}], [{"line_no": 1, "quantity": 2}]
    products = [{"id": 90, "name": "new", "price": 2}]
    values = [customers, orders, [0, 0], lines, [1], products, [0]]
    assert store.ask(NESTED, values) == [
        {"id": 50, "orders": [{"note": "for 50", "status": "new"}] * 2},
        {"id": 51, "orders": []},
    ]
    found = store.ask(
        Read("order_items", Node(outputs("product_id"), Compare(FieldRef("order_id"), "eq", Param(0)))), [71]
    )
    assert found == [{"product_id": 90}]


@pytest.mark.parametrize("of", [[0, 2], [0], ["0", "0"], None, [0, -1]])
def test_nested_rows_have_to_belong_to_some(store, of):
    values = [[{"id": 50, "name": "x"}, {"id": 51, "name": "y"}], [{"id": 70}, {"id": 71}], of, [], [], [], []]
    assert refusal(store, NESTED, values).code == "PGRST100"
